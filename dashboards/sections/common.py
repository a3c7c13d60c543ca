"""What all sections of the page Measurements show: headline values, tables, intervals by slice, files."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts import states
from dashboards.parts.badges import finding_badge
from dashboards.parts.charts import chart
from dashboards.parts.intervals import MOST_ROWS, Kind, Line, interval_table, intervals
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.source import Opened
from dashboards.wording import measure_words, plural, said, t
from harness.exports import view
from harness.records import ALL, Finding, Measure, Measurement
from harness.wording.quantities import level_words, limit_words, n_of, of_estimate
from harness.wording.text import NAME_LIMIT, one_line, slice_words

SEARCH_FROM = 20
"""Rows from which a table has a search."""

MOST_ROWS_SENT = 100
"""Rows of a table of values that go to the browser; the downloads hold all that were found."""

_KINDS: dict[str | None, Kind] = {"passed": "passed", "failed": "failed", None: "plain"}
_HIDDEN: Mapping[str, Any] = dict.fromkeys(
    ("measure", "value", "low", "high", "unit", "alpha_low", "alpha_high", "method")
)
"""Columns that stand in the files and not on the page: the same numbers, unrounded."""


def audit_of(key: str) -> str:
    """Return the id of the audit of a measure."""
    return key.partition(".")[0]


def measured(opened: Opened, audits: Collection[str]) -> list[Measurement]:
    """Return what some audits measured, in the order of the run."""
    return [m for m in opened.measurements.measurements if audit_of(m.measure) in audits]


def has_any(opened: Opened, audits: Collection[str]) -> bool:
    """Tell whether one of some audits measured anything."""
    return bool(measured(opened, audits))


def title_of(opened: Opened, key: str) -> str:
    """Return the title of a measure, in plain words."""
    measure = opened.measures.get(key)
    return one_line(measure_words(measure)[0] if measure else key, NAME_LIMIT)


def about(m: Measurement) -> str:
    """Return slice and data set of a measurement, in plain words."""
    return view.where(m.slice, m.dataset)


def kind_of(finding: Finding | None) -> Kind:
    """Return the shape of a point: what a rule says about it."""
    return _KINDS.get(finding.outcome if finding else None, "open")


def head(words: str) -> None:
    """Show the heading of a part of a section."""
    st.subheader(words, anchor=False)


def headline(opened: Opened, keys: Sequence[str]) -> None:
    """Show the main values of the whole data set: number, interval, n, what it reads as, blindness.

    Args:
        opened: The run.
        keys: Measures in the order in which they are shown; those without a whole value are left out.
    """
    whole = [m for m in opened.measurements.measurements if m.slice == ALL and m.measure in keys]
    whole.sort(key=lambda m: keys.index(m.measure))
    known, rules = opened.measures, opened.judged
    for start in range(0, len(whole), 3):
        columns = st.columns(3)
        for column, m in zip(columns, whole[start : start + 3], strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(m, known.get(m.measure), rules.get((m.measure, m.dataset, m.slice)))


def _card(m: Measurement, measure: Measure | None, finding: Finding | None) -> None:
    title, _, blind = measure_words(measure) if measure else (m.measure, "", "")
    quantity = of_estimate(m.estimate, finding.limit_value if finding else None)
    st.metric(md(title, NAME_LIMIT), md(quantity.value))
    facts = [quantity.interval, f"n = {n_of(m.estimate)}", one_line(m.dataset, NAME_LIMIT)]
    st.markdown(md(" · ".join(one for one in facts if one)))
    if finding is not None:
        st.markdown(f"{finding_badge(finding)} {md(limit_words(finding))}")
    if measure is not None:
        st.markdown(md(view.reading(measure, m), 600))
        st.markdown(f"*{t('common.blind')}* {md(blind, 600)}")
    elif m.estimate.why_undefined:
        st.markdown(md(said(m.estimate.why_undefined), 600))


def values(
    opened: Opened,
    measurements: Sequence[Measurement],
    *,
    name: str,
    key: str,
    searched: bool = True,
) -> None:
    """Show measurements as a table: value, interval, n, limit, outcome and sentence; long ones searchable.

    Args:
        opened: The run.
        measurements: What is shown.
        name: File name of the downloads.
        key: Unique on the page.
        searched: Whether a long table has a search.
    """
    known, rules = opened.measures, opened.judged
    rows = [
        _row(m, known.get(m.measure), rules.get((m.measure, m.dataset, m.slice)))
        for m in measurements
    ]
    shown = rows
    if searched and len(rows) >= SEARCH_FROM:
        wanted = st.text_input(t("common.search"), key=f"{key}-search", persist_state="session")
        shown = [row for row in rows if _has(row, wanted)]
        id = "common.rows-of" if len(shown) <= MOST_ROWS_SENT else "common.rows-first"
        words = {"n": f"{len(shown):,}", "all": f"{len(rows):,}", "first": f"{MOST_ROWS_SENT:,}"}
        st.markdown(t(id, **words))
    if not shown:
        st.info(t("common.nothing-found"))
        return
    table(
        shown, name=name, key=f"{key}-values", alt=plural("common.values-alt", len(shown)),
        columns=_HIDDEN, most=MOST_ROWS_SENT,
    )  # fmt: skip


def _has(row: Mapping[str, Any], wanted: str) -> bool:
    text = " ".join(str(value) for value in row.values()).casefold()
    return all(word in text for word in wanted.casefold().split())


def _row(m: Measurement, measure: Measure | None, finding: Finding | None) -> dict[str, Any]:
    e = m.estimate
    quantity = of_estimate(e, finding.limit_value if finding else None)
    why = said(e.why_undefined) if e.why_undefined else ""
    return {
        t("measured.column-measure"): measure_words(measure)[0] if measure else m.measure,
        t("measured.column-slice"): slice_words(m.slice, t("slice.all")),
        t("common.data"): m.dataset,
        t("figure.value"): quantity.value,
        t("figure.interval"): quantity.interval,
        t("figure.n"): n_of(e),
        t("common.limit"): limit_words(finding) if finding else "",
        t("common.outcome"): view.mark_of(finding).word if finding else "",
        t("common.reads-as"): view.reading(measure, m) if measure else why,
        t("common.level"): level_words(e.alpha_low, e.alpha_high),
        "measure": m.measure,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "unit": e.unit,
        "alpha_low": e.alpha_low,
        "alpha_high": e.alpha_high,
        "method": e.method,
    }


def all_values(opened: Opened, audits: Collection[str], *, key: str) -> None:
    """Show everything that some audits measured, folded, and what they remarked."""
    found = measured(opened, audits)
    if not found:
        return
    # hundreds of rows are made and sent only where somebody looks
    folded = st.expander(
        plural("common.all-values", len(found)), key=f"{key}-everything", on_change="rerun"
    )
    if not folded.open:
        return
    with folded:
        values(opened, found, name=f"measurements-{key}", key=f"{key}-all")
        remarks = dict.fromkeys(said(one) for m in found for one in (*m.caveats, *m.notes))
        for words in list(remarks)[:40]:
            st.markdown(f"- {md(words, 600)}")


def by_slice(
    opened: Opened,
    measurement_key: str,
    *,
    key: str,
    names: Mapping[str, str] | None = None,
    only: Collection[str] | None = None,
) -> None:
    """Show one measure over its slices as intervals with the limit of the policy.

    Args:
        opened: The run.
        measurement_key: The measure.
        key: Unique on the page.
        names: Slice → what it is called; None takes the words of the slice.
        only: Slices that are shown; None shows all.
    """
    found = [m for m in opened.measurements.measurements if m.measure == measurement_key]
    found = [m for m in found if only is None or m.slice in only]
    compared(opened, found, key=key, title=title_of(opened, measurement_key), names=names)


def compared(
    opened: Opened,
    found: Sequence[Measurement],
    *,
    key: str,
    title: str,
    names: Mapping[str, str] | None = None,
    labels: Sequence[str] | None = None,
    controls: Collection[str] = (),
    is_titled: bool = True,
) -> None:
    """Show measurements of one unit beside each other as intervals with their limits.

    Args:
        opened: The run.
        found: What is compared.
        key: Unique on the page.
        title: Of the drawing, in plain words.
        names: Slice → what it is called.
        labels: What each measurement is called, in place of its slice.
        controls: Measures that are controls.
        is_titled: Whether the title stands above; not where a heading says the same.
    """
    known = [m for m in found if m.estimate.value is not None or m.estimate.why_undefined]
    if not known:
        return
    rules = opened.judged
    several = len({m.dataset for m in known}) > 1
    called = labels or [_called(m, names, several=several) for m in known]
    lines, limits = [], []
    for m, name in zip(known, called, strict=True):
        finding = rules.get((m.measure, m.dataset, m.slice))
        kind: Kind = "control" if m.measure in controls else kind_of(finding)
        lines.append(Line(name, m.estimate, kind))
        if finding is not None and finding.limit_value is not None:
            limits.append(finding.limit_value)
    draw(lines, key=key, title=title, limits=sorted(set(limits)), is_titled=is_titled)
    said_why = dict.fromkeys(
        f"{name}: {said(m.estimate.why_undefined)}"
        for m, name in zip(known, called, strict=True)
        if m.estimate.value is None and m.estimate.why_undefined
    )
    for words in list(said_why)[:12]:
        states.not_measured(words)


def draw(
    lines: Sequence[Line],
    *,
    key: str,
    title: str,
    limits: Sequence[float] = (),
    overall: float | None = None,
    band: tuple[float, float] | None = None,
    what: str | None = None,
    is_titled: bool = True,
) -> None:
    """Show lines with intervals, their title, their table and what the marks mean.

    Args:
        lines: Rows from above.
        key: Unique on the page.
        title: In plain words.
        limits: Of the policy.
        overall: The value over everything.
        band: Where every point would lie if a rule were kept.
        what: Heading of the rows; None says slice.
        is_titled: Whether the title stands above.
    """
    if is_titled:
        st.markdown(f"**{md(title)}**")
    drawing = intervals(lines, limits=limits, overall=overall, band=band)
    chart(
        drawing, interval_table(lines, what or t("measured.column-slice")),
        name=key, key=key, alt=f"{title}. {_main(lines)}", columns=_HIDDEN,
    )  # fmt: skip
    notes = []
    if limits:
        notes.append(t("charts.limit"))
    if overall is not None:
        notes.append(t("charts.overall"))
    if len(lines) > MOST_ROWS:
        notes.append(t("charts.more", n=MOST_ROWS))
    levels = dict.fromkeys(
        level_words(one.estimate.alpha_low, one.estimate.alpha_high) for one in lines
    )
    words = "; ".join(level for level in levels if level)
    if words and drawing is not None:
        notes.append(t("charts.interval", level=words))
    if notes:
        st.markdown(md(" ".join(notes), 800))


def _main(lines: Sequence[Line]) -> str:
    shown = [f"{one.name}: {of_estimate(one.estimate).text}" for one in lines[:8]]
    more = [t("charts.and-more", n=len(lines) - 8)] if len(lines) > 8 else []
    return one_line("; ".join([*shown, *more]), 1500)


def _called(m: Measurement, names: Mapping[str, str] | None, *, several: bool) -> str:
    name = (names or {}).get(m.slice) or slice_words(m.slice, t("slice.all"))
    return f"{name} ({m.dataset})" if several else name


def document(opened: Opened, name: str) -> Any:
    """Return a JSON file of the bundle; None where it has none, or this person may not see it."""
    return json.loads(opened.bundle.read_bytes(name)) if _is_there(opened, name) else None


def rows_of(
    opened: Opened,
    name: str,
    columns: Sequence[str] | None = None,
    where: tuple[str, str, object] | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file of the bundle; empty where it has none or it may not be seen.

    Args:
        opened: The run.
        name: Path below the bundle.
        columns: Which columns; None for all.
        where: Column, comparison and value of the rows that are wanted; None for all.
    """
    if not _is_there(opened, name):
        return []
    import pyarrow.parquet as pq

    wanted = None if columns is None else list(columns)
    raw = io.BytesIO(opened.bundle.read_bytes(name))
    found: list[dict[str, Any]] = pq.read_table(
        raw, columns=wanted, filters=None if where is None else [where]
    ).to_pylist()
    return found


def _is_there(opened: Opened, name: str) -> bool:
    entry = opened.bundle.manifest.files.get(name)
    return entry is not None and (opened.sees_all or not entry.contains_personal_data)


def need_data() -> None:
    """Say that something is shown only with the right to see small cells and texts."""
    st.info(t("common.need-data"), icon=":material/lock:")
