"""Charts: each with its table, its downloads and a sentence for those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboards.parts.downloads import Rows
from dashboards.parts.marks import Spec
from dashboards.parts.tables import table
from dashboards.wording import t

BLUE, AMBER, VERMILION, GREY = "#0072B2", "#E69F00", "#D55E00", "#6B6B6B"
RULE = "#888888"
"""Colour of lines that must be seen on white and on black."""
CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


def chart(
    drawing: Spec | None,
    rows: Rows,
    *,
    name: str,
    key: str,
    alt: str,
    columns: Mapping[str, Any] | None = None,
    width: int | None = None,
) -> None:
    """Show a drawing and, folded below it, its numbers.

    Args:
        drawing: Made by ``marks.drawing``; None where nothing can be drawn, then the numbers stand alone.
        rows: The numbers that it draws.
        name: File name of the downloads without ending.
        key: Unique on the page.
        alt: What the chart shows, with its main numbers.
        columns: Streamlit's column configuration of the table.
        width: Pixels that it keeps, to be scrolled where there is less room; None fits the page.
    """
    if drawing is None:
        table(rows, name=name, key=f"{key}-table", alt=alt, columns=columns)
        return
    if width is None:
        st.vega_lite_chart(spec=drawing, key=key, alt=alt)
    else:
        with st.container(key=f"scroll-{key}"):
            st.vega_lite_chart(spec=drawing, key=key, alt=alt, width=width)
    with st.expander(t("part.table")):
        table(rows, name=name, key=f"{key}-table", alt=alt, columns=columns)
