"""The file of planted canaries beside a lineage: readable by its owner, and bound to that lineage."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from harness.canaries.canary import Canary
from harness.canaries.formats import parse_format
from harness.errors import ConfigError, IntegrityError, Phrase, must
from harness.files import disk_errors, sha256_bytes

CANARIES = "canaries.json"
"""Name of the file; it holds the secrets, so it is never part of a bundle."""

_FORMAT = "modelassay/canaries/v1"
_TYPES = {"int": int, "str": str, "bool": bool}


def write_canaries(folder: Path, canaries: tuple[Canary, ...]) -> str:
    """Write the file, readable by its owner alone, and return its SHA-256 for the lineage.

    Raises:
        IncompleteError: If it cannot be written; no half of it is left.
    """
    path = folder / CANARIES
    data = {"format": _FORMAT, "canaries": [asdict(one) for one in canaries]}
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, indent=1, sort_keys=True)
    raw = f"{text}\n".encode()
    part = path.with_name(f".{CANARIES}.{os.getpid()}.part")
    with disk_errors(path):
        try:
            part.unlink(missing_ok=True)
            part.touch(
                mode=0o600, exist_ok=False
            )  # closed to others before the first byte is in it
            part.write_bytes(raw)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return sha256_bytes(raw)


def read_canaries(folder: Path, lineage: Mapping[str, Any]) -> tuple[Canary, ...] | None:
    """Return the canaries of a model folder; None where its training planted none.

    No message says what the file holds.

    Args:
        folder: Model folder.
        lineage: Its lineage; ``canaries`` in it holds the file's digest.

    Raises:
        IntegrityError: If the file is missing, is not the one that the lineage names, or is no file
            of canaries.
    """
    planted = lineage.get("canaries")
    path = folder / CANARIES
    if not planted:
        return None
    digest = planted.get("digest") if isinstance(planted, Mapping) else None
    if not isinstance(digest, str):
        what, do = (
            "name the digest of the canaries' file",
            "Bring back the lineage of this training.",
        )
        raise IntegrityError(must(str(path.with_name("lineage.json")), what, Phrase("none"), do=do))
    raw = path.read_bytes() if path.is_file() else None
    if raw is None or sha256_bytes(raw) != digest:
        got = Phrase("none" if raw is None else "another file, or a changed one")
        what = "be the file of canaries that its lineage names"
        do = "Bring back the file that this training wrote; what was planted is known from nothing else."
        raise IntegrityError(must(str(path), what, got, do=do))
    return _read(raw, path)


def _read(raw: bytes, path: Path) -> tuple[Canary, ...]:
    do = "It was written by another version, or by other means than a training of ours."
    try:
        data = json.loads(raw)
        if data["format"] != _FORMAT:
            raise IntegrityError(must(str(path), f"be of format {_FORMAT}", data["format"], do=do))
        return tuple(_canary(one, index) for index, one in enumerate(data["canaries"]))
    except (ValueError, KeyError, TypeError, ConfigError):
        # neither the text of these errors nor what they come from is shown: both can hold a secret
        got = Phrase("something else")
        raise IntegrityError(must(str(path), "hold a list of canaries", got, do=do)) from None


def _canary(data: Mapping[str, Any], index: int) -> Canary:
    """Read one canary.

    Raises:
        TypeError, ValueError, ConfigError: If it is none.
    """
    canary = Canary(**data)
    for field in fields(Canary):
        if type(getattr(canary, field.name)) is not _TYPES[str(field.type)]:
            raise TypeError(field.name)
    if canary.index != index or canary.n_planted < 0:
        raise ValueError("index")
    if canary.format and not parse_format(canary.format).holds(canary.secret):
        raise ValueError("format")
    return canary
