"""The rows of one data set for ``shortcuts``: which are searched, which are held out, and their words.

Legend of shapes: n rows, c classes, k attributed rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._insertion import TextInput
    from harness.attributions import Attributions
    from harness.auditing import AuditContext
    from harness.modelling import Item

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """One data set, cut in two; clusters stay in one half.

    Attributes:
        ctx: Of the audit.
        dataset: Name of the data set.
        inputs, items: Texts and prepared inputs, n of them.
        words: Words of each row in order; position i is part i.
        logits: Of whole inputs, shape [n, c].
        decision: Class of the highest logit, shape [n].
        cluster: Shape [n], or None.
        is_searched: Half in which words are searched, shape [n]; the other one is held out.
        order: Searched rows in the order in which all audits of a run draw.
        holders: Word → rows that hold it, ascending.
    """

    ctx: AuditContext
    dataset: str
    inputs: Sequence[TextInput]
    items: Sequence[Item]
    words: Sequence[tuple[str, ...]]
    logits: FloatArray
    decision: IntArray
    cluster: NDArray[np.object_] | None
    is_searched: BoolArray
    order: IntArray
    holders: dict[str, IntArray]

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.items)

    def where(self, word: str, row: int) -> tuple[int, ...]:
        """Return the parts of a row that are the word."""
        return tuple(at for at, one in enumerate(self.words[row]) if one == word)

    def one_of_each_cluster(self, rows: IntArray) -> IntArray:
        """Keep the first of the rows of each cluster, so that what is kept is independent."""
        if self.cluster is None:
            return rows
        first = np.unique(self.cluster[rows], return_index=True)[1]
        return rows[np.sort(first)]


def read_rows(ctx: AuditContext, dataset: str) -> Rows:
    """Prepare a data set; needs logits and a model with parts."""
    seen = ctx.predictions(dataset)
    assert seen.logits is not None  # the data set was offered because it has logits
    items = ctx.items(dataset)
    words = [tuple(part.content for part in ctx.parts_of.parts(item)) for item in items]
    drawn = ctx.shared_sample(dataset, len(items))
    is_searched = _first_half(drawn, seen.cluster)
    holders: dict[str, list[int]] = {}
    for row, each in enumerate(words):
        for word in set(each):
            if word:
                holders.setdefault(word, []).append(row)
    logits = seen.logits.astype(np.float64)
    return Rows(
        ctx=ctx,
        dataset=dataset,
        inputs=ctx.rows(dataset).inputs,
        items=items,
        words=words,
        logits=logits,
        decision=np.argmax(logits, axis=1).astype(np.int64),
        cluster=seen.cluster,
        is_searched=is_searched,
        order=drawn[is_searched[drawn]],
        holders={word: np.array(rows, dtype=np.int64) for word, rows in holders.items()},
    )


def _first_half(drawn: IntArray, cluster: NDArray[np.object_] | None) -> BoolArray:
    """Put the rows that are drawn first into one half, shape [n]; whole clusters, as they come."""
    n = len(drawn)
    chosen = np.zeros(n, dtype=np.bool_)
    if cluster is None:
        chosen[drawn[: (n + 1) // 2]] = True
        return chosen
    names, first, number = np.unique(cluster[drawn], return_index=True, return_inverse=True)
    sizes = np.bincount(number, minlength=len(names))
    order = np.argsort(first)
    before = np.cumsum(sizes[order]) - sizes[order]
    is_first = np.zeros(len(names), dtype=np.bool_)
    is_first[order[before * 2 < n]] = True
    chosen[drawn] = is_first[number]
    return chosen


@dataclass(slots=True)
class WordPush:
    """What attributions say of one word; several times in a row counts as one, added up.

    Attributes:
        n: Attributed rows that hold it.
        n_top: Rows among them in which it speaks loudest for the decision.
        mass: Sum of absolute attributions over these rows, in logits.
        push: Sum of what it adds to the lead of each class, shape [c].
        n_push: Rows in which that class was decided or came second, shape [c].
    """

    push: FloatArray
    n_push: IntArray
    n: int = 0
    n_top: int = 0
    mass: float = 0.0

    @property
    def mean_mass(self) -> float:
        """Mean absolute attribution in a row that holds it."""
        return self.mass / self.n if self.n else 0.0

    def mean_push(self) -> FloatArray:
        """Return what it adds to the lead of each class on average, shape [c]; 0 where never seen."""
        return np.divide(
            self.push, self.n_push, out=np.zeros_like(self.push), where=self.n_push > 0
        )


@dataclass(frozen=True, slots=True)
class Pushes:
    """What attributions of k rows say of their words.

    Attributes:
        of_word: Word → what is known of it.
        n_rows: Rows that count.
        n_left_out: Rows whose attributions did not converge, or that leave nothing to attribute.
    """

    of_word: dict[str, WordPush] = field(default_factory=dict)
    n_rows: int = 0
    n_left_out: int = 0


def pushes_of(found: Attributions, words: Sequence[tuple[str, ...]], *, n_classes: int) -> Pushes:
    """Add up attributions by word.

    Args:
        found: Attributions per word of k rows, to the lead of the decided class.
        words: Words of the same rows, in order.
        n_classes: c.
    """
    of_word: dict[str, WordPush] = {}
    counts = [status in ("converged", "not-checked") for status in found.status.tolist()]
    for index in np.flatnonzero(counts).tolist():
        values = found.of(index)
        if not len(values):
            continue
        sums: dict[str, float] = {}
        for word, value in zip(words[index], values.tolist(), strict=True):
            sums[word] = sums.get(word, 0.0) + value
        loudest = max(sums, key=lambda word: sums[word])
        for word, value in sums.items():
            one = of_word.get(word)
            if one is None:
                silent = np.zeros(n_classes), np.zeros(n_classes, dtype=np.int64)
                one = of_word[word] = WordPush(*silent)
            one.n += 1
            one.n_top += word == loudest and value > 0
            one.mass += abs(value)
            for position, sign in ((found.target[index], 1.0), (found.runner_up[index], -1.0)):
                one.push[position] += sign * value
                one.n_push[position] += 1
    return Pushes(of_word, int(np.sum(counts)), int(len(counts) - np.sum(counts)))
