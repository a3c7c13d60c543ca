"""Filters that the URL names by stable words; a bound widget of Streamlit would put its label there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st


def linked(name: str, known: Sequence[str], default: str | None = None) -> dict[str, Any]:
    """Return ``key`` and ``on_change`` of a widget whose value the URL names.

    Args:
        name: Of the widget and of the parameter in the URL.
        known: Values that there are; another one in the URL counts as none.
        default: What holds where the URL names none; it is then left out of the URL.
    """
    asked = st.query_params.get(name)
    held = st.session_state.get(name, asked)
    st.session_state[name] = held if held in known else default
    return {"key": name, "on_change": _written(name, default)}


def set_filter(name: str, value: str | None) -> None:
    """Set a filter from a callback: in the widget and in the URL."""
    st.session_state[name] = value
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def put(name: str, value: str | None) -> None:
    """Write a value into the URL, or take it out."""
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def _written(name: str, default: str | None) -> Callable[[], None]:
    def changed() -> None:
        value = st.session_state[name]
        set_filter(name, value)
        if value == default:
            st.query_params.pop(name, None)

    return changed
