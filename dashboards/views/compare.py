"""Page compare: what changed since the last release?"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboards import shell, source
from dashboards.parts import states
from dashboards.parts.compared import (
    MOST_ROWS,
    dumbbells,
    flipped,
    paired,
    side_by_side,
    value_rows,
    ways,
)
from dashboards.parts.differing import differing, other_data
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.shell import opened, pinned
from dashboards.source import Opened
from dashboards.wording import t
from harness.commands.comparing.words import read_me
from harness.errors import AssayError
from harness.evidence import Bundle


def show() -> None:
    """Show the page."""
    found = opened()
    st.header(t("nav.compare"), anchor=False)
    released = _last_release(found)
    base = _baseline(found, released)
    if base is None:
        why = t("compare.no-release") if released is None else t("compare.is-release")
        st.info(f"{why} {t('compare.pick-do')}")
        return
    if base.digest == found.bundle.digest:
        st.info(f"{t('compare.is-copy', run=md(found.bundle.id))} {t('compare.pick-do')}")
        return
    if base.id == released:
        st.markdown(t("compare.against-release", run=md(base.id)))
    else:
        id = "compare.against-run" if released else "compare.against-picked"
        st.markdown(t(id, run=md(base.id)))
    _differences(found, base)
    _values(found, base)
    st.header(t("compare.flipped-title"), anchor=False)
    flipped(found.bundle, base, key="flipped")


def _last_release(found: Opened) -> str | None:
    """Return the run that stands released under the name of this one."""
    if found.settings.store is None:
        return None
    from harness.depot import open_store, standing_releases

    try:
        with open_store(found.settings.store) as store:
            standing = standing_releases(store.events(), found.run.name)
    except AssayError as err:
        states.stop(t("state.unreadable"), md(err, 2000), kind="error")
    return str(standing[-1].body.get("run")) if standing else None


def _baseline(found: Opened, released: str | None) -> Bundle | None:
    known = [one for one in source.run_ids(found.settings) if one != found.bundle.id]
    asked = pinned("base") or (released if released in known else None)
    if asked == found.bundle.id:
        asked = None
    if asked is not None and asked not in known:
        why = t("state.unknown-run-do", run=md(asked), place=md(source.place(found.settings)))
        states.stop(t("state.unknown-run"), why, kind="warning")

    def chosen() -> None:
        shell.pin("base", st.session_state[key])

    key = f"pick-base-{asked}"
    st.selectbox(
        t("compare.pick"),
        known,
        index=known.index(asked) if asked in known else None,
        key=key,
        placeholder=t("shell.pick-run"),
        on_change=chosen,
    )
    if asked is None:
        return None
    shell.pin("base", asked)  # a later release must not change what was shared
    try:
        report = source.verified(source.folder_of(found.settings, asked))
    except (AssayError, OSError) as err:
        states.stop(t("state.unreadable"), md(err, 2000), kind="error")
    if report.problems:
        states.tampered(report.problems)
    return source.open_verified(report.path)


def _differences(found: Opened, base: Bundle) -> None:
    """Show config, policy, data and environment first: an edit there can look like progress."""
    st.header(t("compare.differs"), anchor=False)
    gate = base.gate() if base.gate_ids() else None
    rows = differing(found, base, gate)
    names = other_data(found.bundle, base)
    if names:
        listed = ", ".join(md(name) for name in names)
        st.warning(t("compare.other-data", names=listed), icon=":material/warning:")
    if not rows:
        st.markdown(t("compare.differs-nothing"))
        return
    table(rows, name="what-differs", key="differs", alt=t("compare.differs-alt"))


def _values(found: Opened, base: Bundle) -> None:
    st.header(t("compare.values"), anchor=False)
    beside = _beside(found, base)
    rows = side_by_side(found.measurements, beside.measurements)
    if not rows:
        states.not_measured(t("compare.nothing-in-common"))
        return
    n_drawn, n_moved = dumbbells(rows, key="dumbbells")
    if n_moved > n_drawn:
        st.markdown(t("compare.drawn", n=n_drawn, all=f"{n_moved:,}"))
    key = f"paired-{found.bundle.digest[:12]}-{base.digest[:12]}"
    st.markdown(t("compare.not-yet"))
    is_small = all(one.n_rows <= MOST_ROWS for one in found.run.datasets)
    if not is_small:
        st.code(f"assay compare {base.id} {found.bundle.id}", language=None, wrap_lines=True)
    elif st.button(t("compare.pair"), key=f"do-{key}", type="primary"):
        st.session_state[key] = True
    if not st.session_state.get(key):
        with st.expander(t("compare.all-values")):
            table(value_rows(rows), name="values", key="values", alt=t("compare.values-alt"))
        return
    least = 0 if found.sees_all and beside.sees_all else found.settings.min_cell
    with st.spinner(t("compare.pairing"), show_time=True):
        one = paired(
            str(found.bundle.path), str(base.path), (found.bundle.digest, base.digest), least
        )
    ways(one, found.measurements.measures)
    for sentence in read_me(one):
        st.markdown(f":gray[{md(sentence, 600)}]")


def _beside(found: Opened, base: Bundle) -> Opened:
    """Return the baseline in front of whoever looks: its small groups are logged or hidden as well."""
    gate = base.gate() if base.gate_ids() else None
    return shell.logged(replace(found, bundle=base, gate=gate))


show()
