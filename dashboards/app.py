"""Entry of the dashboard: language, login, navigation; the pages themselves lie in ``views``."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.access import Person, log_out, person
from dashboards.parts import states
from dashboards.parts.style import style
from dashboards.parts.text import md
from dashboards.settings import settings
from dashboards.shell import failed, pinned
from dashboards.wording import LANGUAGES, speaking, t
from harness.errors import IntegrityError

HERE = Path(__file__).parent
PAGES = ("inbox", "verdict", "requirements", "measurements", "examples", "compare", "decision")


def main() -> None:
    """Show one page."""
    st.set_page_config(page_title="Modelassay", page_icon=str(HERE / "icon.png"), layout="wide")
    with speaking(_language()):
        _page()


def _page() -> None:
    pages = [
        st.Page(
            HERE / "views" / f"{name}.py",
            title=t(f"nav.{name}"),
            url_path="" if name == "inbox" else name,
            default=name == "inbox",
        )
        for name in PAGES
    ]
    who = person()
    if who is None:
        st.header(t("shell.log-in"), anchor=False)
        st.markdown(t("shell.log-in-do"))
        if "run" in st.query_params:
            st.markdown(t("shell.log-in-link"))
        # the provider would otherwise tell the old time of login again, and again
        is_over = bool(st.user.get("is_logged_in", False))
        if is_over:
            st.markdown(t("shell.log-in-over"))
        if st.button(t("shell.log-in"), type="primary"):
            st.login("fresh" if is_over else "main")
        st.stop()
        return
    if not who.may("view"):
        states.stop(t("shell.no-role"), t("shell.no-role-do", name=md(who.name)), kind="warning")
    picked = st.navigation(pages, position="top")
    style()
    _who(who)
    try:
        picked.run()
    except IntegrityError as err:  # changed since it was verified, a moment ago
        states.tampered(err.problems)
    except Exception as err:  # noqa: BLE001 - a page must not show a traceback
        failed(err)


def _who(who: Person) -> None:
    """Say on every page who looks at it, or that nobody is authenticated."""
    with st.container(horizontal=True, vertical_alignment="center", key="who"):
        if not who.is_authenticated:
            st.markdown(f":material/person_off: {t('shell.local')}", width="content")
            return
        st.markdown(f":material/person: {md(who.name, 80)}", width="content")
        if st.button(t("shell.log-out"), type="tertiary"):
            log_out()


def _language() -> str:
    """Return the language of the URL, else of the browser, else of the settings."""
    asked = pinned("lang")
    if asked in LANGUAGES:
        return str(asked)
    browser = (st.context.locale or "").lower()
    return "zh" if browser.startswith("zh") else settings().language


main()
