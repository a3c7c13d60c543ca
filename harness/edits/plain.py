"""Edits of case, white space and punctuation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.edits.edit import HAN, Edit

if TYPE_CHECKING:
    from numpy.random import Generator

_BLANK = re.compile(r"(?<=\S) (?=\S)")
_BETWEEN_HAN = re.compile(rf"(?<=[{HAN}])(?=[{HAN}])")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_FINAL_STOP = re.compile(r"(?<![.。\s])[.。](\s*)\Z")
_OPENS = re.compile(r"(?:^|(?<=[\s(\[{—–-]))(?P<mark>[\"'])(?=\S)")
_CURLY = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})


def _title(text: str, _: Generator) -> str:
    # str.title capitalises behind an apostrophe: Don'T
    return _WORD.sub(lambda hit: hit.group()[:1].upper() + hit.group()[1:], text)


def _curly(text: str, _: Generator) -> str:
    marks = {'"': "“", "'": "‘"}
    opened = _OPENS.sub(lambda hit: marks[hit.group("mark")], text)
    return opened.replace('"', "”").replace("'", "’")


EDITS = (
    Edit("lower-case", "all letters in lower case", "cased", lambda text, _: text.lower()),
    Edit("upper-case", "all letters in upper case", "cased", lambda text, _: text.upper()),
    Edit("title-case", "every word with a capital", "cased", _title),
    Edit(
        "double-space",
        "two blanks between words instead of one",
        "any",
        lambda text, _: _BLANK.sub("  ", text),
    ),
    Edit(
        "trailing-space", "a blank at the end", "any", lambda text, _: text + " " if text else text
    ),
    Edit("tabs", "tabs instead of blanks", "any", lambda text, _: _BLANK.sub("\t", text)),
    Edit(
        "non-breaking-space",
        "non-breaking blanks (U+00A0) instead of blanks",
        "any",
        lambda text, _: _BLANK.sub("\u00a0", text),
    ),
    Edit(
        "spaced-characters",
        "a blank between Chinese characters",
        "han",
        lambda text, _: _BETWEEN_HAN.sub(" ", text),
    ),
    Edit(
        "no-final-stop",
        "no full stop at the end",
        "any",
        lambda text, _: _FINAL_STOP.sub(r"\1", text),
    ),
    Edit("smart-quotes", "typographic quotation marks and apostrophes", "any", _curly),
    Edit(
        "straight-quotes",
        "straight quotation marks and apostrophes",
        "any",
        lambda text, _: text.translate(_CURLY),
    ),
)
