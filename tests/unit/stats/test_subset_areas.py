"""Areas of subsets from one sort, and their differences: equal to scikit-learn and to counting all pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ContractError, ShapeError
from harness.stats import ScoreOrder, SubsetArea, area_difference, delong, reestimate

ROUNDING = 1e-12  # the same sums in another order


def drawn(seed: int, n: int, *, n_scores: int = 12) -> tuple[Any, Any, Any]:
    """Scores with many ties, labels, and rows of a group."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.4
    scores = np.round(rng.normal(size=n) + label, 1) if n_scores else rng.normal(size=n) + label
    return scores, label, rng.random(n) < 0.5


def area(order: ScoreOrder, positive: Any, negative: Any) -> SubsetArea:
    return order.area(np.flatnonzero(positive), np.flatnonzero(negative))


def pairs(scores: Any, positive: Any, negative: Any) -> Any:
    """Every pair of a positive and a negative row: 1 in order, 1/2 tied, 0 otherwise."""
    one, other = scores[positive][:, None], scores[negative]
    return (one > other) + 0.5 * (one == other)


def slow_influence(scores: Any, positive: Any, negative: Any) -> Any:
    """Influence of all rows from the table of all pairs."""
    table = pairs(scores, positive, negative)
    found = np.zeros(len(scores))
    found[positive] = (table.mean(axis=1) - table.mean()) / positive.sum()
    found[negative] = (table.mean(axis=0) - table.mean()) / negative.sum()
    return found


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(8, 80))
def test_areas_of_subsets_equal_those_of_scikit_learn(seed: int, n: int) -> None:
    from sklearn.metrics import roc_auc_score

    scores, label, inside = drawn(seed, n)
    order = ScoreOrder.of(scores)
    for positive, negative in (
        (label & inside, ~label & inside),
        (label & ~inside, ~label & inside),
        (label & inside, ~label & ~inside),
    ):
        if positive.any() and negative.any():
            rows = positive | negative
            theirs = roc_auc_score(label[rows], scores[rows])
            assert area(order, positive, negative).value == pytest.approx(theirs, abs=ROUNDING)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_the_interval_of_a_subset_is_that_of_its_rows_alone(is_clustered: bool) -> None:
    scores, label, inside = drawn(3, 200)
    cluster = np.arange(200) // 4 if is_clustered else None
    order = ScoreOrder.of(scores, cluster)
    rows = np.concatenate([np.flatnonzero(label & inside), np.flatnonzero(~label & inside)])
    alone = delong(scores[rows], label[rows], cluster=None if cluster is None else cluster[rows])
    assert area(order, label & inside, ~label & inside).estimate == alone


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(12, 60), is_clustered=st.booleans())
def test_the_covariance_of_shared_rows_equals_that_of_all_pairs(
    seed: int, n: int, is_clustered: bool
) -> None:
    scores, label, inside = drawn(seed, n)
    if not all((label & one).any() and (~label & one).any() for one in (inside, ~inside)):
        return
    cluster = np.arange(n) % 10 if is_clustered else None
    order = ScoreOrder.of(scores, cluster)
    whole = area(order, label, ~label)
    for positive, negative in (
        (label & inside, ~label & inside),
        (label & ~inside, ~label & inside),
        (label & inside, ~label & ~inside),
    ):
        found = area_difference(area(order, positive, negative), whole, order, n=n)
        one, two = (
            slow_influence(scores, *each) for each in ((positive, negative), (label, ~label))
        )
        if cluster is not None:
            one, two = (np.bincount(cluster, weights=each) for each in (one, two))
        size = np.sqrt((one @ one) * (two @ two))
        expected = one @ two / size if size else 0.0
        assert found.evidence is not None
        assert found.evidence.values["correlation"] == pytest.approx(expected, abs=1e-9)


def test_an_area_minus_itself_is_known_to_be_nothing() -> None:
    scores, label, _ = drawn(0, 300, n_scores=0)
    order = ScoreOrder.of(scores)
    whole = area(order, label, ~label)
    same = area_difference(whole, whole, order, n=300)
    assert same.value == 0.0
    assert same.low is not None
    assert same.high is not None
    assert whole.estimate.high is not None
    assert whole.estimate.low is not None
    # the ends of one area lean apart, so that a little is left
    assert same.high - same.low < 0.25 * (whole.estimate.high - whole.estimate.low)


def test_disjoint_subsets_have_no_correlation_and_the_ends_of_mover() -> None:
    scores, label, inside = drawn(1, 400, n_scores=0)
    order = ScoreOrder.of(scores)
    one = area(order, label & inside, ~label & inside)
    two = area(order, label & ~inside, ~label & ~inside)
    found = area_difference(one, two, order, n=400)
    a, b = one.estimate, two.estimate
    assert None not in (a.low, a.high, b.low, b.high)
    below = np.hypot(one.value - a.low, b.high - two.value)  # type: ignore[operator]
    above = np.hypot(a.high - one.value, two.value - b.low)  # type: ignore[operator]
    assert found.value == pytest.approx(one.value - two.value, abs=ROUNDING)
    assert found.low == pytest.approx(found.value - below, abs=ROUNDING)
    assert found.high == pytest.approx(found.value + above, abs=ROUNDING)


def test_a_difference_to_a_constant_has_the_ends_of_the_area() -> None:
    scores, label, _ = drawn(2, 200, n_scores=0)
    order = ScoreOrder.of(scores)
    whole = area(order, label, ~label)
    found = area_difference(whole, 0.5, order, n=200)
    assert None not in (whole.estimate.low, whole.estimate.high)
    assert found.low == pytest.approx(whole.estimate.low - 0.5, abs=ROUNDING)  # type: ignore[operator]
    assert found.high == pytest.approx(whole.estimate.high - 0.5, abs=ROUNDING)  # type: ignore[operator]


def test_perfect_separation_has_the_exact_bound_in_a_difference_too() -> None:
    scores = np.arange(60.0)
    label = scores >= 30
    order = ScoreOrder.of(scores)
    whole = area(order, label, ~label)
    found = area_difference(whole, 0.5, order, n=60)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.05 ** (1 / 30) - 0.5, abs=ROUNDING)
    assert found.high == 0.5


def test_fewer_than_ten_clusters_decide_nothing() -> None:
    scores, label, inside = drawn(4, 400)
    order = ScoreOrder.of(scores, np.arange(400) % 9)
    found = area_difference(
        area(order, label & inside, ~label & inside), area(order, label, ~label), order, n=400
    )
    assert found.value is not None
    assert (found.low, found.high) == (-1.0, 1.0)


@pytest.mark.parametrize("alpha", [0.05, 0.01, 1e-5])
def test_ends_move_from_the_evidence_alone(alpha: float) -> None:
    scores, label, inside = drawn(5, 300)
    order = ScoreOrder.of(scores)
    one, whole = area(order, label & inside, ~label & inside), area(order, label, ~label)
    found = area_difference(one, whole, order, n=150)
    expected = area_difference(one, whole, order, n=150, alpha_low=alpha, alpha_high=alpha)
    assert reestimate(found, alpha_low=alpha, alpha_high=alpha) == expected


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(ContractError, match="scores must be finite, got 1 of 2 that are not"):
        ScoreOrder.of([0.1, np.nan])
    with pytest.raises(ShapeError, match="scores must have shape"):
        ScoreOrder.of([0.1, 0.2], ["a"])
    none: Any = np.array([], dtype=np.int64)
    with pytest.raises(ContractError, match="rows of both kinds"):
        ScoreOrder.of([0.1, 0.2]).area(np.array([0]), none)
