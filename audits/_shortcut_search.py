"""Which words are worth a trial: found on the searched half, by labels and by attributions.

Legend of shapes: n rows, v words, c classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from audits._association import Associations, associate
from audits._meaning import Habits, kind_of, weight_of
from audits._shortcut_rows import Pushes, Rows, WordPush, pushes_of
from harness.attributions import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._shortcut_trial import Bench
    from harness.auditing import AuditContext
    from harness.data import Dataset

DATA_ALPHA = 0.05
"""Error of the claim that any word at all goes with a class in the data, Bonferroni over all."""

SCREENED = 150
"""Words of the data that stand in no attributed row, and are put into a few rows instead."""

SCREEN_ROWS = 2

N_CONTROLS = 10
"""Words that stand in as controls of one word."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One word that is tried.

    Attributes:
        number: Position on the shortlist, from 0.
        word: What stands in the text.
        kind: Why it should carry no decision; see ``kind_of``.
        position: Class that it is tried for.
        n_rows: Rows of the data set that hold it.
        n_data_rows: Labelled rows that hold it.
        z: Of that class; None without labels.
        p_data: Exact p-value beside z; None without labels.
        is_in_data: Whether it stays after Bonferroni; None without labels.
        push: What attributions say of it; None where no attributed row holds it.
        controls: Words about as frequent, which no evidence points to.
    """

    number: int
    word: str
    kind: str
    position: int
    n_rows: int
    n_data_rows: int
    z: float | None
    p_data: float | None
    is_in_data: bool | None
    push: WordPush | None
    controls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What was found on the searched half.

    Attributes:
        candidates: The shortlist.
        pushes: What the attributions said.
        source: Where the labels came from: ``train``, ``test`` or ``none``.
        n_labelled: Labelled rows that were counted.
    """

    candidates: tuple[Candidate, ...]
    pushes: Pushes
    source: str
    n_labelled: int


def search(ctx: AuditContext, rows: Rows, bench: Bench) -> Search:
    """Make the shortlist of one data set; only searched rows are asked about."""
    source, known = _associations(ctx, rows)
    sample = rows.order[: ctx.options.rows]
    found = ctx.attribute(rows.dataset, sample, Method(id=ctx.options.method))
    pushes = pushes_of(
        found, [rows.words[row] for row in sample.tolist()], n_classes=rows.logits.shape[1]
    )
    desk = _Desk(rows, known, pushes, ctx.options.min_rows)
    desk.gains = {
        word: bench.gain(word, desk.position(word), most=SCREEN_ROWS)
        for word in desk.unseen()[:SCREENED]
    }
    words = desk.shortlist(ctx.options.candidates, ctx.options.expected)
    controls = desk.controls(words)
    return Search(
        candidates=tuple(
            desk.candidate(number, word, controls[word]) for number, word in enumerate(words)
        ),
        pushes=pushes,
        source=source,
        n_labelled=0 if known is None else known.n_total,
    )


def _associations(ctx: AuditContext, rows: Rows) -> tuple[str, Associations | None]:
    """Count words by label: in training rows, else in the searched half, else not at all."""
    options, n_classes = ctx.options, rows.logits.shape[1]
    train = ctx.train_rows()
    if train is not None and train.label is not None and train.has_inputs and train.n:
        words, label = _training_words(ctx, train)
        return "train", associate(words, label, n_classes=n_classes, min_rows=options.min_rows)
    label_ = ctx.predictions(rows.dataset).label
    if label_ is None:
        return "none", None
    searched = np.flatnonzero(rows.is_searched)
    words = [rows.words[row] for row in searched.tolist()]
    return "test", associate(
        words, label_[searched], n_classes=n_classes, min_rows=options.min_rows
    )


def _training_words(
    ctx: AuditContext, train: Dataset
) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
    """Return words and labels of training rows; an input that stands there twice counts once."""
    assert train.label is not None  # the caller has looked
    drawn = np.arange(train.n)
    if train.n > ctx.options.train_rows:
        drawn = np.sort(ctx.rng.choice(train.n, size=ctx.options.train_rows, replace=False))
    items = ctx.prepare([train.inputs[row] for row in drawn.tolist()])
    first = {item.key: index for index, item in reversed(list(enumerate(items)))}
    kept = np.sort(np.fromiter(first.values(), dtype=np.int64))
    words = [
        tuple(part.content for part in ctx.parts_of.parts(items[index])) for index in kept.tolist()
    ]
    return words, train.label[drawn[kept]]


class _Desk:
    """All evidence on the words of one data set."""

    def __init__(
        self, rows: Rows, known: Associations | None, pushes: Pushes, min_rows: int
    ) -> None:
        self.rows = rows
        self.known = known
        self.pushes = pushes
        self.index = {} if known is None else {word: at for at, word in enumerate(known.words)}
        self.words = sorted(
            word
            for word in rows.holders.keys() | self.index.keys()
            if word and (word in self.index or len(rows.holders[word]) >= min_rows)
        )
        self.significant = None if known is None else known.is_significant(DATA_ALPHA)
        self.gains: dict[str, float] = {}
        self._kinds: dict[str, str] = {}

    def shortlist(self, size: int, expected: tuple[str, ...]) -> list[str]:
        """Return a third by labels, a third by mass times low meaning, a third by gain."""
        spared = {word.lower() for word in expected}
        words = [word for word in self.words if word.lower() not in spared]
        by_z = self._by_z(words)
        by_mass = sorted(words, key=lambda word: (-self.rank(word), word))
        by_gain = sorted(words, key=lambda word: (-self.gain(word), word))
        third = (size + 2) // 3
        chosen: list[str] = []
        for more, limit in (
            ([word for word in by_z if self.is_in_data(word)], third),
            (by_gain, 2 * third),
            (by_mass, size),
            (by_z, size),
        ):
            taken = set(chosen)
            chosen += [word for word in more if word not in taken][: max(0, limit - len(chosen))]
        return chosen[:size]

    def gain(self, word: str) -> float:
        """Return what a word adds to the lead of its class: where it stands, else where it was put."""
        push = self.pushes.of_word.get(word)
        if push is not None and push.n_push.max() >= SCREEN_ROWS:
            return float(np.where(push.n_push > 0, push.mean_push(), -np.inf).max())
        return self.gains.get(word, 0.0)

    def unseen(self) -> list[str]:
        """Return words of the data that too few attributed rows hold, the largest z first."""
        return [
            word
            for word in self._by_z(self.words)
            if self.is_in_data(word)
            and ((push := self.pushes.of_word.get(word)) is None or push.n < SCREEN_ROWS)
        ]

    def rank(self, word: str) -> float:
        """Return attribution mass over all rows, times how little the word means."""
        push = self.pushes.of_word.get(word)
        return 0.0 if push is None else push.mean_mass * self.row_share(word) * self.weight(word)

    def weight(self, word: str) -> float:
        """Return how much more a word of low meaning counts."""
        if word not in self._kinds:
            self._kinds[word] = kind_of(word, self._habits(word))
        return weight_of(self._kinds[word])

    def row_share(self, word: str) -> float:
        """Return the share of rows of the data set that hold a word."""
        return len(self.rows.holders.get(word, ())) / max(1, self.rows.n)

    def is_in_data(self, word: str) -> bool | None:
        """Return whether a word goes with a class in the labelled rows; None without labels."""
        if self.significant is None:
            return None
        return word in self.index and bool(self.significant[self.index[word]].any())

    def candidate(self, number: int, word: str, controls: tuple[str, ...]) -> Candidate:
        """Gather what is known of a word."""
        self.weight(word)
        position, at = self.position(word), self.index.get(word)
        z = p_data = None
        n_data_rows = 0
        if self.known is not None and at is not None:
            z = float(self.known.z[at, position])
            p_data = float(self.known.p_value[at, position])
            n_data_rows = int(self.known.n_rows[at])
        is_in_data: bool | None = None
        if self.significant is not None:
            is_in_data = at is not None and bool(self.significant[at, position])
        return Candidate(
            number=number,
            word=word,
            kind=self._kinds[word],
            position=position,
            n_rows=len(self.rows.holders.get(word, ())),
            n_data_rows=n_data_rows,
            z=z,
            p_data=p_data,
            is_in_data=is_in_data,
            push=self.pushes.of_word.get(word),
            controls=controls,
        )

    def controls(self, words: list[str]) -> dict[str, tuple[str, ...]]:
        """Return for each word the ten most alike in frequency that nothing points to.

        Nothing points to a word that is not on the shortlist, goes with no class and adds to a lead
        no more than half of all words do. Where there is none such, other words stand in; empty
        where there is no other word.
        """
        chosen = set(words)
        others = [word for word in self.words if word not in chosen]
        middle = float(np.median([self.gain(word) for word in self.words])) if self.words else 0.0
        quiet = [word for word in others if not self.is_in_data(word) and self.gain(word) <= middle]
        pool = quiet or others or self.words
        sizes = np.log1p([self._frequency(word) for word in pool])
        return {word: self._alike(word, pool, sizes) for word in words}

    def _alike(self, word: str, pool: list[str], sizes: NDArray[np.float64]) -> tuple[str, ...]:
        apart = np.abs(sizes - np.log1p(self._frequency(word)))
        nearest = (pool[at] for at in np.argsort(apart, kind="stable").tolist())
        return tuple(islice((one for one in nearest if one != word), N_CONTROLS))

    def _frequency(self, word: str) -> int:
        return len(self.rows.holders.get(word, ()))

    def _by_z(self, words: list[str]) -> list[str]:
        if self.known is None:
            return []
        best = self.known.z.max(axis=1, initial=-np.inf)
        seen = [word for word in words if word in self.index]
        return sorted(seen, key=lambda word: (-best[self.index[word]], word))

    def position(self, word: str) -> int:
        """Return the class that a word goes with in the data; else the one that it pushes to."""
        if self.is_in_data(word) and self.known is not None and self.significant is not None:
            at = self.index[word]
            return int(np.argmax(np.where(self.significant[at], self.known.z[at], -np.inf)))
        push = self.pushes.of_word.get(word)
        if push is not None:
            return int(np.argmax(np.where(push.n_push > 0, push.mean_push(), -np.inf)))
        if self.known is not None and word in self.index:
            return int(np.argmax(self.known.z[self.index[word]]))
        return 0

    def _habits(self, word: str) -> Habits:
        holders = self.rows.holders.get(word, np.zeros(0, dtype=np.int64))[:200].tolist()
        edges = [word in (self.rows.words[row][0], self.rows.words[row][-1]) for row in holders]
        tokens = 1
        if holders:
            parts = self.rows.ctx.parts_of.parts(self.rows.items[holders[0]])
            tokens = len(next(part for part in parts if part.content == word).positions)
        return Habits(
            row_share=self.row_share(word),
            edge_share=sum(edges) / len(edges) if edges else 0.0,
            n_rows=len(holders),
            letters_per_token=len(word) / max(1, tokens),
        )
