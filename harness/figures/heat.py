"""Heat maps: the text itself, each part in the colour and with the sign of its attribution.

Every character of the text is drawn once and escaped; what cannot be seen is written out, so that no
direction mark or zero-width character can turn words round. Colours are off where the attributions
cannot be relied on. For screen readers the table beside a heat map says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from harness.figures.explained import Explained, Stretch, stretches_of
from harness.figures.shades import STEPS, kind_of, step_of
from harness.wording.markup import Html, el, join
from harness.wording.messages import plural, t
from harness.wording.quantities import signed
from harness.wording.text import visible

MOST_CHARACTERS = 40_000
"""Characters of one text that are drawn; the whole stands in the JSON beside it."""

_UNREAD_SHOWN = 160
_WRITTEN_OUT = re.compile(r"&lt;U\+[0-9A-F]{4,6}&gt;")


def heat_map(one: Explained, scale: float) -> Html:
    """Return the texts of one input with their attributions drawn into them.

    Args:
        one: The decision; without texts nothing is drawn.
        scale: Value of the strongest colour, the same for everything on a page.
    """
    return join(_text(one, index, scale) for index in range(len(one.texts)))


def legend(one: Explained, scale: float) -> Html:
    """Return what colours, signs and lines mean, in words that name both classes."""
    if not one.is_relied_on or not one.texts:
        return Html("")
    if not one.is_signed:
        sample = _sample("plain", t("explain.legend-sample"))
        return el("p", sample, t("explain.legend-plain", most=signed(scale)), class_="scale")
    names = {"target": one.class_name(one.target), "runner_up": one.class_name(one.runner_up)}
    parts: list[Html | str] = [
        _sample("against", f"{scale:.2f}"),
        one.said("explain.legend-against", **names),
        _sample("for", f"{scale:.2f}"),
        one.said("explain.legend-for", **names),
    ]
    if any(piece.is_unsure for piece in one.pieces):
        parts += [_sample("for unsure", t("explain.legend-sample")), t("explain.legend-unsure")]
    return el("p", *(el("span", part) for part in parts), class_="scale")


def _sample(kind: str, words: str) -> Html:
    return el("span", el("span", words, class_=f"{kind} s{STEPS}"), class_="heat")


def _text(one: Explained, index: int, scale: float) -> Html:
    text = one.texts[index]
    kind = "heat" if one.is_relied_on else "heat off"
    if not text.strip():
        return el("div", t("explain.no-text"), class_="heat off")
    which = ("first", "second")[index]
    title = t("explain.heat") if len(one.texts) == 1 else t(f"explain.heat-{which}")
    return el(
        "div",
        *_drawn(one, index, scale),
        class_=kind if index == 0 else f"{kind} pair",
        dir="auto",
        role="group",
        aria_label=title,
    )


def _drawn(one: Explained, index: int, scale: float) -> Iterator[Html]:
    text = one.texts[index]
    for run in stretches_of(one, index):
        if run.start >= MOST_CHARACTERS and run.kind != "unread":
            yield el("span", plural("explain.not-drawn", len(text) - run.start), class_="unread")
            return
        words = text[run.start : run.stop]
        if run.kind == "unread":
            yield _unread(words)
        elif run.kind == "between" or not one.is_relied_on:
            yield _shown(words)
        else:
            yield _part(words, run, scale, is_signed=one.is_signed)


def _part(words: str, run: Stretch, scale: float, *, is_signed: bool) -> Html:
    step = step_of(run.value, scale)
    if step == 0 and not run.is_unsure:
        return _shown(words)
    kind = kind_of(run.value, is_signed=is_signed)
    unsure = " unsure" if run.is_unsure else ""
    start = f'<span class="{kind} s{step}{unsure}" title="{signed(run.value)}">'
    return Html(f"{start}{_shown(words)}</span>")


def _unread(words: str) -> Html:
    head = words[:_UNREAD_SHOWN]
    more = "…" if len(words) > len(head) else ""
    said = plural("explain.unread", len(words))
    return join([Html('<span class="unread">'), said, " ", _shown(head), more, Html("</span>")])


def _shown(words: str) -> Html:
    """Return a stretch of text escaped, with its blanks and line breaks kept."""
    # isolated, so that what is written out reads the same within a text from right to left
    return Html(_WRITTEN_OUT.sub(r"<bdi>\g<0></bdi>", escape(visible(words))))
