"""Finding runs: ``RUN`` is a path, an id, a unique prefix, or ``latest``, with ``@GATE`` after it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from harness.errors import AssayError, IntegrityError, UsageError, nearest
from harness.evidence.bundle import (
    MEASUREMENTS,
    RECORD,
    gate_ids,
    has_lost_its_seal,
    match_gate,
    open_run,
)
from harness.evidence.manifest import GATES, MANIFEST

_ID = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-([0-9a-f]{6})(?:-(\d+))?")
_GATE = re.compile(r"[0-9a-f]{1,12}")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of a list of runs.

    Attributes:
        id: Run id; the folder's name where it cannot be read.
        path: Its folder.
        name, model: As the record says; empty where it cannot be read.
        time: When it was sealed, ISO 8601 UTC; empty where the id does not say.
        verdict: Of its newest gate; None without a gate.
        gate: Id of that gate.
        n_gates: How often it was gated.
        problem: Why it cannot be read; None when it can.
    """

    id: str
    path: Path
    name: str = ""
    model: str = ""
    time: str = ""
    verdict: str | None = None
    gate: str | None = None
    n_gates: int = 0
    problem: str | None = None


def find_run(ref: str, runs: Path) -> tuple[Path, str | None]:
    """Return the folder of a run, and the gate that was asked for.

    Args:
        ref: A path, an id, a unique prefix of an id, or ``latest``; ``@`` and the beginning of a
            gate id may follow. The path of a gate's folder names that gate.
        runs: Where sealed runs lie.

    Returns:
        Folder, and the full gate id or None when no gate was named.

    Raises:
        UsageError: If there is no such run, more than one, or no such gate.
    """
    path = Path(ref)
    if path.parent.name == GATES and _is_run(path.parent.parent):
        run = path.parent.parent
        return run, match_gate(gate_ids(run), path.name, run=run.name)
    word, at, gate = ref.rpartition("@")
    if not at or not _GATE.fullmatch(gate) or _is_run(Path(ref)):
        return _find(ref, runs), None
    path = _find(word, runs)
    return path, match_gate(gate_ids(path), gate, run=path.name)


def list_runs(runs: Path) -> list[RunSummary]:
    """Return every run below a folder, the newest first; those that cannot be read say why."""
    return [_summary(path) for path in reversed(run_folders(runs))]


def _find(word: str, runs: Path) -> Path:
    known = run_folders(runs)
    names = [path.name for path in known]
    if word in names:
        return runs / word
    if word == "latest" and known:
        return known[-1]
    if _is_run(Path(word)):
        return Path(word)
    matches = [name for name in names if word and name.startswith(word)]
    if len(matches) == 1:
        return runs / matches[0]
    raise UsageError(_not_found(word, runs, names, matches))


def _not_found(word: str, runs: Path, names: list[str], matches: list[str]) -> str:
    if matches:
        return f"RUN must name one run, got {word!r} for {len(matches)}: {', '.join(matches)}."
    if Path(word).is_dir():
        return (
            f"RUN must be a sealed run, got the folder {word!r} without {MANIFEST}. "
            "It was not finished, or is not a run."
        )
    if not names:
        return (
            f"RUN must name a run, got {word!r}, and there are no runs yet in {runs}. "
            "Make one with: assay run assay.yaml, or look elsewhere with --runs DIR."
        )
    hint = nearest(word, names) or f" The newest is {names[-1]}; all: assay list runs."
    return f"RUN must be a path, an id, a unique prefix or 'latest' in {runs}, got {word!r}.{hint}"


def _is_run(path: Path) -> bool:
    """Tell a run by its seal, or by its record: a seal that was taken away hides nothing."""
    return (path / MANIFEST).is_file() or has_lost_its_seal(path)


def run_folders(runs: Path) -> list[Path]:
    """Return folders with a seal, the oldest first; what has a dot in front is nobody's run."""
    if not runs.is_dir():
        return []
    found = [path for path in runs.iterdir() if not path.name.startswith(".") and _is_run(path)]
    return sorted(found, key=_age)


def _age(path: Path) -> tuple[str, int, int, str]:
    """Seconds come from the id; within one second the record's file says which came later."""
    sealed = path.name if _ID.fullmatch(path.name) else _sealed_id(path)
    match = _ID.fullmatch(sealed)
    if match is None:
        return ("", 0, 0, path.name)
    return (sealed[:15], _written(path), int(match[8] or 1), path.name)


def _written(run: Path) -> int:
    for name in (RECORD, MANIFEST):
        if (run / name).is_file():
            return (run / name).stat().st_mtime_ns
    return 0


def _sealed_id(path: Path) -> str:
    try:
        return open_run(path).id
    except (AssayError, OSError):
        return ""


def _summary(path: Path) -> RunSummary:
    try:
        bundle = open_run(path)
        record, gates = bundle.record, bundle.gates()
        if MEASUREMENTS not in bundle.manifest.files:
            raise IntegrityError(f"{path.name} must hold {MEASUREMENTS}, got none.")
    except (AssayError, OSError) as err:
        return RunSummary(id=path.name, path=path, time=_time(path.name), problem=str(err))
    newest = gates[-1] if gates else None
    return RunSummary(
        id=bundle.id,
        path=path,
        name=record.name,
        model=record.model.name,
        time=_time(bundle.id),
        verdict=newest.verdict.verdict if newest else None,
        gate=newest.id if newest else None,
        n_gates=len(gates),
    )


def _time(id: str) -> str:
    match = _ID.fullmatch(id)
    if match is None:
        return ""
    year, month, day, hour, minute, second = match.groups()[:6]
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
