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
) -> None:
    """Show rows as a grid, with downloads of the same rows.

    Args:
        rows: One mapping for each row; keys are the headings. Texts may be hostile: cells are plain.
        name: File name of the downloads without ending.
        key: Unique on the page.
        alt: What the table holds, in a sentence.
        columns: Streamlit's column configuration.
        height: Of the grid.
    """
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    shown = pa.table({visible(n): [_shown(row.get(n)) for row in rows] for n in names})
    st.dataframe(
        shown, hide_index=True, alt=alt, key=key, height=height, column_config=columns or {}
    )
    downloads(rows, name=name, key=key)


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) else value
