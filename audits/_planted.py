"""Contexts with planted defects about texts that a toy model decides about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data import Dataset
from harness.engines.prediction import softmax64
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import Audit, AuditContext
    from harness.keywords import KeywordModel


def planted_texts(
    subject: Audit,
    model: KeywordModel,
    texts: Sequence[str],
    *,
    seed: int,
    options: Mapping[str, Any],
    label: NDArray[np.int64] | None = None,
    groups: Mapping[str, NDArray[np.object_]] | None = None,
    rationales: Sequence[list[int]] | None = None,
) -> AuditContext:
    """Return a context of two classes in which a model has decided about texts.

    Args:
        subject: Whose context it is.
        model: Decides, and is asked again.
        texts: n of them.
        seed: Of the run.
        options: Of the audit.
        label: Shape [n]; None for data without labels.
        groups: Column → values, shape [n].
        rationales: What people marked, n of them; None for data without.
    """
    example_id = np.array([f"e{index}" for index in range(len(texts))], dtype=object)
    logits = model.logits(model.prepare(texts))
    roles: dict[str, Any] = {"text": "text"}
    extra: dict[str, NDArray[np.object_]] = {}
    if rationales is not None:
        extra["rationale"] = np.empty(len(texts), dtype=object)
        extra["rationale"][:] = list(rationales)
        roles["rationale"] = "rationale"
    ref = DatasetRef("test", "planted", None, "", len(texts), len(texts), roles)
    predictions = Predictions(
        "test",
        example_id,
        np.argmax(logits, axis=1).astype(np.int64),
        2,
        logits=logits,
        scores=softmax64(logits),
        label=label,
        groups=dict(groups or {}),
    )
    return trial_context(
        subject,
        task=Task(kind="text-classification", modality="text", classes=("benign", "toxic")),
        predictions=[predictions],
        rows={
            "test": Dataset(ref, example_id, list(texts), groups=dict(groups or {}), extra=extra)
        },
        model=model,
        options=options,
        seed=seed,
    )
