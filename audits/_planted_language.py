"""Contexts with planted defects about rows that a toy language model reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data import Dataset
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Prompting, Task
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import Audit, AuditContext
    from harness.modelling import Model
    from harness.toy_language import ToyLanguageModel

    Columns = Mapping[str, NDArray[np.object_]]


def planted_language(
    subject: Audit,
    model: ToyLanguageModel,
    rows: Sequence[str | tuple[str, ...]],
    *,
    seed: int,
    options: Mapping[str, Any] | None = None,
    classes: Sequence[str] = (TARGET,),
    label: NDArray[np.int64] | None = None,
    groups: Columns | None = None,
    controls: Columns | None = None,
    reference: Callable[[], Model] | None = None,
) -> AuditContext:
    """Return a context in which a language model has answered rows.

    Args:
        subject: Whose context it is.
        model: Answers, and is asked again.
        rows: Texts, prompts with completions, or questions with choices; n of them.
        seed: Of the run.
        options: Of the audit.
        classes: What is decided between; nothing by default.
        label: Shape [n]; None for data without labels.
        groups: Column → values, shape [n].
        controls: Control column → values, shape [n].
        reference: Loads what the model was fine-tuned from.
    """
    n, kind = len(rows), "text-generation" if len(classes) == 1 else "multiple-choice"
    example_id = np.array([f"e{index}" for index in range(n)], dtype=object)
    logits = model.logits(model.prepare(rows))
    ref = DatasetRef("test", "planted", None, "", n, n, {"text": "text"})
    columns: dict[str, Any] = {"groups": dict(groups or {}), "label": label}
    predictions = Predictions(
        "test",
        example_id,
        logits.argmax(axis=1).astype(np.int64),
        len(classes),
        logits=logits,
        controls=dict(controls or {}),
        **columns,
    )
    dataset = Dataset(ref, example_id, list(rows), control=dict(controls or {}), **columns)
    return trial_context(
        subject,
        task=Task(kind, "causal-lm", tuple(classes), prompting=Prompting()),
        predictions=[predictions],
        rows={"test": dataset},
        model=model,
        options=options,
        reference=reference,
        seed=seed,
    )
