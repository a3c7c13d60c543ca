"""Hazards found in released tools that compare groups, each by its name, none of them here."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats as scipy_stats

from harness.stats import (
    GroupCounts,
    Grouping,
    bootstrap_mean,
    count_cells,
    event_of,
    group_counts,
    reestimate,
    replicate_cells,
    wilson,
    worst_difference,
    worst_difference_outcome,
    worst_ratio,
)


def counts(*table: tuple[int, int], **more: object) -> GroupCounts:
    successes, trials = np.array(table, dtype=np.int64).T
    return GroupCounts(tuple(f"g{k}" for k in range(len(table))), successes, trials, **more)  # type: ignore[arg-type]


def test_group_of_one():
    """Fairlearn 0.15 gives a group of one the interval [1, 1]."""
    low = wilson(1, 1).low
    assert low is not None
    assert low < 0.4
    found = worst_difference(counts((500, 1000), (1, 1)))
    assert (found.low, found.high) == (0.0, pytest.approx(0.52, abs=0.1))


def test_three_that_are_all_selected():
    """Fairlearn: [1, 1]; Wilson at 95 % on both sides: [0.44, 1]."""
    found = wilson(3, 3, alpha_low=0.025, alpha_high=0.025)
    assert found.low == pytest.approx(0.44, abs=0.005)


def test_group_without_positives():
    """Fairlearn says a true positive rate of 0, so that a perfect model has a difference of 1."""
    from fairlearn.metrics import equalized_odds_difference

    label = np.array([1, 0, 1, 0, 0, 0])
    group = np.array([0, 0, 0, 1, 1, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert equalized_odds_difference(label, label, sensitive_features=group) == 1.0
    cells = count_cells(Grouping.exclusive(("a", "b"), group), label, label, n_classes=2)
    odds = worst_difference([cells.rate("tpr", 1), cells.rate("fpr", 1)])
    assert (odds.value, odds.low) == (0.0, 0.0)
    assert odds.high == 1.0  # and nothing passes on what was not seen


def test_group_absent_from_a_replicate():
    """Fairlearn drops replicates without a small group, or the group."""
    group = np.array([0] * 60 + [1])
    label = np.ones(61, np.int64)
    cells = count_cells(Grouping.exclusive(("a", "b"), group), label, label, n_classes=2)
    drawn = replicate_cells(cells, np.random.default_rng(0), replicates=300)
    sizes = drawn.sum(axis=(2, 3))
    assert sizes.shape == (300, 2)
    assert (sizes[:, 1] == 0).any()


def test_percentile_interval_of_a_maximum():
    """True difference 0, 8 groups of 120: the percentile interval starts above 0.10 nearly always."""
    rng = np.random.default_rng(3)
    above = failed = 0
    for _ in range(30):
        x = rng.binomial(120, 0.5, 8)
        drawn = rng.binomial(120, x / 120, (400, 8)) / 120
        above += np.quantile(np.ptp(drawn, axis=1), 0.05) > 0.05
        table = np.stack([x, np.full(8, 120)], -1)
        failed += worst_difference_outcome(table, 0.05) == "failed"
    assert above >= 25
    assert failed <= 2


def test_a_point_outside_its_own_interval():
    """Fairlearn: in 2 of 15 runs."""
    rng = np.random.default_rng(5)
    for _ in range(200):
        n = rng.integers(1, 80, 6)
        found = worst_difference(
            counts(*zip(rng.binomial(n, 0.5).tolist(), n.tolist(), strict=True))
        )
        assert found.low <= found.value <= found.high  # type: ignore[operator]


def test_no_selection_at_all():
    """Fairlearn's demographic parity ratio is then NaN; a toolkit that divides says 1."""
    found = worst_ratio(counts((0, 50), (0, 80)))
    assert found.value is None
    assert found.why_undefined is not None
    assert (found.low, found.high) == (0.0, 1.0)


def test_an_unsupported_group_is_not_perfectly_fair():
    """A toolkit gives a group without rows difference 0 with the interval [0, 0]."""
    found = worst_difference(counts((30, 60), (0, 0)))
    assert found.value is None
    assert (found.low, found.high) == (0.0, 1.0)


def test_an_infinite_ratio_is_not_replaced_by_a_number():
    """Aequitas replaces it by 10."""
    found = worst_ratio(counts((0, 50), (40, 80)))
    assert found.value == 0.0
    assert found.low == 0.0
    assert found.high is not None
    assert found.high < 0.5


def test_rows_in_two_groups_are_not_two_rows():
    """Overlapping identities as independent binomials."""
    inside = np.array([[True, True]] * 300 + [[True, False]] * 30 + [[False, True]] * 30)
    grouping = Grouping.overlapping(("a", "b"), inside)
    event = np.arange(360) % 2 == 0
    found = worst_difference(group_counts(grouping, event, np.ones(360, np.bool_)))
    assert found.n == 360
    events = (inside & event[:, None]).sum(axis=0)
    apart = worst_difference(counts(*zip(events.tolist(), inside.sum(0).tolist(), strict=True)))
    assert found.high < apart.high  # type: ignore[operator]


def test_rows_after_the_first_five_thousand_count():
    """A toolbox silently ignores them."""
    group = np.repeat([0, 1], [5000, 5000])
    decision = np.repeat([0, 1], [5000, 5000])
    cells = count_cells(Grouping.exclusive(("a", "b"), group), decision, decision, n_classes=2)
    assert worst_difference(cells.rate("selection-rate", 1)).value == 1.0


def test_bootstrap_error_is_not_divided_by_the_number_of_replicates():
    """lighteval: 31.6 times too small with 1,000 replicates."""
    values = np.random.default_rng(0).normal(size=200)
    found = bootstrap_mean(
        values,
        rng=np.random.default_rng(1),
        keep=None,
        unit="share",
        range_low=None,
        range_high=None,
    )
    half = (found.high - found.low) / 2  # type: ignore[operator]
    assert half == pytest.approx(1.645 * scipy_stats.sem(values), rel=0.15)


def test_the_answer_does_not_depend_on_a_name_that_is_a_text():
    """Aequitas: ``set(ref_group)`` splits a name into letters."""
    table = {"reference": 0}
    assert counts((5, 10), (6, 10), **table) is not None
    rate = worst_difference(counts((40, 100), (60, 100), reference=0))
    assert rate.value == pytest.approx(0.2)


def test_what_no_rule_saw_at_another_level_is_recomputed_from_counts():
    """Tools that fix alpha in the call cannot answer Holm."""
    found = worst_difference(counts((73, 106), (77, 178)))
    for alpha in (0.01, 0.001):
        moved = reestimate(found, alpha_low=alpha)
        assert moved.low == worst_difference(counts((73, 106), (77, 178)), alpha_low=alpha).low


def test_a_missing_label_is_a_slice_and_no_error():
    """Fairlearn: ValueError for missing group labels."""
    grouping = Grouping.exclusive(("a", "b"), np.array([0, 1, -1, 0]))
    one = np.array([1, 1, 1, 1])
    found = group_counts(grouping, *event_of("accuracy", one, one, 1))
    assert found.trials.tolist() == [2, 1]
    assert grouping.n == 4
