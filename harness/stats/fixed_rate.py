"""The true positive rate at a false positive rate that is fixed beforehand.

Legend: n examples, m positives, k negatives, u units (examples or clusters).

The threshold is chosen on one half of the negatives and nothing else: the lowest one that lets through
at most ``limit`` of that half, so that no positive takes part in the choice and all of them can be
reported. What the threshold lets through of the other half of the negatives says how far it is from
what it should be. Taking the first threshold that lets through more than ``limit``, or the same
negatives twice, flatters the attack.

A rate that is not above chance by more than its noise takes negatives: a limit of 0.001 leaves 5 of 5,000
above the threshold. Below ``least_negatives`` there is no value.

Source: Carlini et al. 2022, arXiv:2112.03570 (true positives at low false positive rates); Clopper and
Pearson 1934, doi:10.1093/biomet/26.4.404
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Message
from harness.stats.clusters import cluster_share
from harness.stats.estimates import not_finite, undefined
from harness.stats.proportions import clopper_pearson
from harness.stats.ranking import checked_scores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

LEAST_ABOVE = 10
"""Negatives of both halves together that a limit must leave above the threshold."""

_ROUNDING = 1e-9
"""A limit times a count that should be a whole number may lie this far below it."""


@dataclass(frozen=True, slots=True)
class FixedRate:
    """What a threshold lets through.

    Attributes:
        limit: False positive rate that it was chosen for.
        true_positives: Share of the positives above it.
        false_positives: Share of the negatives above it, among those that it was not chosen on.
        least: Units of negatives that the limit takes.
        n_negatives: Units of negatives that there are.
    """

    limit: float
    true_positives: Estimate
    false_positives: Estimate
    least: int
    n_negatives: int


def least_negatives(limit: float) -> int:
    """Return how many negatives a false positive rate takes: 1,000 for 0.01, 10,000 for 0.001."""
    return math.ceil(LEAST_ABOVE / limit - _ROUNDING)


def threshold_at(negatives: ArrayLike, limit: float) -> float:
    """Return the threshold above which at most a share of some negatives lies, and most positives can.

    What lies strictly above it counts as positive. Any lower threshold lets through more than the limit.

    Args:
        negatives: Scores, shape [k], k >= 1.
        limit: Largest false positive rate, 0 <= limit < 1.

    Raises:
        ContractError: If there is no negative, or the limit is out of its range.
    """
    ordered = np.sort(np.asarray(negatives, dtype=np.float64))
    if len(ordered) == 0:
        raise ContractError(must("negatives", "hold at least one score", 0))
    if not 0 <= limit < 1:
        raise ContractError(must("limit", "lie in [0, 1)", limit))
    return float(ordered[-1 - math.floor(limit * len(ordered) + _ROUNDING)])


def fixed_rate(
    scores: ArrayLike,
    is_positive: ArrayLike,
    *,
    limit: float,
    rng: np.random.Generator,
    cluster: ArrayLike | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> FixedRate:
    """Return the true positive rate at a false positive rate; see the module.

    Exact limits (Clopper and Pearson) of the rate of the threshold that was chosen, and clusters as units
    where rows share them. They do not hold what another half would have chosen: the false positives
    beside it do.

    Args:
        scores: Higher means more likely positive, shape [n].
        is_positive: Whether the example is positive, shape [n].
        limit: Largest false positive rate of the half that the threshold is chosen on.
        rng: Draws the half.
        cluster: Cluster of each example, shape [n]; None takes examples as independent.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.

    Undefined when: there is no positive, or fewer negatives (clusters of them) than ``least_negatives``;
        a score is not finite.
    Blind to: other false positive rates.
    """
    column, positive = checked_scores(scores, is_positive)
    unit = np.arange(len(column))
    if cluster is not None:
        if np.shape(cluster) != column.shape:
            raise ShapeError(
                f"cluster must have shape [n={len(column)}], got {list(np.shape(cluster))}."
            )
        unit = np.unique(np.asarray(cluster), return_inverse=True)[1]
    of_negatives = np.unique(unit[~positive])
    least, k = least_negatives(limit), len(of_negatives)
    if why := _why_undefined(column, positive, limit=limit, k=k):
        nothing = undefined(why, unit="share", n=len(column))
        return FixedRate(limit, nothing, nothing, least, k)
    chosen_on = rng.permutation(of_negatives)[: (k + 1) // 2]
    is_chosen_on = ~positive & np.isin(unit, chosen_on)
    is_above = column > threshold_at(column[is_chosen_on], limit)
    rates = [
        _share(is_above[rows], unit[rows] if cluster is not None else None, alpha_low, alpha_high)
        for rows in (positive, ~positive & ~is_chosen_on)
    ]
    return FixedRate(limit, rates[0], rates[1], least, k)


def too_few_negatives(limit: float, k: int) -> Message:
    """Say how many negatives a false positive rate takes."""
    return Message.of(
        "stats.too-few-negatives",
        "A false positive rate of {limit} takes {least} independent negative examples, and there are {k}.",
        limit=limit,
        least=least_negatives(limit),
        k=k,
    )


def _why_undefined(
    scores: FloatArray, is_positive: BoolArray, *, limit: float, k: int
) -> Message | None:
    if bad := int((~np.isfinite(scores)).sum()):
        return not_finite(bad, of=len(scores))
    if not is_positive.any():
        return Message.of("stats.no-positives", "There are no positive examples.")
    return too_few_negatives(limit, k) if k < least_negatives(limit) else None


def _share(
    is_above: BoolArray, unit: IntArray | None, alpha_low: float, alpha_high: float
) -> Estimate:
    if unit is None:
        return clopper_pearson(
            int(is_above.sum()), len(is_above), alpha_low=alpha_low, alpha_high=alpha_high
        )
    dense = np.unique(unit, return_inverse=True)[1]
    return cluster_share(
        np.bincount(dense, weights=is_above).astype(np.int64),
        np.bincount(dense),
        alpha_low=alpha_low,
        alpha_high=alpha_high,
    )
