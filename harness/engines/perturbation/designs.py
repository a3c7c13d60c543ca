"""How one row is perturbed, and how its answers become values: occlusion.

A design draws gaps for a row and turns f of the input with those gaps into one value for each unit
and the standard error of each value.

Legend of shapes: u units of the row, m gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Absent = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said about one row.

    Attributes:
        absent: Which units each gap takes away, shape [m, u].
        gapped: f with each gap, shape [m].
        whole: f without a gap.
        blank: f with every unit taken away.
    """

    absent: Absent
    gapped: Floats
    whole: float
    blank: float


class Design(Protocol):
    """One perturbation method: pure functions of numbers; no model is seen."""

    def draw(self, n: int, n_samples: int, rng: np.random.Generator) -> Absent:
        """Return the gaps to ask about, shape [m, u]; all units gone is added for complete methods.

        Args:
            n: u, >= 1.
            n_samples: The user's wish; 0 for the method's own default.
            rng: The row's own generator.
        """
        ...

    def solve(self, answered: Answered) -> tuple[Floats, Floats]:
        """Return values and their standard errors, shape [u] each."""
        ...


class Occlusion:
    """What f loses without each unit; exact, promises no completeness.

    Source: Zeiler & Fergus 2014, arXiv:1311.2901; Li et al. 2016, arXiv:1612.08220
    """

    def draw(self, n: int, n_samples: int, rng: np.random.Generator) -> Absent:
        """Return one gap for each unit, shape [u, u]; no sample is drawn."""
        return np.eye(n, dtype=np.bool_)

    def solve(self, answered: Answered) -> tuple[Floats, Floats]:
        """Return f(x) - f(x without the unit), and errors of 0."""
        values = answered.whole - answered.gapped
        return values, np.zeros_like(values)
