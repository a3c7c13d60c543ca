"""Limits as they were written: ``0.80`` is four fifths, not the nearest binary float."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from harness.yamlfile import Decimal64

_MAX_DIGITS = 40
_EXPONENT = re.compile(r"[eE]([-+]?[0-9]+)")
_MAX_EXPONENT = 400
FRACTION = r"(-?[0-9]{1,18})/([1-9][0-9]{0,17})"
"""How a fraction is written."""
_FRACTION = re.compile(FRACTION)


@dataclass(frozen=True, slots=True)
class Exact:
    """A number with its own text.

    Attributes:
        text: As the file writes it.
        value: The same number, exactly.
        approx: The nearest float.
    """

    text: str
    value: Fraction
    approx: float


def exact(raw: object) -> Exact:
    """Read a number from a parsed file; ``4/5`` is one, exactly.

    Raises:
        ValueError: If it is no number, not finite, or too long to be meant.
    """
    if isinstance(raw, str) and (parts := _FRACTION.fullmatch(raw)):
        fraction = Fraction(int(parts[1]), int(parts[2]))
        return Exact(text=raw, value=fraction, approx=float(fraction))
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError(f"must be a number, got {raw!r}")
    if isinstance(raw, float) and not math.isfinite(raw):
        raise ValueError(f"must be a finite number, got {_text(raw)}")
    text = _text(raw)
    exponent = _EXPONENT.search(text)
    # an exponent of a million would make an exact fraction of a million digits
    if len(text) > _MAX_DIGITS or (exponent and abs(int(exponent[1])) > _MAX_EXPONENT):
        raise ValueError(
            f"must be a number of at most {_MAX_DIGITS} characters, got {text[:20]!r}..."
        )
    value = Fraction(text)
    return Exact(text=text, value=value, approx=float(value))


def is_fraction(raw: object) -> bool:
    """Tell whether a word of a file is a fraction such as ``4/5``."""
    return isinstance(raw, str) and _FRACTION.fullmatch(raw) is not None


def compare(number: float, limit: Exact) -> int:
    """Return -1, 0 or 1: a float, read as its shortest decimal, against an exact limit.

    Rounding to floats is monotone, so two different floats decide; only equal ones need the exact
    fractions.
    """
    if number != limit.approx:
        return -1 if number < limit.approx else 1
    exact_number = Fraction(repr(float(number)))
    return (exact_number > limit.value) - (exact_number < limit.value)


def _text(raw: int | float) -> str:
    return raw.text if isinstance(raw, Decimal64) else repr(raw)
