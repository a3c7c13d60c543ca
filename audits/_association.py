"""Which words go with which class in labelled rows: z-statistics with the field's correction.

Legend of shapes: n rows, v words, c classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.stats import binomial_tail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Associations:
    """How much more often a class stands beside a word than in all rows.

    Attributes:
        words: Words that stand in enough rows, sorted, v of them.
        n_rows: Rows that hold each word, shape [v].
        of_class: The same by label, shape [v, c].
        z: (p(y|t) - p(y)) / sqrt(p(y) (1 - p(y)) / n_t), shape [v, c]; 0 for a class without rows.
        p_value: Exact binomial probability of so many rows of the class or more, shape [v, c].
        n_total: Rows in all.
    """

    words: tuple[str, ...]
    n_rows: IntArray
    of_class: IntArray
    z: FloatArray
    p_value: FloatArray
    n_total: int

    def is_significant(self, alpha: float) -> NDArray[np.bool_]:
        """Return which pairs of word and class stay after Bonferroni over all of them, shape [v, c]."""
        kept: NDArray[np.bool_] = self.p_value <= alpha / max(1, self.p_value.size)
        return kept


def associate(
    contents: Iterable[Iterable[str]], label: IntArray, *, n_classes: int, min_rows: int
) -> Associations:
    """Count words by the label of their rows.

    Args:
        contents: Words of each row, n rows; a word counts once in a row.
        label: Shape [n].
        n_classes: c.
        min_rows: Words of fewer rows are left out.

    Source: Gardner et al. 2021, arXiv:2104.08646, section 3 (z* and Bonferroni)
    """
    pairs: Counter[tuple[str, int]] = Counter()
    for words, one in zip(contents, label.tolist(), strict=True):
        pairs.update((word, one) for word in set(words))
    tables: dict[str, list[int]] = {}
    for (word, one), count in pairs.items():
        tables.setdefault(word, [0] * n_classes)[one] = count
    words = tuple(sorted(word for word, table in tables.items() if sum(table) >= min_rows))
    of_class = np.array([tables[word] for word in words], dtype=np.int64).reshape(-1, n_classes)
    n_rows = of_class.sum(axis=1)
    base = np.bincount(label, minlength=n_classes) / max(1, len(label))
    return Associations(
        words=words,
        n_rows=n_rows,
        of_class=of_class,
        z=_z(of_class, n_rows, base),
        p_value=np.asarray(binomial_tail(of_class, n_rows[:, None], base)).reshape(-1, n_classes),
        n_total=len(label),
    )


def _z(of_class: IntArray, n_rows: IntArray, base: FloatArray) -> FloatArray:
    spread = np.sqrt(base * (1 - base) / n_rows[:, None])
    apart = of_class / n_rows[:, None] - base
    z: FloatArray = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)
    return z
