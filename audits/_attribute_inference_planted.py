"""A model whose features count names that tell a region, beside one that reads only the matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import Audit, AuditContext

    IntArray = NDArray[np.int64]


def planted_context(subject: Audit, seed: int, *, reads_names: bool) -> AuditContext:
    """Return a context of 500 rows that name a person of a region, and say good or poor.

    Args:
        subject: The audit.
        seed: Of the rows.
        reads_names: Whether the features of the model count the names.
    """
    rng = np.random.default_rng([seed, 41])
    n = 500
    region, label = rng.integers(0, 2, n), rng.integers(0, 2, n)
    names = [[f"name{side}{k}" for k in range(8)] for side in (0, 1)]
    texts = [
        f"{rng.choice(names[own])} {'good' if k else 'poor'} word{rng.integers(30)}"
        for own, k in zip(region.tolist(), label.tolist(), strict=True)
    ]
    known = {"good": (0.0, 2.0), "poor": (2.0, 0.0)}
    if reads_names:
        known |= {one: (0.0, 0.0) for side in names for one in side}
    model = KeywordModel(known, (0.0, 0.0))
    rows = _planted_rows(texts, label)
    logits = model.logits(model.prepare(rows.inputs))
    groups = {"region": np.where(region == 1, "north", "south").astype(object)}
    predictions = Predictions(
        "test", rows.example_id, logits.argmax(axis=1), 2, logits=logits, label=label, groups=groups
    )
    return trial_context(
        subject,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[predictions],
        rows={"test": rows},
        model=model,
        seed=seed,
    )


def _planted_rows(texts: Sequence[str], label: IntArray) -> Dataset:
    n = len(texts)
    ids = np.array([f"e{row}" for row in range(n)], dtype=object)
    ref = DatasetRef("test", "planted", None, "", n, n, {"text": "text"})
    return Dataset(ref, ids, list(texts), label=label)
