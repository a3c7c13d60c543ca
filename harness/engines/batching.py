"""Which items are computed together, and which only once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from harness.errors import UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item


class HasLength(Protocol):
    """What can be batched: an item, or work on one."""

    @property
    def length(self) -> int:
        """Cost in tokens."""
        ...


MAX_PADDING = 1.08
"""Most padded tokens per real token that a batch of ``batches`` may have."""

_CPU_BUDGET = 2048
_BUDGET = 8192


def default_budget(device: str) -> int:
    """Return the token budget for a device where nobody names one.

    A CPU is fastest when the activations of a batch stay in its cache; what computes many tokens at
    once wants larger batches.

    Args:
        device: ``cpu``, ``cuda:0``, ``mps``, or the name of a GPU.
    """
    return _CPU_BUDGET if device == "cpu" else _BUDGET


def batches(items: Sequence[HasLength], token_budget: int) -> list[list[int]]:
    """Put items of similar length together.

    A batch holds at most ``token_budget`` tokens with its padding (longest times rows) and at most
    ``MAX_PADDING`` padded tokens per real token; an item longer than the budget goes alone. The
    longest come first, so that a memory that does not suffice shows at once.

    Args:
        items: Inputs, n of them.
        token_budget: Padded tokens of one batch, >= 1.

    Returns:
        Positions, each of 0..n-1 once; the same for the same lengths.

    Raises:
        UsageError: If the budget is below 1.
    """
    if token_budget < 1:
        raise UsageError(must("token_budget", "be an integer >= 1", token_budget))
    order = sorted(range(len(items)), key=lambda position: (-items[position].length, position))
    return list(_fill(items, order, token_budget))


@dataclass(frozen=True, slots=True)
class Unique:
    """Distinct items in order of first appearance.

    Attributes:
        items: u of them.
        first: Position of each among the n items, ascending.
        inverse: Position among ``items`` of each of the n items, shape [n].
        n_copies: How often each stands among the n items, shape [u].
    """

    items: list[Item]
    first: list[int]
    inverse: NDArray[np.int64]
    n_copies: NDArray[np.int64]

    @classmethod
    def of(cls, items: Sequence[Item]) -> Unique:
        """Find the distinct items by their keys."""
        seen: dict[bytes, int] = {}
        first: list[int] = []
        inverse = np.empty(len(items), dtype=np.int64)
        for position, item in enumerate(items):
            inverse[position] = seen.setdefault(item.key, len(first))
            if inverse[position] == len(first):
                first.append(position)
        n_copies = np.bincount(inverse, minlength=len(first)).astype(np.int64)
        return cls([items[position] for position in first], first, inverse, n_copies)


def _fill(items: Sequence[HasLength], order: Sequence[int], budget: int) -> Iterator[list[int]]:
    batch: list[int] = []
    longest = n_real = 0
    for position in order:
        length = max(1, items[position].length)
        n_padded = longest * (len(batch) + 1)
        if batch and (n_padded > budget or n_padded > MAX_PADDING * (n_real + length)):
            yield batch
            batch, n_real = [], 0
        if not batch:
            longest = length
        batch.append(position)
        n_real += length
    if batch:
        yield batch
