"""Where pages get evidence: runs of a store or of a folder, verified before anything of them is shown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import streamlit as st

from dashboards.access import Person
from dashboards.settings import Settings
from harness.evidence import Bundle, Gate, VerifyReport, open_run, verify_run
from harness.evidence.find import run_folders
from harness.exports import view
from harness.exports.small_cells import measurements_shown, run_shown, without_small_cells
from harness.records import Finding, Measure, Measurements, RunRecord, Verdict


@dataclass(frozen=True)
class Opened:
    """A verified run in front of a person.

    Attributes:
        bundle: The run.
        gate: The gate that is looked at; None where the run was never gated.
        person: Who looks at it.
        settings: Of this server.
    """

    bundle: Bundle
    gate: Gate | None
    person: Person
    settings: Settings

    @property
    def key(self) -> tuple[str, str, bool]:
        """What caches of this view must be keyed by: run, gate, and whether small cells are shown."""
        return (self.bundle.digest, self.gate.digest if self.gate else "", self.sees_all)

    @property
    def sees_all(self) -> bool:
        """Whether the person may see small cells and full text."""
        return self.person.may("data")

    @property
    def has_explanations(self) -> bool:
        """Whether the run stored attributions."""
        return any(name.startswith("attributions/") for name in self.bundle.manifest.files)

    @property
    def run(self) -> RunRecord:
        """What was run, without small cells in its reasons for those who may not see them."""
        return self._run

    @property
    def measurements(self) -> Measurements:
        """What was measured, without small cells for those who may not see them."""
        return self._shown[0]

    @property
    def verdict(self) -> Verdict | None:
        """What was concluded, likewise; None without a gate."""
        return self._shown[1]

    @cached_property
    def _run(self) -> RunRecord:
        record = self.bundle.record
        if self.sees_all:
            return record
        return run_shown(record, self.bundle.measurements, self.settings.min_cell)

    @cached_property
    def _shown(self) -> tuple[Measurements, Verdict | None]:
        measurements = self.bundle.measurements
        verdict = self.gate.verdict if self.gate else None
        if self.sees_all:
            return measurements, verdict
        least = self.settings.min_cell
        if verdict is None:
            shown = measurements_shown(self.bundle.record, measurements, least)
            return replace(measurements, measurements=shown), None
        return without_small_cells(self.bundle.record, measurements, verdict, least)

    @property
    def has_small_cells(self) -> bool:
        """Whether the run holds figures that only the data role shows."""
        gate = self.gate.digest if self.gate else ""
        return _has_small_cells((self.bundle.digest, gate, self.settings.min_cell), self)

    def as_viewer(self) -> Opened:
        """Return the same run in front of somebody without the data role."""
        roles = self.person.roles - {"data-reader"}
        return replace(self, person=replace(self.person, roles=roles))

    @cached_property
    def findings(self) -> list[Finding]:
        """All findings as they are shown, worst first; none without a gate."""
        return view.ordered(view.dated(self.verdict).findings) if self.verdict else []

    @cached_property
    def judged(self) -> dict[tuple[str, str, str], Finding]:
        """Measure, data set and slice → the worst finding about that value."""
        found: dict[tuple[str, str, str], Finding] = {}
        for one in self.findings:
            # the limit of a change since the last release is none of the value
            if not view.is_of_change(one):
                found.setdefault((one.measure, one.dataset, one.slice), one)
        return found

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Definitions of measures by key."""
        return {one.key: one for one in self.measurements.measures}


def place(given: Settings) -> str:
    """Return what pages call the place that runs come from."""
    return given.store.shown if given.store else str(given.runs)


def run_ids(given: Settings) -> list[str]:
    """Return the ids of all runs, the newest first.

    Raises:
        IncompleteError: If the store cannot be reached.
    """
    if given.store is None:
        # names alone: a thousand runs are not opened to offer one
        return [path.name for path in reversed(run_folders(given.runs))]
    from harness.depot import open_store

    with open_store(given.store) as store:
        return list(reversed(store.run_ids()))


def reach_index(given: Settings) -> None:
    """Open the index of the store: runs may be read where nothing can be decided any more.

    Raises:
        AssayError: If it cannot be reached, or is that of another store.
    """
    if given.store is None:
        return
    from harness.depot import open_store

    with open_store(given.store) as store:
        store.log  # noqa: B018 - opening it looks at it


def folder_of(given: Settings, run: str) -> Path:
    """Return the folder of a run: in the folder or store, or a copy on this machine.

    Raises:
        IncompleteError: If the store does not hold it or cannot be reached.
    """
    if given.store is None:
        return given.runs / run
    from harness.depot import open_store
    from harness.depot.bundles import local_folder

    with open_store(given.store) as store:
        return local_folder(store, run)


def verified(path: Path) -> VerifyReport:
    """Verify a run, again only after a file of it changed."""
    return _verified(str(path), _signature(path))


def open_verified(path: Path) -> Bundle:
    """Open a run that was verified."""
    return open_run(path)


def forget() -> None:
    """Have every run verified again when it is looked at next, whatever the times of its files say."""
    _verified.clear()


@st.cache_resource(max_entries=256, show_spinner=False)
def _has_small_cells(key: tuple[str, str, int], _opened: Opened) -> bool:
    del key  # what the answer is kept under
    verdict = _opened.gate.verdict if _opened.gate else None
    whole = (_opened.bundle.record, _opened.bundle.measurements, verdict)
    viewer = _opened.as_viewer()
    return (viewer.run, *viewer._shown) != whole


@st.cache_resource(max_entries=256, show_spinner=False)
def _verified(path: str, signature: Sequence[tuple[str, int, int]]) -> VerifyReport:
    # the name must not begin with an underscore: Streamlit would leave it out of the key
    del signature
    return verify_run(Path(path))


def _signature(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of every file: what a change of content changes too."""
    found = []
    for folder, _, names in os.walk(path):
        for name in names:
            full = os.path.join(folder, name)  # noqa: PTH118 - thousands of files, on every page view
            stat = os.lstat(full)
            found.append((full, stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(found))
