"""How often each end of a resampled mean errs, by simulation.

The limits are the figures stated in the docstrings; each bound adds 4 standard errors.
"""

import numpy as np
import pytest

from harness.stats import bootstrap_mean

pytestmark = pytest.mark.slow


def bound(limit, runs):
    return limit + 4 * np.sqrt(limit * (1 - limit) / runs)


def error_shares(sample, estimate, truth, runs):
    rng = np.random.default_rng(0)
    errors = np.zeros(2)
    for _ in range(runs):
        one = estimate(sample(rng), rng)
        errors += (one.low > truth, one.high < truth)
    return errors / runs


def mean_of(sample, rng):
    values, cluster = sample
    return bootstrap_mean(
        values,
        rng=rng,
        keep=None,
        unit="nats",
        range_low=None,
        range_high=None,
        cluster=cluster,
        replicates=600,
    )


@pytest.mark.parametrize("n", [8, 15, 30, 100])
def test_the_mean_of_symmetric_values_errs_as_its_alpha_says(n):
    runs = 1500
    errors = error_shares(lambda rng: (rng.normal(size=n), None), mean_of, 0, runs)
    assert errors.max() <= bound(0.06, runs)
    assert errors.min() >= 0.02


@pytest.mark.parametrize(("n", "limit"), [(15, 0.11), (30, 0.085), (100, 0.07)])
def test_the_mean_of_skewed_values_errs_towards_its_tail_as_stated(n, limit):
    runs = 1500
    errors = error_shares(lambda rng: (rng.exponential(size=n), None), mean_of, 1, runs)
    assert errors[0] <= bound(0.05, runs)
    assert errors[1] <= bound(limit, runs)


@pytest.mark.parametrize(
    ("clusters", "size", "correlation"),
    [(11, 40, 0.1), (25, 40, 0.1), (25, 40, 0.3), (100, 20, 0.1)],
)
def test_the_mean_over_clusters_errs_as_its_alpha_says(clusters, size, correlation):
    def sample(rng):
        own = rng.normal(size=clusters * size) * np.sqrt(1 - correlation)
        shared = np.repeat(rng.normal(size=clusters), size) * np.sqrt(correlation)
        return own + shared, np.repeat(np.arange(clusters), size)

    runs = 1500
    assert error_shares(sample, mean_of, 0, runs).max() <= bound(0.06, runs)


def test_equal_values_err_less_than_their_alpha():
    # the share of zeros just below the bound of 30 equal values: the hardest case
    share, runs = 0.05 ** (1 / 29) - 0.001, 4000

    def estimate(values, rng):
        return bootstrap_mean(
            values, rng=rng, keep=None, unit="share", range_low=0.0, range_high=1.0, replicates=20
        )

    rng = np.random.default_rng(0)
    missed = 0
    for _ in range(runs):
        values = (rng.random(30) > share).astype(float)
        if values.max() == 0:
            missed += estimate(values, rng).high < 1 - share
    assert missed / runs <= bound(0.05, runs)
