"""The accelerated bootstrap against the percentile bootstrap on skewed statistics, by simulation."""

import numpy as np
import pytest

from harness.stats import bca, bootstrap_statistic

pytestmark = pytest.mark.slow


def bound(limit, runs):
    return limit + 4 * np.sqrt(limit * (1 - limit) / runs)


def both(statistic, values, rng, cluster=None):
    options = {"rng": rng, "keep": None, "unit": "nats", "cluster": cluster, "replicates": 500}
    ends = {"range_low": 0.0, "range_high": 100.0}

    def of(rows):
        return float(statistic(values[rows]))

    accelerated = bca(of, len(values), **options, **ends)
    return accelerated, bootstrap_statistic(of, len(values), **options, **ends)


def errors_of(sample, statistic, truth, runs):
    """Share of runs in which low and high end err: accelerated, then percentile."""
    rng = np.random.default_rng(0)
    errors = np.zeros((2, 2))
    for _ in range(runs):
        values, cluster = sample(rng)
        found = both(statistic, values, rng, cluster)
        errors += [(one.low > truth, one.high < truth) for one in found]
    return errors / runs


@pytest.mark.parametrize(("n", "limit"), [(15, 0.085), (30, 0.07), (100, 0.06)])
def test_skewed_means_err_less_than_with_the_percentile_bootstrap(n, limit):
    runs = 400
    errors = errors_of(lambda rng: (rng.exponential(size=n), None), np.mean, 1.0, runs)
    assert errors[0].max() <= bound(limit, runs)
    assert errors[0, 1] < errors[1, 1]  # the end on the side of the long tail


def test_means_of_skewed_clusters_err_less_than_with_the_percentile_bootstrap():
    cluster = np.repeat(np.arange(20), 5)

    def sample(rng):
        return np.repeat(rng.exponential(size=20), 5) * rng.exponential(size=100), cluster

    errors = errors_of(sample, np.mean, 1.0, 400)
    assert errors[0].max() <= bound(0.09, 400)
    assert errors[0].max() < errors[1].max()


def test_a_biased_statistic_errs_less_than_with_the_percentile_bootstrap():
    # the standard deviation of a sample is too small and its replicates are so again
    errors = errors_of(lambda rng: (rng.normal(size=25), None), np.std, 1.0, 400)
    assert errors[0, 1] < errors[1, 1]
    assert errors[0].max() <= bound(0.09, 400)
