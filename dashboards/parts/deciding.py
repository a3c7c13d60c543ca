"""The form of a decision: drafts survive a reload, and every write is asked for again on the server."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import cast

import streamlit as st

from dashboards import source
from dashboards.desk import Desk, LoginNeeded, keep_draft, kept_draft, lasting_reasons, record
from dashboards.parts.badges import finding_badge
from dashboards.parts.text import md, refusal
from dashboards.wording import plural, said, t
from harness.clock import utc_now
from harness.depot.decisions import Decided, Moved, Refused, Wish
from harness.depot.drafts import Draft
from harness.depot.objections import MAX_RATIONALE, MIN_RATIONALE, WishKind, may_ever_approve
from harness.depot.waiver_draft import draft_waiver, joined, may_be_waived
from harness.errors import AssayError
from harness.evidence.decisions import finding_key, must_be_accepted, verdict_digest
from harness.exports import view
from harness.wording.language import phrase
from harness.wording.quantities import of_finding
from harness.wording.text import visible

_log = logging.getLogger("modelassay.dashboard")

_DRAFTS = 20
"""Drafts that are shown; the file holds all."""

_BY_STATE: dict[str, tuple[WishKind, ...]] = {
    "submitted": ("start", "request-changes", "approve", "reject"),
    "in_review": ("request-changes", "approve", "reject", "withdraw"),
    "changes_requested": ("start", "reject"),
    "approved": ("withdraw", "request-changes", "reject"),
    "released": ("approve", "withdraw"),
}
"""What is offered where a review stands; the store decides what may be recorded."""


def deciding(desk: Desk) -> None:
    """Show the form to those who may decide, and to others what they lack."""
    st.header(t("decision.decide"), anchor=False)
    _receipt(desk)
    _say_moved(desk)
    who = desk.opened.person
    if not who.may("review"):
        st.info(t("decision.need-role"), icon=":material/lock:")
        return
    kinds = offered(desk)
    if not may_ever_approve(desk.gate):
        st.info(t("decision.never-over", verdict=t(f"verdict.{desk.gate.verdict.verdict}")))
    elif desk.stands.n_blocking_threads:
        st.info(t("decision.threads-first"))
    kinds = _without_what_cannot_be(desk, kinds)
    if not kinds:
        st.markdown(t("decision.nothing-to-decide"))
        return
    _lacks(desk)
    _form(desk, kinds)


def _say_moved(desk: Desk) -> None:
    """Tell who was deciding that somebody else was faster, also where nothing is left to decide."""
    head = f"head-{desk.gate.digest[:12]}"
    if st.session_state.get(head, desk.stands.head) == desk.stands.head:
        return

    def seen() -> None:
        st.session_state[head] = desk.stands.head

    st.warning(t("decision.moved"), icon=":material/sync_problem:")
    st.button(t("decision.look-again"), key=f"again-{head}", on_click=seen)


def follow(desk: Desk, before: str, after: str) -> None:
    """Take one's own comment for seen, where everything before it was."""
    head = f"head-{desk.gate.digest[:12]}"
    if st.session_state.get(head) == before:
        st.session_state[head] = after


def _lacks(desk: Desk) -> None:
    """Say what to do where nothing can be signed, before somebody writes for nothing."""
    if desk.opened.settings.key is None:
        st.warning(t("decision.no-key"), icon=":material/key_off:")
        st.code(
            "assay keys new service\nassay dashboard --key service", language=None, wrap_lines=True
        )
    if desk.trust is None:
        st.warning(t("decision.no-trust-file"), icon=":material/key_off:")


def offered(desk: Desk) -> list[WishKind]:
    """Return what this person can choose here; approve is not among it while anything blocks."""
    kinds = list(_BY_STATE.get(desk.stands.state, ()))
    who = desk.opened.person
    can_approve = (
        who.may("approve")
        and may_ever_approve(desk.gate)
        and not desk.stands.n_blocking_threads
        and desk.stands.is_newest
        and not desk.stands.is_approved
    )
    if not can_approve:
        kinds = [one for one in kinds if one != "approve"]
    own = (who.issuer, who.subject)
    has_approved = any((one.said.issuer, one.said.subject) == own for one in desk.stands.approvals)
    return [one for one in kinds if one != ("approve" if has_approved else "withdraw")]


def _without_what_cannot_be(desk: Desk, kinds: Sequence[WishKind]) -> list[WishKind]:
    """Tell this person what speaks against it whatever is written, and leave an approval out then."""
    signed = [one for one in ("approve", *kinds) if one in kinds and one != "start"]
    reasons = lasting_reasons(desk, signed[0]) if signed else []
    for one in reasons:
        st.info(md(said(one), 800), icon=":material/person_alert:")
    return [one for one in kinds if one != "approve" or not reasons]


def _form(desk: Desk, kinds: Sequence[WishKind]) -> None:
    mark = desk.gate.digest[:12]
    draft = _draft(desk, mark)
    names = {
        name: f"decide-{name}-{mark}" for name in ("kind", "rationale", "conditions", "expires")
    }

    def changed() -> None:
        _keep(desk, mark, names)

    if st.session_state.get(names["kind"]) not in kinds:
        st.session_state[names["kind"]] = draft.kind if draft.kind in kinds else kinds[0]
    kind = cast(
        "WishKind",
        st.radio(
            t("decision.what"),
            kinds,
            format_func=lambda one: t(f"decision.do-{one}"),
            key=names["kind"],
            on_change=changed,
            horizontal=True,
        ),
    )
    if kind != "start":
        st.session_state.setdefault(names["rationale"], draft.rationale)
        st.text_area(
            t("decision.rationale", least=MIN_RATIONALE),
            key=names["rationale"],
            max_chars=MAX_RATIONALE,
            on_change=changed,
        )
    if kind == "approve":
        _conditions(desk, draft, names, changed)
    signs = t("decision.signs", digest=verdict_digest(desk.gate)[:16])
    st.markdown(f":gray[{t('decision.starts') if kind == 'start' else signs}]")
    if desk.opened.person.must_log_in_again(desk.opened.settings):
        st.info(t("decision.log-in-again", minutes=desk.opened.settings.decide_minutes))
        if st.button(t("shell.log-in"), key=f"fresh-{mark}"):
            st.login("fresh")
        return
    if st.button(t(f"decision.press-{kind}"), type="primary", key=f"press-{kind}-{mark}"):
        _press(desk, kind, mark, names)


def _conditions(desk: Desk, draft: Draft, names: dict[str, str], changed: object) -> None:
    mark = desk.gate.digest[:12]
    st.session_state.setdefault(names["conditions"], "\n".join(draft.conditions))
    st.text_area(
        t("decision.conditions"),
        key=names["conditions"],
        max_chars=MAX_RATIONALE,
        on_change=changed,
    )
    if names["expires"] not in st.session_state:
        st.session_state[names["expires"]] = _day(draft.expires)
    st.date_input(
        t("decision.expires"), key=names["expires"], on_change=changed, min_value=utc_now().date()
    )
    ticked = [one for one in desk.gate.verdict.findings if must_be_accepted(one)]
    if ticked:
        st.markdown(f"**{t('decision.tick')}**")
    shown = {finding_key(one): one for one in desk.opened.findings}
    for i, one in enumerate(ticked):
        key = f"tick-{mark}-{i}"
        st.session_state.setdefault(key, finding_key(one) in draft.accepted)
        seen = shown.get(finding_key(one), one)  # the value may be that of a small group
        facts = [view.where(one.slice, one.dataset), of_finding(seen).text]
        facts += [one.waiver] if one.waiver else []
        words = " · ".join(md(fact) for fact in (phrase(one.title), *facts) if fact)
        st.checkbox(f"{finding_badge(seen)} {words}", key=key, on_change=changed)


def _press(desk: Desk, kind: WishKind, mark: str, names: dict[str, str]) -> None:
    draft = _keep(desk, mark, names)
    is_approval = kind == "approve"
    wish = Wish(
        kind=kind,
        rationale=draft.rationale if kind != "start" else "",
        conditions=draft.conditions if is_approval else (),
        expires=draft.expires if is_approval else None,
        accepted=draft.accepted if is_approval else (),
        seen=st.session_state[f"seen-{mark}"],
    )
    try:
        done = record(
            desk.opened, desk.gate, wish, head=st.session_state[f"head-{mark}"], key=draft.key
        )
    except LoginNeeded:
        st.warning(t("decision.log-in-again", minutes=desk.opened.settings.decide_minutes))
    except Refused as err:
        st.error(
            "\n".join(
                [t("decision.refused"), "", *(f"- {md(said(one), 800)}" for one in err.messages)]
            )
        )
    except Moved:
        st.rerun()  # the page then says what is new before anything else
    except AssayError as err:
        st.error(refusal(err))
    else:
        _forget(mark, names)
        st.session_state[f"receipt-{mark}"] = done
        st.session_state[f"receipt-facts-{mark}"] = _facts(desk, done)
        st.rerun()


def _draft(desk: Desk, mark: str) -> Draft:
    """Return the draft of this session, read from the database when the page is seen first."""
    if f"draft-{mark}" not in st.session_state:
        st.session_state[f"draft-{mark}"] = kept_draft(desk.opened, desk.gate)
    # what was shown is what is signed, and nothing newer may have been recorded since
    st.session_state.setdefault(f"head-{mark}", desk.stands.head)
    st.session_state.setdefault(f"seen-{mark}", verdict_digest(desk.gate))
    return cast("Draft", st.session_state[f"draft-{mark}"])


def _keep(desk: Desk, mark: str, names: dict[str, str]) -> Draft:
    state = st.session_state
    before = cast("Draft", state[f"draft-{mark}"])
    day = state.get(names["expires"])
    lines = str(state.get(names["conditions"], "\n".join(before.conditions))).split("\n")
    ticked = [one for one in desk.gate.verdict.findings if must_be_accepted(one)]
    draft = replace(
        before,
        kind=str(state.get(names["kind"], before.kind)),
        rationale=str(state.get(names["rationale"], before.rationale)),
        conditions=tuple(line.strip() for line in lines if line.strip()),
        expires=day.isoformat() if isinstance(day, date) else None,
        accepted=tuple(
            finding_key(one) for i, one in enumerate(ticked) if state.get(f"tick-{mark}-{i}")
        ),
    )
    state[f"draft-{mark}"] = draft
    try:
        keep_draft(desk.opened, desk.gate, draft)
    except AssayError as err:  # in a callback nothing else would catch it
        _log.warning("draft not kept", extra={"facts": {"why": type(err).__name__}})
    return draft


def _forget(mark: str, names: dict[str, str]) -> None:
    for key in [
        key for key in st.session_state if str(key).endswith(mark) or f"-{mark}-" in str(key)
    ]:
        del st.session_state[key]
    del names


def _receipt(desk: Desk) -> None:
    done: Decided | None = st.session_state.get(f"receipt-{desk.gate.digest[:12]}")
    if done is None:
        return
    words = said(done.words) if done.words is not None else ""
    st.success(
        t(
            "decision.receipt",
            what=t(f"decision.kind-{done.kind}"),
            by=md(words, 300),
            seq=done.event.seq,
        )
    )
    facts = st.session_state.get(f"receipt-facts-{desk.gate.digest[:12]}", {})
    told = [
        f"- :gray[{t(f'receipt.{name}')}] {md(value)}" for name, value in facts.items() if value
    ]
    st.markdown("\n".join(told))
    files = {"decision.json": done.raw, "receipt.json": json.dumps(facts, indent=1).encode()}
    with st.container(horizontal=True):
        for name, data in files.items():
            if data is not None:
                st.download_button(
                    name, data=data, file_name=name, mime="application/json", key=f"receipt-{name}",
                    on_click="ignore", icon=":material/download:",
                )  # fmt: skip


def _facts(desk: Desk, done: Decided) -> dict[str, str]:
    """Return what a receipt says: about which bytes, by whom, when, and under which filters."""
    report = desk.gate.manifest.files.get("report.html")
    filters = (f"{name}={value}" for name, value in sorted(st.query_params.items()))
    return {
        "verdict": verdict_digest(desk.gate),
        "report": report.sha256 if report else "",
        "actor": desk.opened.person.name,
        "time": done.event.time,
        "event": done.event.digest,
        "file": done.file or "",
        "filters": "&".join(filters),
    }


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found >= utc_now().date() else None


def waiver_drafts(desk: Desk) -> None:
    """Draft a waiver for each finding that decides against a release; the gate then runs again."""
    # as they may be shown: a draft holds the value, which may be that of a small group
    verdict = desk.opened.verdict or desk.gate.verdict
    found = [one for one in view.deciding(verdict) if may_be_waived(one)]
    if not found:
        return
    st.header(t("decision.waive"), anchor=False)
    st.markdown(t("decision.waive-do"))
    st.code(
        f"assay gate {desk.opened.bundle.id} --waivers waivers.yaml --trust trust.yaml\n"
        f"assay submit {desk.opened.bundle.id} --store {source.place(desk.opened.settings)}",
        language=None,
        wrap_lines=True,
    )
    now = utc_now()
    # the number keeps ids apart where several drafts end up in one file
    drafts = [
        draft_waiver(one, desk.opened.bundle, now=now, id=f"W-{now:%Y}-{one.rule}-{i}")
        for i, one in enumerate(found, 1)
    ]
    if len(drafts) > 1:
        _draft_file(plural("decision.waiver-files", len(drafts)), joined(drafts), "all")
    for i, (one, text) in enumerate(zip(found[:_DRAFTS], drafts, strict=False)):
        with st.expander(f"{md(phrase(one.title))} · {md(view.where(one.slice, one.dataset))}"):
            st.code(visible(text), language=None, wrap_lines=True)
            _draft_file(t("decision.waiver-file"), text, str(i))
    if n_more := len(found[_DRAFTS:]):
        st.markdown(plural("decision.more-drafts", n_more))


def _draft_file(label: str, text: str, key: str) -> None:
    st.download_button(
        label,
        data=text,
        file_name="waivers.yaml",
        mime="application/yaml",
        key=f"waiver-{key}",
        on_click="ignore",
        icon=":material/download:",
    )
