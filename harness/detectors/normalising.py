"""Texts as the patterns read them: full-width signs narrowed, invisible ones dropped, places kept.

Every sign that is replaced is replaced by one sign, so only dropped signs move places; where there
are some, a list of offsets leads back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# blocks whose signs are other forms of ASCII letters, digits and punctuation
_BLOCKS = (
    range(0x00A0, 0x0100),
    range(0x2070, 0x20A0),
    range(0x2000, 0x2010),
    range(0x202F, 0x2030),
    range(0x2460, 0x2500),
    range(0x3000, 0x3001),
    range(0xFE50, 0xFE70),
    range(0xFF01, 0xFF5F),
    range(0x1D400, 0x1D800),
    range(0x0660, 0x066A),
    range(0x06F0, 0x06FA),
    range(0x0966, 0x0970),
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SIGNS = {"\u212a": "K", "\u017f": "s"}
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
    replaced, table = _replaced()
    plain = replaced.sub(lambda match: table[match[0]], text)
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
def _replaced() -> tuple[re.Pattern[str], dict[str, str]]:
    table = dict(_narrowed())
    return re.compile("[" + re.escape("".join(table)) + "]"), table


def _narrowed() -> Iterator[tuple[str, str]]:
    yield from ((dash, "-") for dash in _DASHES)
    yield from _SIGNS.items()
    for block in _BLOCKS:
        for sign in map(chr, block):
            plain = unicodedata.normalize("NFKC", sign)
            digit = unicodedata.digit(sign, None)
            if len(plain) == 1 and plain.isascii() and plain != sign:
                yield sign, plain
            elif digit is not None:
                yield sign, str(digit)
