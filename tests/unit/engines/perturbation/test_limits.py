from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from harness.engines.perturbation import (
    Asker,
    aopc_limits,
    comprehensiveness,
    exact_limits,
    normalised,
    removal_scores,
    sufficiency,
)
from harness.errors import ShapeError, UsageError


def every_order(model: Any, n: int) -> tuple[np.ndarray, np.ndarray]:
    """AOPC of comprehensiveness and sufficiency of all n! orders."""
    items = model.prepare([0])
    orders = {str(order): [np.array(order)] for order in itertools.permutations(range(n))}
    curves = removal_scores(
        model,
        items,
        orders,
        logits=model.logits(items),
        ask=Asker(model, 1000),
        variant="every-word",
    ).values()
    return (
        np.array([comprehensiveness(one)[0] for one in curves]),
        np.array([sufficiency(one)[0] for one in curves]),
    )


def limits_of(model: Any, **settings: Any) -> Any:
    items = model.prepare(range(len(model._n_words)))
    return aopc_limits(model, items, logits=model.logits(items), ask=Asker(model, 1000), **settings)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_exact_limits_are_the_extremes_over_all_orders(make_table: Any, n: int) -> None:
    model = make_table(n, n)
    comp, suff = every_order(model, n)
    limits = limits_of(model)
    assert limits.is_exact.tolist() == [True]
    assert (limits.least[0], limits.greatest[0]) == pytest.approx((comp.min(), comp.max()))
    # walking an order backwards is an order, too
    assert (limits.least[0], limits.greatest[0]) == pytest.approx((suff.min(), suff.max()))


def test_a_search_that_keeps_every_state_is_exact(make_table: Any) -> None:
    model = make_table(7, 3)
    searched, exact = limits_of(model, exact_up_to=0, width=128), limits_of(model)
    assert not searched.is_exact.any()
    assert searched.least == pytest.approx(exact.least)
    assert searched.greatest == pytest.approx(exact.greatest)


def test_a_narrow_search_lies_within_the_exact_limits_and_comes_near(make_table: Any) -> None:
    shares = []
    for seed in range(10):
        model = make_table(9, seed)
        exact, narrow = limits_of(model), limits_of(model, exact_up_to=0, width=5)
        assert exact.least[0] <= narrow.least[0] + 1e-9
        assert narrow.greatest[0] <= exact.greatest[0] + 1e-9
        shares.append((narrow.greatest - narrow.least)[0] / (exact.greatest - exact.least)[0])
    # a table of noise is the hardest case for a search: nothing carries over from set to set
    assert np.mean(shares) > 0.9


def test_orders_that_beat_a_search_widen_it_and_exact_limits_stay(make_table: Any) -> None:
    model = make_table(6, 1)
    items = model.prepare([0])
    ask = Asker(model, 1000)
    table = limits_of(model)
    orders = {str(o): [np.array(o)] for o in itertools.permutations(range(6))}
    curves = removal_scores(
        model, items, orders, logits=model.logits(items), ask=ask, variant="every-word"
    )
    narrow = limits_of(model, exact_up_to=0, width=1)
    widened = narrow.widened(*curves.values())
    assert widened.least == pytest.approx(table.least)
    assert widened.greatest == pytest.approx(table.greatest)
    assert narrow.least[0] > table.least[0]
    assert table.widened(*curves.values()).least.tolist() == table.least.tolist()
    values = [normalised(one, widened)[0] for one in curves.values()]
    assert (min(values), max(values)) == pytest.approx((0.0, 1.0))


def test_rows_without_words_without_room_or_too_long_have_no_value() -> None:
    from harness.keywords import KeywordModel

    model = KeywordModel({"late": (0.0, 1.0)}, bias=(0.0, 0.5))
    items = model.prepare(["", "no such word", "late no", "late " * 31])
    logits = model.logits(items)
    ask = Asker(model, 1000)
    limits = aopc_limits(model, items, logits=logits, ask=ask)
    assert np.isnan(limits.least).tolist() == [True, False, False, True]
    assert limits.has_room.tolist() == [False, False, True, False]
    orders = [np.arange(len(model.parts(item))) for item in items]
    curve = removal_scores(
        model, items, {"x": orders}, logits=logits, ask=ask, variant="every-word"
    )["x"]
    assert np.isfinite(normalised(curve, limits)).tolist() == [False, False, True, False]
    with pytest.raises(ShapeError, match="of the kind"):
        normalised(removal_scores(model, items, {"x": orders}, logits=logits, ask=ask)["x"], limits)
    assert aopc_limits(model, [], logits=logits[:0], ask=ask).least.shape == (0,)


def test_the_cost_is_all_subsets_or_a_search_of_known_size(make_table: Any) -> None:
    model = make_table(9)
    items = model.prepare([0])
    ask = Asker(model, 1000)
    aopc_limits(model, items, logits=model.logits(items), ask=ask)
    assert ask.n_computed == 2**9
    searching = Asker(model, 1000)
    aopc_limits(model, items, logits=model.logits(items), ask=searching, exact_up_to=0, width=5)
    assert searching.n_asked <= 5 * 9**2


def test_numbers_out_of_range_are_refused(make_table: Any) -> None:
    with pytest.raises(UsageError, match="exact_up_to must be between 0 and 20, got 25"):
        limits_of(make_table(2), exact_up_to=25)
    with pytest.raises(UsageError, match="width must be an integer >= 1, got 0"):
        limits_of(make_table(2), width=0)


def test_limits_of_a_table_by_hand() -> None:
    # without 0: .4, without 1: .9, without both: .2; whole 1
    least, greatest = exact_limits(np.array([1.0, 0.4, 0.9, 0.2]))
    assert (least, greatest) == pytest.approx(((0.1 + 0.8) / 2, (0.6 + 0.8) / 2))
