"""Smooth statistics from influence values: the closed forms that they must equal."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_1samp

from harness.errors import ShapeError
from harness.records import estimate_problems
from harness.stats import linear_estimate, reestimate


def mean_of(values, *, cluster=None, ends=(None, None), **options):
    values = np.asarray(values, dtype=float)
    return linear_estimate(
        values.mean(),
        (values - values.mean()) / len(values),
        unit="nats",
        range_low=ends[0],
        range_high=ends[1],
        cluster=cluster,
        **options,
    )


def test_the_mean_of_rows_has_the_interval_of_the_t_test():
    values = np.random.default_rng(0).exponential(size=25)
    estimate = mean_of(values)
    wanted = ttest_1samp(values, 0).confidence_interval(0.9)
    assert estimate.low == pytest.approx(wanted.low, abs=1e-12)
    assert estimate.high == pytest.approx(wanted.high, abs=1e-12)
    assert (estimate.method, estimate.n) == ("linear", 25)


def test_the_mean_over_clusters_has_the_variance_of_statsmodels():
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 15, size=200)
    values = rng.normal(size=200) + rng.normal(size=15)[cluster]
    estimate = mean_of(values, cluster=cluster)
    fitted = sm.OLS(values, np.ones(200)).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    error = fitted.bse[0] * np.sqrt(15 / 14)
    step = t.ppf(0.95, 14) * error
    assert estimate.low == pytest.approx(values.mean() - step, abs=1e-12)
    assert estimate.high == pytest.approx(values.mean() + step, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.integers(1, 20))
def test_every_estimate_keeps_the_contract(values, clusters):
    for cluster in (None, np.arange(len(values)) % clusters):
        estimate = mean_of(values, cluster=cluster, ends=(-5.0, 5.0))
        assert estimate_problems(estimate) == []
        assert -5 <= estimate.low < estimate.high <= 5


def test_fewer_than_10_clusters_keep_the_value_and_take_the_ends_of_the_range():
    values = np.random.default_rng(0).random(90)
    nine = mean_of(values, cluster=np.arange(90) % 9, ends=(0.0, 1.0))
    ten = mean_of(values, cluster=np.arange(90) % 10, ends=(0.0, 1.0))
    assert (nine.value, nine.low, nine.high) == (ten.value, 0, 1)
    assert 0 < ten.low < ten.high < 1
    assert reestimate(nine, alpha_low=0.4).low == 0
    same = mean_of(np.full(90, 0.5), cluster=np.arange(90) % 9, ends=(0.0, 1.0))
    assert (same.low, same.value, same.high) == (0, 0.5, 1)


def test_without_a_range_too_few_clusters_show_no_value():
    estimate = mean_of(np.arange(20.0), cluster=np.arange(20) % 4)
    assert estimate.value is None
    assert estimate.why_undefined.id == "stats.unbounded"


def test_units_that_are_all_equal_are_bounded_by_their_number():
    estimate = mean_of(np.zeros(40), cluster=np.arange(40) // 2, ends=(-1.0, 1.0))
    assert estimate.method == "equal-values"
    assert estimate.high == pytest.approx(1 - 0.05 ** (1 / 19), abs=1e-12)
    assert reestimate(estimate) == estimate


def test_the_smaller_part_says_how_many_units_there_are():
    values = np.random.default_rng(0).normal(size=100)
    error = values.std(ddof=1) / 10
    all_of_them, part = mean_of(values), mean_of(values, units=12)
    assert part.high - part.value > all_of_them.high - all_of_them.value
    widened = error * np.sqrt(99 / 100 * 12 / 11)
    assert part.high - part.value == pytest.approx(t.ppf(0.95, 11) * widened, abs=1e-12)


def test_what_cannot_be_estimated_gives_a_reason():
    assert mean_of([np.nan, 1.0]).why_undefined.id == "stats.not-finite"
    nothing = linear_estimate(0.0, [], unit="nats", range_low=None, range_high=None)
    assert nothing.why_undefined.id == "stats.no-examples"
    with pytest.raises(ShapeError, match=r"influence must have shape \[n\]"):
        mean_of([1.0, 2.0], cluster=[1])


def test_the_end_on_the_side_of_the_longer_tail_moves_outward_and_the_other_stays():
    values = np.random.default_rng(5).exponential(size=40)
    plain, widened = mean_of(values), mean_of(values, is_skewed=True)
    assert widened.low == plain.low
    centred = (values - values.mean()) / 40
    variance = (centred**2).sum() * 40 / 39
    moved = (centred**3).sum() / (6 * variance) * (1 + 2 * t.ppf(0.95, 39) ** 2)
    assert widened.high == pytest.approx(plain.high + moved, abs=1e-12)
    mirrored = mean_of(-values, is_skewed=True)
    assert (mirrored.low, mirrored.high) == pytest.approx((-widened.high, -widened.low), abs=1e-12)
    assert reestimate(widened, alpha_low=0.05, alpha_high=0.05) == widened


def test_a_value_known_in_its_logarithm_has_ends_even_around_it():
    values = np.random.default_rng(3).normal(2.0, 0.5, size=30)
    plain = mean_of(values)
    value = float(np.exp(values.mean()))
    raised = linear_estimate(
        value,
        value * (values - values.mean()) / len(values),
        unit="perplexity",
        range_low=1.0,
        range_high=None,
        is_log=True,
    )
    assert (raised.low, raised.high) == pytest.approx((np.exp(plain.low), np.exp(plain.high)))
    assert reestimate(raised, alpha_high=0.01).high == pytest.approx(
        np.exp(reestimate(plain, alpha_high=0.01).high)
    )
