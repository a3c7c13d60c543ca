"""Drawings that several pages use: lines, cells and bars.

Colours tell nothing that a shape, a dash or a word does not tell too. Lines that must be seen on white
and on black are grey; words inside a drawing take the colour of the theme's text. Field names are
fixed here, never taken from data, and every text goes through ``visible``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts import marks
from dashboards.parts.charts import BLUE, CATEGORIES, GREY, RULE, VERMILION
from dashboards.parts.marks import Spec
from dashboards.wording import t
from harness.wording.text import NAME_LIMIT, one_line

_DASHES: tuple[list[int], ...] = ([2, 3], [], [8, 3], [4, 2, 1, 2], [12, 3], [6, 2, 2, 2], [3, 2])
"""The first is that of controls; lines differ by colour and by dash."""

_FEW = 3
_ACROSS = {"labelLimit": 140, "labelAngle": -30}
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
) -> Spec:
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
    shown = [plain_name(name) for name in series]
    dashes = [
        _DASHES[0] if name in control else _DASHES[k % len(_DASHES)]
        for k, name in enumerate(series, 1)
    ]
    kind = "log" if log else "linear"
    across = marks.number(
        "x", title=x, scale={"type": kind, "zero": False}, axis=_ticks(per_cent[0], log)
    )
    up = marks.number(
        "y", title=y, scale={"type": kind, "zero": not log}, axis=_ticks(per_cent[1], log)
    )
    legend = _line_legend(len(shown))
    encoding = {
        "x": across,
        "y": up,
        "color": marks.name(
            "series", scale={"domain": shown, "range": _colours(series, control)}, legend=legend
        ),
        "strokeDash": marks.name("series", scale={"domain": shown, "range": dashes}, legend=legend),
        "tooltip": [
            marks.name("series", title=" "),
            marks.number("x", title=x, format=".3~g"),
            marks.number("y", title=y, format=".3~g"),
        ],
    }
    data = [{**row, "series": plain_name(str(row["series"]))} for row in rows]
    dots = {"size": 36} if points else False
    layers = [marks.layer(data, "line", encoding, strokeWidth=2, point=dots)]
    if diagonal:
        low = min((row["x"] for row in rows), default=0.001) if log else 0.0
        ends = [{"x": low, "y": low}, {"x": 1.0, "y": 1.0}]
        chance = {"x": across, "y": up}
        layers.insert(0, marks.layer(ends, "line", chance, color=RULE, strokeDash=[2, 3]))
    return marks.drawing(layers, height=height)


def _line_legend(n: int) -> Spec | None:
    """Return the legend of lines: below each other where they are few, a telephone has no room beside."""
    if n <= 1:
        return None
    return {
        "orient": "bottom", "title": None, "columns": 1 if n <= _FEW else 3, "labelLimit": 220,
        "symbolType": "stroke", "symbolSize": 400,
    }  # fmt: skip


def cells(
    rows: Sequence[Mapping[str, Any]],
    names: tuple[Sequence[str], Sequence[str]],
    titles: tuple[str | None, str | None],
) -> Spec:
    """Return a grid of cells with a word in each: a confusion table, a pair matrix.

    Args:
        rows: Mappings with ``down``, ``across``, ``weight`` from 0 to 1, ``text``, and ``mark``: ``far``
            for a frame, ``open`` for a dashed one, else empty.
        names: What stands down and across, in order.
        titles: Of both axes; None shows none.
    """
    down, across = ([plain_name(name) for name in each] for each in names)
    data = [
        {**row, "down": plain_name(row["down"]), "across": plain_name(row["across"])}
        for row in rows
    ]
    places = {
        "y": marks.name(
            "down", sort=down, title=titles[0], axis={"labelLimit": marks.label_room(200)}
        ),
        "x": marks.name("across", sort=across, title=titles[1], axis=_ACROSS),
    }
    weight = marks.number("weight", scale={"domain": [0, 1], "range": [0.0, 0.5]}, legend=None)
    frames = [
        marks.layer(
            [row for row in data if row["mark"] == mark], "rect", places,
            filled=False, stroke=VERMILION, strokeWidth=2.5, strokeDash=dash,
        )
        for mark, dash in (("open", [4, 3]), ("far", [1, 0]))
        if any(row["mark"] == mark for row in rows)
    ]  # fmt: skip
    ground = marks.layer(
        data, "rect", {**places, "opacity": weight}, color=BLUE, stroke=RULE, strokeWidth=0.5
    )
    words = marks.layer(
        data, "text", {**places, "text": marks.name("text")}, color=ink(), fontSize=13
    )
    return marks.drawing([ground, *frames, words], height=38 * len(down) + 110)


def bars(
    rows: Sequence[Mapping[str, Any]],
    *,
    x: str,
    y: str,
    series: Sequence[str] = (),
    height: int = 280,
) -> Spec:
    """Return counts as bars, one colour and one column for each series.

    Args:
        rows: Mappings with ``x``, ``n`` and ``series``.
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
        series: Names of the series.
        height: Of the drawing.
    """
    shown = [plain_name(name) for name in series]
    data = [{**row, "series": plain_name(str(row.get("series", "")))} for row in rows]
    order = list(dict.fromkeys(str(row["x"]) for row in rows))
    encoding = {
        "x": marks.name("x", sort=order, title=x, axis=_ACROSS),
        "y": marks.number("n", title=y),
        "xOffset": marks.name("series", sort=shown),
        "color": marks.name(
            "series",
            scale={"domain": shown, "range": _colours(series, ())},
            legend={"orient": "bottom", "title": None} if len(shown) > 1 else None,
        ),
    }
    return marks.drawing([marks.layer(data, "bar", encoding)], height=height)


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


def _ticks(is_share: bool, is_log: bool) -> Spec:  # noqa: FBT001 - of one axis after the other
    more: Spec = {"values": _DECADES} if is_log else {"tickCount": 5}
    if is_share:
        return {"labelExpr": "format(datum.value * 100, '.3~g')", **more}
    return {"format": ".3~g", **more}


def _colours(series: Sequence[str], control: Sequence[str]) -> list[str]:
    free = iter(CATEGORIES * (1 + len(series) // len(CATEGORIES)))
    return [GREY if name in control else next(free) for name in series]


def plain_name(name: str) -> str:
    """Return a name as one short visible line."""
    return one_line(name, NAME_LIMIT)
