"""Forest plots: one row of a table, one point with its interval, all rows on one axis from zero.

Positions are per cent of the cell's width, so a plot stretches with its table, on paper and on a
telephone, and the limit joins up from row to row. A value without an interval is not drawn.
"""

from __future__ import annotations

import math
from typing import Literal

from harness.figures.axis import Axis, is_drawn
from harness.records import Estimate, Outcome
from harness.wording.markup import Html, el
from harness.wording.messages import t
from harness.wording.quantities import of_estimate, plain, tick_words

PointKind = Literal["passed", "failed", "open", "plain"]

_MIDDLE = "1.1rem"
"""Height of the point: the middle of the first line of the row."""


def point_kind(outcome: Outcome | None) -> PointKind:
    """Return the shape of a point: disc, lozenge, ring, or a square where no rule judged it."""
    kinds: dict[Outcome | None, PointKind] = {"passed": "passed", "failed": "failed", None: "plain"}
    return kinds.get(outcome, "open")


def axis_drawing(axis: Axis, limit: float | None) -> Html:
    """Return ticks and labels for the head of the column, with the limit where all rows share one."""
    ends = {"from_": plain(axis.low, axis.unit), "to": plain(axis.high, axis.unit)}
    label = t("plot.axis", **ends)
    lines = [
        el(
            "text",
            tick_words(x, axis.unit),
            x=axis.at(x),
            y="92%",
            text_anchor=_tick_anchor(axis, x),
        )
        for x in axis.ticks
    ]
    if limit is not None:
        shown = plain(limit, axis.unit)
        label = t("plot.axis-limit", limit=shown, **ends)
        lines.append(
            el(
                "text",
                t("plot.limit", limit=shown),
                x=axis.at(limit),
                y="42%",
                text_anchor=axis.anchor(limit),
                class_="bound-text",
            )
        )
    return el("svg", *lines, class_="axis", role="img", aria_label=label)


def interval_drawing(
    estimate: Estimate, axis: Axis, *, limit: float | None, kind: PointKind
) -> Html:
    """Return the point and interval of one row, over the zero line and under the limit."""
    lines = [_vertical(axis.at(0.0), "zero")]
    if limit is not None and math.isfinite(limit):
        lines.append(_vertical(axis.at(limit), "bound"))
    low, high = estimate.low, estimate.high
    if low is not None and high is not None and is_drawn(estimate):
        lines.append(
            el("line", x1=axis.at(low), x2=axis.at(high), y1=_MIDDLE, y2=_MIDDLE, class_="bar")
        )
        if estimate.value is not None and math.isfinite(estimate.value):
            lines.append(_point(axis.at(estimate.value), kind))
    return el("svg", *lines, role="img", aria_label=_words(estimate, axis, limit))


def _vertical(x: str, kind: str) -> Html:
    return el("line", x1=x, x2=x, y1="0", y2="100%", class_=kind)


def _point(x: str, kind: PointKind) -> Html:
    shape = el("use", href=f"#m-{kind}", x="-7", y="-7", width="14", height="14")
    return el("svg", shape, x=x, y=_MIDDLE, class_=f"point {kind}")


def _words(estimate: Estimate, axis: Axis, limit: float | None) -> str:
    low, high = estimate.low, estimate.high
    if low is None or high is None or not is_drawn(estimate):
        return t("number.not-measured")
    if limit is None:
        ends = {"from_": plain(axis.low, axis.unit), "to": plain(axis.high, axis.unit)}
        return t("plot.no-limit", interval=of_estimate(estimate).interval, **ends)
    if high < limit:
        return t("plot.below")
    return t("plot.above") if low > limit else t("plot.across")


def _tick_anchor(axis: Axis, x: float) -> str:
    return "start" if x == axis.low else "end" if x == axis.high else "middle"
