"""Fairness: one measure by one group column, what its rule says, pairs, funnel and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts import plots
from dashboards.parts.badges import finding_badge
from dashboards.parts.charts import chart
from dashboards.parts.intervals import Kind, Line
from dashboards.parts.links import groups_of, page_link
from dashboards.parts.text import md
from dashboards.sections import common, group_figures
from dashboards.sections.group_columns import Column
from dashboards.shell import pin, pinned
from dashboards.source import Opened
from dashboards.wording import measure_words, plural, said, t
from harness.exports import view
from harness.figures.families import Family, Member, read_families
from harness.figures.forest import ordered
from harness.figures.rules import Link, band_of, is_low_evidence, links_of
from harness.figures.sentences import sentence_of
from harness.records import Finding
from harness.wording.language import phrase
from harness.wording.quantities import count, limit_words
from harness.wording.text import NAME_LIMIT, one_line

AUDITS = (
    "group-error", "group-metrics", "group-ranking", "group-calibration", "intersections",
    "conditional-disparity", "counterfactual", "metric-by-group", "representation", "bbq",
    "instrument-check",
)  # fmt: skip

_OPEN_SENTENCES = 4
_MOST_CURVES = 6


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return common.has_any(opened, AUDITS)


def show(opened: Opened) -> None:
    """Show the section."""
    columns = read_columns(opened)
    if not columns:
        st.info(t("fairness.no-groups"))
    else:
        _sentences(opened, columns)
        left, right = st.columns(2)
        with left:
            column = _picked_column(columns)
        with right:
            family, links = _picked_family(opened, column)
        _forest(opened, family, links)
        _wholes(opened, links)
        group_figures.show(opened, column, family, links)
        _reliability(opened, column)
    _counterfactual(opened)
    common.all_values(opened, AUDITS, key="fairness")


def read_columns(opened: Opened) -> list[Column]:
    """Return group columns with at least two groups, the one with the worst finding first."""
    found = opened.findings
    families, wholes = read_families(opened.measurements, found, opened.run.datasets)
    families = [f for f in families if common.audit_of(f.key) in AUDITS]
    columns = []
    for dataset, names in dict.fromkeys((f.dataset, f.columns) for f in families):
        own = [f for f in families if (f.dataset, f.columns) == (dataset, names)]
        here = [w for w in wholes if (w.dataset, w.columns) == (dataset, names)]
        own = [f for f in own if sum(m.is_group for m in f.members) > 1]
        if own:
            links = tuple(links_of(own, here))
            columns.append(Column(dataset, names, tuple(own), links, tuple(here)))
    rank = {id(finding): place for place, finding in enumerate(found)}

    def worst(column: Column) -> tuple[int, int]:
        own = [rank[id(w.finding)] for w in column.wholes if w.finding]
        own += [
            place
            for place, f in enumerate(found)
            if f.dataset == column.dataset
            and any(f"{name}=" in f.slice for name in column.columns)
            and len(f.slice.split(",")) == len(column.columns)
        ]
        return len(column.columns), min(own, default=len(found))

    return sorted(columns, key=worst)


def _sentences(opened: Opened, columns: Sequence[Column]) -> None:
    """Say, for every judged measure of groups, who, how often, how far apart, how surely; worst first."""
    said_of = {
        id(whole.finding): (whole.finding, sentence.text)
        for column in columns
        for whole in column.wholes
        if whole.finding and (sentence := sentence_of(whole, column.families))
    }
    for column in columns:
        for family in column.families:
            said_of |= _of_members(opened, family)
    order = {id(finding): place for place, finding in enumerate(opened.findings)}
    listed = [said_of[one] for one in sorted(said_of, key=lambda one: order[one])]
    if not listed:
        return
    common.head(t("fairness.sentences"))
    is_open = [one for one in listed if one[0].outcome not in ("passed", "not-applicable")]
    for finding, words in is_open[:_OPEN_SENTENCES]:
        with st.container(border=True):
            limit = md(limit_words(finding))
            st.markdown(
                f"{finding_badge(finding)} **{md(phrase(finding.title), NAME_LIMIT)}** · {limit}"
            )
            st.markdown(md(words, 2000))
            _to_examples(opened, finding.dataset, groups_of(finding))
    rest = listed[min(len(is_open), _OPEN_SENTENCES) :]
    if rest:
        with st.expander(plural("fairness.more-sentences", len(rest))):
            for finding, words in rest:
                st.markdown(f"{finding_badge(finding)} {md(words, 2000)}")


def _of_members(opened: Opened, family: Family) -> dict[int, tuple[Finding, str]]:
    """Return what judged single groups read as, for those that a limit was held against."""
    found = {}
    for m in family.members:
        finding = _finding(opened, m)
        if finding is not None and finding.limit_value is not None and family.measure:
            where = common.about(m.measurement)
            found[id(finding)] = finding, f"{where}: {view.reading(family.measure, m.measurement)}"
    return found


def _picked_column(columns: Sequence[Column]) -> Column:
    names = {column.id: _column_words(column) for column in columns}
    asked = _choice("by", t("fairness.column"), names, columns[0].id)
    return next(column for column in columns if column.id == asked)


def _picked_family(opened: Opened, column: Column) -> tuple[Family, list[Link]]:
    pairs = list(zip(column.families, column.links, strict=True))
    known = {_family_id(family): (family, links) for family, links in pairs}
    names = {one: _family_words(family) for one, (family, _) in known.items()}
    return known[_choice("measure", t("fairness.measure"), names, _first(opened, known))]


def _first(opened: Opened, known: dict[str, tuple[Family, list[Link]]]) -> str:
    """Return what is shown first: what the worst rule bears on, else error rate, else selection rate."""
    found = opened.findings
    rank = {id(one): place for place, one in enumerate(found) if one.limit_value is not None}

    def worst(name: str) -> int:
        family, links = known[name]
        own = [link.whole.finding for link in links]
        own += [_finding(opened, m) for m in family.members]
        return min((rank[id(one)] for one in own if id(one) in rank), default=len(found))

    best = min(known, key=worst)
    if worst(best) < len(found):
        return best
    for key in ("group-error.error-rate", "group-metrics.selection-rate"):
        for name, (family, _) in known.items():
            if family.key == key:
                return name
    return next(iter(known))


def _choice(name: str, label: str, names: dict[str, str], first: str) -> str:
    """Offer a choice that the URL names afterwards."""
    key = f"fairness-{name}"
    asked = pinned(name)
    if st.session_state.get(key) not in names:
        st.session_state[key] = asked if asked in names else first

    def chosen() -> None:
        pin(name, st.session_state[key])

    picked = st.selectbox(
        label, list(names), format_func=lambda one: names[one], key=key, on_change=chosen
    )
    pin(name, picked)
    return str(picked)


def _column_words(column: Column) -> str:
    names = " × ".join(one_line(name, NAME_LIMIT) for name in column.columns)
    return t("fairness.column-on", columns=names, data=one_line(column.dataset, NAME_LIMIT))


def _family_id(family: Family) -> str:
    return ",".join([family.key, *(f"{name}={value}" for name, value in family.rest)])


def _family_words(family: Family) -> str:
    title = measure_words(family.measure)[0] if family.measure else family.key
    rest = ", ".join(f"{name} = {value}" for name, value in family.rest)
    words = f"{title}, {rest}" if rest else title
    return one_line(f"{words} ({common.audit_of(family.key)})", 2 * NAME_LIMIT)


def _forest(opened: Opened, family: Family, links: list[Link]) -> None:
    """Show every group: worst first, small ones grey and last, on an axis that holds zero."""
    low = {m.name for m in family.members if is_low_evidence(m, family, links)}
    # a group with too few rows is never ranked: it would lead the list by chance
    ranked = [m for m in ordered(family) if m.name not in low]
    small = sorted((m for m in family.members if m.name in low), key=lambda m: m.name)
    shapes = _shapes(opened, family, links, low)
    lines = [Line(_member_words(m), m.estimate, shapes[m.name]) for m in (*ranked, *small)]
    band = band_of(links)
    limits = sorted(_limits(opened, family))
    overall = family.overall.estimate.value if family.overall else None
    measure = _family_words(family).replace(" by group", "")
    title = t("fairness.by", measure=measure, columns=" × ".join(family.columns))
    common.draw(
        lines, key="fairness-forest", title=title, limits=limits, overall=overall,
        band=(band.low, band.high) if band else None, what=t("figure.group"),
    )  # fmt: skip
    for words in (band.caption.text if band else "", t("fairness.small") if low else ""):
        if words:
            st.markdown(md(words, 800))
    if family.measure is not None:
        st.markdown(f"*{t('common.blind')}* {md(measure_words(family.measure)[2], 600)}")
    _pick_examples(opened, family)
    absent = [m for m in family.members if m.estimate.value is None and m.estimate.why_undefined]
    if absent:
        with st.expander(plural("fairness.without-value", len(absent))):
            for m in absent[:100]:
                why = said(m.estimate.why_undefined) if m.estimate.why_undefined else ""
                st.markdown(f"- **{md(m.name, NAME_LIMIT)}**: {md(why, 400)}")


def _pick_examples(opened: Opened, family: Family) -> None:
    """Lead from a group to its examples."""
    slices = {m.measurement.slice: one_line(m.name, NAME_LIMIT) for m in family.members}
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        picked = st.selectbox(
            t("fairness.examples-of"),
            list(slices),
            format_func=lambda one: slices[one],
            index=None,
            placeholder=t("fairness.pick-group"),
            key="fairness-group",
        )
    with right:
        _to_examples(opened, family.dataset, picked or "")


def _to_examples(opened: Opened, dataset: str, group: str) -> None:
    if group:
        icon, label = ":material/table_rows:", t("fairness.to-examples")
        page_link(opened, "examples", label, icon=icon, dataset=dataset, group=group)


def _shapes(opened: Opened, family: Family, links: list[Link], low: set[str]) -> dict[str, Kind]:
    """Return the shape of each group: what a rule says of it, else the two that are farthest apart."""
    shapes: dict[str, Kind] = {m.name: "few" if m.name in low else "plain" for m in family.members}
    for m in family.members:
        finding = _finding(opened, m)
        if finding is not None and finding.limit_value is not None and m.name not in low:
            shapes[m.name] = common.kind_of(finding)
    pair = links[0].worst.table.pair(links[0].worst.kind) if links else None
    if pair is not None and pair[0].value != pair[1].value:
        for side, kind in zip(pair, ("highest", "lowest"), strict=True):
            if shapes.get(side.name) == "plain":
                shapes[side.name] = kind  # type: ignore[assignment]
    return shapes


def _limits(opened: Opened, family: Family) -> set[float]:
    found = (_finding(opened, m) for m in family.members)
    return {one.limit_value for one in found if one is not None and one.limit_value is not None}


def _finding(opened: Opened, member: Member) -> Finding | None:
    m = member.measurement
    return opened.judged.get((m.measure, m.dataset, m.slice))


def _member_words(member: Member) -> str:
    counts = member.counts
    name = one_line(member.name, NAME_LIMIT) or t("charts.empty")
    return f"{name} ({count(counts[0])}/{count(counts[1])})" if counts else name


def _wholes(opened: Opened, links: list[Link]) -> None:
    """Show the worst difference and ratio of the column, each held against its limit."""
    units = dict.fromkeys(link.whole.estimate.unit for link in links)
    if not units:
        return
    for place, unit in zip(st.columns(len(units)), units, strict=True):
        own = [link.whole for link in links if link.whole.estimate.unit == unit]
        lines = [
            Line(common.title_of(opened, w.measurement.measure), w.estimate,
                 common.kind_of(w.finding))
            for w in own
        ]  # fmt: skip
        limits = {w.finding.limit_value for w in own if w.finding}
        with place:
            common.draw(
                lines, key=f"fairness-whole-{unit}", title=t(f"fairness.whole-{_unit(unit)}"),
                limits=sorted(x for x in limits if x is not None), what=t("measured.column-measure"),
            )  # fmt: skip
    for link in links[:3]:
        if link.whole.finding is None:
            sentence = sentence_of(link.whole, [])
            if sentence is not None:
                st.markdown(md(sentence.text, 2000))


def _unit(unit: str) -> str:
    return unit if unit in ("difference", "ratio") else "rate"


def _counterfactual(opened: Opened) -> None:
    found = [
        m
        for m in common.measured(opened, ("counterfactual", "bbq", "conditional-disparity"))
        if m.slice == "all"
    ]
    keys = list(dict.fromkeys(m.measure for m in found if m.estimate.value is not None))
    if keys:
        common.head(t("fairness.swapped"))
        common.headline(opened, keys[:6])


def _reliability(opened: Opened, column: Column) -> None:
    """Show, for each group, what share came true at each score; bins are small, so by right only."""
    found = common.document(opened, "audits/group-calibration/reliability.json")
    listed = [
        one
        for one in (found.get("curves", []) if isinstance(found, dict) else [])
        if (one["dataset"], one["column"]) == (column.dataset, " × ".join(column.columns))
    ]
    if not listed:
        return
    common.head(t("fairness.reliability"))
    if not opened.sees_all:
        common.need_data()
        return
    # the groups with most rows: more lines than this nobody tells apart
    listed.sort(key=lambda one: -sum(row["n"] for row in one["bins"]))
    rows = [
        {"x": row["mean_score"], "y": row["share"], "series": name, "n": row["n"], "bin": row}
        for one, name in zip(
            listed, plots.unique([str(one["value"]) for one in listed]), strict=True
        )
        for row in one["bins"]
    ]
    series = list(dict.fromkeys(row["series"] for row in rows))[:_MOST_CURVES]
    drawn = [
        {"x": row["x"], "y": row["y"], "series": row["series"]}
        for row in rows
        if row["series"] in series
    ]
    drawing = plots.curves(
        drawn, x=t("accuracy.mean-score"), y=t("accuracy.share"), series=series, diagonal=True,
        height=380,
    )  # fmt: skip
    numbers = [
        {
            t("figure.group"): row["series"],
            t("accuracy.mean-score"): f"{row['x']:.3f}",
            t("accuracy.share"): f"{100 * row['y']:.1f} %",
            t("figure.interval"): _interval(row["bin"]),
            t("figure.n"): row["n"],
        }
        for row in rows
    ]
    far = max(rows, key=lambda row: abs(row["y"] - row["x"]))
    alt = t(
        "fairness.reliability-alt", n=len(series), group=far["series"], score=f"{far['x']:.2f}",
        share=f"{100 * far['y']:.0f} %",
    )  # fmt: skip
    chart(drawing, numbers, name="reliability-by-group", key="fairness-reliability", alt=alt)
    st.markdown(t("fairness.reliability-note"))


def _interval(row: Mapping[str, Any]) -> str:
    return f"[{100 * row['share_low']:.1f}, {100 * row['share_high']:.1f}]"
