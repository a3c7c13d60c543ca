"""F1 over words, F1 over runs, average precision, and what a random order reaches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits._plausibility_agreement import (
    average_precision,
    chance_precision,
    f1,
    iou_f1,
    runs,
    top,
)
from audits._plausibility_rows import Row, compared, micro_f1


def _bools(text: str) -> np.ndarray:
    return np.array([char == "x" for char in text])


def test_of_equal_values_the_first_are_on_top() -> None:
    assert top(np.array([1.0, 3.0, 1.0, 1.0]), 2).tolist() == [True, True, False, False]


def test_runs_are_what_stands_side_by_side() -> None:
    assert runs(_bools("xx.x..xxx")) == [(0, 2), (3, 4), (6, 9)]


@pytest.mark.parametrize(
    ("picked", "marked", "expected"),
    [
        ("xx..", "xx..", 1.0),
        ("x...", "xx..", 1.0),  # 1 of 2: just a match
        ("x....", "xxx..", 0.0),  # 1 of 3
        ("x..x", "xx..", 2 / 3),  # one of two picked runs matches, all marked ones are found
        ("x.x", ".x.", 0.0),
        ("...", "xx.", 0.0),
    ],
)
def test_runs_match_from_half_of_their_union(picked: str, marked: str, expected: float) -> None:
    assert iou_f1(_bools(picked), _bools(marked)) == pytest.approx(expected)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30).filter(
        lambda rows: any(marked for _, marked in rows)
    )
)
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    from sklearn.metrics import average_precision_score

    values = np.array([value for value, _ in rows], np.float64)
    marked = np.array([one for _, one in rows])
    # both sum the same products in another order
    assert average_precision(values, marked) == pytest.approx(
        average_precision_score(marked, values), abs=1e-12
    )


@pytest.mark.parametrize(("p", "m"), [(1, 1), (5, 1), (5, 2), (6, 3), (4, 4)])
def test_chance_is_the_mean_over_all_orders(p: int, m: int) -> None:
    marked = np.arange(p) < m
    orders = itertools.permutations(np.arange(p, dtype=np.float64))
    every = [average_precision(np.array(one), marked) for one in orders]
    assert chance_precision(p, m) == pytest.approx(float(np.mean(every)), abs=1e-12)


def test_chance_is_far_above_the_density_in_short_texts() -> None:
    assert chance_precision(5, 1) == pytest.approx(0.4567, abs=1e-4)
    assert chance_precision(2000, 400) == pytest.approx(0.2, abs=0.01)


def test_f1_over_words_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(0)
    rows, picked, marked = [], [], []
    for _ in range(30):
        is_marked = rng.random(12) < 0.3
        is_marked[0] = True
        values = rng.normal(size=12)
        rows.append(compared(values, is_marked, 4))
        picked.append(top(values, 4))
        marked.append(is_marked)
    macro = [f1_score(a, b) for a, b in zip(marked, picked, strict=True)]
    assert [one.f1 for one in rows] == pytest.approx(macro)
    micro = f1_score(np.concatenate(marked), np.concatenate(picked))
    assert micro_f1(rows, None).value == pytest.approx(micro)


def test_without_k_as_many_are_on_top_as_are_marked() -> None:
    found = compared(np.array([3.0, 2.0, 1.0, 0.0]), _bools("x.x."))
    assert (found.n_picked, found.n_marked, found.n_both) == (2, 2, 1)
    assert found.f1 == 0.5


def test_f1_of_nothing_is_zero() -> None:
    assert f1(0, 0, 0) == 0.0


def test_the_interval_of_the_micro_f1_holds_the_value_of_many_rows() -> None:
    """95 % of 400 one-sided ends at alpha 0.05; 5 in 100 with three standard errors are 8.3."""
    rng = np.random.default_rng(1)
    missed_low = missed_high = 0
    truth = 2 * 0.5 * 2 / (2 * 2.5)  # expected hits over expected words; see below
    for _ in range(400):
        n_marked = rng.integers(1, 5, size=60)  # mean 2.5
        n_picked = n_marked
        n_both = rng.binomial(n_marked, 0.4)
        rows = [
            Row(int(b), int(p), int(m), 20, 0.0, 0.0)
            for b, p, m in zip(n_both, n_picked, n_marked, strict=True)
        ]
        found = micro_f1(rows, None)
        assert found.low is not None
        assert found.high is not None
        missed_low += found.low > truth
        missed_high += found.high < truth
    assert truth == pytest.approx(0.4)
    assert max(missed_low, missed_high) <= 0.083 * 400
