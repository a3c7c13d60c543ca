"""Files that a reader takes home: CSV that no spreadsheet runs, and JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.wording import t
from harness.wording.text import formula_safe

Rows = Sequence[Mapping[str, Any]]


def csv_bytes(rows: Rows) -> bytes:
    """Return rows as CSV in UTF-8, with a byte order mark for spreadsheets, formulas made harmless."""
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([formula_safe(name) for name in names])
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in names])
    return ("\ufeff" + out.getvalue()).encode("utf-8", "backslashreplace")


def json_bytes(rows: Rows) -> bytes:
    """Return rows as one JSON list."""
    return (json.dumps(list(rows), ensure_ascii=False, indent=1, default=str) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def downloads(rows: Rows, *, name: str, key: str) -> None:
    """Offer rows as CSV and as JSON.

    Args:
        rows: What is shown beside.
        name: File name without its ending, no data in it.
        key: Unique on the page.
    """
    forms = (("csv", csv_bytes, "text/csv"), ("json", json_bytes, "application/json"))
    with st.container(horizontal=True, horizontal_alignment="left"):
        for form, make, mime in forms:
            st.download_button(
                t(f"part.{form}"),
                data=lambda make=make: make(rows),
                file_name=f"{name}.{form}",
                mime=mime,
                key=f"{key}-{form}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def _cell(value: object) -> object:
    return formula_safe(value) if isinstance(value, str) else value
