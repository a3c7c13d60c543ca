"""How often paired differences err: exact sums for yes and no, simulation for numbers and clusters."""

import numpy as np
import pytest
from scipy.special import gammaln

from harness.stats import linear_estimate, newcombe, paired_difference

pytestmark = pytest.mark.slow


# P(first) = 0.1; P(second) = E[(1 - f / 2) 0.3 f], f ~ Beta(1.2, 4.8): E f = 0.2, E f^2 = 0.2 * 2.2 / 7
TRUTH = 0.1 - (0.3 * 0.2 - 0.15 * 0.2 * 2.2 / 7)


def bound(limit, runs):
    return limit + 4 * np.sqrt(limit * (1 - limit) / runs)


def of_counts(w, losses, n):
    row = np.arange(n)
    return paired_difference(row < w, (row >= w) & (row < w + losses))


def probability(counts, n, p, q):
    """Probability of each pair of counts (only first, only second) of n."""
    rest = n - counts.sum(axis=1)
    ways = gammaln(n + 1) - gammaln(counts + 1).sum(axis=1) - gammaln(rest + 1)
    return np.exp(ways + counts @ np.log([p, q]) + rest * np.log(1 - p - q))


@pytest.mark.parametrize(("n", "mean"), [(20, 0.038), (60, 0.047), (150, 0.049)])
def test_score_limits_err_as_stated(n, mean):
    counts = np.array([(w, x) for w in range(n + 1) for x in range(n + 1 - w) if w + x <= 90])
    found = [of_counts(w, x, n) for w, x in counts.tolist()]
    low, high = (np.array([getattr(one, end) for one in found]) for end in ("low", "high"))
    rates, errors, events = (0.01, 0.03, 0.06, 0.1, 0.15, 0.25), [], []
    for p in rates:
        for q in rates:
            mass = probability(counts, n, p, q)
            errors.append(
                ((mass * (low > p - q + 1e-12)).sum(), (mass * (high < p - q - 1e-12)).sum())
            )
            events.append(n * min(p, q))
    errors, events = np.array(errors), np.array(events)
    assert errors.mean() == pytest.approx(mean, abs=0.003)
    assert errors.max() <= 0.09
    assert errors[events >= 5].max(initial=0) <= 0.055


def test_independent_shares_would_be_far_too_wide():
    rng, runs = np.random.default_rng(0), 300
    paired, apart = [], []
    for _ in range(runs):
        easy = rng.random(200) < 0.7
        first, second = easy | (rng.random(200) < 0.1), easy | (rng.random(200) < 0.05)
        one = paired_difference(first, second)
        other = newcombe(int(first.sum()), 200, int(second.sum()), 200)
        paired.append(one.high - one.low)
        apart.append(other.high - other.low)
    assert np.mean(paired) < 0.5 * np.mean(apart)


@pytest.mark.parametrize("n", [15, 40, 200])
def test_differences_of_numbers_err_as_their_alpha_says(n):
    rng, runs = np.random.default_rng(1), 2000
    errors = np.zeros(2)
    for _ in range(runs):
        shared = rng.exponential(size=n)
        one = paired_difference(
            shared + rng.normal(size=n) * 0.3 + 0.1,
            shared + rng.normal(size=n) * 0.3,
            unit="nats",
            range_low=None,
            range_high=None,
        )
        errors += (one.low > 0.1, one.high < 0.1)
    assert (errors / runs).max() <= bound(0.05, runs)
    assert (errors / runs).min() >= 0.03


@pytest.mark.parametrize(
    ("clusters", "size", "limit"), [(11, 30, 0.10), (25, 40, 0.075), (100, 10, 0.06)]
)
def test_flips_that_gather_in_templates_err_as_stated(clusters, size, limit):
    # first: the decision before, second: after a word was swapped; templates flip together
    rng, runs = np.random.default_rng(2), 2000
    cluster, errors = np.repeat(np.arange(clusters), size), np.zeros(2)
    for _ in range(runs):
        flips = rng.beta(1.2, 4.8, size=clusters)  # 20 % on average, correlation 1/7
        is_first = rng.random(clusters * size) < 0.5 * np.repeat(flips, size)
        is_second = ~is_first & (rng.random(clusters * size) < 0.3 * np.repeat(flips, size))
        one = paired_difference(is_first, is_second, cluster=cluster)
        errors += (one.low > TRUTH, one.high < TRUTH)
    assert (errors / runs).max() <= bound(limit, runs)
    assert one.method == "linear"


def test_an_influence_of_a_product_errs_as_its_alpha_says():
    # precision as a smooth statistic: right / decided, both random
    rng, runs, truth = np.random.default_rng(3), 1500, 0.7
    errors = np.zeros(2)
    for _ in range(runs):
        decided = rng.random(300) < 0.3
        right = decided & (rng.random(300) < truth)
        value = right.sum() / decided.sum()
        influence = (right - value * decided) / decided.sum()
        one = linear_estimate(value, influence, unit="share", range_low=0.0, range_high=1.0)
        errors += (one.low > truth, one.high < truth)
    assert (errors / runs).max() <= bound(0.06, runs)
