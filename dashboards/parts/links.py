"""Links between pages: each names the run and the gate, so that it means the same tomorrow."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from dashboards.source import Opened
from harness.records import ALL, Finding, slice_columns

Section = Literal["accuracy", "fairness", "explanations", "privacy", "robustness", "training"]

_SECTIONS: dict[Section, tuple[str, ...]] = {
    "fairness": (
        "attribute-inference", "bbq", "conditional-disparity", "counterfactual", "explanation-by-group",
        "group-calibration", "group-error", "group-metrics", "group-ranking", "intersections",
        "metric-by-group", "representation", "sensitive-terms",
    ),
    "explanations": (
        "attribution", "attribution-stability", "faithfulness", "occlusion", "plausibility",
        "reason-codes", "shortcuts",
    ),
    "privacy": (
        "empirical-epsilon", "extraction", "membership", "memorisation", "pii-sensitivity",
        "training-data-privacy",
    ),
    "robustness": ("robustness",),
    "training": ("training-evidence", "generalisation", "data-quality", "mislabelled"),
}  # fmt: skip
"""Section of the page Measurements → audits; all others stand under accuracy."""


def section_of(measure: str) -> Section:
    """Return the section of the page Measurements that shows a measure."""
    audit = measure.partition(".")[0]
    return next((name for name, audits in _SECTIONS.items() if audit in audits), "accuracy")


def query(found: Opened, **more: str) -> dict[str, str]:
    """Return the parameters of a URL about this run and gate."""
    gate = {"gate": found.gate.id} if found.gate else {}
    return {"run": found.bundle.id, **gate, **{key: value for key, value in more.items() if value}}


def page_link(
    found: Opened, page: str, label: str, *, icon: str | None = None, **more: str
) -> None:
    """Show a link to another page of the same run.

    Args:
        found: The run.
        page: Name of the page's file.
        label: What the link says; a sentence of the catalogue.
        icon: An icon before it.
        more: Filters of that page, as its URL names them.
    """
    st.page_link(f"views/{page}.py", label=label, icon=icon, query_params=query(found, **more))


def groups_of(finding: Finding) -> str:
    """Return a finding's slice where it is one of groups that examples can be filtered by."""
    if finding.slice == ALL:
        return ""
    try:
        columns = slice_columns(finding.slice)
    except ValueError:
        return ""
    return "" if "*" in columns.values() else finding.slice
