"""Points with intervals, one row each: the drawing that most pages of numbers use.

What a rule says of a point is told by its shape first and by its colour too. Field names are fixed here,
never taken from data, and every text goes through ``visible``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.parts import marks
from dashboards.parts.charts import AMBER, BLUE, GREY, RULE, VERMILION
from dashboards.parts.marks import Spec
from dashboards.parts.plots import ink, unique
from dashboards.wording import t
from harness.figures.axis import axis_for
from harness.records import Estimate
from harness.wording.language import phrase
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
) -> Spec | None:
    """Return points with intervals, one row each, on an axis that holds zero; None with nothing to draw.

    Args:
        lines: In the order from above, all in one unit; one without an interval is left out.
        limits: Where a policy draws the line.
        overall: The value over everything.
        band: Where every point would lie if a rule were kept.
    """
    lines_at = [*limits, *([overall] if overall is not None else []), *(band or ())]
    unit = lines[0].estimate.unit if lines else ""
    axis = axis_for((one.estimate for one in lines), lines_at, unit)
    rows = _interval_rows(lines[:MOST_ROWS])
    if axis is None or not rows:
        return None
    scale = {"domain": [axis.low, axis.high], "nice": False, "clamp": True}

    def x(field: str) -> Spec:
        return marks.number(field, title=_unit_title(axis.unit), scale=scale, axis=_axis(axis.unit))

    y = marks.name(
        "name", sort=[row["name"] for row in rows], title=None,
        axis={"labelLimit": marks.label_room(240), "labelPadding": 8, "labelOverlap": False},
    )  # fmt: skip
    span = {"y": y, "x": x("low"), "x2": marks.end("high")}
    dots = {"y": y, "x": x("value"), **_shapes(rows)}
    layers = [
        *_ground(x, limits, overall, band),
        marks.layer(rows, "rule", span, color=RULE, strokeWidth=2),
        marks.layer(
            rows, "point", dots, filled=True, size=95, opacity=1, stroke=ink(), strokeWidth=0.7
        ),
    ]
    kinds = {row["key"] for row in rows}
    height = _ROW * len(rows) + _AXIS + (20 + _LEGEND * len(kinds) if len(kinds) > 1 else 0)
    return marks.drawing(layers, height=height)


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


def _shapes(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    kinds = list(dict.fromkeys(row["key"] for row in rows))
    words = [t(f"charts.kind-{kind}") for kind in kinds]
    legend = (
        {"orient": "bottom", "title": None, "columns": 1, "symbolStrokeWidth": 0.7, "symbolSize": 95}
        if len(kinds) > 1
        else None
    )  # fmt: skip
    colours, shapes = ([_KINDS[kind][which] for kind in kinds] for which in (0, 1))
    return {
        "color": marks.name("kind", scale={"domain": words, "range": colours}, legend=legend),
        "shape": marks.name("kind", scale={"domain": words, "range": shapes}, legend=legend),
        "tooltip": [
            marks.name("name", title=" "),
            marks.name("said", title=t("figure.value")),
            marks.name("n", title=t("figure.n")),
        ],
    }


def _ground(
    x: Callable[[str], Spec],
    limits: Sequence[float],
    overall: float | None,
    band: tuple[float, float] | None,
) -> list[Spec]:
    layers = []
    if band is not None:
        rows = [{"from": band[0], "to": band[1]}]
        across = {"x": x("from"), "x2": marks.end("to")}
        layers.append(marks.layer(rows, "rect", across, color=BLUE, opacity=0.12))
    for value, dash, width in [
        *((limit, [6, 4], 2.5) for limit in limits),
        *([(overall, [1, 3], 2)] if overall is not None else []),
    ]:
        rows = [{"value": value}]
        line = {"x": x("value")}
        layers.append(
            marks.layer(rows, "rule", line, color=RULE, strokeDash=dash, strokeWidth=width)
        )
    return layers


def _axis(unit: str) -> Spec:
    if unit in _PER_CENT:
        return {"labelExpr": "format(datum.value * 100, '.3~g')", "tickCount": 5, "grid": True}
    return {"format": ".3~g", "tickCount": 5, "grid": True}


def _unit_title(unit: str) -> str:
    if unit == "share":
        return t("charts.per-cent")
    if unit == "difference":
        return t("charts.points")
    return "" if unit in ("ratio", "count", "correlation", "") else one_line(phrase(unit), 40)
