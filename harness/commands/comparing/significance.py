"""Which of many differences are beyond chance, all taken together.

Benjamini and Hochberg: of all differences that are called better or worse, on average at most 5 in 100
are not. A table of many measures is for looking, so that the share of wrong words counts, and not whether
there is any; the gate, which blocks, uses Holm. Intervals are moved from their evidence, so that no
p-value is needed: with k of m found, each is held to one-sided errors of 0.025 k / m.

Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from harness.errors import ContractError
from harness.records import Estimate
from harness.stats import reestimate

RATE = 0.05
"""Share of wrong words among all."""

NO_DIRECTION = frozenset({"group-metrics.selection-rate", "intersections.selection-rate"})
"""Measures of which neither direction is better in itself; the catalogue names one by convention."""

Way = Literal["baseline", "better", "worse", "changed", "not decided", "same", "not paired"]
Asked = tuple[int, tuple[str, str, str], Estimate, str]
"""Position of the run, key of the measurement, difference, and which direction is better."""


def ways_of(
    differences: Sequence[Asked],
) -> tuple[dict[tuple[int, tuple[str, str, str]], Way], int]:
    """Return what each difference says, and among how many that was decided.

    Args:
        differences: Paired differences with a value.
    """
    tested = [one for one in differences if one[2].method != "exact"]
    found = [one for one in tested if _excludes_zero(one[2], RATE / 2)]
    while found:
        alpha = RATE / 2 * len(found) / len(tested)
        kept = [one for one in found if _excludes_zero(one[2], alpha)]
        if len(kept) == len(found):
            break
        found = kept
    beyond = {(side, key) for side, key, *_ in found}
    ways: dict[tuple[int, tuple[str, str, str]], Way] = {}
    for side, key, estimate, better in differences:
        if estimate.method == "exact":
            ways[side, key] = "same"
        elif (side, key) in beyond and key[0] in NO_DIRECTION:
            ways[side, key] = "changed"
        elif (side, key) in beyond:
            is_up = (estimate.value or 0.0) > 0
            ways[side, key] = "better" if is_up == (better == "higher") else "worse"
        else:
            ways[side, key] = "not decided"
    return ways, len(tested)


def _excludes_zero(estimate: Estimate, alpha: float) -> bool:
    if estimate.low is None or estimate.high is None or estimate.low <= 0 <= estimate.high:
        return False  # an interval at a smaller alpha is wider still
    try:
        moved = reestimate(estimate, alpha_low=alpha, alpha_high=alpha)
    except ContractError:
        return False
    return (moved.low or 0.0) > 0 or (moved.high or 0.0) < 0
