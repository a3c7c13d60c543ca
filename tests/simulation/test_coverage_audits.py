"""How often the ends of calibration error, temperature and shifts err, by simulation.

The limits are the figures stated in the docstrings; each bound adds 4 standard errors.
"""

import numpy as np
import pytest

from audits._bins import equal_mass, signed_parts
from audits._shift import label_parts, told_apart
from harness.data import Dataset
from harness.records import DatasetRef
from harness.stats import (
    absolute_sum_estimates,
    bootstrap_difference,
    delong,
    temperature_estimate,
)

pytestmark = pytest.mark.slow


def bound(limit, runs):
    return limit + 4 * np.sqrt(limit * (1 - limit) / runs)


def uniform(rng, n):
    return rng.uniform(0.5, 1, n)


def sharp(rng, n):
    return 1 - 0.5 * rng.beta(0.3, 3, n)


def calibration_errors(draw, n, overconfidence, runs, *, cluster_size=1):
    """Return mean value, plain value and truth, and how often each end errs."""
    rng = np.random.default_rng(0)
    found, errors = [], np.zeros(2)
    for _ in range(runs):
        score = np.repeat(draw(rng, n // cluster_size), cluster_size)
        chance = score - overconfidence * (score - 0.4) * 1.2
        is_true = rng.random(n) < chance
        cluster = None
        if cluster_size > 1:  # all rows of a cluster come true together or not at all
            is_true = np.repeat(is_true[::cluster_size], cluster_size)
            cluster = np.repeat(np.arange(n // cluster_size), cluster_size).astype(object)
        bins = equal_mass(score, 15)
        truth = np.abs(np.bincount(bins, weights=score - chance)).sum() / n
        parts = signed_parts(score, is_true, bins, cluster)
        one, plain = absolute_sum_estimates(parts, rng=rng, keep=None, unit="share", replicates=600)
        found.append((one.value, plain.value, truth))
        errors += (one.low > truth, one.high < truth)
    return np.mean(found, axis=0), errors / runs


@pytest.mark.parametrize("draw", [uniform, sharp])
@pytest.mark.parametrize("n", [60, 200, 1000, 5000])
def test_a_calibrated_model_gives_about_nothing_and_its_interval_covers_it(draw, n):
    (value, plain, _), errors = calibration_errors(draw, n, 0.0, 400)
    assert value <= 0.15 * plain
    assert value <= 0.01
    assert errors[0] <= bound(0.05, 400)
    assert errors[1] == 0.0


@pytest.mark.parametrize("draw", [uniform, sharp])
@pytest.mark.parametrize("overconfidence", [0.03, 0.1, 0.2])
@pytest.mark.parametrize("n", [200, 1000, 5000])
def test_an_uncalibrated_model_is_covered_and_its_value_lies_between_nothing_and_the_plain_one(
    draw, overconfidence, n
):
    (value, plain, truth), errors = calibration_errors(draw, n, overconfidence, 400)
    assert 0 < value < plain
    assert plain >= truth - 0.001
    assert value <= truth + 0.003
    assert errors.max() <= bound(0.06, 400)


def test_far_from_calibrated_the_correction_vanishes():
    (value, plain, truth), _ = calibration_errors(sharp, 5000, 0.2, 200)
    assert value == pytest.approx(truth, rel=0.01)
    assert plain == pytest.approx(truth, rel=0.01)


def test_clusters_that_come_true_together_are_covered():
    _, errors = calibration_errors(uniform, 2000, 0.0, 400, cluster_size=10)
    assert errors[0] <= bound(0.05, 400)


@pytest.mark.parametrize("classes", [2, 10])
@pytest.mark.parametrize(("n", "limit"), [(50, 0.14), (100, 0.10), (200, 0.085), (1000, 0.06)])
def test_the_temperature_errs_as_stated(classes, n, limit):
    rng, runs, truth = np.random.default_rng(1), 400, 2.0
    errors = np.zeros(2)
    for _ in range(runs):
        logits = rng.normal(size=(n, classes)) * 2
        powers = np.exp(logits)
        scores = powers / powers.sum(axis=1, keepdims=True)
        label = (scores.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
        one = temperature_estimate(logits * truth, label, rng=rng, keep=None, replicates=600)
        assert one.value is not None
        errors += (one.low > truth, one.high < truth)
    assert errors[0] / runs <= bound(0.06, runs)
    assert errors[1] / runs <= bound(limit, runs)


@pytest.mark.parametrize(("n", "m", "limit"), [(20, 20, 0.06), (100, 30, 0.08), (500, 500, 0.055)])
def test_the_difference_of_two_skewed_means_errs_as_stated(n, m, limit):
    rng, runs = np.random.default_rng(2), 1500
    errors = np.zeros(2)
    for _ in range(runs):
        first, second = rng.exponential(size=n), rng.exponential(size=m)
        one = bootstrap_difference(
            first,
            second,
            rng=rng,
            keep=None,
            unit="nats",
            range_low=-40.0,
            range_high=40.0,
            replicates=600,
        )
        errors += (one.low > 0, one.high < 0)
    assert (errors / runs).max() <= bound(limit, runs)


@pytest.mark.parametrize("n_classes", [2, 5, 77])
def test_two_halves_of_one_file_show_no_label_shift(n_classes):
    rng, runs = np.random.default_rng(3), 400
    shares = rng.dirichlet(np.full(n_classes, 2.0))
    values, n_shifts = [], 0
    for _ in range(runs):
        drawn = [rng.choice(n_classes, size=n, p=shares) for n in (500, 700)]
        parts = label_parts((drawn[0], None), (drawn[1], None), n_classes=n_classes)
        one, plain = absolute_sum_estimates(parts, rng=rng, keep=None, unit="share", replicates=600)
        values.append((one.value, plain.value))
        n_shifts += one.low > 0
    value, plain = np.mean(values, axis=0)
    assert n_shifts / runs <= bound(0.05, runs)
    assert value <= 0.45 * plain  # two classes are one difference: its sign cannot average out


def test_a_label_shift_is_covered():
    rng, runs = np.random.default_rng(4), 400
    errors = np.zeros(2)
    for _ in range(runs):
        first = rng.choice(3, size=500, p=[0.5, 0.3, 0.2])
        second = rng.choice(3, size=500, p=[0.3, 0.4, 0.3])
        parts = label_parts((first, None), (second, None), n_classes=3)
        one, _ = absolute_sum_estimates(parts, rng=rng, keep=None, unit="share", replicates=600)
        errors += (one.low > 0.2, one.high < 0.2)
    assert (errors / runs).max() <= bound(0.06, runs)


def dataset(name, texts, cluster=None):
    ids = np.array([f"e{k}" for k in range(len(texts))], dtype=object)
    ref = DatasetRef(name, "memory", None, "", len(texts), len(texts), {})
    return Dataset(ref, ids, texts, cluster=cluster)


@pytest.mark.parametrize("is_clustered", [False, True])
def test_two_halves_of_one_file_show_no_text_shift(is_clustered):
    rng, runs = np.random.default_rng(5), 150
    words = np.array([f"w{k}x" for k in range(300)], dtype=object)
    low, values = 0, []
    for _ in range(runs):
        sets = []
        for name in ("test", "train"):
            # in a cluster half of the words are those of its first row
            base = rng.choice(words, size=(60, 8))
            texts = np.repeat(base, 5, axis=0) if is_clustered else rng.choice(words, size=(300, 8))
            texts[:, :4] = rng.choice(words, size=(300, 4))
            cluster = np.repeat(np.arange(60), 5).astype(object) if is_clustered else None
            sets.append(dataset(name, [" ".join(each) for each in texts], cluster))
        score, is_test = told_apart(*sets, limit=2000, ngram=3, rng=rng)
        one = delong(score, is_test)
        low += one.low > 0.5
        values.append(one.value)
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)
    # the interval of an area treats rows as independent: whole clusters make it too narrow
    assert low / runs <= bound(0.15 if is_clustered else 0.06, runs)
