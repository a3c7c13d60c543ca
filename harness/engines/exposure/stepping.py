"""Asking a model for the next token of many rows at once, and keeping only what is wanted of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ModelError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasLogProbabilities

_MOST_NUMBERS = 1 << 24
"""Log-probabilities that are held at a time: 64 MiB."""


@dataclass(slots=True)
class Steps:
    """Next tokens behind one context.

    Attributes:
        model: Who is asked.
        context: Token ids that stand before every row.
        n_vocabulary: v.
        n_asked: Rows that the model was run for so far.
    """

    model: HasLogProbabilities
    context: NDArray[np.int64]
    n_vocabulary: int
    n_asked: int = field(default=0)

    def next(self, rows: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the log-probabilities of some tokens after each row, in nats.

        Args:
            rows: What stands behind the context, shape [k, s].
            tokens: The tokens that are wanted, ascending, shape [w].

        Returns:
            Shape [k, w].

        Raises:
            ModelError: If the model answers NaN.
        """
        size = max(1, _MOST_NUMBERS // self.n_vocabulary)
        found = np.empty((len(rows), len(tokens)), dtype=np.float64)
        for at in range(0, len(rows), size):
            piece = self.model.next_log_probabilities(self.context, rows[at : at + size])
            found[at : at + size] = piece[:, tokens]
        self.n_asked += len(rows)
        if np.isnan(found).any():
            raise ModelError(must("Log-probabilities of the model", "be numbers", float("nan")))
        return found

    def loss(self, tokens: NDArray[np.int64]) -> float:
        """Return minus the log-probability of one row of tokens behind the context, in nats.

        Raises:
            ModelError: If the model answers NaN.
        """
        found = -float(self.model.candidate_log_probabilities(self.context, [tokens])[0])
        if np.isnan(found):
            raise ModelError(must("Log-probabilities of the model", "be numbers", float("nan")))
        return found
