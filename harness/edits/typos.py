"""Typos: slips of the hand in Latin words of four letters or more, never in the first letter.

In one text one word in ``ONE_IN`` gets one slip, at most ``MOST`` words; addresses and words with digits
get none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from harness.edits.edit import Edit, latin_words, like, replaced, some
from harness.edits.tables import keyboard

if TYPE_CHECKING:
    from numpy.random import Generator

    Slip = Callable[[str, int], str | None]


def swapped(word: str, at: int) -> str | None:
    """Return the word with a letter and its next one swapped; None where they are equal or last."""
    if at + 1 >= len(word) or word[at] == word[at + 1]:
        return None
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def deleted(word: str, at: int) -> str | None:
    """Return the word without a letter; the last one stays, a plural being another word."""
    return word[:at] + word[at + 1 :] if at + 1 < len(word) else None


def doubled(word: str, at: int) -> str | None:
    """Return the word with a letter typed twice."""
    return word[: at + 1] + word[at:]


def missed(word: str, at: int) -> str | None:
    """Return the word with a letter of the key beside; None where the key has no such neighbour."""
    near = keyboard().get(word[at].lower())
    return (
        None if near is None else word[:at] + like(near[at % len(near)], word[at]) + word[at + 1 :]
    )


SLIPS: dict[str, Slip] = {
    "typo-swap": swapped,
    "typo-deletion": deleted,
    "typo-doubled": doubled,
    "typo-keyboard": missed,
}
"""Edit → (word, position) → the word with that slip at that position."""

_DOES = {
    "typo-swap": "two letters swapped",
    "typo-deletion": "a letter left out",
    "typo-doubled": "a letter typed twice",
    "typo-keyboard": "a letter of the key beside",
}


def slipped(slip: Slip, word: str, rng: Generator) -> str | None:
    """Return the word with a slip at a place that is drawn; None where none is possible."""
    for at in rng.permutation(len(word) - 1).tolist():
        made = slip(word, at + 1)
        if made is not None and made != word:
            return made
    return None


def _with_slips(text: str, rng: Generator, *, slip: Slip) -> str:
    changes = []
    for span in some(latin_words(text), rng):
        made = slipped(slip, text[slice(*span)], rng)
        if made is not None:
            changes.append((span, made))
    return replaced(text, changes)


EDITS = tuple(
    Edit(
        name,
        f"in some words {_DOES[name]}",
        "latin",
        partial(_with_slips, slip=slip),
        is_drawn=True,
    )
    for name, slip in SLIPS.items()
)
