"""Area under the ROC curve: how often a positive example outranks a negative one.

Legend: n examples, c classes, m positives, k negatives, u independent units (examples or clusters).

The variance is DeLong's: from the placement of each positive among the negatives and the other way
round, summed over whole clusters where there are clusters (Obuchowski). One sort serves all.

DeLong's interval by itself ends too high near 1, where almost all pairs are in order and the few that are
not have hardly been seen: at area 0.99 with 20 positives its low end errs in 25 to 30 % instead of 5 % of
simulated samples, on the logit scale still in up to 19 %. Therefore each end also weighs half an
example (or cluster) of each kind that speaks against it: for the low end a positive below and a negative
above all others, for the high end the opposite. The ends are taken on the logit scale, with Student's t
for as many units as the rarer kind has. Both then err in at most about 5 % (areas 0.6 to 0.99, 20 to 500
positives), the low end close to 1 in fewer. In a mean over c classes the half is shared, 1 / (2c) for
each, as the bias would add up and the spread does not.

Source: DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595; one sort: Sun and Xu 2014,
doi:10.1109/LSP.2014.2337313; clusters: Obuchowski 1997, doi:10.2307/2533958; simulated in
tests/simulation/test_coverage_ranking.py
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import (
    Alphas,
    Ends,
    Frame,
    Numbers,
    assemble,
    no_examples,
    not_finite,
    undefined,
)
from harness.stats.linear import least_units, student, variance_of_unit
from harness.stats.replicates import constants_of
from harness.stats.resampling import unit_sums

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

_UNIT = "probability"

METHOD = "delong"

_HALF = 0.5
"""Share of an example (or cluster) of each kind that speaks against an end."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """One class against the rest.

    Attributes:
        is_positive: Rows of the class, shape [n].
        twice: Twice the rows of the other kind that a row is in the right order with, ties counted
            half, shape [n].
    """

    is_positive: BoolArray
    twice: IntArray

    @property
    def m(self) -> int:
        """Positives."""
        return int(np.count_nonzero(self.is_positive))

    @property
    def k(self) -> int:
        """Negatives."""
        return len(self.is_positive) - self.m

    @property
    def auc(self) -> float:
        """Area with ties counted half, from whole numbers."""
        return int(self.twice[self.is_positive].sum()) / (2 * self.m * self.k)

    @property
    def is_rigid(self) -> bool:
        """True when no reweighing moves the area: all pairs are in the same relation."""
        own, other = self.twice[self.is_positive], self.twice[~self.is_positive]
        return bool((own == own[0]).all() and (other == other[0]).all())

    def leaning(self, weigh: tuple[float, float], share: float, *, up: bool) -> _Leaning:
        """Return area and influence values with what speaks against one end.

        Args:
            weigh: Examples that a unit of positives, and of negatives, is worth.
            share: How much of a unit of each kind speaks against the end.
            up: True for the high end.
        """
        extra = tuple(share * rows for rows in weigh)
        m, k = self.m + extra[0], self.k + extra[1]
        placed = np.where(self.is_positive, 1 / k, 1 / m) * (0.5 * self.twice)
        if up:
            placed += np.where(self.is_positive, extra[1] / k, extra[0] / m)
        against = float(up)
        area = (float(placed[self.is_positive].sum()) + extra[0] * against) / m
        influence = (placed - area) * np.where(self.is_positive, 1 / m, 1 / k)
        steps = ((against - area) * rows / of for rows, of in zip(weigh, (m, k), strict=True))
        return _Leaning(area, influence, share * math.fsum(step**2 for step in steps))


@dataclass(frozen=True, slots=True)
class _Leaning:
    """Area, influence values [n], and the summed squares of the influence of what was added."""

    area: float
    influence: FloatArray
    added: float


def auc_influence(scores: ArrayLike, is_positive: ArrayLike) -> tuple[float, FloatArray]:
    """Return the area and how much each example moves it.

    Areas on overlapping rows can be subtracted: the influence of the difference is the difference of
    the influences (0 for rows that one of them does not use), see ``linear_estimate``.

    Args:
        scores: Higher means more likely positive, shape [n], finite.
        is_positive: Whether the example is positive, shape [n].

    Returns:
        The area, ties counted half, and influence values, shape [n], which sum to 0 over the
        positives and over the negatives. The sum of their squares, taken over m (m - 1) instead of m^2
        positives and the same for negatives, is DeLong's variance.

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If a score is not finite, or there is no positive or no negative example.
    """
    column, positive = checked_scores(scores, is_positive)
    if why := _why_undefined(column, positive.astype(np.int64)):
        raise ContractError(
            must("scores", "be finite and of both kinds of examples", why.text).removesuffix(".")
        )
    leaning = _rank(column, positive).leaning((0.0, 0.0), 0.0, up=False)
    return leaning.area, leaning.influence


def delong(
    scores: ArrayLike,
    is_positive: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    n_folds: int | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Probability that a positive example scores higher than a negative one, ties counted half.

    From 0 to 1; 0.5 is what scores without information reach. Closed form, see the module. Where
    nothing varies (area 0 or 1, or all scores equal) the ends come from ``separation_ends``. Fewer than
    10 clusters with positives, or with negatives, leave the ends of the range.

    Scores of models that were fitted in cross-validation, each on the folds of the others, vary more than
    those of one model: the variance is then multiplied by ``folds_inflation``.

    Args:
        scores: Higher means more likely positive, shape [n].
        is_positive: Whether the example is positive, shape [n].
        cluster: Cluster of each example, shape [n]; None takes examples as independent.
        n_folds: Folds that the scores come from; None for scores of one model that saw no example.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.

    Undefined when: there is no positive or no negative example; a score is not finite.
    Blind to: calibration, and where the decision threshold lies.
    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747; see the module
    """
    column, positive = checked_scores(scores, is_positive)
    alphas = Alphas(alpha_low, alpha_high)
    if why := _why_undefined(column, positive.astype(np.int64)):
        return undefined(why, unit=_UNIT, n=len(column))
    inflation = 1.0 if n_folds is None else folds_inflation(n_folds)
    return estimate_of([_rank(column, positive)], cluster, alphas, inflation=inflation)


def folds_inflation(n_folds: int) -> float:
    """Return how many times the variance of a cross-validated statistic exceeds that of one model.

    1 + k times the examples of a fold over those that its model is fitted on: 2.25 for 5 folds. Simulated
    for areas of scores that know nothing in tests/simulation/test_coverage_membership.py.

    Source: Nadeau and Bengio 2003, doi:10.1023/A:1024068626366
    """
    return 1.0 + n_folds / (n_folds - 1)


def macro_delong(
    scores: NDArray[np.floating[Any]],
    label: NDArray[np.integer[Any]],
    *,
    cluster: ArrayLike | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Mean over classes of the area of one class against the rest.

    Classes without examples are left out of the mean. What the classes share of a row is part of the
    variance.

    Args:
        scores: Class probabilities, shape [n, c].
        label: True class, shape [n], 0 <= label < c.
        cluster: Cluster of each example, shape [n]; None takes examples as independent.
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
    rankings = [_rank(table[:, one], classes == one) for one in np.unique(classes)]
    return estimate_of(rankings, cluster, alphas)


def delong_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return both ends on the logit scale; those of the range where units are too few.

    Each end starts from the area that leans towards it by ``lean / units``.
    """
    if values["units"] < values["least_units"]:
        return 0.0, 1.0
    return _end(values, alphas.low, "low"), _end(values, alphas.high, "high")


def separation_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Bound an area without variance; k = number of disjoint pairs.

    Area 1: each of k disjoint pairs of a positive and a negative is in order, independently with
    probability AUC, so that a perfect separation has probability at most AUC^k. Whatever lies below
    alpha^(1/k) would have shown it with probability below alpha. Area 0 is the mirror image. In a
    mean over classes the smallest k counts: some class has an area no larger than the mean.

    Area 1/2 because all scores are equal: with shares p of the positives and q of the negatives at
    that score this has probability at most (pq)^(k - 1), and the rest may lie on either side, so
    that the area is within pq/2 and 1 - pq/2 with pq = alpha^(1 / (k - 1)).

    No pairs at all (fewer than 10 clusters) leave the ends of the range.
    """
    value, k = float(values["value"]), float(values["pairs"])
    if k <= 0:
        return 0.0, 1.0
    if 0 < value < 1:
        tied = [
            0.5 * alpha ** (1 / (k - 1)) if k > 1 else 0.0 for alpha in (alphas.low, alphas.high)
        ]
        return tied[0], 1 - tied[1]
    low = alphas.low ** (1 / k) if value == 1 else 0.0
    high = 1.0 if value == 1 else -math.expm1(math.log(alphas.high) / k)
    return low, high


def _end(values: Numbers, alpha: float, end: str) -> float:
    units = float(values["units"])
    area = float(values["value"]) + float(values[f"lean_{end}"]) / units
    if not 0 < area < 1:
        return 0.0 if end == "low" else 1.0
    error = math.sqrt(float(values[f"variance_{end}"]) / units) / (area * (1 - area))
    step = student(alpha, values) * error
    logit = math.log(area) - math.log1p(-area) + (step if end == "high" else -step)
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


def estimate_of(
    rankings: list[Ranking], cluster: ArrayLike | None, alphas: Alphas, *, inflation: float = 1.0
) -> Estimate:
    """Return the mean area of rankings of the same rows, one for each class; see ``delong``."""
    n = len(rankings[0].is_positive)
    if cluster is not None and np.shape(cluster) != (n,):
        raise ShapeError(
            f"cluster must have one value for each of the {n} examples, got shape "
            f"{list(np.shape(cluster))}."
        )
    of = None if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1]
    aucs = [ranking.auc for ranking in rankings]
    value = math.fsum(aucs) / len(aucs)
    values: dict[str, float] = dict(constants_of(value, 0.0, 1.0))
    if set(aucs) == {value} and all(ranking.is_rigid for ranking in rankings):
        values["pairs"] = min(_pairs(ranking.is_positive, of) for ranking in rankings)
        frame = Frame(n, _UNIT, "separation", Evidence(values={**values}), 0.0, 1.0)
        return assemble(value, separation_ends(values, alphas), alphas, frame=frame)
    values |= _leanings(rankings, of, value)
    for end in ("low", "high"):
        values[f"variance_{end}"] *= inflation
    frame = Frame(n, _UNIT, METHOD, Evidence(values={**values}), 0.0, 1.0)
    return assemble(value, delong_ends(values, alphas), alphas, frame=frame)


def _leanings(rankings: list[Ranking], of: IntArray | None, value: float) -> dict[str, float]:
    """Return what ``delong_ends`` needs beside the value."""
    holders = [_holders(ranking.is_positive, of) for ranking in rankings]
    units, share = min(min(pair) for pair in holders), _HALF / len(rankings)
    found: dict[str, float] = {
        "units": units,
        "least_units": least_units(is_clustered=of is not None),
    }
    weigh = [_worth(*one, of) for one in zip(rankings, holders, strict=True)]
    for end in ("low", "high"):
        leanings = [
            ranking.leaning(worth, share, up=end == "high")
            for ranking, worth in zip(rankings, weigh, strict=True)
        ]
        area = math.fsum(one.area for one in leanings) / len(rankings)
        added = math.fsum(one.added for one in leanings) / len(rankings) ** 2
        influence = np.sum([one.influence for one in leanings], axis=0) / len(rankings)
        squares = np.append(unit_sums(influence[:, None], of)[0][:, 0], math.sqrt(added))
        found |= {
            f"lean_{end}": (area - value) * units,
            f"variance_{end}": variance_of_unit(squares, units),
        }
    return found


def _worth(ranking: Ranking, holders: tuple[int, int], of: IntArray | None) -> tuple[float, float]:
    """Return how many independent examples a unit of positives, and of negatives, is worth.

    One for examples. For clusters the design effect, at most the rows of their kind that they hold:
    half a cluster that is wrong as a whole would be absurd where rows are independent all the same.
    """
    if of is None:
        return 1.0, 1.0
    influence = ranking.leaning((0.0, 0.0), 0.0, up=False).influence
    of_rows, of_units = influence, unit_sums(influence[:, None], of)[0]
    squares = float((of_rows**2).sum())
    effect = max(1.0, float((of_units**2).sum()) / squares) if squares else 1.0
    return min(effect, ranking.m / holders[0]), min(effect, ranking.k / holders[1])


def _holders(is_positive: BoolArray, of: IntArray | None) -> tuple[int, int]:
    """Return how many units hold a positive, and a negative."""
    if of is None:
        m = int(np.count_nonzero(is_positive))
        return m, len(is_positive) - m
    return len(np.unique(of[is_positive])), len(np.unique(of[~is_positive]))


def _pairs(is_positive: BoolArray, of: IntArray | None) -> int:
    """Return the largest number of disjoint pairs of units, one with a positive, one with a negative."""
    pair = _holders(is_positive, of)
    if of is None:
        return min(pair)
    if min(pair) < least_units(is_clustered=True):
        return 0
    return min(*pair, int(of.max() + 1) // 2)


def _rank(scores: FloatArray, is_positive: BoolArray) -> Ranking:
    order = np.argsort(scores)
    ordered, own = scores[order], is_positive[order]
    is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    start = np.flatnonzero(is_new)
    end = np.append(start[1:], len(scores))
    positives = np.concatenate([[0], np.cumsum(own)])
    below, upto = positives[start], positives[end]
    # of a row's equals half count: below + up to its score is twice that
    of_positive = (start - below) + (end - upto)
    of_negative = 2 * positives[-1] - below - upto
    tie = np.cumsum(is_new) - 1
    twice = np.empty(len(scores), dtype=np.int64)
    twice[order] = np.where(own, of_positive[tie], of_negative[tie])
    return Ranking(is_positive, twice)


def checked_scores(scores: ArrayLike, is_positive: ArrayLike) -> tuple[FloatArray, BoolArray]:
    """Return scores and kinds of examples as arrays, shape [n].

    Raises:
        ShapeError: If the shapes differ.
    """
    column = np.asarray(scores, dtype=np.float64)
    positive = np.asarray(is_positive, dtype=bool)
    if column.ndim != 1 or positive.shape != column.shape:
        raise ShapeError(
            f"scores and is_positive must have shape [n], got {list(column.shape)} "
            f"and {list(positive.shape)}."
        )
    return column, positive


def _why_undefined(scores: FloatArray, classes: IntArray) -> Message | None:
    if len(classes) == 0:
        return no_examples()
    if bad := int((~np.isfinite(scores)).sum()):
        return not_finite(bad, of=scores.size)
    if classes.min() == classes.max():
        return Message.of(
            "stats.one-class", "All examples have the same class, so there is nothing to rank."
        )
    return None
