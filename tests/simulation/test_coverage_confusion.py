"""How often each end of a resampled table metric errs, by simulation.

A setting may err in at most 8 % where 5 % is nominal (stated in ``confusion_estimate``), 10 % with a
few errors in the whole table; the bound adds 4 standard errors of the simulation.
"""

import numpy as np
import pytest

from harness.stats import STATISTICS, confusion_estimate

pytestmark = pytest.mark.slow

METRICS = ("accuracy", "balanced-accuracy", "macro-precision", "macro-f1", "mcc")


def population(classes, accuracy, tilt):
    """Shares of a table: classes get rarer by ``tilt``, recalls vary, errors go to few neighbours."""
    shares = 1 / np.arange(1.0, classes + 1) ** tilt
    recall = accuracy + 0.5 * (1 - accuracy) * np.linspace(1, -1, classes)
    spill = 0.4 ** np.arange(classes - 1)
    table = np.diag(recall)
    for row in range(classes):
        others = (row + 1 + np.arange(classes - 1)) % classes
        table[row, others] = (1 - recall[row]) * spill / spill.sum()
    return table * (shares / shares.sum())[:, None]


def error_shares(table, n, statistic, *, runs, replicates, seed=0):
    rng = np.random.default_rng(seed)
    truth = STATISTICS[statistic](table[None])[0]
    errors = np.zeros(2)
    for _ in range(runs):
        counts = rng.multinomial(n, table.ravel()).reshape(table.shape)
        estimate = confusion_estimate(counts, statistic, rng=rng, keep=None, replicates=replicates)
        errors += (truth < estimate.low, truth > estimate.high)
    return errors / runs


def bound(limit, runs):
    return limit + 4 * np.sqrt(limit * (1 - limit) / runs)


@pytest.mark.parametrize("statistic", METRICS)
@pytest.mark.parametrize(
    ("classes", "n", "accuracy", "tilt", "limit"),
    [
        (2, 200, 0.80, 0, 0.08),
        (2, 200, 0.95, 2.5, 0.08),
        (2, 200, 0.99, 0, 0.105),
        (2, 2000, 0.90, 3, 0.08),
        (3, 200, 0.70, 0, 0.08),
        (3, 200, 0.90, 2, 0.085),
        (3, 2000, 0.98, 1, 0.08),
        (10, 200, 0.90, 0, 0.08),
        (10, 500, 0.90, 1, 0.08),
        (10, 2000, 0.80, 0, 0.08),
    ],
)
def test_each_end_errs_about_as_its_alpha_says(statistic, classes, n, accuracy, tilt, limit):
    runs = 400
    table = population(classes, accuracy, tilt)
    errors = error_shares(table, n, statistic, runs=runs, replicates=400)
    assert errors.max() <= bound(limit, runs)


@pytest.mark.parametrize("statistic", ["balanced-accuracy", "macro-f1"])
def test_77_classes_do_not_draw_the_interval_aside(statistic):
    runs = 60
    errors = error_shares(population(77, 0.9, 0), 3080, statistic, runs=runs, replicates=250)
    assert errors.max() <= bound(0.08, runs)


@pytest.mark.parametrize("statistic", ["precision", "recall", "f1"])
def test_metrics_of_one_class_err_about_as_their_alpha_says(statistic):
    table, runs = population(5, 0.8, 1), 2000
    rng = np.random.default_rng(0)
    right, labelled, decided = table[1, 1], table[1].sum(), table[:, 1].sum()
    truth = {
        "precision": right / decided,
        "recall": right / labelled,
        "f1": 2 * right / (labelled + decided),
    }[statistic]
    errors = np.zeros(2)
    for _ in range(runs):
        counts = rng.multinomial(500, table.ravel()).reshape(5, 5)
        estimate = confusion_estimate(counts, f"{statistic}:1", rng=rng, keep=None, replicates=500)
        errors += (truth < estimate.low, truth > estimate.high)
    assert (errors / runs).max() <= bound(0.06, runs)


def test_counts_plus_a_half_in_every_cell_would_not_hold_for_many_classes():
    # the reason for the other prior: shown for 10 classes, where the upper end errs in half of all
    table, rng, runs = population(10, 0.9, 0), np.random.default_rng(0), 100
    truth = STATISTICS["balanced-accuracy"](table[None])[0]
    missed = 0
    for _ in range(runs):
        counts = rng.multinomial(200, table.ravel())
        cells = rng.dirichlet(counts + 0.5, size=400).reshape(-1, 10, 10)
        missed += truth > np.quantile(STATISTICS["balanced-accuracy"](cells), 0.95)
    assert missed / runs > 0.3
