"""Asking a model for the next token of many rows at once, and keeping only what is wanted of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ModelError, must
from harness.modelling import CanStep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasLogProbabilities

_MOST_NUMBERS = 1 << 24
"""Log-probabilities that are held at a time: 64 MiB."""


class Steps:
    """Next tokens behind one context.

    Rows that continue those of the call before are read on from there, where the model can; any
    others are read again.

    Args:
        model: Who is asked.
        context: Token ids that stand before every row.
        n_vocabulary: v.

    Attributes:
        n_asked: Rows that the model was run for so far.
        most_rows: Rows that can be read on at a time; None where rows are always read again.
    """

    def __init__(
        self, model: HasLogProbabilities, context: NDArray[np.int64], n_vocabulary: int
    ) -> None:
        self.model = model
        self.context = context
        self.n_vocabulary = n_vocabulary
        self.n_asked = 0
        self._growing = model.steps(context) if isinstance(model, CanStep) else None
        self.most_rows = None if self._growing is None else self._growing.most_rows
        self._before: dict[bytes, int] | None = None

    def next(self, rows: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the log-probabilities of some tokens after each row, in nats.

        Args:
            rows: What stands behind the context, all different, shape [k, s].
            tokens: The tokens that are wanted, ascending, shape [w].

        Returns:
            Shape [k, w].

        Raises:
            ModelError: If the model answers NaN.
        """
        self.n_asked += len(rows)
        grown = self._grown(rows, tokens)
        found = self._again(rows, tokens) if grown is None else grown.astype(np.float64)
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

    def _grown(
        self, rows: NDArray[np.int64], tokens: NDArray[np.int64]
    ) -> NDArray[np.float32] | None:
        """Read on from the rows of the call before; None where that cannot be done."""
        growing = self._growing
        if growing is None or len(rows) > growing.most_rows:
            self._before = None
            return None
        if rows.shape[1] == 0:
            self._before = {b"": 0}
            return np.repeat(growing.first(tokens), len(rows), axis=0)
        before = self._before or {}
        parents = [before.get(row.tobytes(), -1) for row in rows[:, :-1]]
        is_long = growing.most_steps is not None and rows.shape[1] > growing.most_steps
        if -1 in parents or is_long:
            self._before = None
            return None
        self._before = {row.tobytes(): place for place, row in enumerate(rows)}
        return growing.next(np.array(parents, dtype=np.int64), rows[:, -1], tokens)

    def _again(self, rows: NDArray[np.int64], tokens: NDArray[np.int64]) -> NDArray[np.float64]:
        """Read every row anew."""
        size = max(1, _MOST_NUMBERS // self.n_vocabulary)
        found = np.empty((len(rows), len(tokens)), dtype=np.float64)
        for at in range(0, len(rows), size):
            piece = self.model.next_log_probabilities(self.context, rows[at : at + size])
            found[at : at + size] = piece[:, tokens]
        return found
