"""Explanations: what attributions are worth, decisions with their heat maps, shortcuts, reason codes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import streamlit as st

from dashboards.parts import plots
from dashboards.parts.badges import finding_badge
from dashboards.parts.charts import chart
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.sections import common, decisions
from dashboards.source import Opened
from dashboards.wording import plural, said, t
from harness.exports import view
from harness.figures.removal_curves import RANDOM, mean_curves
from harness.records import ALL, Finding, Measurement, slice_columns
from harness.wording.quantities import limit_words, n_of, of_estimate
from harness.wording.text import NAME_LIMIT, one_line

_TRUST = (
    "attribution", "attribution-stability", "faithfulness", "plausibility", "explanation-by-group",
)  # fmt: skip
"""Audits that say whether attributions may be believed; a failed rule about one replaces the map."""

AUDITS = (
    *_TRUST, "occlusion", "shortcuts", "reason-codes", "sensitive-terms", "training-evidence",
)  # fmt: skip

_STABLE = {"stable": "explanations.reason-stable", "not stable": "explanations.reason-not-stable"}
_HOW = frozenset({"method", "methods", "edit", "removal"})
"""Columns of slices that say how something was measured, not of which rows."""

_FLIPS = ("shortcuts.insertion-flip-rate", "shortcuts.row-share", "shortcuts.insertion-effect")
_REASONS = (
    "reason-codes.stable-share", "reason-codes.confirmed-share", "reason-codes.coverage",
    "reason-codes.protected-in-top-share", "reason-codes.unmapped-first-share",
)  # fmt: skip


def has(opened: Opened) -> bool:
    """Tell whether the run has something of this section."""
    return common.has_any(opened, AUDITS)


def show(opened: Opened) -> None:
    """Show the section: first whether to believe, then what."""
    doubts = failed(opened)
    _trust(opened, doubts)
    _curves(opened)
    decisions.show(opened, doubts)
    _shortcuts(opened)
    _reasons(opened)
    common.all_values(opened, AUDITS, key="explanations")


def failed(opened: Opened) -> list[Finding]:
    """Return the findings that say that attributions of this run are not to be believed."""
    return [
        one
        for one in opened.findings
        if one.outcome == "failed" and common.audit_of(one.measure) in _TRUST
    ]


def _trust(opened: Opened, doubts: list[Finding]) -> None:
    """Show the scorecard: each method beside its control, with what a rule said."""
    found = [m for m in common.measured(opened, _TRUST) if _is_whole(m)]
    if not found:
        return
    common.head(t("rests.scorecard"))
    st.markdown(t("rests.about"))
    for one in doubts:
        st.markdown(f"{finding_badge(one)} **{md(one.title, NAME_LIMIT)}** · "
                    f"{md(limit_words(one))}: {md(said(one.because), 600)}")  # fmt: skip
    known = [m for m in found if m.estimate.value is not None]
    order = list(dict.fromkeys(m.measure for m in known))
    known.sort(key=lambda m: order.index(m.measure))
    if known:
        alt = plural("explanations.trust-alt", len(known))
        table([_trust_row(opened, m) for m in known], name="trust", key="trust", alt=alt)
    missing = [m for m in found if m.estimate.value is None]
    if missing:
        with st.expander(plural("explanations.no-value", len(missing))):
            for m in missing:
                why = said(m.estimate.why_undefined) if m.estimate.why_undefined else ""
                title = common.title_of(opened, m.measure)
                st.markdown(f"- **{md(title)}** ({md(common.about(m))}): {md(why, 400)}")


def _is_whole(m: Measurement) -> bool:
    return m.slice == ALL or set(slice_columns(m.slice)) <= _HOW


def _trust_row(opened: Opened, m: Measurement) -> dict[str, Any]:
    finding = opened.judged.get((m.measure, m.dataset, m.slice))
    how = [] if m.slice == ALL else list(slice_columns(m.slice).values())
    quantity = of_estimate(m.estimate)
    return {
        t("rests.measure"): common.title_of(opened, m.measure),
        t("rests.by"): ", ".join(how),
        t("rests.value"): quantity.value,
        t("rests.interval"): quantity.interval,
        t("rests.n"): n_of(m.estimate),
        t("common.outcome"): view.mark_of(finding).word if finding else "",
    }


def _curves(opened: Opened) -> None:
    """Show what the decided class loses as words go, each method against random orders."""
    means = _means(opened.bundle.digest, opened)
    if not means:
        return
    common.head(t("explanations.curves"))
    series = list(dict.fromkeys(one.ranking for one in means))
    for column, end in zip(st.columns(2), ("without", "kept"), strict=True):
        rows = [
            {"x": one.share, "y": getattr(one, end), "series": one.ranking, "n": one.n}
            for one in means
        ]
        drawing = plots.curves(
            rows, x=t("explanations.taken"), y=t("explanations.probability"), series=series,
            control=(RANDOM,), per_cent=(True, True),
        )  # fmt: skip
        numbers = [
            {
                t("explanations.ranking"): row["series"],
                t("explanations.taken"): f"{100 * row['x']:.1f} %",
                t("explanations.probability"): f"{100 * row['y']:.1f} %",
                t("figure.n"): row["n"],
            }
            for row in rows
        ]
        ends = [
            max((r for r in rows if r["series"] == name), key=lambda r: r["x"]) for name in series
        ]
        main = "; ".join(f"{one_line(r['series'], 40)} {100 * r['y']:.0f} %" for r in ends)
        with column:
            st.markdown(f"**{t(f'explanations.curve-{end}')}**")
            alt = t("explanations.curve-alt", curve=t(f"explanations.curve-{end}"), main=main)
            chart(drawing, numbers, name=f"curve-{end}", key=f"curve-{end}", alt=alt)
    st.markdown(t("explanations.curve-note"))


@st.cache_data(max_entries=32, show_spinner=False)
def _means(digest: str, _opened: Opened) -> list[Any]:
    columns = ("ranking", "n_taken", "n_words", "without", "kept")
    return mean_curves(common.rows_of(_opened, "audits/faithfulness/curves.parquet", columns))


def _shortcuts(opened: Opened) -> None:
    """Show the words that were tried; a word is text of the data, so it needs the right to see it."""
    if not common.has_any(opened, ("shortcuts",)):
        return
    common.head(t("explanations.shortcuts"))
    common.headline(opened, _FLIPS)
    words = common.rows_of(opened, "audits/shortcuts/words.parquet")
    if not words:
        return
    if not opened.sees_all:
        common.need_data()
    words.sort(key=lambda row: (not row["is_found"], -(row["n_flips"] or 0), row["word"]))
    rows = [_word_row(opened, row) for row in words]
    n_found = sum(bool(row["is_found"]) for row in words)
    alt = t("explanations.words-alt", n=len(rows), n_found=n_found)
    table(rows, name="words", key="shortcut-words", alt=alt)


def _word_row(opened: Opened, row: dict[str, Any]) -> dict[str, Any]:
    name = row["name"] if opened.sees_all else None
    ends = (row["flip_rate_low"], row["flip_rate_high"])
    known = all(end is not None for end in ends)
    return {
        t("explanations.word"): name or t("explanations.word-number", n=row["word"] + 1),
        t("explanations.verdict"): t(f"explanations.word-{row['verdict']}"),
        t("explanations.class"): row["class"],
        t("explanations.flips"): f"{row['n_flips']}/{row['n_inserted']}"
        if row["n_inserted"]
        else "–",
        t("explanations.control-flips"): row["n_control_flips"],
        t("figure.interval"): f"[{100 * ends[0]:.1f}, {100 * ends[1]:.1f}]" if known else "",
        t("explanations.rows"): row["n_rows"],
        t("explanations.q"): None if row["q_value"] is None else f"{row['q_value']:.2g}",
    }


def _reasons(opened: Opened) -> None:
    if not common.has_any(opened, ("reason-codes",)):
        return
    common.head(t("explanations.reasons"))
    common.headline(opened, _REASONS)
    columns = ("reason", "verdict", "is_protected")
    found = common.rows_of(opened, "audits/reason-codes/reasons.parquet", columns)
    if not found:
        return
    counts = Counter((row["reason"] or "", row["verdict"], row["is_protected"]) for row in found)
    rows = [
        {
            t("explanations.reason"): reason or t("explanations.no-reason"),
            t("explanations.verdict"): t(_STABLE[verdict]) if verdict in _STABLE else verdict,
            t("explanations.protected"): t("explanations.yes") if is_protected else "",
            t("explanations.times"): n,
        }
        for (reason, verdict, is_protected), n in counts.most_common()
        if opened.sees_all or n >= opened.settings.min_cell
    ]
    alt = t("explanations.reasons-alt", n=len(rows))
    table(rows, name="reasons", key="reason-codes", alt=alt)
    if len(rows) < len(counts):
        common.need_data()
