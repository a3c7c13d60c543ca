"""What the evidence of a worst-group estimate says, without its limits: counts, pair, design.

Plain Python on purpose: the gate writes a sentence for every finding and must start fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from harness.figures.families import Family, Member
from harness.records import Estimate

Kind = Literal["difference", "ratio", "lowest", "highest"]

KINDS: dict[str, Kind] = {
    "worst-difference": "difference",
    "worst-ratio": "ratio",
    "lowest-rate": "lowest",
    "highest-rate": "highest",
    "worst-linear": "difference",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the groups that a sentence names.

    Attributes:
        name: Of the group.
        value: Its rate, or another statistic.
        counts: Events and examples behind a rate; None for another statistic.
    """

    name: str
    value: float
    counts: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Table:
    """Values of all groups for one class (or one of several rates).

    Attributes:
        sides: Groups with a value, in the order of the evidence.
        absent: Groups that are compared but have no value.
        reference: Group that all others are compared with; "" for every pair.
    """

    sides: tuple[Side, ...]
    absent: tuple[str, ...]
    reference: str

    def pair(self, kind: Kind) -> tuple[Side, Side] | None:
        """Return the two groups that the estimate is about, the higher value first."""
        if len(self.sides) < 2:
            return None
        ranked = sorted(self.sides, key=lambda side: (-_exact(side), -_size(side), side.name))
        if not self.reference:
            low = min(
                (side for side in ranked if side is not ranked[0]),
                key=lambda side: (_exact(side), -_size(side), side.name),
            )
            return ranked[0], low
        of_reference = [side for side in ranked if side.name == self.reference]
        others = [side for side in ranked if side.name != self.reference]
        if not of_reference or not others:
            return None
        base = of_reference[0]
        found = max(others, key=lambda side: _apart(kind, side, base))
        return (found, base) if _exact(found) > _exact(base) else (base, found)

    def value(self, kind: Kind) -> float | None:
        """Return what the estimate measures on this table alone; None where it is undefined."""
        if kind in ("lowest", "highest"):
            values = [side.value for side in self.sides]
            return (min if kind == "lowest" else max)(values, default=None)
        pair = self.pair(kind)
        if pair is None:
            return None
        high, low = pair
        if kind == "ratio":
            return low.value / high.value if high.value > 0 else None
        return high.value - low.value


@dataclass(frozen=True, slots=True)
class Worst:
    """Evidence of one worst-group estimate.

    Attributes:
        kind: What is worst.
        tables: One for each class.
        at: The table that attains the value.
        is_weighted: Whether the value is a mean over the tables and not the worst of them.
        is_complete: Whether all groups that belong to the comparison are estimable.
        n_clusters: Clusters; None where rows are independent.
        is_overlapping: Whether groups share rows.
    """

    kind: Kind
    tables: tuple[Table, ...]
    at: int
    is_weighted: bool
    is_complete: bool
    n_clusters: int | None
    is_overlapping: bool

    @property
    def table(self) -> Table:
        """The table that attains the value."""
        return self.tables[self.at]

    @property
    def n_groups(self) -> int:
        """Groups with a value."""
        return len(self.table.sides)


def read_worst(estimate: Estimate) -> Worst | None:
    """Return what the evidence holds; None where it is no worst-group estimate, or is damaged."""
    kind = KINDS.get(estimate.method)
    if kind is None or estimate.evidence is None or estimate.value is None:
        return None
    values = estimate.evidence.values
    names, reference = values.get("groups"), values.get("reference")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    base = reference if isinstance(reference, str) else ""
    groups = [str(name) for name in names]
    if estimate.method == "worst-linear":
        tables = _linear_tables(groups, values.get("values"), base)
    else:
        tables = _count_tables(groups, values.get("successes"), values.get("trials"), base)
    complete, m = values.get("complete"), values.get("n_clusters")
    known = [(k, value) for k, one in enumerate(tables) if (value := one.value(kind)) is not None]
    if not known:
        return None
    sign = -1 if kind in ("ratio", "lowest") else 1
    return Worst(
        kind=kind,
        tables=tuple(tables),
        at=max(known, key=lambda one: (sign * one[1], -one[0]))[0],
        is_weighted="weights" in values,
        is_complete=all(complete) if isinstance(complete, list) else bool(complete),
        n_clusters=m if isinstance(m, int) else None,
        is_overlapping="joint_trials" in values,
    )


def matching(table: Table, families: Iterable[Family], key: str) -> Family | None:
    """Return the by-group measure whose counts a table repeats; the one with the nearest name."""
    audit = key.partition(".")[0]
    found = [one for one in families if _same(table, one.members)]
    found.sort(key=lambda one: (one.key.partition(".")[0] != audit, -_alike(one.key, key)))
    return found[0] if found else None


def _same(table: Table, members: Sequence[Member]) -> bool:
    by_name = {member.name: member for member in members}
    for side in table.sides:
        member = by_name.get(side.name)
        if member is None:
            return False
        if side.counts is not None and member.counts != side.counts:
            return False
        value = member.estimate.value
        if value is None or not math.isclose(value, side.value, rel_tol=1e-9, abs_tol=1e-12):
            return False
    return bool(table.sides)


def _alike(one: str, other: str) -> int:
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def _count_tables(
    groups: Sequence[str], successes: object, trials: object, reference: str
) -> list[Table]:
    if not isinstance(successes, list) or not isinstance(trials, list):
        return []
    found = []
    for xs, ns in zip(successes, trials, strict=False):
        if not isinstance(xs, list) or not isinstance(ns, list):
            return []
        if len(xs) != len(groups) or len(ns) != len(groups):
            return []
        rows = list(zip(groups, xs, ns, strict=True))
        if not all(isinstance(x, int) and isinstance(n, int) and 0 <= x <= n for _, x, n in rows):
            return []
        sides = tuple(Side(name, x / n, (x, n)) for name, x, n in rows if n)
        found.append(Table(sides, tuple(name for name, _, n in rows if not n), reference))
    return found


def _linear_tables(groups: Sequence[str], values: object, reference: str) -> list[Table]:
    if not isinstance(values, list) or len(values) != len(groups):
        return []
    if not all(isinstance(x, int | float) and math.isfinite(x) for x in values):
        return []
    sides = tuple(Side(name, float(x), None) for name, x in zip(groups, values, strict=True))
    return [Table(sides, (), reference)]


def _exact(side: Side) -> Fraction:
    return Fraction(*side.counts) if side.counts else Fraction(side.value)


def _size(side: Side) -> int:
    return side.counts[1] if side.counts else 0


def _apart(kind: Kind, one: Side, other: Side) -> Fraction:
    a, b = _exact(one), _exact(other)
    if kind == "ratio":
        most = max(a, b)
        return 1 - min(a, b) / most if most else Fraction(0)
    return abs(a - b)
