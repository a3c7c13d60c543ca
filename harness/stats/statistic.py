"""A percentile bootstrap of any statistic of rows, for figures that somebody else's code computes.

Legend: n examples, g units (examples or clusters), r replicates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from harness.records import Estimate, Message
from harness.stats.estimates import Alphas, Keep, no_examples, undefined
from harness.stats.replicates import constants_of, from_replicates, small_sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Statistic = Callable[["NDArray[np.int64]"], float]
"""Positions of rows, some more than once → a number, or one that is not finite."""


def bootstrap_statistic(
    statistic: Statistic,
    n: int,
    *,
    rng: np.random.Generator,
    keep: Keep | None,
    unit: str,
    range_low: float | None = None,
    range_high: float | None = None,
    cluster: ArrayLike | None = None,
    replicates: int = 400,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Estimate a statistic of n rows, drawing examples or whole clusters anew.

    For a mean it gives the interval of ``bootstrap_mean``. What it is worth for another statistic depends
    on that statistic: for the largest of n values it is worth nothing. 400 replicates reach alpha 0.05
    from 10 units on.

    Args:
        statistic: Called once with all rows in order, then r times.
        n: Rows.
        rng: Where the draws come from.
        keep: Stores the replicates; None leaves the estimate without evidence.
        unit: Unit of the statistic.
        range_low: Least that it can be; None where there is no end.
        range_high: Most that it can be; None where there is no end.
        cluster: Cluster of each example, shape [n]; clusters are drawn whole.
        replicates: r.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Undefined when: there are no examples, or one example or cluster only; the statistic is not a
    finite number for the rows or for one of the draws (none is dropped); an end has no bound.
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
    if bad := int((~np.isfinite(drawn)).sum()):
        return undefined(no_number_in(bad, replicates), unit=unit, n=n)
    constants = constants_of(value, range_low, range_high) | small_sample(len(rows), rows=n)
    return from_replicates(drawn, constants, alphas, n=n, unit=unit, keep=keep)


def rows_of_units(n: int, cluster: ArrayLike | None) -> NDArray[np.int64] | list[NDArray[np.int64]]:
    """Return the rows of each unit: one row each, or a list of several."""
    if cluster is None:
        return np.arange(n)
    _, of = np.unique(np.asarray(cluster), return_inverse=True)
    order = np.argsort(of, kind="stable")
    return np.split(order, np.cumsum(np.bincount(of))[:-1])


def draw_units(
    members: NDArray[np.int64] | list[NDArray[np.int64]], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw as many units as there are, with replacement, and return their rows."""
    chosen = rng.integers(0, len(members), size=len(members))
    if isinstance(members, np.ndarray):
        return chosen
    return np.concatenate([members[unit] for unit in chosen.tolist()])


def no_number() -> Message:
    """Say that the statistic of all rows is no number."""
    return Message.of("stats.no-number", "The statistic is not a finite number for these examples.")


def no_number_in(bad: int, replicates: int) -> Message:
    """Say that the statistic of some draws is no number."""
    return Message.of(
        "stats.no-number-in-draws",
        "The statistic is not a finite number for {bad} of {replicates} draws of the examples, so "
        "how uncertain it is cannot be said.",
        bad=bad,
        replicates=replicates,
    )


def one_unit(n: int) -> Message:
    """Say that nothing varies because there is one unit."""
    return Message.of(
        "stats.one-unit-of-rows",
        "All {n} examples are one independent unit, which does not show how much units vary.",
        n=n,
    )
