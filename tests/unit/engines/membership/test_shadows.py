"""Likelihood ratios against shadows, and the shadows that are last layers."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from harness.engines.membership import halves, likelihood_ratio, offline_ratio, phi, shadow_logits
from harness.errors import ShapeError
from harness.stats import delong


def world(n=400, s=16, effect=1.0, seed=0):
    """Rows of different difficulty; a model that has seen a row says ``effect`` more of it."""
    rng = np.random.default_rng(seed)
    hard = 3 * rng.normal(size=n)
    is_in = halves(n, s, rng)
    shadow = hard + effect * is_in + 0.5 * rng.normal(size=(s, n))
    is_member = rng.random(n) < 0.5
    own = hard + effect * is_member + 0.5 * rng.normal(size=n)
    return own, shadow, is_in, is_member


def area(signal, is_member):
    return delong(signal, is_member).value


@pytest.mark.parametrize("s", [4, 16, 64])
def test_what_is_easy_for_all_models_does_not_count(s):
    own, shadow, is_in, is_member = world(s=s)
    assert area(own, is_member) < 0.65
    assert area(likelihood_ratio(own, shadow, is_in), is_member) > 0.85
    # without shadows that saw the row, and none that did among the others
    out = np.where(is_in, shadow - 1.0, shadow)
    assert area(offline_ratio(own, out), is_member) > 0.85


def test_a_shadow_model_says_nothing_of_a_model_that_has_learnt_nothing():
    own, shadow, is_in, is_member = world(effect=0.0, n=2000)
    found = delong(likelihood_ratio(own, shadow, is_in), is_member)
    assert found.low < 0.5 < found.high


def test_each_side_has_its_own_spread():
    """A released implementation took the spread of the one side for both."""
    rng = np.random.default_rng(0)
    is_in = np.zeros((4000, 1), dtype=bool)
    is_in[:2000] = True
    shadow = np.where(is_in, 5 + rng.normal(size=(4000, 1)), 3 * rng.normal(size=(4000, 1)))
    own = np.array([2.0])
    expected = (-np.log(1) - (2 - 5) ** 2 / 2) - (-np.log(3) - 2**2 / (2 * 9))
    assert likelihood_ratio(own, shadow, is_in)[0] == pytest.approx(expected, abs=0.2)


def test_the_spread_between_rows_is_no_part_of_that_of_one_row():
    own, shadow, is_in, _ = world(s=4, effect=0.0)
    scaled = likelihood_ratio(own + np.arange(400) * 50, shadow + np.arange(400) * 50, is_in)
    np.testing.assert_allclose(scaled, likelihood_ratio(own, shadow, is_in), atol=1e-6)


def test_a_row_that_all_shadows_saw_has_no_ratio():
    own, shadow, is_in, _ = world()
    is_in[:, 0], is_in[:, 1] = True, False
    found = likelihood_ratio(own, shadow, is_in)
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2:]).all()
    assert np.isfinite(offline_ratio(own, shadow[:1])).all()


def test_half_of_the_heads_see_each_row():
    found = halves(101, 8, np.random.default_rng(0))
    assert (found.sum(axis=0) == 4).all()
    assert set(found.sum(axis=1).tolist()) == {50, 51}


def test_heads_are_those_of_one_logistic_regression_after_the_other():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)) * [1, 5, 0.2, 1, 1, 1]
    label = rng.integers(0, 3, 300)
    is_in = halves(300, 4, rng)
    found = shadow_logits(x, label, is_in, n_classes=3, n_steps=1000)
    scaled = np.column_stack([StandardScaler().fit_transform(x), np.ones(300)])
    for head, own in enumerate(is_in):
        model = LogisticRegression(
            C=1 / (1e-4 * own.sum()), max_iter=5000, tol=1e-8, fit_intercept=False
        )
        expected = model.fit(scaled[own], label[own]).predict_proba(scaled)
        # ours computes in float32
        np.testing.assert_allclose(softmax(found[head], axis=1), expected, atol=1e-3)


@pytest.mark.parametrize("d", [40, 120, 240])
def test_heads_find_more_of_the_rows_that_a_head_was_fitted_on_than_it_says_itself(d):
    rng = np.random.default_rng(0)
    x, label = rng.normal(size=(300, d)), rng.integers(0, 2, 300)
    is_member = np.arange(300) < 150
    target = shadow_logits(x, label, is_member[None], n_classes=2)[0]
    is_in = halves(300, 64, rng)
    shadow = shadow_logits(x, label, is_in, n_classes=2)
    alone = phi(target, label)
    found = likelihood_ratio(alone, phi(shadow, label), is_in)
    assert area(found, is_member) > area(alone, is_member) + 0.03
    assert area(found, is_member) > 0.7


def test_wrong_shapes_are_refused():
    with pytest.raises(ShapeError):
        likelihood_ratio(np.zeros(2), np.zeros((3, 2)), np.zeros((2, 2), bool))
    with pytest.raises(ShapeError):
        shadow_logits(np.zeros((3, 2)), np.zeros(2, int), np.zeros((2, 3), bool), n_classes=2)
