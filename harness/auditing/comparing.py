"""What a measure compares, so that a plan can say before a run whether the data suffices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.stats import Rate
    from harness.stats.power import Kind


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of the rates of groups.

    Attributes:
        rates: Rates that are compared; the worst of several counts.
        kind: Largest difference, or smallest ratio.
    """

    rates: tuple[Rate, ...]
    kind: Kind
