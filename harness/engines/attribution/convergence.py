"""Whether attributions of a row add up to the change of the output, or at least rank alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.attributions import LEAST_CHANGE, RELATIVE_GAP, STABLE_TOP, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_TOP = 5


def judged(gap: float, change: float, *, is_stable: bool = False) -> Status:
    """Return the verdict of a row.

    Args:
        gap: Sum of the values minus the change.
        change: f(x) - f(baseline), in logits.
        is_stable: Whether the last two levels agree on what comes first.
    """
    if abs(change) < LEAST_CHANGE:
        return "nothing-to-attribute"
    return "converged" if abs(gap) <= RELATIVE_GAP * abs(change) or is_stable else "unconverged"


def top_overlap(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    content: NDArray[np.bool_],
    n_top: int = N_TOP,
) -> float:
    """Return the Jaccard overlap of the tokens with the largest values of two levels, 0 to 1.

    Args:
        one: Values, shape [t].
        other: Values of the level before, shape [t].
        content: Which tokens count, shape [t].
        n_top: How many of them are compared.
    """
    first, second = (
        set(np.argsort(-np.abs(values[content]), kind="stable")[:n_top].tolist())
        for values in (one, other)
    )
    return len(first & second) / len(first | second) if first else 1.0


def is_stable(overlap: float, n_content: int) -> bool:
    """Return whether the first tokens of two levels agree; of five or fewer all always do."""
    return n_content > N_TOP and overlap >= STABLE_TOP
