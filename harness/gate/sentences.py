"""How findings say numbers: shares as per cent, always precise enough to tell them from the limit."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from harness.policy import Exact
from harness.records import ALL, Estimate, slice_columns

_PER_CENT = {"share": " %", "difference": " percentage points"}
_MAX_DECIMALS = 6


class Shown(NamedTuple):
    """The numbers of one finding as words."""

    value: str
    low: str
    high: str
    limit: str
    decimals: int


def shown(estimate: Estimate, limit: Exact) -> Shown:
    """Return the numbers of an estimate and its limit as a reader sees them.

    With the fewest decimals, from one, at which no end looks like the limit without being it.
    """
    value, low, high, unit = estimate.value, estimate.low, estimate.high, estimate.unit
    approx = limit.approx
    for decimals in range(1, _MAX_DECIMALS + 1):
        written = _limit_number(approx, unit, decimals)
        texts = (
            number(value, unit, decimals),
            number(low, unit, decimals),
            number(high, unit, decimals),
        )
        if written not in texts or decimals == _MAX_DECIMALS:
            break
        alike = [
            end for end, text in zip((value, low, high), texts, strict=True) if text == written
        ]
        if all(end == approx for end in alike):
            break
    return Shown(*texts, limit=_exactly(limit.text, unit), decimals=decimals)


def number(value: float | None, unit: str, decimals: int) -> str:
    """Return ``9.6 %`` for a share of 0.096, ``-1.2 percentage points`` for a difference."""
    if value is None:
        return "no bound"
    if unit in _PER_CENT:
        if decimals == 1:  # nearly always, and written twice as fast
            return f"{100 * value:.1f}{_PER_CENT[unit]}"
        return f"{100 * value:.{decimals}f}{_PER_CENT[unit]}"
    return f"{value:.{decimals + 2}f}"


@lru_cache(maxsize=4096)
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


@lru_cache(maxsize=256)
def level(alpha: float) -> str:
    """Return the one-sided level of an end as per cent, ``95 %``."""
    return f"{100 * (1 - alpha):.4g} %"


def count(n: int, one: str, many: str = "") -> str:
    """Return ``1 rule`` or ``2 rules``."""
    return f"{n} {one if n == 1 else many or one + 's'}"


@lru_cache(maxsize=1024)
def _limit_number(approx: float, unit: str, decimals: int) -> str:
    return number(approx, unit, decimals)


@lru_cache(maxsize=1024)
def _exactly(text: str, unit: str) -> str:
    if unit not in _PER_CENT:
        return text
    per_cent = Fraction(100) * Fraction(text)
    written = f"{float(per_cent):.10f}".rstrip("0").rstrip(".")
    return f"{written}{_PER_CENT[unit]}"
