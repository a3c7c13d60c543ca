"""Which sealed runs looked at which test rows, and with which model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import AssayError
from harness.evidence.bundle import open_run
from harness.evidence.find import run_folders
from harness.files import digest_of
from harness.records import RunRecord

_LEARNT = ("train", "validation")


@dataclass(frozen=True, slots=True)
class Look:
    """One sealed run that looked at test rows.

    Attributes:
        run: What tells it from other runs: the digest of its seal, or its id before it is sealed.
        model: What tells its model from others, threshold included.
        tests: Test set → content digest of its rows, before a budget cut them.
    """

    run: str
    model: str
    tests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Looks:
    """How often the same test rows were looked at.

    Attributes:
        n_runs: Sealed runs.
        n_models: Models that were told apart.
    """

    n_runs: int
    n_models: int


def look_of(record: RunRecord) -> Look:
    """Return what a run looked at."""
    model = record.model
    section = record.config.get("model") or {}
    identity = [model.weights_digest, model.adapter_digest, model.revision]
    return Look(
        run=record.run_id,
        model=digest_of([*identity, section.get("threshold")]),
        tests={
            ref.name: record.whole_digest(ref.name) or ref.content_digest
            for ref in record.datasets
            if ref.name not in _LEARNT
        },
    )


def looks_in(runs: Path) -> list[Look]:
    """Return the looks of all runs below a folder; what cannot be read counts not."""
    found = []
    for path in run_folders(runs):
        try:
            bundle = open_run(path)
            found.append(replace(look_of(bundle.record), run=bundle.digest))
        except (AssayError, OSError):
            continue
    return found


def count_looks(looks: Iterable[Look], digest: str) -> Looks:
    """Count runs and models that looked at the rows of a digest."""
    seen = {one.run: one.model for one in looks if digest in one.tests.values()}
    return Looks(len(seen), len(set(seen.values())))
