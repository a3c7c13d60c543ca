"""What the exposures of several canaries say together: their median, and whether chance explains them.

The exposure of a secret that a model never met is exponential: ``P(exposure >= t) = 2^-t``. So the
sum over n of them, times ln 2, is Gamma distributed, and its upper tail is a p-value.

The median needs no assumption: its ends are order statistics, exact whatever the exposures look like.

Source: Carlini et al. 2019, arXiv:1802.08232; order statistics: David and Nagaraja 2003, section 7.1
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, must
from harness.records import Estimate, Evidence
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble, no_examples, undefined
from harness.stats.sampled_rank import BITS

if TYPE_CHECKING:
    from harness.stats.worst_evidence import Read

MEDIAN = "order-statistics"
TAIL = "gamma-tail"
TAIL_COUNTS = ("canaries",)
TAIL_CONSTANTS = ("value", "mean_bits", "error_bits")


def median_estimate(
    values: Sequence[float],
    *,
    unit: str,
    range_low: float,
    range_high: float,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Estimate a median; the ends are order statistics, or those of the range where values are few.

    Args:
        values: Independent numbers, n of them.
        unit: Their unit.
        range_low: Least that they can be.
        range_high: Most that they can be.
        alpha_low: One-sided error of the low end; below it takes at least log2(1 / alpha) values.
        alpha_high: One-sided error of the high end.

    Undefined when: there are no values.
    """
    if not values:
        return undefined(no_examples(), unit=unit)
    ordered = sorted(float(value) for value in values)
    evidence = Evidence(
        values={"values": ordered, "range_low": float(range_low), "range_high": float(range_high)}
    )
    frame = Frame(len(ordered), unit, MEDIAN, evidence, float(range_low), float(range_high))
    return _median(ordered, Alphas(alpha_low, alpha_high), frame)


def reestimate_median(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a median to other error rates."""
    values = {} if estimate.evidence is None else estimate.evidence.values
    ordered, low, high = (values.get(name) for name in ("values", "range_low", "range_high"))
    is_whole = isinstance(ordered, list) and bool(ordered)
    if not (is_whole and isinstance(low, int | float) and isinstance(high, int | float)):
        what = "hold values, range_low and range_high"
        raise ContractError(must(f"Evidence of {MEDIAN}", what, sorted(values)))
    frame = Frame(estimate.n, estimate.unit, MEDIAN, estimate.evidence, float(low), float(high))
    return _median([float(value) for value in ordered], alphas, frame)  # type: ignore[union-attr, arg-type]


def chance_estimate(
    exposures: Sequence[Estimate], *, alpha_low: float = 0.05, alpha_high: float = 0.05
) -> Estimate:
    """Return how likely exposures as large as these are, together, where nothing was remembered.

    The ends of the p-value are those of the mean exposure, which is known as well as each of them
    is.

    Args:
        exposures: Of canaries of one kind, in bits; what is only known to be at least so large
            counts as that.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Returns:
        The upper tail of the Gamma distribution; n is the number of canaries.

    Undefined when: there is no exposure.
    """
    known = [one for one in exposures if one.value is not None or one.low is not None]
    if not known:
        return undefined(no_examples(), unit="probability")
    bits = np.array([one.low if one.value is None else one.value for one in known], np.float64)
    errors = np.array([_error(one) for one in known])
    values: dict[str, float | int] = {
        "canaries": len(known),
        "mean_bits": float(bits.mean()),
        "error_bits": float(math.sqrt((errors**2).sum()) / len(known)),
        "range_low": 0.0,
        "range_high": 1.0,
    }
    values["value"] = chance_of(float(bits.sum()), len(known))
    alphas = Alphas(alpha_low, alpha_high)
    frame = Frame(len(known), "probability", TAIL, Evidence(values=dict(values)), 0.0, 1.0)
    return assemble(float(values["value"]), chance_ends(values, alphas), alphas, frame=frame)


def chance_of(total_bits: float, canaries: float) -> float:
    """Return P(sum of n exposures >= total) for secrets that were never met."""
    from scipy.special import gammaincc

    return float(gammaincc(canaries, math.log(2) * max(0.0, total_bits)))


def chance_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return both ends; a larger mean exposure has a smaller p-value."""
    n, mean, error = (float(values[name]) for name in ("canaries", "mean_bits", "error_bits"))
    most = mean - NormalDist().inv_cdf(alphas.low) * error
    least = mean + NormalDist().inv_cdf(alphas.high) * error
    return chance_of(n * most, n), chance_of(n * least, n)


def reported_from(canaries: int) -> float:
    """Return the exposure from which one of n canaries is reported: chance alone, at most 5 %."""
    return math.log2(canaries / 0.05)


def _error(one: Estimate) -> float:
    """Return about one standard error of an exposure, from its interval; none of a bound."""
    if one.value is None or one.low is None or one.high is None:
        return 0.0
    steps = -NormalDist().inv_cdf(one.alpha_low) - NormalDist().inv_cdf(one.alpha_high)
    return (one.high - one.low) / steps


def _median(ordered: list[float], alphas: Alphas, frame: Frame) -> Estimate:
    value = float(np.median(ordered))
    return assemble(value, _median_ends(ordered, alphas, frame), alphas, frame=frame)


def _median_ends(ordered: list[float], alphas: Alphas, frame: Frame) -> Ends:
    below, above = _place(len(ordered), alphas.low), _place(len(ordered), alphas.high)
    low = frame.range_low if below is None else ordered[below]
    high = frame.range_high if above is None else ordered[len(ordered) - 1 - above]
    return low, high


def _place(n: int, alpha: float) -> int | None:
    """Return the largest k with P(Bin(n, 1/2) <= k) <= alpha; None where there is none."""
    from scipy.special import bdtr

    tails = bdtr(np.arange(n), n, 0.5)
    within = int((tails <= alpha).sum())
    return within - 1 if within else None


__all__ = [
    "BITS",
    "MEDIAN",
    "TAIL",
    "TAIL_CONSTANTS",
    "TAIL_COUNTS",
    "chance_ends",
    "chance_estimate",
    "chance_of",
    "median_estimate",
    "reestimate_median",
    "reported_from",
]
