"""Page measurements: what was measured, section by section, and what was not."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import streamlit as st

from dashboards.parts import states
from dashboards.parts.text import md
from dashboards.sections import (
    accuracy,
    data,
    explanations,
    fairness,
    others,
    privacy,
    robustness,
    training,
)
from dashboards.shell import opened, pin, pinned
from dashboards.source import Opened
from dashboards.viewing import log_view
from dashboards.wording import plural, said, t
from harness.exports import view
from harness.records import AuditRecord
from harness.wording.text import NAME_LIMIT, one_line

SECTIONS: dict[str, ModuleType] = {
    "accuracy": accuracy,
    "fairness": fairness,
    "explanations": explanations,
    "privacy": privacy,
    "robustness": robustness,
    "data": data,
    "training": training,
    "others": others,
}
"""Section → its module; one that this run has nothing of is not offered."""

_KEY = "measurements-section"


def show() -> None:
    """Show the page."""
    found = _logged(opened())
    st.header(t("nav.measurements"), anchor=False)
    present = [name for name, section in SECTIONS.items() if section.has(found)]
    if not present:
        states.not_measured(t("measurements.nothing"))
    else:
        SECTIONS[_picked(present)].show(found)
    _not_measured(found)


def _logged(found: Opened) -> Opened:
    """Log that figures of few rows are shown; where that cannot be logged, they are not shown."""
    if not found.sees_all or log_view(
        found, "measurements", sum(one.n_rows or 0 for one in found.run.datasets)
    ):
        return found
    st.error(t("measurements.not-logged"))
    return replace(found, person=replace(found.person, roles=frozenset({"viewer"})))


def _picked(present: list[str]) -> str:
    """Offer the sections that this run has, and return the one that the URL names."""
    asked = pinned("section")
    if asked is not None and asked not in present:
        known = t(f"measurements.{asked}") if asked in SECTIONS else md(asked, NAME_LIMIT)
        st.warning(t("measurements.no-section", section=known))
    section = asked if asked in present else present[0]

    def chosen() -> None:
        pin("section", st.session_state[_KEY])

    if st.session_state.get(_KEY) not in present:
        st.session_state[_KEY] = section
    picked = st.segmented_control(
        t("measurements.section"),
        present,
        format_func=lambda name: t(f"measurements.{name}"),
        required=True,
        key=_KEY,
        on_change=chosen,
        label_visibility="collapsed",
    )
    pin("section", picked or section)
    return picked or section


def _not_measured(found: Opened) -> None:
    """Say of every audit that this run has no value of, why."""
    missing = [audit for audit in found.run.audits if audit.status != "measured"]
    skipped = [name for name in found.run.skipped if name not in {one.id for one in missing}]
    if not missing and not skipped:
        st.markdown(t("measurements.all-measured"))
        return
    with st.expander(plural("measurements.not-measured", len(missing) + len(skipped))):
        for audit in missing:
            st.markdown(f"- {_why(audit)}")
        for name in skipped:
            st.markdown(f"- **{md(name, NAME_LIMIT)}**: {t('measurements.skipped')}")


def _why(audit: AuditRecord) -> str:
    word = t("measurements.error" if audit.status == "error" else "state.not-measured")
    why = said(audit.because) if audit.because else t("not-tested.no-reason")
    return f"**{md(audit.id, NAME_LIMIT)}** · {word}: {md(view.bare_reason(one_line(why, 1000)), 1000)}"


show()
