"""How often each end of a proportion or difference errs: exact sums over all outcomes, no sampling."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from harness.stats import clopper_pearson, newcombe, wilson

pytestmark = pytest.mark.slow

ALPHA = 0.05
RATES = np.linspace(0.001, 0.999, 999)


@cache
def errors(function, n):
    """Share of outcomes whose low end lies above, and whose high end lies below, each rate."""
    estimates = [function(x, n) for x in range(n + 1)]
    low = np.array([[estimate.low] for estimate in estimates])
    high = np.array([[estimate.high] for estimate in estimates])
    mass = binom.pmf(np.arange(n + 1)[:, None], n, RATES)
    return (mass * (low > RATES)).sum(axis=0), (mass * (high < RATES)).sum(axis=0)


@pytest.mark.parametrize("n", [1, 10, 30, 100, 300, 1000])
def test_clopper_pearson_never_errs_more_than_its_alpha(n):
    for end in errors(clopper_pearson, n):
        assert end.max() <= ALPHA + 1e-9  # rounding of the sums; there is no Monte-Carlo error


@pytest.mark.parametrize(("n", "mean"), [(10, 0.045), (30, 0.047), (100, 0.049), (1000, 0.050)])
def test_wilson_errs_on_average_as_its_alpha_says(n, mean):
    for end in errors(wilson, n):
        assert end.mean() == pytest.approx(mean, abs=0.0015)


@pytest.mark.parametrize("n", [10, 30, 100, 300, 1000])
def test_wilson_errs_most_where_events_are_rare(n):
    expected = n * np.minimum(RATES, 1 - RATES)
    for end in errors(wilson, n):
        assert end.max() <= 0.205
        assert end[expected >= 5].max(initial=0) <= 0.085
        assert end[expected >= 20].max(initial=0) <= 0.067


@pytest.mark.parametrize(("m", "n"), [(20, 20), (50, 80), (200, 100)])
def test_newcombe_errs_on_average_as_its_alpha_says_and_never_far_from_it(m, n):
    grid = [[newcombe(x, m, y, n) for y in range(n + 1)] for x in range(m + 1)]
    low = np.array([[estimate.low for estimate in row] for row in grid])
    high = np.array([[estimate.high for estimate in row] for row in grid])
    rates = np.linspace(0.02, 0.98, 25)
    below, above, events = [], [], []
    for p in rates:
        for q in rates:
            mass = np.outer(binom.pmf(range(m + 1), m, p), binom.pmf(range(n + 1), n, q))
            below.append((mass * (low > p - q + 1e-12)).sum())
            above.append((mass * (high < p - q - 1e-12)).sum())
            events.append(min(m * p, m * (1 - p), n * q, n * (1 - q)))
    for end in (np.array(below), np.array(above)):
        assert end.mean() == pytest.approx(ALPHA, abs=0.002)
        assert end.max() <= 0.12
        assert end[np.array(events) >= 5].max() <= 0.075
