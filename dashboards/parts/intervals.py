"""Points with intervals, one row each: the drawing that most pages of numbers use.

What a rule says of a point is told by its shape first and by its colour too. Field names are fixed here,
never taken from data, and every text goes through ``visible``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.parts.charts import AMBER, BLUE, GREY, RULE, VERMILION
from dashboards.parts.plots import ink, unique
from dashboards.wording import t
from harness.figures.axis import axis_for
from harness.records import Estimate
from harness.wording.quantities import n_of, of_estimate
from harness.wording.text import one_line

Kind = Literal["passed", "failed", "open", "plain", "few", "highest", "lowest", "control"]

MOST_ROWS = 40
"""Rows of one drawing; the table below it holds all."""

_ROW, _AXIS, _LEGEND = 28, 84, 19
"""Heights in pixels: of a row, of the axis with its title, of a line of the legend below."""
_KINDS: dict[str, tuple[str, str]] = {
    "passed": (BLUE, "circle"),
    "failed": (VERMILION, "diamond"),
    "open": (AMBER, "triangle-right"),
    "plain": (BLUE, "square"),
    "few": (GREY, "cross"),
    "highest": (VERMILION, "triangle-up"),
    "lowest": (AMBER, "triangle-down"),
    "control": (GREY, "cross"),
}
_PER_CENT = {"share": "%", "difference": "pp"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a drawing of intervals.

    Attributes:
        name: What it is about.
        estimate: What was measured.
        kind: Shape and colour of the point.
    """

    name: str
    estimate: Estimate
    kind: Kind = "plain"


def intervals(
    lines: Sequence[Line],
    *,
    limits: Sequence[float] = (),
    overall: float | None = None,
    band: tuple[float, float] | None = None,
) -> Any:
    """Return points with intervals, one row each, on an axis that holds zero; None with nothing to draw.

    Args:
        lines: In the order from above, all in one unit; one without an interval is left out.
        limits: Where a policy draws the line.
        overall: The value over everything.
        band: Where every point would lie if a rule were kept.
    """
    import altair as alt

    marks = [*limits, *([overall] if overall is not None else []), *(band or ())]
    axis = axis_for((one.estimate for one in lines), marks, lines[0].estimate.unit if lines else "")
    rows = _interval_rows(lines[:MOST_ROWS])
    if axis is None or not rows:
        return None
    names = [row["name"] for row in rows]

    def x(field: str) -> Any:
        scale = alt.Scale(domain=[axis.low, axis.high], nice=False, clamp=True)
        return alt.X(field, title=_unit_title(axis.unit), scale=scale, axis=_axis(axis.unit))

    y = alt.Y(
        "name:N",
        sort=names,
        title=None,
        axis=alt.Axis(labelLimit=180, labelPadding=8, labelOverlap=False),
    )
    base = alt.Chart(alt.Data(values=rows)).encode(y=y)
    layers = _ground(alt, x, limits, overall, band)
    span = base.mark_rule(color=RULE, strokeWidth=2)
    layers.append(span.encode(x=x("low:Q"), x2="high:Q"))
    dots = base.mark_point(filled=True, size=95, opacity=1, stroke=ink(), strokeWidth=0.7)
    layers.append(dots.encode(x=x("value:Q"), **_shapes(alt, rows)))
    kinds = {row["key"] for row in rows}
    height = _ROW * len(rows) + _AXIS + (20 + _LEGEND * len(kinds) if len(kinds) > 1 else 0)
    return alt.layer(*layers).properties(height=height)


def interval_table(lines: Sequence[Line], head: str) -> list[dict[str, Any]]:
    """Return the numbers of a drawing of intervals: as they are printed, and unrounded.

    Args:
        lines: Its rows.
        head: What the rows are, for instance groups.
    """
    return [
        {
            head: one.name,
            t("figure.value"): of_estimate(one.estimate).value,
            t("figure.interval"): of_estimate(one.estimate).interval,
            t("figure.n"): n_of(one.estimate),
            t("charts.what"): t(f"charts.kind-{one.kind}") if one.kind != "plain" else "",
            "value": one.estimate.value,
            "low": one.estimate.low,
            "high": one.estimate.high,
            "unit": one.estimate.unit,
        }
        for one in lines
    ]


def _interval_rows(lines: Sequence[Line]) -> list[dict[str, Any]]:
    names = unique([one.name for one in lines])
    rows = []
    for name, one in zip(names, lines, strict=True):
        e = one.estimate
        ends = (e.value, e.low, e.high)
        if any(x is None or not math.isfinite(x) for x in ends):
            continue
        value, low, high = ends
        rows.append(
            {
                "name": name,
                "value": value,
                "low": low,
                "high": high,
                "kind": t(f"charts.kind-{one.kind}"),
                "key": one.kind,
                "said": of_estimate(e).text,
                "n": n_of(e),
            }
        )
    return rows


def _shapes(alt: Any, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    kinds = list(dict.fromkeys(row["key"] for row in rows))
    words = [t(f"charts.kind-{kind}") for kind in kinds]
    legend = (
        alt.Legend(orient="bottom", title=None, columns=1, symbolStrokeWidth=0.7, symbolSize=95)
        if len(kinds) > 1
        else None
    )
    return {
        "color": alt.Color(
            "kind:N",
            scale=alt.Scale(domain=words, range=[_KINDS[kind][0] for kind in kinds]),
            legend=legend,
        ),
        "shape": alt.Shape(
            "kind:N",
            scale=alt.Scale(domain=words, range=[_KINDS[kind][1] for kind in kinds]),
            legend=legend,
        ),
        "tooltip": [
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("said:N", title=t("figure.value")),
            alt.Tooltip("n:N", title=t("figure.n")),
        ],
    }


def _ground(
    alt: Any,
    x: Callable[[str], Any],
    limits: Sequence[float],
    overall: float | None,
    band: tuple[float, float] | None,
) -> list[Any]:
    layers = []
    if band is not None:
        data = alt.Data(values=[{"from": band[0], "to": band[1]}])
        ground = alt.Chart(data).mark_rect(color=BLUE, opacity=0.12)
        layers.append(ground.encode(x=x("from:Q"), x2="to:Q"))
    for value, dash, width in [
        *((limit, [6, 4], 2.5) for limit in limits),
        *([(overall, [1, 3], 2)] if overall is not None else []),
    ]:
        rule = alt.Chart(alt.Data(values=[{"value": value}])).mark_rule(
            color=RULE, strokeDash=dash, strokeWidth=width
        )
        layers.append(rule.encode(x=x("value:Q")))
    return layers


def _axis(unit: str) -> Any:
    import altair as alt

    if unit in _PER_CENT:
        return alt.Axis(labelExpr="format(datum.value * 100, '.3~g')", tickCount=5, grid=True)
    return alt.Axis(format=".3~g", tickCount=5, grid=True)


def _unit_title(unit: str) -> str:
    if unit == "share":
        return t("charts.per-cent")
    if unit == "difference":
        return t("charts.points")
    return "" if unit in ("ratio", "count", "correlation", "") else one_line(unit, 40)
