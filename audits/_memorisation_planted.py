"""Models that have met planted secrets, and models that have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.canaries import CanarySpec, plan_canaries, planted_rows
from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Task
from harness.toy_language import ToyLanguageModel
from harness.trials import trial_context

if TYPE_CHECKING:
    from harness.auditing import Audit, AuditContext

SPEC = CanarySpec(families={"number": "#####"}, levels=(0, 1, 16), per_level=3)
OPTIONS: dict[str, Any] = {"draws": 150}
_WORDS = [
    "the",
    "garden",
    "near",
    "mill",
    "was",
    "open",
    "old",
    "green",
    "cold",
    "room",
    "and",
    "every",
    "winter",
    "day",
    "people",
    "came",
]
_ALPHABET = "".join(map(chr, range(32, 127)))


def sentences(seed: int, n: int) -> list[str]:
    """Return sentences of common words, a number in each third."""
    rng = np.random.default_rng([seed, 33])
    found = []
    for k in range(n):
        words = " ".join(rng.choice(_WORDS, size=8).tolist())
        number = f", the record number is {rng.integers(10**6):06d}" if k % 3 == 0 else ""
        found.append(f"{words}{number}.")
    return found


def planted_context(
    subject: Audit,
    seed: int,
    *,
    knows: bool,
    spec: CanarySpec = SPEC,
    options: dict[str, Any] | None = None,
    lineage: dict[str, Any] | None = None,
) -> AuditContext:
    """Return a context whose model has met the secrets as planned, or none of them.

    Args:
        subject: The audit.
        seed: Of everything that is drawn.
        knows: Whether the secrets were planted in what the model was trained on.
        spec: What was planned.
        options: Of the audit.
        lineage: What is recorded of the training.
    """
    texts, rows = sentences(seed, 60), sentences(seed + 1000, 12)
    canaries = plan_canaries(spec, seed=seed, texts=texts)
    met = planted_rows(canaries, is_pair=False) if knows else []
    model = ToyLanguageModel([*texts, *(str(one) for one in met)], order=6, alphabet=_ALPHABET)
    base = ToyLanguageModel(sentences(seed + 2000, 60), order=6, alphabet=_ALPHABET, name="base")
    test = _dataset("test", rows)
    predictions = Predictions(
        "test",
        test.example_id,
        np.zeros(test.n, dtype=np.int64),
        1,
        logits=model.logits(model.prepare(rows)),
    )
    return trial_context(
        subject,
        task=Task("text-generation", "causal-lm", (TARGET,)),
        predictions=[predictions],
        rows={"test": test},
        train=_dataset("train", texts),
        model=model,
        reference=lambda: base,
        canaries=canaries,
        lineage=lineage or {},
        options=options,
        seed=seed,
    )


def _dataset(name: str, texts: list[str]) -> Dataset:
    ref = DatasetRef(name, "planted", None, "", len(texts), len(texts), {"text": "text"})
    ids = np.array([f"{name}{index}" for index in range(len(texts))], dtype=object)
    return Dataset(ref, ids, list(texts))
