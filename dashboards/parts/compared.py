"""Two runs side by side: what is stored of each, and, when asked for, differences over the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.parts import marks
from dashboards.parts.charts import AMBER, BLUE, RULE, chart
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.wording import measure_words, plural, said, t
from harness.commands.comparing.rows import Rows, paired_rows
from harness.commands.comparing.table import Comparison, Line, compare
from harness.commands.comparing.words import signed_text
from harness.evidence import Bundle, open_run
from harness.records import ALL, Measure, Measurements, Message
from harness.wording.quantities import is_withheld, of_estimate
from harness.wording.text import slice_words

WAYS = ("worse", "new", "better", "changed", "not decided", "same", "not paired")
"""In the order in which they are shown; ``new`` is a measure that the baseline does not have."""

MOST_ROWS = 200_000
"""Rows that a page pairs: more of them take memory that others need, and belong to the command."""

_DRAWN = 24
_FLIPPED = 500
_WHOLE = "%2A"


def side_by_side(now: Measurements, before: Measurements) -> list[dict[str, Any]]:
    """Return the stored values of both runs for every measure that both measured of everybody."""
    known = {(m.measure, m.dataset, m.slice): m.estimate for m in before.measurements}
    measures = {one.key: one for one in now.measures}
    rows = []
    for one in now.measurements:
        base = known.get((one.measure, one.dataset, one.slice))
        is_whole = one.slice == ALL or _WHOLE in one.slice
        if base is None or not is_whole or base.value is None or one.estimate.value is None:
            continue
        if is_withheld(base) or is_withheld(one.estimate):
            continue
        measure = measures[one.measure]
        rows.append(
            {
                "measure": one.measure,
                "title": _title(measure, one.slice, one.dataset),
                "unit": one.estimate.unit,
                "better": measure.better,
                "before": base.value,
                "now": one.estimate.value,
                "before_text": of_estimate(base).text,
                "now_text": of_estimate(one.estimate).text,
            }
        )
    return rows


def dumbbells(rows: Sequence[dict[str, Any]], *, key: str) -> tuple[int, int]:
    """Draw both values of measures that are shares or differences of shares, the furthest apart first.

    Returns:
        How many are drawn, and how many differ.
    """
    kinds = ("share", "difference")
    moved = [one for one in rows if one["unit"] in kinds and one["before"] != one["now"]]
    moved.sort(key=lambda one: -abs(one["now"] - one["before"]))
    drawn = moved[:_DRAWN]
    if not drawn:
        return 0, 0
    before, now = t("compare.baseline"), t("compare.this-run")
    lines = [
        {"title": one["title"], "a": 100 * one["before"], "b": 100 * one["now"]} for one in drawn
    ]
    points = [
        {"title": one["title"], "x": 100 * one[at], "side": name}
        for one in drawn
        for at, name in (("before", before), ("now", now))
    ]
    y = marks.name("title", sort=None, title=None, axis={"labelLimit": marks.label_room(300)})
    title, sides = t("compare.per-cent"), [before, now]
    joined = {
        "y": y,
        "x": marks.number("a", title=title, scale={"zero": False}),
        "x2": marks.end("b"),
    }
    ends = {
        "y": y,
        "x": marks.number("x", title=title, scale={"zero": False}),
        "color": marks.name(
            "side", scale={"domain": sides, "range": [AMBER, BLUE]}, title=None,
            legend={"orient": "top"},
        ),
        "shape": marks.name(
            "side", scale={"domain": sides, "range": ["diamond", "circle"]}, title=None
        ),
    }  # fmt: skip
    first = drawn[0]
    words = t(
        "compare.dumbbell-alt",
        n=len(drawn),
        title=first["title"],
        before=first["before_text"],
        now=first["now_text"],
    )
    chart(
        marks.drawing(
            [
                marks.layer(lines, "rule", joined, color=RULE, strokeWidth=2),
                marks.layer(points, "point", ends, filled=True, size=90, opacity=1),
            ],
            height={"step": 24},
        ),
        value_rows(moved),
        name="values-side-by-side",
        key=key,
        alt=words,
    )
    return len(drawn), len(moved)


def value_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return values side by side as a table."""
    return [
        {
            t("compare.measure"): one["title"],
            t("compare.baseline"): one["before_text"],
            t("compare.this-run"): one["now_text"],
            t("compare.better"): t(f"compare.{one['better']}"),
            t("compare.key"): one["measure"],
        }
        for one in rows
    ]


@st.cache_resource(max_entries=16, show_spinner=False)
def paired(path: str, base: str, digests: tuple[str, str], least: int) -> Comparison:
    """Return the comparison of two runs, made once for their digests.

    Args:
        path: Folder of the run.
        base: Folder of the baseline.
        digests: Of both seals.
        least: Rows of the smallest group whose figures are shown.
    """
    del digests  # they are what the result is kept under
    return compare([base, path], Path(path).parent, least=least)


def ways(one: Comparison, measures: Sequence[Measure]) -> None:
    """Show what became worse, new, better, and what stayed, each with both values and the difference."""
    known = {measure.key: measure for measure in measures}
    by_way: dict[str, list[Line]] = {}
    way: str
    for line in one.lines:
        if line.values[1] is not None:
            way = "new" if line.values[0] is None else line.ways[1]
            by_way.setdefault(way, []).append(line)
    for way in WAYS:
        lines = by_way.get(way, [])
        if not lines:
            continue
        slug = way.replace(" ", "-")
        title = f"{t(f'compare.way-{slug}')} ({len(lines):,})"
        with st.expander(title, expanded=way in ("worse", "new", "better")):
            table(
                [_line(line, known.get(line.measure)) for line in lines],
                name=f"compared-{slug}",
                key=f"ways-{way}",
                alt=title,
            )


def _line(line: Line, measure: Measure | None) -> dict[str, str]:
    def text(estimate: Any) -> str:
        return of_estimate(estimate).text if estimate is not None else t("compare.none")

    title = _title(measure, line.slice, line.dataset) if measure else line.title
    return {
        t("compare.measure"): title,
        t("compare.baseline"): text(line.values[0]),
        t("compare.this-run"): text(line.values[1]),
        t("compare.difference"): signed_text(line.differences[1]),
        t("compare.better"): t(f"compare.{line.better}"),
        t("compare.key"): line.measure,
    }


def flipped(bundle: Bundle, base: Bundle, *, key: str) -> None:
    """Show the examples that the two runs decide differently, by id."""
    for ref in bundle.record.datasets:
        if ref.name in ("train", "validation"):
            continue
        if ref.n_rows > MOST_ROWS:
            st.info(t("compare.too-many", n=f"{MOST_ROWS:,}"))
            st.code(f"assay compare {base.id} {bundle.id}", language=None, wrap_lines=True)
            continue
        rows = _paired_rows(
            str(bundle.path), str(base.path), (bundle.digest, base.digest), ref.name
        )
        if isinstance(rows, Message):
            st.info(md(said(rows), 600))
            continue
        _flipped(rows, bundle.record.task.classes, key=f"{key}-{ref.name}")


def _flipped(rows: Rows, classes: Sequence[str], *, key: str) -> None:
    places = (rows.first.decision != rows.second.decision).nonzero()[0]
    words = plural("compare.flipped", len(places), all=f"{rows.n:,}", data=md(rows.dataset))
    st.markdown(words)
    if not len(places):
        return
    label = rows.label
    table(
        [
            {
                t("compare.example"): str(rows.first.example_id[i]),
                t("compare.label"): classes[int(label[i])] if label is not None else "",
                t("compare.baseline"): classes[int(rows.second.decision[i])],
                t("compare.this-run"): classes[int(rows.first.decision[i])],
            }
            for i in places[:_FLIPPED]
        ],
        name="decided-otherwise",
        key=key,
        alt=t("compare.flipped-alt"),
        height=320,
    )
    if len(places) > _FLIPPED:
        st.markdown(t("compare.flipped-first", n=f"{_FLIPPED:,}"))


@st.cache_resource(max_entries=8, show_spinner=False)
def _paired_rows(path: str, base: str, digests: tuple[str, str], dataset: str) -> Rows | Message:
    del digests
    return paired_rows(open_run(Path(path)), open_run(Path(base)), dataset)


def _title(measure: Measure, slice: str, dataset: str) -> str:
    where = "" if slice == ALL else f", {slice_words(slice, t('slice.all'))}"
    return f"{measure_words(measure)[0]}{where} ({dataset})"
