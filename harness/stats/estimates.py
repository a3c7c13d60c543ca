"""What every estimate is put together from: error rates, ends, and the reasons for having no value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import ContractError, must, raise_all
from harness.records import Estimate, Evidence, Message

Ends = tuple[float | None, float | None]
"""Low and high end of an interval; None where there is no bound."""

Keep = Callable[[NDArray[np.float64], Mapping[str, Any]], Evidence]
"""Stores replicates, shape [r], beside constants; ``AuditContext.keep`` is one."""

Numbers = Mapping[str, Any]
"""Counts and constants of an evidence, by name."""


@dataclass(frozen=True, slots=True)
class Alphas:
    """One-sided error of each end.

    Raises:
        ContractError: If one of them does not lie between 0 and 0.5.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        ends = (("alpha_low", self.low), ("alpha_high", self.high))
        raise_all(
            ContractError,
            [
                must(name, "lie between 0 and 0.5", alpha)
                for name, alpha in ends
                if not 0 < alpha < 0.5
            ],
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """What stays of an estimate when its ends move.

    Attributes:
        n, unit, method, evidence: As in ``Estimate``.
        range_low, range_high: Ends of what is possible; None where there is no end.
    """

    n: int
    unit: str
    method: str
    evidence: Evidence | None
    range_low: float | None = None
    range_high: float | None = None


def exact(value: float, *, n: int, unit: str) -> Estimate:
    """Return a value that has no uncertainty: a count, or a baseline computed from constants.

    Undefined when: the value is not finite.
    """
    number = float(value)
    if not math.isfinite(number):
        return undefined(not_finite(1, of=1), unit=unit, n=n)
    return Estimate(
        value=number,
        low=number,
        high=number,
        n=n,
        unit=unit,
        method="exact",
        evidence=Evidence(values={"value": number}),
    )


def counted_share(count: int, total: int, *, unit: str = "share") -> Estimate:
    """Return the share of the rows at hand that have a property: a fact about them, hence exact.

    Undefined when: total == 0.
    Blind to: other rows; where these stand for a population, ``wilson`` says how well.
    """
    if total == 0:
        return undefined(no_examples(), unit=unit)
    found = exact(count / total, n=total, unit=unit)
    values = {"value": count / total, "successes": int(count), "trials": int(total)}
    return replace(found, evidence=Evidence(values=dict(values)))


def undefined(
    why: Message,
    *,
    unit: str,
    n: int = 0,
    method: str = "none",
    low: float | None = None,
    high: float | None = None,
) -> Estimate:
    """Return an estimate without a value.

    With a bound its findings are inconclusive or decided by the bound; without any they are
    not-measured.
    """
    return Estimate(
        value=None, low=low, high=high, n=n, unit=unit, method=method, why_undefined=why
    )


def assemble(value: float, ends: Ends, alphas: Alphas, *, frame: Frame) -> Estimate:
    """Put value and ends together so that the contract of an estimate holds.

    Ends are moved outward where they would leave the value outside or meet each other. An end that
    nothing bounds takes the value with it: a value is only shown between two ends.
    """
    low, high = ends
    low = None if low is None else min(low, value)
    high = None if high is None else max(high, value)
    why = None
    if low is None or high is None:
        why = unbounded("low" if low is None else "high")
    elif low == high and frame.method != "exact":
        low, high = _apart(low, high, frame)
    return Estimate(
        value=None if why else value,
        low=low,
        high=high,
        n=frame.n,
        unit=frame.unit,
        method=frame.method,
        alpha_low=alphas.low,
        alpha_high=alphas.high,
        evidence=frame.evidence,
        why_undefined=why,
    )


def _apart(low: float, high: float, frame: Frame) -> tuple[float, float]:
    # only rounding brings the ends of a true interval together: one step outward separates them
    if frame.range_low is None or low > frame.range_low:
        low = math.nextafter(low, -math.inf)
    if frame.range_high is None or high < frame.range_high:
        high = math.nextafter(high, math.inf)
    return low, high


def no_examples() -> Message:
    """Say that there was nothing to count."""
    return Message.of("stats.no-examples", "There are no examples to estimate this from.")


def not_finite(count: int, *, of: int) -> Message:
    """Say that some numbers are infinite or not numbers."""
    return Message.of(
        "stats.not-finite", "{count} of {of} values are not finite numbers.", count=count, of=of
    )


def unbounded(end: str) -> Message:
    """Say that one end of the interval cannot be bounded."""
    return Message.of(
        "stats.unbounded",
        "Too few examples or replicates to bound the {end} end at this error rate, and the quantity has no "
        "{end} limit.",
        end=end,
    )
