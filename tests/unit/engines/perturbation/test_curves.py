from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.attributions import Method
from harness.engines.perturbation import (
    ERASER_SHARES,
    MAX_UNITS,
    Asker,
    comprehensiveness,
    delta_over_random,
    order_of,
    orders_of,
    perturb,
    points_of,
    random_orders,
    removal_scores,
    sufficiency,
)
from harness.engines.prediction import softmax64
from harness.errors import MethodRefused, ShapeError
from harness.keywords import KeywordModel

MODEL = KeywordModel(
    {f"w{i}": (0.0, (-1) ** i * 0.1 * i, 0.03 * i) for i in range(40)}, bias=(1.0, 0.0, 0.2)
)


def some_texts(k: int, longest: int = 40) -> list[str]:
    rng = np.random.default_rng(3)
    return [
        " ".join(f"w{i}" for i in rng.permutation(40)[: rng.integers(1, longest)]) for _ in range(k)
    ]


def probability(items: Any, target: int) -> np.ndarray:
    return softmax64(MODEL.logits(items))[:, target]


@pytest.mark.parametrize("variant", ["eraser", "every-word"])
def test_curves_equal_those_of_a_plain_loop_over_rows_and_points(variant: Any) -> None:
    items = MODEL.prepare(some_texts(6))
    logits = MODEL.logits(items)
    n_parts = [len(MODEL.parts(one)) for one in items]
    (orders,) = random_orders(items, n_parts, n_orders=1, seed=1)
    curve = removal_scores(
        MODEL, items, {"x": orders}, logits=logits, ask=Asker(MODEL, 100), variant=variant
    )["x"]
    for row, (item, order, n) in enumerate(zip(items, orders, n_parts, strict=True)):
        target = int(np.argmax(logits[row]))
        whole = probability([item], target)[0]
        points = (
            [max(1, -(-round(share * 100) * n // 100)) for share in ERASER_SHARES]
            if variant == "eraser"
            else list(range(1, n + 1))
        )
        comp, suff = [], []
        for taken in points:
            comp.append(whole - probability([MODEL.without(item, order[:taken])], target)[0])
            rest = order[taken:] if variant == "eraser" else order[n - taken :]
            suff.append(whole - probability([MODEL.without(item, rest)], target)[0])
        if variant == "eraser":
            comp.append(0.0)
            suff.append(whole - probability([MODEL.without(item, range(n))], target)[0])
        assert curve.taken[curve.points(row)].tolist() == points
        # a batch of another size adds in another order
        assert comprehensiveness(curve)[row] == pytest.approx(np.mean(comp), abs=1e-6)
        assert sufficiency(curve)[row] == pytest.approx(np.mean(suff), abs=1e-6)


def test_eraser_takes_shares_rounded_up_to_at_least_one_word() -> None:
    assert points_of(1, "eraser").tolist() == [1] * 5
    assert points_of(30, "eraser").tolist() == [1, 2, 3, 6, 15]
    assert points_of(201, "eraser").tolist() == [3, 11, 21, 41, 101]
    assert points_of(0, "eraser").tolist() == points_of(0, "every-word").tolist() == []


def test_many_rankings_share_forward_passes_with_occlusion() -> None:
    items = MODEL.prepare(some_texts(10))
    logits = MODEL.logits(items)
    ask = Asker(MODEL, 200)
    ask.know(items, logits)
    occlusion = perturb(MODEL, items, method=Method("occlusion"), logits=logits, ask=ask)
    before = ask.n_computed
    orders = orders_of(occlusion)
    curves = removal_scores(MODEL, items, {"a": orders, "b": orders}, logits=logits, ask=ask)
    np.testing.assert_array_equal(curves["a"].without, curves["b"].without)
    # without: four points beyond the top word; kept: five; and nothing
    assert ask.n_computed - before <= len(items) * 10
    again = ask.n_computed
    removal_scores(MODEL, items, {"c": orders}, logits=logits, ask=ask)
    assert ask.n_computed == again


def test_the_order_by_true_effect_beats_random_orders_and_its_reverse_loses() -> None:
    items = MODEL.prepare(some_texts(20))
    logits = MODEL.logits(items)
    ask = Asker(MODEL, 200)
    found = perturb(MODEL, items, method=Method("occlusion"), logits=logits, ask=ask)
    best = orders_of(found)
    worst = [order[::-1] for order in best]
    n_parts = [len(order) for order in best]
    chance = random_orders(items, n_parts, n_orders=5, seed=0)
    orders = {"best": best, "worst": worst} | {f"r{s}": one for s, one in enumerate(chance)}
    curves = removal_scores(MODEL, items, orders, logits=logits, ask=ask)
    random = [curves[f"r{s}"] for s in range(5)]
    assert delta_over_random(curves["best"], random).mean() > 0.05
    assert delta_over_random(curves["worst"], random).mean() < -0.01
    assert delta_over_random(curves["best"], random, sufficiency).mean() < -0.02
    with pytest.raises(ShapeError, match="all be of the kind"):
        delta_over_random(curves["best"], [])


def test_random_orders_depend_on_the_row_alone() -> None:
    items = MODEL.prepare(["w1 w2 w3 w4 w5 w6", "w9 w8 w7 w6 w5 w4", "w1 w2 w3 w4 w5 w6"])
    orders = random_orders(items, [6, 6, 6], n_orders=3, seed=4)
    alone = random_orders(items[1:2], [6], n_orders=3, seed=4)
    assert [one[1].tolist() for one in orders] == [one[0].tolist() for one in alone]
    assert orders[0][0].tolist() == orders[0][2].tolist() != orders[1][0].tolist()
    assert all(sorted(each.tolist()) == list(range(6)) for one in orders for each in one)


def test_a_text_without_words_has_no_score() -> None:
    items = MODEL.prepare(["", "w1 w2"])
    logits = MODEL.logits(items)
    orders = [np.array([], dtype=np.int64), np.array([1, 0])]
    for variant in ("eraser", "every-word"):
        curve = removal_scores(
            MODEL, items, {"x": orders}, logits=logits, ask=Asker(MODEL, 9), variant=variant
        )["x"]
        assert np.isnan(comprehensiveness(curve)).tolist() == [True, False]
        assert np.isnan(sufficiency(curve)).tolist() == [True, False]
    nothing = removal_scores(MODEL, [], {"x": []}, logits=logits[:0], ask=Asker(MODEL, 9))
    assert nothing == {}


def test_orders_that_do_not_fit_are_refused() -> None:
    items = MODEL.prepare(["w1 w2 w3"])
    settings: Any = {"logits": MODEL.logits(items), "ask": Asker(MODEL, 9)}
    with pytest.raises(ShapeError, match=r"orders\['x'\]\[0\] must name each of 3 parts once"):
        removal_scores(MODEL, items, {"x": [np.array([0, 1, 1])]}, **settings)
    with pytest.raises(ShapeError, match=r"orders\['x'\] must hold k=1 rows, got 0"):
        removal_scores(MODEL, items, {"x": []}, **settings)


def test_a_very_long_text_has_an_eraser_curve_and_no_other() -> None:
    items = MODEL.prepare(["w1 " * 20_000])
    n = len(MODEL.parts(items[0]))
    orders = {"x": [np.arange(n)]}
    settings: Any = {"logits": MODEL.logits(items), "ask": Asker(MODEL, 9)}
    curve = removal_scores(MODEL, items, orders, **settings)["x"]
    assert curve.taken.tolist() == [200, 1000, 2000, 4000, 10_000]
    assert settings["ask"].n_asked == 2 * 5 + 1
    with pytest.raises(
        MethodRefused, match=f"at most {MAX_UNITS} words .* Take the variant eraser"
    ):
        removal_scores(MODEL, items, orders, **settings, variant="every-word")


def test_equal_values_are_ranked_by_position() -> None:
    assert order_of(np.array([1.0, 3.0, 1.0, 3.0])).tolist() == [1, 3, 0, 2]
