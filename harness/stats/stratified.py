"""A group against a reference among comparable rows: one common difference, one common odds ratio.

Legend: s strata, n examples. A table has shape [s, 4]: successes and trials of the group, then successes
and trials of the reference, in each stratum.

Mantel and Haenszel weigh each stratum by n1 n0 / (n1 + n0), so that strata with few rows need no model
of their own and strata without one of the two say nothing. The variances hold in a few large strata and in many
sparse ones alike. With fewer than 20 events or non-events in a group the limits of the difference are
never narrower than exact limits of as many rows as the weighted rate of that group rests on.

Source: Mantel and Haenszel 1959, doi:10.1093/jnci/22.4.719; Sato 1989, doi:10.2307/2531710 (difference);
Robins, Breslow and Greenland 1986, doi:10.2307/2531052 (odds ratio)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Ends, Frame, assemble, undefined
from harness.stats.linear import linear_estimate
from harness.stats.pairs import exact_limits, mover_differences
from harness.stats.studentised import one_sided
from harness.stats.worst_ends import MIN_EVENTS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.worst_evidence import Read

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

DIFFERENCE = "mantel-haenszel-difference"
ODDS_RATIO = "mantel-haenszel-odds-ratio"

FEW_EVENTS = 20
"""With fewer events or non-events in a group its spread is not seen well enough for a normal limit."""


def common_difference(
    table: ArrayLike, *, alpha_low: float = 0.05, alpha_high: float = 0.05
) -> Estimate:
    """Return the rate of a group minus that of a reference within strata, from -1 to 1; 0 is no difference.

    Args:
        table: Shape [s, 4], see the module.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Returns:
        Estimate by ``mantel-haenszel-difference``; n counts the trials in strata that hold both.

    Raises:
        ShapeError: If the shape is another.
        ContractError: If the counts cannot be counts.

    Undefined when: no stratum holds both.
    Blind to: differences that turn from stratum to stratum; the mean can be 0 where none of them is.
    """
    return _estimate(DIFFERENCE, _checked(table), Alphas(alpha_low, alpha_high))


def common_odds_ratio(
    table: ArrayLike, *, alpha_low: float = 0.05, alpha_high: float = 0.05
) -> Estimate:
    """Return the odds of a group divided by those of a reference within strata; 1 is no difference.

    Args:
        table: Shape [s, 4], see the module.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shape is another.
        ContractError: If the counts cannot be counts.

    Undefined when: no stratum holds both; or it is 0 or infinite, so that its spread is not known.
    Blind to: odds ratios that turn from stratum to stratum.
    """
    return _estimate(ODDS_RATIO, _checked(table), Alphas(alpha_low, alpha_high))


def common_difference_of_rows(
    is_success: BoolArray,
    stratum: IntArray,
    sides: tuple[BoolArray, BoolArray],
    *,
    cluster: ArrayLike | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the common difference where rows come in clusters, or are in the group and the reference.

    The value is that of ``common_difference``. Its spread comes from influence values by row, summed
    over clusters; rows of one stratum lean on its common rate, for which they are scaled up as for a
    mean of few units. With fewer than 5 events or non-events in a group, or 10 clusters, the ends are
    those of the range.

    Args:
        is_success: Whether the event happened, shape [n].
        stratum: Number of each row's stratum from 0, shape [n].
        sides: Whether each row is in the group, and in the reference, shape [n] each.
        cluster: Cluster of each row, shape [n]; None makes each row a unit.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Returns:
        Estimate by ``linear``.
    """
    both = stratum_table(is_success, stratum, sides)
    used = (both[:, 1] > 0) & (both[:, 3] > 0)
    if not used.any():
        return undefined(_no_stratum(), unit="difference")
    kept = used[stratum] & (sides[0] | sides[1])
    rows, inside, outside = stratum[kept], sides[0][kept], sides[1][kept]
    unit = np.arange(len(rows)) if cluster is None else np.asarray(cluster)[kept]
    table = both.astype(np.float64)
    value, weight = _difference(table[used])
    total = table[:, 1] + table[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        base = (table[:, 0] + table[:, 2] - value * table[:, 1]) / total
        of_group, of_reference = table[:, 3] / total / weight, table[:, 1] / total / weight
    happened = is_success[kept].astype(np.float64)
    influence = inside * of_group[rows] * (happened - base[rows] - value)
    influence -= outside * of_reference[rows] * (happened - base[rows])
    influence *= _scaled_up(rows, unit, len(both))
    sums = both[used].sum(axis=0)
    events = min(sums[0], sums[1] - sums[0], sums[2], sums[3] - sums[2])
    units = min(len(np.unique(unit[inside])), len(np.unique(unit[outside])))
    return linear_estimate(
        value,
        influence,
        unit="difference",
        range_low=-1.0,
        range_high=1.0,
        cluster=None if cluster is None else unit,
        units=int(units) if events >= MIN_EVENTS else 0,
        alpha_low=alpha_low,
        alpha_high=alpha_high,
    )


def stratum_table(
    is_success: BoolArray, stratum: IntArray, sides: tuple[BoolArray, BoolArray]
) -> IntArray:
    """Count successes and trials of the group and of the reference in each stratum, shape [s, 4]."""
    s = int(stratum.max(initial=-1)) + 1
    columns = [
        np.bincount(stratum[chosen], minlength=s)
        for side in sides
        for chosen in (side & is_success, side)
    ]
    return np.stack(columns, axis=1).astype(np.int64)


def difference_ends(table: FloatArray, alphas: Alphas) -> Ends:
    """Return both limits of the common difference of a table whose strata hold both, shape [s, 4]."""
    value, weight = _difference(table)
    error = math.sqrt(_sato(table, value, weight))
    z = one_sided(alphas.low), one_sided(alphas.high)
    low, high = value - z[0] * error, value + z[1] * error
    sums = table.sum(axis=0)
    if min(sums[0], sums[1] - sums[0], sums[2], sums[3] - sums[2]) < FEW_EVENTS:
        low = min(low, _exact_limit(table, z[0], 0))
        high = max(high, _exact_limit(table, z[1], 1))
    return max(low, -1.0), min(high, 1.0)


def odds_ratio_ends(table: FloatArray, alphas: Alphas) -> Ends:
    """Return both limits of the common odds ratio; the value must be neither 0 nor infinite."""
    x1, n1, x0, n0 = table.T
    total = n1 + n0
    r, s = x1 * (n0 - x0) / total, x0 * (n1 - x1) / total
    p, q = (x1 + n0 - x0) / total, (x0 + n1 - x1) / total
    above, below = r.sum(), s.sum()
    variance = (p * r).sum() / (2 * above**2) + (q * s).sum() / (2 * below**2)
    variance += (p * s + q * r).sum() / (2 * above * below)
    error, middle = math.sqrt(variance), math.log(above / below)
    return (
        math.exp(middle - one_sided(alphas.low) * error),
        math.exp(middle + one_sided(alphas.high) * error),
    )


def reestimate_common(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a common difference or odds ratio to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    return _estimate(estimate.method, table_of(estimate.evidence), alphas)


def table_of(evidence: Evidence) -> IntArray:
    """Return the strata that an evidence holds, shape [s, 4].

    Raises:
        ContractError: If it holds none.
    """
    found: Any = evidence.values.get("strata")
    try:
        return _checked(found)
    except (ShapeError, ValueError, TypeError) as err:
        raise ContractError(
            must("Evidence of a common difference", "hold strata, rows of four counts", found)
        ) from err


def _estimate(method: str, table: IntArray, alphas: Alphas) -> Estimate:
    unit = "difference" if method == DIFFERENCE else "odds ratio"
    used = table[(table[:, 1] > 0) & (table[:, 3] > 0)]
    if not len(used):
        return undefined(_no_stratum(), unit=unit)
    counts, n = used.astype(np.float64), int(used[:, [1, 3]].sum())
    evidence = Evidence(values={"strata": used.tolist()})
    if method == DIFFERENCE:
        frame = Frame(n, unit, method, evidence, -1.0, 1.0)
        value = min(max(_difference(counts)[0], -1.0), 1.0)
        return assemble(value, difference_ends(counts, alphas), alphas, frame=frame)
    x1, n1, x0, n0 = counts.T
    above, below = (x1 * (n0 - x0) / (n1 + n0)).sum(), (x0 * (n1 - x1) / (n1 + n0)).sum()
    if not above or not below:
        return undefined(_no_odds(), unit=unit, n=n, low=0.0)
    frame = Frame(n, unit, method, evidence, 0.0, None)
    return assemble(float(above / below), odds_ratio_ends(counts, alphas), alphas, frame=frame)


def _difference(table: FloatArray) -> tuple[float, float]:
    """Return the common difference and the sum of the weights."""
    x1, n1, x0, n0 = table.T
    total = n1 + n0
    weight = float((n1 * n0 / total).sum())
    return float(((x1 * n0 - x0 * n1) / total).sum()) / weight, weight


def _sato(table: FloatArray, value: float, weight: float) -> float:
    """Return the variance of the common difference."""
    x1, n1, x0, n0 = table.T
    total = n1 + n0
    p = (n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / total**2
    q = (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * total)
    return max(0.0, float(value * p.sum() + q.sum()) / weight**2)


def _exact_limit(table: FloatArray, z: float, end: int) -> float:
    """Return one limit from exact limits of the two weighted rates, joined by MOVER."""
    x1, n1, x0, n0 = table.T
    share = n1 * n0 / (n1 + n0)
    share = share / share.sum()
    rate = np.array([(share * x1 / n1).sum(), (share * x0 / n0).sum()])
    rows = 1 / np.array([(share**2 / n1).sum(), (share**2 / n0).sum()])
    limits = exact_limits(rate * rows, rows, z)
    return float(mover_differences(rate, limits)[end][0, 1])


def _scaled_up(stratum: IntArray, unit: ArrayLike, n_strata: int) -> FloatArray:
    """Return sqrt(u / (u - 1)) of each row for the u units of its stratum; 1 for one unit."""
    _, number = np.unique(np.asarray(unit), return_inverse=True)
    pairs = np.unique(np.stack([stratum, number.reshape(-1)], axis=1), axis=0)
    units = np.bincount(pairs[:, 0], minlength=n_strata).astype(np.float64)
    factor = np.sqrt(units / np.maximum(units - 1, 1))
    scaled: FloatArray = factor[stratum]
    return scaled


def _checked(table: ArrayLike) -> IntArray:
    found = np.asarray(table)
    if found.ndim != 2 or found.shape[1] != 4:
        raise ShapeError(f"table must have shape [s, 4], got {list(found.shape)}.")
    if not np.issubdtype(found.dtype, np.integer):
        raise ContractError(must("table", "hold whole numbers", str(found.dtype)))
    outside = (found[:, [0, 2]] < 0) | (found[:, [0, 2]] > found[:, [1, 3]])
    if outside.any():
        raise ContractError(must("table", "have 0 <= successes <= trials", found.tolist()))
    return found.astype(np.int64)


def _no_stratum() -> Message:
    return Message.of(
        "stats.no-common-stratum",
        "No stratum holds examples of both the group and the reference, so that nobody is comparable.",
    )


def _no_odds() -> Message:
    return Message.of(
        "stats.no-odds",
        "The odds ratio is 0 or infinite in these examples, so that its spread is not known.",
    )
