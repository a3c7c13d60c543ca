"""What people marked in a text: rationales as data sets write them, read into characters.

A column has one form. Which one is seen from all its cells, or said by an option; a cell that does not
fit is named with the reason and never bent until it does.

Legend: n rows, t characters of a text, p parts.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

Form = Literal["characters", "spans", "words", "positions", "marks"]
FORMS: tuple[Form, ...] = get_args(Form)

EMPTY, NOT_PARSABLE, OTHER_FORM = "empty", "not-parsable", "other-form"
BEYOND, NOT_IN_TEXT, WRONG_LENGTH = "beyond-the-text", "not-in-the-text", "wrong-length"
NO_WORD, CUT_OFF = "no-word", "cut-off"

REASONS = {
    EMPTY: "marks nothing",
    NOT_PARSABLE: "cannot be read",
    OTHER_FORM: "has another form than the column",
    BEYOND: "goes beyond its text",
    NOT_IN_TEXT: "names words that do not stand in its text",
    WRONG_LENGTH: "has another length than its text has words",
    NO_WORD: "marks no word",
    CUT_OFF: "marks what lies behind the part of the text that the model reads",
}
"""Why a rationale is left out → how a sentence says it."""

LOOKED_AT = 500
"""Rows that the form of a column is read off, at most."""

_LONGEST = 1_000_000
_WORD = re.compile(r"\S+")
_NUMBERS = re.compile(r"\d+(?:[\s,;]+\d+)*")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


@dataclass(frozen=True, slots=True)
class Marked:
    """One rationale.

    Attributes:
        characters: Which characters of the text are marked, shape [t]; None where it does not fit.
        misfit: Why it does not fit, one of ``REASONS``; None where it does.
    """

    characters: BoolArray | None
    misfit: str | None = None


def read_cell(cell: object) -> list[Any] | None:
    """Return the elements of a cell; None where it cannot be read.

    A list, or text that is a list of JSON or Python, numbers set apart by blanks or commas, or words
    set apart by ``|``. Nothing, and blank text, is an empty list.
    """
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return []
    if isinstance(cell, np.ndarray):
        return list(cell.tolist()) if cell.ndim else None
    if isinstance(cell, list | tuple):
        return [one.tolist() if isinstance(one, np.ndarray) else one for one in cell]
    return _read_text(cell.strip()) if isinstance(cell, str) else None


def _read_text(text: str) -> list[Any] | None:
    if not text or text.lower() in ("nan", "none", "null"):
        return []
    if len(text) > _LONGEST:
        return None
    if _NUMBERS.fullmatch(text):
        return [int(one) for one in re.findall(r"\d+", text)]
    if text[0] not in "[({":
        return [one.strip() for one in text.split("|") if one.strip()]
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return list(found) if isinstance(found, list | tuple) else None
    return None


def marked(form: Form, cell: object, text: str) -> Marked:
    """Read one rationale.

    Args:
        form: ``characters``: positions of characters from 0; ``spans``: [start, stop) pairs of
            them; ``words``: words of the text, wherever they stand in it; ``positions``: positions
            of words set apart by white space, from 0; ``marks``: 0 or 1 for each of these words, or
            for each character.
        cell: As it stands in the table.
        text: What it is about.
    """
    values = read_cell(cell)
    if values is None:
        return Marked(None, NOT_PARSABLE)
    if not values:
        return Marked(None, EMPTY)
    found = _READERS[form](values, text)
    if isinstance(found, str):
        return Marked(None, found)
    return Marked(found) if found.any() else Marked(None, EMPTY)


def recognised(cells: Sequence[object], texts: Sequence[str]) -> Form | Message:
    """Return the one form that at least half of the rationales have, or why there is none.

    Characters must cover whole words to count, so that positions of words are not taken for them.
    """
    n_seen, n_fit = 0, dict.fromkeys(FORMS, 0)
    for cell, text in zip(cells, texts, strict=True):
        if read_cell(cell) == []:
            continue
        if n_seen == LOOKED_AT:
            break
        n_seen += 1
        for form in FORMS:
            n_fit[form] += _fits(form, cell, text)
    if not n_seen:
        return Message.of(
            "plausibility.all-empty", "Not measured: no row has a rationale that marks anything."
        )
    chosen = [form for form in FORMS if 2 * n_fit[form] >= n_seen]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        return Message.of(
            "plausibility.ambiguous-form",
            "Not measured: the rationales can be read in several ways ({forms}). Say which is meant with "
            "rationale_form.",
            forms=", ".join(chosen),
        )
    return Message.of(
        "plausibility.no-form",
        "Not measured: of {n} rationales that were looked at, fewer than half have any form that is known "
        "({forms}) and fit their text. If they have one of these, name it with rationale_form.",
        n=n_seen,
        forms=", ".join(FORMS),
    )


def marked_parts(characters: BoolArray, spans: IntArray) -> BoolArray:
    """Return which parts are marked, shape [p]: at least half of their characters are.

    Args:
        characters: Which characters are marked, shape [t].
        spans: Where each part starts and stops, shape [p, 2]; -1, -1 for a part of another text.
    """
    before = np.concatenate([[0], np.cumsum(characters)])
    start, stop = np.clip(spans, 0, len(characters)).T
    is_marked: BoolArray = 2 * (before[stop] - before[start]) >= np.maximum(stop - start, 1)
    return is_marked


def _fits(form: Form, cell: object, text: str) -> bool:
    found = marked(form, cell, text).characters
    if found is None:
        return False
    return form != "characters" or _covers_words(found, text)


def _covers_words(characters: BoolArray, text: str) -> bool:
    """Return whether no word is cut by the ends of what is marked."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], characters, [False]])))
    return not any(_is_inside(text, at) for at in ends.tolist())


def _is_inside(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at + 1]
    return 0 < at < len(text) and around.isalnum() and _UNSPACED.search(around) is None


def _whole(values: Sequence[Any]) -> list[int] | None:
    """Return whole numbers >= 0, or None where something else stands among them."""
    if all(isinstance(one, int | np.integer) and one >= 0 for one in values):
        return [int(one) for one in values]
    return None


def _of_characters(values: list[Any], text: str) -> BoolArray | str:
    at = _whole(values)
    if at is None or len(set(at)) < len(at):
        return OTHER_FORM
    if max(at) >= len(text):
        return BEYOND
    found = np.zeros(len(text), dtype=np.bool_)
    found[at] = True
    return found


def _of_spans(values: list[Any], text: str) -> BoolArray | str:
    pairs = [_whole(one) if isinstance(one, list | tuple) else None for one in values]
    found = np.zeros(len(text), dtype=np.bool_)
    for pair in pairs:
        if pair is None or len(pair) != 2 or pair[0] >= pair[1]:
            return OTHER_FORM
        if pair[1] > len(text):
            return BEYOND
        found[pair[0] : pair[1]] = True
    return found


def _of_words(values: list[Any], text: str) -> BoolArray | str:
    found = np.zeros(len(text), dtype=np.bool_)
    for one in values:
        if not isinstance(one, str) or not one.strip():
            return OTHER_FORM
        hits = [
            hit.span()
            for hit in re.finditer(re.escape(one.strip()), text, re.IGNORECASE)
            if not any(_is_inside(text, at) for at in hit.span())
        ]
        if not hits:
            return NOT_IN_TEXT
        for start, stop in hits:
            found[start:stop] = True
    return found


def _of_positions(values: list[Any], text: str) -> BoolArray | str:
    at = _whole(values)
    if at is None or len(set(at)) < len(at):
        return OTHER_FORM
    words = [hit.span() for hit in _WORD.finditer(text)]
    return BEYOND if max(at) >= len(words) else _covering([words[one] for one in at], text)


def _of_marks(values: list[Any], text: str) -> BoolArray | str:
    marks = _whole(values)
    if marks is None or max(marks) > 1:
        return OTHER_FORM
    words = [hit.span() for hit in _WORD.finditer(text)]
    if len(marks) == len(words):
        return _covering([word for word, one in zip(words, marks, strict=True) if one], text)
    return np.array(marks, dtype=np.bool_) if len(marks) == len(text) else WRONG_LENGTH


def _covering(spans: Sequence[tuple[int, int]], text: str) -> BoolArray:
    found = np.zeros(len(text), dtype=np.bool_)
    for start, stop in spans:
        found[start:stop] = True
    return found


_READERS: dict[Form, Callable[[list[Any], str], BoolArray | str]] = {
    "characters": _of_characters,
    "spans": _of_spans,
    "words": _of_words,
    "positions": _of_positions,
    "marks": _of_marks,
}
