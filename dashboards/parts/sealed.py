"""Report and verdict to take home: the sealed bytes, or for some without figures of small groups."""

from __future__ import annotations

import streamlit as st

from dashboards.source import Opened
from dashboards.wording import t

_FILES = (
    ("report.html", "verdict.report", "text/html"),
    ("verdict.json", "verdict.json", "application/json"),
)


def files(found: Opened) -> None:
    """Offer the report and the verdict of the gate that is looked at."""
    if found.gate is None:
        return
    is_whole = found.verdict == found.gate.verdict
    with st.container(width="content", gap="xsmall", key="files"):
        for name, id, mime in _FILES:
            if name in found.gate.manifest.files:
                st.download_button(
                    t(id),
                    data=lambda name=name: file_bytes(found, name),
                    file_name=name if is_whole else f"without-small-groups-{name}",
                    mime=mime,
                    key=f"file-{name}",
                    icon=":material/download:",
                    on_click="ignore",
                    type="tertiary",
                )
        if not is_whole:
            st.markdown(f":gray[{t('verdict.without-small', k=found.settings.min_cell)}]")


def file_bytes(found: Opened, name: str) -> bytes:
    """Return a file of the gate as it is sealed; without small cells for those who may not see them.

    Args:
        found: A run with a gate.
        name: ``report.html`` or ``verdict.json``.
    """
    if found.gate is None or found.verdict is None:
        return b""
    if found.verdict == found.gate.verdict:
        return found.gate.read_bytes(name)
    if name == "verdict.json":
        from harness.records import to_json

        return to_json(found.verdict).encode()
    from harness.exports.html_report import render_html

    return render_html(found.run, found.measurements, found.verdict).encode()
