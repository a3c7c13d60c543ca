"""Class metrics over clusters: the values of the plain table, and the laws that they must meet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ContractError, ShapeError
from harness.records import Evidence, estimate_problems
from harness.stats import (
    STATISTICS,
    clustered_confusion_estimates,
    confusion_estimate,
    reestimate,
)

NAMES = [name for name in STATISTICS if name != "accuracy"]


def drawn(n, c=3, *, seed=0, accuracy=0.8):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, c, size=n)
    is_right = rng.random(n) < accuracy
    return label, np.where(is_right, label, (label + rng.integers(1, c, size=n)) % c)


def of(label, decision, cluster, *, c=3, statistics=NAMES, **options):
    chosen = {"rng": np.random.default_rng(0), "keep": None} | options
    return clustered_confusion_estimates(
        label, decision, np.asarray(cluster), n_classes=c, statistics=statistics, **chosen
    )


def table_of(label, decision, c=3):
    return np.bincount(label * c + decision, minlength=c * c).reshape(c, c)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 120), st.integers(1, 40), st.sampled_from([2, 3, 6]), st.integers(0, 9))
def test_values_and_reasons_are_those_of_the_plain_table(n, clusters, c, seed):
    label, decision = drawn(n, c, seed=seed)
    names = [*NAMES, "f1:0", "f1:1"]
    found = of(label, decision, np.arange(n) % clusters, c=c, statistics=names, replicates=60)
    assert list(found) == names
    for name, estimate in found.items():
        plain = confusion_estimate(
            table_of(label, decision, c),
            name,
            rng=np.random.default_rng(0),
            keep=None,
            replicates=60,
        )
        assert estimate_problems(estimate) == []
        assert (estimate.value is None) == (plain.value is None)
        assert (estimate.n, estimate.unit) == (plain.n, plain.unit)
        if plain.value is not None:
            assert estimate.value == pytest.approx(plain.value, abs=1e-12)


def test_clusters_of_one_row_have_the_interval_of_rows():
    for c in (2, 3):
        label, decision = drawn(300, c)
        found = of(
            label, decision, np.arange(300), c=c, statistics=[*NAMES, "f1:1"], replicates=4000
        )
        for name, estimate in found.items():
            plain = confusion_estimate(
                table_of(label, decision, c),
                name,
                rng=np.random.default_rng(1),
                keep=None,
                replicates=4000,
            )
            width = plain.high - plain.low
            # one law but for the skewness: 4,000 replicates move an end by 0.01 of the width
            assert estimate.low == pytest.approx(plain.low, abs=0.08 * width)
            assert estimate.high == pytest.approx(plain.high, abs=0.08 * width)


def test_rows_that_repeat_each_other_say_no_more_than_one_of_them():
    label, decision = drawn(200)
    one = of(label, decision, np.arange(200))
    copied = np.repeat(np.arange(200), 10)
    many = of(label[copied], decision[copied], copied)
    for name in NAMES:
        width = one[name].high - one[name].low
        assert many[name].high - many[name].low == pytest.approx(width, rel=0.05)


def test_few_clusters_keep_the_value_and_take_the_ends_of_the_range():
    label, decision = drawn(180)
    for name, estimate in of(label, decision, np.arange(180) % 9).items():
        assert estimate.value is not None
        assert (estimate.low, estimate.high) == (-1 if name == "mcc" else 0, 1)
    # twelve clusters, but each holds one class only: 12 - 1 - 3 * 2/3 = 9 degrees of freedom; of eleven, 8
    for clusters, is_open in ((12, False), (11, True)):
        cluster = np.arange(180) % clusters
        label = cluster % 3
        decision = np.where(np.arange(180) % 7 == 0, (label + 1) % 3, label)
        estimate = of(label, decision, cluster)["balanced-accuracy"]
        assert ((estimate.low, estimate.high) == (0, 1)) == is_open


def test_a_class_in_one_cluster_never_vanishes_from_a_replicate():
    label = np.repeat([0, 1], [190, 10])
    decision = np.where(np.arange(200) % 10 == 0, 1 - label, label)
    kept = []

    def keep(values, constants):
        kept.append(values)
        return Evidence(values=dict(constants), path="r.parquet", column="r0")

    found = of(label, decision, np.arange(200) // 10, c=2, statistics=["f1:1"], keep=keep)
    assert kept[0].min() > 0
    assert found["f1:1"].value is not None
    assert reestimate(found["f1:1"], read=lambda evidence: kept[0]) == found["f1:1"]


def test_many_classes_are_counted_without_a_table_for_each_cluster():
    label, decision = drawn(4000, 60)
    found = of(label, decision, np.arange(4000) // 4, c=60, replicates=400)
    for name in NAMES:
        assert found[name].low < found[name].value < found[name].high < found[name].low + 0.1


def test_decisions_that_are_all_right_are_not_certain_to_stay_so():
    label, _ = drawn(200)
    found = of(label, label, np.arange(200) // 10)
    for name in NAMES:
        assert found[name].value == found[name].high == 1
        assert 0.5 < found[name].low < 0.995
    alone = of(np.zeros(60, int), np.zeros(60, int), np.arange(60) // 3, statistics=["macro-f1"])
    assert alone["macro-f1"].method == "cluster-t"
    assert alone["macro-f1"].low < 0.9


def test_what_does_not_belong_together_is_refused():
    label, decision = drawn(20)
    with pytest.raises(ShapeError, match=r"the same shape \[n\]"):
        of(label, decision, np.arange(19))
    with pytest.raises(ContractError, match="statistic must be one of"):
        of(label, decision, np.arange(20), statistics=["recal:1"])
