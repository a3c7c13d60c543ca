"""How findings say numbers: shares as per cent, always precise enough to tell them from the limit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from harness.policy import Exact
from harness.records import ALL, Estimate, slice_columns

_PER_CENT = {"share": " %", "difference": " percentage points"}
_MAX_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """The numbers of one finding as words."""

    value: str
    low: str
    high: str
    limit: str
    decimals: int


def shown(estimate: Estimate, limit: Exact) -> Shown:
    """Return the numbers of an estimate and its limit as a reader sees them."""
    ends = [x for x in (estimate.value, estimate.low, estimate.high) if x is not None]
    unit = estimate.unit
    decimals = _decimals(ends, limit, unit)
    return Shown(
        value=number(estimate.value, unit, decimals),
        low=number(estimate.low, unit, decimals),
        high=number(estimate.high, unit, decimals),
        limit=_exactly(limit, unit),
        decimals=decimals,
    )


def number(value: float | None, unit: str, decimals: int) -> str:
    """Return ``9.6 %`` for a share of 0.096, ``-1.2 percentage points`` for a difference."""
    if value is None:
        return "no bound"
    if unit in _PER_CENT:
        return f"{100 * value:.{decimals}f}{_PER_CENT[unit]}"
    return f"{value:.{decimals + 2}f}"


def where(dataset: str, slice_text: str) -> str:
    """Return ``data set test`` or ``data set test, slice region=north``, values as people write them."""
    return f"data set {dataset}" + (
        "" if slice_text == ALL else f", slice {readable_slice(slice_text)}"
    )


def readable_slice(slice_text: str) -> str:
    """Return ``region=north``, with values as people write them; ``*`` is the column as a whole."""
    try:
        columns = slice_columns(slice_text)
    except ValueError:  # a damaged bundle may hold anything; it is shown as it is
        return slice_text
    return ", ".join(
        f"{column}={'(all groups)' if value == '*' else value}" for column, value in columns.items()
    )


def level(alpha: float) -> str:
    """Return the one-sided level of an end as per cent, ``95 %``."""
    return f"{100 * (1 - alpha):.4g} %"


def count(n: int, one: str, many: str = "") -> str:
    """Return ``1 rule`` or ``2 rules``."""
    return f"{n} {one if n == 1 else many or one + 's'}"


def _decimals(ends: list[float], limit: Exact, unit: str) -> int:
    """Return the fewest decimals, from one, at which no end looks like the limit without being it."""
    others = [end for end in ends if end != limit.approx]
    for decimals in range(1, _MAX_DECIMALS):
        written = number(limit.approx, unit, decimals)
        if all(number(end, unit, decimals) != written for end in others):
            return decimals
    return _MAX_DECIMALS


def _exactly(limit: Exact, unit: str) -> str:
    if unit not in _PER_CENT:
        return limit.text
    per_cent = Fraction(100) * limit.value
    text = f"{float(per_cent):.10f}".rstrip("0").rstrip(".")
    return f"{text}{_PER_CENT[unit]}"
