"""Asking a model and attributing what it says: everything that costs model calls, for k inputs at once.

Legend of shapes: k inputs, c classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.commands.explaining.pairs import Pair, of_two, turned_to
from harness.commands.explaining.questions import SAMPLING, SEEDS, Question
from harness.engines.batching import default_budget
from harness.engines.prediction import predict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.attributions import Attributions, Method
    from harness.modelling import Item, Model


Progress = Callable[[int, int], None]
"""Told (inputs done, inputs in all)."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was computed of k inputs.

    Attributes:
        logits: Shape [k, c].
        attributions: One for each seed.
        check: By the method that cross-checks; None without one.
    """

    logits: NDArray[np.float32]
    attributions: tuple[Attributions, ...]
    check: Attributions | None

    @property
    def all(self) -> tuple[Attributions, ...]:
        """The attributions and their cross-check."""
        return self.attributions if self.check is None else (*self.attributions, self.check)

    def n_gradients(self, index: int) -> int:
        """Return the gradients that were spent on one input."""
        return sum(int(one.n_gradients[index]) for one in self.all)

    def n_forwards(self, index: int) -> int:
        """Return the forward passes that were spent on one input, the decision itself included."""
        return 1 + sum(int(one.n_forwards[index]) for one in self.all)


def ask(
    model: Model,
    items: Sequence[Item],
    question: Question,
    *,
    pair: Pair | None = None,
    on_progress: Progress | None = None,
) -> Answered:
    """Return the decisions about some inputs, and their attributions.

    Args:
        model: Who decides.
        items: Inputs, k of them.
        question: By which method, and how.
        pair: Classes whose lead is explained; None for the decided class of each input over its
            runner-up.
        on_progress: Told how many inputs are done, of how many.

    Raises:
        MethodRefused: If the method is refused, or the model does not offer what it needs.
    """
    from harness.engines.attribution import attribute, check_method

    method = question.asked
    check_method(method, model)
    budget = default_budget(model.device)
    logits = predict(model, items, token_budget=budget)
    is_of_two = pair is not None and model.n_classes > 2
    asked = of_two(model, pair) if pair is not None and is_of_two else model
    seen = logits[:, list(pair)] if pair is not None and is_of_two else logits

    def by(one: Method) -> Attributions:
        found: Attributions = attribute(
            asked, items, method=one, logits=seen, token_budget=budget, on_progress=on_progress
        )
        return found if pair is None else turned_to(found, pair, is_of_two=is_of_two)

    seeds = range(SEEDS) if method.id in SAMPLING else (0,)
    return Answered(
        logits=logits,
        attributions=tuple(by(replace(method, seed=question.seed + seed)) for seed in seeds),
        check=None if question.check is None else by(question.check),
    )
