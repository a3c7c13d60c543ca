"""Pairs of groups, funnel and impact ratios: the figures of the report as charts with their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts import marks, plots
from dashboards.parts.charts import AMBER, BLUE, RULE, VERMILION, chart
from dashboards.parts.marks import Spec
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.sections import common
from dashboards.sections.group_columns import Column
from dashboards.source import Opened
from dashboards.wording import said, t
from harness.figures.families import Family
from harness.figures.figure import Figure, Value
from harness.figures.funnel import funnel
from harness.figures.impact import RATIO, impact_table
from harness.figures.pairs import pair_matrix
from harness.figures.rules import Link
from harness.wording.quantities import quantity_of
from harness.wording.text import NAME_LIMIT, one_line

_WIDEST = 1000
_PLACES = {"inside": ("circle", BLUE), "outside": ("square", AMBER),
           "far": ("diamond", VERMILION)}  # fmt: skip


def show(opened: Opened, column: Column, family: Family, links: Sequence[Link]) -> None:
    """Show what can be drawn of a column beside its forest plot."""
    for number, link in enumerate(links[:2]):
        title = common.title_of(opened, link.whole.measurement.measure)
        read = opened.bundle.read_replicates
        pairs = pair_matrix(link, title=title, key=f"pairs-{number}", read=read)
        if pairs is not None:
            _pairs(pairs, number)
    many = funnel(family, title=t("fairness.funnel"), key="funnel")
    if many is not None:
        _funnel(many)
    ratios = next((one for one in column.families if one.key == RATIO), None)
    if ratios is not None:
        impact = impact_table(ratios, column.families, title=t("fairness.impact"), key="impact")
        if impact is not None:
            _impact(impact)


def _mapped(figure: Figure) -> list[dict[str, Value]]:
    return [dict(zip(figure.head, row, strict=True)) for row in figure.rows]


def _captions(figure: Figure) -> None:
    st.markdown(md(" ".join(said(one) for one in figure.captions), 2000))


def numbers(figure: Figure) -> list[dict[str, Any]]:
    """Return the numbers of a figure as they are printed."""
    return [dict(zip(figure.shown_head, row, strict=True)) for row in figure.shown]


def _pairs(figure: Figure, number: int) -> None:
    common.head(t("fairness.pairs"))
    st.markdown(f"**{md(figure.title)}**")
    rows = _mapped(figure)
    named = list(dict.fromkeys(str(row[side]) for row in rows for side in ("first", "second")))
    names = plots.unique(named)
    # columns have numbers: names of groups would lie over each other
    down = {
        name: f"{n} {shown}" for n, (name, shown) in enumerate(zip(named, names, strict=True), 1)
    }
    across = {name: str(n) for n, name in enumerate(named, 1)}
    drawing = plots.cells(
        _cells(figure, down, across), (list(down.values()), list(across.values())), (None, None)
    )
    n_far = sum(row["place"] == "outside" for row in rows)
    alt = t("pairs.about", n=len(names), n_pairs=len(rows), n_far=n_far)
    width = min(_WIDEST, 240 + 62 * len(named))
    chart(drawing, numbers(figure), name="pairs", key=f"pairs-{number}", alt=alt, width=width)
    _captions(figure)


def _cells(
    figure: Figure, down: Mapping[str, str], across: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return both ends of every pair: above the diagonal the one that can pass, below the other."""
    is_ratio = figure.captions[0].id == "pairs.ratio"
    cells: list[dict[str, Any]] = []
    for row in _mapped(figure):
        first, second, place = str(row["first"]), str(row["second"]), str(row["place"])
        for one, other, name, mark in (
            (first, second, "passing_limit", {"outside": "far", "open": "open"}.get(place, "")),
            (second, first, "failing_limit", "far" if place == "outside" else ""),
        ):
            end = row[name]
            apart, text = 0.0, "–"
            if isinstance(end, int | float):
                apart = 1 - end if is_ratio else float(end)
                text = f"{end:.2f}" if is_ratio else f"{100 * end:.1f}"
            cells.append(
                {
                    "down": down[one],
                    "across": across[other],
                    "weight": max(0.0, apart),
                    "text": text,
                    "mark": mark,
                }
            )
    most = max((one["weight"] for one in cells), default=0.0) or 1.0
    return [{**one, "weight": one["weight"] / most} for one in cells]


def _funnel(figure: Figure) -> None:
    """Show value against size with the curves that chance alone would keep to."""
    common.head(t("fairness.funnel"))
    rows = _mapped(figure)
    shown = [
        {
            **row,
            "group": one_line(str(row["group"]), NAME_LIMIT),
            "where": t(f"funnel.{row['place']}"),
        }
        for row in rows
    ]
    places = [place for place in _PLACES if any(row["place"] == place for row in rows)]
    words = [t(f"funnel.{place}") for place in places]
    x = marks.number("n", title=t("funnel.axis-n"), scale={"type": _scale(rows), "nice": True})

    def y(field: str) -> Spec:
        value = {"labelExpr": "format(datum.value * 100, '.3~g')"}
        return marks.number(field, title=t("charts.per-cent"), axis=value)

    data = sorted(shown, key=lambda row: float(row["n"] or 0))
    layers = [
        marks.layer(data, "line", {"x": x, "y": y(end)}, color=RULE, strokeDash=dash)
        for end, dash in (
            ("low_95", [1, 0]),
            ("high_95", [1, 0]),
            ("low_all", [4, 3]),
            ("high_all", [4, 3]),
        )
    ]
    shapes, colours = ([_PLACES[place][which] for place in places] for which in (0, 1))
    legend = {"orient": "bottom", "title": None, "columns": 1, "labelLimit": 320}
    encoding = {
        "x": x,
        "y": y("value"),
        "color": marks.name("where", scale={"domain": words, "range": colours}, legend=legend),
        "shape": marks.name("where", scale={"domain": words, "range": shapes}, legend=legend),
        "tooltip": [
            marks.name("group", title=t("figure.group")),
            marks.number("value", title=t("figure.value"), format=".1%"),
            marks.number("n", title=t("figure.n")),
        ],
    }
    layers.append(
        marks.layer(
            data, "point", encoding,
            filled=True, size=70, opacity=0.9, stroke=plots.ink(), strokeWidth=0.5,
        )
    )  # fmt: skip
    far = sum(row["place"] == "far" for row in rows)
    rate = next((str(one.params.get("value", "")) for one in figure.captions), "")
    chart(
        marks.drawing(layers, height=420), numbers(figure), name="funnel",
        key="fairness-funnel", alt=t("funnel.about", n=len(rows), value=rate, n_far=far),
    )  # fmt: skip
    _captions(figure)


def _scale(rows: Sequence[Mapping[str, Value]]) -> str:
    sizes = [float(row["n"]) for row in rows if isinstance(row["n"], int | float)]
    return "log" if sizes and max(sizes) > 20 * min(sizes) else "linear"


def _impact(figure: Figure) -> None:
    common.head(t("fairness.impact"))
    rows = _mapped(figure)
    least = min(
        (
            float(row["impact_ratio"])
            for row in rows
            if isinstance(row["impact_ratio"], int | float)
        ),
        default=None,
    )
    low = "–" if least is None else quantity_of(least, "ratio")
    alt = t("fairness.impact-alt", n=len(rows), least=low)
    table(numbers(figure), name="impact-ratio", key="fairness-impact", alt=alt)
    _captions(figure)
