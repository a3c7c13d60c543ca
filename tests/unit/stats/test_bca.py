"""The accelerated bootstrap: scipy's ends, clusters, and draws that give no number."""

import numpy as np
import pytest
import scipy.stats

from harness.records import Evidence, estimate_problems
from harness.stats import bca, bootstrap_statistic, reestimate


def of(values, statistic, *, seed=0, **options):
    chosen = {"rng": np.random.default_rng(seed), "keep": None, "unit": "nats"} | options
    return bca(lambda rows: float(statistic(values[rows])), len(values), **chosen)


@pytest.mark.parametrize("statistic", [np.mean, np.std, np.median])
def test_many_rows_have_the_ends_of_scipy(statistic):
    values = np.random.default_rng(3).exponential(size=400)
    estimate = of(values, statistic, replicates=6000, left_out=400)
    wanted = scipy.stats.bootstrap(
        (values,), statistic, n_resamples=6000, confidence_level=0.9, method="BCa", rng=1
    )
    interval, error = wanted.confidence_interval, wanted.standard_error
    # two seeds of 6,000 replicates: an end moves by about 0.03 standard errors, the median by steps
    assert estimate.low == pytest.approx(interval.low, abs=0.12 * error)
    assert estimate.high == pytest.approx(interval.high, abs=0.12 * error)


def test_a_skewed_statistic_ends_further_on_the_side_of_the_long_tail():
    values = np.random.default_rng(0).exponential(size=30)
    estimate = of(values, np.mean)
    plain = bootstrap_statistic(
        lambda rows: float(values[rows].mean()),
        30,
        rng=np.random.default_rng(0),
        keep=None,
        unit="nats",
        replicates=2000,
    )
    assert estimate.value == plain.value
    assert estimate.high > plain.high
    assert estimate.low > plain.low


def test_leaving_out_groups_finds_about_the_same_acceleration():
    values = np.random.default_rng(0).exponential(size=500)
    found = []

    def keep(drawn, constants):
        found.append(constants["acceleration"])
        return Evidence(values=dict(constants), path="r.parquet", column="r0")

    for left_out in (500, 100):
        of(values, np.mean, keep=keep, left_out=left_out, replicates=200)
    skewness = scipy.stats.skew(values)
    assert found[0] == pytest.approx(skewness / (6 * np.sqrt(500)), rel=0.02)
    assert found[1] == pytest.approx(found[0], rel=0.5)


def test_clusters_are_drawn_whole_and_few_of_them_decide_nothing():
    values = np.repeat(np.random.default_rng(0).random(30), 10)
    rows = of(values, np.mean, range_low=0.0, range_high=1.0)
    whole = of(values, np.mean, cluster=np.arange(300) // 10, range_low=0.0, range_high=1.0)
    assert whole.high - whole.low > 2.5 * (rows.high - rows.low)
    few = of(values, np.mean, cluster=np.arange(300) // 34, range_low=0.0, range_high=1.0)
    assert (few.low, few.value, few.high) == (0, whole.value, 1)
    assert estimate_problems(few) == []


def test_the_same_generator_gives_the_same_interval_and_replicates_give_it_again():
    kept = []

    def keep(drawn, constants):
        kept.append(drawn)
        return Evidence(values=dict(constants), path="r.parquet", column="r0")

    values = np.random.default_rng(0).exponential(size=40)
    one, other = of(values, np.mean, keep=keep), of(values, np.mean, keep=keep)
    assert one == other
    moved = reestimate(one, alpha_low=0.1, alpha_high=0.2, read=lambda evidence: kept[0])
    assert one.low < moved.low < moved.high < one.high
    assert reestimate(moved, alpha_low=0.05, alpha_high=0.05, read=lambda evidence: kept[0]) == one


def test_no_draw_is_dropped():
    values = np.array([1.0, 2.0, 3.0])
    undefined = of(values, lambda drawn: drawn.std() if len(set(drawn)) > 1 else np.nan)
    assert undefined.why_undefined.id == "stats.no-number-in-draws"
    assert of(values, lambda drawn: np.nan).why_undefined.id == "stats.no-number"
    assert of(values[:1], np.mean).why_undefined.id == "stats.one-unit-of-rows"
    assert of(values[:0], np.mean).why_undefined.id == "stats.no-examples"
