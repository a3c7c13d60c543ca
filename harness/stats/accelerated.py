"""The bias-corrected and accelerated bootstrap of any statistic of rows or of whole clusters.

Legend: n examples, u independent units (examples or clusters), r replicates, j groups of units.

A percentile interval takes the replicates as they lie. Where the statistic is skewed or biased they lie
aside, and an end errs too often. This one reads the tails at shifted places: z0 says how far the median of
the replicates lies from the value, the acceleration a how fast the error changes with the truth; an
end with standard normal quantile z is read at Phi(z0 + (z0 + z) / (1 - a (z0 + z))). Beside that few
units widen it as in ``harness.stats.replicates``.

a comes from leaving out units, one by one or, where there are many, in groups of equal number.

Source: Efron 1987, doi:10.1080/01621459.1987.10478410; simulated in
tests/simulation/test_coverage_bca.py
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.records import Estimate
from harness.stats.estimates import Alphas, Keep, no_examples, undefined
from harness.stats.replicates import constants_of, from_replicates, small_sample
from harness.stats.statistic import (
    Statistic,
    draw_units,
    no_number,
    no_number_in,
    one_unit,
    rows_of_units,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    Rows = NDArray[np.int64] | list[NDArray[np.int64]]

METHOD = "bca"

_MOST_BIAS = 1.0
"""A median of the replicates further away than this many standard errors has nothing to say."""


def bca(
    statistic: Statistic,
    n: int,
    *,
    rng: np.random.Generator,
    keep: Keep | None,
    unit: str,
    range_low: float | None = None,
    range_high: float | None = None,
    cluster: ArrayLike | None = None,
    replicates: int = 2000,
    left_out: int = 200,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Estimate a statistic of n rows, drawing examples or whole clusters anew.

    Costs r + j + 1 calls of the statistic. For the mean of exponential values the end on the side of the
    long tail errs in 5 % instead of 12 % at n = 15, in 4 % instead of 7 % at 30, the other end in 5 and 7
    %; for the standard deviation of 25 normal values the high end in less than 1 % instead of 12 %.

    Args:
        statistic: Called once with all rows in order, then with rows drawn or left out.
        n: Rows.
        rng: Where the draws come from.
        keep: Stores the replicates; None leaves the estimate without evidence.
        unit: Unit of the statistic.
        range_low: Least that it can be; None where there is no end.
        range_high: Most that it can be; None where there is no end.
        cluster: Cluster of each example, shape [n]; clusters are drawn and left out whole.
        replicates: r.
        left_out: j, at most; with more units they are left out in that many groups.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Undefined when: there are no examples, or one example or cluster only; the statistic is not a
    finite number for the rows, for one of the draws or without one of the groups (none is dropped);
    it is the same for all draws; an end has no bound. Fewer than 10 clusters leave the ends of the range.
    Blind to: what the statistic would do on rows unlike these; for the largest of n values it is worth
    nothing.
    """
    alphas = Alphas(alpha_low, alpha_high)
    if n == 0:
        return undefined(no_examples(), unit=unit)
    value = float(statistic(np.arange(n)))
    if not math.isfinite(value):
        return undefined(no_number(), unit=unit, n=n)
    rows = rows_of_units(n, cluster)
    if len(rows) == 1:
        return undefined(one_unit(n), unit=unit, n=n, low=range_low, high=range_high)
    drawn = np.array([float(statistic(draw_units(rows, rng))) for _ in range(replicates)])
    without = np.array([float(statistic(kept)) for kept in _without(rows, left_out, rng)])
    both = np.concatenate([drawn, without])
    if bad := int((~np.isfinite(both)).sum()):
        return undefined(no_number_in(bad, len(both)), unit=unit, n=n)
    constants = constants_of(value, range_low, range_high) | small_sample(len(rows), rows=n)
    constants |= {"bias": _bias(drawn, value), "acceleration": _acceleration(without)}
    return from_replicates(drawn, constants, alphas, n=n, unit=unit, keep=keep, method=METHOD)


def _bias(drawn: FloatArray, value: float) -> float:
    """Return the standard normal quantile of the share of replicates below the value, ties half."""
    r = len(drawn)
    below = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn <= value)) / 2
    found = NormalDist().inv_cdf(min(max(below, 0.5), r - 0.5) / r)
    return min(max(found, -_MOST_BIAS), _MOST_BIAS)


def _acceleration(without: FloatArray) -> float:
    """Return a sixth of the skewness of what leaving out does, over the root of how many there are."""
    moved = without.mean() - without
    squares = float((moved**2).sum())
    return float((moved**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0


def _without(rows: Rows, groups: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return the rows that stay when one group of units is left out, once for each group."""
    units = len(rows)
    parts = np.array_split(rng.permutation(units), min(units, groups))
    found = []
    for part in parts:
        stays = np.ones(units, dtype=np.bool_)
        stays[part] = False
        kept = np.flatnonzero(stays)
        if isinstance(rows, np.ndarray):
            found.append(rows[kept])
        else:
            found.append(np.sort(np.concatenate([rows[unit] for unit in kept.tolist()])))
    return found
