"""The seal: which files a folder of evidence holds, and the digest of each.

There are three kinds. A *run* manifest names every file of the run but the personal part, and the
digest of the personal part's manifest. A *personal* manifest names what lies in ``personal/``, so
that this part can be left out or erased without breaking the run. A *gate* manifest names the files
of one gating and the digest of the run manifest that was judged.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from harness.errors import IntegrityError, Phrase, must, raise_all
from harness.files import safe_join, sha256_bytes, sha256_file, write_whole
from harness.records import from_json, to_json

MANIFEST = "MANIFEST.json"
PERSONAL = "personal"
GATES = "gates"
STATEMENTS = "statements"
ERASURES = "erasures"
HOLDS = "holds"
DOCUMENTS = "documents"
UNFINISHED = ".part"
"""Suffix of a gate folder that was not finished; its name starts with a dot."""

_LONGEST = 500
"""Characters of a path in a bundle; no system that holds evidence takes much more."""

_STRICT = {"extra": "forbid", "strict": True}

Kind = Literal["run", "gate", "personal"]
Retention = Literal["techdoc", "pipl", "reg-b", "logs"]
"""How long a file must be kept: 10 years, 3 years, 25 months, 6 months."""


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One sealed file.

    Attributes:
        sha256: Digest of its bytes, 64 hex digits.
        size_bytes: Its length.
        retention: Class that says how long it must be kept.
        contains_personal_data: Whether it holds row text or group values.
    """

    __pydantic_config__ = _STRICT

    sha256: str
    size_bytes: int
    retention: Retention
    contains_personal_data: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """A seal (``MANIFEST.json``).

    Attributes:
        kind: What is sealed.
        id: Run id; for a gate the gate id.
        files: Path below the folder, with ``/``, → entry. The manifest itself is not in it.
        run_manifest: Gates: SHA-256 of the run's ``MANIFEST.json``.
        personal_manifest: Runs: SHA-256 of ``personal/MANIFEST.json``; None without that part.
        sequence: Gates: 1 for the first gate of a run, then one more than the highest before it.
    """

    __pydantic_config__ = _STRICT

    schema_version: Literal["modelassay/manifest/v1"]
    kind: Kind
    id: str
    files: dict[str, ManifestEntry] = field(default_factory=dict)
    run_manifest: str | None = None
    personal_manifest: str | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in a folder.

    Attributes:
        files: Plain files, paths below the folder with ``/``, sorted.
        refused: Links, devices, pipes and sockets: nothing that could be sealed.
    """

    files: tuple[str, ...]
    refused: tuple[str, ...]


def contents(folder: Path, *, without: Iterable[str] = ()) -> Contents:
    """List a folder; links are not followed.

    Args:
        folder: What to list.
        without: Names directly below it that are left out.
    """
    files: list[str] = []
    refused: list[str] = []
    for name, mode in _walk(folder, "", frozenset(without)):
        (files if stat.S_ISREG(mode) else refused).append(name)
    return Contents(files=tuple(sorted(files)), refused=tuple(sorted(refused)))


def build_manifest(
    folder: Path,
    *,
    kind: Kind,
    id: str,
    without: Iterable[str] = (),
    retention: Retention = "techdoc",
    run_manifest: str | None = None,
    personal_manifest: str | None = None,
    sequence: int | None = None,
) -> Manifest:
    """Digest every file of a folder, its own ``MANIFEST.json`` excepted.

    Args:
        folder: What to seal.
        kind: See ``Manifest``, as for the next four.
        id: Run id or gate id.
        run_manifest: Digest of the run manifest, for gates.
        personal_manifest: Digest of the personal manifest, for runs.
        sequence: Which gate of its run it is, for gates.
        without: Names directly below the folder that belong to another seal.
        retention: Class of all files.

    Raises:
        IntegrityError: If the folder holds a link, anything else that is not a plain file, or a
            name that not every system can hold.
    """
    found = contents(folder, without={MANIFEST, *without})
    problems = [not_plain(name) for name in found.refused]
    raise_all(IntegrityError, problems + _name_problems(folder, found.files))
    files = {
        name: ManifestEntry(
            sha256=sha256_file(folder / name),
            size_bytes=(folder / name).stat().st_size,
            retention=retention,
            contains_personal_data=kind == "personal",
        )
        for name in found.files
    }
    return Manifest(
        schema_version="modelassay/manifest/v1",
        kind=kind,
        id=id,
        files=files,
        run_manifest=run_manifest,
        personal_manifest=personal_manifest,
        sequence=sequence,
    )


def write_manifest(folder: Path, manifest: Manifest) -> str:
    """Write ``MANIFEST.json`` whole and return its SHA-256.

    Raises:
        IncompleteError: If the disk is full or the place cannot be written.
    """
    raw = to_json(manifest).encode()
    write_whole(folder / MANIFEST, raw)
    return sha256_bytes(raw)


def read_manifest(folder: Path, *, kind: Kind) -> tuple[Manifest, str]:
    """Read ``MANIFEST.json`` of a folder.

    Returns:
        The manifest, and the SHA-256 of its bytes.

    Raises:
        IntegrityError: If it is missing, is of another kind, breaks its schema, names a path
            outside its folder, or was not written by ``write_manifest``.
    """
    where = f"{folder.name}/{MANIFEST}"
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise IntegrityError(
            must(where, "be a file", Phrase("none"), do=f"{folder.name} is not a sealed {kind}.")
        )
    raw = path.read_bytes()
    manifest = from_json(Manifest, raw, where=where)
    raise_all(IntegrityError, _manifest_problems(folder, manifest, raw, kind=kind))
    return manifest, sha256_bytes(raw)


def not_plain(name: str) -> str:
    """Say that something in a bundle is not a plain file."""
    return f"{name} must be a plain file, got a link or a special file. Evidence holds none."


def _manifest_problems(folder: Path, manifest: Manifest, raw: bytes, *, kind: Kind) -> list[str]:
    where = f"{folder.name}/{MANIFEST}"
    problems = []
    if manifest.kind != kind:
        problems.append(must(where, f"be of the kind {kind!r}", manifest.kind))
    if to_json(manifest).encode() != raw:
        # one byte of white space would otherwise change the digest and nothing else
        problems.append(f"{where} must stand as it was written, got the same content otherwise.")
    return problems + _name_problems(folder, manifest.files)


def _name_problems(folder: Path, names: Iterable[str]) -> list[str]:
    problems: list[str] = []
    for name in names:
        try:
            if (
                str(PurePosixPath(name)) != name
                or name in (".", MANIFEST)
                or not name.isprintable()
                or len(name) > _LONGEST
            ):
                raise IntegrityError(must(f"A path in {folder.name}", "be a plain path", name))
            safe_join(folder, name)
        except IntegrityError as err:
            problems.extend(err.problems)
    return problems


def _walk(folder: Path, prefix: str, without: frozenset[str]) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
    for name, mode in found:
        if name in without:
            continue
        if stat.S_ISDIR(mode):
            yield from _walk(folder / name, f"{prefix}{name}/", frozenset())
        else:
            yield prefix + name, mode
