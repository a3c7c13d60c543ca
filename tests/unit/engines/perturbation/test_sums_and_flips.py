from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from harness.attributions import Method
from harness.engines.perturbation import (
    Asker,
    least_share_that_flips,
    orders_of,
    perturb,
    removal_scores,
    sensitivity,
    top_word_flips,
)
from harness.errors import MethodRefused, ShapeError
from harness.keywords import KeywordModel

LINEAR = KeywordModel({f"w{i}": (0.0, 0.1 * i) for i in range(1, 40)}, bias=(0.0, 1.0))
TEXTS = ["w1 w5 w3 w9 w7 w2", "w4 w1 w8 w2 w2", "w7", "w1 w2", ""]


def explain(model: Any, texts: Any, method: str = "occlusion", **settings: Any) -> Any:
    items = model.prepare(texts)
    ask = Asker(model, 1000)
    found = perturb(
        model, items, method=Method(method, **settings), logits=model.logits(items), ask=ask
    )
    return items, ask, found


def test_of_a_linear_model_every_sum_is_literally_true() -> None:
    items, ask, found = explain(LINEAR, TEXTS)
    seen = sensitivity(LINEAR, items, found, ask=ask)
    np.testing.assert_allclose(seen.attributed, seen.changed, atol=1e-5)
    np.testing.assert_allclose(seen.slope[:2], 1.0, atol=1e-5)
    np.testing.assert_allclose(seen.correlation[:2], 1.0, atol=1e-5)


def test_short_texts_have_no_correlation() -> None:
    items, ask, found = explain(LINEAR, TEXTS)
    seen = sensitivity(LINEAR, items, found, ask=ask)
    assert np.isnan(seen.correlation).tolist() == [False, False, True, True, True]
    assert np.isnan(seen.slope).tolist() == [False, False, True, False, True]


def test_doubled_values_halve_the_slope_and_swapped_ones_lose_the_correlation() -> None:
    text = " ".join(f"w{i}" for i in range(1, 20))
    items, ask, found = explain(LINEAR, [text])
    true = sensitivity(LINEAR, items, found, ask=ask)
    doubled = sensitivity(LINEAR, items, replace(found, values=2 * found.values), ask=ask)
    assert doubled.slope[0] == pytest.approx(true.slope[0] / 2)
    assert doubled.correlation[0] == pytest.approx(true.correlation[0])
    mixed = np.random.default_rng(0).permutation(found.values)
    wrong = sensitivity(LINEAR, items, replace(found, values=mixed), ask=ask, n_subsets=200)
    assert wrong.correlation[0] < 0.9
    flat = sensitivity(LINEAR, items, replace(found, values=0 * found.values), ask=ask)
    assert np.isnan([flat.correlation[0], flat.slope[0]]).all()


def test_slope_and_correlation_equal_those_of_statsmodels_and_numpy(make_table: Any) -> None:
    model = make_table(9, 2)
    items, ask, found = explain(model, [0], "shapley-sampling")
    seen = sensitivity(model, items, found, ask=ask)
    assert 10 < len(seen.changed) <= 20
    assert seen.slope[0] == pytest.approx(sm.OLS(seen.changed, seen.attributed).fit().params[0])
    ones = sm.add_constant(seen.attributed)
    r_squared = sm.OLS(seen.changed, ones).fit().rsquared
    assert seen.correlation[0] ** 2 == pytest.approx(r_squared)


def test_all_methods_of_a_row_are_asked_about_the_same_subsets(make_table: Any) -> None:
    model = make_table(9, 2)
    items, ask, found = explain(model, [0])
    sensitivity(model, items, found, ask=ask)
    before = ask.n_computed
    _, _, other = explain(model, [0], "kernel-shap")
    sensitivity(model, items, other, ask=ask)
    assert ask.n_computed == before


def test_values_that_do_not_fit_are_refused() -> None:
    items, ask, found = explain(LINEAR, TEXTS, unit="token")
    with pytest.raises(MethodRefused, match=r"method\.unit must be word, got 'token'"):
        sensitivity(LINEAR, items, found, ask=ask)
    items, ask, found = explain(LINEAR, TEXTS)
    with pytest.raises(ShapeError, match="one value for each part of each item"):
        sensitivity(LINEAR, items[1:], found, ask=ask)


# flips


def test_flips_are_those_of_a_model_known_by_hand() -> None:
    # the bias leads by 1 for class 0; words push towards class 1
    model = KeywordModel({"big": (0.0, 3.0), "some": (0.0, 0.75)}, bias=(1.0, 0.0))
    texts = ["big", "some some", "some some some no no no no", "no no", ""]
    items, ask, found = explain(model, texts)
    logits = model.logits(items)
    orders = orders_of(found)
    assert found.target.tolist() == [1, 1, 1, 0, 0]
    flips = top_word_flips(model, items, orders, logits=logits, ask=ask)
    assert flips.tolist() == [True, True, False, False, False]
    curve = removal_scores(
        model, items, {"x": orders}, logits=logits, ask=ask, variant="every-word"
    )["x"]
    assert least_share_that_flips(curve).tolist() == [1.0, 0.5, 2 / 7, np.inf, np.inf]


def test_after_occlusion_the_top_word_costs_nothing() -> None:
    items, ask, found = explain(LINEAR, TEXTS)
    before = ask.n_computed
    top_word_flips(LINEAR, items, orders_of(found), logits=LINEAR.logits(items), ask=ask)
    assert ask.n_computed == before
