"""A search for the order of words with the least or greatest AOPC, keeping the best few.

Legend of shapes: p parts, w states, e sets that are looked at next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Search:
    """One beam over sets of words that are gone, from none to all.

    Args:
        n: p, >= 1.
        whole: Probability of the whole row.
        width: States that are kept, w >= 1.
        sign: +1 for the greatest AOPC, -1 for the least.
    """

    def __init__(self, n: int, whole: float, *, width: int, sign: int) -> None:
        self._n, self._whole, self._width, self._sign = n, whole, width, sign
        self._sets = np.zeros((1, n), dtype=np.bool_)
        self._sums = np.zeros(1)
        self._next: tuple[NDArray[np.bool_], NDArray[np.float64]] = self._expand()

    @property
    def is_done(self) -> bool:
        """Whether all words are gone."""
        return bool(self._sets[0].all())

    @property
    def aopc(self) -> float:
        """The best AOPC that was found, once it is done."""
        return self._sign * float(self._sums[0]) / self._n

    def next_sets(self) -> NDArray[np.bool_]:
        """Return the sets whose probabilities are wanted next, shape [e, p]."""
        return self._next[0]

    def take(self, scores: NDArray[np.float64]) -> None:
        """Go on with the probabilities of the target without the ``next_sets``, shape [e]."""
        sets, sums = self._next
        sums = sums + self._sign * (self._whole - scores)
        best = np.argsort(-sums, kind="stable")[: self._width]
        self._sets, self._sums = sets[best], sums[best]
        self._next = self._expand()

    def _expand(self) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Return every kept set with one more word gone, and the best sum that leads there."""
        found: dict[bytes, int] = {}
        sets: list[NDArray[np.bool_]] = []
        sums: list[float] = []
        # states are sorted: the first that reaches a set has the best sum
        for state, total in zip(self._sets, self._sums.tolist(), strict=True):
            for unit in np.flatnonzero(~state):
                one = state.copy()
                one[unit] = True
                if found.setdefault(one.tobytes(), len(sets)) == len(sets):
                    sets.append(one)
                    sums.append(total)
        return np.array(sets, dtype=np.bool_).reshape(len(sets), self._n), np.array(sums)
