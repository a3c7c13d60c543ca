"""What a language model's training minimises: the mean over the scored tokens, or over the texts.

The mean runs over all tokens (or texts) of a step, on whatever passes and processes they lie.

Legend of shapes: b batch, t tokens, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.training.lesson import WEIGHT
from models.training.score import LOSS


class TokenLoss:
    """Sum of the weighted losses of tokens over the total weight of a step.

    Args:
        smoothing: Share of the target that is spread evenly on all tokens.
    """

    is_scaled = True

    def __init__(self, smoothing: float = 0.0) -> None:
        self._smoothing = smoothing

    def total(self, batches: Sequence[Mapping[str, Any]]) -> Any:
        """Return the total weight of the targets of one step, a scalar tensor."""
        return sum(batch[WEIGHT].sum() for batch in batches)

    def __call__(self, logits: Any, inputs: dict[str, Any], total: Any) -> Any:
        """Return the part of the weighted mean that lies in this pass; total None: its own mean."""
        weight = inputs[WEIGHT]
        losses = token_losses(logits, inputs["labels"], self._smoothing)
        return (losses * weight).sum() / (weight.sum() if total is None else total)


def token_losses(logits: Any, labels: Any, smoothing: float = 0.0) -> Any:
    """Return the loss of each token in nats, shape [b, t]; 0 where none is scored.

    Args:
        logits: Shape [b, t, v].
        labels: The token that should follow, shape [b, t]; -100 where none is scored.
        smoothing: Share of the target that is spread evenly on all tokens.
    """
    import torch

    return torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]).float(),
        labels.reshape(-1),
        ignore_index=-100,
        label_smoothing=smoothing,
        reduction="none",
    ).view(labels.shape)


def sums_of(logits: Any, labels: Any) -> Any:
    """Return the summed loss of each row and its number of scored tokens, shape [b, 2]."""
    import torch

    losses = token_losses(logits, labels)
    kind = torch.float32 if losses.device.type == "mps" else torch.float64
    return torch.stack([losses.to(kind).sum(1), (labels != -100).to(kind).sum(1)], 1)


def nats_per_token(answers: Any) -> dict[str, float]:
    """Return the mean loss of all scored tokens, from the sums of the rows, shape [n, 2]."""
    sums = np.asarray(answers.predictions, dtype=np.float64).sum(0)
    return {LOSS.removeprefix("eval_"): float(sums[0] / sums[1])}
