"""How often each class was decided where another one was right: rows of sealed predictions, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.predictions import Predictions


def confusion_counts(predictions: Predictions, n_classes: int) -> list[list[int]] | None:
    """Return counts, shape [c, c]: label down, decision across.

    Args:
        predictions: Of one data set.
        n_classes: Number of classes, c.

    Undefined when: no row has a label; then None.
    """
    if predictions.label is None:
        return None
    # numpy is needed from here on, and only here
    import numpy as np

    label, decision = predictions.label, predictions.decision
    known = (label >= 0) & (decision >= 0) & (label < n_classes) & (decision < n_classes)
    if not known.any():
        return None
    at = label[known] * n_classes + decision[known]
    counts = np.bincount(at, minlength=n_classes**2).reshape(n_classes, n_classes)
    return [[int(n) for n in row] for row in counts]
