"""What the nearest other rows say about a label: the baseline beside influence.

Legend of shapes: n rows, r rows that are voted on, k neighbours, d features, c classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.influence.ranking import nearest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Votes:
    """How the k nearest other rows of r rows are labelled.

    Attributes:
        counts: Neighbours of each class, shape [r, c].
        own: Neighbours that carry the row's own label, shape [r].
        winner: Class that most neighbours carry, shape [r]; of two the lower one.
        is_against: Whether more than half of the neighbours carry one class that is not the row's,
            shape [r].
    """

    counts: IntArray
    own: IntArray
    winner: IntArray
    is_against: NDArray[np.bool_]

    @property
    def disagreement(self) -> NDArray[np.float64]:
        """Share of the neighbours that carry another label, shape [r]; 0 without neighbours."""
        total = self.counts.sum(axis=1)
        found: NDArray[np.float64] = 1.0 - self.own / np.maximum(total, 1)
        return np.where(total > 0, found, 0.0)


def nearest_rows(features: NDArray[np.floating], *, k: int, of: IntArray | None = None) -> IntArray:
    """Return the k nearest other rows of rows, nearest first, shape [r, k].

    Args:
        features: Shape [n, d]; near is what has a large cosine.
        k: Neighbours; n - 1 where there are fewer.
        of: Positions of the rows that neighbours are wanted of, shape [r]; None for all.
    """
    rows = np.arange(len(features)) if of is None else of
    k = min(k, len(features) - 1)
    if k < 1 or not len(rows):
        return np.zeros((len(rows), 0), dtype=np.int64)
    # pieces of the rows, too: n x n does not fit where n does
    size = 4096
    found = [
        nearest_of(features, features[part], k=k, itself=part).index
        for part in (rows[start : start + size] for start in range(0, len(rows), size))
    ]
    return np.concatenate(found)


def neighbour_votes(nearest: IntArray, label: IntArray, own: IntArray, *, n_classes: int) -> Votes:
    """Count the labels of neighbours.

    Args:
        nearest: Positions of the neighbours of r rows, shape [r, k].
        label: Labels of all rows, shape [n].
        own: Label that each of the r rows carries itself, shape [r].
        n_classes: c.
    """
    r = len(nearest)
    counts = np.zeros((r, n_classes), dtype=np.int64)
    np.add.at(counts, (np.repeat(np.arange(r), nearest.shape[1]), label[nearest].ravel()), 1)
    winner = np.argmax(counts, axis=1).astype(np.int64)
    is_against = (2 * counts.max(axis=1) > nearest.shape[1]) & (winner != own)
    return Votes(counts, counts[np.arange(r), own], winner, is_against)
