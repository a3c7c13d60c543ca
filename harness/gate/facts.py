"""What a policy is held against: one view of a run, or of the ``given`` part of a policy test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from harness.records import ALL, Estimate, Measure, Measurement, Message, slice_columns, slice_name

if TYPE_CHECKING:
    from harness.gate.statements import SignedDocument
    from harness.stats import Read

WAYS = frozenset({"method"})
"""Columns that audits name themselves: what stands there is a way to measure and no group of the data."""

UNNAMED = frozenset({"(missing)", "(unknown)", "(none)", "*"})
"""Slice values that name no group: examples without a group, with a label that was not planned, or in
none of several overlapping groups; and a column as a whole."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last released run, as this run compares with it.

    Attributes:
        run_id: The released run; None where nothing was ever released under this name.
        differences: For each measurement of both runs its paired difference, this run minus the
            release, with its interval; measure, data set and slice are those of this run.
        is_released: False where somebody named a run by hand that nobody is known to have released.
    """

    __pydantic_config__ = {"extra": "forbid", "strict": True}  # noqa: RUF012 - read by pydantic

    run_id: str | None
    differences: tuple[Measurement, ...]
    is_released: bool = True


@dataclass(frozen=True, slots=True)
class Size:
    """How large a slice is, as far as any measurement tells."""

    n: int
    share: float | None


@dataclass(frozen=True)
class Facts:
    """Everything that judging may look at.

    Attributes:
        fields: ``system.<name>``, ``task.<name>``, ``data.<name>``, nested, for conditions.
        measurements: What was measured.
        measures: Definitions by key; None where there is no catalogue (policy tests).
        groups: Data set → columns that the data declares as groups.
        declared: Measure key → figure that the maker declares.
        broken: Audit id → why it ended in error.
        silent: Audit id → why it measured nothing (not offered by data or model, or skipped).
        baseline: The last release; None when none was handed in.
        read: Opens stored replicates; None when nothing is stored.
        directions: Measure key → which direction is better, where there is no catalogue.
        documents: Signed statements about documents of the run.
        now: The clock, by which documents age; None where it cannot be right, so that none counts.
        is_corrected: Whether the intervals account for multiplicity already (policy tests).
    """

    fields: Mapping[str, Any]
    measurements: tuple[Measurement, ...]
    measures: Mapping[str, Measure] | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    declared: Mapping[str, float] = field(default_factory=dict)
    broken: Mapping[str, Message | None] = field(default_factory=dict)
    silent: Mapping[str, Message] = field(default_factory=dict)
    baseline: Baseline | None = None
    read: Read | None = None
    directions: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[SignedDocument, ...] = ()
    now: datetime | None = None
    is_corrected: bool = False

    def better(self, measure: str) -> str:
        """Return ``higher`` or ``lower``."""
        if self.measures is not None and measure in self.measures:
            return self.measures[measure].better
        return self.directions.get(measure, "higher")

    @cached_property
    def shelf(self) -> dict[str, dict[str, list[Measurement]]]:
        """Measure key → data set → measurements, in the order of the run."""
        return shelve(self.measurements)

    @cached_property
    def by_slice(self) -> dict[str, dict[str, dict[str, list[Measurement]]]]:
        """Measure key → data set → slice → measurements."""
        found: dict[str, dict[str, dict[str, list[Measurement]]]] = {}
        for item in self.measurements:
            here = found.setdefault(item.measure, {}).setdefault(item.dataset, {})
            here.setdefault(item.slice, []).append(item)
        return found

    @cached_property
    def faults(self) -> dict[int, Message | None]:
        """Identity of a measurement → why it cannot be judged, as far as anybody has asked."""
        return {}

    @cached_property
    def differences(self) -> dict[str, dict[str, list[Measurement]]]:
        """The baseline's differences, shelved likewise."""
        return shelve(self.baseline.differences if self.baseline else ())

    @cached_property
    def slices(self) -> dict[str, dict[tuple[str, ...], dict[str, Size]]]:
        """Data set → columns → slice → size: every slice that any measurement knows."""
        known: dict[str, dict[tuple[str, ...], dict[str, Size]]] = {}
        for item in self.measurements:
            columns = columns_of(item.slice)
            if not columns:
                continue
            sizes = known.setdefault(item.dataset, {}).setdefault(columns, {})
            before = sizes.get(item.slice, Size(0, None))
            share = item.share if before.share is None else before.share
            sizes[item.slice] = Size(max(before.n, units_of(item.estimate)), share)
        return known


def shelve(measurements: Iterable[Measurement]) -> dict[str, dict[str, list[Measurement]]]:
    """Sort measurements by measure and data set, keeping their order."""
    shelf: dict[str, dict[str, list[Measurement]]] = {}
    for item in measurements:
        shelf.setdefault(item.measure, {}).setdefault(item.dataset, []).append(item)
    return shelf


@lru_cache(maxsize=4096)
def columns_of(slice_text: str) -> tuple[str, ...] | None:
    """Return the sorted columns of a slice, ``()`` for all examples, None for a malformed name."""
    if slice_text == ALL:
        return ()
    try:
        values = slice_columns(slice_text)
    except ValueError:
        return None
    return tuple(sorted(values)) if slice_name(values) == slice_text else None


@lru_cache(maxsize=4096)
def names_groups(slice_text: str) -> bool:
    """Tell whether every value of a well-formed slice is the name of a group."""
    return UNNAMED.isdisjoint(slice_columns(slice_text).values())


def units_of(estimate: Estimate) -> int:
    """Return how many units the slice itself has.

    The n of a difference of two groups counts both of them; the slice is the first, ``trials_a``.
    """
    values = estimate.evidence.values if estimate.evidence else {}
    own = values.get("trials_a")
    return own if isinstance(own, int) else estimate.n
