"""One line for each run of the inbox: from a store's reviews, or from a folder of runs.

A line is a signpost and no evidence: the page behind it verifies everything before it shows anything.
Still, a line of a folder is read only from files that are what their seal says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboards.settings import Settings
from harness.evidence.find import run_folders

if TYPE_CHECKING:
    from harness.depot.listing import ReviewLine

_OPEN = frozenset({"failed", "error", "not-measured", "inconclusive"})
AWAITING = frozenset({"submitted", "in_review"})
"""States in which somebody waits for a reviewer."""

Signature = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What the inbox says of a run.

    Attributes:
        run, gate: What the link pins; no gate where the run was never judged.
        verdict: Of that gate.
        n_blocking: Findings that block or leave incomplete; None where that is not known.
        since: When it was submitted; of a folder, when it was sealed. ISO 8601, or empty.
        next_waiver_end: First day on which a waiver in force ends; None without one.
        problem: ``changed`` or ``unreadable`` where no line could be read; empty otherwise.
        state: Of the review; empty where there is none.
        decision, decided_at: The last one; empty without one.
        expires: Last day of an approval; empty where it does not end.
    """

    run: str
    gate: str = ""
    name: str = ""
    model: str = ""
    revision: str = ""
    verdict: str = ""
    policy: str = ""
    n_blocking: int | None = None
    materiality: str = ""
    since: str = ""
    next_waiver_end: str | None = None
    problem: str = ""
    submitter: str = ""
    owner: str = ""
    due: str = ""
    state: str = ""
    decision: str = ""
    decided_at: str = ""
    expires: str = ""
    is_released: bool = False

    @property
    def is_awaiting(self) -> bool:
        """Whether a reviewer is waited for."""
        return self.state in AWAITING

    def is_overdue(self, today: date) -> bool:
        """Tell whether the day on which a decision was due has passed."""
        return self.is_awaiting and bool(self.due) and self.due[:10] < today.isoformat()

    def ends_within(self, days: int, today: date) -> bool:
        """Tell whether a waiver in force ends in so many days, or has ended."""
        if not self.next_waiver_end:
            return False
        try:
            return (date.fromisoformat(self.next_waiver_end[:10]) - today).days <= days
        except ValueError:
            return False

    def age_days(self, now: datetime) -> int | None:
        """Return whole days since it was submitted or sealed; None where that is not known."""
        try:
            return max(0, (now - datetime.fromisoformat(self.since)).days)
        except (ValueError, TypeError):
            return None


def lines(given: Settings) -> list[Line]:
    """Return a line for each run, the newest first.

    Raises:
        AssayError: If the store cannot be read.
    """
    if given.store is None:
        return lines_of_folder(given.runs)
    from harness.depot import open_store
    from harness.depot.listing import list_reviews

    with open_store(given.store) as store:
        return [_of_review(one) for one in list_reviews(store, due_days=given.due_days)]


def lines_of_folder(runs: Path) -> list[Line]:
    """Return a line for each sealed run of a folder; a run is read again only after it changed."""
    known = _known(str(runs))
    found = []
    for path in reversed(run_folders(runs)):
        signature = _signature(path)
        held = known.get(path.name)
        if held is None or held[0] != signature:
            held = known[path.name] = (signature, _of_folder(path))
        found.append(held[1])
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _known(runs: str) -> dict[str, tuple[Signature, Line]]:
    del runs
    return {}


def _signature(path: Path) -> Signature:
    """Return size and time of what a line is read from."""
    files = [path / "MANIFEST.json", path / "run.json"]
    for gate in _gates(path):
        files += [gate / "MANIFEST.json", gate / "verdict.json"]
    return tuple(_stat(file) for file in files)


def _stat(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)


def _gates(path: Path) -> list[Path]:
    try:
        return sorted(p for p in (path / "gates").iterdir() if not p.name.startswith("."))
    except OSError:
        return []


def _of_folder(path: Path) -> Line:
    try:
        return _read(path)
    except _ChangedError:
        return Line(run=path.name, since=_sealed(path.name), problem="changed")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Line(run=path.name, since=_sealed(path.name), problem="unreadable")


class _ChangedError(Exception):
    """A file is not what its seal says."""


def _read(path: Path) -> Line:
    manifest, digest = _seal(path)
    record = _sealed_json(path, manifest, "run.json")
    model, system = record["model"], record.get("system") or {}
    facts: dict[str, Any] = {
        "run": path.name,
        "name": str(record["name"]),
        "model": str(model["name"]),
        "revision": str(model.get("revision") or model.get("weights_digest") or ""),
        "materiality": _words(system.get("materiality")),
        "owner": _words(system.get("owner")),
        "since": _sealed(path.name),
    }
    gates = [(gate, *_seal(gate)) for gate in _gates(path)]
    if not gates:
        return Line(**facts)
    gate, seal, _ = max(gates, key=lambda one: (one[1].get("sequence") or 0, one[0].name))
    if seal["run_manifest"] != digest:
        raise _ChangedError
    return Line(**facts, **_judged(_sealed_json(gate, seal, "verdict.json")), gate=gate.name)


def _judged(verdict: Mapping[str, Any]) -> dict[str, Any]:
    policy = verdict["policy"]
    ends = [w["expires"] for w in verdict.get("waivers") or () if w["state"] == "in-force"]
    return {
        "verdict": str(verdict["verdict"]),
        "policy": f"{policy['id']} {policy['version']}",
        "n_blocking": _n_blocking(verdict["findings"]),
        "next_waiver_end": min(ends, default=None),
    }


def _n_blocking(findings: Iterable[Mapping[str, Any]]) -> int:
    return sum(f["severity"] == "block" and f["outcome"] in _OPEN for f in findings)


def _seal(folder: Path) -> tuple[dict[str, Any], str]:
    raw = (folder / "MANIFEST.json").read_bytes()
    return json.loads(raw), hashlib.sha256(raw).hexdigest()


def _sealed_json(folder: Path, seal: Mapping[str, Any], name: str) -> dict[str, Any]:
    raw = (folder / name).read_bytes()
    if hashlib.sha256(raw).hexdigest() != seal["files"][name]["sha256"]:
        raise _ChangedError
    found: dict[str, Any] = json.loads(raw)
    return found


def _sealed(id: str) -> str:
    """Return when a run was sealed, as its id says; empty where it does not."""
    try:
        return datetime.strptime(id[:15] + "+0000", "%Y%m%d-%H%M%S%z").isoformat()
    except ValueError:
        return ""


def _words(value: object) -> str:
    return (
        ""
        if value is None
        else ", ".join(map(str, value))
        if isinstance(value, list)
        else str(value)
    )


def _of_review(one: ReviewLine) -> Line:
    return Line(
        run=one.run,
        gate=one.gate or "",
        name=one.name or "",
        model=one.model or "",
        revision=one.revision or "",
        verdict=one.verdict or "",
        policy=one.policy or "",
        n_blocking=one.n_blocking,
        materiality=one.materiality or "",
        since=one.submitted_at or _sealed(one.run),
        next_waiver_end=one.next_waiver_end,
        submitter=one.submitter or "",
        owner=one.owner or "",
        due=one.due or "",
        state=one.state,
        decision=one.decision or "",
        decided_at=one.decided_at or "",
        expires=one.expires or "",
        is_released=one.is_released,
    )
