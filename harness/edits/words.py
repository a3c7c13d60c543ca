"""Single words of a text, and many ways to write one differently: what an attack tries.

Legend: a span is [start, stop) in characters of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from harness.edits import tables
from harness.edits.edit import HAN, LATIN
from harness.edits.lookalikes import CHARACTERS, WORDS
from harness.edits.synonyms import Synonyms
from harness.edits.typos import SLIPS

if TYPE_CHECKING:
    import numpy as np

_UNIT = re.compile(rf"[{HAN}]|[^\W_]+(?:['’][^\W_]+)*")
_LATIN_WORD = re.compile(rf"[{LATIN}]+(?:['’][{LATIN}]+)*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A word of a text, or one Chinese character.

    Attributes:
        start, stop: Its span.
        word: What stands there.
    """

    start: int
    stop: int
    word: str


@dataclass(frozen=True, slots=True)
class WordEdit:
    """A word written differently.

    Attributes:
        edit: Id of the edit that does the same in a text.
        word: What stands there now.
    """

    edit: str
    word: str


def units_of(text: str) -> list[Unit]:
    """Return the words of a text, in order; in Chinese every character is one."""
    return [Unit(*hit.span(), hit.group()) for hit in _UNIT.finditer(text)]


def word_edits(
    word: str, rng: np.random.Generator, *, most: int, synonyms: Sequence[Synonyms] = ()
) -> list[WordEdit]:
    """Return distinct ways to write a word differently, one kind of edit after another in turn.

    Synonyms come first, then look-alikes and typos; a typo never touches the first letter, and words of
    fewer than four letters get none.

    Args:
        word: A word or a Chinese character.
        rng: Draws the places of typos.
        most: How many are returned, at most.
        synonyms: Lists of words that may stand in its place.
    """
    kinds = [_synonyms(word, synonyms)]
    if _LATIN_WORD.fullmatch(word):
        kinds += [iter([WordEdit(name, change(word))]) for name, change in WORDS.items()]
        if len(word) >= 4:
            kinds += [_typos(name, word, rng) for name in SLIPS]
    kinds += [
        iter([WordEdit(name, table()[word])])
        for name, table in CHARACTERS.items()
        if word in table()
    ]
    if word in tables.traditional():
        kinds.append(iter([WordEdit("traditional", tables.traditional()[word])]))
    found: dict[str, WordEdit] = {}
    for one in _in_turn(kinds):
        if one.word != word:
            found.setdefault(one.word, one)
    return list(islice(found.values(), most))


def _synonyms(word: str, lists: Sequence[Synonyms]) -> Iterator[WordEdit]:
    for one in lists:
        for other in one.of(word):
            yield WordEdit("synonyms", other)


def _typos(name: str, word: str, rng: np.random.Generator) -> Iterator[WordEdit]:
    places = (rng.permutation(len(word) - 1) + 1).tolist()
    made = (SLIPS[name](word, at) for at in places)
    return iter([WordEdit(name, one) for one in made if one is not None])


def _in_turn(kinds: list[Iterator[WordEdit]]) -> Iterator[WordEdit]:
    while kinds:
        alive = []
        for kind in kinds:
            one = next(kind, None)
            if one is not None:
                yield one
                alive.append(kind)
        kinds = alive
