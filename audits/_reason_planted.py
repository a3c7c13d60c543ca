"""A planted defect for ``reason-codes``: an identity word that speaks against people, or says nothing."""

from __future__ import annotations

import numpy as np

from harness.auditing import Audit, AuditContext
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import trial_context

TASK = Task(
    kind="text-classification",
    modality="text",
    classes=("refused", "granted"),
    favourable="granted",
)


def planted_context(audit: Audit, seed: int, *, identity_weight: float) -> AuditContext:
    """Return applications that stand or fall with their words, every second of which names a religion."""
    rng = np.random.default_rng([seed, 29])
    weights = {f"plain{k}": (float(rng.normal(scale=0.2)), 0.0) for k in range(12)}
    weights |= {f"late{k}": (float(rng.uniform(1.5, 3.0)), 0.0) for k in range(6)}
    model = KeywordModel({**weights, "Muslim": (identity_weight, 0.0)}, bias=(0.0, 3.5))
    texts = []
    for _ in range(120):
        words = [*rng.choice(list(weights), size=6), *(["Muslim"] if rng.random() < 0.5 else [])]
        texts.append(" ".join(rng.permutation(words).tolist()))
    example_id = np.array([f"e{index}" for index in range(len(texts))], dtype=object)
    logits = model.logits(model.prepare(texts))
    ref = DatasetRef("test", "planted", None, "", len(texts), len(texts), {"text": "text"})
    predictions = Predictions(
        "test", example_id, np.argmax(logits, axis=1).astype(np.int64), 2, logits=logits
    )
    return trial_context(
        audit,
        task=TASK,
        predictions=[predictions],
        rows={"test": Dataset(ref, example_id, list(texts))},
        model=model,
        options={"rows": 20, "samples": 32, "reference_rows": 8, "lists": ["en"]},
        seed=seed,
    )
