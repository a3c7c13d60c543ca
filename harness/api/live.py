"""Live models: saved before they are measured, so that the record names what was measured."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.errors import ModelError, Phrase, must
from harness.files import digest_of, disk_errors, sha256_file
from harness.modelling import SavesLive

if TYPE_CHECKING:
    from harness.config import LoadedConfig


def save_live(model: Any, tokenizer: Any, loaded: LoadedConfig, runs: Path) -> Path:
    """Save a live model below ``runs/models``, named by its digest; equal ones are saved once.

    Raises:
        ModelError: If it is no classifier that can be saved and loaded as what it is.
        IncompleteError: If the disk is full or the place cannot be written.
    """
    modality = registry.modality_for(loaded.task.kind)
    if not isinstance(modality, SavesLive):
        got = Phrase(f"a live one of modality {modality.id}, which cannot save it")
        raise ModelError(must("model", "be a folder or hub id", got))
    models = runs / "models"
    with disk_errors(models):
        models.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".live.", suffix=".part", dir=models))
        try:
            modality.save_live(model, tokenizer, part)
            part.chmod(0o755)  # mkdtemp makes it private; what was measured may be looked at
            return _kept(part, models / f"{_slug(loaded.config.name)}-{_digest(part)[:12]}")
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _kept(part: Path, target: Path) -> Path:
    """Give a folder its name; one of that name is kept when it holds the same bytes."""
    number = 1
    while target.exists():
        if _digest(target) == _digest(part):
            return target
        number += 1  # somebody changed the other one; what is measured must be what was handed over
        target = target.with_name(f"{target.name.partition('.')[0]}.{number}")
    return part.rename(target)


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    return digest_of({path.name: sha256_file(path) for path in files})


def _slug(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name.lower())
