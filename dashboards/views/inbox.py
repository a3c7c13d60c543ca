"""Page inbox: what needs me?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import streamlit as st

from dashboards import source
from dashboards.lines import Line, lines
from dashboards.parts import states
from dashboards.parts.badges import badge
from dashboards.parts.downloads import downloads
from dashboards.parts.filters import linked, set_filter
from dashboards.parts.text import md
from dashboards.settings import Settings, settings
from dashboards.shell import admitted, read
from dashboards.wording import plural, t
from harness.clock import utc_now
from harness.exports import view
from harness.records import VerdictWord
from harness.wording.quantities import count
from harness.wording.text import NAME_LIMIT, one_line, visible

_PER_PAGE = 25
_SOON = 30
_COLUMNS = {
    "verdict": 1.3,
    "run": 3.7,
    "policy": 1.8,
    "blocking": 1.1,
    "materiality": 0.9,
    "submitter": 1.2,
    "age": 0.7,
    "decision": 2.3,
}  # fmt: skip
"""Column → its width."""
_REVIEWED = ("submitter", "decision")


def show() -> None:
    """Show the page."""
    who, given, now = admitted(), settings(), utc_now()
    with st.spinner(t("inbox.reading"), show_time=True):
        found = read(lambda: lines(given))
    if not found:
        _nobody_ran(given)
    st.title(t("nav.inbox"), anchor=False)
    if given.store is None:
        st.markdown(f":gray[{t('inbox.folder', place=md(source.place(given)))}]")
    else:
        st.markdown(f":gray[{plural('inbox.n-runs', len(found), place=md(source.place(given)))}]")
    groups = _groups(found, now, has_reviews=given.store is not None)
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        shown = _filtered(groups[_asked(groups)], mine=(who.actor.id, *who.actor.names))
    if shown:
        _list(shown, now, has_reviews=given.store is not None)
    elif given.store is not None and not groups["awaiting"] and not _is_filtered():
        _nothing_waits(given)
    else:
        st.header(t("inbox.none-match"), anchor=False)
        st.button(t("inbox.clear"), on_click=_clear)


def _nobody_ran(given: Settings) -> None:
    place = source.place(given)
    commands = ["assay demo", "assay init TABLE", "assay run"]
    if given.store is not None:
        commands = ["assay demo", "assay run", f"assay submit latest --store {place}"]
    states.stop(t("state.no-runs"), t("state.no-runs-do", place=md(place)), do=commands)


def _nothing_waits(given: Settings) -> None:
    st.header(t("inbox.nothing"), anchor=False)
    st.markdown(t("inbox.nothing-do", place=md(source.place(given))))
    st.button(t("inbox.show-all"), on_click=_show_all)


def _show_all() -> None:
    set_filter("show", "all")


def _clear() -> None:
    for name in ("model", "policy", "verdict"):
        set_filter(name, None)
    st.session_state["mine"] = False
    _show_all()


def _groups(found: Sequence[Line], now: datetime, *, has_reviews: bool) -> dict[str, list[Line]]:
    """Return the lines by what can be asked for, what waits longest first where somebody waits."""
    today = now.date()
    awaiting = sorted((one for one in found if one.is_awaiting), key=lambda one: one.due or "9")
    groups = {
        "awaiting": awaiting,
        "overdue": [one for one in awaiting if one.is_overdue(today)],
        "waivers": sorted(
            (one for one in found if one.ends_within(_SOON, today)),
            key=lambda one: one.next_waiver_end or "",
        ),
        "all": list(found),
    }
    return groups if has_reviews else {name: groups[name] for name in ("all", "waivers")}


def _asked(groups: dict[str, list[Line]]) -> str:
    first = next(iter(groups))
    asked = st.segmented_control(
        t("inbox.show"),
        list(groups),
        required=True,
        wrap=True,
        format_func=lambda name: t(
            f"inbox.{name}", days=_SOON, n=f"**{count(len(groups[name]))}**"
        ),
        label_visibility="collapsed",
        **linked("show", list(groups), first),
    )
    return asked or first


def _filtered(found: Sequence[Line], *, mine: Sequence[str]) -> list[Line]:
    verdicts = [word for word in get_args(VerdictWord) if any(f.verdict == word for f in found)]
    asked = {
        "model": _choice("model", sorted({one.model for one in found if one.model})),
        "policy": _choice("policy", sorted({one.policy for one in found if one.policy})),
        "verdict": _choice("verdict", verdicts),
    }
    has_people = any(one.submitter or one.owner for one in found)
    is_mine = has_people and st.toggle(t("inbox.mine"), key="mine", bind="query-params")
    return [
        one
        for one in found
        if all(value is None or getattr(one, name) == value for name, value in asked.items())
        and (not is_mine or one.submitter in mine or one.owner in mine)
    ]


def _choice(name: str, known: Sequence[str]) -> str | None:
    if len(known) < 2 and name not in st.query_params:
        return None
    return st.selectbox(
        t(f"inbox.{name}"),
        known,
        format_func=lambda word: _option(name, word),
        placeholder=t(f"inbox.any-{name}"),
        label_visibility="collapsed",
        **linked(name, known),
        width=190,
    )


def _option(name: str, word: str) -> str:
    return t(f"verdict.{word}") if name == "verdict" else visible(word)


def _is_filtered() -> bool:
    return any(st.session_state.get(name) for name in ("model", "policy", "verdict", "mine"))


def _list(found: Sequence[Line], now: datetime, *, has_reviews: bool) -> None:
    n_pages = -(-len(found) // _PER_PAGE)
    page = _page(n_pages)
    names = [name for name in _COLUMNS if has_reviews or name not in _REVIEWED]
    if not any(one.materiality for one in found):
        names.remove("materiality")
    widths = [_COLUMNS[name] for name in names]
    with st.container(key="list"):
        with st.container(key="list-head"):
            for place, name in zip(st.columns(widths), names, strict=True):
                place.markdown(t(f"inbox.{name}"))
        start = (page - 1) * _PER_PAGE
        for i, one in enumerate(found[start : start + _PER_PAGE]):
            with st.container(key=f"line-run-{i}"):
                places = st.columns(widths, vertical_alignment="center")
                for place, name in zip(places, names, strict=True):
                    with place:
                        _cell(name, one, now)
    if n_pages > 1:
        st.pagination(n_pages, key="page", bind="query-params")
    rows = [_row(one, now, has_reviews=has_reviews) for one in found]
    downloads(rows, name="runs", key="runs")


def _page(n_pages: int) -> int:
    """Return the page that is asked for, within those that there are under the filters."""
    held = st.session_state.get("page", st.query_params.get("page", "1"))
    page = int(held) if str(held).isdecimal() else 1
    st.session_state["page"] = min(n_pages, max(1, page))
    return min(n_pages, max(1, page))


def _cell(name: str, one: Line, now: datetime) -> None:
    if name == "run":
        st.page_link(
            "views/verdict.py",
            label=md(one.name or one.run, NAME_LIMIT),
            query_params={"run": one.run, **({"gate": one.gate} if one.gate else {})},
        )
    words = {
        "verdict": lambda: _verdict(one),
        "run": lambda: f":small[:gray[{_model(one)}]]",
        "policy": lambda: md(one.policy, NAME_LIMIT),
        "blocking": lambda: _blocking(one),
        "materiality": lambda: md(one.materiality, 40),
        "submitter": lambda: md(one.submitter, 60),
        "age": lambda: _age(one, now),
        "decision": lambda: "  \n".join(_decision(one, now)),
    }
    st.markdown(words[name]())


def _verdict(one: Line) -> str:
    if one.problem:
        return badge(view.mark_of_outcome("error"), t(f"inbox.{one.problem}"))
    for word in get_args(VerdictWord):
        if one.verdict == word:
            return badge(view.mark_of_verdict(word))
    return badge(view.mark_of_outcome("not-measured"), t("inbox.not-judged"))


def _model(one: Line) -> str:
    revision = t("inbox.revision", revision=md(one.revision[:12])) if one.revision else ""
    parts = [md(one.run) if one.name else "", md(one.model, NAME_LIMIT), revision]
    return " · ".join(part for part in parts if part)


def _blocking(one: Line) -> str:
    if not one.verdict or one.n_blocking is None:
        return ""
    if not one.n_blocking:
        return f":gray[{t('inbox.none-blocking')}]"
    return plural("inbox.n-blocking", one.n_blocking)


def _age(one: Line, now: datetime) -> str:
    days = one.age_days(now)
    return "" if days is None else plural("inbox.days", days) if days else t("inbox.today")


def _decision(one: Line, now: datetime) -> list[str]:
    words = [t(f"inbox.state.{one.state}")] if one.state else []
    if one.is_overdue(now.date()):
        words.append(f":orange-badge[:material/alarm: {t('inbox.late', date=md(one.due[:10]))}]")
    elif one.is_awaiting and one.due:
        words.append(f":gray[{t('inbox.due', date=md(one.due[:10]))}]")
    elif one.state == "approved" and one.expires:
        words.append(f":gray[{t('inbox.until', date=md(one.expires[:10]))}]")
    elif one.decided_at:
        words.append(f":gray[{md(one.decided_at[:10])}]")
    if one.ends_within(_SOON, now.date()):
        ends = t("inbox.waiver-ends", date=md((one.next_waiver_end or "")[:10]))
        words.append(f":orange-badge[:material/schedule: {ends}]")
    return words


def _row(one: Line, now: datetime, *, has_reviews: bool) -> dict[str, Any]:
    """Return a line for the files that are taken home."""
    reviewed = (
        "submitter",
        "owner",
        "state",
        "due",
        "decision",
        "decided_at",
        "expires",
        "is_released",
    )
    names = ("run", "gate", "name", "model", "revision", "verdict", "policy", "n_blocking")
    more = ("materiality", "since", "next_waiver_end", "problem")
    kept = (*names, *more, *(reviewed if has_reviews else ()))
    row = {name: getattr(one, name) for name in kept}
    row = {name: one_line(v) if isinstance(v, str) else v for name, v in row.items()}
    return {**row, "age_days": one.age_days(now)}


show()
