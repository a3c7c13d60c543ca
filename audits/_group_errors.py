"""How far scores are from outcomes, in any group: means, their covariance, and bins.

Legend: n examples, g groups, k bins, m clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._bins import equal_mass, signed_parts
from audits._group_means import means_of_groups
from harness.records import Estimate, Message
from harness.stats import NoisyParts, few_clusters, linear_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Errors:
    """Scores of the class of interest beside what happened.

    Attributes:
        score: Shape [n].
        is_positive: Whether the example is of the class, shape [n].
        cluster: Number of each row's cluster, shape [n]; None where each row stands alone.
        bins: Bin of each score among all scores, shape [n].
    """

    score: FloatArray
    is_positive: BoolArray
    cluster: IntArray | None
    bins: IntArray

    @classmethod
    def of(
        cls, score: FloatArray, is_positive: BoolArray, cluster: IntArray | None, n_bins: int
    ) -> Errors:
        """Put all scores, shape [n], into bins of equal mass."""
        return cls(score, is_positive, cluster, equal_mass(score, n_bins))

    @property
    def n(self) -> int:
        """Examples."""
        return len(self.score)

    def events(self, rows: BoolArray) -> tuple[int, int]:
        """Return positives and negatives among some rows, shape [n]."""
        n_positive = int((rows & self.is_positive).sum())
        return n_positive, int(rows.sum()) - n_positive

    def units(self, rows: BoolArray) -> int:
        """Return independent units of the rarer outcome among some rows: clusters, or all rows."""
        if self.cluster is None:
            return int(rows.sum())
        of = (rows & self.is_positive, rows & ~self.is_positive)
        return min(len(np.unique(self.cluster[one])) for one in of)

    def few_clusters(self, rows: BoolArray) -> tuple[Message, ...]:
        """Return the caveat of rows whose positives, or negatives, lie in too few clusters."""
        return () if self.cluster is None else few_clusters(self.units(rows))

    def mean_error(self, rows: BoolArray) -> Estimate:
        """Return mean score minus share of positives among some rows, at least one."""
        apart = (self.score - self.is_positive)[rows]
        return self._mean(apart, rows, unit="difference", range_low=-1.0)

    def brier(self, rows: BoolArray) -> Estimate:
        """Return the mean squared distance of score and outcome among some rows, at least one."""
        squares = ((self.score - self.is_positive) ** 2)[rows]
        return self._mean(squares, rows, unit="probability squared", range_low=0.0)

    def binned(self, rows: BoolArray, n_bins: int) -> NoisyParts:
        """Return the parts of the calibration error of some rows, in bins of their own."""
        score, is_positive = self.score[rows], self.is_positive[rows]
        cluster = None if self.cluster is None else self.cluster[rows]
        return signed_parts(score, is_positive, equal_mass(score, n_bins), cluster)

    def shares_of_all(self, rows: BoolArray) -> tuple[NoisyParts, IntArray]:
        """Return mean error times share of all examples in each bin of all scores that the rows meet.

        The bins that they belong to come second.
        """
        met, code = np.unique(self.bins[rows], return_inverse=True)
        of_all = np.full(self.n, len(met))
        of_all[rows] = code
        parts = signed_parts(self.score, self.is_positive, of_all, self.cluster)
        k = len(met)
        covariance = parts.covariance[:k, :k]
        # where few positives are expected there may be none, and then what was seen does not vary
        expected = np.bincount(of_all, weights=self.score * (1 - self.score))[:k] / self.n**2
        at = np.diag_indices(k)
        covariance[at] = np.maximum(covariance[at], expected)
        return NoisyParts(parts.values[:k], covariance, parts.units, self.n), met

    def covariance(self, groups: Sequence[BoolArray]) -> tuple[FloatArray, FloatArray, float]:
        """Return mean errors of groups, their covariance, and its degrees of freedom.

        Groups may share rows, and clusters: what they share is in the covariance.

        Args:
            groups: Rows of each group, shape [n] each, at least two in every group.
        """
        apart = self.score - self.is_positive
        return means_of_groups(apart, groups, self.cluster, [self.units(rows) for rows in groups])

    def _mean(
        self, values: FloatArray, rows: BoolArray, *, unit: str, range_low: float
    ) -> Estimate:
        mean = float(values.mean())
        return linear_estimate(
            mean,
            (values - mean) / len(values),
            unit=unit,
            range_low=range_low,
            range_high=1.0,
            cluster=None if self.cluster is None else self.cluster[rows],
            units=self.units(rows),
            is_skewed=True,
        )
