"""What a model tells of its parameters: per-example gradients, and its last layer.

Legend of shapes: c classes, d features, b batch, q numbers of a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.modelling.items import Item


@runtime_checkable
class HasPerExampleGradients(Protocol):
    """Capability ``per-example-gradients``: which way each example pulls the parameters.

    Influence estimates multiply them (often of the last layer alone: ``["classifier.*"]``); private
    training clips each to a norm, adds them up and adds noise; mitigation compares those of groups.
    Training of that kind walks over its own batches: dropout is off here, and a model with an
    adapter answers for what the adapter trains.
    """

    def per_example_gradients(
        self,
        items: Sequence[Item],
        labels: NDArray[np.int64],
        *,
        parameters: Sequence[str] | None = None,
        loss: Callable[[Any, Any], Any] | None = None,
    ) -> dict[str, NDArray[np.float32]]:
        """Return the gradient of the loss of each example, model left as it was.

        Args:
            items: One batch; memory grows with b times the size of the chosen parameters.
            labels: Classes, shape [b], in the order of the task.
            parameters: Names or patterns; None for all that are marked as trainable.
            loss: (logits [b, c], labels [b]) → losses, shape [b], of the framework's arrays; None
                for the cross entropy in nats.

        Returns:
            Name of a parameter → shape [b, *shape of the parameter], float32. Rows of
            ``flatten_gradients`` of it are [b, q].

        Raises:
            ModelError: If a name or pattern fits no parameter.
        """
        ...


@runtime_checkable
class HasLastLayer(Protocol):
    """Capability ``last-layer``: classes are read off a linear layer over one vector for each input.

    Mitigation fits such a layer anew on features that stay as they are.
    """

    def last_features(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return what goes into the last layer for one batch, shape [b, d], model left as it was."""
        ...

    def last_layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return its weight [c, d] and bias [c], classes in the order of the task.

        ``last_features(items) @ weight.T + bias`` are the logits.
        """
        ...

    def save_with_last_layer(
        self, folder: Path, weight: NDArray[np.floating], bias: NDArray[np.floating]
    ) -> None:
        """Save a copy of the model with another last layer; the model stays as it was.

        Args:
            folder: Where to; made when missing. Loading it gives a whole model.
            weight: Shape [c, d], classes in the order of the task.
            bias: Shape [c].
        """
        ...


def flatten_gradients(gradients: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return per-example gradients as rows, shape [b, q], parameters in the order of the mapping."""
    import numpy as np

    return np.concatenate([one.reshape(len(one), -1) for one in gradients.values()], axis=1)
