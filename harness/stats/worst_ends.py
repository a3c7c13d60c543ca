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
class Scope:
    """What is compared.

    Attributes:
        df: Degrees of freedom of t; infinite for independent rows.
        is_complete: False where nothing can pass.
        reference: Group that all others are compared with; None for every pair.
    """

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
    return _ends_of_rates(
        kind, x, n, counts.joint, alphas, is_complete=is_complete, reference=counts.reference
    )


def _ends_of_rates(
    kind: Kind,
    successes: FloatArray,
    trials: FloatArray,
    joint: NDArray[np.int64] | None,
    alphas: Alphas,
    *,
    is_complete: bool,
    reference: int | None = None,
) -> Ends:
    """Return value and ends from the counts of groups that all have trials."""
    g = len(trials)
    if g < _fewest(kind):
        return Ends(None, 0.0, 1.0)
    rate = successes / trials
    correlation = None if joint is None else joint_correlation(successes, trials, joint)

    def limits(z: float, t: float) -> Pairs:
        own = exact_limits(successes, trials, z)
        return own if kind not in _PAIRED else _mover(kind, rate, own, correlation)

    scope = Scope(math.inf, is_complete, reference)
    return _worst(kind, rate, limits, alphas, scope)


def _ends_of_clusters(
    kind: Kind, counts: GroupCounts, alphas: Alphas, *, is_complete: bool
) -> Ends:
    assert counts.clusters is not None
    if len(counts.names) < _fewest(kind):
        return Ends(None, 0.0, 1.0)
    rate, covariance, m = cluster_covariance(counts.clusters)
    n_telling = min(m, _fewest_events(counts.clusters))
    if m < MIN_CLUSTERS or n_telling < MIN_EVENTS:
        return Ends(_value(kind, rate, counts.reference), 0.0, 1.0)

    def limits(z: float, t: float) -> Pairs:
        return _limits_of_clusters(kind, counts.trials, (rate, covariance), (z, t))

    return _worst(kind, rate, limits, alphas, Scope(n_telling - 1, is_complete, counts.reference))


def _fewest_events(table: NDArray[np.int64]) -> int:
    """Return the fewest clusters of a group that hold an event, or that hold a non-event.

    They are the clusters that tell how much clusters vary. Where events lie in few of many, as many degrees
    of freedom as there are clusters pass 6.5 % instead of 5 % of what should not pass.
    """
    has_event, has_other = table[..., 0] > 0, table[..., 1] > table[..., 0]
    return int(min(has_event.sum(axis=0).min(), has_other.sum(axis=0).min()))


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


def _worst(
    kind: Kind,
    rate: FloatArray,
    limits: Callable[[float, float], Pairs],
    alphas: Alphas,
    scope: Scope,
) -> Ends:
    """Take the worst of the one-sided limits to pass, and of the simultaneous ones to fail.

    Args:
        kind: What is worst.
        rate: Shape [g].
        limits: Normal and t quantile → lower and upper limits of every group or pair of groups.
        alphas: Error rates of both ends.
        scope: What is compared.
    """
    g, df = len(rate), scope.df
    is_rising = kind in RISING
    passing, failing = (alphas.high, alphas.low) if is_rising else (alphas.low, alphas.high)
    may_pass = limits(one_sided(passing), one_sided(passing, df))
    if kind in _PAIRED:
        may_fail = limits(simultaneous_z(g, failing), simultaneous_z(g, failing, df))
        chosen = _pairs(g, scope.reference)
    else:
        may_fail = limits(one_sided(failing / g), one_sided(failing / g, df))
        chosen = np.ones(g, dtype=np.bool_)
    if is_rising:
        low = float(may_fail[0][chosen].max())
        high = float(may_pass[1][chosen].max()) if scope.is_complete else 1.0
    else:
        low = float(may_pass[0][chosen].min()) if scope.is_complete else 0.0
        high = float(may_fail[1][chosen].min())
    return Ends(_value(kind, rate, scope.reference), max(low, 0.0), min(high, 1.0))


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
