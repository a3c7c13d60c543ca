"""The same methods on small text classifiers, beside Captum and plain loops."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation

from harness.attributions import Method
from harness.engines.perturbation import (
    Asker,
    leads,
    orders_of,
    perturb,
    perturb_in_full,
    removal_scores,
)
from harness.engines.prediction import predict
from harness.engines.stitching import sum_by, words_of
from harness.records import Task
from models.text import MODALITY

TASK = Task("text-classification", "text", ("benign", "toxic"))
TEXTS = ["The parcel came late and the box was broken.", "No", "", "你好，我的包裹还没有到。"]


@pytest.fixture(scope="module")
def models(tiny_models: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("perturbed")
    return {
        family: MODALITY.load(
            str(tiny_models.tiny_classifier(folder / family, family=family)),
            task=TASK,
            device="cpu",
        )
        for family in ("bert", "gpt2")
    }


def explain(model: Any, method: Method) -> tuple[Any, Any]:
    items = model.prepare(TEXTS)
    logits = predict(model, items, token_budget=512)
    return items, perturb(model, items, method=method, logits=logits, ask=Asker(model, 512))


def test_occlusion_by_token_equals_captums_ablation_of_the_same_tokens(models: Any) -> None:
    model = models["bert"]
    items, found = explain(model, Method("occlusion", unit="token"))
    mask = model._encoder.tokenizer.mask_token_id
    for row, item in enumerate(items):

        def lead(ids: torch.Tensor, row: int = row) -> torch.Tensor:
            logits = model.network(input_ids=ids.long()).logits.detach().numpy()
            return torch.from_numpy(leads(logits, found.target[row], found.runner_up[row]))

        theirs = FeatureAblation(lead).attribute(
            torch.from_numpy(item.arrays["input_ids"])[None], baselines=mask
        )[0]
        own = words_of(model.parts(item), item.length) >= 0
        np.testing.assert_allclose(found.of(row)[own], theirs.numpy()[own], atol=1e-5)
        assert not found.of(row)[~own].any()


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("method", ["occlusion", "shapley-sampling", "kernel-shap", "lime"])
def test_values_of_words_and_tokens_have_the_shape_of_the_text(
    models: Any, family: str, method: str
) -> None:
    model = models[family]
    for unit in ("word", "token"):
        items, found = explain(model, Method(method, unit=unit, n_samples=8))
        n_parts = [len(model.parts(item)) for item in items]
        expected = n_parts if unit == "word" else [item.length for item in items]
        assert np.diff(found.starts).tolist() == expected
        assert found.status[2] == "nothing-to-attribute"
        assert np.abs(found.gap).max() < 1e-6
        assert np.isfinite(found.values).all()
        assert found.values.any()


def test_a_complete_method_by_token_adds_up_by_word_too(models: Any) -> None:
    model = models["bert"]
    items, tokens = explain(model, Method("kernel-shap", unit="token"))
    for row, item in enumerate(items):
        parts = model.parts(item)
        words = sum_by(tokens.of(row), words_of(parts, item.length), len(parts))
        change = tokens.whole[row] - tokens.blank[row]
        assert words.sum() == pytest.approx(change, abs=1e-6)


def test_a_baseline_of_padding_is_another_question_than_that_of_masks(models: Any) -> None:
    _, masked = explain(models["bert"], Method("occlusion"))
    items, padded = explain(models["bert"], Method("occlusion", baseline="pad"))
    assert not np.allclose(masked.values, padded.values, atol=1e-3)
    model = models["bert"]
    part = model.parts(items[0])[3]
    less = model.without_tokens(items[0], part.positions, by="pad")
    after = leads(model.logits([less]), padded.target[0], padded.runner_up[0])
    assert padded.of(0)[3] == pytest.approx(padded.whole[0] - after[0], abs=1e-5)


@pytest.mark.parametrize("removal", ["mask", "pad", "delete"])
def test_curves_take_words_away_as_they_are_told(models: Any, removal: Any) -> None:
    model = models["bert"]
    items, found = explain(model, Method("occlusion"))
    logits = predict(model, items, token_budget=512)
    curve = removal_scores(
        model,
        items,
        {"x": orders_of(found)},
        logits=logits,
        ask=Asker(model, 512),
        removal=removal,
    )["x"]
    top = model.parts(items[0])[orders_of(found)[0][0]]
    less = model.without_tokens(items[0], top.positions, by=removal)
    lead = leads(model.logits([less]), found.target[0], found.runner_up[0])[0]
    assert curve.without[0] == pytest.approx(1 / (1 + np.exp(-lead)), abs=1e-6)


def test_rows_share_batches_and_change_nothing_of_each_other(models: Any) -> None:
    model = models["bert"]
    items = model.prepare(TEXTS)
    logits = predict(model, items, token_budget=512)
    method = Method("shapley-sampling", n_samples=4)
    together = perturb_in_full(
        model, items, method=method, logits=logits, ask=Asker(model, 512)
    ).attributions
    for row, item in enumerate(items):
        alone = perturb(model, [item], method=method, logits=logits[[row]], ask=Asker(model, 64))
        np.testing.assert_allclose(alone.values, together.of(row), atol=1e-5)
