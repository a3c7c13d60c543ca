"""The rank of a secret among all that it could have been, from draws of a proposal; exposure in bits.

Legend: N draws, q(c) probability of a draw c, s the secret, R its space.

Of c with a smaller loss than s there are, without bias, ``m = mean of 1{c beats s} / q(c)``; the rank
is 1 + m and the exposure ``log2 |R| - log2 rank``. The proposal is the model itself, mixed with a
uniform one, so that a draw that beats s has ``q(c) >= exp(-loss(s)) / bound``: weights are bounded
exactly where the secret is known well.

The interval of m is that of a mean on the logarithmic scale, since weights spread over orders of
magnitude and a symmetric interval would reach below 0. Student's t counts as many units as there
are effective draws that beat s (Kish: their number over one plus the squared relative spread of their
weights). Fewer than 10 of these say nothing of that spread: then m lies between the exact
limits of their share times the least (1) and the largest possible weight. Where no draw beats the
secret there is no value, only a low end: at least so much.

Source: Carlini et al. 2019 (arXiv:1802.08232) for exposure; importance sampling of a count: Owen 2013,
Monte Carlo theory, methods and examples, chapter 9; simulated in tests/simulation/test_exposure.py
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, must, raise_all
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble, exact, undefined
from harness.stats.proportions import clopper_pearson_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHOD = "sampled-rank"

COUNTS = ("draws", "better")
CONSTANTS = (
    "value",
    "log2_size",
    "log2_mean",
    "spread",
    "log2_most",
    "range_low",
    "range_high",
)

MIN_EFFECTIVE = 10.0
"""Effective draws that must beat the secret before their own spread is believed."""

BITS = "bits"

_MOST_BITS = 1000.0
"""More bits are beyond all numbers, and beyond every space."""


def sampled_rank(
    weights: NDArray[np.float64],
    *,
    log2_size: float,
    log2_most: float,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Estimate an exposure from draws.

    Args:
        weights: ``1 / q`` of each draw that beats the secret and 0 for the others, shape [N].
        log2_size: Bits of the space, ``log2 |R|``.
        log2_most: Logarithm to base 2 of the largest weight that a draw that beats the secret can
            have.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Returns:
        Exposure in bits, between 0 and ``log2_size``; n is the number of draws. No value where no
        draw beats the secret.

    Raises:
        ContractError: If a weight is negative or not finite.

    Undefined when: there are no draws.
    """
    n = len(weights)
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ContractError(must("weights", "be finite and >= 0", "others"))
    if n == 0:
        why = Message.of("stats.no-draws", "There are no draws to estimate a rank from.")
        return undefined(why, unit=BITS)
    better = int((weights > 0).sum())
    mean = float(weights.mean())
    values: dict[str, float | int] = {
        "draws": n,
        "better": better,
        "log2_size": float(log2_size),
        "log2_most": max(0.0, float(log2_most)),
        "log2_mean": math.log2(mean) if better else 0.0,
        # of the weights of draws that beat the secret, relative to their mean
        "spread": _spread(weights[weights > 0]) if better > 1 else 0.0,
        "range_low": 0.0,
        "range_high": float(log2_size),
    }
    values["value"] = _exposure(mean, float(log2_size))
    alphas = Alphas(alpha_low, alpha_high)
    frame = Frame(n, BITS, METHOD, Evidence(values=dict(values)), 0.0, float(log2_size))
    return _assembled(values, alphas, frame)


def beyond_exposure(estimate: Estimate, bits: float) -> Estimate:
    """Return how far an exposure lies above a number of bits that is known without error.

    Args:
        estimate: An exposure, exact or by ``sampled_rank``.
        bits: The number.

    Undefined when: the exposure was not measured.
    """
    if estimate.method == "exact" and estimate.value is not None:
        return exact(estimate.value - bits, n=estimate.n, unit=estimate.unit)
    if estimate.evidence is None or estimate.method != METHOD:
        return replace(estimate, low=None, high=None)
    known = estimate.evidence.values
    moved = {name: _number(known[name]) - bits for name in ("value", "range_low", "range_high")}
    values = {**known, **moved, "minus": float(bits)}
    alphas = Alphas(estimate.alpha_low, estimate.alpha_high)
    return _assembled(values, alphas, _frame(estimate, values))


def reestimate_rank(estimate: Estimate, alphas: Alphas, read: object) -> Estimate:
    """Move the ends to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    values = estimate.evidence.values
    missing = [
        must(f"Evidence of {METHOD}", f"hold the number {name}", values.get(name))
        for name in (*COUNTS, *CONSTANTS)
        if not isinstance(values.get(name), int | float)
    ]
    raise_all(ContractError, missing)
    return _assembled(values, alphas, _frame(estimate, values))


def rank_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return both ends of an exposure; the low end is that of the highest rank."""
    size, better = float(values["log2_size"]), float(values["better"])
    most, least = _most_mean(values, alphas.low), 0.0
    if effective_draws(values) >= MIN_EFFECTIVE:
        mean = 2.0 ** float(values["log2_mean"])
        most = mean * math.exp(_reach(values, alphas.low))
        least = mean * math.exp(-_reach(values, alphas.high))
    elif better > 0:
        least = _share_ends(values, Alphas(alphas.low, alphas.high))[0]
    minus = float(values.get("minus", 0.0))
    return _exposure(most, size) - minus, _exposure(least, size) - minus


def effective_draws(values: Numbers) -> float:
    """Return how many equal weights would say as much as those of the draws that beat the secret."""
    return float(values["better"]) / (1.0 + float(values["spread"]) ** 2)


def exposure_of_rank(rank: float, log2_size: float) -> float:
    """Return the exposure of a rank, in bits, within the space."""
    bits = log2_size - math.log2(max(1.0, rank))
    return min(log2_size, max(0.0, bits))


def _frame(estimate: Estimate, values: Numbers) -> Frame:
    evidence = Evidence(values={**values})
    edges = (_number(values[name]) for name in ("range_low", "range_high"))
    return Frame(estimate.n, estimate.unit, METHOD, evidence, *edges)


def _number(value: object) -> float:
    assert isinstance(value, int | float)  # evidence that holds something else is refused before
    return float(value)


def _assembled(values: Numbers, alphas: Alphas, frame: Frame) -> Estimate:
    found = assemble(float(values["value"]), rank_ends(values, alphas), alphas, frame=frame)
    if values["better"] or found.low is None:
        return found
    why = Message.of(
        "stats.no-better-draw",
        "None of {draws} draws is likelier than the secret: at least {low:.1f} bits.",
        draws=int(values["draws"]),
        low=found.low,
    )
    return replace(found, value=None, why_undefined=why)


def _exposure(mean: float, log2_size: float) -> float:
    return exposure_of_rank(1.0 + mean, log2_size)


def _most_mean(values: Numbers, alpha: float) -> float:
    """Return the upper limit of m where draws that beat the secret are few."""
    share = _share_ends(values, Alphas(alpha, alpha))[1]
    return share * math.exp2(min(float(values["log2_most"]), _MOST_BITS))


def _share_ends(values: Numbers, alphas: Alphas) -> tuple[float, float]:
    counts = {"successes": values["better"], "trials": values["draws"]}
    low, high = clopper_pearson_ends(counts, alphas)
    assert low is not None  # a share ends at 0 and 1
    assert high is not None
    return low, high


def _reach(values: Numbers, alpha: float) -> float:
    """Return how far an end of log m lies from it: share and weights vary independently."""
    from scipy.special import stdtrit

    better, draws = float(values["better"]), float(values["draws"])
    variance = (1.0 - better / draws + float(values["spread"]) ** 2) / better
    step = -float(stdtrit(effective_draws(values) - 1.0, alpha))
    return step * math.sqrt(variance)


def _spread(weights: NDArray[np.float64]) -> float:
    return float(weights.std(ddof=1) / weights.mean())
