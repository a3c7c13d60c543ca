"""Empirical epsilon from one training: what guesses about who was in say of differential privacy.

Legend: m canaries, each in the training as a fair coin fell; r guesses, v of them right; q the share
of right guesses that (epsilon, 0) allows, ``exp(eps) / (1 + exp(eps))``.

If training is (epsilon, delta)-private then v or more right guesses have a probability of at most
``P[Bin(r, q) >= v] + 2 m delta max_i P[v > Bin(r, q) >= v - i] / i``. The largest epsilon whose bound
is below alpha is refuted; it is 0 where even a model that keeps nothing guesses as well by luck.

The number of guesses is fixed before the answers are seen. The maximum over many numbers of guesses,
which published code takes, finds epsilon > 0 in 38 % of models that keep nothing.

Source: Steinke, Nasr and Jagielski 2023, arXiv:2305.08846, theorem 5.2; simulated in
tests/simulation/test_one_run.py
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from harness.errors import ContractError, must, raise_all
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble
from harness.stats.proportions import clopper_pearson_ends

METHOD = "one-run"
COUNTS = ("guesses", "correct", "canaries")
CONSTANTS = ("value", "delta", "claimed")
EPSILON = "epsilon"

_MOST = 50.0
"""No guess count that fits into a computer refutes a larger epsilon."""

_HALVINGS = 60


def one_run_p_value(
    epsilon: float, *, guesses: int, correct: int, canaries: int, delta: float
) -> float:
    """Return the largest probability of so many right guesses if training is (epsilon, delta)-private.

    Args:
        epsilon: Claimed, >= 0.
        guesses: r, fixed before the answers were seen.
        correct: v.
        canaries: m, those that nobody guesses about included.
        delta: Claimed, 0 <= delta < 1.
    """
    from scipy.special import bdtrc

    q = 1.0 / (1.0 + math.exp(-epsilon))
    if correct <= 0:
        return 1.0
    tail = float(bdtrc(correct - 1, guesses, q))
    if delta == 0:
        return min(1.0, tail)
    below = _probabilities(guesses, q)[:correct][::-1]  # of v - 1, v - 2, ..., 0 right ones
    slope = float((np.cumsum(below) / np.arange(1, correct + 1)).max())
    return min(1.0, tail + 2.0 * canaries * delta * slope)


def one_run_lower(
    *, guesses: int, correct: int, canaries: int, delta: float, alpha: float = 0.05
) -> float:
    """Return the largest epsilon that the guesses refute at an error of alpha; 0 for none."""

    def is_refuted(epsilon: float) -> bool:
        found = one_run_p_value(
            epsilon, guesses=guesses, correct=correct, canaries=canaries, delta=delta
        )
        return found < alpha

    if not is_refuted(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while high < _MOST and is_refuted(high):
        low, high = high, high + 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_refuted(middle) else (low, middle)
    return low


def saturation(guesses: int, *, alpha: float = 0.05) -> float:
    """Return what so many guesses can show at most: that all of them are right."""
    return one_run_lower(guesses=guesses, correct=guesses, canaries=guesses, delta=0.0, alpha=alpha)


def one_run_estimate(
    *,
    guesses: int,
    correct: int,
    canaries: int,
    delta: float,
    claimed: float = 0.0,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Estimate the epsilon that an attack shows, or by how much it exceeds a claim.

    The value is the epsilon at which so many right guesses are what is expected, ``logit(v / r)``.
    The low end is the bound above: it holds for the training, whatever the attack. The high end is
    that of this attack alone (exact limits of the share of right guesses): a better attack may show
    more.

    Args:
        guesses: r, fixed before the answers were seen.
        correct: v.
        canaries: m.
        delta: Of the claim; 0 where none is made.
        claimed: Epsilon to be subtracted; 0 for the epsilon itself.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Returns:
        Unit ``epsilon``; n is the number of guesses. Where every guess is right there is no value,
        only the low end: at least so much.

    Raises:
        ContractError: If the counts cannot be counts.
    """
    _check(guesses, correct, canaries, delta)
    values: dict[str, float | int] = {
        "guesses": int(guesses),
        "correct": int(correct),
        "canaries": int(canaries),
        "delta": float(delta),
        "claimed": float(claimed),
        "value": _logit(correct, guesses) - float(claimed),
        "range_low": 0.0 - float(claimed),
    }
    alphas = Alphas(alpha_low, alpha_high)
    frame = Frame(
        int(guesses), EPSILON, METHOD, Evidence(values=dict(values)), 0.0 - float(claimed)
    )
    return _assembled(values, alphas, frame)


def reestimate_one_run(estimate: Estimate, alphas: Alphas, read: object) -> Estimate:
    """Move the ends to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    values = estimate.evidence.values
    missing = [
        must(f"Evidence of {METHOD}", f"hold the number {name}", values.get(name))
        for name in (*COUNTS, *CONSTANTS)
        if not isinstance(values.get(name), int | float)
    ]
    raise_all(ContractError, missing)
    low = 0.0 - float(values["claimed"])  # type: ignore[arg-type]
    frame = Frame(estimate.n, estimate.unit, METHOD, estimate.evidence, low)
    return _assembled(values, alphas, frame)


def one_run_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return both ends; no high end where every guess is right."""
    guesses, correct = int(values["guesses"]), int(values["correct"])
    low = one_run_lower(
        guesses=guesses,
        correct=correct,
        canaries=int(values["canaries"]),
        delta=float(values["delta"]),
        alpha=alphas.low,
    )
    most = clopper_pearson_ends({"successes": correct, "trials": guesses}, alphas)[1]
    claimed = float(values["claimed"])
    if most is None or most >= 1.0:
        return low - claimed, None
    return low - claimed, max(low, _logit(most, 1.0)) - claimed


def _assembled(values: Numbers, alphas: Alphas, frame: Frame) -> Estimate:
    found = assemble(float(values["value"]), one_run_ends(values, alphas), alphas, frame=frame)
    if found.high is not None:
        return found
    return replace(found, why_undefined=_saturated(int(values["guesses"]), found.low or 0.0))


def _saturated(guesses: int, low: float) -> Message:
    return Message.of(
        "stats.one-run-saturated",
        "All {guesses} guesses are right: it is at least {low:.2f}, and so many guesses cannot show more.",
        guesses=guesses,
        low=low,
    )


def _logit(right: float, of: float) -> float:
    """Return the epsilon at which a share is what is expected, at least 0; bounded where all are right."""
    if right >= of:
        return _MOST
    return max(0.0, math.log(right / (of - right))) if right > 0 else 0.0


def _probabilities(n: int, q: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    from scipy.special import gammaln

    k = np.arange(n + 1, dtype=np.float64)
    logs = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    logs += k * math.log(q) + (n - k) * math.log1p(-q)
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = np.exp(logs)
    return found


def _check(guesses: int, correct: int, canaries: int, delta: float) -> None:
    problems = []
    if not 0 < guesses <= canaries:
        problems.append(must("guesses", f"lie in 1..{canaries}, the canaries", guesses))
    if not 0 <= correct <= guesses:
        problems.append(must("correct", f"lie in 0..{guesses}, the guesses", correct))
    if not 0 <= delta < 1:
        problems.append(must("delta", "lie in 0..1", delta))
    raise_all(ContractError, problems)
