"""Which parameters are trained; everything else is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from models._parameters import chosen_names

if TYPE_CHECKING:
    from harness.modelling import Trainable


def freeze(network: Any, trainable: Sequence[str] | Trainable | None) -> None:
    """Leave only the chosen parameters trainable, in place; None changes nothing.

    Raises:
        ModelError: If a name or pattern fits no parameter, or nothing would be trained.
    """
    if trainable is None:
        return
    names = [name for name, _ in network.named_parameters()]
    chosen = chosen_names(names, trainable)
    for name, weight in network.named_parameters():
        weight.requires_grad_(name in chosen)
