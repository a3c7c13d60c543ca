"""What an attribution explains: which class leads at x, over which one, and by how much.

Legend of shapes: k rows, m inputs, c classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

Target = Literal["lead", "logit"]


def explained_classes(
    logits: NDArray[np.floating[Any]], target: Target = "lead"
) -> tuple[Ints, Ints]:
    """Return the decided class and its runner-up for each row, shape [k] each.

    Of equal logits the lower class comes first. For target ``logit``, and where there is one class
    only, the runner-up is the decided class itself.

    Args:
        logits: Of the whole inputs, shape [k, c].
        target: ``lead`` or ``logit``.
    """
    wide = np.array(logits, dtype=np.float64)
    decided = np.argmax(wide, axis=1).astype(np.int64)
    if target == "logit" or wide.shape[1] < 2:
        return decided, decided.copy()
    wide[np.arange(len(wide)), decided] = -np.inf
    return decided, np.argmax(wide, axis=1).astype(np.int64)


def leads(
    logits: NDArray[np.floating[Any]], target: Ints | int, runner_up: Ints | int
) -> NDArray[np.float64]:
    """Return f of m inputs, shape [m], in logits: target minus runner-up, or the target alone.

    Args:
        logits: Shape [m, c].
        target: Class that is explained, one for all or shape [m].
        runner_up: Class that it leads over; equal to the target for its logit alone.
    """
    wide = np.asarray(logits, dtype=np.float64)
    index = np.arange(len(wide))
    own, other = np.broadcast_to(target, len(wide)), np.broadcast_to(runner_up, len(wide))
    found: NDArray[np.float64] = wide[index, own] - np.where(own == other, 0.0, wide[index, other])
    return found
