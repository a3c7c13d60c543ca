"""Drawings that several pages use: lines, cells and bars as Altair charts.

Colours tell nothing that a shape, a dash or a word does not tell too. Lines that must be seen on white
and on black are grey; words inside a drawing take the colour of the theme's text. Field names are
fixed here, never taken from data, and every text goes through ``visible``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts.charts import BLUE, CATEGORIES, GREY, RULE, VERMILION
from dashboards.wording import t
from harness.wording.text import NAME_LIMIT, one_line

_DASHES: tuple[list[int], ...] = ([2, 3], [], [8, 3], [4, 2, 1, 2], [12, 3], [6, 2, 2, 2], [3, 2])
"""The first is that of controls; lines differ by colour and by dash."""

_FEW = 3
_DECADES = [0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]


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

    shown = [plain_name(name) for name in series]
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
    data = [{**row, "series": plain_name(str(row["series"]))} for row in rows]
    legend = alt.Legend(
        # one below the other where there are few: a telephone has no room beside
        orient="bottom",
        title=None,
        columns=1 if len(shown) <= _FEW else 3,
        labelLimit=220,
        symbolType="stroke",
        symbolSize=400,
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

    down, across = ([plain_name(name) for name in each] for each in names)
    data = [
        {**row, "down": plain_name(row["down"]), "across": plain_name(row["across"])}
        for row in rows
    ]
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
        if any(row["mark"] == mark for row in rows)
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

    shown = [plain_name(name) for name in series]
    data = [{**row, "series": plain_name(str(row.get("series", "")))} for row in rows]
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
        shown = plain_name(name) or t("charts.empty")
        seen[shown] = seen.get(shown, 0) + 1
        found.append(shown if seen[shown] == 1 else f"{shown} ({seen[shown]})")
    return found


def _ticks(is_share: bool, is_log: bool) -> Any:  # noqa: FBT001 - of one axis after the other
    import altair as alt

    more: dict[str, Any] = {"values": _DECADES} if is_log else {"tickCount": 5}
    if is_share:
        return alt.Axis(labelExpr="format(datum.value * 100, '.3~g')", **more)
    return alt.Axis(format=".3~g", **more)


def _across(alt: Any) -> Any:
    return alt.Axis(labelLimit=140, labelAngle=-30)


def _colours(series: Sequence[str], control: Sequence[str]) -> list[str]:
    free = iter(CATEGORIES * (1 + len(series) // len(CATEGORIES)))
    return [GREY if name in control else next(free) for name in series]


def plain_name(name: str) -> str:
    """Return a name as one short visible line."""
    return one_line(name, NAME_LIMIT)
