"""What stands beside a verdict: the last release, waivers with their days left, signed documents."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.tables import table
from dashboards.wording import t
from harness.exports import view
from harness.records import Measurements, Verdict
from harness.wording.language import phrase


def changes(measurements: Measurements, verdict: Verdict) -> None:
    """Show what changed since the last release; nothing where no rule compared."""
    rows = [
        {
            t("verdict.rule"): phrase(one.finding.title),
            t("verdict.where"): view.where(one.finding.slice, one.finding.dataset),
            t("change.old"): one.old,
            t("change.new"): one.new,
            t("change.difference"): one.difference,
            t("verdict.outcome"): view.mark_of(one.finding).word,
        }
        for one in view.changes(measurements, verdict)
    ]
    _shown("change", rows, t("verdict.changes-alt"))


def waivers(verdict: Verdict) -> None:
    """Show every waiver that the gate met."""
    rows = [
        {
            t("waiver.id"): one.id,
            t("waiver.rule"): one.rule,
            t("waiver.state"): one.state,
            t("waiver.value"): one.value,
            t("waiver.expires"): one.expires,
            t("waiver.owner"): one.owner,
            t("waiver.approved"): one.approved,
            t("verdict.remarks"): " ".join(one.remarks),
        }
        for one in view.waivers(verdict)
    ]
    _shown("waiver", rows, t("verdict.waivers-alt"))


def documents(verdict: Verdict) -> None:
    """Show every document that the policy asks for."""
    rows = [
        {
            t("document.rule"): phrase(one.finding.title),
            t("verdict.outcome"): one.outcome,
            t("document.document"): one.name,
            t("document.signed"): one.signed,
            t("document.when"): one.when,
            t("document.expires"): one.expires,
            t("document.sample"): one.sample,
        }
        for one in view.documents(verdict)
    ]
    _shown("document", rows, t("verdict.documents-alt"))


def _shown(kind: str, rows: list[dict[str, str]], alt: str) -> None:
    if not rows:
        return
    st.header(t(f"{kind}.title"), anchor=False)
    table(rows, name=f"{kind}s", key=f"{kind}s", alt=alt)
