"""Work in batches, whatever the memory: out of memory halves the budget and goes on."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from harness.engines.batching import HasLength, batches
from harness.errors import IncompleteError

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Budget:
    """Tokens of a batch; shrinks when the memory does not suffice and stays small."""

    tokens: int


def in_batches(
    items: Sequence[HasLength], budget: Budget, compute: Callable[[list[int]], Answer]
) -> Iterator[tuple[list[int], Answer]]:
    """Compute items in batches of similar length, each item once.

    Args:
        items: What is computed, in any order of length.
        budget: Padded tokens of a batch; halved when the memory does not suffice.
        compute: Called with the positions of one batch.

    Yields:
        Positions of a batch and what was computed.

    Raises:
        IncompleteError: If the memory does not hold a single item.
    """
    pending = deque(batches(items, budget.tokens))
    while pending:
        batch = pending.popleft()
        has_room, answer = _tried(compute, batch)
        if has_room:
            yield batch, answer[0]
            continue
        left = sorted(position for rest in (batch, *pending) for position in rest)
        _halve(budget, [items[position] for position in batch])
        pending = deque(
            [left[position] for position in again]
            for again in batches([items[position] for position in left], budget.tokens)
        )


def _tried(compute: Callable[[list[int]], Answer], batch: list[int]) -> tuple[bool, list[Answer]]:
    """Return whether the memory sufficed, and then what was computed."""
    try:
        return True, [compute(batch)]
    except (MemoryError, RuntimeError) as err:
        if not _is_out_of_memory(err):
            raise
        # leaving the handler frees what the traceback still holds
    _release_cached_memory()
    return False, []


def _halve(budget: Budget, batch: list[HasLength]) -> None:
    if len(batch) == 1:
        raise IncompleteError(
            f"The memory must hold one example of {batch[0].length} tokens, got out of memory. "
            "Lower max_tokens, choose another device, or free some memory; the same command resumes."
        )
    cost = max(item.length for item in batch) * len(batch)
    budget.tokens = max(1, min(budget.tokens, cost) // 2)


def _is_out_of_memory(err: BaseException) -> bool:
    text = str(err).lower()
    # CUDA and MPS say "out of memory"; the CPU allocator "can't allocate" or "not enough memory"
    signs = ("out of memory", "not enough memory", "can't allocate memory", "defaultcpuallocator")
    return isinstance(err, MemoryError) or any(sign in text for sign in signs)


def _release_cached_memory() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
