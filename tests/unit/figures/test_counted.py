"""Counts and means of stored rows that a page draws: known answers."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from harness.figures.confusion import confusion_counts
from harness.figures.removal_curves import mean_curves
from harness.predictions import Predictions


def predictions(label, decision, n_classes=3):
    n = len(decision)
    return Predictions(
        dataset="test",
        example_id=np.array([f"e{i}" for i in range(n)], dtype=object),
        decision=np.array(decision),
        n_classes=n_classes,
        label=None if label is None else np.array(label),
    )


def test_confusion_counts_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    label, decision = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    expected = confusion_matrix(label, decision, labels=[0, 1, 2]).tolist()
    assert confusion_counts(predictions(label, decision), 3) == expected


def test_without_labels_nothing_is_counted():
    assert confusion_counts(predictions(None, [0, 1]), 3) is None


def test_a_mean_curve_joins_all_random_orders_and_keeps_them_last():
    points = [
        {"ranking": ranking, "n_taken": 1, "n_words": 10, "without": value, "kept": 1 - value}
        for ranking, value in (("random-0", 0.8), ("random-1", 0.6), ("occlusion", 0.2))
    ]
    first, control = mean_curves(points)
    assert (first.ranking, first.n, first.without) == ("occlusion", 1, 0.2)
    assert (control.ranking, control.n) == ("random", 2)
    assert control.without == pytest.approx(0.7)
    assert control.kept == pytest.approx(0.3)
    assert control.share == pytest.approx(0.1)


def test_steps_of_a_mean_curve_stand_in_order_of_the_share():
    points = [
        {"ranking": "occlusion", "n_taken": n, "n_words": 10, "without": n / 10, "kept": 0.5}
        for n in (9, 1, 5)
    ]
    assert [round(one.share, 1) for one in mean_curves(points)] == [0.1, 0.5, 0.9]
