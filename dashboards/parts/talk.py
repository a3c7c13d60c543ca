"""Threads: comments and requests that are pinned to a finding and outlive a run."""

from __future__ import annotations

import secrets

import streamlit as st

from dashboards import desk as desks
from dashboards.desk import Desk
from dashboards.parts.deciding import follow
from dashboards.parts.text import md, refusal
from dashboards.wording import t
from harness.depot.threads import MAX_CHARACTERS, MAX_OWNER, Remark, Thread
from harness.errors import AssayError
from harness.evidence.decisions import finding_key
from harness.exports import view
from harness.wording.language import phrase
from harness.wording.text import one_line, visible


def talk(desk: Desk) -> None:
    """Show all threads about the model, and a form for a new one."""
    titles = {
        finding_key(one): one_line(f"{phrase(one.title)} · {view.where(one.slice, one.dataset)}")
        for one in desk.gate.verdict.findings
    }
    if not desk.threads:
        st.markdown(t("decision.no-threads"))
    for i, one in enumerate(desk.threads):
        _thread(desk, one, titles, i)
    if desk.opened.person.may("comment"):
        _new(desk, titles)
    else:
        st.info(t("decision.need-comment"), icon=":material/lock:")


def _thread(desk: Desk, one: Thread, titles: dict[str, str], i: int) -> None:
    kind = t("decision.request" if one.is_blocking else "decision.comment")
    state = t("decision.open" if one.is_open else "decision.resolved")
    about = titles.get(one.about, one.about) or t("decision.whole-run")
    with st.container(border=True, key=f"card-thread-{i}"):
        st.markdown(f"**{kind}** · {state} · {md(about, 200)} · `{md(one.id)}`")
        facts = [t("decision.owner", name=md(one.owner))] if one.owner else []
        facts += [t("decision.due", day=md(one.due))] if one.due else []
        if facts:
            st.markdown(" · ".join(facts))
        for said in one.comments:
            who = md(said.name or said.actor, 80)
            st.markdown(f":gray[{who} · {md(said.time)}]")
            st.text(visible(said.text) if said.text is not None else t("decision.erased"))
        if one.resolved_at:
            who = md(desk.names.get(one.resolved_by, one.resolved_by), 80)
            st.markdown(f":gray[{t('decision.resolved-by', name=who, time=md(one.resolved_at))}]")
            _unsaid(one)
        elif desk.opened.person.may("comment"):
            _answer(desk, one, i)


def _unsaid(one: Thread) -> None:
    """Give back an answer that somebody was writing when another person resolved the thread."""
    name = f"answer-{one.id}"
    text = str(st.session_state.get(f"{name}-text-{_turn(name)}") or "").strip()
    if text:
        st.warning(t("decision.closed-meanwhile"), icon=":material/sync_problem:")
        st.text(visible(text))


def _answer(desk: Desk, one: Thread, i: int) -> None:
    name = f"answer-{one.id}"
    with st.form(name, border=False):
        text = st.text_area(
            t("decision.answer"), key=f"{name}-text-{_turn(name)}", max_chars=MAX_CHARACTERS
        )
        left, right = st.columns(2)
        with left:
            is_said = st.form_submit_button(t("decision.say"), key=f"say-{i}")
        with right:
            is_closed = st.form_submit_button(t("decision.resolve"), key=f"resolve-{i}")
    answer = Remark(text=text, thread=one.id)
    if is_said and _write(desk, answer, name):
        st.rerun()
    # who wrote an answer and resolves has said both
    if is_closed and (not text.strip() or _write(desk, answer, name)):
        try:
            follow(desk, *desks.close(desk.opened, desk.gate, one.id, key=secrets.token_hex(16)))
        except AssayError as err:
            st.error(refusal(err))
        else:
            st.rerun()


def _new(desk: Desk, titles: dict[str, str]) -> None:
    st.header(t("decision.new-thread"), anchor=False)
    open_ones = [finding_key(one) for one in view.still_open(desk.gate.verdict)]
    others = [key for key in titles if key not in open_ones]
    turn = _turn("new")
    with st.form("new-thread"):
        about = st.selectbox(
            t("decision.about"),
            ["", *dict.fromkeys([*open_ones, *others])],
            format_func=lambda key: titles.get(key, "") or t("decision.whole-run"),
            key=f"new-about-{turn}",
        )
        text = st.text_area(t("decision.text"), key=f"new-text-{turn}", max_chars=MAX_CHARACTERS)
        is_blocking = st.toggle(t("decision.is-request"), key=f"new-request-{turn}")
        left, right = st.columns(2)
        with left:
            owner = st.text_input(
                t("decision.owner-field"), key=f"new-owner-{turn}", max_chars=MAX_OWNER
            )
        with right:
            due = st.date_input(t("decision.due-field"), value=None, key=f"new-due-{turn}")
        is_sent = st.form_submit_button(t("decision.open-thread"))
    if is_sent:
        day = due.isoformat() if due is not None else ""
        said = Remark(text=text, about=about or "", is_blocking=is_blocking, owner=owner, due=day)
        if _write(desk, said, "new"):
            st.rerun()


def _turn(name: str) -> int:
    """Return how many remarks were written through a form: the next one begins empty, a refused one does not."""
    return int(st.session_state.get(f"remark-turn-{name}", 0))


def _write(desk: Desk, said: Remark, name: str) -> bool:
    """Tell whether it was said; why it was not stands on the page then, and the text in its field."""
    # one key until it was written: pressing twice says it once
    key = st.session_state.setdefault(f"remark-key-{name}", secrets.token_hex(16))
    try:
        follow(desk, *desks.remark(desk.opened, desk.gate, said, key=key))
    except AssayError as err:
        st.error(refusal(err))
        return False
    del st.session_state[f"remark-key-{name}"]
    st.session_state[f"remark-turn-{name}"] = _turn(name) + 1
    return True
