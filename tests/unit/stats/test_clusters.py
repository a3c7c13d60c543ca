"""A share over clusters: known answers, and clusters that agree too well."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.errors import ContractError, ShapeError
from harness.stats import clopper_pearson, cluster_share, reestimate


def test_the_ends_are_nearly_those_of_t_over_clusters():
    rng = np.random.default_rng(0)
    x, n = rng.binomial(20, rng.beta(4, 4, 30)), np.full(30, 20)
    found = cluster_share(x, n)
    error = (x / 20).std(ddof=1) / np.sqrt(30)  # equal sizes: the mean of the clusters' shares
    assert found.value == pytest.approx(x.sum() / 600)
    reach = 1.699127 * error  # t(0.95; 29)
    # never narrower than t, and in the middle hardly wider
    assert reach * (1 - 1e-6) <= found.high - found.value <= 1.08 * reach
    assert reach * (1 - 1e-6) <= found.value - found.low <= 1.08 * reach


def test_clusters_that_all_agree_are_not_known_without_error():
    found = cluster_share(np.full(40, 10), np.full(40, 20))
    rows = clopper_pearson(400, 800)
    assert found.value == 0.5
    assert found.low < rows.low + 1e-3
    assert found.high > rows.high - 1e-3


def test_few_events_count_every_cluster_as_one_row_and_few_clusters_decide_nothing():
    found = cluster_share(np.array([1] + [0] * 39), np.full(40, 20))
    assert found.high == pytest.approx(clopper_pearson(0, 40).high, abs=0.01)
    found = cluster_share(np.full(9, 10), np.full(9, 20))
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ShapeError):
        cluster_share([1, 2], [3])
    with pytest.raises(ContractError):
        cluster_share([4], [3])
    assert cluster_share([0], [0]).value is None


def standard_error(x, n):
    value = x.sum() / n.sum()
    return np.sqrt(((x - value * n) ** 2).sum() * len(n) / (len(n) - 1)) / n.sum()


def exact(value, error, n_clusters, total):
    """Clopper-Pearson limits of as many rows as would be equally precise, by scipy's beta."""
    z, t = stats.norm.isf(0.05), stats.t.isf(0.05, n_clusters - 1)
    rows = min(total, value * (1 - value) / error**2) * (z / t) ** 2
    x = value * rows
    return stats.beta.ppf(0.05, x, rows - x + 1), stats.beta.isf(0.05, x + 1, rows - x)


@pytest.mark.parametrize("rate", [0.03, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("m", [12, 40, 300])
def test_the_ends_are_the_outer_of_student_and_of_equally_precise_rows(rate, m):
    rng = np.random.default_rng(m)
    n = rng.integers(20, 60, m)
    x = rng.binomial(n, rng.beta(rate * 9, (1 - rate) * 9, m))
    found = cluster_share(x, n)
    value, error = x.sum() / n.sum(), standard_error(x, n)
    reach = stats.t.isf(0.05, m - 1) * error
    low, high = exact(value, error, m, n.sum())
    # 1e-9: betaincinv and scipy's beta are different codes
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.low == pytest.approx(max(0.0, min(value - reach, low)), abs=1e-9)
    assert found.high == pytest.approx(min(1.0, max(value + reach, high)), abs=1e-9)


def test_other_error_rates_follow_from_the_table():
    x, n = np.array([1, 0, 2, 0, 3] * 8), np.array([4] * 40)
    moved = reestimate(cluster_share(x, n), alpha_low=0.01, alpha_high=0.01)
    assert moved == cluster_share(x, n, alpha_low=0.01, alpha_high=0.01)
