"""One suite over every modality that discovery finds: its model is asked the way engines ask it."""

from __future__ import annotations

import inspect
import json
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.data import TableSpec, load_dataset, split_dataset
from harness.engines.prediction import predict
from harness.modelling import (
    CAPABILITIES,
    HasEmbeddings,
    HasParts,
    HasPerExampleGradients,
    Modality,
    Model,
    TrainRequest,
    flatten_gradients,
)
from harness.records import Task

MODALITIES = sorted(registry.discover("models").items)
TEXTS = [
    "help now please",
    "thank you",
    "water is everywhere in the cellar and it rises",
    "",
    "no hurry at all",
]
TINY = {
    "type": "bert",
    "vocabulary": 200,
    "hidden_size": 16,
    "layers": 1,
    "heads": 2,
    "intermediate_size": 16,
    "max_positions": 16,
}


@pytest.fixture(scope="module", params=MODALITIES)
def modality(request: pytest.FixtureRequest) -> Modality:
    found: Modality = registry.discover("models").items[request.param]
    return found


@pytest.fixture(scope="module")
def task(modality: Modality) -> Task:
    return Task(kind=sorted(modality.tasks)[0], modality=modality.id, classes=("routine", "urgent"))


@pytest.fixture(scope="module")
def request_(
    modality: Modality, task: Task, tmp_path_factory: pytest.TempPathFactory
) -> TrainRequest:
    """A small training."""
    folder = tmp_path_factory.mktemp(modality.id)
    rng = random.Random(0)
    lines = ["text,label"]
    for i in range(64):
        label = rng.choice(task.classes)
        lines.append(f"{'help now' if label == 'urgent' else 'thank you'} number {i},{label}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = load_dataset(
        TableSpec(path=folder / "rows.csv", text="text", label="label"), task, name="train", seed=0
    )
    train, validation = split_dataset(rows, share=0.25, seed=0)
    return TrainRequest(
        task=task,
        train=train,
        validation=validation,
        options={"epochs": 1.0, "batch_size": 16, "max_tokens": 16},
        output=folder / "model",
        workspace=folder / "work",
        seed=0,
        device="cpu",
        architecture=TINY,
    )


@pytest.fixture(scope="module")
def model(modality: Modality, task: Task, request_: TrainRequest) -> Model:
    return modality.load(str(modality.train(request_)), task=task, device="cpu")


def state(model: Model) -> dict[str, Any]:
    """Everything that asking must not change."""
    import torch

    found: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),
        "torch": torch.random.get_rng_state().tolist(),
    }
    network = next(
        (value for value in vars(model).values() if isinstance(value, torch.nn.Module)), None
    )
    if network is not None:
        found["training"] = [part.training for part in network.modules()]
        found["grad"] = [weight.requires_grad for weight in network.parameters()]
        found["hooks"] = [
            len(part._forward_hooks) + len(part._backward_hooks) for part in network.modules()
        ]
        found["weights"] = [weight.detach().sum().item() for weight in network.parameters()]
    return found


def test_discovery_finds_modalities_without_a_problem() -> None:
    found = registry.discover("models")
    assert "text" in found.items
    assert not found.problems


def test_it_declares_its_tasks_and_explains_itself(modality: Modality) -> None:
    assert modality.tasks
    assert inspect.getdoc(inspect.getmodule(type(modality)))


def test_it_keeps_the_protocols_that_its_capabilities_promise(model: Model, task: Task) -> None:
    assert isinstance(model, Model)
    assert model.capabilities <= set(CAPABILITIES)
    assert model.n_classes == len(task.classes)
    assert isinstance(model, HasParts) is ("parts" in model.capabilities)
    can = "per-example-gradients" in model.capabilities
    assert isinstance(model, HasPerExampleGradients) is can


def test_logits_are_finite_and_of_the_promised_shape(model: Model) -> None:
    logits = model.logits(model.prepare(TEXTS))
    assert logits.shape == (len(TEXTS), model.n_classes)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("token_budget", [8, 20, 4096])
def test_logits_do_not_depend_on_the_batch(model: Model, token_budget: int) -> None:
    items = model.prepare(TEXTS)
    alone = np.concatenate([model.logits([item]) for item in items])
    # 1e-5: the promise of the prediction engine in float32
    np.testing.assert_allclose(
        predict(model, items, token_budget=token_budget), alone, atol=1e-5, rtol=0
    )


def test_the_same_question_gets_the_same_bytes(model: Model) -> None:
    items = model.prepare(TEXTS)
    assert model.logits(items).tobytes() == model.logits(items).tobytes()


def test_the_model_and_global_state_are_left_as_they_were(model: Model) -> None:
    before = state(model)
    model.logits(model.prepare(TEXTS))
    assert state(model) == before


def test_they_are_left_as_they_were_after_an_exception_too(model: Model) -> None:
    before = state(model)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, nothing may be left behind
        model.logits([object()])  # type: ignore[list-item]
    assert state(model) == before


def test_items_say_their_length_key_and_truncation(model: Model) -> None:
    items = model.prepare(["a b", "a b", "word " * 500])
    assert items[0].key == items[1].key
    assert items[0].key != items[2].key
    assert [item.is_truncated for item in items] == [False, False, True]
    assert all(item.length >= 0 for item in items)


def test_parts_stand_in_order_and_can_be_taken_away_one_by_one(model: Model) -> None:
    if not isinstance(model, HasParts):
        pytest.skip("this modality has no parts")
    item = model.prepare(["help now please thank you"])[0]
    parts = model.parts(item)
    assert [part.index for part in parts] == list(range(len(parts)))
    covered = [position for part in parts for position in part.positions]
    assert covered == sorted(set(covered))
    keys = {model.without(item, [part.index]).key for part in parts}
    assert len(keys) == len(parts)
    assert item.key not in keys
    assert model.without(item, []).key == item.key


def test_preparing_nothing_gives_nothing(model: Model) -> None:
    assert model.prepare([]) == []


def test_gradients_of_examples_do_not_depend_on_the_batch(model: Model) -> None:
    if not isinstance(model, HasPerExampleGradients):
        pytest.skip("this modality gives no gradients")
    items, labels = model.prepare(TEXTS), np.array([0, 1, 0, 1, 0])
    before = state(model)
    together = flatten_gradients(model.per_example_gradients(items, labels))
    assert state(model) == before
    alone = [
        flatten_gradients(model.per_example_gradients([item], labels[i : i + 1]))
        for i, item in enumerate(items)
    ]
    assert together.shape[0] == len(items)
    assert np.abs(together).max() > 0
    # 1e-5 of the largest entry: float32, padding and batching
    np.testing.assert_allclose(
        together, np.concatenate(alone), atol=1e-5 * np.abs(together).max(), rtol=0
    )


def test_gradients_leave_the_model_as_it_was_after_an_exception_too(model: Model) -> None:
    if not isinstance(model, HasPerExampleGradients):
        pytest.skip("this modality gives no gradients")
    items, labels = model.prepare(TEXTS), np.array([0, 1, 0, 1, 0])

    def stop(logits: Any, label: Any) -> Any:
        raise RuntimeError("stop")

    before = state(model)
    with pytest.raises(RuntimeError, match="stop"):
        model.per_example_gradients(items, labels, loss=stop)
    assert state(model) == before


def embedding_model(model: Model) -> Any:
    if "embeddings" not in model.capabilities:
        pytest.skip("this modality has no embeddings")
    assert isinstance(model, HasEmbeddings)
    return model


def test_embeddings_give_the_logits_of_their_inputs_in_any_batch(model: Model) -> None:
    flat = embedding_model(model)
    items = model.prepare(TEXTS)
    before = state(model)
    embedded = flat.embed(items)
    assert len(embedded) == sum(item.length for item in items)
    assert not embedded.requires_grad
    with flat.differentiating():
        logits = flat.logits_from_embeddings(items, embedded)
    # 1e-5: the promise of the capability in float32
    np.testing.assert_allclose(
        logits.detach().numpy(), model.logits(items), atol=1e-5 * (1 + abs(logits).max().item())
    )
    assert state(model) == before


def test_what_stands_in_another_row_has_no_gradient(model: Model) -> None:
    import torch

    flat = embedding_model(model)
    items = model.prepare(TEXTS)
    embedded = flat.embed(items).requires_grad_()
    with flat.differentiating():
        logits = flat.logits_from_embeddings(items, embedded)
        (gradient,) = torch.autograd.grad(logits[2].sum(), embedded)
    owner = np.repeat(np.arange(len(items)), [item.length for item in items])
    assert gradient[owner == 2].abs().sum() > 0
    assert not gradient[owner != 2].any()


def test_filled_items_are_as_long_and_differ_in_content_only(model: Model) -> None:
    flat = embedding_model(model)
    for item in model.prepare(TEXTS):
        content = flat.is_content(item)
        assert content.shape == (item.length,)
        for kind in ("mask", "pad"):
            blank = flat.filled(item, kind)
            assert blank.length == item.length
            same = (flat.embed([blank]) == flat.embed([item])).all(-1).numpy()
            assert same[~content].all()
            assert not content.any() or not same[content].all()


def test_differentiating_leaves_the_model_as_it_was_after_an_exception_too(model: Model) -> None:
    flat = embedding_model(model)
    before = state(model)
    with pytest.raises(RuntimeError, match="stop"), flat.differentiating():
        raise RuntimeError("stop")
    assert state(model) == before


class HandedIn:
    """An objective, a sampler and a choice of parameters that note that they were asked."""

    name = "handed-in"
    digest = "0" * 64

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __len__(self) -> int:
        return 32

    def order(self, epoch: int, *, lengths: Any, seed: int) -> list[int]:
        self.asked.add("sampler")
        return list(range(32))


class Loss(HandedIn):
    def __call__(self, logits: Any, label: Any, rows: Any, values: Any) -> Any:
        self.asked.add("objective")
        assert rows.tolist() == values["row"].tolist()
        return (logits**2).mean() + logits.sum() * 0.1


class Choice(HandedIn):
    def __call__(self, name: str) -> bool:
        self.asked.add("trainable")
        return name.endswith("bias")


def test_what_a_caller_hands_in_is_used_and_recorded(
    modality: Modality, request_: TrainRequest, tmp_path: Any
) -> None:
    loss, choice, sampler = Loss(), Choice(), HandedIn()
    output = modality.train(
        replace(
            request_,
            output=tmp_path / "model",
            workspace=tmp_path / "work",
            objective=loss,
            sampler=sampler,
            trainable=choice,
            row_values={"row": np.arange(request_.train.n)},
        )
    )
    assert (loss.asked, choice.asked, sampler.asked) == ({"objective"}, {"trainable"}, {"sampler"})
    lineage = json.loads((output / "lineage.json").read_text())
    handed_in = lineage["handed_in"]
    for kind in ("objective", "sampler", "trainable"):
        assert handed_in[kind] == {"name": "handed-in", "digest": "0" * 64}
    assert lineage["n_trained_parameters"] < lineage["n_parameters"]
