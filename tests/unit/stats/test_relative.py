"""RMIA by sorting is the matrix, whatever ties and roundings there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.errors import ContractError, ShapeError
from harness.stats import population_ratio, rmia

ratios = st.one_of(
    st.sampled_from([0.1, 0.2, 0.3, 0.6, 1.0, 1.1, 3.0, 1e-300, 1e300]),
    st.floats(min_value=1e-9, max_value=1e9),
)


def matrix(x, others, gamma):
    with np.errstate(over="ignore"):
        return (x[:, None] / others > gamma).mean(axis=1)


@given(
    arrays(float, st.integers(0, 30), elements=ratios),
    arrays(float, st.integers(1, 30), elements=ratios),
    st.sampled_from([1.0, 0.1, 1.1, 2.0, 3.0]),
)
def test_it_equals_the_matrix_with_ties_and_roundings(x, others, gamma):
    np.testing.assert_array_equal(rmia(x, others, gamma=gamma), matrix(x, others, gamma))


def test_it_equals_the_matrix_at_every_rounding_of_a_threshold():
    others = np.random.default_rng(0).lognormal(size=400)
    x = np.concatenate([np.nextafter(2.7 * others, side) for side in (0, np.inf)] + [2.7 * others])
    np.testing.assert_array_equal(rmia(x, others, gamma=2.7), matrix(x, others, 2.7))


def test_an_example_that_all_models_know_alike_stands_in_the_middle():
    found = rmia([1.0, 4.0, 0.1], [0.5, 1.0, 2.0])
    np.testing.assert_array_equal(found, [1 / 3, 1.0, 0.0])


def test_the_average_over_models_with_and_without_is_the_offline_form():
    # (1.3 * 0.2 + 0.7) / 2 = 0.48
    assert population_ratio([0.96], [[0.1], [0.3]], slope=0.3) == pytest.approx([2.0])


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_ratios_that_are_none_are_refused(wrong):
    with pytest.raises(ContractError, match="above 0"):
        rmia([1.0, wrong], [1.0])
    with pytest.raises(ContractError, match="above 0"):
        rmia([1.0], [1.0, wrong])


def test_shapes_that_do_not_belong_together_are_refused():
    with pytest.raises(ShapeError):
        rmia([1.0], [])
    with pytest.raises(ShapeError):
        population_ratio([0.5, 0.5], [[0.1]])
