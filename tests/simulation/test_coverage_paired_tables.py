"""How often the ends of paired figures err: simulated, each end at alpha 0.05."""

import numpy as np
import pytest

from harness.stats import Figure, paired_figure

pytestmark = pytest.mark.slow

RUNS = 600
BALANCED = Figure("confusion", ("balanced-accuracy",))
ACCURACY = Figure("rate", ("accuracy",))


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    # an end that is read from 2,000 draws errs like one from 8,000, but for about 0.3 % more noise
    monkeypatch.setattr("harness.stats.paired_tables.REPLICATES", 2000)


def errors(figure, make, truth, **more):
    """Share of simulated tables whose low end lies above, and whose high end lies below, the truth."""
    found = np.zeros(2)
    for run in range(RUNS):
        given = make(np.random.default_rng([run, 41]))
        one = paired_figure(figure, **given, seed=run, **more)
        found += (one.low > truth, one.high < truth)
    return found / RUNS


def bound(limit):
    return limit + 3 * np.sqrt(limit * (1 - limit) / RUNS)


def two_models(n, share, right, flips, c=2):
    """Labels, decisions right on a share, and others that flip where these are right, or wrong."""

    def make(rng):
        label = (rng.random(n) < share).astype(np.int64) if c == 2 else rng.integers(0, c, n)
        off = rng.integers(1, c, n)
        first = np.where(rng.random(n) < right, label, (label + off) % c)
        is_right = first == label
        moved = rng.random(n) < np.where(is_right, *flips)
        second = np.where(moved, np.where(is_right, (label + off) % c, label), first)
        return {"label": label, "first": first, "second": second, "n_classes": c}

    lost, won = right * flips[0], (1 - right) * flips[1]
    return make, lost - won


@pytest.mark.parametrize("figure", [BALANCED, ACCURACY], ids=["balanced", "accuracy"])
@pytest.mark.parametrize(
    ("n", "share", "right", "flips"),
    [
        (200, 0.5, 0.9, (0.02, 0.1)),
        (300, 0.1, 0.9, (0.02, 0.1)),
        (1000, 0.1, 0.9, (0.005, 0.05)),
        (2000, 0.1, 0.95, (0.05, 0.05)),
    ],
)
def test_differences_of_two_classes_err_as_their_alpha_says(figure, n, share, right, flips):
    make, truth = two_models(n, share, right, flips)
    found = errors(figure, make, truth)
    assert found.max() <= bound(0.055)
    assert found.min() >= 0.002


def test_differences_of_many_classes_err_as_their_alpha_says():
    make, truth = two_models(800, 0, 0.85, (0.05, 0.2), c=10)
    found = errors(BALANCED, make, truth)
    assert found.max() <= bound(0.055)
    assert found.min() >= 0.01


def test_equal_models_are_never_told_apart():
    make, truth = two_models(500, 0.3, 0.8, (0.0, 0.0))
    assert errors(BALANCED, make, truth).max() == 0


def test_clusters_err_as_their_alpha_says():
    def make(rng):
        cluster = np.repeat(np.arange(60), 8)
        label = rng.integers(0, 2, 480)
        hard = rng.beta(1, 9, 60)[cluster]  # whole clusters are hard for the second model
        first = np.where(rng.random(480) < 0.9, label, 1 - label)
        flip = rng.random(480) < hard
        return {
            "label": label,
            "first": first,
            "second": np.where(flip, 1 - first, first),
            "n_classes": 2,
            "cluster": cluster,
        }

    found = errors(BALANCED, make, 0.8 * 0.1)
    assert found.max() <= bound(0.07)


def test_the_change_of_a_worst_difference_errs_as_its_alpha_says():
    rates = np.array([0.10, 0.15, 0.30]), np.array([0.10, 0.15, 0.20])

    def make(rng):
        group = rng.integers(0, 3, 1500)
        easy = rng.random(1500)  # what makes a row selected is shared by both models
        first, second = ((easy < one[group]).astype(np.int64) for one in rates)
        return {
            "label": np.zeros(1500, dtype=np.int64),
            "first": first,
            "second": second,
            "n_classes": 2,
            "stratum": group,
        }

    figure = Figure("difference", ("selection-rate",), (1,))
    found = errors(figure, make, 0.1, member=np.eye(3, dtype=bool))
    assert found.max() <= bound(0.06)
