"""Methods on frozen features and by Fairlearn, against what they stand for."""

from __future__ import annotations

import numpy as np
import pytest

from harness.commands.mitigation.by_fairlearn import (
    drawn,
    fit_reduction,
    fit_thresholds,
    reduction_probability,
    threshold_probability,
)
from harness.commands.mitigation.last_layer import Scale, balanced_draw, check_cells, fit_layer
from harness.commands.mitigation.teaching import Aim, cells_of, difference_on
from harness.errors import DataError, UsageError


def spurious(n: int, *, kept: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features (what decides, the group), label, group; benign rows of a are rare where kept < 1."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, 4 * n)
    is_a = rng.random(4 * n) < 0.5
    stays = ~(is_a & (label == 0)) | (rng.random(4 * n) < kept)
    label, is_a = label[stays][:n], is_a[stays][:n]
    core = label + rng.normal(0, 0.8, len(label))
    features = np.stack([core, is_a + rng.normal(0, 0.05, len(label)), rng.normal(size=len(label))])
    return features.T, label, np.where(is_a, "a", "b").astype(object)


def test_a_last_layer_on_balanced_rows_takes_the_planted_difference_away() -> None:
    from sklearn.linear_model import LogisticRegression

    x, y, groups = spurious(2000, kept=0.05, seed=0)
    test_x, test_y, test_groups = spurious(4000, kept=1.0, seed=1)
    aim, inside = Aim("g", "fpr", 1), {g: test_groups == g for g in "ab"}
    plain = LogisticRegression().fit(x, y).predict(test_x)
    before = difference_on(aim, inside, plain, test_y)
    cell, _ = cells_of(groups, y)
    weight, bias = fit_layer(x, y, cell, n_classes=2, strength=1.0, rng=np.random.default_rng(0))
    after = difference_on(aim, inside, (test_x @ weight.T + bias).argmax(1), test_y)
    assert before is not None
    assert after is not None
    assert before > 0.3
    assert after < 0.08


def test_on_balanced_rows_the_layer_is_the_regression_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(3)
    x = rng.normal(size=(400, 4)) * [1, 5, 0.1, 2] + 3
    y, groups = np.arange(400) % 2, np.where(np.arange(400) % 4 < 2, "a", "b").astype(object)
    x[:, 0] += y
    cell, _ = cells_of(groups, y)
    weight, bias = fit_layer(x, y, cell, n_classes=2, strength=0.5, rng=rng)
    fitted = LogisticRegression(C=0.5, max_iter=500).fit(Scale.of(x)(x), y)
    odds = x @ (weight[1] - weight[0]) + bias[1] - bias[0]
    # every draw is the whole set in another order: only the solver's tolerance differs
    np.testing.assert_allclose(odds, fitted.decision_function(Scale.of(x)(x)), atol=2e-3)


def test_three_classes_keep_their_rows() -> None:
    rng = np.random.default_rng(5)
    y = np.arange(600) % 3
    x = np.eye(3)[y] * 2 + rng.normal(size=(600, 3))
    cell = y.astype(np.int64)
    weight, bias = fit_layer(x, y, cell, n_classes=3, strength=1.0, rng=rng)
    assert ((x @ weight.T + bias).argmax(1) == y).mean() > 0.8


def test_a_balanced_draw_has_as_many_rows_of_every_cell_and_none_without_a_group() -> None:
    cell = np.array([0] * 50 + [1] * 7 + [2] * 9 + [-1] * 30)
    rows = balanced_draw(cell, np.random.default_rng(0))
    assert np.bincount(cell[rows]).tolist() == [7, 7, 7]
    assert len(set(rows.tolist())) == 21


def test_cells_that_are_too_small_are_named() -> None:
    cell, label = np.array([0] * 9 + [1] * 2), np.array([0] * 9 + [1] * 2)
    with pytest.raises(DataError, match="2 in b, class 1"):
        check_cells(cell, ["a, class 0", "b, class 1"], label, 2)
    with pytest.raises(DataError, match="none of class 1"):
        check_cells(np.array([0] * 9), ["a, class 0"], np.zeros(9, dtype=np.int64), 3)


def scored_rows(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label, is_a = rng.integers(0, 2, n), rng.random(n) < 0.5
    score = 1 / (1 + np.exp(-(2 * label - 1 + 1.2 * is_a - 0.6 + rng.normal(0, 1, n))))
    return score, label, np.where(is_a, "a", "b").astype(object)


def test_group_thresholds_equalise_the_rate_on_other_rows() -> None:
    score, label, groups = scored_rows(3000, 0)
    new, new_label, new_groups = scored_rows(6000, 1)
    aim, inside = Aim("g", "fpr", 1), {g: new_groups == g for g in "ab"}
    fallback = new >= 0.5
    before = difference_on(aim, inside, fallback.astype(np.int64), new_label)
    optimizer = fit_thresholds(aim, score, groups, label)
    chance, n_other = threshold_probability(optimizer, new, new_groups, fallback)
    decision = drawn(chance, [str(row) for row in range(6000)], 0, 1)
    after = difference_on(aim, inside, decision, new_label)
    assert before is not None
    assert after is not None
    assert before > 0.25
    assert after < 0.06
    assert n_other == 0


def test_rows_of_an_unknown_group_are_decided_as_before_and_counted() -> None:
    score, label, groups = scored_rows(800, 2)
    optimizer = fit_thresholds(Aim("g", "tpr", 1), score, groups, label)
    chance, n_other = threshold_probability(
        optimizer,
        np.array([0.1, 0.9, 0.9]),
        np.array(["", "c", "c"], dtype=object),
        np.array([False, True, False]),
    )
    assert chance.tolist() == [0, 1, 0]
    assert n_other == 3


def test_what_thresholds_cannot_do_is_said() -> None:
    score, label, groups = scored_rows(200, 3)
    with pytest.raises(UsageError, match="be one of tpr, fpr, selection-rate"):
        fit_thresholds(Aim("g", "error-rate", 1), score, groups, label)
    label[groups == "a"] = 1
    with pytest.raises(DataError, match="rows of one class only in 'a'"):
        fit_thresholds(Aim("g", "tpr", 1), score, groups, label)


@pytest.mark.parametrize("constraint", ["fpr", "selection-rate"])
def test_the_reduction_makes_a_planted_difference_smaller_on_other_rows(constraint: str) -> None:
    x, y, groups = spurious(1200, kept=0.1, seed=4)
    new_x, new_y, new_groups = spurious(3000, kept=1.0, seed=5)
    aim, inside = Aim("g", constraint, 1), {g: new_groups == g for g in "ab"}
    scale = Scale.of(x)
    found = []
    for bound in (1.0, 0.02):  # a bound of 1 constrains nothing
        mixture = fit_reduction(aim, scale(x), groups, y, bound=bound, strength=1.0, max_iter=15)
        chance = reduction_probability(mixture, scale(new_x))
        decision = drawn(chance, [str(row) for row in range(3000)], 0, 1)
        found.append(difference_on(aim, inside, decision, new_y))
    assert found[0] > 0.2
    assert found[1] < found[0] / 2


def test_lots_fall_by_row_and_seed_alone_and_with_their_probability() -> None:
    ids = [f"row{row}" for row in range(4000)]
    chance = np.full(4000, 0.3)
    first = drawn(chance, ids, 0, 1)
    assert (first == drawn(chance, ids, 0, 1)).all()
    assert (first != drawn(chance, ids, 1, 1)).any()
    back = drawn(chance, ids[::-1], 0, 1)[::-1]
    assert (first == back).all()
    # 4 standard errors of a share of 0.3 in 4,000
    assert abs(first.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)
    assert drawn(np.array([0.0, 1.0]), ["a", "b"], 0, 0).tolist() == [1, 0]
