"""The last layer of real architectures: its features give the logits, a copy with others is a model."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.errors import ContractError
from harness.modelling import HasLastLayer
from harness.records import Task
from models.text import MODALITY

TASK = Task("text-classification", "text", ("benign", "toxic"))
TEXTS = ["The parcel came late", "No", "please call me back, this is urgent!"]


def load(folder: Path, task: Task = TASK) -> Any:
    return MODALITY.load(str(folder), task=task, device="cpu")


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
def test_features_times_the_layer_are_the_logits(
    family: str, tiny_models: ModuleType, tmp_path: Path
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / family, family=family))
    assert "last-layer" in model.capabilities
    assert isinstance(model, HasLastLayer)
    items = model.prepare(TEXTS)
    weight, bias = model.last_layer()
    # float32
    found = model.last_features(items) @ weight.T + bias
    np.testing.assert_allclose(found, model.logits(items), atol=1e-5)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_decoders_say_that_they_have_no_such_layer(
    family: str, tiny_models: ModuleType, tmp_path: Path
) -> None:
    model = load(tiny_models.tiny_classifier(tmp_path / family, family=family))
    assert "last-layer" not in model.capabilities
    with pytest.raises(ContractError, match="every token"):
        model.last_layer()


def test_a_copy_with_another_layer_answers_by_it_and_the_model_stays(
    tiny_bert: Path, tmp_path: Path
) -> None:
    model = load(tiny_bert)
    items = model.prepare(TEXTS)
    before = model.logits(items)
    weight, bias = model.last_layer()
    model.save_with_last_layer(tmp_path / "new", -weight, bias + 1)
    expected = model.last_features(items) @ -weight.T + bias + 1
    np.testing.assert_allclose(load(tmp_path / "new").logits(items), expected, atol=1e-5)
    np.testing.assert_array_equal(model.logits(items), before)


def test_classes_in_another_order_keep_their_layer(tiny_models: ModuleType, tmp_path: Path) -> None:
    folder = tiny_models.tiny_classifier(tmp_path / "m", id2label={0: "toxic", 1: "benign"})
    model = load(folder)
    items = model.prepare(TEXTS)
    weight, bias = model.last_layer()
    np.testing.assert_allclose(
        model.last_features(items) @ weight.T + bias, model.logits(items), atol=1e-5
    )
    model.save_with_last_layer(tmp_path / "new", weight, bias)
    np.testing.assert_allclose(load(tmp_path / "new").logits(items), model.logits(items), atol=1e-5)
