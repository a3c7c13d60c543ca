"""The two ends of a worst difference or ratio, from counts; see ``worst`` for what they mean.

Legend: g groups, m clusters.

Source: Korn and Graubard 1998 (effective sample size in exact limits)
"""

from __future__ import annotations

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
from harness.stats.studentised import simultaneous_z

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.pairs import Pairs

    FloatArray = NDArray[np.float64]

MIN_CLUSTERS = 10
"""Fewer clusters than this do not show how much clusters vary."""

MIN_EVENTS = 5
"""Fewer events, or non-events, than this in a group of clustered rows decide nothing."""

Kind = Literal["difference", "ratio"]


@dataclass(frozen=True, slots=True)
class Ends:
    """Worst value of one class, and its two ends; value None where it is undefined."""

    value: float | None
    low: float
    high: float


def shared_out(kind: Kind, alphas: Alphas, n_classes: int) -> Alphas:
    """Share the error of the failing end out over the classes; passing needs no correction."""
    if kind == "difference":
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
    return _ends_of_rates(kind, seen[:, 0], seen[:, 1], None, alphas, is_complete=is_complete)


def ends_of_counts(kind: Kind, counts: GroupCounts, alphas: Alphas) -> Ends:
    """Return value and ends from counts of rows, of rows that groups share, or of clusters."""
    seen = counts.trials > 0
    is_complete = counts.is_complete and bool(seen.all())
    if not seen.all():
        counts = counts.keep(seen, is_complete=is_complete)
    if counts.clusters is not None:
        return _ends_of_clusters(kind, counts, alphas, is_complete=is_complete)
    x, n = counts.successes.astype(np.float64), counts.trials.astype(np.float64)
    return _ends_of_rates(kind, x, n, counts.joint, alphas, is_complete=is_complete)


def _ends_of_rates(
    kind: Kind,
    successes: FloatArray,
    trials: FloatArray,
    joint: NDArray[np.int64] | None,
    alphas: Alphas,
    *,
    is_complete: bool,
) -> Ends:
    """Return value and ends from the counts of groups that all have trials."""
    g = len(trials)
    if g < 2:
        return Ends(None, 0.0, 1.0)
    rate = successes / trials
    correlation = None if joint is None else joint_correlation(successes, trials, joint)
    passing, failing = _alphas_of(kind, alphas)
    of_pairs = mover_differences if kind == "difference" else mover_ratios
    one_sided, simultaneous = _normal_quantile(passing), simultaneous_z(g, failing)
    may_pass = of_pairs(rate, exact_limits(successes, trials, one_sided), correlation)
    may_fail = of_pairs(rate, exact_limits(successes, trials, simultaneous), correlation)
    return _worst(kind, rate, may_pass, may_fail, is_complete=is_complete)


def _ends_of_clusters(
    kind: Kind, counts: GroupCounts, alphas: Alphas, *, is_complete: bool
) -> Ends:
    assert counts.clusters is not None
    g = len(counts.names)
    if g < 2:
        return Ends(None, 0.0, 1.0)
    rate, covariance, m = cluster_covariance(counts.clusters)
    value = _value(kind, rate)
    events = np.minimum(counts.successes, counts.trials - counts.successes)
    if m < MIN_CLUSTERS or events.min() < MIN_EVENTS:
        return Ends(value, 0.0, 1.0)
    passing, failing = _alphas_of(kind, alphas)
    t_passing, t_failing = _t_quantile(passing, m - 1), simultaneous_z(g, failing, m - 1)
    may_pass = _pairs_of_clusters(
        kind, counts, (rate, covariance), (_normal_quantile(passing), t_passing)
    )
    may_fail = _pairs_of_clusters(
        kind, counts, (rate, covariance), (simultaneous_z(g, failing), t_failing)
    )
    return _worst(kind, rate, may_pass, may_fail, is_complete=is_complete)


def _pairs_of_clusters(
    kind: Kind,
    counts: GroupCounts,
    spread: tuple[FloatArray, FloatArray],
    quantiles: tuple[float, float],
) -> Pairs:
    """Return the wider of two limits for every pair of groups.

    Value -/+ t standard errors hold where rates are in the middle. Where events are rare their spread
    is skewed and they pass up to 11 % instead of 5 % of what should not pass; there the exact limits of as many
    independent rows as would be equally precise are wider (Korn and Graubard 1998).

    Args:
        kind: Difference or ratio.
        counts: Events and trials.
        spread: Rates, shape [g], and their covariance, shape [g, g].
        quantiles: Of the normal and of the t distribution, at the same error.
    """
    rate, covariance = spread
    z, t = quantiles
    variance = np.diag(covariance)
    deviation = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.minimum(counts.trials, rate * (1 - rate) / variance) * (z / t) ** 2
        correlation = np.nan_to_num(covariance / np.outer(deviation, deviation))
    limits = exact_limits(rate * effective, effective, z)
    if kind == "difference":
        plain = cluster_differences(rate, covariance, t)
        skewed = mover_differences(rate, limits, correlation)
    else:
        plain = cluster_ratios(rate, covariance, t)
        skewed = mover_ratios(rate, limits, correlation)
    return np.minimum(plain[0], skewed[0]), np.maximum(plain[1], skewed[1])


def _worst(
    kind: Kind,
    rate: FloatArray,
    may_pass: Pairs,
    may_fail: Pairs,
    *,
    is_complete: bool,
) -> Ends:
    pairs = ~np.eye(len(rate), dtype=np.bool_)
    if kind == "difference":
        low = float(may_fail[0][pairs].max())
        high = float(may_pass[1][pairs].max()) if is_complete else 1.0
    else:
        low = float(may_pass[0][pairs].min()) if is_complete else 0.0
        high = float(may_fail[1][pairs].min())
    return Ends(_value(kind, rate), max(low, 0.0), min(high, 1.0))


def _value(kind: Kind, rate: FloatArray) -> float | None:
    if kind == "difference":
        return float(np.ptp(rate))
    return float(rate.min() / rate.max()) if rate.max() > 0 else None


def _alphas_of(kind: Kind, alphas: Alphas) -> tuple[float, float]:
    """Return the error rates of the passing and of the failing end."""
    return (alphas.high, alphas.low) if kind == "difference" else (alphas.low, alphas.high)


def _t_quantile(alpha: float, df: int) -> float:
    from scipy.special import stdtrit

    return float(-stdtrit(df, alpha))


def _normal_quantile(alpha: float) -> float:
    from scipy.special import ndtri

    return float(-ndtri(alpha))
