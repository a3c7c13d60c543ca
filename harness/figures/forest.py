"""The forest plot: a row for each group, sorted, dot and interval, counts at the right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from harness.figures.axis import Axis, axis_for, is_drawn
from harness.figures.drawing import (
    WIDTH,
    Drawing,
    box,
    dot,
    drawing,
    line,
    name_lines,
    name_width,
    words,
)
from harness.figures.families import Family, Member
from harness.figures.figure import Figure, Value
from harness.figures.rules import Band, Link, band_of, is_low_evidence
from harness.records import Message, Param
from harness.wording.language import said
from harness.wording.markup import Html
from harness.wording.messages import plural, t
from harness.wording.quantities import (
    count,
    is_withheld,
    level_words,
    n_of,
    of_estimate,
    quantity_of,
    tick_words,
)
from harness.wording.text import NAME_LIMIT, one_line

_ROW = 28
_TOP = 44
_FOOT = 10
_TICK_GAP = 60
"""Labels of ticks that are nearer to each other would overlap."""
_MOST_ROWS = 60
_RIGHT = 232
_NAMES = 210

HEAD = (
    "group", "events", "n", "value", "low", "high", "alpha_low", "alpha_high", "unit", "method",
    "evidence", "why_not",
)  # fmt: skip
"""Columns of the numbers of a forest plot."""


def forest(family: Family, links: Sequence[Link], *, title: str, key: str) -> Figure:
    """Return the forest plot of one by-group measure.

    Args:
        family: Its groups.
        links: What the column as a whole was measured and judged by.
        title: Of the figure.
        key: Of the figure.
    """
    members = ordered(family)
    low = {member.name for member in members if is_low_evidence(member, family, links)}
    band = band_of(links)
    picture = _drawn(family, members, low, band, title)
    return Figure(
        kind="forest",
        key=key,
        title=title,
        captions=tuple(_captions(family, members, low, band)),
        head=HEAD,
        rows=tuple(_row(member, low) for member in members),
        shown_head=tuple(
            t(f"figure.{name}")
            for name in ("group", "events", "n", "value", "interval", "evidence")
        ),
        shown=tuple(_shown(member, low) for member in members),
        svg=picture.svg,
        html=picture.html,
    )


def ordered(family: Family) -> list[Member]:
    """Return the groups worst first, then rows without a group, then what was not measured."""
    sign = -1 if family.measure and family.measure.better == "lower" else 1

    def place(member: Member) -> tuple[bool, bool, float, str]:
        value = member.estimate.value
        known = value is not None and math.isfinite(value) and is_drawn(member.estimate)
        return (
            not known,
            not member.is_group,
            sign * value if known and value else 0.0,
            member.name,
        )

    return sorted(family.members, key=place)


def _row(member: Member, low: set[str]) -> tuple[Value, ...]:
    e, counts = member.estimate, member.counts
    finite = [x if x is None or math.isfinite(x) else None for x in (e.value, e.low, e.high)]
    return (
        member.name,
        counts[0] if counts else None,
        None if is_withheld(e) else e.n,
        *finite,
        e.alpha_low,
        e.alpha_high,
        e.unit,
        e.method,
        _evidence(member, low),
        e.why_undefined.text if e.why_undefined else None,
    )


def _shown(member: Member, low: set[str]) -> tuple[str, ...]:
    e, counts = member.estimate, member.counts
    quantity = of_estimate(e)
    because = said(e.why_undefined) if e.why_undefined else ""
    return (
        one_line(member.name, NAME_LIMIT),
        count(counts[0]) if counts else t("figure.not-measured"),
        n_of(e),
        quantity.value,
        quantity.interval,
        because or t(f"figure.evidence-{_evidence(member, low)}"),
    )


def _evidence(member: Member, low: set[str]) -> str:
    if member.estimate.value is None:
        return "none"
    return "low" if member.name in low else "enough"


def _drawn(
    family: Family, members: Sequence[Member], low: set[str], band: Band | None, title: str
) -> Drawing:
    shown = members[:_MOST_ROWS]
    marks = [band.low, band.high] if band else []
    known = [one.estimate for one in members]
    known += [family.overall.estimate] if family.overall else []
    axis = axis_for(known, marks, members[0].estimate.unit)
    left = name_width((one.name for one in shown), most=_NAMES) + 12
    place = _Place(axis, left, WIDTH - _RIGHT)
    height = _TOP + _ROW * len(shown) + _FOOT
    shapes = [*_ground(place, family, band, height), *_rows(place, shown, low)]
    return drawing(shapes, height=height, title=title, about=_about(members))


class _Place:
    """Where a value lies across the drawing."""

    __slots__ = ("axis", "left", "right")

    def __init__(self, axis: Axis | None, left: float, right: float) -> None:
        self.axis = axis
        self.left = left
        self.right = right

    def x(self, value: float) -> float:
        share = self.axis.share(value) if self.axis else 0.0
        return self.left + share * (self.right - self.left)


def _ground(place: _Place, family: Family, band: Band | None, height: float) -> Iterator[Html]:
    """Yield what lies under the rows: band, ticks, heads of the columns, the value over all."""
    top, foot, axis = _TOP - 8, height - _FOOT + 4, place.axis
    right = place.right
    yield words(t("figure.value"), right + 14, _TOP - 14, kind="soft")
    yield words(t("figure.events"), WIDTH - 2, _TOP - 14, anchor="end", kind="soft")
    if axis is None:
        return
    if band:
        left, end = place.x(band.low), place.x(band.high)
        yield box(left, top, end - left, foot - top, "band")
    middle = place.x(axis.ticks[1])
    for k, tick in enumerate(axis.ticks):
        x = place.x(tick)
        yield line(x, top, x, foot, "grid")
        if k != 1 and abs(x - middle) < _TICK_GAP:
            continue  # its label would lie on that of zero
        anchor = ("start", "middle", "end")[k]
        yield words(tick_words(tick, axis.unit), x, _TOP - 14, anchor=anchor, kind="soft")
    value = family.overall.estimate.value if family.overall else None
    if value is not None and math.isfinite(value):
        x = place.x(value)
        yield line(x, top, x, foot, "whole")
        label = t("figure.overall", value=quantity_of(value, axis.unit))
        yield words(label, x, 12, anchor=axis.anchor(value), kind="soft")


def _rows(place: _Place, shown: Sequence[Member], low: set[str]) -> Iterator[Html]:
    for k, member in enumerate(shown):
        y = _TOP + _ROW * k + _ROW / 2
        e, counts = member.estimate, member.counts
        yield from name_lines(member.name, 0, y, place.left - 12)
        events = (
            t("figure.events-of", events=count(counts[0]), n=count(counts[1])) if counts else ""
        )
        yield words(events or f"n = {n_of(e)}", WIDTH - 2, y + 4, anchor="end")
        if e.value is None or e.low is None or e.high is None or not is_drawn(e):
            middle = (place.left + place.right) / 2
            yield words(t("figure.not-measured"), middle, y + 4, anchor="middle")
            continue
        yield line(place.x(e.low), y, place.x(e.high), y, "bar")
        yield dot(place.x(e.value), y, "hollow" if member.name in low else "dot")
        quantity = of_estimate(e)
        yield words(quantity.text, place.right + 14, y + 4)


def _about(members: Sequence[Member]) -> str:
    known = [one for one in members if one.is_group and is_drawn(one.estimate)]
    values = [x for one in known if (x := one.estimate.value) is not None]
    if not values:
        return t("forest.about-one", n=len(members))
    unit = known[0].estimate.unit
    ends = {"low": quantity_of(min(values), unit), "high": quantity_of(max(values), unit)}
    return t("forest.about", n=len(known), **ends)


def _captions(
    family: Family, members: Sequence[Member], low: set[str], band: Band | None
) -> Iterator[Message]:
    known = [one.estimate for one in members if one.estimate.value is not None]
    levels = dict.fromkeys(level_words(e.alpha_low, e.alpha_high) for e in known)
    has_line = family.overall is not None and family.overall.estimate.value is not None
    if levels:
        id = "forest.interval" if has_line else "forest.interval-no-line"
        yield _say(id, level=", ".join(levels))
    if band:
        yield band.caption
    if low:
        yield _say("forest.hollow")
    if len(known) < len(members):
        yield _say("forest.dash")
    if n_more := len(members[_MOST_ROWS:]):
        text = plural("forest.left-out", n_more)
        yield Message("forest.left-out", text, {"n": n_more})


def _say(id: str, **params: Param) -> Message:
    return Message(id, t(id, **params), dict(params))
