"""Influence of training rows for real architectures: whole models, adapters, decoders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from audits.mislabelled import mislabelled
from audits.training_evidence import training_evidence
from harness.auditing import Audit
from harness.data import Dataset
from harness.engines.influence import (
    SparseProjection,
    evidence_for,
    projected,
    read_gradients,
    read_last_layer,
)
from harness.errors import MethodRefused, ModelError, UsageError
from harness.modelling import flatten_gradients
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import run_audit, trial_context
from models.text import MODALITY

TASK = Task("text-classification", "text", ("benign", "toxic"))
LABELS = np.array([0, 1, 1, 0, 1, 0, 0])


@pytest.fixture(scope="module")
def bert(tiny_bert: Path) -> Any:
    return MODALITY.load(str(tiny_bert), task=TASK, device="cpu")


@pytest.fixture(scope="module")
def items(bert: Any, tiny_models: ModuleType) -> Any:
    return bert.prepare(tiny_models.TEXTS[:7])


def products(model: Any, items: Any, parameters: list[str] | None) -> Any:
    """Products of whole gradients, all of them in memory."""
    flat = flatten_gradients(
        model.per_example_gradients(items, LABELS[: len(items)], parameters=parameters)
    ).astype(np.float64)
    return flat @ flat.T


def test_last_layer_influence_is_that_of_the_gradients_of_the_classifier(
    bert: Any, items: Any
) -> None:
    traces = read_last_layer(bert, [items[:3], items[3:]], LABELS, n=7, token_budget=64)
    found = traces.influence_on(slice(0, 7), traces)
    # two ways through float32
    np.testing.assert_allclose(
        found, products(bert, items, ["classifier.weight"]), rtol=1e-3, atol=1e-5
    )


def test_captum_over_the_whole_network_agrees(bert: Any, items: Any) -> None:
    """Captum's way: batches that are tuples with the label last, here of rows of one length."""
    from captum.influence import TracInCPFast

    class Network(torch.nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, ids: Any, mask: Any) -> Any:
            return self.inner(input_ids=ids, attention_mask=mask).logits

    longest = max(item.length for item in items)
    ids, mask = np.zeros((7, longest), dtype=np.int64), np.zeros((7, longest), dtype=np.int64)
    for row, item in enumerate(items):
        ids[row, : item.length] = item.arrays["input_ids"]
        mask[row, : item.length] = 1
    tensors = [torch.from_numpy(one) for one in (ids, mask, LABELS)]
    network = Network(bert.network)
    flags = [weight.requires_grad for weight in network.parameters()]
    try:
        tracer = TracInCPFast(
            network,
            network.inner.classifier,
            torch.utils.data.TensorDataset(*tensors),
            ["final"],
            checkpoints_load_func=lambda model, path: 1.0,
            loss_fn=torch.nn.CrossEntropyLoss(reduction="sum"),
            batch_size=3,
        )
        expected = tracer.influence(tuple(tensors)).detach().numpy()
    finally:
        for weight, flag in zip(network.parameters(), flags, strict=True):
            weight.requires_grad_(flag)
    traces = read_last_layer(bert, [items], LABELS, n=7, token_budget=64)
    found = traces.influence_on(slice(0, 7), traces)
    # padding moves logits by some 1e-6
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_an_adapter_is_traced_by_what_it_trains(adapter: Path, body: Path, task: Task) -> None:
    model = MODALITY.load(str(body), task=task, device="cpu", adapter=str(adapter))
    items = model.prepare(
        [f"parcel {word} now" for word in ("letter", "order", "refund", "service", "x", "y", "z")]
    )
    before = [weight.requires_grad for weight in model.network.parameters()]
    whole = read_gradients(
        model, [items], LABELS, projection=SparseProjection(200_000), token_budget=64
    )
    exact = products(model, items, None)
    np.testing.assert_allclose(whole.influence_on(slice(0, 7), whole), exact, rtol=1e-3, atol=1e-6)
    short = read_gradients(
        model, [items[:2], items[2:]], LABELS, projection=SparseProjection(2048), token_budget=64
    )
    off = short.influence_on(slice(0, 7), short) - exact
    size = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    # five standard errors of a projection to 2,048 numbers
    assert np.abs(off / size).max() < 5 * np.sqrt(2 / 2048)
    assert short.features is not None
    np.testing.assert_allclose(short.features, model.last_features(items), atol=1e-5)
    assert [weight.requires_grad for weight in model.network.parameters()] == before
    by_layer = evidence_for(model, items, LABELS, items[:2], k=3, token_budget=64)
    assert by_layer.index.shape == (2, 3)


@pytest.mark.parametrize("classes", [("benign", "toxic"), ("a", "b", "c")])
def test_a_decoder_is_traced_by_gradients_and_shows_which_rows_are_near(
    classes: tuple[str, ...], tiny_models: ModuleType, tmp_path: Path
) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "m", family="gpt2", classes=classes)
    model = MODALITY.load(
        str(folder), task=Task("text-classification", "text", classes), device="cpu"
    )
    items = model.prepare(tiny_models.TEXTS[:6])
    with pytest.raises(MethodRefused, match="trace gradients"):
        evidence_for(model, items, LABELS[:6], items)
    top = evidence_for(
        model, items, LABELS[:6], items, k=5, trace="gradients", parameters=["score.weight"]
    )
    assert top.nearest is not None
    assert top.cosine is not None
    # what the classifier reads: the last hidden state of the last token
    states = []
    for item in items:
        ids = torch.from_numpy(item.arrays["input_ids"])[None]
        with torch.inference_mode():
            states.append(model.network.transformer(ids).last_hidden_state[0, -1].numpy())
    unit = np.stack(states) / np.linalg.norm(states, axis=1)[:, None]
    expected = np.take_along_axis(unit @ unit.T, top.index, axis=1)
    np.testing.assert_allclose(top.cosine, expected, atol=1e-4)


def test_gradients_without_the_last_layer_know_no_neighbours(
    tiny_models: ModuleType, tmp_path: Path
) -> None:
    model = MODALITY.load(
        str(tiny_models.tiny_classifier(tmp_path / "m", family="gpt2")), task=TASK, device="cpu"
    )
    items = model.prepare(tiny_models.TEXTS[:6])
    top = evidence_for(
        model, items, LABELS[:6], items[:2], k=3, trace="gradients", parameters=["*.ln_f.*"]
    )
    assert top.nearest is None
    assert top.cosine is None
    assert (top.influence[:, 0] > 0).all()


def test_parameters_that_are_too_many_or_unknown_are_refused(
    bert: Any, items: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"projection": SparseProjection(64), "token_budget": 64}
    with pytest.raises(ModelError):
        read_gradients(bert, [items], LABELS, parameters=["nothing.*"], **given)
    monkeypatch.setattr(projected, "MOST_ENTRIES", 50)
    for parameters in (None, ["classifier.*"]):
        with pytest.raises(UsageError, match=r"must have 1 to 50 entries, got \d+. Name some"):
            read_gradients(bert, [items], LABELS, parameters=parameters, **given)


@pytest.mark.parametrize("subject", [mislabelled, training_evidence], ids=lambda one: one.id)
def test_the_audits_measure_a_decoder_by_its_gradients_and_say_how_where_nobody_asked(
    subject: Audit, tiny_models: ModuleType, tmp_path: Path
) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "m", family="gpt2")
    model = MODALITY.load(str(folder), task=TASK, device="cpu")
    n = len(tiny_models.TEXTS)
    label = np.arange(n) % 2
    ref = DatasetRef("train", "memory", None, "", n, n, {})
    ids = np.array([f"e{row}" for row in range(n)], dtype=object)
    train = Dataset(ref, ids, list(tiny_models.TEXTS), label=label)
    decision = model.logits(model.prepare(train.inputs)).argmax(axis=1)

    def values(options: Any) -> dict[str, Any]:
        context = trial_context(
            subject,
            task=TASK,
            predictions=[Predictions("test", ids, decision, 2, label=1 - decision)],
            rows={"test": replace(train, ref=replace(ref, name="test"))},
            train=train,
            model=model,
            seed=0,
            options=options,
        )
        return {one.measure.split(".")[1]: one.estimate for one in run_audit(subject, context)}

    told = next(iter(values({}).values())).why_undefined.text
    assert f"Set audits.{subject.id}.trace to gradients" in told
    found = values({"trace": "gradients", "parameters": ["score.weight"]})
    wanted = {"suspect-share"} if subject is mislabelled else set(found)
    assert all(found[name].is_measured for name in wanted), found
