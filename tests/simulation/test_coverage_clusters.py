"""How often intervals over clusters err, by simulation: shares, differences and class metrics.

The four settings of shares are those of the reference, nominal 95 %; each bound adds standard errors of
the simulation as it says.
"""

import numpy as np
import pytest
from scipy.stats import norm

from harness.stats import (
    STATISTICS,
    cluster_share,
    clustered_confusion_estimates,
    linear_estimate,
    wilson,
)

pytestmark = pytest.mark.slow

SETTINGS = [(25, 40, 0.1), (25, 40, 0.3), (100, 20, 0.1), (11, 700, 0.1)]


def bound(limit, runs, *, errors=4):
    return limit + errors * np.sqrt(limit * (1 - limit) / runs)


def shares(rng, clusters, size, correlation, rate=0.4):
    """Successes of each cluster; correlation of two rows of one cluster as given."""
    spread = (1 - correlation) / correlation
    return rng.binomial(size, rng.beta(rate * spread, (1 - rate) * spread, size=clusters))


@pytest.mark.parametrize(("clusters", "size", "correlation"), SETTINGS)
def test_shares_over_clusters_are_covered_in_93_to_97_percent(clusters, size, correlation):
    rng, runs = np.random.default_rng(0), 2000
    covered = np.zeros(3)
    for _ in range(runs):
        x = shares(rng, clusters, size, correlation)
        rate = x.mean() / size
        alphas = {"alpha_low": 0.025, "alpha_high": 0.025}
        influence = (x / size - rate) / clusters
        both = (
            cluster_share(x, np.full(clusters, size), **alphas),
            linear_estimate(
                rate,
                influence,
                unit="share",
                range_low=0.0,
                range_high=1.0,
                cluster=np.arange(clusters),
                **alphas,
            ),
            wilson(int(x.sum()), clusters * size, **alphas),
        )
        covered += [one.low <= 0.4 <= one.high for one in both]
    noise = 2 * np.sqrt(0.05 * 0.95 / runs)
    assert 0.93 - noise <= covered[0] / runs <= 0.97 + noise
    assert 0.93 - noise <= covered[1] / runs <= 0.97 + noise
    assert covered[2] / runs < 0.85  # rows as independent: the reason for all this


@pytest.mark.parametrize("correlation", [0.1, 0.3])
@pytest.mark.parametrize("clusters", [11, 25, 100])
def test_differences_on_shared_clusters_err_at_most_as_their_alpha_says(clusters, correlation):
    # two groups, both in every template: what the template does to both cancels
    rng, runs, size = np.random.default_rng(1), 1500, 20
    errors = np.zeros(2)
    for _ in range(runs):
        shift = rng.normal(size=clusters)[:, None] * np.sqrt(correlation)
        rows = [rng.normal(size=(clusters, size)) * np.sqrt(1 - correlation) + shift for _ in "ab"]
        first, second = (rows[0] < norm.ppf(0.5)).astype(float), (rows[1] < norm.ppf(0.4)) * 1.0
        influence = [(one - one.mean()).ravel() / one.size for one in (first, second)]
        one = linear_estimate(
            first.mean() - second.mean(),
            np.concatenate([influence[0], -influence[1]]),
            unit="difference",
            range_low=-1.0,
            range_high=1.0,
            cluster=np.tile(np.repeat(np.arange(clusters), size), 2),
        )
        errors += (one.low > 0.1, one.high < 0.1)
    assert (errors / runs).max() <= bound(0.06, runs)


def decisions(rng, clusters, size, classes, accuracy, correlation, *, is_pure):
    """Labels and decisions whose being right goes together within a cluster; class 0 is easier."""
    n = clusters * size
    label = rng.integers(0, classes, size=n)
    if is_pure:
        label = np.repeat(rng.permutation(np.arange(clusters) % classes), size)
    drawn = rng.normal(size=n) * np.sqrt(1 - correlation)
    drawn += np.repeat(rng.normal(size=clusters), size) * np.sqrt(correlation)
    apart = 0.3 * (1 - accuracy)
    is_right = drawn < norm.ppf(np.where(label == 0, accuracy + apart, accuracy - apart))
    wrong = (label + rng.integers(1, classes, size=n)) % classes
    return label, np.where(is_right, label, wrong), np.repeat(np.arange(clusters), size)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("clusters", "size"), [(11, 60), (25, 40), (100, 20)])
@pytest.mark.parametrize(
    ("accuracy", "correlation", "is_pure"),
    [(0.8, 0.1, False), (0.8, 0.3, False), (0.8, 0.3, True), (0.96, 0.3, False)],
)
def test_class_metrics_over_clusters_err_at_most_as_stated(
    classes, clusters, size, accuracy, correlation, is_pure
):
    names = [name for name in STATISTICS if name != "accuracy"]
    rng, runs = np.random.default_rng(2), 200
    options = {"is_pure": is_pure}
    label, decision, _ = decisions(rng, 20_000, 20, classes, accuracy, correlation, **options)
    counts = np.bincount(label * classes + decision, minlength=classes**2)
    table = counts.reshape(1, classes, classes).astype(float)
    errors = np.zeros((len(names), 2))
    for _ in range(runs):
        label, decision, cluster = decisions(
            rng, clusters, size, classes, accuracy, correlation, **options
        )
        found = clustered_confusion_estimates(
            label,
            decision,
            cluster,
            n_classes=classes,
            statistics=names,
            rng=rng,
            keep=None,
            replicates=300,
        )
        for row, name in enumerate(names):
            truth = STATISTICS[name](table)[0]
            errors[row] += (found[name].low > truth, found[name].high < truth)
    assert (errors / runs).max() <= bound(0.08, runs)
