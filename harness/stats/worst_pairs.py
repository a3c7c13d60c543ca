"""The limits of every pair of groups behind a largest difference or a smallest ratio, for readers.

Legend: g groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, must
from harness.stats import worst_linear
from harness.stats.estimates import Alphas
from harness.stats.pairs import cluster_differences
from harness.stats.studentised import one_sided, simultaneous_z
from harness.stats.worst import DIFFERENCE, RATIO
from harness.stats.worst_ends import Kind, limits_of_pairs, shared_out
from harness.stats.worst_evidence import counts_of_evidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Estimate
    from harness.stats.worst_evidence import Read

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairLimits:
    """Limits of every pair; symmetric, NaN where a pair is not compared or decides nothing.

    Attributes:
        names: Groups, g of them.
        passing: One-sided limit of each pair by itself, shape [g, g]: the end that can pass.
        failing: Limit over all pairs together, shape [g, g]: the end that can fail.
    """

    names: tuple[str, ...]
    passing: FloatArray
    failing: FloatArray


def pair_limits(estimate: Estimate, *, table: int = 0, read: Read | None = None) -> PairLimits:
    """Return the limits of every pair, at the levels of the estimate, from its evidence alone.

    Where all groups are estimable, the worst of them over pairs and tables are the ends of the estimate.

    Args:
        estimate: By worst-difference, worst-ratio or worst-linear.
        table: Which class or rate of several.
        read: Loads what does not stand in the evidence itself.

    Raises:
        ContractError: If it is another method, or the evidence does not hold what it needs.
    """
    alphas = Alphas(estimate.alpha_low, estimate.alpha_high)
    evidence = estimate.evidence
    kinds: dict[str, Kind] = {DIFFERENCE: "difference", RATIO: "ratio"}
    if evidence is None or estimate.method not in (*kinds, worst_linear.METHOD):
        raise ContractError(must("estimate", "be a worst difference or ratio", estimate.method))
    if estimate.method == worst_linear.METHOD:
        return _of_values(estimate, alphas, read)
    kind, tables = kinds[estimate.method], counts_of_evidence(evidence, read)
    own = tables[table]
    limits = limits_of_pairs(kind, own, shared_out(kind, alphas, len(tables)))
    return PairLimits(own.names, *limits)


def _of_values(estimate: Estimate, alphas: Alphas, read: Read | None) -> PairLimits:
    assert estimate.evidence is not None  # ``pair_limits`` has refused it otherwise
    values = estimate.evidence.values
    point, spread = values.get("values"), values.get("covariance")
    names, freedom = values.get("groups"), values.get("df")
    flat: Any = read(estimate.evidence) if spread is None and read is not None else spread
    if (
        not isinstance(point, list)
        or not isinstance(names, list)
        or np.size(flat) != len(point) ** 2
    ):
        raise ContractError(
            must("Evidence of worst-linear", "hold values and their covariance", sorted(values))
        )
    rate, g = np.asarray(point, np.float64), len(point)
    covariance = np.asarray(flat, np.float64).reshape(g, g)
    df = float(freedom) if isinstance(freedom, int | float) else math.inf
    upper = cluster_differences(rate, covariance, one_sided(alphas.high, df))[1]
    lower = cluster_differences(rate, covariance, simultaneous_z(g, alphas.low, df))[0]
    top = values.get("range_high")
    most = float(top) if isinstance(top, int | float) else math.inf
    found = [np.clip(np.maximum(one, one.T), 0.0, most) for one in (upper, lower)]
    for one in found:
        np.fill_diagonal(one, np.nan)
    return PairLimits(tuple(map(str, names)), *found)
