"""Drawing the weights of a network anew for a while, for tests of what depends on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def randomised(network: Any, seed: int) -> Iterator[None]:
    """Shuffle the values of every weight within itself; afterwards all are as they were.

    Each weight keeps its size and its distribution, so that the network stays one that computes
    finite numbers, whatever its architecture; what was learnt is gone. Weights that are no floating
    point numbers (8-bit layers) stay.

    Args:
        network: The network.
        seed: Decides the order.
    """
    import torch

    weights = [one for one in network.parameters() if one.is_floating_point()]
    before = [one.detach().clone() for one in weights]
    generator = torch.Generator().manual_seed(seed)
    try:
        with torch.no_grad():
            for weight, kept in zip(weights, before, strict=True):
                order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
                weight.copy_(kept.flatten()[order].reshape(weight.shape))
        yield
    finally:
        with torch.no_grad():
            for weight, kept in zip(weights, before, strict=True):
                weight.copy_(kept)
