"""Hold one estimate against one limit: passed, failed, inconclusive, or no answer."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from harness.errors import AssayError, IntegrityError
from harness.policy import Exact, compare
from harness.policy.nouns import DecideOn
from harness.records import Estimate, Outcome, exact_share

if TYPE_CHECKING:
    from harness.stats import Read

Side = Literal["at_least", "at_most"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit and the side of it that is right."""

    side: Side
    limit: Exact

    @property
    def text(self) -> str:
        """The bound as policies write it, ``at least 0.80``."""
        return f"{self.side.replace('_', ' ')} {self.limit.text}"

    def meets(self, number: float) -> bool:
        """Tell whether a number lies on the right side; the limit itself does."""
        sign = compare(number, self.limit)
        return sign >= 0 if self.side == "at_least" else sign <= 0


def by_interval(estimate: Estimate, bound: Bound) -> Outcome:
    """Decide by the whole interval; an end that is missing cannot decide."""
    near, far = estimate.low, estimate.high
    if bound.side == "at_most":
        near, far = far, near
    if near is not None and bound.meets(near):
        return "passed"
    if far is not None and not bound.meets(far):
        return "failed"
    return "inconclusive"


def by_number(estimate: Estimate, bound: Bound, decide_on: DecideOn) -> Outcome:
    """Decide by the point, or by one end, alone; exact where the evidence holds the counts."""
    ends = {"point": estimate.value, "lower": estimate.low, "upper": estimate.high}
    number = ends[decide_on]
    if number is None:
        return "not-measured"
    share = exact_share(estimate) if decide_on == "point" else None
    if share is not None:
        return "passed" if _meets_exactly(share, bound) else "failed"
    return "passed" if bound.meets(number) else "failed"


def counts_disagree(estimate: Estimate) -> bool:
    """Tell whether the counts in the evidence give another share than the value."""
    share = exact_share(estimate)
    return (
        share is not None
        and estimate.value is not None
        and abs(float(share) - estimate.value) > 1e-9
    )


def at_level(estimate: Estimate, alpha: float, read: Read | None) -> Estimate | None:
    """Return the estimate with both ends at an alpha, or None when its evidence does not allow it."""
    if estimate.method == "exact" or (estimate.alpha_low == alpha == estimate.alpha_high):
        return estimate
    return moved(estimate, read, alpha_low=alpha, alpha_high=alpha)


def failing_end_at(
    estimate: Estimate, bound: Bound, alpha: float, read: Read | None
) -> Estimate | None:
    """Return the estimate with only its failing end at an alpha, or None; see ``at_level``."""
    end = "alpha_high" if bound.side == "at_least" else "alpha_low"
    if estimate.method == "exact" or getattr(estimate, end) == alpha:
        return estimate
    return moved(estimate, read, **{end: alpha})


def moved(estimate: Estimate, read: Read | None, **alphas: float) -> Estimate | None:
    """Re-estimate an interval from its evidence, or return None when that is not possible.

    Raises:
        IntegrityError: If stored evidence is not what the estimate says it is.
    """
    if estimate.evidence is None or (estimate.evidence.path is not None and read is None):
        return None
    # scipy stands behind this: imported only when an interval must move
    from harness.stats import reestimate

    try:
        return reestimate(estimate, read=read, **alphas)
    except IntegrityError:
        raise
    except AssayError:
        return None


def n_needed(estimate: Estimate, bound: Bound) -> int | None:
    """Return how many examples would decide an inconclusive finding, where that is known."""
    if estimate.value is None or estimate.evidence is None:
        return None
    from harness.stats import examples_needed

    try:
        return examples_needed(estimate, bound.limit.approx, direction=bound.side)
    except AssayError:
        return None  # the evidence does not hold what the method needs; verify says so


def _meets_exactly(share: Fraction, bound: Bound) -> bool:
    return share >= bound.limit.value if bound.side == "at_least" else share <= bound.limit.value
