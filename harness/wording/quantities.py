"""How every export writes a number: with its unit, and with no more digits than its interval bears.

Shares print as per cent and differences as percentage points with one decimal at most, counts with
thousands separators, everything else with three significant digits. The half width of the interval
decides how many of them are shown: two significant digits of uncertainty are enough (GUM, JCGM
100:2008, 7.2.6). Digits are added only where rounding would move a number onto, or across, its
limit, or a share onto 0 or 100 %: what is printed must not contradict the outcome beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.records import Estimate, Finding, Message
from harness.wording.language import kept_in_english, phrase
from harness.wording.messages import plural, t
from harness.wording.text import one_line

FEW, HIDDEN = "export.fewer-than", "export.not-shown"
"""Ids of the sentences that stand for a withheld number: of a small cell, and of one that would tell it."""

_HUNDREDTHS = {"share": "number.per-cent", "difference": "number.pp"}
_BARE = frozenset({"", "ratio", "count", "correlation", "probability"})
_EXTRA_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is printed.

    Attributes:
        value: With its unit, e.g. ``14.3 %``; words where there is none. Never empty.
        interval: ``[13.1, 15.5]``, in the unit of the value; ``""`` without any bound.
        low, high: The ends alone, without brackets and unit; ``""`` without a bound.
    """

    value: str
    interval: str
    low: str
    high: str

    @property
    def text(self) -> str:
        """Value and interval on one line."""
        return f"{self.value} {self.interval}".rstrip()


def of_estimate(estimate: Estimate, limit: float | None = None) -> Quantity:
    """Write an estimate; ``limit`` is the bound that it was held against, where there was one."""
    if withheld := _withheld(estimate.why_undefined):
        return Quantity(withheld, "", "", "")
    ends = (estimate.value, estimate.low, estimate.high)
    return _quantity(ends, estimate.unit, limit)


def of_finding(finding: Finding) -> Quantity:
    """Write the number that a finding judged."""
    if withheld := _withheld(finding.because):
        return Quantity(withheld, "", "", "")
    ends = (finding.value, finding.low, finding.high)
    if finding.outcome == "not-applicable" and ends == (None, None, None):
        return Quantity(t("number.not-applicable"), "", "", "")
    if finding.is_of_evidence and ends == (None, None, None):
        id = "number.signed" if finding.outcome == "passed" else "number.not-signed"
        return Quantity(t(id), "", "", "")
    return _quantity(ends, finding.unit, finding.limit_value)


def n_of(one: Estimate | Finding) -> str:
    """Return on how many units a number rests, in words where that is not shown."""
    because = one.because if isinstance(one, Finding) else one.why_undefined
    if isinstance(one, Finding) and one.is_of_evidence and one.n is None:
        return t("number.not-applicable")
    return _withheld(because) or count(one.n)


def is_withheld(estimate: Estimate) -> bool:
    """Return whether the figures of an estimate are not shown."""
    return bool(_withheld(estimate.why_undefined))


def count(n: int | None) -> str:
    """Return a count with thousands separators; words where there is none."""
    return t("number.not-measured") if n is None else f"{n:,}"


@kept_in_english
def plain(number: float, unit: str) -> str:
    """Return a number that is exact by definition (a limit, a tick), as short as it goes."""
    if not math.isfinite(number):
        return _not_finite(number)
    return _with_unit(_shortest(_scaled(number, unit)), unit)


def tick_words(number: float, unit: str) -> str:
    """Return a number under an axis, where there is no room for a long unit."""
    if unit != "difference" or not math.isfinite(number):
        return plain(number, unit)
    return f"{_shortest(_scaled(number, unit))} {t('number.pp-short')}"


def signed(x: float) -> str:
    """Return a number of logits with its sign and two decimals: ``+1.23``, ``−0.40``, ``0.00``."""
    text = f"{x:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", "\u2212")


def quantity_of(number: float, unit: str, limit: float | None = None) -> str:
    """Return a number without an interval beside it, as of a group that a sentence names."""
    return _quantity((number, None, None), unit, limit).value


def limit_words(finding: Finding) -> str:
    """Return the limit in the unit of the value: the policy's ``at most 0.10`` as ``at most 10 %``."""
    words, _, last = finding.limit.rpartition(" ")
    try:
        is_bound = finding.limit_value is not None and float(last) == finding.limit_value
    except ValueError:
        is_bound = False
    if not is_bound or finding.limit_value is None or finding.unit not in _HUNDREDTHS:
        return one_line(phrase(finding.limit))
    # a share is still the unit of a drop that nothing was compared for; its limit is one of a difference
    unit = "difference" if words == "drop at most" and finding.unit == "share" else finding.unit
    return one_line(phrase(f"{words} {plain(finding.limit_value, unit)}".strip()))


@kept_in_english
def level_words(alpha_low: float | None, alpha_high: float | None) -> str:
    """Return the level of an interval, e.g. ``one-sided 95 % each end``; empty without one."""
    if alpha_low is None or alpha_high is None:
        return ""
    low, high = (f"{100 * (1 - alpha):.4g} %" for alpha in (alpha_low, alpha_high))
    if low == high:
        return t("level.both", level=low)
    return t("level.each", low=low, high=high)


def per_100(value: float) -> str:
    """Return how many in a hundred: whole, but never 0 or 100 unless it is exactly that."""
    share = 100 * value
    if not math.isfinite(share):
        return _not_finite(share)
    if 0 < abs(share) < 0.5:
        return f"{share:.1g}"
    return f"{share:.{_near_hundred(share)}f}"


def duration(seconds: float) -> str:
    """Return a time: ``0.4 s``, ``42 s``, ``3 min 20 s``, ``2 h 05 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def n_words(n: int | None) -> str:
    """Return ``1,234 examples``."""
    return t("number.not-measured") if n is None else plural("number.examples", n, count=count(n))


def _withheld(because: Message | None) -> str:
    """Return the words in place of a number that is not shown; nothing where it is."""
    if because is None or because.id not in (FEW, HIDDEN):
        return ""
    return t("number.fewer-than" if because.id == FEW else "number.withheld", k=because.params["k"])


@kept_in_english
def _quantity(
    ends: tuple[float | None, float | None, float | None], unit: str, limit: float | None
) -> Quantity:
    known = [x for x in ends if x is not None and math.isfinite(x)]
    digits = _digits(ends, known, unit, limit)
    value, low, high = (_number(x, unit, digits) for x in ends)
    return Quantity(_value_words(ends, value, unit), _brackets(low, high), low, high)


def _value_words(
    ends: tuple[float | None, float | None, float | None], value: str, unit: str
) -> str:
    if ends[0] is not None:
        return _with_unit(value, unit) if math.isfinite(ends[0]) else value
    has_bound = ends[1] is not None or ends[2] is not None
    if not has_bound:
        return t("number.not-measured")
    return t("number.no-value", unit=_hundredth(unit)).strip()


def _brackets(low: str, high: str) -> str:
    if not low and not high:
        return ""
    return f"[{low or t('number.no-low')}, {high or t('number.no-high')}]"


def _number(x: float | None, unit: str, digits: int) -> str:
    if x is None:
        return ""
    if not math.isfinite(x):
        return _not_finite(x)
    return _fixed(_scaled(x, unit), digits)


def _fixed(x: float, digits: int) -> str:
    if x != 0 and abs(x) < 1e-5:
        return f"{x:.2e}"
    text = f"{x:,.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def _shortest(x: float) -> str:
    text = f"{x:,.9f}".rstrip("0").rstrip(".")
    return text if text not in ("0", "-0") or x == 0 else f"{x:.2e}"


def _scaled(x: float, unit: str) -> float:
    return 100 * x if unit in _HUNDREDTHS else x


def _with_unit(number: str, unit: str) -> str:
    if unit in _BARE:
        return number
    return f"{number} {_hundredth(unit) or one_line(phrase(unit), 40)}"


def _hundredth(unit: str) -> str:
    return t(_HUNDREDTHS[unit]) if unit in _HUNDREDTHS else ""


def _not_finite(x: float) -> str:
    return t("number.nan") if math.isnan(x) else t("number.infinite")


def _digits(
    ends: tuple[float | None, float | None, float | None],
    known: list[float],
    unit: str,
    limit: float | None,
) -> int:
    if not known:
        return 0
    scaled = [_scaled(x, unit) for x in known]
    digits = min(_usual_digits(scaled, unit), _borne_digits(ends[1], ends[2], unit))
    marks = [0.0, 1.0] if unit == "share" else []
    if limit is not None and math.isfinite(limit):
        marks.append(limit)
    most = max(digits, 1) + _EXTRA_DIGITS
    while digits < most and _contradicts(known, marks, unit, digits):
        digits += 1
    return digits


def _usual_digits(scaled: list[float], unit: str) -> int:
    if unit in _HUNDREDTHS:
        return 1
    if unit == "count" and all(x == int(x) for x in scaled):
        return 0
    largest = max(abs(x) for x in scaled)
    return 0 if largest == 0 else min(8, max(0, 2 - math.floor(math.log10(largest))))


def _borne_digits(low: float | None, high: float | None, unit: str) -> int:
    if low is None or high is None or not math.isfinite(high - low) or high <= low:
        return 8
    half = _scaled(high - low, unit) / 2
    if half == 0.0:  # a p-value near the smallest number that there is
        return 8
    return max(0, 1 - math.floor(math.log10(half)))


def _contradicts(known: Iterable[float], marks: list[float], unit: str, digits: int) -> bool:
    """Tell whether rounding moves a number onto a mark or across it."""
    for x in known:
        printed = round(_scaled(x, unit), digits)
        for mark in marks:
            apart = x - mark
            shown_apart = printed - _scaled(mark, unit)
            if abs(apart) > 1e-9 and apart * shown_apart <= 1e-12 * abs(apart):
                return True
    return False


def _near_hundred(share: float) -> int:
    if not 99 < share < 100:
        return 0
    return next((d for d in range(1, 6) if round(share, d) < 100), 6)
