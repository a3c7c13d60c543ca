"""Whether the gradients of single rows, which are clipped, are what autograd computes for each row.

Tried out before any private training, on its own rows, with the network as it is trained: modules
that a validator passes may still mix the rows of a batch, or hide a weight.

Legend of shapes: b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.errors import ModelError, Phrase, must
from models._guards import kept_generators

TOLERANCE = 1e-7
"""Largest difference of a step of plain SGD, beside the rounding of float32."""

_STEP = 0.1
_ROUNDING = 1e-5
"""Part of the largest gradient that float32 may lose in sums of another order."""


def check_gradients(network: Any, losses: Callable[[], Any], clipping: Callable[[], Any]) -> float:
    """Compare the gradient of each row with that of autograd for the row's loss alone.

    Args:
        network: The model in training mode.
        losses: Computes the loss of each of a few rows, shape [b].
        clipping: Attaches what collects the gradients of single rows, and returns it.

    Returns:
        The largest difference between two steps of SGD without noise and clipping.

    Raises:
        ModelError: If it is too large, or a weight has no gradient of single rows.
    """
    names, weights = _trained(network)
    with kept_generators():  # the same dropout in both
        alone = _each_alone(losses(), weights)
    hooks = clipping()
    try:
        found = _collected(losses, names, weights)
    finally:
        hooks.cleanup()
        for weight in weights:
            weight.grad = None
    worst = 0.0
    for name, each, expected in zip(names, found, alone, strict=True):
        difference = _STEP * float((each - expected).abs().max())
        allowed = TOLERANCE + _STEP * _ROUNDING * float(expected.abs().max())
        if not difference <= allowed:
            raise _refused(f"{name}: steps differ by {difference:.1e}")
        worst = max(worst, difference)
    return worst


def _trained(network: Any) -> tuple[list[str], list[Any]]:
    found = [(name, one) for name, one in network.named_parameters() if one.requires_grad]
    return [name for name, _ in found], [one for _, one in found]


def _each_alone(losses: Any, weights: Sequence[Any]) -> list[Any]:
    """Return the gradient of each loss by itself, one tensor [b, ...] for each weight."""
    import torch

    rows = [
        torch.autograd.grad(one, weights, retain_graph=True, allow_unused=True) for one in losses
    ]
    return [
        torch.stack([torch.zeros_like(weight) if row[i] is None else row[i] for row in rows])
        for i, weight in enumerate(weights)
    ]


def _collected(
    losses: Callable[[], Any], names: Sequence[str], weights: Sequence[Any]
) -> list[Any]:
    n_rows = 0
    try:
        each = losses()
        n_rows = len(each)
        each.mean().backward()
    except (RuntimeError, ValueError, NotImplementedError, IndexError, TypeError) as err:
        line = next(iter(str(err).splitlines()), type(err).__name__)
        raise _refused(line[:200]) from err
    for name, weight in zip(names, weights, strict=True):
        found = getattr(weight, "grad_sample", None)
        if found is None or found.shape != (n_rows, *weight.shape):
            got = "none" if found is None else f"{len(found)} for {n_rows} rows"
            raise _refused(f"{got} for {name}")
    return [weight.grad_sample.detach().clone() for weight in weights]


def _refused(got: str) -> ModelError:
    do = "Train with method lora, or name fewer weights in trainable."
    what = "give the gradient of each row as autograd does"
    return ModelError(must("The network of a private training", what, Phrase(got), do=do))
