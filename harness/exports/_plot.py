"""Forest plots: one row of a table, one point with its interval, all rows on one axis from zero.

Positions are per cent of the cell's width, so a plot stretches with its table, on paper and on a
telephone, and the limit joins up from row to row. A value without an interval is not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.exports._html import Html, el
from harness.exports._numbers import of_estimate, plain
from harness.exports.messages import t
from harness.records import Estimate, Outcome

PointKind = Literal["passed", "failed", "open", "plain"]

_MIDDLE = "1.1rem"
"""Height of the point: the middle of the first line of the row."""

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """What the width of a plot stands for; zero always lies on it.

    Attributes:
        low, high: Ends, in the unit.
        unit: Unit of the values.
    """

    low: float
    high: float
    unit: str

    def at(self, value: float) -> str:
        """Return the place of a value as per cent of the width."""
        return f"{self._share(value):.2f}%"

    def anchor(self, value: float) -> str:
        """Return how a label hangs at a value so that it stays inside the width."""
        share = self._share(value)
        return "start" if share < 15 else "end" if share > 85 else "middle"

    @property
    def ticks(self) -> tuple[float, float, float]:
        """Both ends, and zero or the middle between them."""
        return (self.low, 0.0 if self.low < 0 else self.high / 2, self.high)

    def _share(self, value: float) -> float:
        return min(100.0, max(0.0, 100 * (value - self.low) / (self.high - self.low)))


def axis_for(estimates: Iterable[Estimate], limits: Iterable[float], unit: str) -> Axis | None:
    """Return an axis that holds zero, every interval and every limit; None with nothing to draw."""
    drawn = [e for e in estimates if is_drawn(e)]
    if not drawn:
        return None
    places = [x for e in drawn for x in (e.low, e.high, e.value) if x is not None]
    places += [x for x in limits if math.isfinite(x)]
    low, high = min(0.0, *places), max(0.0, *places)
    if unit == "share":
        return Axis(0.0, 1.0 if high > 0.6 else max(0.01, _round_up(high)), unit)
    high = _round_up(high) if high > 0 else 0.0
    low = -_round_up(-low) if low < 0 else 0.0
    return Axis(low, high if high > low else low + 1.0, unit)


def is_drawn(estimate: Estimate) -> bool:
    """Tell whether an estimate has a whole, finite interval."""
    ends = (estimate.low, estimate.high)
    return all(x is not None and math.isfinite(x) for x in ends)


def point_kind(outcome: Outcome | None) -> PointKind:
    """Return the shape of a point: disc, lozenge, ring, or a square where no rule judged it."""
    kinds: dict[Outcome | None, PointKind] = {"passed": "passed", "failed": "failed", None: "plain"}
    return kinds.get(outcome, "open")


def axis_drawing(axis: Axis, limit: float | None) -> Html:
    """Return ticks and labels for the head of the column, with the limit where all rows share one."""
    ends = {"from_": plain(axis.low, axis.unit), "to": plain(axis.high, axis.unit)}
    label = t("plot.axis", **ends)
    lines = [
        el("text", plain(x, axis.unit), x=axis.at(x), y="92%", text_anchor=_tick_anchor(axis, x))
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


def _round_up(x: float) -> float:
    if x <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(x))
    return next((s * power for s in _STEPS if s * power >= x * (1 - 1e-9)), 10 * power)
