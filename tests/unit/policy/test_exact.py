"""Exact limits."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.policy import compare, exact
from harness.yamlfile import Decimal64

_LIMITS = st.decimals(min_value=-10, max_value=10, places=25, allow_nan=False)


@given(number=st.floats(-10, 10), limit=_LIMITS)
def test_comparison_agrees_with_fractions_of_the_shortest_decimal(number, limit):
    bound = exact(Decimal64(f"{limit:f}"))
    wanted = Fraction(repr(number)) - Fraction(str(limit))
    assert compare(number, bound) == (wanted > 0) - (wanted < 0)


@given(number=st.floats(-1e300, 1e300))
def test_a_float_equals_the_limit_that_is_written_like_it(number):
    bound = exact(number)
    assert compare(number, bound) == 0
    assert compare(math.nextafter(number, math.inf), bound) == 1
    assert compare(math.nextafter(number, -math.inf), bound) == -1


def test_a_limit_with_more_digits_than_a_float_is_told_from_its_neighbours():
    just_above = exact(Decimal64("0.80000000000000000001"))
    assert just_above.approx == 0.8
    assert compare(0.8, just_above) == -1


@pytest.mark.parametrize("raw", [True, None, "0.8", float("nan"), math.inf, -math.inf, [1]])
def test_what_is_no_finite_number_is_refused(raw):
    with pytest.raises(ValueError, match="must be a"):
        exact(raw)


def test_a_huge_exponent_is_refused_before_it_is_expanded():
    with pytest.raises(ValueError, match="at most 40 characters"):
        exact(Decimal64("1e-999999999"))


@pytest.mark.parametrize(("text", "value"), [("4/5", Fraction(4, 5)), ("-1/3", Fraction(-1, 3))])
def test_a_fraction_is_read_exactly(text, value):
    assert exact(text).value == value
    assert exact(text).text == text


@pytest.mark.parametrize("text", ["4/0", "a/b", "1/2/3", "0.8/1", "1 / 2", "1" * 30 + "/3"])
def test_what_only_looks_like_a_fraction_is_refused(text):
    with pytest.raises(ValueError, match="must be a number"):
        exact(text)
