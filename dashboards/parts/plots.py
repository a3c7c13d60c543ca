"""Drawings that several pages use: intervals, lines, cells and bars as Altair charts.

Colours tell nothing that a shape, a dash or a word does not tell too. Lines that must be seen on white
and on black are grey; words inside a drawing take the colour of the theme's text. Field names are
fixed here, never taken from data, and every text goes through ``visible``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from dashboards.parts.charts import AMBER, BLUE, CATEGORIES, GREY, RULE, VERMILION
from dashboards.wording import t
from harness.figures.axis import axis_for
from harness.records import Estimate
from harness.wording.quantities import n_of, of_estimate
from harness.wording.text import NAME_LIMIT, one_line

Kind = Literal["passed", "failed", "open", "plain", "few", "highest", "lowest", "control"]

MOST_ROWS = 60
"""Rows of one drawing; the table below it holds all."""

_ROW, _AXIS, _LEGEND = 28, 84, 19
"""Heights in pixels: of a row, of the axis with its title, of a line of the legend below."""
_DASHES: tuple[list[int], ...] = ([2, 3], [], [8, 3], [4, 2, 1, 2], [12, 3], [6, 2, 2, 2], [3, 2])
"""The first is that of controls; lines differ by colour and by dash."""

_DECADES = [0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
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


def curves(
    rows: Sequence[Mapping[str, Any]],
    *,
    x: str,
    y: str,
    series: Sequence[str],
    control: Sequence[str] = (),
    log: bool = False,
    diagonal: bool = False,
    height: int = 300,
    per_cent: tuple[bool, bool] = (False, False),
    points: bool = True,
) -> Any:
    """Return lines over a common axis.

    Args:
        rows: Mappings with ``x``, ``y`` and ``series``.
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
        series: Names of the lines in their order.
        control: Which of them are controls: grey and dashed.
        log: Whether both axes are logarithmic.
        diagonal: Whether the line of chance is drawn.
        height: Of the drawing.
        per_cent: Whether each axis is of shares.
        points: Whether every value is marked.
    """
    import altair as alt

    shown = [_plain(name) for name in series]
    dashes = [
        _DASHES[0] if name in control else _DASHES[k % len(_DASHES)]
        for k, name in enumerate(series, 1)
    ]
    colours = _colours(series, control)
    kind = "log" if log else "linear"
    across = alt.X(
        "x:Q", title=x, scale=alt.Scale(type=kind, zero=False), axis=_ticks(per_cent[0], log)
    )
    up = alt.Y(
        "y:Q", title=y, scale=alt.Scale(type=kind, zero=not log), axis=_ticks(per_cent[1], log)
    )
    data = [{**row, "series": _plain(str(row["series"]))} for row in rows]
    legend = alt.Legend(
        orient="bottom", title=None, columns=3, labelLimit=220, symbolType="stroke", symbolSize=400
    )
    base = alt.Chart(alt.Data(values=data)).encode(
        x=across,
        y=up,
        color=alt.Color(
            "series:N",
            scale=alt.Scale(domain=shown, range=colours),
            legend=legend if len(shown) > 1 else None,
        ),
        strokeDash=alt.StrokeDash(
            "series:N",
            scale=alt.Scale(domain=shown, range=dashes),
            legend=legend if len(shown) > 1 else None,
        ),
        tooltip=[
            alt.Tooltip("series:N", title=" "),
            alt.Tooltip("x:Q", title=x, format=".3~g"),
            alt.Tooltip("y:Q", title=y, format=".3~g"),
        ],
    )
    layers = [base.mark_line(strokeWidth=2, point={"size": 36} if points else False)]
    if diagonal:
        low = min((row["x"] for row in rows), default=0.001) if log else 0.0
        ends = [{"x": low, "y": low}, {"x": 1.0, "y": 1.0}]
        chance = alt.Chart(alt.Data(values=ends)).mark_line(color=RULE, strokeDash=[2, 3])
        layers.insert(0, chance.encode(x=across, y=up))
    return alt.layer(*layers).properties(height=height)


def cells(
    rows: Sequence[Mapping[str, Any]],
    names: tuple[Sequence[str], Sequence[str]],
    titles: tuple[str | None, str | None],
) -> Any:
    """Return a grid of cells with a word in each: a confusion table, a pair matrix.

    Args:
        rows: Mappings with ``down``, ``across``, ``weight`` from 0 to 1, ``text``, and ``mark``: ``far``
            for a frame, ``open`` for a dashed one, else empty.
        names: What stands down and across, in order.
        titles: Of both axes; None shows none.
    """
    import altair as alt

    down, across = ([_plain(name) for name in each] for each in names)
    data = [{**row, "down": _plain(row["down"]), "across": _plain(row["across"])} for row in rows]
    base = alt.Chart(alt.Data(values=data)).encode(
        y=alt.Y("down:N", sort=down, title=titles[0], axis=alt.Axis(labelLimit=200)),
        x=alt.X("across:N", sort=across, title=titles[1], axis=_across(alt)),
    )
    ground = base.mark_rect(color=BLUE, stroke=RULE, strokeWidth=0.5).encode(
        opacity=alt.Opacity(
            "weight:Q", scale=alt.Scale(domain=[0, 1], range=[0.0, 0.5]), legend=None
        ),
    )
    frames = [
        base.transform_filter(f"datum.mark === '{mark}'").mark_rect(
            filled=False, stroke=VERMILION, strokeWidth=2.5, strokeDash=dash
        )
        for mark, dash in (("open", [4, 3]), ("far", [1, 0]))
    ]
    words = base.mark_text(color=ink(), fontSize=13).encode(text="text:N")
    return alt.layer(ground, *frames, words).properties(height=38 * len(down) + 110)


def bars(
    rows: Sequence[Mapping[str, Any]],
    *,
    x: str,
    y: str,
    series: Sequence[str] = (),
    height: int = 280,
) -> Any:
    """Return counts as bars, one colour and one column for each series.

    Args:
        rows: Mappings with ``x``, ``n`` and ``series``.
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
        series: Names of the series.
        height: Of the drawing.
    """
    import altair as alt

    shown = [_plain(name) for name in series]
    data = [{**row, "series": _plain(str(row.get("series", "")))} for row in rows]
    order = list(dict.fromkeys(str(row["x"]) for row in rows))
    chart = alt.Chart(alt.Data(values=data)).mark_bar()
    return chart.encode(
        x=alt.X("x:N", sort=order, title=x, axis=_across(alt)),
        y=alt.Y("n:Q", title=y),
        xOffset=alt.XOffset("series:N", sort=shown),
        color=alt.Color(
            "series:N",
            scale=alt.Scale(domain=shown, range=_colours(series, ())),
            legend=alt.Legend(orient="bottom", title=None) if len(shown) > 1 else None,
        ),
    ).properties(height=height)


def ink() -> str:
    """Return the colour of words inside a drawing."""
    theme = st.context.theme.type
    return "#ece8e1" if theme == "dark" else "#1d1b18"


def unique(names: Sequence[str]) -> list[str]:
    """Return names as short visible lines, each once, so that no two rows of a drawing fall together."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        shown = _plain(name) or t("charts.empty")
        seen[shown] = seen.get(shown, 0) + 1
        found.append(shown if seen[shown] == 1 else f"{shown} ({seen[shown]})")
    return found


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


def _ticks(is_share: bool, is_log: bool) -> Any:  # noqa: FBT001 - of one axis after the other
    import altair as alt

    more: dict[str, Any] = {"values": _DECADES} if is_log else {"tickCount": 5}
    if is_share:
        return alt.Axis(labelExpr="format(datum.value * 100, '.3~g')", **more)
    return alt.Axis(format=".3~g", **more)


def _across(alt: Any) -> Any:
    return alt.Axis(labelLimit=140, labelAngle=-30)


def _unit_title(unit: str) -> str:
    if unit == "share":
        return t("charts.per-cent")
    if unit == "difference":
        return t("charts.points")
    return "" if unit in ("ratio", "count", "correlation", "") else one_line(unit, 40)


def _colours(series: Sequence[str], control: Sequence[str]) -> list[str]:
    free = iter(CATEGORIES * (1 + len(series) // len(CATEGORIES)))
    return [GREY if name in control else next(free) for name in series]


def _plain(name: str) -> str:
    return one_line(name, NAME_LIMIT)
