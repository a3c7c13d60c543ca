"""Trials of words: put into rows that are decided otherwise, and taken out of rows that hold them.

A control word goes to the same place of the same row, so that what the word itself does is a paired
difference. At most one row of each cluster is tried, so that rows are independent and an exact test
holds.

Legend of shapes: m rows of a trial, c classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from audits._insertion import Place, inserted, places
from harness.engines.prediction import softmax64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._shortcut_rows import Rows
    from audits._shortcut_search import Candidate
    from harness.modelling import Item

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


_SIDES = ((0, "word"), (1, "control"))


@dataclass(frozen=True, slots=True)
class _Put:
    """An input that a word was put into, and where."""

    item: Item
    place: Place


@dataclass(frozen=True, slots=True)
class Insertions:
    """A word and a control word in m rows that are decided for another class.

    Attributes:
        row: Positions of the rows, shape [m].
        flips: Whether the decision becomes the word's class with the word, shape [m].
        control_flips: The same with the control word, shape [m].
        score: Score of the word's class with the word, shape [m].
        control_score: The same with the control word, shape [m].
        n_unreadable: Rows left out, as word or control do not stand there when the text is read.
    """

    row: IntArray
    flips: BoolArray
    control_flips: BoolArray
    score: FloatArray
    control_score: FloatArray
    n_unreadable: int

    @property
    def n_beyond(self) -> int:
        """Rows that flip with the word and not with the control word."""
        return int((self.flips & ~self.control_flips).sum())


@dataclass(frozen=True, slots=True)
class Maskings:
    """A word taken out of m rows that hold it and are decided for its class.

    Attributes:
        row: Positions of the rows, shape [m].
        drop: What the class lost of its lead, in logits, shape [m].
        flips: Whether the decision changed, shape [m].
    """

    row: IntArray
    drop: FloatArray
    flips: BoolArray


@dataclass(slots=True)
class Bench:
    """Where words of one data set are tried.

    Attributes:
        rows: The data set.
        rng: Where rows, places and control words are drawn.
        log: (example id, variant, candidate, text, character, parts) of every question, in order;
            text and character -1 where nothing is put in, parts empty where nothing is taken out;
            words that were screened count down from -1.
        n_screened: Words that were screened so far.
    """

    rows: Rows
    rng: np.random.Generator
    log: list[tuple[str, str, int, int, int, tuple[int, ...]]] = field(default_factory=list)
    n_screened: int = 0

    def insert(self, one: Candidate, *, searched: bool, most: int, stage: str) -> Insertions:
        """Put a candidate into rows of one half that are decided otherwise and do not hold it.

        Args:
            one: The candidate.
            searched: Whether the searched half is used, or the held-out one.
            most: Rows, at most.
            stage: Names the answers.
        """
        may = (self.rows.is_searched == searched) & (self.rows.decision != one.position)
        may[self.rows.holders.get(one.word, np.zeros(0, dtype=np.int64))] = False
        drawn = self._draw(np.flatnonzero(may), most)
        if not one.controls:
            drawn = drawn[:0]  # nothing to compare with
        kept = self._put((one.word, one.controls), drawn)
        asked = [
            self._ask([(row, put[side]) for row, put in kept], one.number, f"{stage}-{name}")
            for side, name in _SIDES
        ]
        decided = [np.argmax(each, axis=1) == one.position for each in asked]
        scores = [softmax64(each)[:, one.position] for each in asked]
        return Insertions(
            row=np.array([row for row, *_ in kept], dtype=np.int64),
            flips=decided[0],
            control_flips=decided[1],
            score=scores[0],
            control_score=scores[1],
            n_unreadable=len(drawn) - len(kept),
        )

    def gain(self, word: str, position: int, *, most: int) -> float:
        """Return what a word adds to the lead of a class in a few searched rows; 0 without a row."""
        may = self.rows.is_searched & (self.rows.decision != position)
        may[self.rows.holders.get(word, np.zeros(0, dtype=np.int64))] = False
        kept = self._put((word,), self._draw(np.flatnonzero(may), most))
        if not kept:
            return 0.0
        self.n_screened += 1
        after = self._ask([(row, put) for row, (put,) in kept], -self.n_screened, "screen")
        before = self.rows.logits[[row for row, _ in kept]]
        return float((_lead(after, position) - _lead(before, position)).mean())

    def mask(self, one: Candidate, *, most: int) -> Maskings:
        """Take a candidate out of held-out rows that hold it and are decided for its class."""
        holders = self.rows.holders.get(one.word, np.zeros(0, dtype=np.int64))
        may = holders[
            ~self.rows.is_searched[holders] & (self.rows.decision[holders] == one.position)
        ]
        row = self._draw(may, most)
        if not len(row):
            nothing = np.zeros(0)
            return Maskings(row, nothing, nothing.astype(np.bool_))
        gone = [self.rows.where(one.word, each) for each in row.tolist()]
        items = [
            self.rows.ctx.parts_of.without(self.rows.items[each], parts)
            for each, parts in zip(row.tolist(), gone, strict=True)
        ]
        variant = f"{self.rows.dataset}/{one.number}-without"
        ids = [self._id(each) for each in row.tolist()]
        self.log += [
            (id, variant, one.number, -1, -1, parts) for id, parts in zip(ids, gone, strict=True)
        ]
        after = self.rows.ctx.ask(ids, items, variant).astype(np.float64)
        before = self.rows.logits[row]
        drop = _lead(before, one.position) - _lead(after, one.position)
        return Maskings(row, drop, np.argmax(after, axis=1) != one.position)

    def _draw(self, rows: IntArray, most: int) -> IntArray:
        drawn = self.rows.one_of_each_cluster(self.rng.permutation(rows))
        return np.sort(drawn[:most])

    def _put(
        self, words: Sequence[str | tuple[str, ...]], drawn: IntArray
    ) -> list[tuple[int, tuple[_Put, ...]]]:
        """Return rows with each of the words in one place, as far as all of them are read there.

        Args:
            words: What is put in; of several one is drawn for each row.
            drawn: Rows.
        """
        put = []
        for row in drawn.tolist():
            there = places(self.rows.inputs[row])
            if self.rows.items[row].is_truncated:
                there = there[: max(1, len(self.rows.words[row]) // 2)]  # the end is not read
            place = there[int(self.rng.integers(len(there)))]
            put.append((row, place, [self._one_of(each) for each in words]))
        items = iter(
            self.rows.ctx.prepare(
                [
                    inserted(self.rows.inputs[row], place, word)
                    for row, place, each in put
                    for word in each
                ]
            )
        )
        kept = []
        for row, place, each in put:
            new = [(word, next(items)) for word in each]
            if all(self._is_read(row, word, item) for word, item in new):
                kept.append((row, tuple(_Put(item, place) for _, item in new)))
        return kept

    def _one_of(self, words: str | tuple[str, ...]) -> str:
        return words if isinstance(words, str) else words[int(self.rng.integers(len(words)))]

    def _is_read(self, row: int, word: str, new: Item) -> bool:
        read = [part.content for part in self.rows.ctx.parts_of.parts(new)]
        return read.count(word) == self.rows.words[row].count(word) + 1

    def _ask(self, put: list[tuple[int, _Put]], number: int, name: str) -> FloatArray:
        variant = f"{self.rows.dataset}/{number}-{name}"
        ids = [self._id(row) for row, _ in put]
        self.log += [
            (id, variant, number, one.place.text_index, one.place.position, ())
            for id, (_, one) in zip(ids, put, strict=True)
        ]
        return self.rows.ctx.ask(ids, [one.item for _, one in put], variant).astype(np.float64)

    def _id(self, row: int) -> str:
        return str(self.rows.ctx.predictions(self.rows.dataset).example_id[row])


def _lead(logits: FloatArray, position: int) -> FloatArray:
    """Return the logit of a class minus the largest other one, shape [m]."""
    others = np.delete(logits, position, axis=1)
    lead: FloatArray = logits[:, position] - others.max(axis=1)
    return lead
