"""The printable decision record of a gate, as a download."""

from __future__ import annotations

import streamlit as st

from dashboards.desk import Desk
from dashboards.parts.review import state_words
from dashboards.wording import language, plural, remembered, said, speaking, t
from harness.clock import iso
from harness.evidence.decisions import verdict_digest
from harness.exports.decision_record import Decided, Digests, render_decision_record


def record(desk: Desk) -> None:
    """Offer the record, made when it is asked for, in the language of the page."""
    spoken, known = language(), remembered()

    def made() -> bytes:
        with speaking(spoken, known):
            return record_of(desk).encode()

    st.download_button(
        t("decision.record"),
        data=made,
        file_name="decision-record.html",
        mime="text/html",
        key="record",
        on_click="ignore",
        icon=":material/print:",
    )


def record_of(desk: Desk) -> str:
    """Return the record as a page."""
    gate, opened = desk.gate, desk.opened
    report = gate.manifest.files.get("report.html")
    history = [
        Decided(
            kind=t(f"decision.kind-{one.said.kind}"),
            by=said(one.words),
            at=iso(one.said.decided_at),
            rationale=one.said.rationale,
            conditions=one.said.conditions,
            expires=one.said.expires or "",
            doubt=said(one.doubt) if one.doubt is not None else "",
            statement=one.sha256,
        )
        for one in desk.stands.history
    ]
    return render_decision_record(
        opened.run,
        opened.verdict or gate.verdict,
        Digests(
            run=opened.bundle.digest,
            gate=gate.digest,
            verdict=verdict_digest(gate),
            report=report.sha256 if report else "",
        ),
        state=state_words(desk.stands.state),
        history=history,
        place=f"{opened.bundle.id}@{gate.id}",
        approvals=plural(
            "decision.approvals", desk.stands.n_needed, has=len(desk.stands.approvals)
        ),
        is_single_person=desk.stands.is_single_person,
    )
