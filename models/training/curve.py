"""The curve of a training, and what it says about stopping, from the Trainer's history alone.

The history lies in every checkpoint, so a resumed training knows as much as an uninterrupted one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from models.training.score import LOSS

if TYPE_CHECKING:
    from harness.config.training import EarlyStoppingConfig

History = Sequence[dict[str, Any]]

_VALIDATION = {
    LOSS: "validation_loss",
    "eval_accuracy": "validation_accuracy",
    "eval_balanced_accuracy": "validation_balanced_accuracy",
}


def steps_of(history: History) -> list[dict[str, Any]]:
    """Return one entry per logged stretch of steps.

    Returns:
        ``step`` (its last), ``epoch``, ``train_loss`` (mean over its steps), ``learning_rate`` and
        ``gradient_norm`` (before clipping) of its last step; None for what was not finite.
    """
    return [
        {
            "step": int(entry["step"]),
            "epoch": entry["epoch"],
            "train_loss": _finite(entry["loss"]),
            "learning_rate": _finite(entry.get("learning_rate")),
            "gradient_norm": _finite(entry.get("grad_norm")),
        }
        for entry in history
        if "loss" in entry
    ]


def curve_of(history: History) -> list[dict[str, Any]]:
    """Return one entry per epoch: step, training loss and rate, and what validation said."""
    curve = []
    logged, before = steps_of(history), 0
    for entry in history:
        if LOSS not in entry:
            continue
        step = int(entry["step"])
        stretch = [one for one in logged if before < one["step"] <= step]
        row = {"step": step, "epoch": entry["epoch"], "train_loss": _mean(stretch, before)}
        if stretch:
            row |= {name: stretch[-1][name] for name in ("learning_rate", "gradient_norm")}
        curve.append(row | {new: entry[old] for old, new in _VALIDATION.items() if old in entry})
        before = step
    return curve


def early_stop(history: History, rule: EarlyStoppingConfig | None) -> dict[str, Any] | None:
    """Return why the training ends here, or None when it goes on.

    A loss counts as better when it is lower than every one before by more than ``min_difference``;
    ``patience`` evaluations in a row that are not better end the training.
    """
    if rule is None:
        return None
    best, n_waited, step = math.inf, 0, 0
    for entry in history:
        if LOSS in entry:
            loss, step = entry[LOSS], int(entry["step"])
            n_waited = 0 if best - loss > rule.min_difference else n_waited + 1
            best = min(best, loss)
    if n_waited < rule.patience:
        return None
    return {
        "step": step,
        "patience": rule.patience,
        "min_difference": rule.min_difference,
        "best_validation_loss": best,
        "because": f"validation loss was not lower by more than {rule.min_difference:g} for "
        f"{n_waited} epochs",
    }


def _mean(stretch: Sequence[dict[str, Any]], before: int) -> float | None:
    total = 0.0
    last = before
    for one in stretch:
        if one["train_loss"] is None:
            return None
        total += one["train_loss"] * (one["step"] - last)
        last = one["step"]
    return total / (last - before) if last > before else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
