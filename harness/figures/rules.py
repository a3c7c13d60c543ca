"""Which rule bears on a by-group measure, and the band that its limit draws around the groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.figures.families import Family, Member, Whole
from harness.figures.worst import Worst, matching, read_worst
from harness.records import Message
from harness.wording.messages import t
from harness.wording.quantities import plain, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

_Z = 1.6448536269514722  # here and not from harness.stats: the gate draws without loading numpy
"""Upper 5 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Link:
    """A measure of a column as a whole that is about a family: it repeats its counts."""

    whole: Whole
    worst: Worst

    @property
    def tolerance(self) -> float | None:
        """Limit of the rule that judged it."""
        limit = self.whole.finding.limit_value if self.whole.finding else None
        return limit if limit is not None and math.isfinite(limit) else None


@dataclass(frozen=True, slots=True)
class Band:
    """Where the values of all groups would lie if they kept a rule, as point values."""

    low: float
    high: float
    caption: Message


def links_of(families: Sequence[Family], wholes: Sequence[Whole]) -> list[list[Link]]:
    """Return, for each by-group measure of a column, the measures of the column as a whole about it.

    Those that a rule judged come first.

    Args:
        families: By-group measures of one column of one data set.
        wholes: Measures of that column as a whole.
    """
    found: dict[int, list[Link]] = {id(family): [] for family in families}
    for whole in wholes:
        worst = read_worst(whole.estimate)
        if worst is None or worst.is_weighted:
            continue
        family = matching(worst.table, families, whole.measurement.measure)
        if family is not None:
            found[id(family)].append(Link(whole, worst))
    return [
        sorted(found[id(family)], key=lambda link: link.tolerance is None) for family in families
    ]


def band_of(links: Sequence[Link]) -> Band | None:
    """Return the band of the first rule about a difference or a ratio; None without one.

    A difference is between two groups, not between a group and the rate over all. So the band begins at
    the lowest group (or lies around the reference group) and is as wide as the tolerance.
    """
    for link in links:
        tolerance, finding = link.tolerance, link.whole.finding
        if tolerance is None or finding is None or link.worst.kind not in ("difference", "ratio"):
            continue
        rule = one_line(finding.rule, NAME_LIMIT)
        values = {side.name: side.value for side in link.worst.table.sides}
        reference = link.worst.table.reference
        if link.worst.kind == "difference" and reference in values:
            base = values[reference]
            words = plain(tolerance, "difference")
            caption = _say(
                "forest.band-reference", tolerance=words, reference=_name(reference), rule=rule
            )
            return Band(base - tolerance, base + tolerance, caption)
        if link.worst.kind == "difference":
            low = min(values.values())
            is_rate = all(side.counts is not None for side in link.worst.table.sides)
            caption = _say(
                "forest.band-difference",
                lowest=quantity_of(low, "share" if is_rate else "difference"),
                tolerance=plain(tolerance, "difference"),
                rule=rule,
            )
            return Band(low, low + tolerance, caption)
        high = max(values.values())
        caption = _say(
            "forest.band-ratio",
            highest=quantity_of(high, "share"),
            tolerance=plain(tolerance, "ratio"),
            rule=rule,
        )
        return Band(tolerance * high, high, caption)
    return None


def is_low_evidence(member: Member, family: Family, links: Sequence[Link]) -> bool:
    """Tell whether a group has too few examples for a comparison to pass, even if rates are equal.

    That is where n < 2 z^2 p (1 - p) / tolerance^2, with the rate over all examples and the tolerance of
    the rule about the difference; without such a rule, where the audit itself says so.
    """
    if member.has_low_evidence:
        return True
    counts = member.counts
    tolerances = [link.tolerance for link in links if link.worst.kind == "difference"]
    known = [one for one in tolerances if one]
    if counts is None or not known:
        return False
    value = family.overall.estimate.value if family.overall else member.estimate.value
    rate = 0.5 if value is None else min(max(value, 0.0), 1.0)
    return counts[1] < 2 * _Z**2 * rate * (1 - rate) / known[0] ** 2


def _name(text: str) -> str:
    return one_line(text, NAME_LIMIT)


def _say(id: str, **params: str) -> Message:
    return Message(id, t(id, **params), dict(params))
