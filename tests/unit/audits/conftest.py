"""Small tables of predictions, and an audit run on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.attributions import Attributions, Method
from harness.auditing import Audit
from harness.data import Dataset
from harness.engines.prediction import softmax64
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Measurement, Prompting, Task
from harness.toy_language import ToyLanguageModel
from harness.trials import make_context, run_audit


@pytest.fixture
def table() -> Callable[..., Predictions]:
    """Predictions of a data set called test, from labels and decisions."""

    def build(label: Any, decision: Any, *, n_classes: int = 2, **more: Any) -> Predictions:
        decided = np.asarray(decision, dtype=np.int64)
        return Predictions(
            more.pop("dataset", "test"),
            np.array([f"e{index}" for index in range(len(decided))], dtype=object),
            decided,
            n_classes,
            label=None if label is None else np.asarray(label, dtype=np.int64),
            **more,
        )

    return build


@pytest.fixture
def rows() -> Callable[..., Dataset]:
    """Rows of a data set, from texts."""

    def build(texts: Sequence[str], *, name: str = "test", label: Any = None) -> Dataset:
        ref = DatasetRef(name, "memory", None, "", len(texts), len(texts), {})
        ids = np.array([f"e{index}" for index in range(len(texts))], dtype=object)
        return Dataset(ref, ids, list(texts), label=None if label is None else np.asarray(label))

    return build


@pytest.fixture
def measure(tmp_path: Path) -> Callable[..., dict[str, Measurement]]:
    """Run an audit; returns ``<measure id>[<slice>]`` → measurement, ``@<data set>`` beyond one."""

    def run(
        subject: Audit, *predictions: Predictions, classes: Sequence[str] = (), **more: Any
    ) -> dict[str, Measurement]:
        names = tuple(classes) or tuple(f"c{k}" for k in range(predictions[0].n_classes))
        prepared = make_context(
            subject,
            task=Task("text-classification", "text", names),
            predictions=predictions,
            seed=more.pop("seed", 0),
            folder=tmp_path,
            **more,
        )
        found = run_audit(subject, prepared.context, reasons=prepared.reasons)
        return {
            f"{one.measure.split('.')[1]}[{one.slice}]"
            + (f"@{one.dataset}" if len(predictions) > 1 else ""): one
            for one in found
        }

    return run


@pytest.fixture
def explained() -> Callable[..., Attributions]:
    """Attributions by word that are known by hand, by a method that promises no completeness."""

    def build(
        values: Sequence[Sequence[float]], *, target: Sequence[int], runner_up: Sequence[int]
    ) -> Attributions:
        k = len(values)
        zeros, counts = np.zeros(k), np.zeros(k, dtype=np.int64)
        return Attributions(
            method=Method(id="occlusion"),
            starts=np.cumsum([0, *map(len, values)]),
            values=np.concatenate([np.array(each) for each in values]),
            target=np.array(target),
            runner_up=np.array(runner_up),
            whole=zeros,
            blank=zeros,
            gap=zeros,
            status=np.array(["not-checked"] * k, dtype=object),
            top_overlap=zeros + 1,
            n_gradients=counts,
            n_forwards=counts,
        )

    return build


@pytest.fixture
def decided(
    table: Callable[..., Predictions],
    rows: Callable[..., Dataset],
    measure: Callable[..., dict[str, Measurement]],
) -> Callable[..., dict[str, Measurement]]:
    """Run an audit of explanations on texts that a keyword model decides about."""

    def run(
        subject: Audit, texts: Sequence[str], model: KeywordModel, **more: Any
    ) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(texts))
        own = {name: more.pop(name) for name in ("cluster", "groups") if name in more}
        predictions = table(
            more.pop("label", None),
            logits.argmax(axis=1),
            n_classes=model.n_classes,
            logits=logits,
            scores=softmax64(logits),
            **own,
        )
        extra = {}
        for name, cells in more.pop("extra", {}).items():
            extra[name] = np.empty(len(texts), dtype=object)
            extra[name][:] = list(cells)
        dataset = replace(rows(texts), extra=extra)
        return measure(subject, predictions, rows={"test": dataset}, model=model, **more)

    return run


@pytest.fixture
def spoken(
    table: Callable[..., Predictions], rows: Callable[..., Dataset], tmp_path: Path
) -> Callable[..., dict[str, Measurement]]:
    """Run an audit on inputs that a toy language model reads; returns what ``measure`` does."""

    def run(
        subject: Audit, inputs: Sequence[Any], model: ToyLanguageModel, **more: Any
    ) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(inputs))
        kind = "text-generation" if model.n_classes == 1 else "multiple-choice"
        names = (
            (TARGET,) if model.n_classes == 1 else tuple(f"c{k}" for k in range(model.n_classes))
        )
        own = {one: more.pop(one) for one in ("cluster", "groups", "controls") if one in more}
        label = more.pop("label", None)
        predictions = table(
            label,
            logits.argmax(axis=1),
            n_classes=model.n_classes,
            logits=logits,
            scores=softmax64(logits),
            **own,
        )
        prepared = make_context(
            subject,
            task=Task(kind, "causal_lm", names, prompting=more.pop("prompting", Prompting())),
            predictions=[predictions],
            rows={"test": rows(inputs, label=label)},
            model=model,
            seed=more.pop("seed", 0),
            folder=tmp_path,
            **more,
        )
        found = run_audit(subject, prepared.context, reasons=prepared.reasons)
        return {f"{one.measure.split('.')[1]}[{one.slice}]": one for one in found}

    return run
