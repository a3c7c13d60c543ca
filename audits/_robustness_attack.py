"""A greedy attack on single words, all texts side by side, and what came of it.

A text has places where a word can be written differently. At one place after another every way within the
budget is tried; the one that costs the decided class most of its lead stays, if it costs any. All
texts and both orders (ranked, random) advance together: each step is one packed question.

Legend: k attacks, c classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from audits._removal import lead
from harness.edits import WordEdit, replaced, rng_of_text, word_edits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.edits import Synonyms, Text

RANKED, RANDOM = "ranked", "random"
"""Names of the two orders."""

Ask = Callable[[Sequence["Attempt"]], "NDArray[np.float32]"]
"""Attempts → logits, shape [len(attempts), c]."""


@dataclass(frozen=True, slots=True)
class Place:
    """A word of an input.

    Attributes:
        text_index: 0, or 1 for the second text of a pair.
        start, stop: Its span in that text.
        word: What stands there.
    """

    text_index: int
    start: int
    stop: int
    word: str


@dataclass(frozen=True, slots=True)
class Budget:
    """What an attack on one text may do.

    Attributes:
        words: Words that it may change.
        queries: Times that it may ask.
    """

    words: int
    queries: int


@dataclass(slots=True)
class Attack:
    """One attack on one text.

    Attributes:
        row: Position of the example in its data set.
        order: How its places are ordered.
        original: The text.
        places: Where it presses, first place first; each can be written differently.
        decided: Class that is attacked.
        lead: Its lead now.
        changes: Place → what stands there now.
        edits: Edits of these changes, in the order in which they were made.
        n_pressed: Places that were tried.
        n_queries: Times that the model was asked.
        is_flipped: Whether the decision has changed.
    """

    row: int
    order: str
    original: Text
    places: Sequence[Place]
    decided: int
    lead: float
    changes: dict[Place, str] = field(default_factory=dict)
    edits: list[str] = field(default_factory=list)
    n_pressed: int = 0
    n_queries: int = 0
    is_flipped: bool = False

    def goes_on(self, budget: Budget) -> bool:
        """Return whether there is something left to try, and to pay for it."""
        is_spent = len(self.changes) >= budget.words or self.n_queries >= budget.queries
        return not (self.is_flipped or is_spent) and self.n_pressed < len(self.places)

    def written(self, place: Place, word: str) -> Text:
        """Return the text as it stands, with one more word replaced."""
        changes = {**self.changes, place: word}
        texts = [self.original] if isinstance(self.original, str) else list(self.original)
        made = [
            replaced(
                text,
                [
                    ((one.start, one.stop), new)
                    for one, new in changes.items()
                    if one.text_index == index
                ],
            )
            for index, text in enumerate(texts)
        ]
        return made[0] if isinstance(self.original, str) else tuple(made)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One question of an attack.

    Attributes:
        attack: Whose it is.
        place, edit: What is tried.
        number: Of the question in its attack, from 0.
    """

    attack: Attack
    place: Place
    edit: WordEdit
    number: int


def run_attacks(
    attacks: Sequence[Attack], ask: Ask, budget: Budget, lists: Sequence[Synonyms], seed: int
) -> None:
    """Carry attacks out, step by step, until each has flipped its decision or spent its budget."""
    while attempts := [
        attempt
        for attack in attacks
        if attack.goes_on(budget)
        for attempt in _attempts(attack, budget, lists, seed)
    ]:
        _keep_best(attempts, ask(attempts))


def ways(word: str, budget: Budget, lists: Sequence[Synonyms], seed: int) -> list[WordEdit]:
    """Return the ways to write a word that an attack tries, at most its share of the questions."""
    most = max(1, budget.queries // budget.words)
    return word_edits(word, rng_of_text(seed, "attack", word), most=most, synonyms=lists)


def _attempts(
    attack: Attack, budget: Budget, lists: Sequence[Synonyms], seed: int
) -> list[Attempt]:
    place = attack.places[attack.n_pressed]
    attack.n_pressed += 1
    left = budget.queries - attack.n_queries
    tried = ways(place.word, budget, lists, seed)[:left]
    first = attack.n_queries
    attack.n_queries += len(tried)
    return [Attempt(attack, place, edit, first + number) for number, edit in enumerate(tried)]


def _keep_best(attempts: Sequence[Attempt], logits: NDArray[np.float32]) -> None:
    decided = np.array([one.attack.decided for one in attempts], dtype=np.int64)
    leads = lead(logits.astype(np.float64), decided)
    is_flip = np.argmax(logits, axis=1) != decided
    best: dict[int, int] = {}
    for at, attempt in enumerate(attempts):
        known = best.setdefault(id(attempt.attack), at)
        if leads[at] < leads[known]:
            best[id(attempt.attack)] = at
    for at in best.values():
        attack = attempts[at].attack
        # of equal logits the lower class is decided: a lead of 0 can be a flip
        if is_flip[at] or leads[at] < attack.lead:
            attack.changes[attempts[at].place] = attempts[at].edit.word
            attack.edits.append(attempts[at].edit.edit)
            attack.lead, attack.is_flipped = float(leads[at]), bool(is_flip[at])
