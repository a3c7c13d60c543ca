"""Scores in bins of equal mass, and what their bins say about calibration.

Legend: n examples, k bins, g units (examples or clusters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._clusters import share
from harness.stats import NoisyParts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Estimate

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the reliability curve.

    Attributes:
        low, high: Smallest and largest score in it.
        n: Examples.
        mean_score: Mean of their scores.
        share: Share of them for which the scored event came true: Wilson, or cluster-t.
    """

    low: float
    high: float
    n: int
    mean_score: float
    share: Estimate


def equal_mass(score: FloatArray, n_bins: int) -> IntArray:
    """Return the bin of each score, shape [n], rising with the score, from 0 without gaps.

    Equal scores share a bin: the one that the middle of their ranks falls into. So there can be fewer
    bins than asked for, and bins of unequal mass, where many scores are equal.

    Args:
        score: Shape [n], n >= 1.
        n_bins: How many bins of n / n_bins examples there would be without ties.
    """
    _, position, counts = np.unique(score, return_inverse=True, return_counts=True)
    # twice the middle rank, in whole numbers: no rounding decides on which side of an edge it lies
    twice_middle = 2 * np.cumsum(counts) - counts
    bin_of_value = twice_middle * n_bins // (2 * len(score))
    _, dense = np.unique(bin_of_value, return_inverse=True)
    found: IntArray = dense[position].astype(np.int64)
    return found


def reliability(
    score: FloatArray,
    is_true: NDArray[np.bool_],
    bins: IntArray,
    cluster: NDArray[Any] | None = None,
) -> list[Bin]:
    """Return the bins in order of their scores, each with at least one example."""
    n = np.bincount(bins)
    totals = np.bincount(bins, weights=score)
    low, high = np.full(len(n), np.inf), np.full(len(n), -np.inf)
    np.minimum.at(low, bins, score)
    np.maximum.at(high, bins, score)
    return [
        Bin(
            float(low[k]),
            float(high[k]),
            int(n[k]),
            float(np.clip(totals[k] / n[k], low[k], high[k])),
            share(is_true, cluster, of=bins == k),
        )
        for k in range(len(n))
    ]


def signed_parts(
    score: FloatArray,
    is_true: NDArray[np.bool_],
    bins: IntArray,
    cluster: NDArray[Any] | None,
) -> NoisyParts:
    """Return for each bin (mean score - share that came true) times its share of the examples.

    Their absolute values sum to the expected calibration error. The covariance is that between
    examples, or between whole clusters; each bin is taken to hold half an example more on either
    side, so that a bin in which everything came true is not known without error.

    Args:
        score: Shape [n], n >= 1.
        is_true: Whether the scored event came true, shape [n].
        bins: Bin of each example, shape [n].
        cluster: Cluster of each example, shape [n], or None.
    """
    n, apart = len(score), score - is_true
    in_bin = np.bincount(bins).astype(np.float64)
    values = np.bincount(bins, weights=apart) / n
    if cluster is None:
        squares = np.bincount(bins, weights=apart**2)
        covariance = (np.diag(squares) - n * np.outer(values, values)) / n**2
        units = n
    else:
        names, of = np.unique(cluster, return_inverse=True)
        units = len(names)
        summed = np.bincount(
            of * len(in_bin) + bins, weights=apart, minlength=units * len(in_bin)
        ).reshape(units, len(in_bin))
        centred = summed - np.bincount(of)[:, None] * values
        covariance = centred.T @ centred / n**2
    came = np.bincount(bins, weights=is_true) / in_bin
    smoothed = (came * in_bin + 0.5) / (in_bin + 1)
    unseen = np.maximum(0.0, smoothed * (1 - smoothed) - came * (1 - came))
    covariance[np.diag_indices(len(in_bin))] += in_bin * unseen / n**2
    return NoisyParts(values, covariance, units, n)


def names(curve: list[Bin]) -> list[str]:
    """Return ``lowest..highest`` score of each bin, with as many digits as tell the bins apart."""
    for digits in (3, 6, 9, 17):
        found = [f"{one.low:.{digits}g}..{one.high:.{digits}g}" for one in curve]
        if len(set(found)) == len(found):
            break
    return found


def curve_json(curve: list[Bin], **about: str) -> dict[str, Any]:
    """Return a reliability curve as the file of the bundle holds it, after what it is about."""
    points = [
        {
            "score_low": one.low,
            "score_high": one.high,
            "n": one.n,
            "mean_score": one.mean_score,
            "share": one.share.value,
            "share_low": one.share.low,
            "share_high": one.share.high,
        }
        for one in curve
    ]
    return {**about, "alpha": 0.05, "bins": points}
