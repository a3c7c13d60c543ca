"""Asking the model and what it was fine-tuned from the same things, and counting what that takes.

Legend of shapes: n items, t tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from audits._extraction_targets import Reader
from harness.engines.generation import generate
from harness.engines.scoring import score
from harness.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._language_items import Asked
    from harness.auditing import AuditContext
    from harness.modelling import CanGenerate, Decoding, Generation, Item

TOKENS_OF_AN_INPUT = 8
"""Tokens that are written one by one and take as long as one input that is read at once."""

CANDIDATES_OF_AN_INPUT = 5
"""Candidates after one prefix that take as long as one input."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The model, and what it was fine-tuned from where that is known."""

    ctx: AuditContext
    own: Reader
    base: Reader | None

    @property
    def both(self) -> list[Reader]:
        """The model first, then the reference where there is one."""
        return [self.own] if self.base is None else [self.own, self.base]

    @property
    def is_asked(self) -> bool:
        """Whether single texts of a row stand in a prompt: the task decides something about them."""
        return self.ctx.task.is_deciding

    def score(
        self, model: Reader, asked: Sequence[Asked], decoding: Decoding
    ) -> list[tuple[float, bool]]:
        """Return of each target its log-probability under a decoding, and whether it is greedy."""
        items = [one.item() for one in asked]
        self.ctx.charge(len({one.key for one in items}))
        scores = score(model, items, token_budget=self.ctx.token_budget, decoding=decoding)
        return [(float(one.log_probability.sum()), bool(one.is_greedy.all())) for one in scores]

    def candidates(
        self, model: Reader, prefix: NDArray[np.int64], candidates: Sequence[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        """Return the log-probability of each candidate after a prefix, shape [n]."""
        self.ctx.charge(1 + len(candidates) // CANDIDATES_OF_AN_INPUT)
        found = model.candidate_log_probabilities(prefix, candidates)
        _refuse_nan(bool(np.isnan(found).any()))
        return found

    def generate(
        self,
        model: Reader,
        items: Sequence[Item],
        decoding: Decoding,
        *,
        new_tokens: int,
        seed: int,
    ) -> list[Generation]:
        """Continue prompts."""
        self.ctx.charge(len(items) * inputs_of_generation(new_tokens))
        return generate(
            cast("CanGenerate", model),
            items,
            token_budget=self.ctx.token_budget,
            decoding=decoding,
            max_new_tokens=new_tokens,
            seed=seed,
        )


def inputs_of_generation(new_tokens: int) -> int:
    """Return how many inputs take as long as one generation."""
    return max(1, new_tokens // TOKENS_OF_AN_INPUT)


def _refuse_nan(is_nan: bool) -> None:  # noqa: FBT001 - the one thing that it is told
    if is_nan:
        raise ModelError(
            "log-probabilities must be numbers, got NaN. Check the weights, or audit in float32."
        )
