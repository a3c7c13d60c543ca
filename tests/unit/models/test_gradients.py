from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import ContractError, ModelError
from harness.modelling import HasPerExampleGradients, flatten_gradients
from models.text import MODALITY

TEXTS = ["No", "please call me back, this is urgent!", "thank you", "my refund is missing now"]
LABELS = np.array([0, 1, 0, 1])
FAMILIES = ("bert", "distilbert", "roberta", "gpt2", "llama")


def open_double(folder: Path, task: Any, **settings: Any) -> Any:
    """Open a model and compute in float64, so that only a wrong formula can differ by 1e-6."""
    model = MODALITY.load(str(folder), task=task, device="cpu", **settings)
    model.network.double()
    return model


def loop(model: Any, names: list[str]) -> dict[str, np.ndarray]:
    """One forward and one backward pass for each example, alone and unpadded."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    weights = dict(model.network.named_parameters())
    flags = [weight.requires_grad for weight in weights.values()]
    for name, weight in weights.items():
        weight.requires_grad_(name in found)
    for item, label in zip(model.prepare(TEXTS), LABELS, strict=True):
        ids = torch.from_numpy(item.arrays["input_ids"])[None]
        logits = model.network(input_ids=ids).logits
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([label]))
        gradients = torch.autograd.grad(loss, [weights[n] for n in names], allow_unused=True)
        for name, gradient in zip(names, gradients, strict=True):
            zero = torch.zeros_like(weights[name])
            found[name].append((zero if gradient is None else gradient).numpy())
    for weight, flag in zip(weights.values(), flags, strict=True):
        weight.requires_grad_(flag)
    return {name: np.stack(rows) for name, rows in found.items()}


def named_as(folder: Path, task: Any) -> Any:
    """The task with the classes that this folder names."""
    names = json.loads((folder / "config.json").read_text())["id2label"]
    return replace(task, classes=tuple(names[str(i)] for i in range(len(names))))


def state(model: Any) -> Any:
    return (
        [part.training for part in model.network.modules()],
        [weight.requires_grad for weight in model.network.parameters()],
        [weight.grad for weight in model.network.parameters()],
        [len(p._forward_hooks) + len(p._backward_hooks) for p in model.network.modules()],
    )


def assert_close(found: Any, expected: Any) -> None:
    for name, values in expected.items():
        # the answer is float32: 1e-6 relative to the largest entry; the gradient of a key's bias is
        # zero, and what is left of it is the rounding of float64
        scale = np.abs(values).max()
        assert np.abs(found[name] - values).max() <= 1e-6 * scale + 1e-14, name


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_those_of_single_backward_passes(
    tiny_models, task, tmp_path: Path, family: str
) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "model", family=family, classes=task.classes)
    model = open_double(folder, task)
    before = state(model)
    found = model.per_example_gradients(model.prepare(TEXTS), LABELS)
    assert state(model) == before
    names = [name for name, _ in model.network.named_parameters()]
    assert set(found) == set(names)
    assert_close(found, loop(model, names))
    assert isinstance(model, HasPerExampleGradients)


def test_gradients_are_those_of_torch_func(tiny_models, task, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "model", classes=task.classes)
    model = open_double(folder, task)
    model.network.set_attn_implementation("eager")
    items = model.prepare(TEXTS)
    names = ["classifier.weight", "bert.encoder.layer.1.output.LayerNorm.weight"]
    weights = {n: w.detach() for n, w in model.network.named_parameters() if n in names}
    padded = max(item.length for item in items)
    ids = torch.zeros((4, padded), dtype=torch.int64)
    mask = torch.zeros((4, padded), dtype=torch.int64)
    for row, item in enumerate(items):
        ids[row, : item.length] = torch.from_numpy(item.arrays["input_ids"])
        mask[row, : item.length] = 1

    def losses(chosen: Any) -> Any:
        given = {"input_ids": ids, "attention_mask": mask}
        logits = torch.func.functional_call(model.network, chosen, kwargs=given).logits
        return torch.nn.functional.cross_entropy(logits, torch.tensor(LABELS), reduction="none")

    expected = torch.func.jacrev(losses)(weights)
    found = model.per_example_gradients(items, LABELS, parameters=names)
    assert set(found) == set(names)
    assert_close(found, {name: one.detach().numpy() for name, one in expected.items()})


def test_an_adapter_is_differentiated_where_it_is_trained(adapter: Path, body: Path, task) -> None:
    model = open_double(body, task, adapter=str(adapter))
    before = state(model)
    found = model.per_example_gradients(model.prepare(TEXTS), LABELS)
    assert state(model) == before
    assert all("lora_" in name or "modules_to_save" in name for name in found)
    assert {name.rpartition(".")[0].rpartition(".")[0].rpartition(".")[2] for name in found} >= {
        "lora_A",
        "lora_B",
    }
    assert_close(found, loop(model, list(found)))


@pytest.mark.parametrize("family", FAMILIES)
def test_one_backward_pass_suffices_for_known_layers(
    tiny_models, task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    from models import _gradients

    folder = tiny_models.tiny_classifier(tmp_path / "model", family=family, classes=task.classes)
    model = MODALITY.load(str(folder), task=task, device="cpu")
    alone: set[str] = set()
    one_by_one = _gradients._one_by_one

    def spy(losses: Any, weights: Any) -> Any:
        alone.update(weights)
        return one_by_one(losses, weights)

    monkeypatch.setattr(_gradients, "_one_by_one", spy)
    model.per_example_gradients(model.prepare(TEXTS), LABELS)
    # Llama has normalising layers of its own kind
    assert all("norm" in name for name in alone)
    assert bool(alone) is (family == "llama")


def test_parameters_are_chosen_by_name_and_pattern(tiny_models, task, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "model", classes=task.classes)
    model = MODALITY.load(str(folder), task=task, device="cpu")
    items = model.prepare(TEXTS)
    found = model.per_example_gradients(items, LABELS, parameters=["classifier.*"])
    assert {name: one.shape for name, one in found.items()} == {
        "classifier.weight": (4, 2, 32),
        "classifier.bias": (4, 2),
    }
    flat = flatten_gradients(found)
    assert flat.shape == (4, 66)
    assert flat.dtype == np.float32
    # the last layer's gradient is (scores - label) outer hidden state
    scores = np.exp(model.logits(items))
    scores /= scores.sum(1, keepdims=True)
    expected = scores - np.eye(2)[LABELS]
    np.testing.assert_allclose(found["classifier.bias"], expected, atol=1e-6)
    with pytest.raises(ModelError, match="fits none of"):
        model.per_example_gradients(items, LABELS, parameters=["head.*"])


def test_another_loss_has_other_gradients(tiny_models, task, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "model", classes=task.classes)
    model = MODALITY.load(str(folder), task=task, device="cpu")
    items = model.prepare(TEXTS)
    found = model.per_example_gradients(
        items,
        LABELS,
        parameters=["classifier.bias"],
        loss=lambda logits, label: logits.gather(1, label[:, None])[:, 0],
    )
    np.testing.assert_allclose(found["classifier.bias"], np.eye(2)[LABELS], atol=1e-6)


@pytest.mark.parametrize(
    ("labels", "got"),
    [
        ([0, 1], r"int64 of shape \(2,\)"),
        ([0, 1, 0, 1, 0], r"int64 of shape \(5,\)"),
        ([0.0, 1.0, 0.0, 1.0], r"float64 of shape \(4,\)"),
        ([0, 2, 0, 1], "2"),
        ([0, -100, 0, 1], "-100"),
    ],
)
def test_labels_that_do_not_belong_to_the_examples_are_refused(
    tiny_bert: Path, task, labels: list[float], got: str
) -> None:
    model = MODALITY.load(str(tiny_bert), task=named_as(tiny_bert, task), device="cpu")
    items = model.prepare(TEXTS)
    with pytest.raises(
        ContractError, match=rf"labels must be 4 whole numbers in 0\.\.1.* got {got}"
    ):
        model.per_example_gradients(items, np.array(labels))


def test_a_loss_that_mixes_the_examples_is_refused(tiny_bert: Path, task) -> None:
    model = MODALITY.load(str(tiny_bert), task=named_as(tiny_bert, task), device="cpu")
    with pytest.raises(ContractError, match=r"loss must give one number for each of .* examples"):
        model.per_example_gradients(
            model.prepare(TEXTS), LABELS, loss=torch.nn.functional.cross_entropy
        )


def test_classes_in_another_order_keep_their_gradients(tiny_models, task, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "model", classes=task.classes[::-1])
    model = MODALITY.load(str(folder), task=task, device="cpu")
    found = model.per_example_gradients(
        model.prepare(TEXTS), LABELS, parameters=["classifier.bias"]
    )["classifier.bias"]
    scores = np.exp(model.logits(model.prepare(TEXTS)))
    scores /= scores.sum(1, keepdims=True)
    # entry 0 of the bias is that of the model's first class, the task's second
    np.testing.assert_allclose(found[:, ::-1], scores - np.eye(2)[LABELS], atol=1e-6)


def test_layers_that_mix_examples_are_differentiated_one_by_one() -> None:
    from models._gradients import gradients_of_losses

    class Mixing(torch.nn.Module):
        """The same layer twice, once on examples in another order; and a weight without a layer."""

        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(3, 3)
            self.free = torch.nn.Parameter(torch.ones(3))

        def forward(self, given: Any) -> Any:
            return (self.layer(self.layer(given).flip(0)).flip(0) * self.free).sum(1) ** 2

    torch.manual_seed(0)
    network = Mixing().double()
    given = torch.randn(4, 3, dtype=torch.float64)
    names = ["layer.weight", "layer.bias", "free"]
    found = gradients_of_losses(network, names, lambda: network(given), 4)
    for i in range(4):
        loss = network(given)[i]
        expected = torch.autograd.grad(
            loss, [network.layer.weight, network.layer.bias, network.free]
        )
        for name, one in zip(names, expected, strict=True):
            torch.testing.assert_close(found[name][i], one)
