"""Smooth statistics through their influence values: rows, whole clusters and pairs in one closed form.

Legend: n examples, u independent units (examples or clusters).

The influence value of an example is how much it moves the statistic: its error is about their sum.
So the variance is the sum over independent units of the squared sum of their influence values,
times u / (u - 1), and the ends lie ``t(1 - alpha; u - 1)`` standard errors away from the value. What
the examples of one unit share is inside the square, whatever it is: a template, a document, a person,
or two models on the same rows.

Fewer than 10 clusters do not show how clusters vary: the value stays, and the ends are those of the
range, so that no rule passes or fails.

Source: Hampel 1974, doi:10.1080/01621459.1974.10482962; clusters: Liang and Zeger 1986,
doi:10.1093/biomet/73.1.13; skewness: Johnson 1978, doi:10.1080/01621459.1978.10480051; simulated in tests/simulation/test_coverage_clusters.py
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ShapeError
from harness.records import Estimate, Evidence
from harness.stats.absolute import NoisyParts
from harness.stats.estimates import (
    Alphas,
    Ends,
    Frame,
    Numbers,
    assemble,
    no_examples,
    not_finite,
    undefined,
)
from harness.stats.replicates import constants_of
from harness.stats.resampling import equal_values_ends, unit_sums
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]

METHOD = "linear"


def linear_estimate(
    value: float,
    influence: ArrayLike,
    *,
    unit: str,
    range_low: float | None,
    range_high: float | None,
    cluster: ArrayLike | None = None,
    units: int | None = None,
    is_skewed: bool = False,
    is_log: bool = False,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Estimate a smooth statistic from how much each example moves it.

    At alpha 0.05 an end errs in 3 to 7 % for shares and differences over 11 to 100 clusters. Statistics
    close to an end of their range, or of few events, need a form of their own (``delong``,
    ``proportions``).

    Args:
        value: The statistic of all examples.
        influence: Influence value of each example, shape [n], summing to about 0. For a mean of x it
            is (x - mean) / n; for a difference of two statistics the difference of theirs.
        unit: Unit of the statistic.
        range_low: Least that it can be; None where there is no end.
        range_high: Most that it can be; None where there is no end.
        cluster: Cluster of each example, shape [n]; None makes each example a unit.
        units: Independent units that the least known part rests on, where these are fewer than all:
            the smaller of two samples, the clusters that hold positives.
        is_skewed: Move the end on the side of the longer tail of the influence values outward, as a
            mean of rare events needs; the other end stays.
        is_log: Whether the ends lie evenly around the logarithm of the value, as those of a perplexity
            do; the value must be above 0.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If influence and cluster do not have the same shape [n].

    Undefined when: there is no example; a number is not finite; an end has no bound.
    Blind to: curvature and skewness, see ``bca``.
    """
    alphas, of_rows = Alphas(alpha_low, alpha_high), np.asarray(influence, dtype=np.float64)
    if of_rows.ndim != 1 or (cluster is not None and np.shape(cluster) != of_rows.shape):
        raise ShapeError(
            f"influence must have shape [n] and cluster the same, got {list(of_rows.shape)} "
            f"and {None if cluster is None else list(np.shape(cluster))}."
        )
    n = len(of_rows)
    if n == 0:
        return undefined(no_examples(), unit=unit)
    if bad := int((~np.isfinite(of_rows)).sum()) + (not math.isfinite(value)):
        return undefined(not_finite(bad, of=n + 1), unit=unit, n=n)
    of_units = unit_sums(of_rows[:, None], cluster)[0][:, 0]
    counted = min(len(of_units), len(of_units) if units is None else int(units))
    values = {
        **constants_of(value, range_low, range_high),
        "units": counted,
        "least_units": least_units(is_clustered=cluster is not None),
        "variance": variance_of_unit(of_units, counted),
    }
    if is_skewed:
        values["third"] = float((of_units**3).sum()) * counted**2
    if is_log:
        values["is_log"] = 1
    is_known = counted >= values["least_units"]
    method = "equal-values" if is_known and not np.any(of_units) else METHOD
    frame = Frame(n, unit, method, Evidence(values=dict(values)), range_low, range_high)
    ends = (linear_ends if method == METHOD else equal_values_ends)(values, alphas)
    return assemble(float(value), ends, alphas, frame=frame)


def linear_parts(parts: NoisyParts, *, units: int, unit: str, is_clustered: bool) -> list[Estimate]:
    """Return each of several parts, between -1 and 1, as an estimate of its own.

    Args:
        parts: Values with their covariance.
        units: Independent units that the least known part rests on; see ``linear_estimate``.
        unit: Unit of the parts.
        is_clustered: Whether the units are clusters.
    """
    alphas = Alphas(0.05, 0.05)
    found = []
    for value, variance in zip(parts.values, np.diag(parts.covariance), strict=True):
        values = {
            **constants_of(value, -1.0, 1.0),
            "units": units,
            "least_units": least_units(is_clustered=is_clustered),
            "variance": max(0.0, float(variance)) * units,
        }
        frame = Frame(parts.n, unit, METHOD, Evidence(values=dict(values)), -1.0, 1.0)
        found.append(assemble(float(value), linear_ends(values, alphas), alphas, frame=frame))
    return found


def linear_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return value -/+ t standard errors within the range; its ends where units are too few."""
    edges = values.get("range_low"), values.get("range_high")
    if values["units"] < values["least_units"]:
        return edges
    error = math.sqrt(float(values["variance"]) / float(values["units"]))
    steps = student(alphas.low, values), student(alphas.high, values)
    if values.get("is_log"):
        return _log_ends(float(values["value"]), error, steps, edges)
    low = float(values["value"]) - steps[0] * error + min(0.0, _tail(values, steps[0]))
    high = float(values["value"]) + steps[1] * error + max(0.0, _tail(values, steps[1]))
    return (
        low if edges[0] is None else max(low, edges[0]),
        high if edges[1] is None else min(high, edges[1]),
    )


def _log_ends(value: float, error: float, steps: tuple[float, float], edges: Ends) -> Ends:
    """Return the ends of a value whose logarithm is nearly normal, within the range."""
    low = value * math.exp(-steps[0] * error / value)
    high = value * math.exp(steps[1] * error / value)
    return (
        low if edges[0] is None else max(low, edges[0]),
        high if edges[1] is None else min(high, edges[1]),
    )


def _tail(values: Numbers, step: float) -> float:
    """Return how far skewness moves an end: the first term of the Edgeworth expansion of Student's t."""
    variance = float(values["variance"])
    if "third" not in values or variance <= 0:
        return 0.0
    return float(values["third"]) / (6 * variance * float(values["units"])) * (1 + 2 * step**2)


def student(alpha: float, values: Numbers) -> float:
    """Return t(1 - alpha; units - 1)."""
    from scipy.special import stdtrit

    return -float(stdtrit(float(values["units"]) - 1, alpha))


def variance_of_unit(influence: FloatArray, units: int) -> float:
    """Return the variance of the statistic times the units, from influence values of units, shape [u]."""
    return float((influence**2).sum()) * units * units / max(units - 1, 1)


def least_units(*, is_clustered: bool) -> int:
    """Return how many units an interval takes: 10 clusters, or two examples."""
    return MIN_CLUSTERS if is_clustered else 2
