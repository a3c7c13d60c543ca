"""How far attributions can be relied on, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attributions import LEAST_CHANGE, RELATIVE_GAP, STABLE_TOP
from harness.figures.explained import CrossCheck, Piece
from harness.records import Message

if TYPE_CHECKING:
    from harness.attributions import Attributions

TOP = 5
"""Strongest parts of each method that a cross-check compares."""

_SENTENCES = {
    "converged": (
        "The attributions miss {gap} of the {change} logits that they should add up to ({share} %)."
    ),
    "stable": (
        "The attributions miss {gap} of the {change} logits that they should add up to ({share} %), but the "
        "five strongest parts no longer change as more gradients are taken."
    ),
    "unconverged": (
        "After {n} gradients the attributions still miss {gap} of the {change} logits that they should "
        "add up to ({share} %), and the five strongest parts still change as more are taken: these numbers "
        "are not to be relied on."
    ),
    "incomplete": (
        "After {n} gradients the attributions still miss {gap} of the {change} logits that they should "
        "add up to ({share} %): these numbers are not to be relied on."
    ),
    "nothing-to-attribute": (
        "With every part taken away the lead changes by {change} logits, less than {least}: the model "
        "decides this way whatever stands there."
    ),
    "not-checked": "This method does not promise that its values add up to the lead.",
}


def because_of(found: Attributions, index: int) -> Message:
    """Return the status of one input as a sentence."""
    id = str(found.status[index])
    change = abs(float(found.whole[index] - found.blank[index]))
    gap = abs(float(found.gap[index]))
    if id == "converged" and gap > RELATIVE_GAP * change:
        id = "stable"
    elif id == "unconverged" and found.top_overlap[index] >= STABLE_TOP:
        id = "incomplete"
    shown: dict[str, Any] = {
        "change": round(change, 3),
        "gap": round(gap, 3),
        "share": round(100 * gap / change, 1) if change else 0.0,
        "least": LEAST_CHANGE,
        "n": int(found.n_gradients[index]),
    }
    return Message.of(f"explain.because-{id}", _SENTENCES[id], **shown)


def check_of(method: str, pieces: Sequence[Piece], *, is_signed: bool) -> CrossCheck | None:
    """Return how far the values of a second method tell the same; None without them.

    Args:
        method: The second method.
        pieces: The parts with both values.
        is_signed: Whether the first method says for and against.
    """
    if all(piece.checked is None for piece in pieces):
        return None
    values = np.array([piece.value for piece in pieces])
    others = np.array([piece.checked or 0.0 for piece in pieces])
    n_top = min(TOP, len(pieces))
    first, second = (
        set(np.argsort(-np.abs(each), kind="stable")[:n_top].tolist()) for each in (values, others)
    )
    shared = sorted(first & second)
    n_same = sum(bool(values[i] * others[i] > 0) for i in shared)
    return CrossCheck(method, n_top, len(shared), n_same if is_signed else None)
