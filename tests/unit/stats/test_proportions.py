"""Proportions and their differences: published values, statsmodels, and what must always hold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from harness.errors import ContractError
from harness.records import Estimate, estimate_problems, exact_share, from_json, to_json
from harness.stats import clopper_pearson, exact, newcombe, undefined, wilson
from harness.stats.estimates import no_examples

TWO_SIDED = {"alpha_low": 0.025, "alpha_high": 0.025}
PROPORTIONS = (wilson, clopper_pearson)

alphas = st.floats(1e-6, 0.499)


@st.composite
def counts(draw, least=1):
    trials = draw(st.integers(least, 10**6))
    return draw(st.integers(0, trials)), trials


# Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I
@pytest.mark.parametrize(
    ("x", "n", "score", "exact_limits"),
    [
        (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
        (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
        (0, 20, (0.0000, 0.1611), (0.0000, 0.1684)),
        (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
    ],
)
def test_proportions_have_the_published_limits(x, n, score, exact_limits):
    for function, limits in ((wilson, score), (clopper_pearson, exact_limits)):
        estimate = function(x, n, **TWO_SIDED)
        assert (estimate.low, estimate.high) == pytest.approx(limits, abs=5e-5)


# Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, table II
@pytest.mark.parametrize(
    ("a", "b", "limits"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_newcombe_has_the_published_limits(a, b, limits):
    estimate = newcombe(*a, *b, **TWO_SIDED)
    assert (estimate.low, estimate.high) == pytest.approx(limits, abs=6e-5)


@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.001])
def test_limits_equal_statsmodels_to_1e_9(alpha):
    # both sides carry rounding of the normal and beta quantiles, far below 1e-9
    rng = np.random.default_rng(0)
    one_sided = {"alpha_low": alpha / 2, "alpha_high": alpha / 2}
    for n in (1, 7, 100, 5000):
        x = int(rng.integers(0, n + 1))
        y = int(rng.integers(0, n + 4))
        for function, method in ((wilson, "wilson"), (clopper_pearson, "beta")):
            estimate = function(x, n, **one_sided)
            wanted = proportion_confint(x, n, alpha=alpha, method=method)
            assert (estimate.low, estimate.high) == pytest.approx(wanted, abs=1e-9)
        wanted = confint_proportions_2indep(x, n, y, n + 3, method="newcomb", alpha=alpha)
        estimate = newcombe(x, n, y, n + 3, **one_sided)
        assert (estimate.low, estimate.high) == pytest.approx(wanted, abs=1e-9)


@given(counts(), alphas, alphas)
def test_a_proportion_keeps_the_contract_of_an_estimate(pair, alpha_low, alpha_high):
    for function in PROPORTIONS:
        estimate = function(*pair, alpha_low=alpha_low, alpha_high=alpha_high)
        assert estimate_problems(estimate) == []
        assert 0 <= estimate.low < estimate.high <= 1
        assert exact_share(estimate) == exact_share(wilson(*pair))
        assert (estimate.value, estimate.n) == (pair[0] / pair[1], pair[1])


@given(counts(), alphas)
def test_swapping_success_and_failure_mirrors_the_interval(pair, alpha):
    x, n = pair
    for function in PROPORTIONS:
        one = function(x, n, alpha_low=alpha, alpha_high=0.05)
        other = function(n - x, n, alpha_low=0.05, alpha_high=alpha)
        assert one.low == pytest.approx(1 - other.high, abs=1e-12)
        assert one.high == pytest.approx(1 - other.low, abs=1e-12)


@given(counts(), counts(), alphas, alphas)
def test_newcombe_is_antisymmetric_and_keeps_the_contract(a, b, alpha_low, alpha_high):
    one = newcombe(*a, *b, alpha_low=alpha_low, alpha_high=alpha_high)
    other = newcombe(*b, *a, alpha_low=alpha_high, alpha_high=alpha_low)
    assert estimate_problems(one) == []
    assert -1 <= one.low < one.high <= 1
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)


@given(counts(), counts(), alphas, alphas)
def test_a_smaller_error_rate_never_gives_a_narrower_interval(a, b, one, other):
    strict, loose = sorted((one, other))
    for make in (
        lambda alpha: wilson(*a, alpha_low=alpha, alpha_high=alpha),
        lambda alpha: clopper_pearson(*a, alpha_low=alpha, alpha_high=alpha),
        lambda alpha: newcombe(*a, *b, alpha_low=alpha, alpha_high=alpha),
    ):
        wide, narrow = make(strict), make(loose)
        assert wide.low <= narrow.low + 1e-12
        assert wide.high >= narrow.high - 1e-12


def test_no_event_still_has_an_upper_end_and_only_events_a_lower_one():
    for function in PROPORTIONS:
        none, all_of_them = function(0, 10), function(10, 10)
        assert none.low == 0 < none.high
        assert all_of_them.high == 1 > all_of_them.low
    # the rule of three: at most 1 - alpha^(1/n)
    assert clopper_pearson(0, 299).high == pytest.approx(1 - 0.05 ** (1 / 299), abs=1e-12)
    assert clopper_pearson(0, 299).high < 0.01 < clopper_pearson(0, 298).high


def test_without_trials_there_is_a_reason_and_no_number():
    for estimate in (
        wilson(0, 0),
        clopper_pearson(0, 0),
        newcombe(1, 2, 0, 0),
        newcombe(0, 0, 1, 2),
    ):
        assert not estimate.is_measured
        assert estimate_problems(estimate) == []
        assert (estimate.n, estimate.method) == (0, "none")
        assert estimate.why_undefined.id == "stats.no-examples"


def test_impossible_counts_and_alphas_break_the_contract():
    for call in (
        lambda: wilson(3, 2),
        lambda: clopper_pearson(-1, 2),
        lambda: wilson(0.5, 2),
        lambda: wilson(1, 2, alpha_low=0.5),
        lambda: wilson(1, 2, alpha_high=0.0),
    ):
        with pytest.raises(ContractError):
            call()
    with pytest.raises(ContractError) as caught:
        newcombe(3, 2, 5, 4)
    assert len(caught.value.problems) == 2


def test_numpy_counts_become_plain_numbers_that_json_can_hold():
    estimate = wilson(np.int64(3), np.int64(4))
    assert from_json(Estimate, to_json(estimate), where="here") == estimate
    assert type(estimate.evidence.values["successes"]) is int


def test_an_exact_value_is_its_own_interval_and_a_value_that_is_no_number_is_undefined():
    estimate = exact(0.25, n=4, unit="share")
    assert (estimate.low, estimate.value, estimate.high) == (0.25, 0.25, 0.25)
    for value in (math.nan, math.inf):
        assert exact(value, n=4, unit="share").value is None


def test_undefined_may_still_carry_bounds():
    estimate = undefined(no_examples(), unit="share", n=1, low=0.0, high=1.0)
    assert estimate.is_measured
    assert estimate_problems(estimate) == []
