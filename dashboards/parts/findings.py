"""Findings: as rows of a table, and as a card that says what one means and why it counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts.badges import badge, finding_badge
from dashboards.parts.bullet import Bound, bound_of, bullet
from dashboards.parts.links import groups_of, page_link, section_of
from dashboards.parts.tables import table
from dashboards.parts.text import bold, md
from dashboards.source import Opened
from dashboards.wording import said, t
from harness.exports import view
from harness.records import Finding, Measure, Message
from harness.wording.language import phrase
from harness.wording.messages import join_words
from harness.wording.quantities import count, level_words, n_of, of_finding, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

Said = Mapping[tuple[str, str, str], tuple[str, tuple[Message, ...]]]
"""(measure, data set, slice) → its sentence in natural frequencies, and what else was found."""


def row(
    finding: Finding, measures: Sequence[Measure], changes: Mapping[tuple[str, str, str], str]
) -> dict[str, Any]:
    """Return a finding as a row of the table of all findings, plain text."""
    mark = view.mark_of(finding)
    return {
        t("verdict.outcome"): f"{mark.symbol} {mark.word}",
        t("verdict.rule"): one_line(phrase(finding.title)),
        t("verdict.where"): view.where(finding.slice, finding.dataset),
        t("verdict.value"): of_finding(finding).text,
        t("verdict.limit"): view.limit_basis(finding),
        t("verdict.distance"): distance(finding, bound_of(finding, measures)),
        t("verdict.change"): changes.get(view.place(finding), ""),
        t("verdict.severity"): t(f"severity.{finding.severity}"),
        t("verdict.n"): "" if finding.n is None else n_of(finding),
        t("verdict.clauses"): join_words(one_line(c, NAME_LIMIT) for c in finding.clauses),
        t("verdict.id"): one_line(finding.rule, NAME_LIMIT),
    }


def distance(finding: Finding, bound: Bound | None) -> str:
    """Return how far a value lies from its limit, and on which side; nothing without both."""
    value = finding.value
    if bound is None or value is None or not math.isfinite(value):
        return ""
    beyond = bound.value - value if bound.is_floor else value - bound.value
    unit = "difference" if finding.unit == "share" else finding.unit
    words = quantity_of(abs(beyond), unit)
    return t("verdict.beyond" if beyond > 0 else "verdict.inside", distance=words)


def card(found: Opened, finding: Finding, words: Said, *, key: str) -> None:
    """Show what a finding means, its number beside its limit, why it counts, and where to look on.

    Args:
        found: The run.
        finding: One finding.
        words: Sentences in natural frequencies, by place.
        key: Unique on the page.
    """
    tone = view.mark_of(finding).tone
    with st.container(border=True, key=f"card-{tone}-{key}"):
        _head(finding)
        first, second, notes = _sentences(finding, words)
        st.markdown(md(first, 1000))
        for note in notes:
            st.markdown(md(said(note), 600))
        bound = bound_of(finding, found.measurements.measures)
        bullet(finding, bound, key=f"bullet-{key}")
        _numbers(finding, distance(finding, bound), key)
        with st.container(key=f"small-{key}"):
            st.markdown(
                "  \n".join(
                    [*([f":gray[{md(second, 1000)}]"] if second else []), *_reasons(finding)]
                )
            )
        _links(found, finding, key)


def brief(finding: Finding, words: Said, *, key: str) -> None:
    """Show a finding that does not stop the release, in a few lines.

    Args:
        finding: One finding.
        words: Sentences in natural frequencies, by place.
        key: Unique on the page.
    """
    with st.container(border=True, key=f"card-{view.mark_of(finding).tone}-{key}"):
        _head(finding)
        first, second, _ = _sentences(finding, words)
        st.markdown(md(first, 1000))
        place = view.where(finding.slice, finding.dataset)
        parts = [of_finding(finding).text, view.limit_basis(finding), place, waived_words(finding)]
        st.markdown(f":gray[{' · '.join(md(part) for part in parts if part)}]")
        if second:
            st.markdown(f":small[:gray[{md(second, 1000)}]]")


def _sentences(finding: Finding, words: Said) -> tuple[str, str, tuple[Message, ...]]:
    """Return what a finding means, how it was judged, and what else was found; nothing is said twice."""
    sentence, notes = words.get(view.place(finding), ("", ()))
    because = said(finding.because)
    if view.is_of_change(
        finding
    ):  # the sentence is about this run alone, the finding about a change
        sentence, because = because, sentence
    return (sentence, because, notes) if sentence else (because, "", notes)


def waived_words(finding: Finding) -> str:
    """Return which waiver covers a finding, and what would stand there without; else nothing."""
    if not finding.waiver:
        return ""
    covered = view.mark_of_outcome(finding.waived_outcome or "failed").word.lower()
    return t("fact.waives", waiver=one_line(finding.waiver, NAME_LIMIT), outcome=covered)


def counts(findings: Sequence[Finding]) -> list[str]:
    """Return a badge for each outcome that there is, worst first, with how many findings have it."""
    found: dict[str, tuple[view.Mark, int]] = {}
    for one in view.ordered(findings):
        is_failed_warning = one.outcome == "failed" and one.severity != "block"
        mark = view.mark_of(one) if is_failed_warning else view.mark_of_outcome(one.outcome)
        found[mark.word] = (mark, found.get(mark.word, (mark, 0))[1] + 1)
    return [badge(mark, f"{mark.word} {count(n)}") for mark, n in found.values()]


def _head(finding: Finding) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"### {md(phrase(finding.title))}", width="content", anchors=False)
        st.markdown(finding_badge(finding), width="content")


def _numbers(finding: Finding, away: str, key: str) -> None:
    needed = t("fact.n-needed", n=count(finding.n_needed)) if finding.n_needed else ""
    pairs = [
        (t("fact.value"), of_finding(finding).text),
        (t("fact.limit"), view.limit_basis(finding)),
        (t("verdict.distance"), away),
        (t("fact.n"), "" if finding.n is None else n_of(finding)),
        (t("fact.where"), view.where(finding.slice, finding.dataset)),
        (t("fact.needed"), needed),
    ]
    with st.container(horizontal=True, key=f"strip-{key}"):
        for name, value in pairs:
            if value:
                st.markdown(f":small[:gray[{md(name)}]]  \n{bold(value)}", width="content")


def _reasons(finding: Finding) -> list[str]:
    clauses = join_words(one_line(c, NAME_LIMIT) for c in finding.clauses) or t("fact.no-clause")
    basis = t("fact.basis-clauses", basis=t(f"basis.{finding.basis}"), clauses=clauses)
    has_interval = bool(of_finding(finding).interval)
    level = level_words(finding.alpha_low, finding.alpha_high) if has_interval else ""
    pairs = [
        (t("fact.why"), phrase(finding.why)),
        (t("fact.fix"), phrase(finding.fix)),
        (t("fact.basis"), basis),
        (t("verdict.interval"), level),
    ]
    named = [(t("verdict.named", name=md(name)), value) for name, value in pairs if value]
    return [f":gray[{name}] {md(value, 600)}" for name, value in named]


def _links(found: Opened, finding: Finding, key: str) -> None:
    if finding.is_of_evidence:
        page_link(found, "decision", t("verdict.to-documents"), icon=":material/description:")
        return
    section = section_of(finding.measure)
    with st.container(
        horizontal=True, gap="medium", vertical_alignment="center", key=f"links-{key}"
    ):
        label = t("verdict.to-measurements")
        page_link(found, "measurements", label, icon=":material/straighten:", section=section)
        if finding.dataset:
            page_link(
                found, "examples", t("verdict.to-examples"), icon=":material/table_rows:",
                dataset=finding.dataset, group=groups_of(finding), errors="1",
            )  # fmt: skip
        if section != "explanations" and found.has_explanations:
            label = t("verdict.to-explanations")
            page_link(
                found, "measurements", label, icon=":material/lightbulb:", section="explanations"
            )
        _drawn_numbers(finding, key)


def _drawn_numbers(finding: Finding, key: str) -> None:
    """Offer what the bar draws as a table, and as files."""
    if finding.value is None:
        return
    with st.popover(t("part.table"), type="tertiary", icon=":material/table:"):
        names = (
            "rule",
            "measure",
            "dataset",
            "slice",
            "value",
            "low",
            "high",
            "limit_value",
            "n",
            "unit",
        )
        rows = [{name: getattr(finding, name) for name in names}]
        table(rows, name="finding", key=f"numbers-{key}", alt=t("verdict.numbers-alt"))
