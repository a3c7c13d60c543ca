"""What an edit is, and where in a text it works.

Legend: a span is [start, stop) in characters of the text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    Make = Callable[[str, np.random.Generator], str]

Text = str | tuple[str, ...]
"""A text, or a pair of texts that belong together."""

Span = tuple[int, int]

Script = Literal["any", "cased", "latin", "han"]
"""Writing that an edit needs: none, letters with two cases, Latin letters, Chinese characters."""

MOST = 3
"""Words, or Chinese characters, that an edit of single letters changes in one text, at most."""

ONE_IN = 5
"""It changes one of so many, at least one."""

LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
HAN = "㐀-䶿一-鿿𠀀-𪛟"

_LATIN_WORD = re.compile(rf"[{LATIN}]{{4,}}")
_HAN = re.compile(rf"[{HAN}]")
_APART = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|@|\w\.\w|[0-9_]")


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to write a text differently that leaves its meaning as it is.

    Attributes:
        id: Kebab-case, as slices name it.
        does: What it does, for a reader: a phrase.
        script: Writing that it needs.
        make: (text, generator) → the edited text; the text itself where there is nothing to change.
        languages: Languages whose words it knows; empty for any.
        is_drawn: Whether what it changes is drawn from the generator.
    """

    id: str
    does: str
    script: Script
    make: Make
    languages: tuple[str, ...] = ()
    is_drawn: bool = False

    def apply(self, text: str, rng: np.random.Generator) -> str | None:
        """Return the edited text, or None where nothing changes.

        Args:
            text: Any text, lone surrogates included.
            rng: What is drawn depends on it alone; see ``rng_of_text``.
        """
        made = self.make(text, rng)
        return None if made == text else made


def rng_of_text(seed: int, name: str, text: str) -> np.random.Generator:
    """Return a generator that depends on a seed, on what is done and on the text, and on nothing else."""
    of_text = hashlib.sha256(f"{name}\0{text}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng([seed, int.from_bytes(of_text[:8], "big")])


def latin_words(text: str) -> list[Span]:
    """Return the spans of Latin words of four letters or more; none inside addresses and numbers."""
    return [
        hit.span()
        for token in _APART.finditer(text)
        if not _ADDRESS.search(token.group())
        for hit in _LATIN_WORD.finditer(text, *token.span())
    ]


def han_characters(text: str) -> list[Span]:
    """Return the spans of Chinese characters, one each."""
    return [hit.span() for hit in _HAN.finditer(text)]


def some(spans: Sequence[Span], rng: np.random.Generator) -> list[Span]:
    """Draw the spans that an edit changes: one in ``ONE_IN``, at least one, at most ``MOST``."""
    if not spans:
        return []
    n = min(MOST, max(1, len(spans) // ONE_IN))
    return [spans[at] for at in sorted(rng.choice(len(spans), size=n, replace=False).tolist())]


def replaced(text: str, changes: Iterable[tuple[Span, str]]) -> str:
    """Return the text with other words at some spans, which do not overlap."""
    for (start, stop), word in sorted(changes, reverse=True):
        text = text[:start] + word + text[stop:]
    return text


def like(word: str, written: str) -> str:
    """Return a word in the case of another: all upper, first upper, or as it is."""
    if len(written) > 1 and written.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if written[:1].isupper() else word
