"""The funnel plot: value against number of examples, for more groups than a reader can compare one by one.

The curves are the score limits around the rate over all examples: a group lies outside the solid one
exactly when its Wilson interval (2.5 % each end) leaves that rate out. The dashed curve shares the error
out over all groups (Šidák), so that none of them lies outside in 95 of 100 audits without any difference.

Source: Spiegelhalter 2005, doi:10.1002/sim.1970
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.figures.axis import Axis, axis_for
from harness.figures.drawing import WIDTH, curve, dot, drawing, line, name_at, words
from harness.figures.families import Family, Member
from harness.figures.figure import Figure, Value
from harness.records import Message
from harness.wording.markup import Html
from harness.wording.messages import t
from harness.wording.quantities import count, plain, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

FROM_GROUPS = 21
"""Fewest groups of which a funnel is drawn."""

_HEIGHT, _TOP, _LEFT, _RIGHT, _FOOT = 360, 30, 52, 20, 44
_ALPHA = 0.05
_POINTS = 36
_LABELS = 8
_LOG_FROM = 20


@dataclass(frozen=True, slots=True)
class _Point:
    name: str
    x: int
    n: int
    place: str

    @property
    def value(self) -> float:
        return self.x / self.n


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where numbers of examples and values lie."""

    axis: Axis
    low_n: float
    high_n: float
    is_log: bool

    def x(self, n: float) -> float:
        low, high, at = self.low_n, self.high_n, n
        if self.is_log:
            low, high, at = (math.log(one) for one in (low, high, at))
        return _LEFT + (at - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        return _HEIGHT - _FOOT - self.axis.share(value) * (_HEIGHT - _FOOT - _TOP)


def funnel(family: Family, *, title: str, key: str) -> Figure | None:
    """Return the funnel plot of a share with counts; None for few groups, or without a rate over all."""
    members = [one for one in family.members if one.is_group]
    overall = family.overall.estimate.value if family.overall else None
    known = [(one, counts) for one in members if (counts := one.counts) and counts[1]]
    if len(known) < FROM_GROUPS or overall is None or not 0 < overall < 1:
        return None
    z = _quantiles(len(known))
    points = [_Point(one.name, x, n, _place(x / n, n, overall, z)) for one, (x, n) in known]
    n_far = sum(point.place == "far" for point in points)
    rate = quantity_of(overall, "share")
    about = t("funnel.about", n=len(points), value=rate, n_far=n_far)
    shapes = list(_shapes(points, [one for one, _ in known], overall, z))
    picture = drawing(shapes, height=_HEIGHT, title=title, about=about)
    caption = t("funnel.caption", n=len(points), value=rate)
    rows = sorted(points, key=lambda point: (-point.n, point.name))
    return Figure(
        kind="funnel",
        key=key,
        title=title,
        captions=(Message("funnel.caption", caption, {"n": len(points), "value": rate}),),
        head=("group", "events", "n", "value", "low_95", "high_95", "low_all", "high_all", "place"),
        rows=tuple(_row(point, overall, z) for point in rows),
        shown_head=tuple(
            t(id)
            for id in ("figure.group", "figure.events", "figure.n", "figure.value", "funnel.where")
        ),
        shown=tuple(_shown(point) for point in rows),
        svg=picture.svg,
        html=picture.html,
    )


def _quantiles(n_groups: int) -> tuple[float, float]:
    """Return the normal quantiles of one group, and of all groups together (Šidák)."""
    from statistics import NormalDist

    shared = 1 - (1 - _ALPHA) ** (1 / n_groups)
    own, together = (NormalDist().inv_cdf(1 - alpha / 2) for alpha in (_ALPHA, shared))
    return own, together


def _place(value: float, n: int, overall: float, z: Sequence[float]) -> str:
    apart = abs(value - overall)
    if apart > _reach(n, overall, z[1]):
        return "far"
    return "outside" if apart > _reach(n, overall, z[0]) else "inside"


def _reach(n: float, overall: float, z: float) -> float:
    return z * math.sqrt(overall * (1 - overall) / n)


def _row(point: _Point, overall: float, z: Sequence[float]) -> tuple[Value, ...]:
    limits = [
        min(1.0, max(0.0, overall + sign * _reach(point.n, overall, one)))
        for one in z
        for sign in (-1, 1)
    ]
    return (point.name, point.x, point.n, point.value, *limits, point.place)


def _shown(point: _Point) -> tuple[str, ...]:
    return (
        one_line(point.name, NAME_LIMIT),
        count(point.x),
        count(point.n),
        quantity_of(point.value, "share"),
        t(f"funnel.{point.place}"),
    )


def _shapes(
    points: Sequence[_Point], members: Sequence[Member], overall: float, z: Sequence[float]
) -> Iterator[Html]:
    sizes = [point.n for point in points]
    axis = axis_for((one.estimate for one in members), [overall], "share") or Axis(0, 1, "share")
    is_log = max(sizes) > _LOG_FROM * min(sizes)
    low = min(sizes) / 1.3 if is_log else 0.0
    frame = _Frame(axis, low, max(sizes) * (1.3 if is_log else 1.05), is_log)
    foot, right = _HEIGHT - _FOOT, WIDTH - _RIGHT
    for tick in axis.ticks:
        y = frame.y(tick)
        yield line(_LEFT, y, right, y, "grid")
        yield words(plain(tick, "share"), _LEFT - 8, y + 4, anchor="end", kind="soft")
    for n in _ticks(frame):
        yield line(frame.x(n), foot, frame.x(n), foot + 4, "grid")
        yield words(count(round(n)), frame.x(n), foot + 18, anchor="middle", kind="soft")
    yield words(t("funnel.axis-n"), (_LEFT + right) / 2, _HEIGHT - 6, anchor="middle", kind="soft")
    yield line(_LEFT, frame.y(overall), right, frame.y(overall), "whole")
    label = t("figure.overall", value=quantity_of(overall, "share"))
    yield words(label, right, frame.y(overall) - 5, anchor="end", kind="soft")
    yield from _curves(frame, overall, z)
    yield from _dots(frame, points, overall)


def _ticks(frame: _Frame) -> list[float]:
    if not frame.is_log:
        return [frame.high_n / 1.05 * share for share in (0.25, 0.5, 0.75, 1)]
    powers = range(math.ceil(math.log10(frame.low_n)), math.floor(math.log10(frame.high_n)) + 1)
    steps = [m * 10.0**p for p in (powers.start - 1, *powers) for m in (1, 2, 5)]
    return [n for n in steps if frame.low_n <= n <= frame.high_n]


def _curves(frame: _Frame, overall: float, z: Sequence[float]) -> Iterator[Html]:
    low = max(frame.low_n, frame.high_n / 400)
    sizes = [low * (frame.high_n / low) ** (k / (_POINTS - 1)) for k in range(_POINTS)]
    for one, kind in zip(z, ("curve", "curve wide"), strict=True):
        for sign in (-1, 1):
            limits = [(n, overall + sign * _reach(n, overall, one)) for n in sizes]
            inside = [(n, v) for n, v in limits if frame.axis.low <= v <= frame.axis.high]
            if len(inside) > 1:
                yield curve(((frame.x(n), frame.y(v)) for n, v in inside), kind)


def _dots(frame: _Frame, points: Sequence[_Point], overall: float) -> Iterator[Html]:
    far = [point for point in points if point.place == "far"]
    far.sort(key=lambda point: (-abs(point.value - overall) * math.sqrt(point.n), point.name))
    named = {point.name for point in far[:_LABELS]}
    for point in points:
        x, y = frame.x(point.n), frame.y(point.value)
        hint = f"{one_line(point.name, NAME_LIMIT)}: {quantity_of(point.value, 'share')}"
        kind = "hollow" if point.place == "inside" else "dot"
        yield dot(x, y, kind, radius=5 if point.place == "far" else 4, hint=hint)
        if point.name in named:
            is_right = x < WIDTH * 0.75
            place = (x + 9, "start") if is_right else (x - 9, "end")
            yield name_at(point.name, place[0], y + 4, 170, anchor=place[1])
