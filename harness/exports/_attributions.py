"""The section on attributions: what they are worth, which rows to leave aside, and a few decisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.exports._parts import bullets, num, section, table
from harness.records import ALL, Measure, Measurement, Measurements, slice_columns
from harness.wording.language import measure_words, said
from harness.wording.markup import Child, Html, el, trusted
from harness.wording.messages import join_sentences, plural, t
from harness.wording.quantities import level_words, n_of, of_estimate, signed
from harness.wording.text import LIMIT, NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.figures.explained import Held, Unconverged

_OF_WORDS = (
    "attribution",
    "faithfulness",
    "attribution-stability",
    "plausibility",
    "sensitive-terms",
    "explanation-by-group",
    "shortcuts",
    "reason-codes",
)
"""Audits of attributions; the section is there where one of them was measured."""

_ABOUT = (*_OF_WORDS, "training-evidence", "mislabelled")
"""Audits that stand in the scorecard, in this order."""

_CAVEATS = {
    "faithfulness": ("across-models", "gaps"),
    "plausibility": ("agree",),
    "sensitive-terms": ("counterfactual",),
}
_HOW = frozenset({"method", "methods", "edit", "removal"})
"""Columns of slices that say how something was measured, not of which rows."""

_IDS = 20
_BARS = 8
_LINES = 60


def attributions_section(measurements: Measurements, held: Held | None) -> Html | None:
    """Return the section; None where nothing was measured of attributions and none are held.

    Args:
        measurements: What was measured.
        held: Decisions that are drawn, and rows that are not to be relied on; None without them.
    """
    audits = {one.measure.partition(".")[0] for one in measurements.measurements}
    if held is None and not audits & set(_OF_WORDS):
        return None
    return section(
        t("section.attributions"),
        "attributions",
        el("p", t("rests.about"), class_="muted"),
        *_scorecard(measurements),
        *_aside(held),
        *_caveats(audits),
        *_decisions(held),
    )


def attribution_rules() -> Html:
    """Return the style of heat maps and bars, which only a report with attributions carries."""
    from harness.figures.shades import ATTRIBUTION_CSS

    return trusted(ATTRIBUTION_CSS)


def _scorecard(measurements: Measurements) -> Iterator[Child]:
    measures = {one.key: one for one in measurements.measures}
    chosen = [
        (measures[one.measure], one)
        for audit in _ABOUT
        for one in measurements.measurements
        if one.measure.partition(".")[0] == audit and _is_whole(one) and one.measure in measures
    ]
    if not chosen:
        return
    # one measure after the other, so that each method stands beside its control
    order = list(dict.fromkeys(measure.key for measure, _ in chosen))
    chosen.sort(key=lambda pair: order.index(pair[0].key))
    head = [t(f"rests.{name}") for name in ("measure", "by", "value", "interval", "n")]
    rows = [_line(*pair) for pair in chosen[:_LINES]]
    yield el("h3", t("rests.scorecard"), class_="part")
    yield table(head, rows, label=t("rests.scorecard"), kind="numbers")
    if n_more := len(chosen) - len(rows):
        yield el("p", plural("rests.more", n_more), class_="under")
    spoken = [measure_words(measure) for measure, _ in chosen[:_LINES]]
    blind = {blind_to: title for title, _, blind_to in spoken}
    lines = (
        t("rests.blind-line", title=one_line(title, NAME_LIMIT), words=one_line(words, LIMIT))
        for words, title in blind.items()
    )
    yield el("details", el("summary", t("rests.blind")), bullets(lines))


def _is_whole(one: Measurement) -> bool:
    """Return whether a value is about all rows: by one method, or by the random control beside it."""
    return one.slice == ALL or set(slice_columns(one.slice)) <= _HOW


def _line(measure: Measure, one: Measurement) -> list[Child]:
    estimate = one.estimate
    key = el("div", one_line(f"{one.measure}, {one.dataset}", NAME_LIMIT), class_="under")
    title = el("span", one_line(measure_words(measure)[0], NAME_LIMIT), key)
    how = [] if one.slice == ALL else list(slice_columns(one.slice).values())
    by = one_line(", ".join(how), NAME_LIMIT)
    if estimate.value is None:
        why = estimate.why_undefined
        reason = one_line(said(why), LIMIT) if why else ""
        return [title, by, num(t("number.not-measured")), reason, ""]
    quantity = of_estimate(estimate)
    level = el("div", level_words(estimate.alpha_low, estimate.alpha_high), class_="under")
    interval = el("span", num(quantity.interval), level)
    return [title, by, num(quantity.value), interval, num(n_of(estimate))]


def _aside(held: Held | None) -> Iterator[Child]:
    if held is None:
        return
    yield el("h3", t("rests.aside"), class_="part")
    yield bullets(_aside_words(one) for one in held.unconverged)


def _aside_words(one: Unconverged) -> str:
    named = {
        "method": one_line(one.method, NAME_LIMIT),
        "data": one_line(one.dataset, NAME_LIMIT),
        "rows": plural("rests.rows", one.n_rows),
        "nothing": plural("rests.rows", one.n_nothing),
    }
    if not one.ids:
        return t("rests.all-converged", **named)
    ids = ", ".join(one_line(id, NAME_LIMIT) for id in one.ids[:_IDS])
    if len(one.ids) > _IDS:
        ids = t("rests.ids-more", ids=ids, n=len(one.ids) - _IDS)
    return t("rests.unconverged", unconverged=plural("rests.rows", len(one.ids)), ids=ids, **named)


def _caveats(audits: set[str]) -> Iterator[Child]:
    names = [name for audit, found in _CAVEATS.items() if audit in audits for name in found]
    yield el("h3", t("explain.caveats"), class_="part")
    yield bullets(t(f"explain.caveat-{name}") for name in dict.fromkeys((*names, "certify")))


def _decisions(held: Held | None) -> Iterator[Child]:
    if held is None or not held.rows.rows:
        return
    from harness.exports.explanation import explained_block

    scale = held.rows.scale
    has_text = any(one.texts for one in held.rows.rows)
    yield el("h3", t("rests.decisions"), class_="part")
    about = t("rests.with-text") if has_text else t("rests.without-text")
    if scale > 0:
        about = join_sentences([about, t("rests.scale", scale=signed(scale))])
    yield el("p", about, class_="muted")
    for one in held.rows.rows:
        yield explained_block(one, scale, top=_BARS)
