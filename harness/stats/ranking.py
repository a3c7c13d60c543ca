"""Area under the ROC curve: how often a positive example outranks a negative one.

Legend: n examples, c classes, m positives, r replicates, b replicates of one piece.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ShapeError
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import (
    Alphas,
    Ends,
    Frame,
    Keep,
    Numbers,
    assemble,
    no_examples,
    not_finite,
    undefined,
)
from harness.stats.resampling import constants_of, from_replicates, pieces, small_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_UNIT = "probability"


@dataclass(frozen=True, slots=True)
class _Ranking:
    """One class against the rest, sorted once for all replicates.

    Attributes:
        positive: Rows of the class, shape [m].
        negative: Rows of the rest in ascending order of score, shape [n - m].
        below, upto: For each positive, how many of ``negative`` score less, and at most as much.
    """

    positive: IntArray
    negative: IntArray
    below: IntArray
    upto: IntArray

    @property
    def pairs(self) -> int:
        """Largest number of disjoint pairs of a positive and a negative."""
        return min(len(self.positive), len(self.negative))

    @property
    def auc(self) -> float:
        """Area with ties counted half, from mid-ranks."""
        twice = int(self.below.sum() + self.upto.sum())
        return twice / (2 * len(self.positive) * len(self.negative))

    def aucs(self, weights: NDArray[np.int32]) -> FloatArray:
        """Area in each replicate, shape [b], for times each row was drawn, shape [b, n]."""
        cumulated = np.zeros((len(weights), len(self.negative) + 1), dtype=np.int32)
        np.cumsum(weights[:, self.negative], axis=1, dtype=np.int32, out=cumulated[:, 1:])
        twice = cumulated[:, self.below].astype(np.int64) + cumulated[:, self.upto]
        total = (weights[:, self.positive] * twice).sum(axis=1)
        return np.asarray(total / (2.0 * len(self.positive) * len(self.negative)))


def auroc_estimate(
    scores: ArrayLike,
    is_positive: ArrayLike,
    *,
    rng: np.random.Generator,
    keep: Keep | None,
    replicates: int = 1000,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Probability that a positive example scores higher than a negative one, ties counted half.

    From 0 to 1; 0.5 is what scores without information reach. Percentile bootstrap within the
    positives and within the negatives, widened for the smaller of the two (see ``resampling``).
    Where the bootstrap has no spread (area 0 or 1, or all scores equal) the ends come from
    ``separation_ends``.

    Args:
        scores: Higher means more likely positive, shape [n].
        is_positive: Whether the example is positive, shape [n].
        rng: Where the draws come from.
        keep: Stores the replicates; None leaves the estimate without evidence.
        replicates: r.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.

    Undefined when: there is no positive or no negative example; a score is not finite.
    Blind to: calibration, and where the decision threshold lies.
    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747
    """
    column = np.asarray(scores, dtype=np.float64)
    positive = np.asarray(is_positive, dtype=bool)
    if column.ndim != 1 or positive.shape != column.shape:
        raise ShapeError(
            f"scores and is_positive must have shape [n], got {list(column.shape)} "
            f"and {list(positive.shape)}."
        )
    alphas = Alphas(alpha_low, alpha_high)
    if why := _why_undefined(column, positive.astype(np.int64)):
        return undefined(why, unit=_UNIT, n=len(column))
    ranking = _rank(column, positive)
    units = float(ranking.pairs)
    return _estimate([ranking], positive, alphas, units=units, rng=rng, keep=keep, r=replicates)


def macro_auroc_estimate(
    scores: NDArray[np.floating[Any]],
    label: NDArray[np.integer[Any]],
    *,
    rng: np.random.Generator,
    keep: Keep | None,
    replicates: int = 1000,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Mean over classes of the area of one class against the rest.

    Classes without examples are left out of the mean. Rows are drawn within each class, so that
    every class keeps its examples; the interval is widened for the harmonic mean of the class sizes.

    Args:
        scores: Class probabilities, shape [n, c].
        label: True class, shape [n], 0 <= label < c.
        rng: Where the draws come from.
        keep: Stores the replicates; None leaves the estimate without evidence.
        replicates: r.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes do not belong together.

    Undefined when: fewer than two classes occur; a score is not finite.
    Blind to: calibration, and which classes are confused with each other.
    Source: Hand and Till 2001 discuss the choice, doi:10.1023/A:1010920819831
    """
    table, classes = np.asarray(scores, dtype=np.float64), np.asarray(label)
    if table.ndim != 2 or classes.shape != table.shape[:1]:
        raise ShapeError(
            f"scores and label must have shapes [n, c] and [n], got {list(table.shape)} "
            f"and {list(classes.shape)}."
        )
    alphas = Alphas(alpha_low, alpha_high)
    if why := _why_undefined(table, classes):
        return undefined(why, unit=_UNIT, n=len(classes))
    present, sizes = np.unique(classes, return_counts=True)
    rankings = [_rank(table[:, k], classes == k) for k in present]
    units = len(sizes) / float((1 / sizes).sum())
    return _estimate(rankings, classes, alphas, units=units, rng=rng, keep=keep, r=replicates)


def separation_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Bound an area that the bootstrap cannot resample; k = number of disjoint pairs.

    Area 1: each of k disjoint pairs of a positive and a negative is in order, independently with
    probability AUC, so that a perfect separation has probability at most AUC^k. Whatever lies below
    alpha^(1/k) would have shown it with probability below alpha. Area 0 is the mirror image. In a
    mean over classes the smallest k counts: some class has an area no larger than the mean.

    Area 1/2 because all scores are equal: with shares p of the positives and q of the negatives at
    that score this has probability at most (pq)^(k - 1), and the rest may lie on either side, so
    that the area is within pq/2 and 1 - pq/2 with pq = alpha^(1 / (k - 1)).
    """
    value, k = float(values["value"]), float(values["pairs"])
    if 0 < value < 1:
        tied = [
            0.5 * alpha ** (1 / (k - 1)) if k > 1 else 0.0 for alpha in (alphas.low, alphas.high)
        ]
        return tied[0], 1 - tied[1]
    low = alphas.low ** (1 / k) if value == 1 else 0.0
    high = 1.0 if value == 1 else -math.expm1(math.log(alphas.high) / k)
    return low, high


def _estimate(
    rankings: list[_Ranking],
    strata: NDArray[Any],
    alphas: Alphas,
    *,
    units: float,
    rng: np.random.Generator,
    keep: Keep | None,
    r: int,
) -> Estimate:
    aucs = [ranking.auc for ranking in rankings]
    value = math.fsum(aucs) / len(aucs)
    constants = constants_of(value, 0.0, 1.0)
    drawn = np.concatenate(
        [
            np.mean([ranking.aucs(weights) for ranking in rankings], axis=0)
            for weights in _row_weights(strata, rng=rng, replicates=r)
        ]
    )
    if value in {0.0, 0.5, 1.0} and set(aucs) == {value} and np.ptp(drawn) == 0:
        values = constants | {"pairs": min(ranking.pairs for ranking in rankings)}
        frame = Frame(len(strata), _UNIT, "separation", Evidence(values=dict(values)), 0.0, 1.0)
        return assemble(value, separation_ends(values, alphas), alphas, frame=frame)
    return from_replicates(
        np.clip(drawn, 0.0, 1.0),
        constants | small_sample(units),
        alphas,
        n=len(strata),
        unit=_UNIT,
        keep=keep,
    )


def _rank(scores: FloatArray, is_positive: NDArray[np.bool_]) -> _Ranking:
    positive, negative = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    negative = negative[np.argsort(scores[negative], kind="stable")]
    ordered, own = scores[negative], scores[positive]
    return _Ranking(
        positive=positive,
        negative=negative,
        below=np.searchsorted(ordered, own, side="left"),
        upto=np.searchsorted(ordered, own, side="right"),
    )


def _row_weights(strata: NDArray[Any], *, rng: np.random.Generator, replicates: int) -> Any:
    """Yield how often each row is drawn within its stratum, shape [b, n], piece by piece."""
    n = len(strata)
    rows = np.argsort(strata, kind="stable")
    _, sizes = np.unique(strata, return_counts=True)
    size = np.repeat(sizes, sizes)
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)
    for piece in pieces(replicates, per_replicate=40 * n):
        position = (rng.random((piece, n)) * size).astype(np.int64) + start
        drawn = rows[position] + np.arange(piece)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=piece * n).reshape(piece, n).astype(np.int32)


def _why_undefined(scores: FloatArray, classes: NDArray[np.int64]) -> Message | None:
    if len(classes) == 0:
        return no_examples()
    if bad := int((~np.isfinite(scores)).sum()):
        return not_finite(bad, of=scores.size)
    if len(np.unique(classes)) == 1:
        return Message.of(
            "stats.one-class", "All examples have the same class, so there is nothing to rank."
        )
    return None
