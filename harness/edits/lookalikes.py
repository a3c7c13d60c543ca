"""Letters that look alike and are not the same: other alphabets, full width, characters that join.

In one text one word in ``ONE_IN`` is changed, at most ``MOST`` words; in a word every letter that has a
look-alike. Chinese characters: one in ``ONE_IN``, at most ``MOST``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from harness.edits import tables
from harness.edits.edit import Edit, han_characters, latin_words, replaced, some

if TYPE_CHECKING:
    from numpy.random import Generator

JOINER = "\u200d"
"""Zero-width joiner: takes no room in a line."""


def replaced_letters(word: str, letters: Mapping[str, str]) -> str:
    """Return the word with every letter that has a look-alike replaced by it."""
    return "".join(letters.get(one, one) for one in word)


def joined(word: str) -> str:
    """Return the word with a zero-width joiner in its middle."""
    return word[: len(word) // 2] + JOINER + word[len(word) // 2 :]


WORDS: dict[str, Callable[[str], str]] = {
    "look-alike-cyrillic": lambda word: replaced_letters(word, tables.look_alikes("cyrillic")),
    "look-alike-greek": lambda word: replaced_letters(word, tables.look_alikes("greek")),
    "full-width-letters": lambda word: replaced_letters(word, tables.full_width()),
    "zero-width-joiner": joined,
}
"""Edit → what it does to one Latin word."""

CHARACTERS: dict[str, Callable[[], Mapping[str, str]]] = {
    "look-alike-characters": tables.similar_characters,
    "radical-signs": tables.radicals,
}
"""Edit → table of the Chinese characters that it replaces."""

_DOES = {
    "look-alike-cyrillic": "in some words letters replaced by Cyrillic ones that look alike",
    "look-alike-greek": "in some words letters replaced by Greek ones that look alike",
    "full-width-letters": "some words in full-width letters",
    "zero-width-joiner": "a zero-width joiner (U+200D) inside some words",
    "look-alike-characters": "some Chinese characters replaced by ones that look similar",
    "radical-signs": "some Chinese characters replaced by radical signs that are drawn the same way",
}


def _in_words(text: str, rng: Generator, *, change: Callable[[str], str]) -> str:
    made = {span: change(text[slice(*span)]) for span in latin_words(text)}
    able = [span for span, word in made.items() if word != text[slice(*span)]]
    return replaced(text, [(span, made[span]) for span in some(able, rng)])


def _in_characters(text: str, rng: Generator, *, table: Callable[[], Mapping[str, str]]) -> str:
    letters = table()
    able = [span for span in han_characters(text) if text[span[0]] in letters]
    return replaced(text, [(span, letters[text[span[0]]]) for span in some(able, rng)])


EDITS = (
    *(
        Edit(name, _DOES[name], "latin", partial(_in_words, change=change), is_drawn=True)
        for name, change in WORDS.items()
    ),
    *(
        Edit(name, _DOES[name], "han", partial(_in_characters, table=table), is_drawn=True)
        for name, table in CHARACTERS.items()
    ),
)
