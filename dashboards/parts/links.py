"""Links between pages: each names the run and the gate, so that it means the same tomorrow."""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from dashboards.source import Opened
from harness.records import ALL, Finding, slice_columns

_SECTIONS = (
    "accuracy", "fairness", "explanations", "privacy", "robustness", "data",
)  # fmt: skip
"""Modules of ``dashboards.sections`` that name their audits; all other audits stand under ``others``."""


def section_of(measure: str) -> str:
    """Return the section of the page Measurements that shows a measure."""
    audit = measure.partition(".")[0]
    for name in _SECTIONS:
        if audit in import_module(f"dashboards.sections.{name}").AUDITS:
            return name
    return "others"


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
