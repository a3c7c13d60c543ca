"""The difference of two areas under the ROC curve that share rows, or of an area and a constant.

The ends of each area (``delong``: valid close to 1 and with few positives, where a symmetric interval
is not) are joined by MOVER with the correlation of the two areas. The correlation comes from
their influence values, summed over clusters where there are some, so that what both areas owe to
the same rows or clusters cancels.

Source: DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595; Zou 2007,
doi:10.1037/1082-989X.12.4.399; simulated in tests/simulation/test_coverage_group_ranking.py
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.records import Estimate, Evidence
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble, undefined
from harness.stats.ranking import delong, delong_ends, folds_inflation, separation_ends
from harness.stats.subset_areas import ScoreOrder

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.subset_areas import SubsetArea

    FloatArray = NDArray[np.float64]

METHOD = "delong-difference"

_OF_AREA = (
    "value",
    "units",
    "least_units",
    "lean_low",
    "lean_high",
    "variance_low",
    "variance_high",
    "pairs",
)
_ROWS_VARY = -1.0
"""Stands for ``pairs`` where rows vary, so that the ends are not those of a separation."""

COUNTS = tuple(f"{side}_{name}" for side in ("first", "second") for name in ("units", "pairs"))
CONSTANTS = (
    "value",
    "correlation",
    *(
        f"{side}_{name}"
        for side in ("first", "second")
        for name in _OF_AREA
        if name not in ("units", "pairs")
    ),
)


def area_difference(
    first: SubsetArea,
    second: SubsetArea | float,
    order: ScoreOrder,
    *,
    n: int,
    spread: FloatArray | None = None,
    shared: float = 1.0,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the first area minus the second, from -1 to 1; 0 where they are equal.

    Args:
        first: An area.
        second: Another one of the same rows, or a number that is known without error.
        order: Where both come from.
        n: Rows that the difference is said to rest on.
        spread: Influence of all rows on the second area (``SubsetArea.spread``), where many
            differences share it; None computes it.
        shared: What the correlation of their influence is multiplied by, where one of them varies for
            a reason of its own.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Fewer than 10 clusters with positives, or with negatives, leave the ends of the range.
    """
    if isinstance(second, int | float):
        other = dict.fromkeys(_OF_AREA, 0.0) | {"value": float(second), "pairs": _ROWS_VARY}
        correlation = 0.0
    else:
        other = _constants(second.estimate)
        influence = second.spread(order.n) if spread is None else spread
        correlation = shared * _correlation(first, second, order, influence)
    own = _constants(first.estimate)
    values = {
        "value": own["value"] - other["value"],
        "correlation": correlation,
        **{f"first_{name}": number for name, number in own.items()},
        **{f"second_{name}": number for name, number in other.items()},
    }
    frame = Frame(n, "difference", METHOD, Evidence(values={**values}), -1.0, 1.0)
    alphas = Alphas(alpha_low, alpha_high)
    return assemble(values["value"], area_difference_ends(values, alphas), alphas, frame=frame)


def paired_area_difference(
    first: ArrayLike,
    second: ArrayLike,
    is_positive: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    n_folds: int | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the area of one score minus that of another one on the same rows, from -1 to 1.

    Args:
        first: Higher means more likely positive, shape [n].
        second: Another score of the same rows, shape [n].
        is_positive: Whether the example is positive, shape [n].
        cluster: Cluster of each example, shape [n]; None takes examples as independent.
        n_folds: Folds that the second score was fitted in, see ``delong``; what they add to its variance
            is shared with nothing.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.

    Undefined when: there is no positive or no negative example; a score is not finite.
    """
    positive = np.asarray(is_positive, dtype=bool)
    alone = [delong(one, positive, cluster=cluster) for one in (first, second)]
    for one in alone:
        if one.why_undefined is not None:
            return undefined(one.why_undefined, unit="difference", n=one.n)
    rows = np.flatnonzero(positive), np.flatnonzero(~positive)
    orders = [ScoreOrder.of(one, cluster) for one in (first, second)]
    areas = [order.area(*rows) for order in orders]
    spread = areas[1].spread(len(positive))
    if n_folds is not None:
        fitted = delong(second, positive, cluster=cluster, n_folds=n_folds)
        areas[1] = replace(areas[1], estimate=fitted)
        shared = 1 / math.sqrt(folds_inflation(n_folds))
    else:
        shared = 1.0
    return area_difference(
        areas[0],
        areas[1],
        orders[0],
        n=len(positive),
        spread=spread,
        shared=shared,
        alpha_low=alpha_low,
        alpha_high=alpha_high,
    )


def area_difference_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return both ends; those of the range where one of the areas has no more."""
    first = _ends(values, "first_", alphas)
    second = _ends(values, "second_", Alphas(alphas.high, alphas.low))
    if first is None or second is None:
        return -1.0, 1.0
    one, two = float(values["first_value"]), float(values["second_value"])
    apart, correlation = one - two, float(values["correlation"])
    low = apart - _reach(one - first[0], second[1] - two, correlation)
    high = apart + _reach(first[1] - one, two - second[0], correlation)
    return max(-1.0, low), min(1.0, high)


def _reach(own: float, other: float, correlation: float) -> float:
    own, other = max(own, 0.0), max(other, 0.0)
    return math.sqrt(max(own**2 + other**2 - 2 * correlation * own * other, 0.0))


def _ends(values: Numbers, side: str, alphas: Alphas) -> tuple[float, float] | None:
    """Return the ends of one of the areas; None where too little is known of it."""
    of = {name: float(values[side + name]) for name in _OF_AREA}
    if of["pairs"] >= 0:
        low, high = separation_ends(of, alphas)
        is_known = of["pairs"] > 0
    elif of["variance_low"] == of["variance_high"] == 0:
        return of["value"], of["value"]
    else:
        low, high = delong_ends(of, alphas)
        is_known = of["units"] >= of["least_units"]
    assert low is not None  # areas end at 0 and 1
    assert high is not None
    return (low, high) if is_known else None


def _constants(estimate: Estimate) -> dict[str, float]:
    values: Numbers = estimate.evidence.values if estimate.evidence else {}
    absent = {"pairs": _ROWS_VARY}
    return {name: float(values.get(name, absent.get(name, 0.0))) for name in _OF_AREA}


def _correlation(
    first: SubsetArea, second: SubsetArea, order: ScoreOrder, spread: FloatArray
) -> float:
    if order.cluster is None:
        own, other = first.influence, spread[first.rows]
        squares = float(own @ own), float(second.influence @ second.influence)
    else:
        own, other = order.by_unit(first.spread(order.n)), order.by_unit(spread)
        squares = float(own @ own), float(other @ other)
    size = math.sqrt(squares[0] * squares[1])
    return float(np.clip(own @ other / size, -1.0, 1.0)) if size > 0 else 0.0
