"""Asking a model about many inputs, each distinct content once.

Legend of shapes: m items, c classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.prediction import predict
from harness.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item, Model

Ask = Callable[[Sequence["Item"]], "NDArray[np.floating[Any]]"]
"""Items → logits, shape [m, c]: an ``Asker``, or an audit's own way to ask."""


class Asker:
    """Asks a model for logits and remembers the answers, so that equal contents are computed once.

    Occlusion, sampling methods and the curves of all rankings of a row meet the same inputs with
    gaps again and again; one asker for all of them shares their forward passes. Answers are kept
    until the asker goes, some hundred bytes each: take a new one for every shard of a large data set.

    Args:
        model: Anything with the capability ``logits``.
        token_budget: Padded tokens of one batch, >= 1.

    Attributes:
        n_asked: Items that were asked about.
        n_computed: Items that the model had to compute.
        n_tokens: Tokens of those, without padding.
    """

    def __init__(self, model: Model, token_budget: int) -> None:
        self.n_asked = self.n_computed = self.n_tokens = 0
        self._model = model
        self._token_budget = token_budget
        self._known: dict[bytes, NDArray[np.float32]] = {}

    def know(self, items: Sequence[Item], logits: NDArray[np.floating[Any]]) -> None:
        """Take over answers that are at hand, e.g. those of the prediction store.

        Args:
            items: m of them.
            logits: Shape [m, c].

        Raises:
            ShapeError: If there are not as many answers as items.
        """
        if len(items) != len(logits):
            raise ShapeError(f"logits must have shape [m={len(items)}, c], got {[*logits.shape]}.")
        for item, row in zip(items, np.asarray(logits, dtype=np.float32), strict=True):
            self._known.setdefault(item.key, row)

    def __call__(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return the logits of every item, shape [m, c]; see ``predict`` for what it raises."""
        new = list({item.key: item for item in items if item.key not in self._known}.values())
        if new:
            answers = predict(self._model, new, token_budget=self._token_budget)
            self._known.update(zip((item.key for item in new), answers, strict=True))
        self.n_asked += len(items)
        self.n_computed += len(new)
        self.n_tokens += sum(item.length for item in new)
        logits = np.empty((len(items), self._model.n_classes), dtype=np.float32)
        for position, item in enumerate(items):
            logits[position] = self._known[item.key]
        return logits
