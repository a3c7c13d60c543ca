"""How many examples an inconclusive finding would need."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from harness.records import Estimate
from harness.stats.estimates import Alphas, Ends
from harness.stats.reestimation import CLOSED_FORMS, ClosedForm, counts_and_constants

Direction = Literal["at_least", "at_most"]
"""How a rule writes its limit."""

_UNBOUNDED_AT_EDGE = frozenset(
    {"worst-difference", "worst-ratio", "lowest-rate", "highest-rate", "worst-linear", "cluster-t"}
)
"""Methods whose end is that of the range where the data cannot bound it."""

_OPEN_AT_EDGE = frozenset({"lowest-of", "highest-of", "farthest-of"})
"""Methods whose passing end is -1 or 1 where a part is not estimable; an end of 0 is nothing special."""

MOST = 10**9
"""More examples than this are no plan."""


def examples_needed(estimate: Estimate, limit: float, *, direction: Direction) -> int | None:
    """Return how many examples would decide a finding if what was observed stayed as it is.

    For counts: the smallest n whose interval, with the same rates and the same alphas, lies wholly
    on one side of the limit. For resampled estimates: n times the square of (distance of the value
    from its end on the limit's side / distance of the value from the limit), since ends close in
    with the square root of n.

    The observed rate is itself uncertain: with this many examples the finding is decided about
    every second time; more are needed to be confident of an answer.

    Args:
        estimate: What was measured.
        limit: The bound of the rule.
        direction: Which side of the limit the rule asks for; the limit itself belongs to it.

    Returns:
        Examples of the same kind in all, those at hand included; None when the value equals the
        limit, when nothing is known, when more than 10^9 would be needed, or when the end that would
        have to move is the end of the range because some group or cluster is missing.
    """
    value, low, high = estimate.value, estimate.low, estimate.high
    if value is None or low is None or high is None or value == limit or estimate.n == 0:
        return None
    form = CLOSED_FORMS.get(estimate.method)
    if form is not None and estimate.evidence is not None:
        return _by_search(estimate, form, _decided(value, limit, direction))
    if estimate.method in _UNBOUNDED_AT_EDGE and (high if value <= limit else low) in (0.0, 1.0):
        return (
            None  # too few clusters or events, or a group that is not estimable: no width to scale
        )
    if estimate.method in _OPEN_AT_EDGE and (high if value <= limit else low) in (-1.0, 1.0):
        return None
    half_width = value - low if value > limit else high - value
    needed = estimate.n * (half_width / abs(value - limit)) ** 2
    return max(1, math.ceil(needed)) if needed <= MOST else None


def _decided(value: float, limit: float, direction: Direction) -> Callable[[Ends], bool]:
    def beyond(ends: Ends) -> bool:
        low, high = ends
        if value > limit:
            return low is not None and (low > limit or (direction == "at_least" and low == limit))
        return high is not None and (high < limit or (direction == "at_most" and high == limit))

    return beyond


def _by_search(estimate: Estimate, form: ClosedForm, decided: Callable[[Ends], bool]) -> int | None:
    numbers = counts_and_constants(estimate, form)
    alphas = Alphas(estimate.alpha_low, estimate.alpha_high)

    def enough(n: int) -> bool:
        scaled = {
            name: number * n / estimate.n if name in form.counts else number
            for name, number in numbers.items()
        }
        return decided(form.ends(scaled, alphas))

    high = 1
    while not enough(high):
        high *= 2
        if high > 2 * MOST:
            return None
    low = high // 2  # not enough, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high if high <= MOST else None
