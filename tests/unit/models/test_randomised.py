"""Weights that are drawn anew for a while, and put back bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from harness.modelling import CanBeRandomised
from harness.records import Task
from models.text import MODALITY, TextClassifier

TASK = Task(kind="text-classification", modality="text", classes=("benign", "toxic"))


@pytest.fixture(scope="module")
def model(tiny_bert: Path) -> TextClassifier:
    return MODALITY.load(str(tiny_bert), task=TASK, device="cpu")


def state(model: TextClassifier) -> dict[str, bytes]:
    return {name: one.numpy().tobytes() for name, one in sorted(model.network.state_dict().items())}


class Stopped(Exception):
    pass


@pytest.mark.parametrize("stops", [False, True])
def test_weights_come_back_bit_for_bit_whatever_happens(model: TextClassifier, stops: bool) -> None:
    assert isinstance(model, CanBeRandomised)
    items = model.prepare(["please call me back", "No"])
    before, logits = state(model), model.logits(items)
    generator = torch.random.get_rng_state()
    try:
        with model.randomised(3):
            changed = state(model)
            other = model.logits(items)
            if stops:
                raise Stopped
    except Stopped:
        pass
    assert state(model) == before
    assert torch.equal(torch.random.get_rng_state(), generator)
    np.testing.assert_array_equal(model.logits(items), logits)
    assert np.isfinite(other).all()
    assert not np.allclose(other, logits)
    weights = [name for name, one in model.network.named_parameters() if one.numel() > 8]
    assert all(changed[name] != before[name] for name in weights)


def test_the_same_seed_draws_the_same_weights(model: TextClassifier) -> None:
    drawn = []
    for seed in (1, 1, 2):
        with model.randomised(seed):
            drawn.append(state(model))
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_weight_keeps_its_values_in_another_order(model: TextClassifier) -> None:
    weight = next(iter(model.network.parameters()))
    before = weight.detach().clone()
    with model.randomised(0):
        assert torch.equal(weight.flatten().sort().values, before.flatten().sort().values)
