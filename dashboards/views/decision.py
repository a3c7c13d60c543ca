"""Page decision: where the review stands, the decision, and the evidence it rests on."""

from __future__ import annotations

import streamlit as st

from dashboards import source
from dashboards.desk import Desk, open_desk
from dashboards.parts import evidence
from dashboards.parts.deciding import deciding, waiver_drafts
from dashboards.parts.filters import linked
from dashboards.parts.record import record
from dashboards.parts.review import review
from dashboards.parts.talk import talk
from dashboards.parts.text import md
from dashboards.shell import judged, opened
from dashboards.source import Opened
from dashboards.wording import remember, t
from harness.errors import AssayError, IntegrityError
from harness.evidence.decided import REQUESTERS
from harness.records import Verdict
from harness.signing import Trust

PARTS = ("decision", "threads", "evidence", "exports", "log")


def show() -> None:
    """Show the page."""
    found = opened()
    st.header(t("nav.decision"), anchor=False)
    part = st.segmented_control(
        t("decision.part"),
        list(PARTS),
        format_func=lambda one: t(f"decision.part-{one}"),
        label_visibility="collapsed",
        required=True,
        **linked("part", PARTS, PARTS[0]),
    )
    if found.verdict is None and part != "evidence":
        judged(found)  # says how to judge it; the evidence is there without
    desk = _desk(found)
    trust = desk.trust if desk is not None else None
    if part == "threads":
        _threads(found, desk)
    elif part == "evidence":
        _evidence(found, trust)
    elif part == "exports":
        _exports(found, desk, judged(found))
    elif part == "log":
        _log(found, desk)
    else:
        _decision(found, desk)


def _desk(found: Opened) -> Desk | None:
    """Return what stands about the gate; None without a store, or where its log is not what it was."""
    if found.settings.store is None or found.gate is None:
        return None
    try:
        desk = open_desk(found, found.gate)
    except IntegrityError as err:
        evidence.broken_log(err)
    except (AssayError, OSError) as err:
        st.error(f"{t('state.unreadable')}: {md(err, 2000)}")
    else:
        remember((*desk.stands.reasons, *REQUESTERS))
        return desk
    return None


def _decision(found: Opened, desk: Desk | None) -> None:
    if desk is None:
        if found.settings.store is None:
            evidence.no_store(found)
        return
    left, right = st.columns([1, 1], gap="medium")
    with left:
        review(desk)
        record(desk)
    with right:
        deciding(desk)
    waiver_drafts(desk)


def _threads(found: Opened, desk: Desk | None) -> None:
    if desk is None:
        if found.settings.store is None:
            evidence.no_store(found)
        return
    talk(desk)


def _evidence(found: Opened, trust: Trust | None) -> None:
    evidence.verify_now(found, trust)
    report = source.verified(found.bundle.path)
    evidence.statements(report, trust)
    evidence.left_out(found, report)
    evidence.files(found)
    evidence.origin(found)


def _exports(found: Opened, desk: Desk | None, verdict: Verdict) -> None:
    if desk is not None:
        record(desk)
    evidence.exports(found, verdict)
    evidence.sealed_files(found, verdict)


def _log(found: Opened, desk: Desk | None) -> None:
    if desk is None:
        if found.settings.store is None:
            evidence.no_store(found)
        return
    evidence.log(desk.events, desk.names)


show()
