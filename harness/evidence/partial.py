"""Unfinished work: ``<runs>/.partial/<plan digest>/``, one process at a time, resumed after a kill.

Beside the workspace, which becomes the sealed run, stand its ``.lock``, its ``.stages`` (what is
done, with digests) and its ``.scratch`` (checkpoints and shards). None of them is ever sealed.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import IntegrityError, UsageError, must, raise_all
from harness.evidence.manifest import contents, not_plain
from harness.files import digest_of, disk_errors, safe_join, sha256_file, write_whole

PARTIAL = ".partial"
_LEFT_OVER = re.compile(r"\..+\.\d+\.part")


@dataclass(frozen=True, slots=True)
class StageState:
    """A stage that is done, its outputs still as it left them.

    Attributes:
        name: Stage.
        outputs: Path below the stage's base → SHA-256.
        facts: What later stages need to know of it, plain data.
    """

    name: str
    outputs: dict[str, str]
    facts: dict[str, Any]


@contextmanager
def workspace(runs: Path, plan_digest: str) -> Iterator[Path]:
    """Hold the workspace of a plan; when it was sealed meanwhile, clear what stood beside it.

    Args:
        runs: Where sealed runs lie.
        plan_digest: 64 hex digits.

    Yields:
        ``<runs>/.partial/<plan digest>/``, with whatever an earlier process left there.

    Raises:
        UsageError: If another process works on the same plan; there is no waiting.
        IncompleteError: If the disk is full or the place cannot be written.
    """
    from filelock import FileLock, Timeout

    if not re.fullmatch(r"[0-9a-f]{8,64}", plan_digest):
        raise UsageError(must("A plan digest", "be hex digits", plan_digest))
    folder = runs / PARTIAL / plan_digest
    lock = FileLock(_beside(folder, "lock"), timeout=0)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as err:
            raise UsageError(
                f"The plan {plan_digest[:6]} must be worked on by one process at a time, got a "
                f"second one (lock: {lock.lock_file}). Wait for the first, or stop it; the same "
                "command then resumes."
            ) from err
    try:
        folder.mkdir(exist_ok=True)  # the holder before may have sealed it just now
        _remove_left_overs(folder)
        yield folder
        if not folder.exists():
            shutil.rmtree(_beside(folder, "stages"), ignore_errors=True)
            shutil.rmtree(_beside(folder, "scratch"), ignore_errors=True)
    finally:
        lock.release()


def scratch(workspace: Path) -> Path:
    """Return the folder for checkpoints and shards of a workspace; it is never sealed."""
    folder = _beside(workspace, "scratch")
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def file_digests(base: Path, folder: Path | None = None) -> dict[str, str]:
    """Return path below ``base`` → SHA-256 for every file of a folder.

    Args:
        base: What the paths are relative to.
        folder: A folder in it; None for all of ``base``.

    Raises:
        IntegrityError: If it holds a link or anything else that is not a plain file.
    """
    folder = folder or base
    found = contents(folder)
    raise_all(IntegrityError, [not_plain(name) for name in found.refused])
    prefix = folder.relative_to(base).as_posix()
    lead = "" if prefix == "." else f"{prefix}/"
    return {f"{lead}{name}": sha256_file(folder / name) for name in found.files}


def stage_done(
    workspace: Path,
    name: str,
    outputs: Mapping[str, str],
    *,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Record that a stage is done.

    Args:
        workspace: Its workspace.
        name: Stage, kebab-case; ``audit-<id>`` for audits.
        outputs: Path below the workspace → SHA-256; ``scratch/...`` for files in its scratch.
        facts: What later stages need to know of it; JSON data.

    Raises:
        IncompleteError: If the disk is full or the place cannot be written.
    """
    state = {"stage": name, "outputs": dict(outputs), "facts": dict(facts or {})}
    text = json.dumps({"digest": digest_of(state), "state": state}, indent=2, sort_keys=True)
    write_whole(_state_path(workspace, name), text + "\n")


def stage_state(workspace: Path, name: str) -> StageState | None:
    """Return what a stage recorded, or None when it must be done (again).

    None also when its record is damaged, or one of its outputs is missing or was changed: damaged
    work is redone, never trusted.
    """
    try:
        document = json.loads(_state_path(workspace, name).read_bytes())
        state = document["state"]
        is_sound = document["digest"] == digest_of(state) and state["stage"] == name
        outputs, facts = dict(state["outputs"]), dict(state["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not is_sound or not all(_is_intact(workspace, *pair) for pair in outputs.items()):
        return None
    return StageState(name=name, outputs=outputs, facts=facts)


def _is_intact(workspace: Path, name: str, digest: str) -> bool:
    try:
        base, name = _place(workspace, name)
        path = safe_join(base, name)
        return path.is_file() and not path.is_symlink() and sha256_file(path) == digest
    except (OSError, IntegrityError):
        return False


def _place(workspace: Path, name: str) -> tuple[Path, str]:
    if name.startswith("scratch/"):
        return _beside(workspace, "scratch"), name.removeprefix("scratch/")
    return workspace, name


def _state_path(workspace: Path, name: str) -> Path:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise UsageError(must("The name of a stage", "be kebab-case", name))
    return _beside(workspace, "stages") / f"{name}.json"


def _beside(workspace: Path, ending: str) -> Path:
    return workspace.with_name(f"{workspace.name}.{ending}")


def _remove_left_overs(folder: Path) -> None:
    # what whole_file was writing when a process was killed
    for name in contents(folder).files:
        if _LEFT_OVER.fullmatch(Path(name).name):
            (folder / name).unlink()
