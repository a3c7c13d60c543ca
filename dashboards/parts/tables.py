"""Tables: read by a screen reader, taken home as CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.parts.downloads import Rows, downloads
from harness.wording.text import visible


def table(
    rows: Rows,
    *,
    name: str,
    key: str,
    alt: str,
    columns: Mapping[str, Any] | None = None,
    height: int | str = "auto",
    is_picked: bool = False,
    most: int | None = None,
) -> int | None:
    """Show rows as a grid, with downloads of the same rows.

    Args:
        rows: One mapping for each row; keys are the headings. Texts may be hostile: cells are plain.
        name: File name of the downloads without ending.
        key: Unique on the page.
        alt: What the table holds, in a sentence.
        columns: Streamlit's column configuration.
        height: Of the grid.
        is_picked: Whether a row can be picked; the page then runs again.
        most: Rows that are shown, the first ones; None shows all. The downloads hold all.

    Returns:
        Position of the row that was picked; None without one.
    """
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = pa.table({visible(n): [_shown(row.get(n)) for row in rows[:most]] for n in names})
    given: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row"}
    state: Any = st.dataframe(
        shown,
        hide_index=True,
        alt=alt,
        key=key,
        height=height,
        column_config=columns or {},
        **(given if is_picked else {}),
    )
    downloads(rows, name=name, key=key)
    picked = state["selection"]["rows"] if is_picked else []
    return int(picked[0]) if picked and picked[0] < len(rows) else None


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) else value
