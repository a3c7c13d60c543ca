"""Figures on the validation rows, in float64 and independent of batches."""

from __future__ import annotations

from typing import Any

import numpy as np

LOSS = "eval_cross_entropy_nats"
"""Name under which the Trainer knows the figure that chooses the checkpoint."""


def scores_of(answers: Any) -> dict[str, float]:
    """Return mean cross entropy, accuracy and balanced accuracy of logits [n, c] and labels [n]."""
    logits = np.asarray(answers.predictions, dtype=np.float64)
    label = np.asarray(answers.label_ids)
    with np.errstate(invalid="ignore"):  # what is not finite is refused by who asked
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    is_right = logits.argmax(axis=1) == label
    recalls = [is_right[label == one].mean() for one in np.unique(label)]
    return {
        LOSS.removeprefix("eval_"): -float(log_scores[np.arange(len(label)), label].mean()),
        "accuracy": float(is_right.mean()),
        "balanced_accuracy": float(np.mean(recalls)),
    }
