"""The bootstrap of a mean: what it equals, and what it says where there is nothing to resample."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from harness.errors import ContractError, ShapeError
from harness.records import Evidence, estimate_problems
from harness.stats import bootstrap_mean, log_loss_estimate, reestimate
from harness.stats.estimates import Alphas
from harness.stats.replicates import replicate_ends


class Store:
    """Keeps replicates in memory, as the pipeline keeps them in a file."""

    def __init__(self):
        self.columns = []

    def keep(self, replicates, values):
        self.columns.append(replicates)
        return Evidence(
            values=dict(values), path="replicates.parquet", column=str(len(self.columns) - 1)
        )

    def read(self, evidence):
        return self.columns[int(evidence.column)]


def mean_of(values, *, seed=0, store=None, **options):
    options = {"unit": "nats", "range_low": None, "range_high": None} | options
    rng = np.random.default_rng(seed)
    return bootstrap_mean(values, rng=rng, keep=store.keep if store else None, **options)


def test_the_interval_of_many_values_is_the_normal_one():
    values = np.random.default_rng(0).normal(3, 2, size=4000)
    estimate = mean_of(values)
    error = values.std() / math.sqrt(4000)
    assert estimate.value == pytest.approx(values.mean(), abs=1e-12)
    # the quantile of 2,000 replicates has a standard error of 5 % of the standard error
    assert estimate.low == pytest.approx(values.mean() - 1.645 * error, abs=0.2 * error)
    assert estimate.high == pytest.approx(values.mean() + 1.645 * error, abs=0.2 * error)


def test_values_that_repeat_are_drawn_with_the_same_law_as_values_that_differ():
    few = np.repeat([0.0, 1.0], [700, 300])
    many = few + np.linspace(0, 1e-9, 1000)
    one, other = mean_of(few), mean_of(many)
    error = math.sqrt(0.21 / 1000)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=0.25 * error)


def test_whole_clusters_are_drawn():
    rng = np.random.default_rng(0)
    centre = rng.normal(size=40)
    values = np.repeat(centre, 25) + 0.1 * rng.normal(size=1000)
    cluster = np.repeat([f"t{i}" for i in range(40)], 25)
    rows, clusters = mean_of(values), mean_of(values, cluster=cluster)
    assert rows.value == pytest.approx(clusters.value, abs=1e-12)
    assert clusters.high - clusters.low > 4 * (rows.high - rows.low)
    assert clusters.n == 1000


def test_clusters_of_one_are_the_rows():
    values = np.random.default_rng(0).normal(size=60)
    rows, clusters = mean_of(values), mean_of(values, cluster=np.arange(60))
    assert (rows.low, rows.high) == pytest.approx((clusters.low, clusters.high), abs=0.1)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(0, 1), max_size=30),
    st.integers(1, 5),
    st.floats(0.001, 0.49),
    st.floats(0.001, 0.49),
)
def test_every_mean_keeps_the_contract(values, clusters, alpha_low, alpha_high):
    cluster = np.arange(len(values)) % clusters
    for options in ({}, {"cluster": cluster}, {"range_high": None}):
        ends = {"range_low": 0.0, "range_high": 1.0} | options
        estimate = mean_of(
            values, replicates=300, alpha_low=alpha_low, alpha_high=alpha_high, **ends
        )
        assert estimate_problems(estimate) == []
        assert estimate.low is None or estimate.low >= 0
        if ends["range_high"] == 1:
            assert estimate.high is None or estimate.high <= 1


def test_equal_values_are_bounded_by_how_many_there_are():
    estimate = mean_of([0.3] * 50, range_low=0.0, range_high=1.0)
    rest = 1 - 0.05 ** (1 / 49)
    assert estimate.method == "equal-values"
    assert estimate.low == pytest.approx(0.3 - rest * 0.3, abs=1e-12)
    assert estimate.high == pytest.approx(0.3 + rest * 0.7, abs=1e-12)
    at_the_edge = mean_of([0.0] * 50, range_low=0.0, range_high=1.0)
    assert at_the_edge.low == at_the_edge.value == 0 < at_the_edge.high


def test_equal_clusters_count_as_clusters():
    values = np.tile([0.0, 1.0], 20)
    estimate = mean_of(values, cluster=np.repeat(np.arange(10), 4), range_low=0.0, range_high=1.0)
    assert estimate.method == "equal-values"
    assert estimate.evidence.values["units"] == 10


def test_without_a_range_equal_values_say_nothing_about_the_mean():
    estimate = mean_of([0.3] * 50, range_low=0.0)
    assert estimate.value is None
    assert 0 < estimate.low < 0.3
    assert estimate.high is None
    assert estimate.why_undefined.id == "stats.unbounded"


@pytest.mark.parametrize(
    ("values", "reason", "bounds"),
    [
        ([], "stats.no-examples", (None, None)),
        ([0.5], "stats.one-example", (0.0, 1.0)),
        ([0.5, math.nan], "stats.not-finite", (None, None)),
        ([0.5, math.inf, -math.inf], "stats.not-finite", (None, None)),
    ],
)
def test_values_that_show_no_spread_give_a_reason(values, reason, bounds):
    estimate = mean_of(values, range_low=0.0, range_high=1.0)
    assert estimate.value is None
    assert estimate.why_undefined.id == reason
    assert (estimate.low, estimate.high) == bounds
    assert estimate_problems(estimate) == []


def test_one_cluster_gives_a_reason():
    estimate = mean_of([0.1, 0.2, 0.3], cluster=["a", "a", "a"], range_low=0.0, range_high=1.0)
    assert estimate.why_undefined.id == "stats.one-cluster"
    assert (estimate.low, estimate.high) == (0.0, 1.0)


def test_few_values_answer_with_the_ends_of_the_range():
    estimate = mean_of([0.2, 0.4, 0.9], range_low=0.0, range_high=1.0)
    assert (estimate.low, estimate.value, estimate.high) == (0.0, pytest.approx(0.5), 1.0)
    assert mean_of([0.2, 0.4, 0.9]).value is None


def test_values_outside_their_range_and_shapes_that_differ_are_refused():
    with pytest.raises(ContractError, match=r"lie in the range \[0, 1\]"):
        mean_of([0.5, 1.5], range_low=0, range_high=1)
    with pytest.raises(ShapeError):
        mean_of([0.5, 0.7], cluster=["a"])
    with pytest.raises(ShapeError):
        mean_of([[0.5, 0.7]])


def test_resampling_stays_within_its_memory():
    values = np.random.default_rng(0).normal(size=50_000)
    tracemalloc.start()
    mean_of(values, replicates=200)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 << 20  # 64 MiB of resampling beside the values themselves


def test_ends_that_meet_move_to_the_next_replicates():
    replicates = np.repeat([0.1, 0.2, 0.3], [20, 960, 20])
    assert replicate_ends(replicates, {"value": 0.2}, Alphas(0.05, 0.05)) == (0.1, 0.3)


def test_a_tail_with_fewer_than_10_replicates_answers_with_the_end_of_the_range():
    replicates = np.linspace(0.4, 0.6, 999)
    constants = {"value": 0.5, "range_low": 0.0}
    assert replicate_ends(replicates, constants, Alphas(0.01, 0.01)) == (
        pytest.approx(replicates[9]),
        pytest.approx(replicates[-10]),
    )
    assert replicate_ends(replicates, constants, Alphas(0.0099, 0.0099)) == (0.0, None)


def test_log_loss_equals_scikit_learn_to_1e_12():
    rng = np.random.default_rng(0)
    for classes in (2, 5):
        scores = rng.dirichlet(np.ones(classes), size=300)
        scores[0] = np.eye(classes)[0]
        label = rng.integers(0, classes, size=300)
        label[0] = 1  # certain and wrong: clipped
        estimate = log_loss_estimate(scores, label, rng=rng, keep=None)
        wanted = log_loss(label, scores, labels=np.arange(classes))
        assert estimate.value == pytest.approx(wanted, abs=1e-12)
        assert estimate.low < estimate.value < estimate.high
        assert estimate.unit == "nats"


def test_log_loss_of_certain_and_right_scores_still_has_an_upper_end():
    estimate = log_loss_estimate(
        np.tile([1.0, 0.0], (100, 1)),
        np.zeros(100, dtype=np.int64),
        rng=np.random.default_rng(0),
        keep=None,
    )
    assert estimate.value == pytest.approx(0, abs=1e-15)
    assert estimate.high == pytest.approx((1 - 0.05 ** (1 / 99)) * 36.0437, abs=1e-3)


def test_log_loss_refuses_shapes_that_do_not_belong_together():
    with pytest.raises(ShapeError, match=r"\[n, c\] and \[n\], got \[3, 2\] and \[2\]"):
        log_loss_estimate(
            np.full((3, 2), 0.5),
            np.zeros(2, dtype=np.int64),
            rng=np.random.default_rng(0),
            keep=None,
        )


def test_replicates_are_kept_sorted_and_give_the_same_ends_again():
    store = Store()
    values = np.random.default_rng(0).random(80)
    estimate = mean_of(values, store=store, range_low=0.0, range_high=1.0)
    kept = store.columns[0]
    assert kept.shape == (2000,)
    assert (np.diff(kept) >= 0).all()
    assert reestimate(estimate, read=store.read) == estimate
