"""Looking at texts of rows is logged: who, which run, how many; never what was read."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from dashboards.source import Opened
from harness.errors import AssayError

_log = logging.getLogger("modelassay.dashboard")


def log_view(opened: Opened, what: str, n: int, *, about: str = "") -> bool:
    """Write that texts are about to be shown, once for each view of a session.

    Args:
        opened: The run.
        what: Which part, e.g. ``examples page 3`` or ``example e007``; no text of a row.
        n: How many rows.
        about: Which rows, where ``what`` does not say it all: a digest of the filters. Not written.

    Returns:
        Whether it was written. Where the store cannot take it, nothing may be shown.
    """
    seen: set[str] = st.session_state.setdefault("logged-views", set())
    name = f"{opened.bundle.digest}:{what}:{about}"
    if name in seen:
        return True
    person, run = opened.person, opened.bundle.id
    facts = {"run": run, "what": what, "n": n, "issuer": person.issuer, "subject": person.subject}
    if opened.settings.store is not None and not _appended(opened, what):
        _log.error("view not logged, so not shown", extra={"facts": facts})
        return False
    _log.info("data viewed", extra={"facts": facts})
    seen.add(name)
    return True


def _appended(opened: Opened, what: str) -> bool:
    from harness.depot import open_store
    from harness.depot.looked import log_view as append

    store = opened.settings.store
    try:
        if store is not None:
            with open_store(store) as one:
                actor, key = opened.person.actor, secrets.token_hex(16)
                append(one, opened.bundle, actor, what, key=key)
    except AssayError:
        return False
    return True
