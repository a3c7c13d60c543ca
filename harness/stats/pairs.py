"""Limits for the difference and the ratio of the rates of every pair of groups.

Legend: g groups. Every function returns a lower and an upper limit for all ordered pairs, shape [g, g];
entry [i, j] is about group i against group j, the diagonal means nothing. An upper limit of [i, j] follows
from the lower one of [j, i], so that asking for both is no waste.

Independent rows: the exact limits of each rate (Clopper-Pearson) are joined by MOVER. Wilson's limits
do not hold there with few events. Rows in both groups make two rates dependent; their correlation
enters as Zou 2007 shows. Clusters: the linearised rates of each cluster, so that what two groups
share by cluster cancels.

Source: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I; Donner and
Zou 2012, doi:10.1177/0962280210383756; Zou 2007, doi:10.1037/1082-989X.12.4.399; Fieller 1954
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Pairs = tuple[FloatArray, FloatArray]


def exact_limits(successes: FloatArray, trials: FloatArray, z: float) -> Pairs:
    """Return Clopper-Pearson limits of each rate, shape [g], each end with error 1 - Phi(z).

    Counts may be fractions of an example, as planning needs them.
    """
    from scipy.special import betainccinv, betaincinv, ndtr

    tail = float(ndtr(-z))
    x, n = successes, trials
    low = np.where(x > 0, betaincinv(np.maximum(x, 1e-9), n - x + 1, tail), 0.0)
    high = np.where(x < n, betainccinv(x + 1, np.maximum(n - x, 1e-9), tail), 1.0)
    return low, high


def mover_differences(
    rate: FloatArray, limits: Pairs, correlation: FloatArray | None = None
) -> Pairs:
    """Return limits of rate i - rate j from the limits of each rate."""
    below, above = rate - limits[0], limits[1] - rate
    apart = rate[:, None] - rate
    shared = 0.0 if correlation is None else 2 * correlation * np.outer(below, above)
    reach = np.sqrt(np.maximum((below**2)[:, None] + above**2 - shared, 0.0))
    return apart - reach, apart + reach.T


def mover_ratios(rate: FloatArray, limits: Pairs, correlation: FloatArray | None = None) -> Pairs:
    """Return limits of rate i / rate j; 0 and infinity where there is no bound."""
    low, high = limits
    p, q = rate[:, None], rate
    product = p * q
    shared = shared_up = np.zeros_like(product)
    if correlation is not None:
        shared = correlation * np.outer(rate - low, high - rate)
        shared_up = correlation * np.outer(high - rate, rate - low)
    down, across = high * (2 * q - high), low * (2 * q - low)
    lp, up = low[:, None], high[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = (product - shared) ** 2 - lp * (2 * p - lp) * down
        lower = (product - shared - np.sqrt(np.maximum(inner, 0.0))) / down
        inner = (product - shared_up) ** 2 - up * (2 * p - up) * across
        upper = (product - shared_up + np.sqrt(np.maximum(inner, 0.0))) / across
    return np.where(down > 0, lower, 0.0), np.where(across > 1e-12, upper, np.inf)


def joint_correlation(
    successes: FloatArray, trials: FloatArray, joint: NDArray[np.integer]
) -> FloatArray:
    """Return the correlation of the rates of groups that share rows, shape [g, g].

    Args:
        successes: Shape [g].
        trials: Shape [g].
        joint: Successes and trials of the rows in both, shape [g, g, 2].
    """
    rate = successes / trials
    x, n = joint[..., 0].astype(np.float64), joint[..., 1].astype(np.float64)
    p, q = rate[:, None], rate
    covariance = x * (1 - p - q) + n * p * q
    spread = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = covariance / np.outer(spread, spread)
    cleaned: FloatArray = np.clip(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0)
    return cleaned


def cluster_covariance(
    table: NDArray[np.integer], times: NDArray[np.integer] | None = None
) -> tuple[FloatArray, FloatArray, int]:
    """Return rates, their covariance between clusters, and the number of clusters.

    Args:
        table: Successes and trials of each cluster in each group, shape [m, g, 2]; every group has
            a trial. Clusters without any trial do not count.
        times: How often each of them occurs, shape [m]; None for once each.
    """
    has_trial = table[..., 1].sum(axis=1) > 0
    used = table[has_trial].astype(np.float64)
    often = np.ones(len(used)) if times is None else times[has_trial].astype(np.float64)
    total = np.einsum("m,mgk->gk", often, used)
    rate = total[:, 0] / total[:, 1]
    apart = (used[..., 0] - rate * used[..., 1]) / total[:, 1]
    m = int(often.sum())
    return rate, (apart * often[:, None]).T @ apart * (m / max(m - 1, 1)), m


def cluster_differences(rate: FloatArray, covariance: FloatArray, k: float) -> Pairs:
    """Return rate i - rate j -/+ k standard errors."""
    variance = np.diag(covariance)
    reach = k * np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0.0))
    apart = rate[:, None] - rate
    return apart - reach, apart + reach


def cluster_ratios(rate: FloatArray, covariance: FloatArray, k: float) -> Pairs:
    """Return Fieller's limits of rate i / rate j; 0 and infinity where the divisor may be 0."""
    variance, p, q = np.diag(covariance), rate[:, None], rate
    a = q**2 - k**2 * variance
    b = p * q - k**2 * covariance
    c = p**2 - k**2 * variance[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(b**2 - a * c, 0.0))
        lower, upper = (b - root) / a, (b + root) / a
    bounded = np.broadcast_to(a > 0, lower.shape)
    return np.where(bounded, np.maximum(lower, 0.0), 0.0), np.where(bounded, upper, np.inf)
