"""How many examples would decide: known answers, and the smallest number that does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import (
    bootstrap_mean,
    clopper_pearson,
    delong,
    exact,
    examples_needed,
    linear_estimate,
    newcombe,
    wilson,
)
from harness.stats.estimates import Alphas
from harness.stats.proportions import newcombe_ends, wilson_ends


def test_no_event_needs_the_examples_of_the_rule_of_three():
    # reference: showing a rate of at most 1 %, 0.5 %, 0.1 % without an event
    for limit, wanted in ((0.01, 299), (0.005, 598), (0.001, 2995)):
        assert examples_needed(clopper_pearson(0, 50), limit, direction="at_most") == wanted


@given(st.integers(1, 400), st.data(), st.floats(0.01, 0.99))
def test_the_number_decides_and_one_fewer_does_not(trials, data, limit):
    successes = data.draw(st.integers(0, trials))
    needed = examples_needed(wilson(successes, trials), limit, direction="at_least")
    if needed is None:
        assert abs(successes / trials - limit) < 1e-3
        return
    rate = successes / trials
    assert _clears(rate, needed, limit)
    assert needed == 1 or not _clears(rate, needed - 1, limit)


def _clears(rate, n, limit):
    low, high = wilson_ends({"successes": rate * n, "trials": n}, Alphas(0.05, 0.05))
    return low >= limit if rate > limit else high < limit


def test_an_inconclusive_finding_needs_more_than_it_has():
    estimate = wilson(82, 100)
    assert estimate.low < 0.8 < estimate.high
    needed = examples_needed(estimate, 0.8, direction="at_least")
    decided = wilson(round(0.82 * needed) + 1, needed)
    assert needed > 100
    assert decided.low >= 0.8


def test_a_difference_counts_the_examples_of_both_groups_in_their_proportion():
    estimate = newcombe(60, 100, 110, 200)
    needed = examples_needed(estimate, 0.0, direction="at_most")
    limits = []
    for n in (needed, needed - 1):
        counts = {"successes_a": 0.2 * n, "trials_a": n / 3}
        counts |= {"successes_b": 1.1 * n / 3, "trials_b": 2 * n / 3}
        limits.append(newcombe_ends(counts, Alphas(0.05, 0.05))[0])
    assert limits[0] > 0 >= limits[1]
    assert needed > estimate.n


def test_resampled_estimates_scale_with_the_square_root():
    rng = np.random.default_rng(0)
    estimate = bootstrap_mean(
        rng.normal(0.1, 1, size=100),
        rng=rng,
        keep=None,
        unit="nats",
        range_low=None,
        range_high=None,
    )
    half = estimate.value - estimate.low
    for share in (2, 4):
        limit = estimate.value - half / share
        needed = examples_needed(estimate, limit, direction="at_least")
        assert needed == pytest.approx(100 * share**2, abs=1)


def test_nothing_is_promised_where_nothing_is_known():
    single = delong([0.1], [True])
    for estimate, limit in (
        (wilson(0, 0), 0.5),
        (single, 0.5),
        (wilson(50, 100), 0.5),
        (exact(0.5, n=10, unit="share"), 0.5),
        (wilson(500_000, 1_000_000), 0.5 + 1e-6),
    ):
        assert examples_needed(estimate, limit, direction="at_least") is None


def test_estimates_without_spread_are_planned_by_their_bounds():
    rng = np.random.default_rng(0)
    equal = bootstrap_mean(
        [0.0] * 20, rng=rng, keep=None, unit="share", range_low=0.0, range_high=1.0
    )
    # 1 - 0.05^(1 / (n - 1)) <= 0.01
    assert examples_needed(equal, 0.01, direction="at_most") == 300
    perfect = delong(np.arange(20), np.arange(20) >= 10)
    # 0.05^(1 / pairs) >= 0.95 from 58.4 pairs on, and two examples make a pair
    assert examples_needed(perfect, 0.95, direction="at_least") == 117


def test_areas_and_smooth_statistics_are_planned_by_their_units():
    rng = np.random.default_rng(0)
    positive = np.arange(400) % 4 == 0
    scores = rng.normal(size=400) + positive
    estimate = delong(scores, positive)
    limit = estimate.value - 0.25 * (estimate.value - estimate.low)
    needed = examples_needed(estimate, limit, direction="at_least")
    copies = needed // 400
    assert 10 < copies < 16  # a quarter of the distance, and half an example against it weighs less
    for times, decided in ((copies, False), (copies + 1, True)):
        repeated = delong(np.tile(scores, times), np.tile(positive, times))
        assert (repeated.low >= limit) == decided
    values = rng.normal(size=80)
    mean = linear_estimate(
        values.mean(), (values - values.mean()) / 80, unit="nats", range_low=None, range_high=None
    )
    limit = mean.value - 0.5 * (mean.value - mean.low)
    assert examples_needed(mean, limit, direction="at_least") == pytest.approx(320, rel=0.03)


def test_too_few_clusters_are_planned_with_at_least_ten():
    values = np.repeat([0.4, 0.6] * 4, 5)
    mean = linear_estimate(
        0.5,
        (values - 0.5) / 40,
        unit="share",
        range_low=0.0,
        range_high=1.0,
        cluster=np.repeat(np.arange(8), 5),
    )
    assert (mean.low, mean.high) == (0, 1)
    assert examples_needed(mean, 0.1, direction="at_least") == 50  # ten clusters of five rows
