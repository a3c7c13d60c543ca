"""The three-way decision on worst differences and ratios of groups."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ContractError, ShapeError
from harness.records import estimate_problems, exact_share
from harness.stats import (
    GroupCounts,
    Grouping,
    group_counts,
    reestimate,
    worst_difference,
    worst_difference_outcome,
    worst_linear_difference,
    worst_pair,
    worst_ratio,
    worst_ratio_outcome,
)
from harness.stats.studentised import simultaneous_z

GOLDEN = [
    ([(80, 200), (100, 200)], (0.1, 0, 0.183761), "inconclusive", (0.8, 0.659204, 1)),
    (
        [(400, 1000), (500, 1000), (450, 1000)],
        (0.1, 0.047214, 0.136930),
        "inconclusive",
        (0.8, 0.735445, 0.900405),
    ),
    ([(9, 10), (5000, 5000)], (0.1, 0.002526, 0.394163), "inconclusive", (0.9, 0.605837, 0.997474)),
    ([(0, 50), (0, 80)], (0, 0, 0.058155), "passed", (None, 0, 1)),
    (
        [(490, 1000), (505, 1000), (510, 1000)],
        (0.02, 0, 0.057413),
        "passed",
        (0.960784, 0.891298, 1),
    ),
    (
        [(73, 106), (77, 178)],
        (0.256095, 0.132544, 0.353045),
        "failed",
        (0.628136, 0.521271, 0.784736),
    ),
]


def counts(table: list[tuple[int, int]], **more: object) -> GroupCounts:
    successes, trials = np.array(table, dtype=np.int64).T
    names = tuple(f"g{k}" for k in range(len(table)))
    return GroupCounts(names, successes, trials, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("table", "difference", "outcome", "ratio"), GOLDEN)
def test_the_published_values_come_out(table, difference, outcome, ratio):
    found = worst_difference(counts(table))
    assert (found.value, found.low, found.high) == pytest.approx(difference, abs=1e-6)
    assert worst_difference_outcome(np.array(table), 0.10) == outcome
    found = worst_ratio(counts(table))
    assert (found.low, found.high) == pytest.approx(ratio[1:], abs=1e-6)
    assert found.value == (None if ratio[0] is None else pytest.approx(ratio[0], abs=1e-6))


@pytest.mark.parametrize("n_groups", [2, 3, 5, 10, 20, 40])
@pytest.mark.parametrize(("alpha", "df"), [(0.05, np.inf), (0.05, 10), (1e-4, 24), (0.05 / 200, 9)])
def test_the_studentised_range_agrees_with_scipy(n_groups, alpha, df):
    from scipy.stats import studentized_range

    z = simultaneous_z(n_groups, alpha, df)
    assert studentized_range.sf(z * np.sqrt(2), n_groups, df) == pytest.approx(alpha, rel=1e-5)


def test_a_limit_that_is_a_fraction_is_compared_as_one():
    # 1/3 lies between two floats: the exact limit of these counts is 0, and 0 <= 0 passes nothing else
    table = np.array([[1000, 1000], [1000, 1000]])
    high = worst_difference(counts(table.tolist())).high
    assert high is not None
    assert worst_difference_outcome(table, Fraction(repr(high))) == "passed"
    assert (
        worst_difference_outcome(table, Fraction(repr(high)) - Fraction(1, 10**30))
        == "inconclusive"
    )


def test_the_value_of_a_ratio_is_known_exactly():
    assert exact_share(worst_ratio(counts([(80, 100), (100, 100), (90, 100)]))) == Fraction(4, 5)
    assert exact_share(worst_difference(counts([(1, 3), (2, 3)]))) == Fraction(1, 3)
    assert exact_share(worst_ratio(counts([(0, 3), (0, 3)]))) is None


def test_a_group_without_trials_lets_nothing_pass_and_others_fail():
    fair = counts([(5000, 10000), (5000, 10000), (0, 0)])
    assert worst_difference(fair).high == 1.0
    assert worst_ratio(fair).low == 0.0
    unfair = worst_difference(counts([(900, 1000), (500, 1000), (0, 0)]))
    assert unfair.low is not None
    assert unfair.low > 0.3


def test_a_group_of_one_neither_passes_nor_fails_anything():
    found = worst_difference(counts([(500, 1000), (500, 1000), (1, 1)]))
    assert found.value == 0.5
    assert found.low is not None
    assert found.low < 0.05
    assert found.high is not None
    assert found.high > 0.45


def test_an_incomplete_comparison_passes_nothing():
    complete = counts([(500, 1000), (500, 1000)])
    assert worst_difference(complete).high == pytest.approx(0.037, abs=0.01)
    assert worst_difference(counts([(500, 1000), (500, 1000)], is_complete=False)).high == 1.0
    assert worst_ratio(counts([(500, 1000), (500, 1000)], is_complete=False)).low == 0.0


def test_one_group_has_nothing_to_be_compared_with():
    found = worst_difference(counts([(5, 10), (0, 0)]))
    assert found.value is None
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.why_undefined is not None
    assert found.why_undefined.id == "stats.one-group"


def test_the_worst_class_is_taken_and_the_failing_end_is_shared_out():
    mild, bad = counts([(50, 100), (45, 100)]), counts([(90, 100), (40, 100)])
    both, alone = worst_difference([mild, bad]), worst_difference(bad)
    assert both.value == alone.value == 0.5
    assert both.low is not None
    assert alone.low is not None
    assert both.low < alone.low
    assert both.high == alone.high
    assert both.low == worst_difference(bad, alpha_low=0.025).low


tables = st.lists(
    st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=2,
    max_size=6,
)


@given(tables, st.randoms(use_true_random=False))
def test_every_table_gives_a_sound_estimate_that_its_evidence_repeats(table, random):
    shuffled = table[:]
    random.shuffle(shuffled)
    for worst in (worst_difference, worst_ratio):
        found = worst(counts(table))
        assert estimate_problems(found) == []
        other = worst(counts(shuffled))
        assert (found.value, found.low, found.high) == (other.value, other.low, other.high)
        if found.value is not None:
            moved = reestimate(found, alpha_low=0.01, alpha_high=0.01)
            assert moved.low <= found.low  # type: ignore[operator]
            assert moved.high >= found.high  # type: ignore[operator]
            assert reestimate(moved, alpha_low=0.05, alpha_high=0.05) == found


def test_rows_in_two_groups_are_not_counted_as_independent():
    rng = np.random.default_rng(1)
    inside = np.array([[True, True]] * 900 + [[True, False]] * 50 + [[False, True]] * 50)
    grouping = Grouping.overlapping(("a", "b"), inside)
    event = rng.random(1000) < 0.5
    shared = group_counts(grouping, event, np.ones(1000, dtype=bool))
    assert shared.joint is not None
    assert shared.joint[0, 1].tolist() == [int(event[:900].sum()), 900]
    apart = worst_difference(GroupCounts(shared.names, shared.successes, shared.trials))
    together = worst_difference(shared)
    # 900 of 950 rows are the same: their noise cancels
    assert together.high < apart.high / 2  # type: ignore[operator]


def test_a_grouping_counts_what_masks_count():
    rng = np.random.default_rng(3)
    inside = rng.random((500, 4)) < 0.3
    grouping = Grouping.overlapping(tuple("abcd"), inside)
    success, trial = rng.random(500) < 0.4, rng.random(500) < 0.7
    cluster = rng.integers(0, 30, 500)
    found = group_counts(grouping, success, trial)
    clustered = group_counts(grouping, success, trial, cluster=cluster)
    assert clustered.clusters is not None
    kinds = [
        tuple(map(tuple, table))
        for table, times in zip(clustered.clusters.tolist(), clustered.times, strict=True)
        for _ in range(times)
    ]
    masks = []
    for t in range(30):
        own = trial & (cluster == t)
        counted = [
            [int((inside[:, k] & own & hit).sum()) for hit in (success, own)] for k in range(4)
        ]
        if any(n for _, n in counted):
            masks.append(tuple(map(tuple, counted)))
    assert sorted(kinds) == sorted(masks)
    for k in range(4):
        np.testing.assert_array_equal(grouping.inside(k), inside[:, k])
        assert found.successes[k] == (inside[:, k] & success & trial).sum()
        assert found.trials[k] == (inside[:, k] & trial).sum()
    assert found.joint is not None
    assert found.joint[1, 2, 0] == (inside[:, 1] & inside[:, 2] & success & trial).sum()


def clustered_counts(table: np.ndarray) -> GroupCounts:
    total = table.sum(axis=0)
    names = tuple(f"g{k}" for k in range(table.shape[1]))
    return GroupCounts(names, total[:, 0], total[:, 1], clusters=table)


def test_pairs_within_clusters_cancel_what_they_share():
    rng = np.random.default_rng(7)
    effect = rng.choice([0.1, 0.9], size=40)  # templates differ wildly, groups do not
    table = np.stack(
        [np.stack([rng.binomial(20, effect), np.full(40, 20)], -1) for _ in range(2)], 1
    )
    paired = worst_difference(clustered_counts(table))
    total = table.sum(axis=0)
    rows = worst_difference(counts(total.tolist()))
    assert paired.high < rows.high  # type: ignore[operator]


def test_few_clusters_and_few_events_decide_nothing():
    many = np.tile(np.array([[[19, 20], [1, 20]]]), (9, 1, 1))
    found = worst_difference(clustered_counts(many))
    assert found.value == pytest.approx(0.9)
    assert (found.low, found.high) == (0.0, 1.0)
    few = np.tile(np.array([[[0, 20], [10, 20]]]), (30, 1, 1))
    few[:4, 0, 0] = 1
    found = worst_difference(clustered_counts(few))
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_large_table_of_clusters_goes_to_the_bundle_and_is_read_from_there():
    rng = np.random.default_rng(2)
    table = np.stack([rng.binomial(20, 0.4, (2000, 3)), np.full((2000, 3), 20)], -1)
    kept = []

    def keep(array, values):
        from harness.records import Evidence

        kept.append(array)
        return Evidence(values=dict(values), path="audits/x/replicates.parquet", column="r0")

    found = worst_ratio(clustered_counts(table), keep=keep)
    assert len(kept) == 1
    moved = reestimate(found, alpha_low=0.01, alpha_high=0.01, read=lambda evidence: kept[0])
    assert moved == worst_ratio(clustered_counts(table), keep=keep, alpha_low=0.01, alpha_high=0.01)
    with pytest.raises(ContractError, match="reader"):
        reestimate(found, alpha_low=0.01)


def test_the_worst_pair_is_named():
    assert worst_pair(counts([(5, 10), (9, 10), (0, 0), (90, 100)])) == (3, 0)
    assert worst_pair(counts([(0, 0), (3, 4)])) is None
    assert worst_pair(counts([(5, 10), (5, 10)])) is not None


@pytest.mark.parametrize(
    ("table", "error"),
    [
        (np.array([[1, 2]]), ShapeError),
        (np.array([[1, 2, 3], [1, 2, 3]]), ShapeError),
        (np.array([[3, 2], [1, 2]]), ContractError),
        (np.array([[-1, 2], [1, 2]]), ContractError),
        (np.array([[0.5, 2], [1, 2]]), ContractError),
    ],
)
def test_what_cannot_be_counts_is_refused(table, error):
    with pytest.raises(error):
        worst_difference_outcome(table, 0.1)
    with pytest.raises(error):
        worst_ratio_outcome(table, 0.8)


def test_values_and_covariances_decide_like_counts_where_rates_are_in_the_middle():
    table = counts([(4000, 10000), (5000, 10000), (4400, 10000)])
    rate = table.successes / table.trials
    spread = np.diag(rate * (1 - rate) / table.trials)
    plain = worst_linear_difference(table.names, rate, spread, n=30000, unit="difference")
    exact = worst_difference(table)
    assert plain.value == exact.value
    assert (plain.low, plain.high) == pytest.approx((exact.low, exact.high), abs=2e-3)
    open_end = worst_linear_difference(
        table.names, rate, spread, n=30000, unit="difference", is_complete=False
    )
    assert open_end.high == 1.0


def test_values_without_any_spread_have_no_interval():
    found = worst_linear_difference(("a", "b"), [1.0, 1.0], np.zeros((2, 2)), n=9, unit="share")
    assert found.value is None
    assert (found.low, found.high) == (0.0, 1.0)
    with pytest.raises(ContractError):
        worst_linear_difference(("a", "b"), [1.0, np.nan], np.zeros((2, 2)), n=9, unit="share")


def test_a_reference_group_leaves_the_other_pairs_out():
    table = [(400, 1000), (500, 1000), (600, 1000)]
    found = worst_difference(counts(table, reference=1))
    assert found.value == pytest.approx(0.1)
    assert worst_difference(counts(table)).value == pytest.approx(0.2)
    assert worst_ratio(counts(table, reference=1)).value == pytest.approx(0.8)
    moved = reestimate(found, alpha_low=0.01, alpha_high=0.01)
    assert moved == worst_difference(counts(table, reference=1), alpha_low=0.01, alpha_high=0.01)
    assert exact_share(found) is None
    gone = worst_difference(counts([(400, 1000), (0, 0), (400, 1000)], reference=1))
    assert gone.high == 1.0


def test_clusters_that_are_alike_are_one_kind_and_give_the_same_estimate():
    rng = np.random.default_rng(4)
    n = 20_000
    grouping = Grouping.exclusive(("a", "b", "c"), rng.integers(0, 3, n))
    event, everything = rng.random(n) < 0.3, np.ones(n, np.bool_)
    cluster = rng.integers(0, 9000, n)
    found = group_counts(grouping, event, everything, cluster=cluster)
    assert found.clusters is not None
    assert found.times is not None
    assert len(found.times) < 2500
    assert found.times.sum() == len(np.unique(cluster))
    dense = np.zeros((9000, 3, 2), np.int64)
    np.add.at(dense, (cluster, grouping.code, 1), 1)
    np.add.at(dense, (cluster[event], grouping.code[event], 0), 1)
    for worst in (worst_difference, worst_ratio):
        short, long = worst(found), worst(clustered_counts(dense))
        assert (short.value, short.low, short.high) == pytest.approx(
            (long.value, long.low, long.high), abs=1e-12
        )
