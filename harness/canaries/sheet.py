"""The file of planted canaries beside a lineage: readable by its owner, and bound to that lineage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.canaries.canary import Canary
from harness.errors import IntegrityError, must
from harness.files import sha256_file

CANARIES = "canaries.json"
"""Name of the file; it holds the secrets, so it is never part of a bundle."""

_FORMAT = "modelassay/canaries/v1"


def write_canaries(folder: Path, canaries: tuple[Canary, ...]) -> str:
    """Write the file, readable by its owner alone, and return its SHA-256 for the lineage."""
    path = folder / CANARIES
    path.touch(mode=0o600)
    data = {"format": _FORMAT, "canaries": [asdict(one) for one in canaries]}
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    return sha256_file(path)


def read_canaries(folder: Path, lineage: Mapping[str, Any]) -> tuple[Canary, ...] | None:
    """Return the canaries of a model folder; None where its training planted none.

    Args:
        folder: Model folder.
        lineage: Its lineage; ``canaries`` in it holds the file's digest.

    Raises:
        IntegrityError: If the file is missing, or is not the one that the lineage names.
    """
    planted = lineage.get("canaries")
    path = folder / CANARIES
    if not planted:
        return None
    if not path.is_file() or sha256_file(path) != planted.get("digest"):
        got = "another file" if path.is_file() else "none"
        what = "be the file of canaries that its lineage names"
        raise IntegrityError(must(str(path), what, got, do="Bring back the file of this training."))
    data = json.loads(path.read_bytes())
    return tuple(Canary(**one) for one in data["canaries"])
