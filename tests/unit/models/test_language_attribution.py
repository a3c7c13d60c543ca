"""Attributions of what follows a prompt: one pass for all of its tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.attributions import Method
from harness.engines.attribution import attribute
from harness.errors import MethodRefused
from harness.records import TARGET, Prompting, Task
from models.causal_lm import MODALITY, CausalLanguageModel

WRITING = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting("Letter: {text}."))
ROWS = [
    ("The parcel came late", " and the box was broken"),
    ("please call me back", " now, this is urgent"),
]
STEPS = 32


@pytest.fixture(scope="module")
def model(tiny_llama: Path) -> CausalLanguageModel:
    return MODALITY.load(str(tiny_llama), task=WRITING, device="cpu")


def by_captum(model: CausalLanguageModel, item: Any) -> np.ndarray:
    """Layer integrated gradients of the summed log-probability, word by word."""
    from captum.attr import LayerIntegratedGradients

    ids = torch.from_numpy(item.arrays["input_ids"])[None]
    blank = torch.from_numpy(model.filled(item, "pad").arrays["input_ids"])[None]
    at = np.flatnonzero(item.arrays["segment"])
    token = ids[0, at]

    def likely(given: torch.Tensor) -> torch.Tensor:
        logs = model.network(given).logits.log_softmax(-1)
        return logs[:, at - 1].gather(2, token.expand(len(given), -1)[..., None]).sum((1, 2))

    layer = LayerIntegratedGradients(likely, model.network.get_input_embeddings())
    values = layer.attribute(ids, baselines=blank, n_steps=STEPS, method="gausslegendre")
    tokens = values.sum(-1)[0].detach().numpy()
    return np.array([tokens[list(part.positions)].sum() for part in model.parts(item)])


def test_one_pass_gives_what_captum_gives(model: CausalLanguageModel) -> None:
    items = model.prepare(ROWS)
    method = Method("integrated-gradients", baseline="pad", steps=STEPS)
    found = attribute(model, items, method=method, token_budget=512)
    for row, item in enumerate(items):
        expected = by_captum(model, item)
        # 2e-4 of the largest: float32, other order of sums
        np.testing.assert_allclose(found.of(row), expected, atol=2e-4 * np.abs(expected).max())


def test_values_add_up_to_what_the_words_do_to_the_log_probability(
    model: CausalLanguageModel,
) -> None:
    items = model.prepare(ROWS)
    method = Method("integrated-gradients", baseline="pad")
    found = attribute(model, items, method=method, token_budget=512)
    blank = model.logits([model.filled(item, "pad") for item in items])[:, 0]
    for row, change in enumerate((model.logits(items)[:, 0] - blank).tolist()):
        total = float(found.of(row).sum())
        assert found.status[row] in ("converged", "nothing-to-attribute")
        assert total == pytest.approx(change, abs=max(0.1, 0.06 * abs(change)))


def test_words_taken_away_are_those_of_the_prompt(model: CausalLanguageModel) -> None:
    (item,) = model.prepare(ROWS[:1])
    found = attribute(model, [item], method=Method("occlusion"), token_budget=512)
    whole = float(model.logits([item])[0, 0])
    without = [
        whole - float(model.logits([model.without(item, [part.index])])[0, 0])
        for part in model.parts(item)
    ]
    assert [part.content for part in model.parts(item)] == ["The", "parcel", "came", "late"]
    np.testing.assert_allclose(found.of(0), without, atol=1e-4)


def test_the_output_head_sees_no_more_than_what_follows(model: CausalLanguageModel) -> None:
    seen: list[int] = []
    head = model.network.get_output_embeddings()
    handle = head.register_forward_hook(
        lambda module, args, out: seen.append(out.numel() // out.shape[-1])
    )
    items = model.prepare(ROWS)
    with model.differentiating():
        model.logits_from_embeddings(items, model.embed(items))
    handle.remove()
    assert sum(seen) == sum(int(one.arrays["segment"].sum()) for one in items)


def test_classes_of_captum_for_language_models_are_refused_with_what_to_take(
    model: CausalLanguageModel,
) -> None:
    method = Method("captum:LLMGradientAttribution", engine="captum")
    with pytest.raises(MethodRefused, match="in one pass"):
        attribute(model, model.prepare(ROWS), method=method, token_budget=512)


def test_what_was_learnt_can_be_drawn_anew_for_a_while(model: CausalLanguageModel) -> None:
    items = model.prepare(ROWS)
    before = model.logits(items)
    with model.randomised(3):
        assert not np.allclose(model.logits(items), before, atol=0.1)
    np.testing.assert_array_equal(model.logits(items), before)


def test_the_gradient_of_a_text_does_not_depend_on_its_length_beside_others(
    model: CausalLanguageModel,
) -> None:
    items = model.prepare([ROWS[0], ("No", " refund " * 20)])
    labels = np.zeros(2, dtype=np.int64)
    name = ["model.layers.1.*"]
    both = model.per_example_gradients(items, labels, parameters=name)
    alone = model.per_example_gradients(items[:1], labels[:1], parameters=name)
    for key, value in alone.items():
        np.testing.assert_allclose(both[key][0], value[0], atol=1e-5 * np.abs(value).max() + 1e-7)
    weight = dict(model.network.named_parameters())["model.layers.1.mlp.up_proj.weight"]
    ids, at = items[0].arrays["input_ids"], np.flatnonzero(items[0].arrays["segment"])
    logs = model.network(torch.from_numpy(ids)[None]).logits[0].log_softmax(-1)
    loss = -logs[at - 1, ids[at]].mean()
    (expected,) = torch.autograd.grad(loss, weight)
    found = both["model.layers.1.mlp.up_proj.weight"][0]
    np.testing.assert_allclose(found, expected, atol=1e-5 * float(expected.abs().max()))
