"""Where a review stands, and what was decided."""

from __future__ import annotations

import streamlit as st

from dashboards.desk import Desk
from dashboards.parts.text import md
from dashboards.wording import plural, said, t
from harness.clock import iso
from harness.evidence.decided import Decision
from harness.wording.text import visible

_TONES = {
    "approved": ":blue-badge[:material/check_circle: {}]",
    "released": ":blue-badge[:material/check_circle: {}]",
    "rejected": ":red-badge[:material/block: {}]",
    "changes_requested": ":orange-badge[:material/edit: {}]",
}
_CARDS = {"approve": "blue", "reject": "vermilion", "request-changes": "amber"}
_PLAIN = ":gray-badge[:material/schedule: {}]"


def state_words(state: str) -> str:
    """Return a state as it is spoken."""
    return t(f"decision.state-{state.replace('_', '-')}")


def review(desk: Desk) -> None:
    """Show where the review stands, who approved, and what no longer counts."""
    stands = desk.stands
    with st.container(border=True, key="quiet-stands"):
        badge = _TONES.get(stands.state, _PLAIN).format(md(state_words(stands.state)))
        st.markdown(f"### {t('decision.stands')} {badge}")
        st.markdown("\n".join(f"- {line}" for line in _lines(desk)))
    if stands.is_single_person:
        st.warning(t("decision.single-person"), icon=":material/person:")
    if not stands.is_newest:
        st.warning(t("decision.old-gate"), icon=":material/history:")
    if stands.history:
        st.header(t("decision.history"), anchor=False)
        counting = {one.sha256 for one in stands.approvals}
        for i, one in reversed(list(enumerate(stands.history))):
            tone = _CARDS.get(one.said.kind, "grey")
            if one.doubt is not None or (one.said.kind == "approve" and one.sha256 not in counting):
                tone = "grey"  # it is history, and no approval that stands
            _decision(desk, one, key=f"card-{tone}-decision-{i}")


def _lines(desk: Desk) -> list[str]:
    stands = desk.stands
    lines = [
        plural("decision.approvals", stands.n_needed, has=len(stands.approvals)),
        *(
            f"{md(said(one.words), 300)} ({md(iso(one.said.decided_at))})"
            for one in stands.approvals
        ),
    ]
    lines += [t("decision.condition", text=md(text, 600)) for text in stands.conditions]
    if stands.expires:
        lines.append(t("decision.holds-until", day=md(stands.expires)))
    if stands.n_blocking_threads:
        lines.append(plural("decision.open-requests", stands.n_blocking_threads))
    lines += [f":orange[{md(said(one), 600)}]" for one in stands.voided]
    return lines


def _decision(desk: Desk, one: Decision, *, key: str) -> None:
    with st.container(border=True, key=key):
        what = t(f"decision.kind-{one.said.kind}")
        st.markdown(f"**{what}** · {md(said(one.words), 300)} · {md(iso(one.said.decided_at))}")
        if one.doubt is not None:
            st.warning(t("decision.doubt", why=md(said(one.doubt), 600)))
        st.text(visible(one.said.rationale))
        if one.said.conditions:
            st.markdown("\n".join(f"- {md(text, 600)}" for text in one.said.conditions))
        if one.said.expires:
            st.markdown(t("decision.holds-until", day=md(one.said.expires)))
        st.markdown(
            f":gray[{t('decision.signed', digest=md(one.sha256[:16]), place=md(one.place))}]"
        )
        path = desk.opened.bundle.path / one.place
        st.download_button(
            "decision.json",
            data=path.read_bytes,
            file_name="decision.json",
            mime="application/json",
            key=f"file-{key}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
