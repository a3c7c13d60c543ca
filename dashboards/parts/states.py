"""What a page shows instead of evidence: nothing there, an error, a changed bundle, a missing role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from dashboards.parts.text import md
from dashboards.wording import t


def stop(title: str, why: str = "", *, do: Sequence[str] = (), kind: str = "info") -> NoReturn:
    """Show one state and nothing else.

    Args:
        title: What is the case; a sentence of the catalogue.
        why: More about it, data in it already made inert by ``md``.
        do: Commands that help, shown as code.
        kind: ``info``, ``warning`` or ``error``.
    """
    st.header(title, anchor=False)
    if why:
        {"info": st.info, "warning": st.warning, "error": st.error}[kind](why)
    for command in do:
        st.code(command, language=None, wrap_lines=True)
    st.stop()
    raise AssertionError("unreachable: the page was stopped")


def tampered(problems: Sequence[str]) -> NoReturn:
    """Show that a bundle is not as it was sealed: only that, and what differs."""
    st.header(t("state.tampered"), anchor=False)
    st.error(t("state.tampered-do"))
    for problem in problems[:50]:
        st.code(problem, language=None, wrap_lines=True)
    st.stop()
    raise AssertionError("unreachable: the page was stopped")


def not_measured(why: str) -> None:
    """Show that something was not measured, and why; the page goes on."""
    st.info(f"**{t('state.not-measured')}.** {md(why, 1000)}", icon=":material/help:")
