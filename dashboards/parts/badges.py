"""Verdicts and outcomes: always a word and an icon, the colour only in addition."""

from __future__ import annotations

import streamlit as st

from dashboards.parts.text import md
from harness.exports.view import Mark, mark_of, mark_of_verdict
from harness.records import Finding, VerdictWord

ICONS = {
    "tick": ":material/check_circle:",
    "barred": ":material/block:",
    "triangle": ":material/warning:",
    "scales": ":material/balance:",
    "question": ":material/help:",
    "clock": ":material/schedule:",
    "dash": ":material/remove:",
}
TONES = {"blue": "blue", "vermilion": "red", "amber": "orange", "grey": "gray", "none": "gray"}
"""Tone → Streamlit's name of a colour, whose shades the theme sets to ours."""


def badge(mark: Mark, words: str = "") -> str:
    """Return a mark as Markdown: icon, word and colour; other words stand in place of its own."""
    return f":{TONES[mark.tone]}-badge[{ICONS[mark.icon]} {md(words or mark.word)}]"


def finding_badge(finding: Finding) -> str:
    """Return the outcome of a finding as Markdown."""
    return badge(mark_of(finding))


def verdict_badge(verdict: VerdictWord) -> None:
    """Show a verdict."""
    st.markdown(badge(mark_of_verdict(verdict)), width="content")


def chip(words: str) -> None:
    """Show why a run cannot support a release as it stands, in two words."""
    st.markdown(f":gray-badge[{md(words)}]", width="content")
