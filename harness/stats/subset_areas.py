"""Areas under the ROC curve of many subsets of the same rows: one sort for all of them.

Legend: n rows, s rows of a subset, u different scores.

The place of a row among the different scores is the same in every subset. So a subset's areas take
counting and cumulative sums, no sort: a few milliseconds for 100,000 rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, ShapeError
from harness.stats.estimates import Alphas
from harness.stats.ranking import Ranking, estimate_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.records import Estimate

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SubsetArea:
    """Area of one subset, and how much each of its rows moves it.

    Attributes:
        estimate: By ``delong``, or ``separation`` where nothing varies.
        rows: Rows of the subset, shape [s], first the positives.
        influence: Influence value of each of them, shape [s]; see ``auc_influence``.
        m: Positives.
    """

    estimate: Estimate
    rows: IntArray
    influence: FloatArray
    m: int

    @property
    def value(self) -> float:
        """The area."""
        assert self.estimate.value is not None  # a subset without one has no area
        return self.estimate.value

    def spread(self, n: int) -> FloatArray:
        """Return the influence of all n rows, 0 outside the subset."""
        found = np.zeros(n)
        found[self.rows] = self.influence
        return found


@dataclass(frozen=True, slots=True)
class ScoreOrder:
    """Rows in the order of their scores.

    Attributes:
        place: Position of each row's score among the different scores, shape [n].
        n_scores: u.
        cluster: Number of each row's cluster, shape [n]; None where rows are independent.
    """

    place: IntArray
    n_scores: int
    cluster: IntArray | None = None

    @classmethod
    def of(cls, scores: ArrayLike, cluster: ArrayLike | None = None) -> ScoreOrder:
        """Sort the scores, shape [n].

        Raises:
            ShapeError: If scores and cluster do not have the same shape [n].
            ContractError: If a score is not finite.
        """
        column = np.asarray(scores, dtype=np.float64)
        if column.ndim != 1 or (cluster is not None and np.shape(cluster) != column.shape):
            raise ShapeError(
                f"scores must have shape [n] and cluster the same, got {list(column.shape)} and "
                f"{None if cluster is None else list(np.shape(cluster))}."
            )
        if bad := int((~np.isfinite(column)).sum()):
            raise ContractError(f"scores must be finite, got {bad} of {len(column)} that are not.")
        different, place = np.unique(column, return_inverse=True)
        of = None
        if cluster is not None:
            of = np.unique(np.asarray(cluster), return_inverse=True)[1].astype(np.int64)
        return cls(place.astype(np.int64), len(different), of)

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.place)

    def area(
        self,
        positive: IntArray,
        negative: IntArray,
        *,
        alpha_low: float = 0.05,
        alpha_high: float = 0.05,
    ) -> SubsetArea:
        """Return how often a positive row outranks a negative one, ties counted half.

        Args:
            positive: Rows that count as positive, shape [m], m >= 1.
            negative: Rows that count as negative, none of them positive too.
            alpha_low: One-sided error of the low end.
            alpha_high: One-sided error of the high end.

        Raises:
            ContractError: If there is no positive or no negative row.
        """
        if not len(positive) or not len(negative):
            raise ContractError(
                f"An area must have rows of both kinds, got {len(positive)} and {len(negative)}."
            )
        rows = np.concatenate([positive, negative])
        ranking = Ranking(np.arange(len(rows)) < len(positive), self._twice(positive, negative))
        cluster = None if self.cluster is None else self.cluster[rows]
        estimate = estimate_of([ranking], cluster, Alphas(alpha_low, alpha_high))
        influence = ranking.leaning((0.0, 0.0), 0.0, up=False).influence
        return SubsetArea(estimate, rows, influence, len(positive))

    def by_unit(self, influence: FloatArray) -> FloatArray:
        """Sum influence values of all rows, shape [n], over clusters where there are some."""
        if self.cluster is None:
            return influence
        found: FloatArray = np.bincount(self.cluster, weights=influence).astype(np.float64)
        return found

    def _twice(self, positive: IntArray, negative: IntArray) -> IntArray:
        """Return twice the rows of the other kind that a row is in the right order with, shape [s]."""
        at, other = self.place[positive], self.place[negative]
        own, rest = (np.bincount(one, minlength=self.n_scores) for one in (at, other))
        # up to a score minus half of those at it: below it and half of its equals
        below_positive = 2 * np.cumsum(rest) - rest
        above_negative = 2 * len(positive) - (2 * np.cumsum(own) - own)
        return np.concatenate([below_positive[at], above_negative[other]])
