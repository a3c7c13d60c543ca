"""The generation engine: prompts continued in batches, each drawing by itself.

Legend of shapes: n items.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.engines.batching import Unique
from harness.engines.packing import Budget, in_batches
from harness.engines.scoring import check_decoding
from harness.errors import UsageError, must

if TYPE_CHECKING:
    from harness.modelling import CanGenerate, Decoding, Generation, Item

Progress = Callable[[int, int], None]
"""Called with (generations done, generations in all)."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A prompt with the room that its continuation takes."""

    item: Item
    length: int


def generate(
    model: CanGenerate,
    items: Sequence[Item],
    *,
    token_budget: int,
    decoding: Decoding,
    max_new_tokens: int,
    seed: int,
    stop: Sequence[str] = (),
    on_progress: Progress | None = None,
) -> list[Generation]:
    """Continue what stands in segment 0 of every item.

    What is drawn depends on the seed, on the item's content and on how often it stood before: neither
    on the budget nor on the other items. Equal items get different draws; where nothing is drawn
    (temperature 0) they are continued once.

    Args:
        model: Capability ``generate``.
        items: Prompts, n of them.
        token_budget: Padded tokens of one batch with its continuations, >= 1; halved when the memory
            does not suffice.
        decoding: How tokens are chosen.
        max_new_tokens: Most tokens of a continuation, >= 1.
        seed: Decides what is drawn, >= 0.
        stop: Texts that end a continuation.
        on_progress: Told after every batch.

    Returns:
        n continuations, in order.

    Raises:
        ModelError: If the model answers NaN, or a prompt leaves no room for a token.
        IncompleteError: If the memory does not hold a single prompt.
        UsageError: If an argument is out of range.
    """
    check_decoding(decoding)
    if max_new_tokens < 1:
        raise UsageError(must("max_new_tokens", "be an integer >= 1", max_new_tokens))
    if seed < 0:
        raise UsageError(must("seed", "be an integer >= 0", seed))
    told_apart = items if decoding.temperature == 0 else _told_apart(items)
    unique = Unique.of(told_apart)
    work = [_Work(one, one.length + max_new_tokens) for one in unique.items]
    found: list[Generation | None] = [None] * len(work)
    n_done = 0

    def ask(batch: list[int]) -> list[Generation]:
        return model.generate(
            [work[i].item for i in batch],
            decoding=decoding,
            max_new_tokens=max_new_tokens,
            seed=seed,
            stop=tuple(one for one in stop if one),
        )

    for batch, answers in in_batches(work, Budget(token_budget), ask):
        for i, one in zip(batch, answers, strict=True):
            found[i] = one
        n_done += int(unique.n_copies[batch].sum())
        if on_progress is not None:
            on_progress(n_done, len(items))
    whole = [one for one in found if one is not None]
    return [whole[i] for i in unique.inverse]


def _told_apart(items: Sequence[Item]) -> list[Item]:
    """Give each copy of an item a key of its own, by how often the item stood before."""
    seen: dict[bytes, int] = {}
    found = []
    for item in items:
        n = seen.get(item.key, 0)
        seen[item.key] = n + 1
        key = item.key if not n else hashlib.sha256(item.key + n.to_bytes(8, "big")).digest()
        found.append(replace(item, key=key))
    return found
