"""The counts engine: equal to Fairlearn where Fairlearn is right, and named where it is not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ContractError, ShapeError
from harness.stats import (
    RATES,
    Grouping,
    count_cells,
    event_of,
    group_counts,
    replicate_cells,
    worst_difference,
    worst_rate,
)


def rows(seed: int, n: int, n_groups: int, n_classes: int = 2):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, n_groups, n)
    label, decision = rng.integers(0, n_classes, n), rng.integers(0, n_classes, n)
    return Grouping.exclusive(tuple(f"g{k}" for k in range(n_groups)), group), label, decision


def fairlearn_frame(grouping, label, decision):
    from fairlearn.metrics import (
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        selection_rate,
        true_negative_rate,
        true_positive_rate,
    )
    from sklearn.metrics import accuracy_score, precision_score

    chosen = {
        "selection-rate": selection_rate,
        "tpr": true_positive_rate,
        "fpr": false_positive_rate,
        "fnr": false_negative_rate,
        "tnr": true_negative_rate,
        "accuracy": accuracy_score,
        "ppv": precision_score,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MetricFrame(
            metrics=chosen, y_true=label, y_pred=decision, sensitive_features=grouping.code
        ).by_group


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 300), st.integers(1, 6))
def test_every_defined_rate_equals_metric_frame_by_group(seed, n, n_groups):
    grouping, label, decision = rows(seed, n, n_groups)
    if len({*label.tolist(), *decision.tolist()}) < 2:
        return  # Fairlearn then guesses which class is positive
    frame = fairlearn_frame(grouping, label, decision)
    cells = count_cells(grouping, label, decision, n_classes=2)
    for rate in frame.columns:
        counts = cells.rate(rate, 1)
        for k in frame.index:
            if counts.trials[k]:
                own = counts.successes[k] / counts.trials[k]
                assert own == pytest.approx(frame.loc[k, rate], abs=1e-12)


def test_a_group_without_positives_has_no_tpr_where_fairlearn_says_zero():
    grouping = Grouping.exclusive(("a", "b"), np.array([0, 0, 0, 1, 1, 1]))
    label = decision = np.array([1, 0, 1, 0, 0, 0])
    cells = count_cells(grouping, label, decision, n_classes=2)
    assert cells.rate("tpr", 1).trials.tolist() == [2, 0]
    assert fairlearn_frame(grouping, label, decision).loc[1, "tpr"] == 0.0
    # Fairlearn's difference of a perfect model is 1; ours has nothing to compare
    assert worst_difference(cells.rate("tpr", 1)).value is None


def test_a_group_of_one_is_not_known_without_error_as_fairlearn_has_it():
    from fairlearn.metrics import MetricFrame, selection_rate

    grouping = Grouping.exclusive(("a", "b"), np.array([0] * 50 + [1]))
    decision = np.array([1, 0] * 25 + [1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = MetricFrame(
            metrics=selection_rate,
            y_true=decision,
            y_pred=decision,
            sensitive_features=grouping.code,
            n_boot=50,
            ci_quantiles=[0.05, 0.95],
            random_state=0,
        )
        assert [series[1] for series in frame.by_group_ci] == [1.0, 1.0]
    ours = worst_difference(
        count_cells(grouping, decision, decision, n_classes=2).rate("selection-rate", 1)
    )
    assert ours.high == 1.0 or ours.high > 0.5  # type: ignore[operator]
    assert ours.low == 0.0


def test_a_group_that_is_absent_from_a_replicate_stays_in_the_table():
    grouping = Grouping.exclusive(("large", "one"), np.array([0] * 99 + [1]))
    label = decision = np.array([0, 1] * 50)
    cells = count_cells(grouping, label, decision, n_classes=2)
    drawn = replicate_cells(cells, np.random.default_rng(0), replicates=200)
    assert drawn.shape == (200, 2, 2, 2)
    sizes = drawn.sum(axis=(2, 3))
    assert (sizes.sum(axis=1) == 100).all()
    assert 40 < (sizes[:, 1] == 0).sum() < 110  # e^-1 of them


def test_the_percentile_interval_of_a_maximum_never_covers_no_difference_and_ours_does():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(40):
        group = np.repeat(np.arange(8), 120)
        decision = (rng.random(960) < 0.5).astype(np.int64)
        cells = count_cells(
            Grouping.exclusive(tuple("abcdefgh"), group), decision, decision, n_classes=2
        )
        drawn = replicate_cells(cells, rng, replicates=300)
        rate = drawn[:, :, :, 1].sum(axis=2) / drawn.sum(axis=(2, 3))
        assert np.quantile(np.ptp(rate, axis=1), 0.05) > 0.0  # the hazard
        covered += worst_difference(cells.rate("selection-rate", 1)).low == 0.0
    assert covered >= 38


@given(st.integers(0, 10**6), st.integers(2, 4))
@settings(max_examples=20, deadline=None)
def test_cells_and_rows_count_the_same_for_every_class(seed, n_classes):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 200))
    inside = rng.random((n, 3)) < 0.4
    grouping = Grouping.overlapping(("a", "b", "c"), inside)
    label, decision = rng.integers(0, n_classes, n), rng.integers(0, n_classes, n)
    cells = count_cells(grouping, label, decision, n_classes=n_classes)
    for rate in RATES:
        for k in range(n_classes):
            table = cells.rate(rate, k)
            other = group_counts(grouping, *event_of(rate, label, decision, k))
            np.testing.assert_array_equal(table.successes, other.successes)
            np.testing.assert_array_equal(table.trials, other.trials)
            assert (table.joint is None) == (other.joint is None)
            if table.joint is not None:
                np.testing.assert_array_equal(table.joint, other.joint)


def test_multi_class_rates_equal_scikit_learn_one_versus_rest():
    from sklearn.metrics import multilabel_confusion_matrix

    grouping, label, decision = rows(5, 400, 1, n_classes=4)
    cells = count_cells(grouping, label, decision, n_classes=4)
    for k, ((tn, fp), (fn, tp)) in enumerate(multilabel_confusion_matrix(label, decision)):
        tpr, fpr = cells.rate("tpr", k), cells.rate("fpr", k)
        assert (tpr.successes[0], tpr.trials[0]) == (tp, tp + fn)
        assert (fpr.successes[0], fpr.trials[0]) == (fp, fp + tn)


def test_replicates_have_the_spread_of_a_row_bootstrap():
    grouping, label, decision = rows(9, 2000, 4)
    cells = count_cells(grouping, label, decision, n_classes=2)
    drawn = replicate_cells(cells, np.random.default_rng(1), replicates=2000)
    for k, (x, n) in enumerate(
        zip(cells.rate("tpr", 1).successes, cells.rate("tpr", 1).trials, strict=True)
    ):
        tpr = drawn[:, k, 1, 1] / drawn[:, k, 1].sum(axis=1)
        assert tpr.std() == pytest.approx(np.sqrt(x / n * (1 - x / n) / n), rel=0.08)


def test_the_group_that_is_worst_off_is_bounded_on_both_sides():
    grouping, label, decision = rows(11, 4000, 4)
    counts = count_cells(grouping, label, decision, n_classes=2).rate("accuracy", 0)
    found = worst_rate(counts, better="higher")
    assert found.value == pytest.approx((counts.successes / counts.trials).min())
    assert found.low < found.value < found.high  # type: ignore[operator]
    assert worst_rate(counts, better="lower").value > found.value  # type: ignore[operator]


def test_the_weighted_mean_over_classes_lies_between_the_classes():
    grouping, label, decision = rows(13, 3000, 3, n_classes=3)
    cells = count_cells(grouping, label, decision, n_classes=3)
    tables = [cells.rate("tpr", k) for k in range(3)]
    support = [int(table.trials.sum()) for table in tables]
    alone = [worst_difference(table).value for table in tables]
    mean = worst_difference(tables, weights=support)
    assert mean.value == pytest.approx(np.average(alone, weights=support))  # type: ignore[arg-type]
    assert min(alone) <= mean.value <= max(alone)  # type: ignore[operator,type-var]
    with pytest.raises(ContractError, match="weights"):
        worst_difference(tables, weights=[1, -1, 1])


def test_classes_and_shapes_that_do_not_fit_are_refused():
    grouping, label, decision = rows(1, 10, 2)
    with pytest.raises(ContractError, match="decision"):
        count_cells(grouping, label, decision + 1, n_classes=2)
    with pytest.raises(ShapeError):
        count_cells(grouping, label[:5], decision[:5], n_classes=2)
