"""Axes that hold zero and every interval: no automatic range can make a difference look larger."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.records import Estimate

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_WHOLE_FROM = 0.6


@dataclass(frozen=True, slots=True)
class Axis:
    """What the width of a plot stands for; zero always lies on it.

    Attributes:
        low, high: Ends, in the unit.
        unit: Unit of the values.
    """

    low: float
    high: float
    unit: str

    def at(self, value: float) -> str:
        """Return the place of a value as per cent of the width."""
        return f"{100 * self.share(value):.2f}%"

    def anchor(self, value: float) -> str:
        """Return how a label hangs at a value so that it stays inside the width."""
        share = self.share(value)
        return "start" if share < 0.15 else "end" if share > 0.85 else "middle"

    def share(self, value: float) -> float:
        """Return the place of a value as a share of the width, from 0 to 1."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    @property
    def ticks(self) -> tuple[float, float, float]:
        """Both ends, and zero or the middle between them."""
        return (self.low, 0.0 if self.low < 0 else self.high / 2, self.high)


def axis_for(estimates: Iterable[Estimate], limits: Iterable[float], unit: str) -> Axis | None:
    """Return an axis that holds zero, every interval and every limit; None with nothing to draw."""
    drawn = [e for e in estimates if is_drawn(e)]
    if not drawn:
        return None
    places = [x for e in drawn for x in (e.low, e.high, e.value) if x is not None]
    places += [x for x in limits if math.isfinite(x)]
    low, high = min(0.0, *places), max(0.0, *places)
    if unit == "share":
        return Axis(0.0, 1.0 if high > _WHOLE_FROM else max(0.01, _round_up(high)), unit)
    high = _round_up(high) if high > 0 else 0.0
    low = -_round_up(-low) if low < 0 else 0.0
    return Axis(low, high if high > low else low + 1.0, unit)


def is_drawn(estimate: Estimate) -> bool:
    """Tell whether an estimate has a whole, finite interval."""
    ends = (estimate.low, estimate.high)
    return all(x is not None and math.isfinite(x) for x in ends)


def _round_up(x: float) -> float:
    if x <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(x))
    return next((s * power for s in _STEPS if s * power >= x * (1 - 1e-9)), 10 * power)
