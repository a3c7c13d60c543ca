"""Explanations in a terminal: the text with signs, bars made of signs, and colour only beside them.

``[++ word]`` speaks for the decided class, ``[-- word]`` for the runner-up; one sign from an eighth of
the scale, two from a third, three from two thirds. Everything stays legible without colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.exports.explanation import (
    card_lines,
    contrast_lines,
    decided_words,
    score_words,
    sum_words,
    training_row_words,
)
from harness.figures.attribution_bars import Bar, bars_of, is_cut
from harness.figures.explained import (
    Explained,
    Explanation,
    Stretch,
    TrainingRow,
    stretches_of,
)
from harness.wording.language import said
from harness.wording.messages import join_clauses, plural, t
from harness.wording.quantities import signed
from harness.wording.text import NAME_LIMIT, cells, cut, fit, one_line, visible, wrap

_MIN_WIDTH = 60
_LINES = 60
_MARKED_FROM = 1 / 8
_BAR = 16
_GAP = "  "
_SGR = {"for": "38;5;166", "against": "38;5;32", "plain": "2", "unread": "2", "strong": "1"}
"""Foreground colours near the report's vermilion and blue, from the 256 that terminals share."""
_UNREAD_SHOWN = 60
_BLANK = re.compile(r"(\s+)")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def render_explanation_screen(found: Explanation, *, top: int, color: bool, width: int) -> str:
    """Return the screen, ending in a line break.

    Args:
        found: What is shown.
        top: Parts with a bar of their own.
        color: Whether signs are coloured; they are the same signs without.
        width: Columns of the terminal.
    """
    width = max(width, _MIN_WIDTH)
    lines: list[str] = []
    for number, one in enumerate(found.rows):
        if number:
            lines.append("")
        if found.contrast is not None:
            lines.append(t("explain.second-text") if number else t("explain.first-text"))
        lines += _row(one, found.scale, top=top, color=color, width=width)
        if number < len(found.training_rows):
            lines += _training_rows(found.training_rows[number], width)
    if found.contrast is not None:
        lines += ["", t("explain.contrast")]
        for words in contrast_lines(found.contrast):
            lines += _wrapped(words, width)
    for note in found.notes:
        lines += _wrapped(said(note), width)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _row(one: Explained, scale: float, *, top: int, color: bool, width: int) -> Iterator[str]:
    paint = _Paint(color)
    model = one_line(one.card.model, NAME_LIMIT)
    yield cut(f"{model}: {one_line(one.name, NAME_LIMIT)}", width)
    yield paint(decided_words(one), "strong")
    scores = score_words(one)
    if one.label is not None:
        label = t("list.term", term=t("explain.label"), words=one.class_name(one.label))
        scores = join_clauses([scores, label])
    if not one.is_of_text:
        yield from wrap(t("list.term", term=t("explain.scores"), words=scores), width)
    yield ""
    if not one.is_relied_on:
        yield from _wrapped(t("explain.distrust", because=said(one.because)), width)
        yield ""
    for index in range(len(one.texts)):
        yield from _text(one, index, scale, paint, width)
        yield ""
    yield from _bars(one, scale, top, paint, width)
    yield ""
    yield from wrap(sum_words(one), width)
    for term, words in card_lines(one):
        yield from _fact(term, words, width)
    for note in one.notes:
        yield from _wrapped(said(note), width)


@dataclass(frozen=True, slots=True)
class _Paint:
    """Puts a colour around words, where there is colour."""

    is_on: bool

    def __call__(self, words: str, kind: str) -> str:
        return f"\x1b[{_SGR[kind]}m{words}\x1b[0m" if self.is_on and kind in _SGR else words


def _text(one: Explained, index: int, scale: float, paint: _Paint, width: int) -> Iterator[str]:
    if not one.texts[index].strip():
        yield _GAP + t("explain.no-text")
        return
    pieces = _chunks(one, index, scale)
    for number, line in enumerate(_broken(pieces, width - len(_GAP))):
        if number >= _LINES:
            yield _GAP + t("explain.more-lines")
            return
        yield _GAP + "".join(paint(words, kind) for words, kind in line)


def _chunks(one: Explained, index: int, scale: float) -> Iterator[tuple[str, str]]:
    """Yield what is written without a break, with the name of its colour."""
    for run in stretches_of(one, index):
        words = one.texts[index][run.start : run.stop]
        if run.kind == "part" and one.is_relied_on:
            yield _marked(words, run, scale, is_signed=one.is_signed)
        elif run.kind == "unread":
            head = visible(cut(one_line(words, 400), _UNREAD_SHOWN))
            about = plural("explain.unread", len(words))
            yield from ((word, "unread") for word in _BLANK.split(f"[{about} {head}]") if word)
        else:
            yield from ((word, "") for word in _BLANK.split(visible(words)) if word)


def _marked(words: str, run: Stretch, scale: float, *, is_signed: bool) -> tuple[str, str]:
    shown = one_line(words, 400)
    share = abs(run.value) / scale if scale > 0 else 0.0
    if share < _MARKED_FROM and not run.is_unsure:
        return shown, ""
    if run.is_unsure:
        return f"[? {shown}]", "plain"
    n = 3 if share >= 2 / 3 else 2 if share >= 1 / 3 else 1
    if not is_signed:
        return f"[{'*' * n} {shown}]", "plain"
    return (f"[{'+' * n} {shown}]", "for") if run.value > 0 else (f"[{'-' * n} {shown}]", "against")


def _broken(chunks: Iterator[tuple[str, str]], width: int) -> Iterator[list[tuple[str, str]]]:
    """Break chunks into lines at blanks, and anywhere in scripts without blanks or where it must be."""
    line: list[tuple[str, str]] = []
    used = 0
    for group in _groups(chunks):
        blank = group[0][0]
        if blank.isspace():
            if "\n" in blank:
                yield line
                line, used = [], 0
            elif line and used < width:
                line.append((" ", ""))
                used += 1
            continue
        if used and used + sum(cells(words) for words, _ in group) > width:
            yield line
            line, used = [], 0
        for words, kind in group:
            for part in wrap(words, width):
                if used and used + cells(part) > width:
                    yield line
                    line, used = [], 0
                line.append((part, kind))
                used += cells(part)
    if line:
        yield line


def _groups(chunks: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Yield chunks that should stay together: what no blank divides, outside unspaced scripts."""
    group: list[tuple[str, str]] = []
    for words, kind in chunks:
        is_alone = words.isspace() or bool(_UNSPACED.search(words))
        if is_alone:
            if group:
                yield group
            yield [(words, kind)]
            group = []
        else:
            group.append((words, kind))
    if group:
        yield group


def _bars(one: Explained, scale: float, top: int, paint: _Paint, width: int) -> Iterator[str]:
    bars = bars_of(one, top=top)
    reach = scale if scale > 0 else max((abs(bar.value) for bar in bars), default=0.0)
    room = max(8, min(28, (width - 40) // 2))
    if one.is_signed:
        left, right = one.sides
        head = f"{cut(f'<- {left}', room):>{room}}|{cut(f'{right} ->', room)}"
        yield f"{_GAP}{'':>9}  {head}"
    for bar in bars:
        yield _bar(bar, reach, room, paint, width)
    if any(is_cut(bar, reach) for bar in bars):
        yield from _wrapped(t("explain.cut-signs", most=ascii_sign(signed(reach))), width)


def _bar(bar: Bar, reach: float, room: int, paint: _Paint, width: int) -> str:
    share = min(1.0, abs(bar.value) / reach) if reach > 0 else 0.0
    length = int(share * room + 0.5)
    sign = "?" if bar.is_unsure else {"for": "+", "against": "-"}.get(bar.kind, "=")
    is_left = bar.value < 0
    drawn = sign * length
    if is_cut(bar, reach):
        drawn = f"<{drawn[1:]}" if is_left else f"{drawn[:-1]}>"
    left = " " * (room - length) + paint(drawn, bar.kind) if is_left else " " * room
    right = " " * room if is_left else paint(drawn, bar.kind) + " " * (room - length)
    label = one_line(bar.label, 200).strip() or t("explain.blank-part")
    where = f" ({bar.where})" if bar.where else ""
    value = ascii_sign(signed(bar.value))
    rest = width - len(_GAP) - 11 - 2 * room - 3 - cells(where)
    return f"{_GAP}{value:>9}  {left}|{right}  {cut(label, max(8, rest))}{where}"


def ascii_sign(number: str) -> str:
    """Return a number with the minus sign that every terminal has."""
    return number.replace("\u2212", "-")


def _fact(term: str, words: str, width: int) -> Iterator[str]:
    first, *rest = wrap(words, width - _BAR) or [""]
    yield fit(term, _BAR) + first
    yield from (" " * _BAR + line for line in rest)


def _wrapped(text: str, width: int) -> Sequence[str]:
    return wrap(one_line(text, 2000), width)


def _training_rows(rows: Sequence[TrainingRow], width: int) -> Iterator[str]:
    yield ""
    yield t("explain.training")
    yield from _wrapped(t("explain.training-about"), width)
    for one in rows:
        words = ascii_sign(training_row_words(one))
        yield from (f"{_GAP}{line}" for line in wrap(words, width - len(_GAP)))
