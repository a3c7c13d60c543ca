"""How fast a model is: 32 rows of all lengths, timed in batches as large as a run's would be.

Legend of shapes: k lengths, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from harness.engines.prediction import predict
from harness.trials import Answers

if TYPE_CHECKING:
    from harness.modelling import HasParts, Item, Model

Clock = Callable[[], float]
"""Returns seconds since some moment."""

N_PROBED = 32
"""Rows whose length stands for all others."""

N_LENGTHS = 4
"""Groups of similar length that are timed apart: a token of a long row costs more."""

WORTH_S = 0.25
"""Seconds that a timing should last; shorter ones are repeated with more copies of their rows."""

APART = 4
"""Parts of each probed row that are taken away, one at a time."""

MOST_BUDGETS = 4
"""A timing holds at most so many full batches."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds that a model takes, by length.

    Attributes:
        lengths: Mean tokens of the rows of each timing, ascending, shape [k].
        seconds_per_token: Wall seconds for each token of such rows, shape [k].
        seconds_to_prepare: Wall seconds to turn one raw input into an item.
        n_probed: Rows that were timed.
        seconds_to_take_apart: Wall seconds to make one input with a part taken away, and to store
            its answer; 0 where the model takes no inputs apart.
    """

    lengths: tuple[float, ...]
    seconds_per_token: tuple[float, ...]
    seconds_to_prepare: float
    n_probed: int
    seconds_to_take_apart: float = 0.0

    def per_row(self, lengths: Sequence[int], weights: Sequence[float] | None = None) -> float:
        """Return seconds for one row, on average over rows of these lengths.

        Args:
            lengths: Tokens, shape [k].
            weights: How often each is asked about, shape [k]; None weighs all alike.
        """
        if not lengths:
            return 0.0
        tokens = np.asarray(lengths, dtype=float)
        cost = tokens * np.interp(tokens, self.lengths, self.seconds_per_token)
        has_weight = weights is not None and sum(weights) > 0
        return float(np.average(cost, weights=weights if has_weight else None))

    def times(self, factor: float) -> Speed:
        """Return the speed of the same model where everything takes ``factor`` times as long."""
        return replace(
            self,
            seconds_per_token=tuple(each * factor for each in self.seconds_per_token),
            seconds_to_prepare=self.seconds_to_prepare * factor,
            seconds_to_take_apart=self.seconds_to_take_apart * factor,
        )


def probe(
    model: Model, inputs: Sequence[str | tuple[str, ...]], *, token_budget: int, clock: Clock
) -> Speed | None:
    """Time a model on 32 of some rows, chosen evenly by length, after one warm-up batch.

    Args:
        model: Anything with the capability ``logits``.
        inputs: Rows to choose from; with fewer than 32, all of them are timed.
        token_budget: Tokens of one batch, as the run will have it.
        clock: Wall clock.

    Returns:
        None when there is no row to time.

    Raises:
        ModelError: If the model cannot answer.
    """
    if not inputs:
        return None
    started = clock()
    items = sorted(model.prepare(inputs), key=lambda item: item.length)
    prepared = (clock() - started) / len(inputs)
    n_probed = min(N_PROBED, len(items))
    chosen = np.linspace(0, len(items) - 1, n_probed).round().astype(int)
    groups = np.array_split(chosen, min(N_LENGTHS, n_probed))
    timed: dict[float, float] = {}
    for number, group in enumerate(groups):
        rows = [items[position] for position in group.tolist()]
        if number == 0:
            predict(model, rows, token_budget=token_budget)
        length = float(np.mean([max(1, row.length) for row in rows]))
        timed[length] = _seconds_per_token(model, rows, token_budget, clock)
    apart = 0.0
    if "parts" in model.capabilities:
        rows = [items[position] for position in chosen.tolist()]
        apart = _seconds_to_take_apart(model, rows, clock)
    return Speed(tuple(timed), tuple(timed.values()), prepared, n_probed, apart)


def _seconds_to_take_apart(model: Model, rows: list[Item], clock: Clock) -> float:
    """Time what goes on around a question: a part is taken away, an answer is kept."""
    parted = cast("HasParts", model)
    started = clock()
    gapped = [
        parted.without(row, (part.index,)) for row in rows for part in parted.parts(row)[:APART]
    ]
    made = clock() - started
    if not gapped:
        return 0.0
    some = gapped[: len(rows)]
    ids = [str(number) for number in range(len(some))]
    answers = Answers(model, max(item.length for item in some) * len(some))
    answers(ids, some, "first")
    started = clock()
    answers(ids, some, "known by now")
    answers.rows()
    return made / len(gapped) + (clock() - started) / len(some)


def _seconds_per_token(model: Model, rows: list[Item], token_budget: int, clock: Clock) -> float:
    """Time the rows, then twice as many copies of them, until the time is worth measuring."""
    n_copies = 1
    while True:
        batch = [
            replace(row, key=row.key + copy.to_bytes(4, "big"))
            for copy in range(n_copies)
            for row in rows
        ]
        n_tokens = sum(max(1, row.length) for row in batch)
        started = clock()
        predict(model, batch, token_budget=token_budget)
        took = clock() - started
        if took >= WORTH_S or 2 * n_tokens > MOST_BUDGETS * token_budget:
            return took / n_tokens
        n_copies *= 2
