"""Gradients of the loss of each example of a batch, whatever computes the logits.

Legend of shapes: b batch, c classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, Phrase, must
from models._gradients import gradients_of_losses
from models._network import evaluating
from models._parameters import chosen_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

Loss = Callable[[Any, Any], Any]
"""(logits [b, c], labels [b]) → losses, shape [b]."""


def example_gradients(
    network: Any,
    groups: Iterable[list[int]],
    labels: NDArray[np.int64],
    *,
    n_items: int,
    logits_of: Callable[[list[int]], Any],
    n_classes: int,
    parameters: Sequence[str] | None,
    loss: Loss | None,
    default: Loss | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Return the gradient of the loss of each example; see ``HasPerExampleGradients``.

    Args:
        network: The network, left as it was.
        groups: Positions of examples that can share a pass, each of 0..b-1 once.
        labels: Classes, shape [b].
        n_items: b.
        logits_of: Returns the logits of some positions, with a graph.
        n_classes: c.
        parameters: Names or patterns; None for all that are marked as trainable.
        loss: The caller's; None for ``default``.
        default: None for the cross entropy in nats.
    """
    check_labels(labels, n_items, n_classes)
    names = _chosen(network, parameters)
    shapes = {name: tuple(one.shape) for name, one in network.named_parameters()}
    found = {name: np.zeros((n_items, *shapes[name]), dtype=np.float32) for name in names}
    compute = loss or default or _cross_entropy
    with evaluating(network):
        for group in groups:

            def losses(group: list[int] = group) -> Any:
                import torch

                logits = logits_of(group)
                label = torch.from_numpy(labels[group]).to(logits.device)
                return _checked(compute(logits, label), len(group))

            for name, one in gradients_of_losses(network, names, losses, len(group)).items():
                found[name][group] = one.float().cpu().numpy()
    return found


def check_labels(labels: NDArray[np.int64], n_items: int, n_classes: int) -> None:
    """Refuse labels that are no classes.

    Raises:
        ContractError: If they are not whole numbers in 0..c-1, one for each example.
    """
    given = np.asarray(labels)
    what = f"be {n_items} whole numbers in 0..{n_classes - 1}, one for each example"
    if given.shape != (n_items,) or given.dtype.kind not in "iu":
        raise ContractError(must("labels", what, Phrase(f"{given.dtype} of shape {given.shape}")))
    wrong = given[(given < 0) | (given >= n_classes)]
    if wrong.size:  # torch leaves out -100 without a word
        raise ContractError(must("labels", what, int(wrong[0])))


def _chosen(network: Any, parameters: Sequence[str] | None) -> list[str]:
    weights = list(network.named_parameters())
    if parameters is None:
        return [name for name, weight in weights if weight.requires_grad]
    chosen = chosen_names([name for name, _ in weights], parameters)
    return [name for name, _ in weights if name in chosen]


def _checked(each: Any, n: int) -> Any:
    if tuple(getattr(each, "shape", ())) != (n,):
        got = Phrase(f"{type(each).__name__} of shape {getattr(each, 'shape', None)}")
        raise ContractError(must("loss", f"give one number for each of {n} examples", got))
    return each


def _cross_entropy(logits: Any, label: Any) -> Any:
    import torch

    if logits.dtype in {torch.float16, torch.bfloat16}:
        logits = logits.float()
    return torch.nn.functional.cross_entropy(logits, label, reduction="none")
