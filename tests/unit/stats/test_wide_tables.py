"""Wide tables are drawn from the law that drawing each cell by itself has."""

import numpy as np
import pytest
from scipy.stats import gamma, ks_2samp, kstest

from harness.stats import confusion_estimate, wide_tables
from harness.stats.confusion import STATISTICS, gammas, prior_of
from harness.stats.wide_tables import wide_gammas

CLASSES, REPLICATES = 60, 3000


def confusion(classes, n, seed=0):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, n)
    decided = np.where(rng.random(n) < 0.8, label, rng.integers(0, classes, n))
    table = np.zeros((classes, classes), dtype=int)
    np.add.at(table, (label, decided), 1)
    return table


@pytest.fixture(scope="module")
def shapes():
    table = confusion(CLASSES, 400)
    return table + prior_of(table.astype(float)), table > 0


@pytest.fixture(scope="module")
def both(shapes):
    """Draws of each cell by itself, and by sticks."""
    whole, held = shapes
    single = np.random.default_rng(1).standard_gamma(whole, size=(REPLICATES, *whole.shape))
    is_single = held | np.eye(CLASSES, dtype=bool)
    return single, wide_gammas(
        whole, is_single, rng=np.random.default_rng(2), replicates=REPLICATES
    )


def test_every_row_and_column_has_the_mean_and_spread_of_its_law(shapes, both):
    whole, _ = shapes
    _, wide = both
    for axis in (1, 2):
        sums = wide.sum(axis=axis)
        law = whole.sum(axis=axis - 1)
        # sums of independent Gamma variables: mean and variance are the sum of the shapes
        error = np.sqrt(law / REPLICATES)
        assert np.abs(sums.mean(axis=0) - law).max() < 5 * error.max()
        assert np.abs(sums.var(axis=0) / law - 1).max() < 0.25
    one = int(whole.sum(axis=0).argmin())
    assert kstest(wide[:, :, one].sum(axis=1), gamma(whole[:, one].sum()).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", ["balanced-accuracy", "macro-precision", "macro-f1", "mcc"])
def test_a_metric_has_one_distribution_however_its_tables_are_drawn(both, name):
    single, wide = (
        STATISTICS[name](drawn / drawn.sum(axis=(1, 2), keepdims=True)) for drawn in both
    )
    assert ks_2samp(single, wide).pvalue > 1e-3


def test_a_cell_without_a_shape_stays_empty():
    table = np.zeros((5, 5))
    shapes = np.full((5, 5), 0.1)
    shapes[2] = 0
    shapes[:, 3] = 0
    drawn = wide_gammas(shapes, table > 0, rng=np.random.default_rng(0), replicates=200)
    assert (drawn[:, 2] == 0).all()
    assert (drawn[:, :, 3] == 0).all()
    assert (drawn >= 0).all()
    assert drawn.sum(axis=(1, 2)).mean() == pytest.approx(1.6, abs=0.3)


def test_narrow_tables_are_drawn_cell_by_cell_as_ever():
    shapes = np.full((4, 4), 0.5)
    again = np.random.default_rng(3).standard_gamma(shapes, size=(7, 4, 4))
    mine = gammas(shapes, shapes > 1, rng=np.random.default_rng(3), replicates=7)
    assert (mine == again).all()


def test_an_estimate_of_many_classes_agrees_with_the_slow_one(monkeypatch):
    table = confusion(CLASSES, 400)
    rng = np.random.default_rng
    slow = confusion_estimate(table, "macro-recall", rng=rng(4), keep=None)
    monkeypatch.setattr("harness.stats.confusion.WIDE", 10)
    fast = confusion_estimate(table, "macro-recall", rng=rng(4), keep=None)
    assert fast.value == slow.value
    # ends are quantiles of 2,000 draws each; a twentieth of the width is their noise
    assert fast.low == pytest.approx(slow.low, abs=(slow.high - slow.low) / 10)
    assert fast.high == pytest.approx(slow.high, abs=(slow.high - slow.low) / 10)
    assert wide_tables.WIDE == 200
