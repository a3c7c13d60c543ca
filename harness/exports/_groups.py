"""The section on groups: per column what was judged, in one sentence each, and the figures behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.exports import _view as view
from harness.exports._marks import mark_of
from harness.exports._parts import mark_label, num, section, table
from harness.records import Finding, Measurements, Message, RunRecord, Verdict
from harness.wording.language import phrase, said
from harness.wording.markup import Html, el, join
from harness.wording.messages import plural, t
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.figures import Figure, GroupFigures
    from harness.stats import Read

_BYTES = 700_000
_OPEN = 2
"""Figures that are shown of a column where no rule bears on any."""


def groups_section(
    run: RunRecord,
    measurements: Measurements,
    verdict: Verdict,
    read: Read | None,
    *,
    is_short: bool = False,
) -> Html | None:
    """Return the section with every group column, or as many figures as fit; None without groups."""
    if not view.has_groups(run, measurements):
        return None
    from harness.figures import group_figures

    findings = view.ordered(verdict.findings)
    columns = group_figures(measurements, findings, run.datasets, read=read, is_short=is_short)
    if not columns:
        return None
    room = _Room(_BYTES)
    blocks = [_column(one, room) for one in columns]
    left_out = el("p", plural("groups.left-out", room.n_left_out)) if room.n_left_out else None
    short = el("p", t("groups.short"), class_="muted small") if is_short else None
    return section(t("section.groups"), "groups", *blocks, left_out, short)


class _Room:
    """What is left of the space for figures, and how many did not fit."""

    __slots__ = ("n_bytes", "n_left_out")

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes
        self.n_left_out = 0

    def fit(self, figures: Sequence[Figure]) -> list[Html]:
        """Return the figures that still fit, from the first."""
        kept = []
        for one in figures:
            html = figure_block(one)
            size = len(html.encode())
            if self.n_left_out or size > self.n_bytes:
                self.n_left_out += 1
                continue
            self.n_bytes -= size
            kept.append(html)
        return kept


def _column(one: GroupFigures, room: _Room) -> Html:
    names = one_line(" × ".join(one.columns), NAME_LIMIT)
    data = one_line(one.dataset, NAME_LIMIT)
    n_open = max(one.n_first, _OPEN)
    first = room.fit(one.figures[:n_open])
    rest = room.fit(one.figures[n_open:])
    more = None
    if rest:
        more = el("details", el("summary", plural("groups.more", len(rest))), *rest)
    return el(
        "section",
        el("h3", t("groups.column", columns=names, data=data)),
        *_sentences(one.sentences),
        *first,
        more,
        class_="block groups",
    )


def _sentences(found: Sequence[tuple[Finding, Message]]) -> Iterator[Html]:
    for finding, sentence in found:
        head = el("header", el("h4", phrase(finding.title)), mark_label(mark_of(finding)))
        yield el("article", head, el("p", said(sentence)), class_="case")


def figure_block(one: Figure) -> Html:
    """Return a figure with its captions and its numbers as a table, which every reader can copy."""
    rows = ([first, *map(num, numbers), last] for first, *numbers, last in one.shown)
    numbers = table(one.shown_head, rows, label=one.title, kind="numbers")
    numbers = el("div", numbers, class_="canvas")
    if one.svg:
        numbers = el("details", el("summary", t("figure.numbers")), numbers, class_="numbers")
    return el(
        "figure",
        el("figcaption", one.title),
        el("div", one.html, class_="canvas") if one.svg else None,
        numbers if not one.svg else None,
        join([el("p", said(caption), class_="under") for caption in one.captions]),
        numbers if one.svg else None,
        class_=f"figure {one.kind}",
    )
