"""Files that are either whole or absent, and their digests."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from harness.errors import IncompleteError, IntegrityError

_CHUNK = 1 << 20
_MAX_INTEGER = 2**53 - 1


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
    """Return JSON bytes as RFC 8785 (JCS) writes them: what is signed and read by other tools.

    Keys are sorted by UTF-16 code units, numbers are written as ECMAScript does, text is UTF-8.

    Raises:
        ValueError: If a number is not finite, an integer is not exact as a double (beyond 2^53 - 1), a
            text holds half a surrogate pair, or something has no place in JSON.

    Source: RFC 8785; ECMA-262 Number::toString.
    """
    return _canonical(data).encode()


def sorted_json(data: Any) -> bytes:
    """Return JSON bytes that are equal for equal data: sorted keys, no spaces, UTF-8.

    What digests were made over before anything was signed. It is ``canonical_json`` but for floats that
    are whole, very small or very large, keys beyond the first plane, and integers beyond 2^53 - 1; stored
    digests must not change, so it stays.

    Raises:
        ValueError: If a number is not finite.
    """
    text = json.dumps(
        data, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    )
    return text.encode()


def digest_of(data: Any) -> str:
    """Return the SHA-256 of ``sorted_json(data)``."""
    return sha256_bytes(sorted_json(data))


def _canonical(data: Any) -> str:
    if data is None or isinstance(data, bool | str):
        return json.dumps(data, ensure_ascii=False)
    if isinstance(data, int):
        if abs(data) > _MAX_INTEGER:
            raise ValueError("an integer must be at most 2^53 - 1 to be exact for every reader")
        return int.__repr__(data)
    if isinstance(data, float):
        return _ecmascript(float(data))
    if isinstance(data, list | tuple):
        return "[" + ",".join(_canonical(one) for one in data) + "]"
    if isinstance(data, Mapping) and all(isinstance(key, str) for key in data):
        keys = sorted(data, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(data[key])}" for key in keys) + "}"
    raise ValueError(f"{type(data).__name__} has no place in JSON")


def _ecmascript(number: float) -> str:
    """Write a double as ECMAScript does; both languages choose the same shortest digits."""
    if not math.isfinite(number):
        raise ValueError("a number must be finite")
    if number == 0:
        return "0"
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, rest = mantissa.partition(".")
    written = (whole + rest).lstrip("0")
    # the value is 0.digits times ten to the power of point
    point = int(exponent or 0) + len(written) - len(rest)
    digits = written.rstrip("0")
    sign, n = "-" if number < 0 else "", len(digits)
    if n <= point <= 21:
        return f"{sign}{digits}{'0' * (point - n)}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if n > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


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


def check_place(path: Path) -> None:
    """Refuse a place that cannot be written before anything is done; leaves nothing there.

    Raises:
        IncompleteError: If the place cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        part.unlink()
    except OSError as err:
        raise IncompleteError(
            f"{path.name} must be written to {path.parent}, got {err.strerror}. "
            "Choose a place that you may write to."
        ) from err


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
