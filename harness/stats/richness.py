"""How much of what can be found a sample has found: Good-Turing's coverage and Chao's number of kinds.

Legend: N sightings of S kinds; f1 kinds were seen once, f2 twice.

The share of the next sightings that will be of a kind not seen so far is about f1 / N. Kinds that were
never seen are at least about f1 (f1 - 1) / (2 (f2 + 1)): a lower bound, since very rare kinds leave no
trace in so small a sample.

Source: Good 1953, doi:10.1093/biomet/40.3-4.237; interval: Esty 1983, doi:10.1214/aos/1176346254;
number of kinds: Chao 1984 and 1987, doi:10.2307/2531532
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, must
from harness.records import Estimate, Evidence
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble, no_examples, undefined
from harness.stats.proportions import clopper_pearson_ends

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COVERAGE, KINDS = "good-turing", "chao1"


def good_turing(times: ArrayLike, *, alpha_low: float = 0.05, alpha_high: float = 0.05) -> Estimate:
    """Share of further sightings that will be of a kind that was seen already.

    Ends after Esty, and never narrower than the exact limits of a share of N independent sightings.

    Args:
        times: How often each kind was seen, shape [S], whole numbers >= 1.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ContractError: If a number of times is below 1.

    Undefined when: nothing was seen.
    Blind to: sightings that come in clusters, such as one text that names a kind ten times.
    """
    values, alphas = _counted(times), Alphas(alpha_low, alpha_high)
    if not values["sightings"]:
        return undefined(no_examples(), unit="share")
    frame = Frame(values["sightings"], "share", COVERAGE, Evidence(values={**values}), 0.0, 1.0)
    value = 1 - values["once"] / values["sightings"]
    return assemble(value, coverage_ends(values, alphas), alphas, frame=frame)


def chao1(times: ArrayLike, *, alpha_low: float = 0.05, alpha_high: float = 0.05) -> Estimate:
    """Kinds that there are at least, seen or not; unit ``count``.

    The ends are those of a log-normal number of unseen kinds: never below what was seen.

    Args:
        times: How often each kind was seen, shape [S], whole numbers >= 1.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ContractError: If a number of times is below 1.

    Undefined when: nothing was seen.
    Blind to: kinds so rare that as good as none of them was seen; the number is a lower bound.
    """
    values, alphas = _counted(times), Alphas(alpha_low, alpha_high)
    if not values["sightings"]:
        return undefined(no_examples(), unit="count")
    return _kinds(values, alphas)


def reestimate_kinds(estimate: Estimate, alphas: Alphas, read: object) -> Estimate:
    """Move the ends of a number of kinds to other error rates."""
    values = estimate.evidence.values if estimate.evidence else {}
    names = ("sightings", "kinds", "once", "twice")
    if not all(isinstance(values.get(name), int) for name in names):
        raise ContractError(
            must(f"Evidence of {KINDS}", f"hold {', '.join(names)}", sorted(values))
        )
    return _kinds(values, alphas)


def _kinds(values: Numbers, alphas: Alphas) -> Estimate:
    frame = Frame(values["sightings"], "count", KINDS, Evidence(values={**values}), 0.0)
    value = values["kinds"] + _unseen(values["once"], values["twice"])
    return assemble(value, kinds_ends(values, alphas), alphas, frame=frame)


def coverage_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return the ends of a coverage from its counts."""
    n, once, twice = (float(values[name]) for name in ("sightings", "once", "twice"))
    unseen = once / n
    error = math.sqrt(max(0.0, once * (1 - unseen) + 2 * twice)) / n
    low, high = clopper_pearson_ends({"successes": n - once, "trials": n}, alphas)
    assert low is not None  # Clopper and Pearson bound every share
    assert high is not None
    steps = -NormalDist().inv_cdf(alphas.low), -NormalDist().inv_cdf(alphas.high)
    return (
        max(0.0, min(low, 1 - unseen - steps[0] * error)),
        min(1.0, max(high, 1 - unseen + steps[1] * error)),
    )


def kinds_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return the ends of a number of kinds from its counts."""
    n, kinds, once, twice = (
        float(values[name]) for name in ("sightings", "kinds", "once", "twice")
    )
    unseen = _unseen(once, twice)
    if unseen <= 0:
        # a kind that every sighting meets with probability p is missed by all with (1 - p)^N
        missed = kinds * math.exp(-n / kinds)
        return kinds, kinds + max(1.0, missed - NormalDist().inv_cdf(alphas.high) * missed**0.5)
    variance = (
        once * (once - 1) / (2 * (twice + 1))
        + once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    spread = math.sqrt(math.log1p(variance / unseen**2))
    low = kinds + unseen * math.exp(NormalDist().inv_cdf(alphas.low) * spread)
    return low, kinds + unseen * math.exp(-NormalDist().inv_cdf(alphas.high) * spread)


def _unseen(once: float, twice: float) -> float:
    return once * (once - 1) / (2 * (twice + 1))


def _counted(times: ArrayLike) -> dict[str, int]:
    seen = np.asarray(times, dtype=np.int64)
    if (seen < 1).any():
        raise ContractError(must("A number of times", "be a whole number >= 1", int(seen.min())))
    return {
        "sightings": int(seen.sum()),
        "kinds": len(seen),
        "once": int((seen == 1).sum()),
        "twice": int((seen == 2).sum()),
    }
