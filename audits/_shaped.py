"""Toy models with defects known by hand, for planted defects of audits of attributions.

Each word adds a function of its weights to the logits: what a word does is known by hand, and only
what gradients see of it differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.modelling import Item
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import Audit, AuditContext

TASK = Task(kind="text-classification", modality="text", classes=("no", "yes"))


class SaturatedModel(KeywordModel):
    """A keyword model whose words act through 2 tanh(steepness x weight): large weights saturate.

    Args:
        weights: Word → one weight for each class.
        bias: Logits of a text without known words.
        steepness: 0 for a model that is linear in its weights.
    """

    def __init__(
        self, weights: Mapping[str, Sequence[float]], bias: Sequence[float], steepness: float
    ) -> None:
        super().__init__(weights, bias)
        self.steepness = steepness
        bent = {word: self._bent(np.asarray(each), np) for word, each in weights.items()}
        self._acting = KeywordModel({word: tuple(each) for word, each in bent.items()}, bias)

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return the bias plus what all words add, shape [b, c]."""
        return self._acting.logits(items)

    def logits_from_embeddings(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return the bias plus the functions of what stands in each text, shape [b, c]."""
        import torch

        return super().logits_from_embeddings(items, self._bent(embeddings, torch))

    def _bent(self, values: Any, library: Any) -> Any:
        return 2.0 * library.tanh(self.steepness * values) if self.steepness else values


def context_of(
    audit: Audit, model: KeywordModel, texts: Sequence[str], *, seed: int, options: object
) -> AuditContext:
    """Return a context of made-up texts that a model has decided about."""
    n = len(texts)
    example_id = np.array([f"e{index}" for index in range(n)], dtype=object)
    logits = model.logits(model.prepare(texts))
    decision = np.argmax(logits, axis=1).astype(np.int64)
    ref = DatasetRef("test", "planted", None, "", n, n, {"text": "text"})
    return trial_context(
        audit,
        task=TASK,
        predictions=[Predictions("test", example_id, decision, 2, logits=logits)],
        rows={"test": Dataset(ref, example_id, list(texts))},
        model=model,
        options=options,
        seed=seed,
    )
