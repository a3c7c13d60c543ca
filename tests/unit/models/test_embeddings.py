"""Capability ``embeddings`` of text models: the same function of the input as through token ids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.attributions import Method
from harness.engines.attribution import attribute
from harness.records import Task
from models.text import MODALITY, TextClassifier

TASK = Task(kind="text-classification", modality="text", classes=("benign", "toxic"))
TURNED = Task(kind="text-classification", modality="text", classes=("toxic", "benign"))
FAMILIES = ("bert", "distilbert", "roberta", "gpt2", "llama")


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module", params=FAMILIES)
def model(
    request: pytest.FixtureRequest, tiny_models: Any, tmp_path_factory: Any
) -> TextClassifier:
    folder = tmp_path_factory.mktemp("embeddings") / request.param
    tiny_models.tiny_classifier(folder, family=request.param)
    return MODALITY.load(str(folder), task=TASK, device="cpu")


def logits_of(model: TextClassifier, items: Any, embeddings: Any) -> Any:
    with model.differentiating():
        return model.logits_from_embeddings(items, embeddings).detach().numpy()


def stop_while_frozen(model: TextClassifier) -> None:
    with model.differentiating():
        assert not any(weight.requires_grad for weight in model.network.parameters())
        raise RuntimeError("stop")


def test_every_family_offers_embeddings(model: TextClassifier) -> None:
    assert "embeddings" in model.capabilities
    assert not [note for note in model.notes if note.id == "model.no-embeddings"]


def test_embeddings_give_the_logits_of_ids_padded_and_alone(
    model: TextClassifier, tiny_models: Any
) -> None:
    items = model.prepare([*tiny_models.TEXTS, "", "a"])
    expected = model.logits(items)
    scale = 1e-5 * (1 + np.abs(expected).max())  # the self-test's own tolerance
    np.testing.assert_allclose(
        logits_of(model, items, model.embed(items)), expected, atol=scale, rtol=0
    )
    for item, one in zip(items, expected, strict=True):
        np.testing.assert_allclose(
            logits_of(model, [item], model.embed([item]))[0], one, atol=scale, rtol=0
        )


def test_classes_stand_in_the_order_of_the_task(tiny_bert: Path, tiny_models: Any) -> None:
    turned = MODALITY.load(str(tiny_bert), task=TURNED, device="cpu")
    items = turned.prepare(tiny_models.TEXTS)
    np.testing.assert_allclose(
        logits_of(turned, items, turned.embed(items)), turned.logits(items), atol=1e-5
    )


def test_a_model_that_padding_disturbs_is_differentiated_in_rows_of_equal_length(
    model: TextClassifier, tiny_models: Any
) -> None:
    items = model.prepare(tiny_models.TEXTS)
    expected = logits_of(model, items, model.embed(items))
    side, model._feeder.padding = model.padding, None
    try:
        np.testing.assert_allclose(logits_of(model, items, model.embed(items)), expected, atol=1e-5)
    finally:
        model._feeder.padding = side


def test_words_of_every_family_add_up_and_special_tokens_hold_nothing(
    model: TextClassifier, tiny_models: Any
) -> None:
    items = model.prepare([*tiny_models.TEXTS, ("a pair", "of two texts")])
    words = attribute(model, items, method=Method(steps=16), token_budget=64)
    tokens = attribute(model, items, method=Method(steps=16, unit="token"), token_budget=64)
    for i, item in enumerate(items):
        assert len(words.of(i)) == len(model.parts(item))
        assert len(tokens.of(i)) == item.length
        assert not tokens.of(i)[~model.is_content(item)].any()
        assert words.of(i).sum() == pytest.approx(tokens.of(i).sum(), abs=1e-9)
        assert words.of(i).sum() - words.gap[i] == pytest.approx(words.whole[i] - words.blank[i])
    # 16 nodes on large random weights: rounding for most families, 0.1 logits for the roughest
    assert np.median(np.abs(words.gap)) < 0.2


def test_rows_without_words_have_nothing_to_attribute(model: TextClassifier) -> None:
    items = model.prepare(["", "a", "word " * 20_000])
    assert items[2].is_truncated
    for method in (Method(), Method(id="gradient-x-input"), Method(id="gradient-norm")):
        found = attribute(model, items, method=method, token_budget=64)
        assert len(found.of(0)) == 0
        assert len(found.of(1)) == 1
        assert len(found.of(2)) == len(model.parts(items[2]))
        assert np.isfinite(found.values).all()
    assert found.n_gradients.tolist()[0] == 0


def test_parameters_and_their_gradients_are_left_as_they_were(model: TextClassifier) -> None:
    import torch

    weights = list(model.network.parameters())
    weights[0].grad = torch.ones_like(weights[0])
    weights[1].requires_grad_(False)
    model.network.train()
    try:
        before = torch.random.get_rng_state()
        attribute(model, model.prepare(["a text"]), method=Method(steps=2), token_budget=64)
        assert (weights[0].grad == 1).all()
        assert all(weight.grad is None for weight in weights[1:])
        assert [weight.requires_grad for weight in weights[:3]] == [True, False, True]
        assert all(part.training for part in model.network.modules())
        assert torch.equal(torch.random.get_rng_state(), before)
        with pytest.raises(RuntimeError, match="stop"):
            stop_while_frozen(model)
        assert [weight.requires_grad for weight in weights[:3]] == [True, False, True]
    finally:
        weights[0].grad = None
        weights[1].requires_grad_(True)
        model.network.eval()


def graphs() -> int:
    """Return how many tensors are alive that hold on to a forward pass."""
    import gc

    import torch

    gc.collect()
    alive = [one for one in gc.get_objects() if type(one) is torch.Tensor]
    return sum(one.grad_fn is not None for one in alive)


def test_no_graph_of_a_forward_pass_is_left_behind(model: TextClassifier, tiny_models: Any) -> None:
    before = graphs()
    found = attribute(model, model.prepare(tiny_models.TEXTS), method=Method(), token_budget=64)
    assert found.n_gradients.sum() > 0
    assert graphs() == before


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_model_in_half_precision_offers_embeddings_too(tiny_bert: Path, dtype: str) -> None:
    model = MODALITY.load(str(tiny_bert), task=TASK, device="cpu", dtype=dtype)
    assert "embeddings" in model.capabilities
    items = model.prepare(["a text", "and a longer one"])
    found = attribute(model, items, method=Method(id="gradient-x-input"), token_budget=64)
    assert np.isfinite(found.values).all()


def test_a_network_that_takes_no_embeddings_says_why_and_offers_occlusion(
    tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import _embeddings

    def refuse(fed: Any, embeddings: Any) -> Any:
        raise NotImplementedError("quantised: no backward")

    monkeypatch.setattr(_embeddings, "_by_input", refuse)
    monkeypatch.setattr(_embeddings, "_by_hook", refuse)
    model = MODALITY.load(str(tiny_bert), task=TASK, device="cpu")
    assert "embeddings" not in model.capabilities
    (note,) = [note for note in model.notes if note.id == "model.no-embeddings"]
    assert "quantised: no backward" in note.text
    assert "occlusion" in note.text


def test_the_embedding_layer_can_be_exchanged_where_embeddings_are_not_taken(
    tiny_bert: Path, tiny_models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import _embeddings

    plain = MODALITY.load(str(tiny_bert), task=TASK, device="cpu")
    items = plain.prepare(tiny_models.TEXTS)
    expected = attribute(plain, items, method=Method(steps=4), token_budget=64)

    def refuse(fed: Any, embeddings: Any) -> Any:
        raise NotImplementedError("Passing input embeddings is currently not supported")

    monkeypatch.setattr(_embeddings, "_by_input", refuse)
    hooked = MODALITY.load(str(tiny_bert), task=TASK, device="cpu")
    assert "embeddings" in hooked.capabilities
    found = attribute(hooked, items, method=Method(steps=4), token_budget=64)
    np.testing.assert_allclose(found.values, expected.values, atol=1e-5)
    assert not any(part._forward_hooks for part in hooked.network.modules())


def test_embeddings_that_differ_from_ids_are_not_offered(
    tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import _embeddings

    inner = _embeddings._by_input
    monkeypatch.setattr(_embeddings, "_by_input", lambda fed, z: inner(fed, z) + z.sum() * 1e-4)
    monkeypatch.setattr(_embeddings, "_by_hook", lambda fed, z: inner(fed, z.detach()))
    model = MODALITY.load(str(tiny_bert), task=TASK, device="cpu")
    assert "embeddings" not in model.capabilities
