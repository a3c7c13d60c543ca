"""Measurements of groups in the order in which they are drawn: one measure on one group column.

A *family* is one by-group measure on one column (or on the cells of several) of one data set. A *whole* is
a measure of a column as a whole, in a slice such as ``religion=*``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.records import (
    DatasetRef,
    Estimate,
    Finding,
    Measure,
    Measurement,
    Measurements,
    slice_columns,
)
from harness.wording.language import measure_words
from harness.wording.messages import join_words

EVERY_VALUE = "*"
_SPECIAL = ("(missing)", "(unknown)", "(none)")
_LOW_EVIDENCE = ("small-group", "low-evidence", "few-clusters")

Columns = tuple[str, ...]
Rest = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One group of a family.

    Attributes:
        name: Of the group; of cells of several columns their values with a cross between.
        measurement: What was measured of it.
        is_group: False for rows without a group.
    """

    name: str
    measurement: Measurement
    is_group: bool

    @property
    def estimate(self) -> Estimate:
        """Value and interval."""
        return self.measurement.estimate

    @property
    def counts(self) -> tuple[int, int] | None:
        """Events and examples, where the evidence holds them."""
        return counts_of(self.estimate)

    @property
    def has_low_evidence(self) -> bool:
        """Whether the audit itself said that there are few rows."""
        ids = [message.id for message in self.measurement.caveats]
        return any(id.endswith(_LOW_EVIDENCE) for id in ids)


@dataclass(frozen=True, slots=True)
class Family:
    """One by-group measure.

    Attributes:
        key: Of the measure.
        measure: Its definition; None where the run does not carry it.
        dataset: Name of the data set.
        columns: Group columns, sorted.
        rest: What else the slices say, such as the class.
        members: Groups, in the order in which they were measured.
        overall: The same measure over all groups.
    """

    key: str
    measure: Measure | None
    dataset: str
    columns: Columns
    rest: Rest
    members: tuple[Member, ...]
    overall: Measurement | None

    @property
    def title(self) -> str:
        """Title of the measure, with what else the slices say."""
        title = measure_words(self.measure)[0] if self.measure else self.key
        more = join_words(f"{column} = {value}" for column, value in self.rest)
        return join_words([title, more]) if more else title


@dataclass(frozen=True, slots=True)
class Whole:
    """A measure of a column as a whole, with the worst finding that judged it.

    Attributes:
        measure: Its definition; None where the run does not carry it.
        measurement: What was measured.
        finding: What was judged of it.
        columns: Group columns, sorted.
        is_clustered: Whether the rows of the data set come in clusters.
    """

    measure: Measure | None
    measurement: Measurement
    finding: Finding | None
    columns: Columns
    is_clustered: bool = False

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.measurement.dataset

    @property
    def estimate(self) -> Estimate:
        """The estimate as it was judged: with several rules together, an end may have another level."""
        measured, finding = self.measurement.estimate, self.finding
        if finding is None or finding.low is None or finding.high is None:
            return measured
        if finding.alpha_low is None or finding.alpha_high is None:
            return measured
        return replace(
            measured,
            low=finding.low,
            high=finding.high,
            alpha_low=finding.alpha_low,
            alpha_high=finding.alpha_high,
        )


def read_families(
    measurements: Measurements, findings: Sequence[Finding], datasets: Sequence[DatasetRef]
) -> tuple[list[Family], list[Whole]]:
    """Return every family and every whole, in the order in which they were measured.

    Args:
        measurements: What was measured.
        findings: What was judged of it, worst first; one about a change since the last release is left out.
        datasets: Say which columns hold groups.
    """
    own = {data.name: _group_columns(data.roles) for data in datasets}
    for m in measurements.measurements:
        parts = _parts(m.slice)
        own.setdefault(m.dataset, set()).update(c for c, v in parts.items() if v == EVERY_VALUE)
    measures = {measure.key: measure for measure in measurements.measures}
    clustered = {data.name for data in datasets if "cluster" in data.roles}
    judged: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        if finding.is_of_change:
            continue  # its interval and limit are those of a difference, none of the value
        judged.setdefault((finding.measure, finding.dataset, finding.slice), finding)
    overall: dict[tuple[str, str, Rest], Measurement] = {}
    members: dict[tuple[str, str, Columns, Rest], list[Member]] = {}
    wholes = []
    for m in measurements.measurements:
        groups, rest = _split(_parts(m.slice), own[m.dataset])
        if not groups:
            overall[m.measure, m.dataset, rest] = m
            continue
        columns = tuple(column for column, _ in groups)
        if all(value == EVERY_VALUE for _, value in groups):
            worst = judged.get((m.measure, m.dataset, m.slice))
            wholes.append(Whole(measures.get(m.measure), m, worst, columns, m.dataset in clustered))
        else:
            place = (m.measure, m.dataset, columns, rest)
            members.setdefault(place, []).append(_member(m, [value for _, value in groups]))
    families = [
        Family(
            key,
            measures.get(key),
            data,
            columns,
            rest,
            tuple(found),
            overall.get((key, data, rest)),
        )
        for (key, data, columns, rest), found in members.items()
    ]
    return families, wholes


def counts_of(estimate: Estimate) -> tuple[int, int] | None:
    """Return successes and trials of a share, where its evidence holds them."""
    values = estimate.evidence.values if estimate.evidence else {}
    x, n = values.get("successes"), values.get("trials")
    if isinstance(x, int) and isinstance(n, int) and 0 <= x <= n and estimate.unit == "share":
        return x, n
    return None


def _member(m: Measurement, values: Sequence[str]) -> Member:
    is_group = not any(value in _SPECIAL for value in values)
    return Member(" × ".join(values), m, is_group)


def _group_columns(roles: dict[str, str | list[str]]) -> set[str]:
    named = roles.get("groups", [])
    return {named} if isinstance(named, str) else set(named)


def _parts(name: str) -> dict[str, str]:
    try:
        return slice_columns(name)
    except ValueError:  # a damaged bundle may hold anything
        return {}


def _split(parts: dict[str, str], own: Collection[str]) -> tuple[Rest, Rest]:
    """Return the group columns of a slice with their values, and the others; both sorted."""
    items: Iterable[tuple[str, str]] = sorted(parts.items())
    groups = tuple(item for item in items if item[0] in own)
    return groups, tuple(item for item in items if item[0] not in own)
