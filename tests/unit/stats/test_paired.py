"""Differences on the same examples: the score test's own definition, and independent closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm, ttest_rel

from harness.errors import ContractError, ShapeError
from harness.records import estimate_problems
from harness.stats import examples_needed, paired_difference, reestimate


def of_counts(w, losses, n):
    first, second = np.arange(n) < w, (np.arange(n) >= w) & (np.arange(n) < w + losses)
    return paired_difference(first, second)


def score_z(w, losses, n, d):
    """The score statistic at d, with the nuisance share found by maximising the likelihood."""

    def minus_log_likelihood(q):
        p, rest = q + d, 1 - 2 * q - d
        terms = ((w, p), (losses, q), (n - w - losses, rest))
        return -sum(count * np.log(max(share, 1e-300)) for count, share in terms if count)

    span = (max(0.0, -d) + 1e-12, (1 - d) / 2 - 1e-12)
    q = minimize_scalar(
        minus_log_likelihood, bounds=span, method="bounded", options={"xatol": 1e-13}
    ).x
    return (w - losses - n * d) / np.sqrt(n * (2 * q + d - d * d))


@pytest.mark.parametrize(("w", "losses", "n"), [(12, 4, 50), (3, 9, 100), (20, 20, 60), (7, 0, 40)])
def test_an_end_is_where_the_score_test_just_does_not_reject(w, losses, n):
    estimate = of_counts(w, losses, n)
    assert estimate.value == pytest.approx((w - losses) / n)
    assert estimate.method == "tango"
    z = norm.ppf(0.95)
    # the maximum of the likelihood is found to about 1e-8, the statistic follows to 1e-5
    assert score_z(w, losses, n, estimate.low) == pytest.approx(z, abs=1e-4)
    assert score_z(w, losses, n, estimate.high) == pytest.approx(-z, abs=1e-4)


def test_without_a_pair_that_differs_the_ends_follow_from_the_number_of_pairs():
    same = paired_difference(
        np.ones(100, bool), np.ones(100, bool), alpha_low=0.025, alpha_high=0.025
    )
    z2 = norm.ppf(0.975) ** 2  # n d^2 = z^2 d (1 - d)
    assert same.value == 0
    assert same.low == pytest.approx(-z2 / (100 + z2), abs=1e-9)
    assert same.high == pytest.approx(z2 / (100 + z2), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_every_table_keeps_the_contract_and_mirrors_itself(w, losses, ties):
    n = w + losses + ties
    if n == 0:
        return
    one, other = of_counts(w, losses, n), of_counts(losses, w, n)
    assert estimate_problems(one) == []
    assert -1 <= one.low < one.high <= 1
    assert other.low == pytest.approx(-one.high, abs=1e-12)
    assert reestimate(one) == one


def test_numbers_have_the_interval_of_the_paired_t_test():
    rng = np.random.default_rng(0)
    first = rng.random(40)
    second = np.clip(first - 0.1 * rng.random(40), 0, 1)
    estimate = paired_difference(first, second)
    wanted = ttest_rel(first, second).confidence_interval(0.9)
    assert estimate.low == pytest.approx(wanted.low, abs=1e-12)
    assert estimate.high == pytest.approx(wanted.high, abs=1e-12)


def test_pairing_is_used():
    rng = np.random.default_rng(0)
    is_easy = rng.random(500) < 0.7
    better, worse = is_easy | (rng.random(500) < 0.1), is_easy & (rng.random(500) > 0.02)
    paired = paired_difference(better, worse)
    apart = np.sqrt(better.mean() * (1 - better.mean()) / 500 * 2)
    assert paired.high - paired.low < 0.5 * 2 * 1.645 * apart
    assert paired.low > 0


def test_clusters_of_pairs_are_the_unit():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(20), 25)
    flips = np.repeat(rng.random(20) < 0.3, 25)
    first, second = np.ones(500, bool), ~flips
    rows, whole = (
        paired_difference(first, second),
        paired_difference(first, second, cluster=cluster),
    )
    assert whole.method == "linear"
    assert whole.high - whole.low > 3 * (rows.high - rows.low)
    few = paired_difference(first, second, cluster=cluster // 3)
    assert (few.low, few.value, few.high) == (-1, whole.value, 1)


def test_a_difference_is_planned_by_its_counts():
    estimate = of_counts(6, 2, 100)
    needed = examples_needed(estimate, 0.0, direction="at_most")
    assert 100 < needed < 300
    times = -(-needed // 100)
    assert of_counts(6 * times, 2 * times, 100 * times).low > 0


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(
        ContractError, match="both be bool or both be numbers, got 'bool and float64'"
    ):
        paired_difference(np.ones(3, bool), np.ones(3))
    with pytest.raises(ContractError, match=r"lie in the range \[-1.0, 1.0\]"):
        paired_difference([2.0, 0.0], [0.0, 0.0])
    with pytest.raises(ShapeError, match="same shape"):
        paired_difference([1.0], [1.0, 0.0])
    assert paired_difference([], []).why_undefined.id == "stats.no-examples"
    assert paired_difference([np.nan, 0.0], [0.0, 0.0]).why_undefined.id == "stats.not-finite"
