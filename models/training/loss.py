"""What a step minimises: weighted cross entropy, or the caller's objective.

The weighted mean runs over all rows of a step, on whatever passes and processes they lie: two
passes of 8 rows, two processes with 8 rows and one pass of 16 rows give the same step.

Legend of shapes: n examples, c classes, b batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError
from models.training.collate import ROWS, VALUE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.config import TrainConfig
    from harness.modelling import Objective


def weights_of_classes(
    options: TrainConfig, label: NDArray[np.int64], classes: Sequence[str]
) -> tuple[float, ...] | None:
    """Return what an error on each class costs, or None when all cost the same.

    Args:
        options: ``class_weights`` of it.
        label: Labels of the training rows, shape [n]; never those of other rows.
        classes: Classes of the task, c of them.

    Returns:
        Weights, c of them. ``balanced`` is n / (c * n of the class), as in scikit-learn; a class
        without a row weighs 1.
    """
    wanted = options.class_weights
    if wanted is None:
        return None
    if isinstance(wanted, dict):
        return tuple(float(wanted.get(name, 1.0)) for name in classes)
    counts = np.bincount(label, minlength=len(classes))
    return tuple(len(label) / (len(classes) * int(count)) if count else 1.0 for count in counts)


class CrossEntropy:
    """Sum of weighted losses over the total weight of a step.

    Args:
        weights: One for each class, or None.
        smoothing: Share of the target that is spread evenly on all classes.
    """

    is_scaled = True

    def __init__(self, weights: Sequence[float] | None, smoothing: float) -> None:
        self._weights = weights
        self._smoothing = smoothing
        self._tensor: Any = None

    def total(self, batches: Sequence[Mapping[str, Any]]) -> Any:
        """Return the total weight of the rows of one step, a scalar tensor."""
        labels = [batch["labels"] for batch in batches]
        if self._weights is None:
            import torch

            return torch.tensor(float(sum(len(one) for one in labels)), device=labels[0].device)
        weight = self._on(labels[0].device)
        return sum(weight[one].sum() for one in labels)

    def __call__(self, logits: Any, inputs: dict[str, Any], total: Any) -> Any:
        """Return the part of the weighted mean that lies in this pass; total None: its own mean."""
        import torch

        label = inputs["labels"]
        weight = None if self._weights is None else self._on(logits.device)
        return torch.nn.functional.cross_entropy(
            logits.float(),
            label,
            weight=weight,
            label_smoothing=self._smoothing,
            reduction="mean" if total is None else "sum",
        ) / (1.0 if total is None else total)

    def _on(self, device: Any) -> Any:
        if self._tensor is None or self._tensor.device != device:
            import torch

            self._tensor = torch.tensor(self._weights, dtype=torch.float32, device=device)
        return self._tensor


class Asked:
    """The caller's objective, called with what it was promised.

    Args:
        objective: The caller's.
    """

    is_scaled = False

    def __init__(self, objective: Objective) -> None:
        self._objective = objective

    def total(self, batches: Sequence[Mapping[str, Any]]) -> None:
        """Return nothing: passes are averaged."""

    def __call__(self, logits: Any, inputs: dict[str, Any], total: Any) -> Any:
        """Return the objective's loss.

        Raises:
            ContractError: If it is no scalar that depends on the logits.
        """
        values = {
            name.removeprefix(VALUE): value
            for name, value in inputs.items()
            if name.startswith(VALUE)
        }
        loss = self._objective(logits.float(), inputs["labels"], inputs[ROWS], values)
        shape = getattr(loss, "shape", None)
        if shape is None or tuple(shape) != () or not loss.requires_grad:
            raise ContractError(
                f"The objective {self._objective.name} must return a scalar loss that depends on "
                f"the logits, got {type(loss).__name__} of shape {shape and list(shape)}."
            )
        return loss
