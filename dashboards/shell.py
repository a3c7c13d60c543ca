"""What stands around every page: the run that the URL pins, its header, and the states without one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import source
from dashboards.access import Person, person
from dashboards.parts import states
from dashboards.parts.badges import chip, verdict_badge
from dashboards.parts.text import md
from dashboards.settings import Settings, settings
from dashboards.source import Opened
from dashboards.viewing import log_view
from dashboards.wording import language, remember, remembered, speaking, t
from harness.errors import AssayError, IntegrityError
from harness.evidence import Bundle
from harness.exports import view
from harness.records import Verdict

P = ParamSpec("P")
T = TypeVar("T")
_WIDTHS = {"run": 260, "gate": 170}
_log = logging.getLogger("modelassay.dashboard")


def opened() -> Opened:
    """Return the run that the URL names, verified, after its header was shown; else stop the page."""
    who, given = admitted(), settings()
    with st.container(key="bar", horizontal=True, vertical_alignment="center"):
        facts = st.container(key="facts", width="stretch")
        pickers = st.container(key="pickers", horizontal=True, width="content")
    run = _picked_run(given, pickers)
    with st.spinner(t("shell.verifying"), show_time=True):  # shown only where it takes long
        report = read(lambda: source.verified(source.folder_of(given, run)))
    if report.problems:
        facts = {"run": run, "problems": len(report.problems)}
        _log.error("evidence changed", extra={"facts": facts})
        states.tampered(report.problems)
    bundle = source.open_verified(report.path)
    gate = bundle.gate(_picked_gate(run, bundle, pickers)) if bundle.gate_ids() else None
    found = logged(Opened(bundle, gate, who, given))
    remember(view.known_sentences(found.run, found.measurements, found.verdict))
    with facts:
        _header(found)
    return found


def logged(found: Opened) -> Opened:
    """Log that figures of few rows are shown; where that cannot be logged, they are not shown."""
    if not (found.sees_all and found.has_small_cells):
        return found
    n = sum(one.n_rows or 0 for one in found.run.datasets)
    if log_view(found, "figures of few rows", n):
        return found
    st.error(t("shell.not-logged"))
    return found.as_viewer()


def admitted() -> Person:
    """Return who looks at the page, or stop it; the entry file asks too, and no page relies on that."""
    who = person()
    if who is None or not who.may("view"):
        states.stop(t("shell.log-in"), t("shell.log-in-do"))
    return who


def judged(found: Opened) -> Verdict:
    """Return the verdict of a run, or stop the page with what to do where there is none."""
    if found.verdict is None:
        command = f"assay gate {found.bundle.id} --policy builtin/standard"
        states.stop(t("state.not-gated"), t("state.not-gated-do"), do=[command])
    return found.verdict


def fragment(show: Callable[P, None]) -> Callable[P, None]:
    """Make a part of a page that runs again by itself, in the language of the page."""
    spoken, known = language(), remembered()

    @wraps(show)
    def inside(*args: P.args, **kwargs: P.kwargs) -> None:
        with speaking(spoken, known):
            show(*args, **kwargs)

    made: Callable[P, None] = st.fragment(inside)
    return made


def failed(err: Exception) -> None:
    """Write an unexpected error into the log, and show its number and nothing else."""
    id = secrets.token_hex(4)
    _log.error("page failed", extra={"facts": {"id": id}}, exc_info=err)
    states.stop(t("state.error"), t("state.error-do", id=id), kind="error")


def _picked_run(given: Settings, place: DeltaGenerator) -> str:
    known = read(lambda: source.run_ids(given))
    if not known:
        why = t("state.no-runs-do", place=md(source.place(given)))
        states.stop(t("state.no-runs"), why, do=["assay demo", "assay init TABLE", "assay run"])
    asked = pinned("run")
    if asked is not None and asked not in known:
        why = t("state.unknown-run-do", run=md(asked), place=md(source.place(given)))
        _choice("run", known, None, place)
        states.stop(t("state.unknown-run"), why, kind="warning")
    _choice("run", known, asked, place)
    if asked is None:
        states.stop(t("state.pick"))
    return asked


def _picked_gate(run: str, bundle: Bundle, place: DeltaGenerator) -> str:
    known = [one.id for one in reversed(bundle.gates())]
    asked = pinned("gate") or known[0]
    if asked not in known:
        _choice("gate", known, None, place)
        why = t("state.unknown-gate-do", run=md(run), gate=md(asked))
        states.stop(t("state.unknown-gate"), why, kind="warning")
    pin("gate", asked)  # the URL names it, so that a newer gate changes nothing that was shared
    if len(known) > 1:
        _choice("gate", known, asked, place)
    return asked


def pinned(name: str) -> str | None:
    """Return what the URL says of a name; after a change of page what it said before."""
    asked = st.query_params.get(name) or st.session_state.get(f"pinned-{name}")
    if asked is not None:
        pin(name, str(asked))
    return asked


def pin(name: str, value: str | None) -> None:
    """Write a value into the URL, and keep it for the other pages."""
    st.session_state[f"pinned-{name}"] = value
    if value is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def _choice(name: str, known: Sequence[str], asked: str | None, place: DeltaGenerator) -> None:
    """Offer a choice that the URL names afterwards."""

    def chosen() -> None:
        if name == "run":
            pin("gate", None)
        pin(name, st.session_state[key])

    # a key for each value: the widget never holds another one than the URL
    key = f"pick-{name}-{asked}"
    place.selectbox(
        t(f"shell.{name}"),
        known,
        index=known.index(asked) if asked in known else None,
        key=key,
        placeholder=t("shell.pick-run"),
        label_visibility="collapsed",
        on_change=chosen,
        width=_WIDTHS[name],
    )


def _header(found: Opened) -> None:
    """Say which run, model, policy, digest and verdict this page is about."""
    run, verdict = found.run, found.verdict
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(md(run.model.name, 60), anchor=False, width="content")
        if verdict is not None:
            verdict_badge(verdict.verdict)
            for words in view.chips(run, verdict):
                chip(words)
    facts = [
        (t("shell.run"), md(found.bundle.id)),
        (t("shell.digest"), f"`{found.bundle.digest[:12]}`"),
    ]
    if verdict is not None:
        facts.insert(0, (t("shell.policy"), md(view.policy_words(verdict))))
    st.markdown(" · ".join(f"{name} **{value}**" for name, value in facts))


def read(call: Callable[[], T]) -> T:
    """Run something that reads evidence; what goes wrong becomes a state of the page."""
    try:
        return call()
    except IntegrityError as err:
        states.tampered(list(err.problems))
    except (AssayError, OSError) as err:
        _log.error("evidence not read", extra={"facts": {"why": str(err)[:500]}})
        states.stop(t("state.unreadable"), md(err, 2000), kind="error")
