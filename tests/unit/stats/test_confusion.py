"""Metrics of a confusion table: scikit-learn's values, and intervals that always hold them."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from harness.errors import ContractError
from harness.records import Evidence, estimate_problems
from harness.stats import STATISTICS, confusion_estimate, reestimate

KEPT = {}


def keep(replicates, values):
    column = f"r{len(KEPT)}"
    KEPT[column] = replicates
    return Evidence(values=dict(values), path="replicates.parquet", column=column)


def read(evidence):
    return KEPT[evidence.column]


def estimate_of(table, statistic, *, seed=0, **options):
    rng = np.random.default_rng(seed)
    return confusion_estimate(table, statistic, rng=rng, keep=keep, **options)


def pairs_of(table):
    label, decision = np.indices(table.shape)
    return np.repeat(label.ravel(), table.ravel()), np.repeat(decision.ravel(), table.ravel())


def by_scikit_learn(table):
    label, decision = pairs_of(table)
    macro = {"average": "macro", "zero_division": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of classes that were decided without examples
        return {
            "accuracy": metrics.accuracy_score(label, decision),
            "balanced-accuracy": metrics.balanced_accuracy_score(label, decision),
            "macro-precision": metrics.precision_score(label, decision, **macro),
            "macro-recall": metrics.recall_score(label, decision, **macro),
            "macro-f1": metrics.f1_score(label, decision, **macro),
            "mcc": metrics.matthews_corrcoef(label, decision),
        }


tables = st.integers(2, 6).flatmap(
    lambda c: arrays(np.int64, (c, c), elements=st.integers(0, 30)).filter(lambda t: t.sum() > 0)
)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_values_equal_scikit_learn_to_1e_12(table):
    # sums of at most 1,080 counts in double precision agree far below 1e-12
    for statistic, wanted in by_scikit_learn(table).items():
        estimate = estimate_of(table, statistic, replicates=200)
        if statistic == "mcc" and np.count_nonzero(table.sum(axis=1)) == 1:
            assert estimate.why_undefined.id == "stats.one-class-labelled"
        else:
            assert estimate.value == pytest.approx(wanted, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_values_of_one_class_equal_scikit_learn_to_1e_12(table):
    label, decision = pairs_of(table)
    classes = np.arange(len(table))
    wanted = metrics.precision_recall_fscore_support(
        label, decision, labels=classes, zero_division=0
    )
    for name, values in zip(("precision", "recall", "f1"), wanted[:3], strict=True):
        for index in classes:
            estimate = estimate_of(table, f"{name}:{index}", replicates=200)
            without = table[:, index] if name == "precision" else table[index]
            if without.sum() == 0:
                assert not estimate.is_measured
                assert estimate.n == 0
            else:
                assert estimate.value == pytest.approx(values[index], abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(tables, st.floats(0.01, 0.49), st.floats(0.01, 0.49))
def test_every_estimate_keeps_the_contract_and_its_range(table, alpha_low, alpha_high):
    for statistic in (*STATISTICS, "f1:0", "recall:1", "precision:1"):
        estimate = estimate_of(
            table, statistic, replicates=400, alpha_low=alpha_low, alpha_high=alpha_high
        )
        assert estimate_problems(estimate) == []
        if estimate.value is not None:
            assert estimate.low < estimate.high
            assert (-1 if statistic == "mcc" else 0) <= estimate.low
            assert estimate.high <= 1


def test_two_classes_are_resampled_from_counts_plus_a_half():
    table = np.array([[40, 10], [5, 45]])
    cells = np.random.default_rng(7).dirichlet(table.ravel() + 0.5, size=200_000)
    tables = cells.reshape(-1, 2, 2)
    for statistic, function in STATISTICS.items():
        estimate = estimate_of(table, statistic, replicates=200_000)
        wanted = np.quantile(function(tables), [0.05, 0.95])
        # two Monte-Carlo quantiles of 200,000 draws each: standard error below 0.0003
        assert (estimate.low, estimate.high) == pytest.approx(wanted, abs=0.0015)


def test_other_classes_do_not_draw_a_class_metric_aside():
    small = np.array([[9, 1], [2, 8]])
    large = np.zeros((50, 50), dtype=np.int64)
    large[:2, :2] = small
    large[2:, 2:] = np.diag(np.full(48, 30))
    for statistic in ("recall:0", "precision:0", "f1:0"):
        one, other = estimate_of(small, statistic), estimate_of(large, statistic)
        assert (one.low, one.value, one.high) == (other.low, other.value, other.high)


def test_an_interval_over_77_classes_is_about_its_value():
    rng = np.random.default_rng(1)
    table = np.diag(rng.binomial(40, 0.9, size=77))
    wrong = 40 - np.diag(table)
    table[np.arange(77), (np.arange(77) + 1) % 77] = wrong
    for statistic in ("accuracy", "balanced-accuracy", "macro-precision", "macro-f1", "mcc"):
        estimate = estimate_of(table, statistic)
        half = 1.645 * np.sqrt(0.09 / 3080)
        assert estimate.high - estimate.low == pytest.approx(2 * half, rel=0.3)
        assert (estimate.low + estimate.high) / 2 == pytest.approx(estimate.value, abs=0.3 * half)


def test_a_perfect_table_does_not_collapse():
    for classes in (2, 3, 10):
        table = np.diag(np.full(classes, 20))
        for statistic in (*STATISTICS, "f1:0", "precision:0", "recall:0"):
            estimate = estimate_of(table, statistic)
            assert estimate.high == estimate.value == 1
            assert estimate.low < 0.995


def test_a_class_that_was_never_decided_leaves_the_upper_end_of_macro_precision_open():
    table = np.array([[50, 0], [50, 0]])
    estimate = estimate_of(table, "macro-precision")
    assert estimate.value == 0.25
    assert estimate.low == pytest.approx(0.21, abs=0.02)
    assert estimate.high == pytest.approx(0.79, abs=0.02)
    assert estimate_of(table, "mcc").value == 0
    assert estimate_of(table, "precision:1").why_undefined.id == "stats.class-not-decided"
    assert estimate_of(table, "f1:1").value == 0


def test_classes_without_examples_are_named_and_not_zero():
    table = np.array([[5, 2, 0], [0, 0, 0], [0, 0, 4]])
    for statistic in ("recall:1", "f1:1"):
        estimate = estimate_of(table, statistic)
        assert not estimate.is_measured
        assert estimate.why_undefined.params == {"class_index": 1}
        assert estimate.why_undefined.text == "Class 1 has no examples."
    assert estimate_of(table, "balanced-accuracy").value == pytest.approx((5 / 7 + 1) / 2)


def test_n_is_the_denominator():
    table = np.array([[40, 10], [5, 45]])
    wanted = {"accuracy": 100, "recall:0": 50, "precision:0": 45, "f1:0": 55, "macro-f1": 100}
    assert {name: estimate_of(table, name).n for name in wanted} == wanted


def test_an_empty_table_has_a_reason_for_every_metric():
    for statistic in (*STATISTICS, "f1:0", "recall:0", "precision:0"):
        estimate = estimate_of(np.zeros((2, 2), dtype=np.int64), statistic)
        assert not estimate.is_measured
        assert estimate.why_undefined.id == "stats.no-examples"


def test_same_seed_gives_the_same_replicates_and_another_seed_does_not():
    table = np.array([[8, 1, 1], [2, 6, 2], [0, 3, 7]])
    first, again, other = (estimate_of(table, "macro-f1", seed=seed) for seed in (3, 3, 4))
    assert (first.low, first.high) == (again.low, again.high)
    assert np.array_equal(read(first.evidence), read(again.evidence))
    assert (first.low, first.high) != (other.low, other.high)


def test_reestimation_from_stored_replicates_returns_the_same_ends():
    table = np.array([[8, 1, 1], [2, 6, 2], [0, 3, 7]])
    for statistic in (*STATISTICS, "f1:2", "precision:0"):
        estimate = estimate_of(table, statistic)
        assert reestimate(estimate, read=read) == estimate
        assert reestimate(estimate, alpha_high=0.0001, read=read).high == 1


def test_what_is_no_table_or_no_statistic_breaks_the_contract():
    for table in ([[1, 2]], [[-1, 2], [0, 1]], [[0.5, 1], [1, 1]]):
        with pytest.raises(ContractError, match="confusion"):
            estimate_of(table, "accuracy")
    for statistic in ("f1", "f1:2", "f1:-1", "macro-f2", "accuracy:0"):
        with pytest.raises(ContractError, match="statistic must be one of"):
            estimate_of([[1, 0], [0, 1]], statistic)
    with pytest.raises(ContractError, match="Did you mean 'macro-f1'"):
        estimate_of([[1, 0], [0, 1]], "macro_f1")
