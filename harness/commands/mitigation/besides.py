"""What both runs measured, side by side: every measure of utility, fairness and leakage.

These figures have no pairs: an audit keeps its estimate and not what each row, canary or person gave.
Each run's estimate is moved to half of the error, so that the ends of the change, low of one minus high
of the other, err in at most 5 of 100 cases each, whatever the two runs have in common. That is wider
than an interval of pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.commands.axes import AXES, Axis, axis_of
from harness.errors import ContractError
from harness.exports.small_cells import measurements_shown
from harness.stats import reestimate

if TYPE_CHECKING:
    from harness.evidence import Bundle
    from harness.records import Estimate, Measure, Measurement, Outcome
    from harness.stats import Read

ALPHA = 0.05
"""Error of each end of a change."""

Way = Literal["better", "worse", "not decided", "same", "not known"]
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Beside:
    """One measure on one slice, in both runs.

    Attributes:
        measure, dataset, slice: As in the measurements.
        title: Of the measure.
        axis: What it is about.
        before, after: Estimates of the two runs; None where a run has none.
        change, low, high: After minus before, and its ends; None where they are not known.
        way: What the ends say: ``better`` and ``worse`` are beyond chance.
    """

    measure: str
    dataset: str
    slice: str
    title: str
    axis: Axis
    before: Estimate | None
    after: Estimate | None
    change: float | None
    low: float | None
    high: float | None
    way: Way


@dataclass(frozen=True, slots=True)
class Turn:
    """One rule in both gates.

    Attributes:
        rule, measure, dataset, slice: As in the findings.
        before, after: Outcomes; None where a gate has no such finding.
    """

    rule: str
    measure: str
    dataset: str
    slice: str
    before: Outcome | None
    after: Outcome | None


def besides(before: Bundle, after: Bundle) -> tuple[Beside, ...]:
    """Return every measure that either run has, leakage first, in the order of the runs."""
    first, second = before.measurements.measurements, after.measurements.measurements
    return _besides(before, after, first, second)


def besides_shown(before: Bundle, after: Bundle, least: int) -> tuple[Beside, ...]:
    """Return the same without figures that rest on fewer rows of a group than may be shown."""
    first = measurements_shown(before.record, before.measurements, least)
    second = measurements_shown(after.record, after.measurements, least)
    return _besides(before, after, first, second)


def turns(before: Bundle, after: Bundle) -> tuple[Turn, ...]:
    """Return every rule with its outcome in the newest gate of both runs; none without gates."""
    sides: list[dict[tuple[str, str, str, str], Outcome]] = []
    for one in (before, after):
        gates = one.gates()
        findings = gates[-1].verdict.findings if gates else ()
        sides.append({(f.rule, f.measure, f.dataset, f.slice): f.outcome for f in findings})
    if not all(sides):
        return ()
    return tuple(
        Turn(*key, sides[0].get(key), sides[1].get(key))
        for key in dict.fromkeys([*sides[0], *sides[1]])
    )


def _besides(
    before: Bundle, after: Bundle, first: Iterable[Measurement], second: Iterable[Measurement]
) -> tuple[Beside, ...]:
    measures = {one.key: one for side in (before, after) for one in side.measurements.measures}
    old = {(one.measure, one.dataset, one.slice): one.estimate for one in first}
    new = {(one.measure, one.dataset, one.slice): one.estimate for one in second}
    found = [
        _beside(
            measures[key[0]],
            key,
            (old.get(key), before.read_replicates),
            (new.get(key), after.read_replicates),
        )
        for key in dict.fromkeys([*old, *new])
    ]
    return tuple(sorted(found, key=lambda one: AXES.index(one.axis)))


_Side = tuple["Estimate | None", "Read"]


def _beside(measure: Measure, key: Key, before: _Side, after: _Side) -> Beside:
    old, new = (_moved(*side) for side in (before, after))
    change, low, high = _between(old, new)
    return Beside(
        *key,
        title=measure.title,
        axis=axis_of(key[0]),
        before=before[0],
        after=after[0],
        change=change,
        low=low,
        high=high,
        way=_way(change, low, high, is_higher_better=measure.better == "higher"),
    )


def _moved(estimate: Estimate | None, read: Read) -> Estimate | None:
    """Return an estimate whose ends err half as often; None where they cannot be moved."""
    if estimate is None or not estimate.is_measured:
        return None
    try:
        return reestimate(estimate, alpha_low=ALPHA / 2, alpha_high=ALPHA / 2, read=read)
    except ContractError:
        return None


def _between(
    old: Estimate | None, new: Estimate | None
) -> tuple[float | None, float | None, float | None]:
    if old is None or new is None:
        return None, None, None
    change = None if old.value is None or new.value is None else new.value - old.value
    low = None if new.low is None or old.high is None else new.low - old.high
    high = None if new.high is None or old.low is None else new.high - old.low
    return change, low, high


def _way(
    change: float | None, low: float | None, high: float | None, *, is_higher_better: bool
) -> Way:
    if low is None or high is None:
        return "not known"
    if low == high == 0:
        return "same"
    if low <= 0 <= high:
        return "not decided"
    return "better" if (low > 0) is is_higher_better else "worse"
