"""What an answer says: the number in it, and whether it is the expected text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

Ignored = Literal["case", "punctuation", "articles"]

_NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-+]\s?)?[$€£¥]?\s?"
    r"(?P<whole>\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?P<part>\.\d+)?(?P<power>[eE][-+]?\d{1,3})?"
    r"(?:\s?/\s?(?P<below>\d{1,9})(?![\d/]))?"
)
_MARKS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "⁄": "/"})
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_LONGEST = 40


def number_in(text: str, marker: str) -> Fraction | None:
    """Return the number that an answer gives: the first one after a marker, else the last one of all.

    Thousands separators, signs of currencies, units, fractions and full-width digits are read as people
    write them: ``$1,234.50``, ``12 apples``, ``1/2``.

    Args:
        text: The answer.
        marker: What stands before the number, such as ``####``; an empty one stands nowhere.

    Returns:
        The exact value, or None where there is no number.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_MARKS)
    head, found, tail = plain.partition(marker) if marker else (plain, "", "")
    numbers = _numbers(tail if found else head)
    if not numbers:
        return None
    return numbers[0] if found else numbers[-1]


def plain_answer(text: str, ignore: Sequence[Ignored] = ()) -> str:
    """Return an answer as it is compared: white space made alike, and what is ignored taken out."""
    plain = unicodedata.normalize("NFKC", text)
    if "case" in ignore:
        plain = plain.casefold()
    if "punctuation" in ignore:
        plain = "".join(" " if unicodedata.category(one)[0] == "P" else one for one in plain)
    if "articles" in ignore:
        plain = _ARTICLES.sub(" ", plain)
    return " ".join(plain.split())


def _numbers(text: str) -> list[Fraction]:
    found = []
    for one in _NUMBER.finditer(text):
        if one["whole"] is None and one["part"] is None:
            continue
        written = f"{(one['whole'] or '0').replace(',', '')}{one['part'] or ''}{one['power'] or ''}"
        if len(written) > _LONGEST:
            continue
        value = Fraction(written)
        if one["below"]:
            if not int(one["below"]):
                continue
            value /= int(one["below"])
        found.append(-value if (one["sign"] or "").startswith("-") else value)
    return found
