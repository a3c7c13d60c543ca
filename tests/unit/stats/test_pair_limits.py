import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ContractError
from harness.stats import (
    GroupCounts,
    pair_limits,
    wilson,
    worst_difference,
    worst_linear_difference,
    worst_ratio,
)

TABLES = st.lists(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=2,
    max_size=6,
)


def counts_of(rows, **more):
    table = np.array(rows)
    return GroupCounts(tuple(f"g{k}" for k in range(len(rows))), table[:, 0], table[:, 1], **more)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_the_worst_limits_over_pairs_are_the_ends_of_the_difference(rows):
    estimate = worst_difference(counts_of(rows))
    limits = pair_limits(estimate)
    assert np.nanmax(limits.passing) == estimate.high
    assert np.nanmax(limits.failing) == estimate.low


@settings(max_examples=60, deadline=None)
@given(TABLES.filter(lambda rows: any(x for x, _ in rows)))
def test_the_worst_limits_over_pairs_are_the_ends_of_the_ratio(rows):
    estimate = worst_ratio(counts_of(rows))
    limits = pair_limits(estimate)
    assert np.nanmin(limits.passing) == estimate.low
    assert np.nanmin(limits.failing) == estimate.high


def test_the_passing_limit_of_a_pair_is_that_of_the_two_groups_by_themselves():
    rows = [(73, 106), (77, 178), (40, 90)]
    limits = pair_limits(worst_difference(counts_of(rows)))
    for i, j in ((0, 1), (0, 2), (1, 2)):
        alone = worst_difference(counts_of([rows[i], rows[j]]))
        assert limits.passing[i, j] == pytest.approx(alone.high, abs=1e-12)
        assert limits.passing[i, j] == limits.passing[j, i]
    # two groups: golden values of the reference
    two = pair_limits(worst_difference(counts_of(rows[:2])))
    assert two.passing[0, 1] == pytest.approx(0.353045, abs=1e-6)
    assert two.failing[0, 1] == pytest.approx(0.132544, abs=1e-6)


def test_shared_rows_and_clusters_and_classes_agree_with_their_estimates():
    rng = np.random.default_rng(3)
    trials = rng.integers(3, 9, size=(40, 3))
    table = np.stack([rng.binomial(trials, [0.3, 0.45, 0.4]), trials], -1)
    x, n = table.sum(axis=0).T
    clustered = GroupCounts(("a", "b", "c"), x, n, clusters=table)
    joint = np.zeros((3, 3, 2), dtype=np.int64)
    for k in range(3):
        joint[k, k] = x[k], n[k]
    shared = GroupCounts(("a", "b", "c"), x, n, joint=joint)
    for counts in (clustered, shared):
        estimate = worst_difference(counts)
        limits = pair_limits(estimate)
        assert (np.nanmax(limits.failing), np.nanmax(limits.passing)) == (
            estimate.low,
            estimate.high,
        )
    classes = [counts_of([(5, 100), (9, 100)]), counts_of([(5, 100), (30, 100)])]
    estimate = worst_difference(classes)
    assert np.nanmax(pair_limits(estimate, table=1).failing) == estimate.low
    assert np.nanmax(pair_limits(estimate, table=1).passing) == estimate.high


def test_values_with_a_covariance_agree_with_their_estimate():
    spread = np.diag([1e-4, 2e-4, 3e-4])
    estimate = worst_linear_difference(
        ("a", "b", "c"), [0.7, 0.8, 0.75], spread, n=300, unit="difference"
    )
    limits = pair_limits(estimate)
    assert np.nanmax(limits.passing) == estimate.high
    assert np.nanmax(limits.failing) == estimate.low


def test_what_is_not_compared_has_no_limit():
    counts = counts_of([(10, 100), (20, 100), (0, 0), (30, 100)], reference=1)
    limits = pair_limits(worst_difference(counts))
    known = np.isfinite(limits.passing)
    assert np.argwhere(known).tolist() == [[0, 1], [1, 0], [1, 3], [3, 1]]
    assert (np.isfinite(limits.failing) == known).all()


def test_too_few_clusters_have_no_limits():
    table = np.tile(np.array([[[2, 5], [3, 5]]]), (9, 1, 1))
    counts = GroupCounts(("a", "b"), *table.sum(axis=0).T, clusters=table)
    assert np.isnan(pair_limits(worst_difference(counts)).passing).all()


def test_another_method_has_no_pairs():
    with pytest.raises(ContractError, match="worst difference or ratio"):
        pair_limits(wilson(1, 2))
