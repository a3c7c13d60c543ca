"""The two ends of a worst difference or ratio, from counts; see ``worst`` for what they mean.

Legend: g groups, m clusters.

Source: Korn and Graubard 1998 (effective sample size in exact limits)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.stats.estimates import Alphas
from harness.stats.grouping import GroupCounts
from harness.stats.pairs import (
    cluster_covariance,
    cluster_differences,
    cluster_ratios,
    exact_limits,
    joint_correlation,
    mover_differences,
    mover_ratios,
)
from harness.stats.studentised import one_sided, simultaneous_z

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.pairs import Pairs

    FloatArray = NDArray[np.float64]

MIN_CLUSTERS = 10
"""Fewer clusters than this do not show how much clusters vary."""

MIN_EVENTS = 5
"""Fewer clusters of a group with an event, or with a non-event, decide nothing."""

Kind = Literal["difference", "ratio", "lowest", "highest"]
"""What is worst: largest difference, smallest ratio, lowest rate, highest rate."""

RISING: frozenset[Kind] = frozenset({"difference", "highest"})
"""Kinds of which more is worse: their high end can pass and their low end can fail."""

_PAIRED: frozenset[Kind] = frozenset({"difference", "ratio"})


@dataclass(frozen=True, slots=True)
class Ends:
    """Worst value of one class, and its two ends; value None where it is undefined."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Basis:
    """What is compared: rates of groups that all have trials, and the limits that they can have.

    Attributes:
        rate: Shape [g].
        limits: Normal and t quantile → lower and upper limits of every group or pair of groups; None
            where the data decide nothing.
        df: Degrees of freedom of t; infinite for independent rows.
        is_complete: False where nothing can pass.
        reference: Group that all others are compared with; None for every pair.
    """

    rate: FloatArray
    limits: Callable[[float, float], Pairs] | None
    df: float
    is_complete: bool
    reference: int | None


def shared_out(kind: Kind, alphas: Alphas, n_classes: int) -> Alphas:
    """Share the error of the failing end out over the classes; passing needs no correction."""
    if kind in RISING:
        return Alphas(alphas.low / n_classes, alphas.high)
    return Alphas(alphas.low, alphas.high / n_classes)


def ends_of_table(kind: Kind, counts: ArrayLike, alphas: Alphas) -> Ends:
    """Return value and ends from a plain table, shape [g, 2], of independent rows.

    Raises:
        ShapeError: If the shape is another.
        ContractError: If the counts cannot be counts.
    """
    table = np.asarray(counts)
    if table.ndim != 2 or table.shape[1] != 2 or len(table) < 2:
        raise ShapeError(f"counts must have shape [g, 2] with g >= 2, got {list(table.shape)}.")
    if not np.issubdtype(table.dtype, np.integer):
        raise ContractError(must("counts", "be whole numbers", str(table.dtype)))
    if (table < 0).any() or (table[:, 0] > table[:, 1]).any():
        raise ContractError(must("counts", "have 0 <= successes <= trials", table.tolist()))
    seen = table[table[:, 1] > 0].astype(np.float64)
    is_complete = len(seen) == len(table)
    return _worst(kind, _of_rates(kind, seen[:, 0], seen[:, 1], is_complete=is_complete), alphas)


def ends_of_counts(kind: Kind, counts: GroupCounts, alphas: Alphas) -> Ends:
    """Return value and ends from counts of rows, of rows that groups share, or of clusters."""
    return _worst(kind, _basis(kind, counts), alphas)


def limits_of_pairs(
    kind: Kind, counts: GroupCounts, alphas: Alphas
) -> tuple[FloatArray, FloatArray]:
    """Return the limit that can pass and the one that can fail each pair, both of shape [g, g].

    The worst of them over all pairs are the ends of ``ends_of_counts``, where all groups are estimable.
    Symmetric; NaN where a pair is not compared, a group has no trials, or the data decide nothing.

    Args:
        kind: Of pairs: difference or ratio.
        counts: Of one class.
        alphas: Error rates of both ends.
    """
    basis, at = _basis(kind, counts), np.flatnonzero(counts.trials > 0)
    found = np.full((2, len(counts.names), len(counts.names)), np.nan)
    if basis.limits is None:
        return found[0], found[1]
    pick = np.maximum if kind in RISING else np.minimum
    chosen = _pairs(len(at), basis.reference)
    for k, limit in enumerate(_passing_and_failing(kind, basis, alphas)):
        both = np.clip(pick(limit, limit.T), 0.0, 1.0)
        found[k][np.ix_(at, at)] = np.where(chosen, both, np.nan)
    return found[0], found[1]


def _basis(kind: Kind, counts: GroupCounts) -> Basis:
    seen = counts.trials > 0
    is_complete = counts.is_complete and bool(seen.all())
    if not seen.all():
        counts = counts.keep(seen, is_complete=is_complete)
    if counts.clusters is not None:
        return _of_clusters(kind, counts, is_complete=is_complete)
    x, n = counts.successes.astype(np.float64), counts.trials.astype(np.float64)
    return _of_rates(kind, x, n, counts.joint, is_complete=is_complete, reference=counts.reference)


def _of_rates(
    kind: Kind,
    successes: FloatArray,
    trials: FloatArray,
    joint: NDArray[np.int64] | None = None,
    *,
    is_complete: bool,
    reference: int | None = None,
) -> Basis:
    """Return the basis of the counts of groups that all have trials."""
    rate = successes / trials
    correlation = None if joint is None else joint_correlation(successes, trials, joint)

    def limits(z: float, t: float) -> Pairs:
        own = exact_limits(successes, trials, z)
        return own if kind not in _PAIRED else _mover(kind, rate, own, correlation)

    is_enough = len(rate) >= _fewest(kind)
    return Basis(rate, limits if is_enough else None, math.inf, is_complete, reference)


def _of_clusters(kind: Kind, counts: GroupCounts, *, is_complete: bool) -> Basis:
    assert counts.clusters is not None
    if len(counts.names) < _fewest(kind):
        return Basis(counts.successes / counts.trials, None, math.inf, is_complete, None)
    rate, covariance, m = cluster_covariance(counts.clusters, counts.times)
    n_telling = min(m, _fewest_events(counts.clusters, counts.times))
    is_enough = m >= MIN_CLUSTERS and n_telling >= MIN_EVENTS

    def limits(z: float, t: float) -> Pairs:
        return _limits_of_clusters(kind, counts.trials, (rate, covariance), (z, t))

    return Basis(rate, limits if is_enough else None, n_telling - 1, is_complete, counts.reference)


def _fewest_events(table: NDArray[np.int64], times: NDArray[np.int64] | None) -> int:
    """Return the fewest clusters of a group that hold an event, or that hold a non-event.

    They are the clusters that tell how much clusters vary. Where events lie in few of many, as many degrees
    of freedom as there are clusters pass 6.5 % instead of 5 % of what should not pass.
    """
    often = np.ones(len(table), dtype=np.int64) if times is None else times
    has_event, has_other = table[..., 0] > 0, table[..., 1] > table[..., 0]
    return int(min((often @ has_event).min(), (often @ has_other).min()))


def _limits_of_clusters(
    kind: Kind,
    trials: NDArray[np.int64],
    spread: tuple[FloatArray, FloatArray],
    quantiles: tuple[float, float],
) -> Pairs:
    """Return the wider of two limits for every group or pair of groups.

    Value -/+ t standard errors hold where rates are in the middle. Where events are rare their spread
    is skewed, and 11 % instead of 5 % of what should not pass passes; there the exact limits of as
    many independent rows as would be equally precise are wider (Korn and Graubard 1998).

    Args:
        kind: What is worst.
        trials: Rows of each group, shape [g].
        spread: Rates, shape [g], and their covariance, shape [g, g].
        quantiles: Of the normal and of the t distribution, at the same error.
    """
    rate, covariance = spread
    z, t = quantiles
    variance = np.diag(covariance)
    deviation = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.minimum(trials, rate * (1 - rate) / variance) * (z / t) ** 2
        correlation = np.nan_to_num(covariance / np.outer(deviation, deviation))
    exact = exact_limits(rate * effective, effective, z)
    if kind not in _PAIRED:
        plain, skewed = (rate - t * deviation, rate + t * deviation), exact
    else:
        of_clusters = cluster_differences if kind == "difference" else cluster_ratios
        plain, skewed = of_clusters(rate, covariance, t), _mover(kind, rate, exact, correlation)
    return np.minimum(plain[0], skewed[0]), np.maximum(plain[1], skewed[1])


def _mover(kind: Kind, rate: FloatArray, limits: Pairs, correlation: FloatArray | None) -> Pairs:
    of_pairs = mover_differences if kind == "difference" else mover_ratios
    return of_pairs(rate, limits, correlation)


def _worst(kind: Kind, basis: Basis, alphas: Alphas) -> Ends:
    """Take the worst of the one-sided limits to pass, and of the simultaneous ones to fail."""
    g = len(basis.rate)
    if g < _fewest(kind):
        return Ends(None, 0.0, 1.0)
    value = _value(kind, basis.rate, basis.reference)
    if basis.limits is None:
        return Ends(value, 0.0, 1.0)
    may_pass, may_fail = _passing_and_failing(kind, basis, alphas)
    chosen = _pairs(g, basis.reference) if kind in _PAIRED else np.ones(g, dtype=np.bool_)
    if kind in RISING:
        low = float(may_fail[chosen].max())
        high = float(may_pass[chosen].max()) if basis.is_complete else 1.0
    else:
        low = float(may_pass[chosen].min()) if basis.is_complete else 0.0
        high = float(may_fail[chosen].min())
    return Ends(value, max(low, 0.0), min(high, 1.0))


def _passing_and_failing(kind: Kind, basis: Basis, alphas: Alphas) -> tuple[FloatArray, FloatArray]:
    """Return the limits of every group or ordered pair that can pass, and those that can fail."""
    assert basis.limits is not None
    g, df = len(basis.rate), basis.df
    passing, failing = (alphas.high, alphas.low) if kind in RISING else (alphas.low, alphas.high)
    may_pass = basis.limits(one_sided(passing), one_sided(passing, df))
    if kind in _PAIRED:
        may_fail = basis.limits(simultaneous_z(g, failing), simultaneous_z(g, failing, df))
    else:
        may_fail = basis.limits(one_sided(failing / g), one_sided(failing / g, df))
    at = (1, 0) if kind in RISING else (0, 1)
    return may_pass[at[0]], may_fail[at[1]]


def _value(kind: Kind, rate: FloatArray, reference: int | None = None) -> float | None:
    if kind in _PAIRED and reference is not None:
        against = [np.array([other, rate[reference]]) for other in np.delete(rate, reference)]
        found = [one for pair in against if (one := _value(kind, pair)) is not None]
        return (max if kind == "difference" else min)(found, default=None)
    least, most = float(rate.min()), float(rate.max())
    if kind == "ratio":
        return least / most if most > 0 else None
    return {"difference": most - least, "lowest": least, "highest": most}[kind]


def _pairs(g: int, reference: int | None) -> NDArray[np.bool_]:
    """Return which ordered pairs are compared, shape [g, g]."""
    chosen: NDArray[np.bool_] = ~np.eye(g, dtype=np.bool_)
    if reference is not None:
        at = np.arange(g) == reference
        chosen &= at[:, None] | at
    return chosen


def _fewest(kind: Kind) -> int:
    return 2 if kind in _PAIRED else 1
