"""Page decision."""

from __future__ import annotations

import streamlit as st

from dashboards.shell import opened
from dashboards.wording import t


def show() -> None:
    """Show the page."""
    opened()
    st.header(t("nav.decision"), anchor=False)


show()
