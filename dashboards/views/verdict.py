"""Page verdict: can this be released, and if not, why not?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.needs import open_threads
from dashboards.parts import findings as parts
from dashboards.parts.badges import ICONS
from dashboards.parts.filters import linked
from dashboards.parts.links import page_link
from dashboards.parts.sealed import files
from dashboards.parts.standing import changes, documents, waivers
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.shell import judged, opened, read
from dashboards.source import Opened
from dashboards.wording import plural, said, t
from harness.exports import view
from harness.records import COUNTED_OUTCOMES, Outcome, Verdict
from harness.wording.messages import enumerate_words
from harness.wording.quantities import count
from harness.wording.text import NAME_LIMIT, one_line

_CARDS = 12
_CARDS_OF_A_RULE = 3
_BRIEFS = 12
_NOT_TESTED = 400
_RULE_WIDTH = 290
"""Pixels in which most titles of rules stand whole."""
_SYSTEM = ("purpose", "domain", "limits_of_use", "jurisdictions", "materiality", "owner", "authors")
_MISSING = {
    "purpose": "limits.no-purpose",
    "domain": "limits.no-domain",
    "limits_of_use": "limits.none",
}


def show() -> None:
    """Show the page."""
    found = opened()
    verdict = view.dated(judged(found))
    _banner(found, verdict)
    # beside a long list of what was not tested there is room for the table where no card stands
    is_calm = not view.still_open(verdict)
    main, beside = st.columns([1.9, 1], gap="medium")
    with main:
        _rests_on(found, verdict)
        _why(found, verdict)
        _weigh(found, verdict)
        if is_calm:
            _all(found, verdict)
    with beside:
        _not_tested(found, verdict)
        _use(found)
    if not is_calm:
        _all(found, verdict)
    changes(found.measurements, verdict)
    waivers(verdict)
    documents(verdict)


def _banner(found: Opened, verdict: Verdict) -> None:
    mark = view.mark_of_verdict(verdict.verdict)
    n = len(view.not_tested(found.run, verdict))
    untested = plural("verdict.n-not-tested", n) if n else t("verdict.all-tested")
    date, data = verdict.now[:10], view.data_words(found.run, verdict)
    with st.container(key=f"banner-{mark.tone}", horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap="xsmall"):
            st.header(f"{ICONS[mark.icon]} {md(mark.word)}", anchor=False)
            st.markdown(md(view.banner(verdict), 1000))
            st.markdown(" ".join([*parts.counts(verdict.findings), f"· {untested}"]))
            st.markdown(f":gray[{t('verdict.judged', date=md(date), data=md(data))}]")
        files(found)


def _rests_on(found: Opened, verdict: Verdict) -> None:
    asked = read(lambda: open_threads(found))
    n_asked = sum(one.is_blocking for group in asked.values() for one in group)
    if n_asked:
        label = plural("decision.open-requests", n_asked)
        page_link(found, "decision", label, icon=":material/forum:", part="threads")
    said_first = view.sentences(found.run, verdict)
    if not said_first:
        return
    with st.container(key="quiet-rests"):
        st.markdown("\n".join(f"- {md(sentence, 600)}" for sentence in said_first))


def _why(found: Opened, verdict: Verdict) -> None:
    decide = view.deciding(verdict)
    if not decide:
        _nothing(verdict)
        return
    st.header(t("verdict.blocking"), anchor=False)
    words = view.said_of(found.run, found.measurements, verdict)
    shown = [
        finding for group in view.by_rule(decide).values() for finding in group[:_CARDS_OF_A_RULE]
    ][:_CARDS]
    for i, finding in enumerate(shown):
        parts.card(found, finding, words, key=f"why-{i}")
    if n_more := len(decide) - len(shown):
        st.markdown(plural("verdict.more-cards", n_more))


def _nothing(verdict: Verdict) -> None:
    """Say why there is no card: all passed, or no rule was held against the run at all."""
    n_passed = sum(f.outcome == "passed" for f in verdict.findings)
    is_met = verdict.verdict in ("pass", "pass-with-warnings")
    st.header(t("verdict.nothing-blocks" if is_met else "verdict.because"), anchor=False)
    if not verdict.findings:
        st.markdown(md(t("why.no-findings")))
    if not is_met:
        st.markdown(md(said(verdict.because), 1000))
    elif not view.to_weigh(verdict):
        st.markdown(md(plural("why.nothing", n_passed) if n_passed else t("why.no-findings")))


def _weigh(found: Opened, verdict: Verdict) -> None:
    weigh = view.to_weigh(verdict)
    if not weigh:
        return
    st.header(t("front.also"), anchor=False)
    st.markdown(f":gray[{md(t('why.not-blocking'))}]")
    words = view.said_of(found.run, found.measurements, verdict)
    for i, finding in enumerate(weigh[:_BRIEFS]):
        parts.brief(finding, words, key=f"weigh-{i}")
    if n_more := len(weigh[_BRIEFS:]):
        st.markdown(plural("verdict.more-cards", n_more))


def _not_tested(found: Opened, verdict: Verdict) -> None:
    words = view.not_tested(found.run, verdict)
    title = t("summary.not-tested", title=t("front.not-tested"), n=count(len(words)))
    with st.container(border=True, key="quiet-not-tested"):
        st.header(title, anchor=False)
        lines = [f"- {md(sentence, 600)}" for sentence in words[:_NOT_TESTED]]
        if n_more := len(words[_NOT_TESTED:]):
            lines.append(f"- {md(plural('not-tested.more', n_more))}")
        st.markdown("\n".join(lines or [md(t("not-tested.none"))]))
        st.markdown(f":gray[{md(t('not-tested.always'))}]")


def _use(found: Opened) -> None:
    system = found.run.system
    with st.container(border=True, key="quiet-use"):
        st.header(t("verdict.use"), anchor=False)
        pairs = [(t(f"limits.{key}"), _words(system.get(key))) for key in _SYSTEM]
        lines = [f"- :gray[{md(name)}] {md(words, 600)}" for name, words in pairs if words]
        lines += [f"- {md(t(id))}" for key, id in _MISSING.items() if not _words(system.get(key))]
        st.markdown("\n".join(lines))


def _words(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return enumerate_words([one_line(item, NAME_LIMIT) for item in value])
    return "" if value is None else one_line(value)


def _all(found: Opened, verdict: Verdict) -> None:
    st.header(t("verdict.all"), anchor=False)
    if not verdict.findings:
        st.markdown(t("findings.none"))
        return
    ordered = view.ordered(verdict.findings)
    n_of = {name: sum(f.outcome == name for f in ordered) for name in COUNTED_OUTCOMES}
    there = [name for name in COUNTED_OUTCOMES if n_of[name]]
    asked = st.pills(
        t("verdict.only"),
        there,
        format_func=lambda name: _only(name, n_of),
        label_visibility="collapsed",
        **linked("outcome", there),
    )
    kept = [f for f in ordered if asked is None or f.outcome == asked]
    compared = {
        view.place(one.finding): one.difference for one in view.changes(found.measurements, verdict)
    }
    rows = [parts.row(finding, found.measurements.measures, compared) for finding in kept]
    columns: dict[str, Any] = {
        t("verdict.rule"): st.column_config.TextColumn(width=_RULE_WIDTH),
        t("verdict.id"): st.column_config.TextColumn(width="small"),
    }
    st.markdown(f":gray[{t('verdict.pick-row')}]")
    picked = table(
        [_without_empty(one, rows) for one in rows],
        name="findings",
        key=f"findings-{asked}",
        alt=t("verdict.all-alt"),
        columns=columns,
        is_picked=True,
    )
    if picked is not None:
        words = view.said_of(found.run, found.measurements, verdict)
        parts.card(found, kept[picked], words, key="picked")


def _only(name: Outcome, n_of: Mapping[Outcome, int]) -> str:
    return t("verdict.only-n", outcome=t(f"outcome.{name}"), n=count(n_of[name]))


def _without_empty(one: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Leave out a column that no row fills, such as the change where nothing was released."""
    filled = {name for row in rows for name, value in row.items() if value}
    return {name: value for name, value in one.items() if name in filled}


show()
