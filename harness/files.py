"""Files that are either whole or absent, and their digests."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import IncompleteError, IntegrityError

_CHUNK = 1 << 20


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex digits, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def canonical_json(data: Any) -> bytes:
    """Return JSON bytes that are equal for equal data: sorted keys, no spaces, UTF-8.

    Raises:
        ValueError: If a number is not finite.
    """
    text = json.dumps(
        data, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return text.encode()


def digest_of(data: Any) -> str:
    """Return the SHA-256 of ``canonical_json(data)``."""
    return sha256_bytes(canonical_json(data))


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file so that a reader, or a kill, never meets half of it.

    Raises:
        IncompleteError: If the disk is full or the place cannot be written.
    """
    raw = data.encode() if isinstance(data, str) else data
    with whole_file(path) as part:
        part.write_bytes(raw)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to; when the block ends well it becomes ``path``, else it is removed.

    Raises:
        IncompleteError: If the disk is full or the place cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            _flush(part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk and refused writes into an error that says what to do."""
    try:
        yield
    except OSError as err:
        # pyarrow and safetensors raise OSErrors of their own without an errno
        if err.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(err):
            raise IncompleteError(
                f"{path.name} must be written to {path.parent}, got a full disk. "
                "Free some space or choose another place with --runs; the same command resumes."
            ) from err
        if err.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise IncompleteError(
                f"{path.name} must be written to {path.parent}, got {err.strerror}. "
                "Choose a place that you may write to with --runs."
            ) from err
        raise


def safe_join(folder: Path, name: str) -> Path:
    """Return a path below a folder, refusing names that would leave it.

    Raises:
        IntegrityError: If the name is absolute, climbs out, or leads out through a link.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name:
        raise IntegrityError(f"A path in {folder.name} must stay inside it, got {name!r}.")
    path = folder.joinpath(*pure.parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise IntegrityError(f"A path in {folder.name} must stay inside it, got the link {name!r}.")
    return path


def _flush(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
