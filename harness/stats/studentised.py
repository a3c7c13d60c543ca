"""Quantiles of the studentised range: how far apart k equal means are by chance, for all pairs at once.

``scipy.stats`` has them too; importing it and its general search cost more than a whole gating. The
integrals here are smooth, so that fixed Gauss-Legendre nodes give them to about 1e-10.

Source: Tukey 1953; Lund and Lund 1983, doi:10.2307/2347300 (the integral)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_NODES = 160
_SCALES = 80
_REACH = 9.0
_TINY = 1e-15


@lru_cache(maxsize=4096)
def simultaneous_z(n_groups: int, alpha: float, df: float = math.inf) -> float:
    """Return the critical value for the differences of all pairs of groups at once.

    A difference divided by its standard error exceeds it for some pair with probability alpha at
    most, where all means are equal: the upper quantile of the studentised range over sqrt 2. With two
    groups this is the two-sided quantile of the normal (or t) distribution.

    Args:
        n_groups: k >= 2.
        alpha: Probability that some pair exceeds it, in both directions taken together.
        df: Degrees of freedom of the standard errors; infinite for counts.
    """
    n_pairs = n_groups * (n_groups - 1) / 2
    low, high = (one_sided(alpha / (2 * share), df) for share in (1, n_pairs))
    if n_groups == 2:
        return low
    target = math.log(alpha)
    return _root(lambda z: math.log(_exceeds(z * math.sqrt(2), n_groups, df)) - target, low, high)


@lru_cache(maxsize=4096)
def one_sided(alpha: float, df: float = math.inf) -> float:
    """Return the upper quantile of the normal distribution, or of t with df degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    return float(-ndtri(alpha) if math.isinf(df) else -stdtrit(df, alpha))


def _exceeds(width: float, n_groups: int, df: float) -> float:
    """Return the probability that the studentised range is larger than a width."""
    if math.isinf(df):
        return float(_range_exceeds(np.array([width]), n_groups)[0])
    scale, weight = _scales(df)
    return float(weight @ _range_exceeds(width * scale, n_groups))


def _range_exceeds(width: FloatArray, n_groups: int) -> FloatArray:
    """Return P(range of k standard normals > width), shape of width."""
    from scipy.special import ndtr

    z, weight = _normal_nodes()
    # given the largest value z, all others lie within the width below it
    within = ndtr(z) - ndtr(z - width[:, None])
    # 1 - P(range <= w), with 1 = integral of k phi(z) Phi(z)^(k-1): no cancellation of the whole
    beyond = ndtr(z) ** (n_groups - 1) - within ** (n_groups - 1)
    found: FloatArray = np.maximum(n_groups * (beyond @ weight), _TINY)
    return found


@cache
def _normal_nodes() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    z = _REACH * nodes
    return z, _REACH * weights * np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)


@lru_cache(maxsize=256)
def _scales(df: float) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights of the estimated standard deviation over the true one, chi / sqrt df."""
    from scipy.special import chdtri

    low, high = (math.sqrt(chdtri(df, p) / df) for p in (1 - _TINY, _TINY))
    nodes, weights = np.polynomial.legendre.leggauss(_SCALES)
    scale = low + (high - low) * (nodes + 1) / 2
    log_density = (
        math.log(2)
        + df / 2 * math.log(df / 2)
        - math.lgamma(df / 2)
        + (df - 1) * np.log(scale)
        - df * scale**2 / 2
    )
    return scale, (high - low) / 2 * weights * np.exp(log_density)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Find where a falling function is 0 between two points (regula falsi, Illinois variant)."""
    at_low, at_high = function(low), function(high)
    for _ in range(100):
        if at_low <= 0:
            return low
        if at_high >= 0 or high - low < 1e-12 * high:
            return high
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        at_middle = function(middle)
        if abs(at_middle) < 1e-12:
            return middle
        if at_middle > 0:
            low, at_low, at_high = middle, at_middle, at_high / 2
        else:
            high, at_high, at_low = middle, at_middle, at_low / 2
    return high
