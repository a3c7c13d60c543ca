"""Method ``group-dro``: the loss of the worst cell counts most, step after step.

After each batch the weight of a cell grows with its loss: q <- q exp(eta loss), normalised; the loss of a
step is the sum of q times the loss of each cell. A large network makes every training loss zero, and
then nothing is left to weigh: weight decay and early stopping belong to the method.

Legend of shapes: k cells (group, label), b batch.

Source: Sagawa et al. 2020, arXiv:1911.08731, algorithm 1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.files import digest_of

LEAST_DECAY = 0.1
"""Weight decay where the run has less and nobody asks for another."""

PATIENCE = 2
"""Epochs without a better validation loss, where the run does not stop early by itself."""


class GroupDro:
    """Group-distributionally robust loss; ``values["cell"]`` holds the cell of each row, 0 to k - 1.

    It remembers the weights of the cells, so one object serves one training from its beginning.

    Args:
        k: Cells.
        eta: Step of the weights, >= 0; 0 leaves all cells alike.

    Attributes:
        q: Weights of the cells, shape [k], sum 1; None before the first step.
    """

    name = "group-dro"

    def __init__(self, k: int, eta: float) -> None:
        self.k = k
        self.eta = eta
        self.q: Any = None

    @property
    def digest(self) -> str:
        """Over the number of cells and eta."""
        return digest_of([self.name, 1, self.k, self.eta])

    def __call__(self, logits: Any, label: Any, rows: Any, values: Mapping[str, Any]) -> Any:
        """Return the weighted loss and move the weights; cells that are not in the batch add nothing."""
        import torch

        each = torch.nn.functional.cross_entropy(logits, label, reduction="none")
        cell = values["cell"].to(each.device)
        counts = torch.zeros(self.k, device=each.device).index_add_(0, cell, torch.ones_like(each))
        total = torch.zeros(self.k, device=each.device).index_add(0, cell, each)
        loss = total / counts.clamp(min=1)
        if self.q is None:
            self.q = torch.full((self.k,), 1 / self.k, device=each.device)
        grown = self.q * torch.exp(self.eta * loss.detach())
        self.q = grown / grown.sum()
        return (self.q * loss).sum()
