"""The same words in another writing: contractions, width of forms, traditional characters, ASCII marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from harness.edits import tables
from harness.edits.edit import HAN, Edit, like

if TYPE_CHECKING:
    from numpy.random import Generator

_HAS_HAN = re.compile(rf"[{HAN}]")
# "didn't you" is no "did not you"
_SUBJECT = r"(?!\s+(?:i|you|he|she|it|we|they|there|this|that)\b)"


def _contracted(text: str, _: Generator) -> str:
    pattern, words = _short_forms()
    return pattern.sub(lambda hit: like(words[_key(hit.group())], hit.group()), text)


def _expanded(text: str, _: Generator) -> str:
    pattern, words = _long_forms()
    return pattern.sub(lambda hit: like(words[_key(hit.group())], hit.group()), text)


@cache
def _short_forms() -> tuple[re.Pattern[str], dict[str, str]]:
    words = tables.contractions()
    # a form at the end of a sentence is stressed: "I know what I am"
    return re.compile(rf"\b(?:{_any(words)})\b(?=\s+\w)", re.IGNORECASE), words


@cache
def _long_forms() -> tuple[re.Pattern[str], dict[str, str]]:
    words = tables.expansions()
    return re.compile(rf"\b(?:{_any(words)})\b{_SUBJECT}", re.IGNORECASE), words


def _any(words: Mapping[str, str]) -> str:
    return "|".join(re.escape(word).replace("'", "['’]").replace(r"\ ", r"\s+") for word in words)


def _key(written: str) -> str:
    return " ".join(written.lower().replace("’", "'").split())


def _mapped(
    text: str, _: Generator, *, table: Callable[[], Mapping[str, str]], needs_han: bool
) -> str:
    if needs_han and not _HAS_HAN.search(text):
        return text
    return text.translate({ord(left): right for left, right in table().items()})


def _back(table: Callable[[], Mapping[str, str]]) -> dict[str, str]:
    return {right: left for left, right in table().items()}


def _wide() -> Mapping[str, str]:
    # marks between Latin words stay as they are: 3.5, e-mail
    return {key: value for key, value in tables.full_width().items() if key.isalnum()}


EDITS = (
    Edit("contracted", "do not written as don't", "latin", _contracted, ("en",)),
    Edit("expanded", "don't written as do not", "latin", _expanded, ("en",)),
    Edit(
        "full-width-forms",
        "letters and digits in a Chinese text in full width",
        "han",
        partial(_mapped, table=_wide, needs_han=True),
        ("zh",),
    ),
    Edit(
        "half-width-forms",
        "full-width letters, digits and marks in half width",
        "any",
        partial(_mapped, table=partial(_back, tables.full_width), needs_han=False),
        ("zh",),
    ),
    Edit(
        "traditional",
        "frequent simplified characters as traditional ones",
        "han",
        partial(_mapped, table=tables.traditional, needs_han=True),
        ("zh",),
    ),
    Edit(
        "simplified",
        "frequent traditional characters as simplified ones",
        "han",
        partial(_mapped, table=partial(_back, tables.traditional), needs_han=True),
        ("zh",),
    ),
    Edit(
        "ascii-marks",
        "Chinese punctuation as ASCII marks",
        "han",
        partial(_mapped, table=tables.ascii_marks, needs_han=True),
        ("zh",),
    ),
)
