"""Putting a word into a text at a place where a word can stand, without a model and without a tokenizer."""

from __future__ import annotations

import re
from dataclasses import dataclass

TextInput = str | tuple[str, ...]

# scripts that are written without spaces between words
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word is put.

    Attributes:
        text_index: 0, or 1 for the second text of a pair.
        position: Before which character.
    """

    text_index: int
    position: int


def places(one: TextInput) -> list[Place]:
    """Return the places of an input in order: before every word, and behind the last one.

    In scripts without spaces every character is a word here.
    """
    return [
        Place(index, position)
        for index, text in enumerate((one,) if isinstance(one, str) else one)
        for position in _positions(text)
    ]


def inserted(one: TextInput, place: Place, word: str) -> TextInput:
    """Return the input with a word at a place, with blanks where the script has them."""
    if isinstance(one, tuple):
        new = [*one]
        new[place.text_index] = _with(one[place.text_index], place.position, word)
        return tuple(new)
    return _with(one, place.position, word)


def _positions(text: str) -> list[int]:
    found: list[int] = []
    for hit in _WORD.finditer(text):
        found.append(hit.start())
        found += [
            at
            for at in range(hit.start() + 1, hit.end())
            if _UNSPACED.match(text, at) and _UNSPACED.match(text, at - 1)
        ]
    return [*found, len(text.rstrip())]


def _with(text: str, position: int, word: str) -> str:
    before, after = text[:position], text[position:]
    left = " " if _is_apart(before[-1:], word[:1]) else ""
    right = " " if _is_apart(word[-1:], after[:1]) else ""
    return f"{before}{left}{word}{right}{after}"


def _is_apart(first: str, second: str) -> bool:
    if not first.strip() or not second.strip():
        return False
    return not (_UNSPACED.match(first) and _UNSPACED.match(second))
