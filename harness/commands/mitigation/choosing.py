"""Which candidate is taken: the smallest worst difference on validation that does not cost too much.

A difference alone would choose whoever decides the same for everybody. So a candidate must keep the
balanced accuracy of the run's own model on validation, but for ``Aim.max_loss``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.commands.mitigation.teaching import balanced_accuracy, difference_on

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import Aim, IntArray


@dataclass(frozen=True, slots=True)
class Scored:
    """How a candidate does on validation.

    Attributes:
        name: What it is, for people.
        difference: Worst difference of the constraint's rate; None where it cannot be said.
        balanced_accuracy: Mean share of right decisions over classes.
    """

    name: str
    difference: float | None
    balanced_accuracy: float


def scored(
    name: str,
    aim: Aim,
    groups: Mapping[str, NDArray[np.bool_]],
    decision: IntArray,
    label: IntArray,
) -> Scored:
    """Return how decisions on validation rows do."""
    return Scored(
        name, difference_on(aim, groups, decision, label), balanced_accuracy(decision, label)
    )


def best(before: Scored, candidates: Sequence[Scored], *, max_loss: float) -> int:
    """Return the position of the candidate that is taken.

    Among those within ``max_loss`` of the run's own balanced accuracy, the smallest difference; the
    higher balanced accuracy where differences are equal, then the earlier. Where none is within it,
    the one with the highest balanced accuracy.
    """
    order = range(len(candidates))
    kept = [
        i
        for i in order
        if candidates[i].balanced_accuracy >= before.balanced_accuracy - max_loss - 1e-12
        and candidates[i].difference is not None
    ]
    if not kept:
        return max(order, key=lambda i: (candidates[i].balanced_accuracy, -i))
    return min(kept, key=lambda i: (candidates[i].difference, -candidates[i].balanced_accuracy, i))
