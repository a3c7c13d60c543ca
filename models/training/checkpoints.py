"""Checkpoints that are taken up again only when they are whole and belong to the same training."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.files import sha256_file, sorted_json, write_whole

MARKER = "whole.json"
"""Written last into a checkpoint: whose it is, and the digest of every file in it."""


def mark_whole(folder: Path, key: str) -> None:
    """Say that a checkpoint is complete.

    Args:
        folder: The checkpoint.
        key: Digest of everything that the training depends on.
    """
    write_whole(folder / MARKER, sorted_json({"key": key, "files": _digests(folder)}))


def newest_whole(
    workspace: Path, key: str, report: Callable[[str], None] = lambda text: None
) -> Path | None:
    """Return the checkpoint to go on from; what is damaged or of another training is removed.

    Args:
        workspace: Where checkpoints lie.
        key: Digest of everything that the training depends on.
        report: Told when there are checkpoints that cannot be taken up.

    Returns:
        The last checkpoint whose files are all as they were written, and whose best checkpoint so
        far is also whole; None to start from the beginning.
    """
    whole, n_foreign = [], 0
    for folder in sorted(workspace.glob("checkpoint-*"), key=_step):
        if _is_whole(folder, key):
            whole.append(folder)
        else:
            n_foreign += _is_foreign(folder, key)
            shutil.rmtree(folder)
    if n_foreign:
        report(
            f"{n_foreign} checkpoints belong to another training (config, data, packages, device or "
            "number of processes changed) and are not taken up; training starts anew."
        )
    while whole:
        if _best_of(whole[-1]) in {None, *(folder.resolve() for folder in whole)}:
            return whole[-1]
        shutil.rmtree(whole.pop())
    return None


def _step(folder: Path) -> int:
    number = folder.name.partition("-")[2]
    return int(number) if number.isdigit() else -1


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MARKER)
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def _is_whole(folder: Path, key: str) -> bool:
    try:
        marker: Any = json.loads((folder / MARKER).read_bytes())
        return bool(marker == {"key": key, "files": _digests(folder)})
    except (OSError, ValueError):
        return False


def _is_foreign(folder: Path, key: str) -> bool:
    try:
        return bool(json.loads((folder / MARKER).read_bytes())["key"] != key)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _best_of(folder: Path) -> Path | None:
    state = json.loads((folder / "trainer_state.json").read_bytes())
    best = state.get("best_model_checkpoint")
    return Path(best).resolve() if best else None
