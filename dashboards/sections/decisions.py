"""Single decisions with what they rest on: heat map, bars of the strongest parts, and their trust figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards.parts.badges import finding_badge
from dashboards.parts.heat import heat, legend
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.sections import common
from dashboards.source import Opened
from dashboards.viewing import log_view
from dashboards.wording import plural, said, t
from harness.figures.explained import Explained, Held, Piece, strongest
from harness.records import Finding
from harness.wording.quantities import quantity_of, signed
from harness.wording.text import NAME_LIMIT, one_line

MOST = 40
"""Decisions that are offered: the first of the sample that the audits drew at random."""

_STRONGEST = 30


def show(opened: Opened, doubts: Sequence[Finding]) -> None:
    """Show one decision of those that the run holds attributions of.

    Args:
        opened: The run.
        doubts: Findings that say that attributions are not to be believed; they take the map's place.
    """
    held = _held(opened.bundle.digest, opened.sees_all, opened)
    if held is None or not held.rows.rows:
        return
    common.head(t("rests.decisions"))
    if not opened.sees_all:
        common.need_data()
    elif not held.rows.rows[0].texts:
        st.info(t("decisions.no-texts"))
    _unconverged(opened, held)
    if doubts:
        st.warning(t("decisions.doubted"))
        for one in doubts:
            st.markdown(f"{finding_badge(one)} {md(said(one.because), 600)}")
        if not st.toggle(t("decisions.show-anyway"), key="show-anyway"):
            return
    rows = held.rows.rows
    first = next((number for number, one in enumerate(rows) if one.is_relied_on), 0)
    at = st.selectbox(
        t("decisions.pick"),
        range(len(rows)),
        index=first,
        format_func=lambda index: _name(opened, rows[index], index),
        key="decision-picked",
    )
    if rows[at].texts and not log_view(opened, f"decision {at + 1}", 1):
        st.error(t("measurements.not-logged"))
        return
    _decision(opened, rows[at], held.rows.scale)


@st.cache_resource(max_entries=16, show_spinner=False)
def _held(digest: str, sees_all: bool, _opened: Opened) -> Held | None:  # noqa: FBT001 - a cache key
    from harness.commands.explaining.stored import held_by

    has_text = sees_all and _opened.bundle.has_personal
    return held_by(_opened.bundle, n_rows=MOST, has_text=has_text)


def _unconverged(opened: Opened, held: Held) -> None:
    rows = [
        {
            t("decisions.method"): one.method,
            t("common.data"): one.dataset,
            t("decisions.explained"): one.n_rows,
            t("decisions.unconverged"): len(one.ids),
            t("decisions.nothing"): one.n_nothing,
        }
        for one in held.unconverged
    ]
    if rows:
        with st.expander(t("rests.aside")):
            alt = t("decisions.aside-alt", n=len(rows))
            table(rows, name="unconverged", key="unconverged", alt=alt)


def _name(opened: Opened, one: Explained, index: int) -> str:
    name = t("decisions.number", n=index + 1)
    classes = (
        f"{one.class_name(one.decision)} {100 * one.scores[one.decision]:.0f} %"
        if one.scores
        else ""
    )
    shown = one_line(one.name, NAME_LIMIT) if opened.sees_all else ""
    return " · ".join(word for word in (name, shown, classes) if word)


def _decision(opened: Opened, one: Explained, scale: float) -> None:
    left, right = st.columns([3, 2])
    with left:
        _map(one, scale)
    with right, st.container(border=True):
        _facts(opened, one)
    _parts(one)


def _map(one: Explained, scale: float) -> None:
    """Show the heat map; without colours where the attributions cannot be relied on."""
    if not one.is_relied_on:
        st.warning(f"{t('decisions.not-relied')} {md(said(one.because), 600)}")
    sides = tuple(t("decisions.speaks-for", name=name) for name in one.sides)
    names = (sides[0], sides[1])
    for text in range(max(1, len(one.texts))):
        own = [p for p in one.pieces if not one.texts or (p.span and p.span[0] == text)]
        if not own:
            continue
        parts = [one.words(p) or str(p.index + 1) for p in own]
        values = [p.value if one.is_relied_on else 0.0 for p in own]
        picked = heat(
            parts, values, label=t("decisions.heat", n=len(own)), key=f"heat-{one.name}-{text}"[:100],
            sides=names, is_signed=one.is_signed, scale=scale or None,
        )  # fmt: skip
        if picked is not None:
            st.markdown(_picked(one, own[picked], names))
    if one.is_relied_on:
        st.markdown(md(legend(names, is_signed=one.is_signed), 800))


def _picked(one: Explained, piece: Piece, sides: tuple[str, str]) -> str:
    words = one.words(piece)
    side = sides[1] if piece.value > 0 else sides[0]
    facts = [t("decisions.part", n=piece.index + 1)]
    facts += [words] if words else []
    facts.append(f"{signed(piece.value)} logits" + (f" ({side})" if one.is_signed else ""))
    if piece.low is not None and piece.high is not None:
        facts.append(t("decisions.range", low=signed(piece.low), high=signed(piece.high)))
    if piece.checked is not None and one.check is not None:
        facts.append(t("decisions.checked", method=one.check.method, value=signed(piece.checked)))
    return " · ".join(md(fact, 300) for fact in facts)


def _facts(opened: Opened, one: Explained) -> None:
    """Say how it was computed and how far it adds up."""
    card = one.card
    seed = next(
        (a.options.get("method_seed") for a in opened.run.audits if a.id == "attribution"), None
    )
    decided = one.class_name(one.decision)
    facts: list[tuple[str, Any]] = [
        (t("decisions.decided"), decided),
        (
            t("decisions.label"),
            one.class_name(one.label) if one.label is not None else t("unknown"),
        ),
        (t("decisions.method"), card.method),
        (t("decisions.baseline"), card.baseline or t("none")),
        (t("decisions.target"), card.target),
        (t("decisions.steps"), f"{card.n_gradients:,} / {card.n_forwards:,}"),
        (t("decisions.seed"), seed if seed is not None else t("unknown")),
        (t("decisions.precision"), card.precision),
        (t("decisions.lead"), signed(one.whole)),
        (t("decisions.gap"), _gap(one)),
        (t("decisions.status"), t(f"decisions.status-{one.status}")),
    ]
    if one.check is not None:
        shared = f"{one.check.n_shared} / {one.check.n_top}"
        facts.append((t("decisions.agree", method=one.check.method, n=one.check.n_top), shared))
    st.markdown("  \n".join(f"{md(name)}: **{md(value)}**" for name, value in facts))
    st.markdown(md(said(one.because), 600))


def _gap(one: Explained) -> str:
    if one.blank is None:
        return t("decisions.no-gap")
    change = one.whole - one.blank
    share = f" ({quantity_of(abs(one.gap / change), 'share')})" if change else ""
    return f"{signed(one.gap)}{share}"


def _parts(one: Explained) -> None:
    rows = [
        {
            t("decisions.position"): piece.index + 1,
            t("decisions.text"): one.words(piece) or "–",
            t("decisions.adds"): round(piece.value, 4),
            t("decisions.second"): None if piece.checked is None else round(piece.checked, 4),
        }
        for piece in strongest(one, _STRONGEST)
    ]
    with st.expander(plural("decisions.strongest", len(rows))):
        main = "; ".join(
            f"{row[t('decisions.position')]}: {row[t('decisions.adds')]}" for row in rows[:5]
        )
        table(rows, name="parts", key="decision-parts", alt=t("decisions.parts-alt", main=main))
