"""Texts as the patterns read them: full-width signs narrowed, invisible ones dropped, places kept.

Every sign that is replaced is replaced by one sign, so only dropped signs move places; where there
are some, a list of offsets leads back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# blocks with other forms of ASCII letters, digits and punctuation: spaces and superscripts of Latin-1,
# digits of three scripts, spaces, dashes, super- and subscripts, circles, small and full-width forms,
# letters of mathematics
_BLOCKS = (
    "\u00a0 \u00aa \u00b2-\u00b3 \u00b9-\u00ba \u017f \u0660-\u0669 \u06f0-\u06f9 \u0966-\u096f \u2000-\u200a "
    "\u2010-\u2015 \u202f \u2070-\u209f \u2212 \u212a \u2460-\u24ff \u3000 \ufe50-\ufe6f \uff01-\uff5e "
    "\U0001d400-\U0001d7ff"
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
# category Cf, the variation selectors and the filler of Hangul: none of them shows
_INVISIBLE = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\u3164"
    "\U000110bd\U000110cd\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_DROPPED = re.compile(f"[{_INVISIBLE}]+")


def normalise(text: str) -> tuple[str, list[int] | None]:
    """Return the text that patterns read, and where its signs stood.

    Args:
        text: Any text.

    Returns:
        The text, and the place in the given text of each of its signs with the length of the given
        text at the end; None where every sign stands where it stood.
    """
    if text.isascii():
        return text, None
    if _touched().search(text) is None:
        return text, None
    replaced, table = _replaced()
    plain = replaced.sub(lambda match: table.get(match[0], match[0]), text)
    if _DROPPED.search(plain) is None:
        return plain, None
    places: list[int] = []
    kept: list[str] = []
    at = 0
    for match in _DROPPED.finditer(plain):
        places.extend(range(at, match.start()))
        kept.append(plain[at : match.start()])
        at = match.end()
    places.extend(range(at, len(plain) + 1))
    kept.append(plain[at:])
    return "".join(kept), places


def placed(start: int, stop: int, places: list[int] | None) -> tuple[int, int]:
    """Return a span of a normalised text as a span of the given text."""
    return (start, stop) if places is None else (places[start], places[stop - 1] + 1)


@lru_cache(maxsize=1)
def _touched() -> re.Pattern[str]:
    return re.compile("[" + _BLOCKS.replace(" ", "") + _INVISIBLE + "]")


@lru_cache(maxsize=1)
def _replaced() -> tuple[re.Pattern[str], dict[str, str]]:
    blocks = _BLOCKS.split(" ")
    return re.compile("[" + "".join(blocks) + "]"), dict(_narrowed(blocks))


def _narrowed(blocks: list[str]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        for sign in map(chr, range(ord(block[0]), ord(block[-1]) + 1)):
            plain = unicodedata.normalize("NFKC", sign)
            digit = unicodedata.digit(sign, None)
            if sign in _DASHES:
                yield sign, "-"
            elif len(plain) == 1 and plain.isascii():
                yield sign, plain
            elif digit is not None:
                yield sign, str(digit)
