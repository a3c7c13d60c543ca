"""Explanations as a page, as a card for notebooks, and as plain tables: heat map and bars on one scale."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness.exports._card_style import card_style
from harness.exports._parts import bullets, code, facts, num, table
from harness.exports._style import style_sheet
from harness.exports._view import short
from harness.figures import FIGURE_CSS
from harness.figures.attribution_bars import bar_drawing
from harness.figures.explained import Contrast, Explained, Explanation, TrainingRow, strongest
from harness.figures.heat import heat_map, legend
from harness.figures.shades import ATTRIBUTION_CSS
from harness.wording.language import phrase, said, tag
from harness.wording.markup import Child, Html, el, join, trusted
from harness.wording.messages import join_sentences, join_words, plural, t
from harness.wording.quantities import count, signed
from harness.wording.text import NAME_LIMIT, formula_safe, one_line

SCHEMA = "modelassay/explanation/v1"
LINES = 200
"""Parts that a table of numbers lists; all stand in JSON and CSV."""

_CSP = "default-src 'none'; style-src 'unsafe-inline'"
_SCORES = 6
_ONLY = 8
_HEAD = (
    "row",
    "name",
    "position",
    "text",
    "start",
    "stop",
    "part",
    "value",
    "low",
    "high",
    "checked",
)


def render_explanation_html(found: Explanation, *, top: int) -> str:
    """Return a page that needs nothing else: no script, no request, every text escaped.

    Args:
        found: What is shown.
        top: Parts with a bar of their own.
    """
    model = one_line(found.rows[0].card.model, NAME_LIMIT)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_CSP),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", t("explain.page", model=model)),
        el("style", style_sheet(), trusted(ATTRIBUTION_CSS)),
    )
    top_of_page = el(
        "header",
        el("p", t("explain.title"), class_="eyebrow"),
        el("h1", model),
        class_="masthead",
    )
    body = el("body", el("main", top_of_page, *_blocks(found, top=top)))
    return f"<!doctype html>\n{el('html', head, body, lang=tag())}\n"


def render_explanation_card(found: Explanation, *, top: int) -> str:
    """Return a fragment for a notebook, its style confined to itself; see ``render_explanation_html``."""
    style = el("style", card_style(FIGURE_CSS + ATTRIBUTION_CSS))
    title = el("p", t("explain.title"), class_="eyebrow")
    return el(
        "div",
        style,
        title,
        *_blocks(found, top=top),
        class_="assay-card",
        role="group",
        aria_label=t("explain.title"),
    )


def explanation_data(found: Explanation) -> dict[str, Any]:
    """Return everything as plain data for JSON, values unrounded."""
    return {"schema_version": SCHEMA, "scale": found.scale, **asdict(found)}


def explanation_json(found: Explanation) -> str:
    """Return the JSON document.

    Raises:
        ValueError: If a number is not finite.
    """
    # a lone surrogate in a text is no UTF-8; JSON has an escape for it
    text = json.dumps(explanation_data(found), ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def explanation_csv(found: Explanation) -> str:
    """Return one line for each part; what a spreadsheet would run as a formula is marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    for row in explanation_rows(found):
        writer.writerow(
            ["" if v is None else formula_safe(v) if isinstance(v, str) else v for v in row]
        )
    return out.getvalue().encode("utf-8", "replace").decode()


def explanation_rows(found: Explanation) -> Iterator[tuple[str | int | float | None, ...]]:
    """Yield a line for each part of each row, under the names of ``EXPLANATION_HEAD``."""
    for number, one in enumerate(found.rows):
        for piece in one.pieces:
            span = piece.span or (None, None, None)
            yield (
                number, one.name, piece.index, *span, one.words(piece), piece.value, piece.low,
                piece.high, piece.checked,
            )  # fmt: skip


EXPLANATION_HEAD = _HEAD
"""Columns of ``explanation_rows``."""


def _blocks(found: Explanation, *, top: int) -> Iterator[Child]:
    scale = found.scale
    for number, one in enumerate(found.rows):
        title = None
        if found.contrast is not None:
            title = t("explain.second-text") if number else t("explain.first-text")
        yield explained_block(one, scale, top=top, title=title)
        if number < len(found.training_rows):
            yield _training_rows(found.training_rows[number])
    if found.contrast is not None:
        lines = bullets(contrast_lines(found.contrast))
        yield el("section", el("h3", t("explain.contrast")), lines, class_="block")
    yield bullets(said(note) for note in found.notes)
    names = ("counterfactual", "certify", "agree")
    caveats = bullets(t(f"explain.caveat-{name}") for name in names)
    yield el("section", el("h3", t("explain.caveats")), caveats, class_="block small")


def explained_block(one: Explained, scale: float, *, top: int, title: str | None = None) -> Html:
    """Return everything about one decision: what was decided, heat map, bars, numbers, method card.

    Args:
        one: The decision.
        scale: Of the whole page.
        top: Parts with a bar of their own.
        title: What this text is, where there are two.
    """
    trust = None
    if not one.is_relied_on:
        words = t("explain.distrust", because=said(one.because))
        trust = el("p", words, class_="distrust", role="note")
    return el(
        "section",
        el("p", title, class_="eyebrow") if title else None,
        el("h3", decided_words(one)),
        facts(_decision(one)),
        trust,
        legend(one, scale),
        heat_map(one, scale),
        _figure(one, scale, top=top),
        el("p", sum_words(one), class_="under"),
        facts(_card(one)),
        bullets(said(note) for note in one.notes),
        class_="explained",
    )


def decided_words(one: Explained) -> str:
    """Return what was decided, ahead of what, by how much; or how likely a text is."""
    if one.is_of_text:
        return t("explain.decided-text", lead=signed(one.whole))
    return t(
        "explain.decided" if one.decision == one.target else "explain.decided-other",
        decision=one.class_name(one.decision),
        target=one.class_name(one.target),
        runner_up=one.class_name(one.runner_up),
        lead=signed(one.whole),
    )


def contrast_lines(contrast: Contrast) -> list[str]:
    """Return what differs between two texts, a sentence each."""
    sides = (("first", contrast.only_first), ("second", contrast.only_second))
    return [
        *(said(one) for one in contrast.said),
        *(t(f"explain.only-{side}", words=_only_words(words)) for side, words in sides),
    ]


def _only_words(words: tuple[tuple[str, float], ...]) -> str:
    shown = [f"{one_line(word, NAME_LIMIT)} ({signed(value)})" for word, value in words[:_ONLY]]
    if len(words) > _ONLY:
        shown.append(t("explain.only-more", n=len(words) - _ONLY))
    return join_words(shown) or t("explain.only-nothing")


def score_words(one: Explained) -> str:
    """Return the classes with the highest scores, each with its score."""
    order = sorted(range(len(one.classes)), key=lambda index: -one.scores[index])[:_SCORES]
    return join_words(f"{one.class_name(index)} {_percent(one.scores[index])}" for index in order)


def sum_words(one: Explained) -> str:
    """Return how base value, attributions and the unexplained part add up to the lead."""
    if one.blank is None or one.card.baseline is None:
        return one.said("explain.no-base", whole=signed(one.whole))
    return one.said(
        "explain.sum-line",
        unit=one.card.unit,
        absence=t(f"explain.absence-{one.card.baseline}"),
        blank=signed(one.blank),
        total=signed(one.total),
        unexplained=signed(one.unexplained),
        whole=signed(one.whole),
    )


def card_lines(one: Explained) -> list[tuple[str, str]]:
    """Return the method card as terms and descriptions."""
    card = one.card
    classes = {"target": one.class_name(one.target), "runner_up": one.class_name(one.runner_up)}
    lines = [
        (t("explain.method"), join_words([card.method, phrase(card.unit)])),
        (t("explain.baseline"), card.baseline or t("explain.no-baseline")),
        (t("explain.target"), one.said(f"explain.target-{card.target}", **classes)),
        (t("explain.status"), _status(one)),
        (t("explain.spent"), _spent(one)),
    ]
    if one.n_tokens:
        lines.append((t("explain.read"), _read(one)))
    if one.check is not None:
        lines.append((t("explain.check"), check_words(one)))
    return lines


def check_words(one: Explained) -> str:
    """Return how the cross-check compares."""
    check = one.check
    if check is None:
        return ""
    is_signed = check.n_same_sign is not None
    words = t(
        "explain.check-words" if is_signed else "explain.check-words-unsigned",
        method=check.method,
        n_top=check.n_top,
        n_shared=check.n_shared,
        n_same_sign=check.n_same_sign,
    )
    n_alike = check.n_shared if check.n_same_sign is None else check.n_same_sign
    is_low = n_alike * 5 < check.n_top * 2
    return t("explain.check-doubt", check=words, low=t("explain.check-low")) if is_low else words


def _status(one: Explained) -> str:
    status = t(f"explain.status-{one.status}")
    return t("explain.status-words", status=status, because=said(one.because))


def _spent(one: Explained) -> str:
    return t(
        "explain.spent-words",
        gradients=plural("explain.gradients", one.card.n_gradients),
        forwards=plural("explain.forwards", one.card.n_forwards),
        precision=one.card.precision,
    )


def _read(one: Explained) -> str:
    return t("explain.read-words", n=count(one.n_tokens), special=count(one.n_special))


def _percent(score: float) -> str:
    if 0.9995 <= score < 1 or 0 < score < 0.0005:
        return "> 99.9 %" if score > 0.5 else "< 0.1 %"
    return f"{100 * score:.1f} %"


def _decision(one: Explained) -> list[tuple[str, Child]]:
    label = None if one.label is None else one.class_name(one.label)
    return [
        (t("explain.example"), one_line(one.name, NAME_LIMIT)),
        (t("explain.scores"), None if one.is_of_text else score_words(one)),
        (t("explain.label"), label),
    ]


def _card(one: Explained) -> list[tuple[str, Child]]:
    model = one_line(one.card.model, NAME_LIMIT)
    weights = code(short(one.card.weights)) if one.card.weights else None
    about = join([model, " ", weights]) if weights else model
    return [(t("explain.model"), about), *card_lines(one)]


def _figure(one: Explained, scale: float, *, top: int) -> Html:
    drawn = bar_drawing(one, scale, top=top)
    captions = [one.said("explain.bars-caption", unit=one.card.unit)]
    if scale > 0:
        captions.append(t("explain.scale-caption", low=signed(-scale), high=signed(scale)))
    if one.card.n_seeds:
        captions.append(t("explain.bars-reach", n=one.card.n_seeds))
    captions.append(t("explain.cut-caption"))
    return el(
        "figure",
        el("div", drawn.html, class_="canvas"),
        el("p", join_sentences(captions), class_="under"),
        _numbers(one),
        class_="figure attributions",
    )


def _numbers(one: Explained) -> Html:
    """Return the numbers as a table: what a heat map says, for those who cannot see it."""
    pieces = strongest(one, LINES)
    has_range = any(piece.low is not None for piece in pieces)
    head = [t("explain.position"), t("explain.part"), t("explain.value")]
    head += [t("explain.range")] if has_range else []
    head += [t("explain.checked", method=one.check.method)] if one.check else []
    rows: list[list[Child]] = []
    for piece in pieces:
        row: list[Child] = [str(piece.index + 1), one.words(piece), num(signed(piece.value))]
        if has_range and piece.low is not None and piece.high is not None:
            row.append(num(f"{signed(piece.low)} … {signed(piece.high)}"))
        if one.check:
            row.append("" if piece.checked is None else num(signed(piece.checked)))
        rows.append(row)
    n_more = len(one.pieces) - len(pieces)
    more = el("p", plural("explain.n-left-out", n_more), class_="under") if n_more else None
    listed = table(head, rows, label=t("explain.numbers"), kind="numbers")
    wide = el("div", listed, class_="canvas")
    return el("details", el("summary", t("explain.numbers")), wide, more, class_="numbers")


def training_row_words(one: TrainingRow) -> str:
    """Return a training row as one line: id, class, influence, similarity, shared words."""
    shared = join_words(one_line(word, NAME_LIMIT) for word in one.shared)
    return t(
        "explain.training-row" if one.cosine is None else "explain.training-row-near",
        id=one_line(one.example_id, NAME_LIMIT),
        label=one_line(one.label, NAME_LIMIT),
        influence=f"{one.influence:.3g}",
        cosine=f"{one.cosine or 0.0:.2f}",
        shared=shared or t("explain.training-none"),
    )


def _training_rows(rows: tuple[TrainingRow, ...]) -> Html:
    lines = bullets(training_row_words(one) for one in rows)
    about = el("p", t("explain.training-about"), class_="muted")
    return el("section", el("h3", t("explain.training")), about, lines, class_="block")
