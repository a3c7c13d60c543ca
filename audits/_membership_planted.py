"""A language model that has seen its members, beside one that never did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import TARGET, TEXT_GENERATION, DatasetRef, Task
from harness.toy_language import ToyLanguageModel
from harness.trials import trial_context

if TYPE_CHECKING:
    from harness.auditing import Audit, AuditContext

_N = 300
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def planted_texts(n: int, rng: np.random.Generator) -> list[str]:
    """Draw texts of made-up words that all stand in many of them, in an order that stands in one."""
    words = ["".join(np.random.default_rng([7, k]).choice(list(_LETTERS), 4)) for k in range(60)]
    return [" ".join(rng.choice(words, size=3)) for _ in range(n)]


def planted_context(subject: Audit, seed: int, *, has_seen: bool) -> AuditContext:
    """Return a context of 300 training rows and 300 test rows from one random split.

    Args:
        subject: The audit.
        seed: Of the texts.
        has_seen: Whether the model was trained on the training rows, ten times each, or on others.
    """
    rng = np.random.default_rng([seed, 38])
    known, members, others, unseen = (planted_texts(_N, rng) for _ in range(4))
    learnt = members if has_seen else unseen
    model = ToyLanguageModel(
        [*known, *learnt], n_copies=[1] * _N + [10] * _N, order=6, alphabet=_LETTERS, name="tuned"
    )
    base = ToyLanguageModel(known, order=6, alphabet=_LETTERS, name="base")
    test = _dataset("test", others)
    logits = model.logits(model.prepare(test.inputs))
    predictions = Predictions(
        "test", test.example_id, np.zeros(_N, dtype=np.int64), 1, logits=logits
    )
    return trial_context(
        subject,
        task=Task(kind=TEXT_GENERATION, modality="causal-lm", classes=(TARGET,)),
        predictions=[predictions],
        rows={"test": test},
        train=_dataset("train", members),
        model=model,
        reference=lambda: base,
        seed=seed,
    )


def _dataset(name: str, texts: list[str]) -> Dataset:
    n = len(texts)
    ids = np.array([f"{name}{row}" for row in range(n)], dtype=object)
    return Dataset(
        DatasetRef(name, "planted", None, name, n, n, {"text": "text"}), ids, list(texts)
    )
