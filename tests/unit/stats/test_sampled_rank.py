"""Exposure from draws: known answers, bounds where draws say nothing, and what chance explains."""

import math

import numpy as np
import pytest
from scipy import stats

from harness.errors import ContractError
from harness.stats import (
    chance_estimate,
    exact,
    exposure_of_rank,
    median_estimate,
    reestimate,
    reported_from,
    sampled_rank,
)


def test_uniform_draws_give_the_share_of_secrets_that_stand_before() -> None:
    # 30 of 1,000 uniform draws beat the secret: rank 1 + 0.03 * 2^20
    weights = np.where(np.arange(1000) < 30, 2.0**20, 0.0)
    found = sampled_rank(weights, log2_size=20.0, log2_most=20.0)
    assert found.value == pytest.approx(20 - math.log2(1 + 0.03 * 2**20), abs=1e-12)
    assert found.low < found.value < found.high
    assert (found.unit, found.n, found.method) == ("bits", 1000, "sampled-rank")


def test_no_draw_that_beats_it_gives_a_bound_and_no_value() -> None:
    found = sampled_rank(np.zeros(2000), log2_size=29.9, log2_most=29.9)
    assert found.value is None
    # with certainty 95 % at most 1 - 0.05^(1/2000) of the space stands before it
    share = 1 - 0.05 ** (1 / 2000)
    assert found.low == pytest.approx(29.9 - math.log2(1 + share * 2**29.9), abs=1e-9)
    assert found.high == 29.9
    assert found.why_undefined.params["draws"] == 2000
    assert reestimate(found) == found
    assert reestimate(found, alpha_low=0.01).low < found.low


def test_few_draws_that_beat_it_are_not_believed_about_their_spread() -> None:
    few = np.zeros(1000)
    few[:3] = 100.0
    found = sampled_rank(few, log2_size=20.0, log2_most=10.0)
    # least and largest weight, and the exact limits of 3 of 1,000
    low, high = stats.beta.ppf(0.05, 3, 998), stats.beta.ppf(0.95, 4, 997)
    assert found.low == pytest.approx(20 - math.log2(1 + high * 2**10))
    assert found.high == pytest.approx(20 - math.log2(1 + low))


def test_equal_weights_have_the_interval_of_their_share_on_the_logarithmic_scale() -> None:
    weights = np.where(np.arange(2000) < 200, 8.0, 0.0)
    found = sampled_rank(weights, log2_size=20.0, log2_most=10.0)
    reach = stats.t.ppf(0.95, 199) * math.sqrt((1 - 0.1) / 200)
    assert found.low == pytest.approx(20 - math.log2(1 + 0.8 * math.exp(reach)))
    assert found.high == pytest.approx(20 - math.log2(1 + 0.8 * math.exp(-reach)))


def test_exposures_stay_within_the_space() -> None:
    assert exposure_of_rank(1, 29.9) == 29.9
    assert exposure_of_rank(0.2, 29.9) == 29.9
    assert exposure_of_rank(2**40, 29.9) == 0.0
    everything = sampled_rank(np.full(50, 2.0**12), log2_size=10.0, log2_most=12.0)
    assert everything.value == everything.low == 0.0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0])
def test_weights_that_are_none_break_the_contract(bad: float) -> None:
    with pytest.raises(ContractError, match="weights must be finite"):
        sampled_rank(np.array([1.0, bad]), log2_size=10.0, log2_most=10.0)
    assert sampled_rank(np.zeros(0), log2_size=10.0, log2_most=10.0).why_undefined is not None


def test_chance_is_the_upper_tail_of_a_gamma_distribution() -> None:
    bits = [0.4, 2.0, 7.5, 1.1]
    found = chance_estimate([exact(one, n=1, unit="bits") for one in bits])
    assert found.value == pytest.approx(stats.gamma.sf(math.log(2) * sum(bits), 4), rel=1e-12)
    # one exposure alone is its own p-value
    alone = chance_estimate([exact(7.5, n=1, unit="bits")])
    assert alone.value == pytest.approx(2**-7.5, rel=1e-9)
    assert chance_estimate([]).why_undefined is not None


def test_an_exposure_that_is_only_bounded_counts_as_its_bound() -> None:
    bounded = sampled_rank(np.zeros(2000), log2_size=29.9, log2_most=29.9)
    assert bounded.value is None
    found = chance_estimate([bounded, exact(1.0, n=1, unit="bits")])
    assert found.n == 2
    assert found.value == pytest.approx(stats.gamma.sf(math.log(2) * (bounded.low + 1.0), 2))


def test_noise_of_exposures_widens_what_is_known_of_chance() -> None:
    sure = [exact(3.0, n=1, unit="bits")] * 5
    weights = np.where(np.arange(400) < 50, 2.0**7, 0.0)
    noisy = [sampled_rank(weights, log2_size=7.0, log2_most=7.0)] * 5
    assert noisy[0].value == pytest.approx(3.0, abs=0.1)
    narrow, wide = chance_estimate(sure), chance_estimate(noisy)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_the_maximum_rule_is_that_of_bonferroni() -> None:
    assert reported_from(48) == pytest.approx(9.907, abs=1e-3)
    assert reported_from(100) == pytest.approx(10.966, abs=1e-3)
    assert 48 * 2 ** -reported_from(48) == pytest.approx(0.05)


def test_the_ends_of_a_median_are_order_statistics() -> None:
    values = [float(value) for value in range(1, 21)]
    found = median_estimate(values[::-1], unit="bits", range_low=0.0, range_high=30.0)
    # P(Bin(20, 1/2) <= 5) = 0.0207, P(<= 6) = 0.0577: the sixth smallest and the sixth largest
    assert (found.low, found.value, found.high) == (6.0, 10.5, 15.0)
    few = median_estimate(values[:4], unit="bits", range_low=0.0, range_high=30.0)
    assert (few.low, few.high) == (0.0, 30.0)
    same = median_estimate([29.9] * 8, unit="bits", range_low=0.0, range_high=29.9)
    assert same.low < same.value == same.high == 29.9
    assert median_estimate([], unit="bits", range_low=0.0, range_high=1.0).value is None
