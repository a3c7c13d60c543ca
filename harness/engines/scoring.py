"""The scoring engine: every text once, in batches of equal length, whatever the memory.

Legend of shapes: n items, t tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.batching import Unique
from harness.engines.packing import Budget, in_batches
from harness.errors import ContractError, ModelError, UsageError, must, raise_all

if TYPE_CHECKING:
    from harness.modelling import Decoding, HasLogProbabilities, Item, TokenScores

Progress = Callable[[int, int], None]
"""Called with (distinct items done, distinct items in all)."""

_N_NAMED = 5


def score(
    model: HasLogProbabilities,
    items: Sequence[Item],
    *,
    token_budget: int,
    decoding: Decoding | None = None,
    has_moments: bool = False,
    on_progress: Progress | None = None,
) -> list[TokenScores]:
    """Return what a model says of the scored tokens of every item; equal items are scored once.

    Args:
        model: Capability ``log-probabilities``.
        items: n of them, in any order of length.
        token_budget: Padded tokens of one batch, >= 1; halved when the memory does not suffice.
        decoding: Under which settings; None for the model's own distribution.
        has_moments: Whether mean and deviation over the vocabulary are wanted.
        on_progress: Told after every batch.

    Returns:
        n of them, in order. A log-probability is finite, or -inf where it is ruled out.

    Raises:
        ModelError: If a number is NaN.
        ContractError: If the model answers for another number of items or tokens.
        IncompleteError: If the memory does not hold a single item.
        UsageError: If the settings of the decoding are out of range.
    """
    if decoding is not None:
        check_decoding(decoding)
    unique = Unique.of(items)
    found: list[TokenScores | None] = [None] * len(unique.items)
    n_done = 0

    def ask(batch: list[int]) -> list[TokenScores]:
        chosen = [unique.items[i] for i in batch]
        return model.log_probabilities(chosen, decoding=decoding, has_moments=has_moments)

    for batch, answers in in_batches(unique.items, Budget(token_budget), ask):
        _check(answers, [unique.items[i] for i in batch])
        for i, one in zip(batch, answers, strict=True):
            found[i] = one
        n_done += len(batch)
        if on_progress is not None:
            on_progress(n_done, len(unique.items))
    whole = [one for one in found if one is not None]
    scores = [whole[i] for i in unique.inverse]
    _refuse_nan(scores)
    return scores


def check_decoding(decoding: Decoding) -> None:
    """Refuse settings that no deployment can have.

    Raises:
        UsageError: With each of them.
    """
    problems = []
    if not 0 <= decoding.temperature < np.inf:
        what = "be a number >= 0; 0 takes the likeliest token"
        problems.append(must("temperature", what, decoding.temperature))
    if decoding.top_k is not None and decoding.top_k < 1:
        problems.append(must("top_k", "be an integer >= 1", decoding.top_k))
    if decoding.top_p is not None and not 0 < decoding.top_p <= 1:
        problems.append(must("top_p", "be above 0, at most 1", decoding.top_p))
    raise_all(UsageError, problems)


def _check(answers: Sequence[TokenScores], items: Sequence[Item]) -> None:
    wanted = [int((item.arrays["segment"] > 0).sum()) for item in items]
    got = [len(one.log_probability) for one in answers]
    if got != wanted:
        raise ContractError(must("log_probabilities", f"score {wanted} tokens", got))


def _refuse_nan(scores: Sequence[TokenScores]) -> None:
    bad = [i for i, one in enumerate(scores) if not (one.log_probability <= 0.01).all()]
    if not bad:
        return
    named = ", ".join(map(str, bad[:_N_NAMED])) + (", ..." if len(bad) > _N_NAMED else "")
    raise ModelError(
        f"log-probabilities must be numbers <= 0, got NaN or more for {len(bad)} of {len(scores)} "
        f"texts (positions {named}). Its weights are damaged, or its precision is too low: load it "
        "in float32."
    )
