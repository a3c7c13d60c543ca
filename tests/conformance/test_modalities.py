"""One suite over every modality that discovery finds: its model is asked the way engines ask it."""

from __future__ import annotations

import inspect
import random
from typing import Any

import numpy as np
import pytest

from harness import registry
from harness.data import TableSpec, load_dataset, split_dataset
from harness.engines.prediction import predict
from harness.modelling import CAPABILITIES, HasParts, Modality, Model, TrainRequest
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
def model(modality: Modality, task: Task, tmp_path_factory: pytest.TempPathFactory) -> Model:
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
    output = modality.train(
        TrainRequest(
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
    )
    return modality.load(str(output), task=task, device="cpu")


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
    if "parts" in model.capabilities:
        assert isinstance(model, HasParts)


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
