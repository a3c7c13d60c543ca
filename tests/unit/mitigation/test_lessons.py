"""Losses and samplers of training methods against hand computation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.commands.mitigation.pairing import PairedLoss, PairSampler, augmented, swap_by
from harness.commands.mitigation.robust import GroupDro
from harness.data import Dataset
from harness.records import DatasetRef

LOGITS = [[0.0, 2.0], [1.0, 0.0], [0.5, 0.5]]


def cross_entropy(logits: list[float], label: int) -> float:
    return math.log(sum(math.exp(one) for one in logits)) - logits[label]


def test_group_dro_moves_its_weights_and_weighs_losses_as_algorithm_1_says() -> None:
    loss, eta = GroupDro(3, 0.5), 0.5
    logits = torch.tensor(LOGITS, requires_grad=True)
    label, cell = torch.tensor([1, 1, 0]), torch.tensor([0, 2, 2])
    found = loss(logits, label, torch.arange(3), {"cell": cell})
    by_cell = [
        cross_entropy(LOGITS[0], 1),
        0.0,  # nobody of cell 1 is in the batch
        (cross_entropy(LOGITS[1], 1) + cross_entropy(LOGITS[2], 0)) / 2,
    ]
    grown = np.array([math.exp(eta * one) / 3 for one in by_cell])
    q = grown / grown.sum()
    np.testing.assert_allclose(loss.q.numpy(), q, rtol=1e-6)  # float32
    assert found.item() == pytest.approx(float(q @ by_cell), rel=1e-6)
    loss(logits, label, torch.arange(3), {"cell": cell})
    again = q * np.exp(eta * np.array(by_cell))
    np.testing.assert_allclose(loss.q.numpy(), again / again.sum(), rtol=1e-6)
    assert found.requires_grad
    assert not loss.q.requires_grad


def test_without_a_step_group_dro_is_the_mean_over_cells() -> None:
    loss = GroupDro(2, 0.0)
    logits = torch.tensor(LOGITS, requires_grad=True)
    found = loss(logits, torch.tensor([1, 1, 0]), None, {"cell": torch.tensor([0, 1, 1])})
    cells = (
        cross_entropy(LOGITS[0], 1),
        (cross_entropy(LOGITS[1], 1) + cross_entropy(LOGITS[2], 0)) / 2,
    )
    assert found.item() == pytest.approx(sum(cells) / 2, rel=1e-6)


def test_objects_that_train_differently_have_different_digests() -> None:
    assert GroupDro(3, 0.1).digest != GroupDro(3, 0.2).digest
    assert GroupDro(3, 0.1).digest != GroupDro(4, 0.1).digest
    assert GroupDro(3, 0.1).digest == GroupDro(3, 0.1).digest
    assert PairedLoss(1.0).digest != PairedLoss(2.0).digest
    assert PairSampler(np.array([0, 0])).digest != PairSampler(np.array([-1, -1])).digest


def test_logit_pairing_is_cross_entropy_plus_the_distance_of_log_odds() -> None:
    logits = torch.tensor([*LOGITS, [3.0, 1.0]], requires_grad=True)
    label = torch.tensor([1, 0, 0, 0])
    values = {"pair": torch.tensor([5, -1, -1, 5])}
    found = PairedLoss(0.7)(logits, label, torch.arange(4), values)
    plain = np.mean(
        [cross_entropy(row, one) for row, one in zip(logits.tolist(), label.tolist(), strict=True)]
    )
    # log odds of row 0: 2 - 0; of row 3: 1 - 3
    assert found.item() == pytest.approx(plain + 0.7 * abs(2 - (-2)), rel=1e-6)
    alone = {"pair": torch.tensor([5, -1, -1, 6])}
    assert PairedLoss(0.7)(logits, label, None, alone).item() == pytest.approx(plain, rel=1e-6)


def test_logit_pairing_of_three_classes_ignores_a_common_shift() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0]], requires_grad=True)
    pair = {"pair": torch.tensor([0, 0])}
    label = torch.tensor([0, 0])
    apart = PairedLoss(1.0)(logits, label, None, pair) - PairedLoss(0.0)(logits, label, None, pair)
    assert apart.item() == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 30), st.integers(0, 31), st.integers(0, 99), st.sampled_from([2, 4, 16]))
@settings(deadline=None, max_examples=60)
def test_pairs_always_stand_in_one_batch_and_every_row_comes_once(
    n_pairs: int, n_alone: int, epoch: int, batch_size: int
) -> None:
    pair = np.concatenate([np.arange(n_pairs), np.full(n_alone, -1), np.arange(n_pairs)]).astype(
        np.int64
    )
    order = list(PairSampler(pair).order(epoch, lengths=[], seed=1))
    assert sorted(order) == list(range(len(pair)))
    batch = {row: at // batch_size for at, row in enumerate(order)}
    for one in range(n_pairs):
        first, second = np.flatnonzero(pair == one).tolist()
        assert batch[first] == batch[second]


def rows(*texts: str) -> Dataset:
    n = len(texts)
    return Dataset(
        ref=DatasetRef("train", "train.csv", None, "0" * 64, n, n, {}),
        example_id=np.array([f"r{row}" for row in range(n)], dtype=object),
        inputs=list(texts),
        label=np.array([1, *[0] * (n - 1)], dtype=np.int64),
        groups={"g": np.array(["a"] * n, dtype=object)},
    )


def test_texts_get_a_counterfactual_below_and_keep_their_label() -> None:
    def swap(text: Any) -> Any:
        return text.replace("she", "he") if "she" in text else None

    both, pair = augmented(rows("she came", "it rains", "she left"), swap)
    assert both.inputs == ["she came", "it rains", "she left", "he came", "he left"]
    assert both.label is not None
    assert both.label.tolist() == [1, 0, 0, 1, 0]
    assert pair.tolist() == [0, -1, 1, 0, 1]
    assert len(set(both.example_id.tolist())) == 5
    assert both.ref.content_digest != rows("she came", "it rains", "she left").ref.content_digest


def test_the_word_lists_of_the_package_swap_identities_the_same_way_each_time() -> None:
    first, second = swap_by(["en"], 0), swap_by(["en"], 0)
    text = "A Muslim woman asked for the menu."
    other = first(text)
    assert other is not None
    assert other != text
    assert other == second(text)
    assert first("It rains.") is None
