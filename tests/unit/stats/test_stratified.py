"""Common difference and odds ratio within strata: equal to other implementations and to hand formulas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from harness.errors import ContractError, ShapeError
from harness.records import Evidence
from harness.stats import (
    common_difference,
    common_difference_of_rows,
    common_odds_ratio,
    reestimate,
    stratum_table,
    worst_common_difference,
)

# exact arithmetic in another order of sums: both agree to far less than this
TOLERANCE = 1e-10


def drawn(seed: int, s: int = 6, most: int = 60) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    trials = rng.integers(1, most, size=(s, 2))
    successes = rng.binomial(trials, rng.uniform(0.2, 0.8, size=(s, 2)))
    return np.stack([successes[:, 0], trials[:, 0], successes[:, 1], trials[:, 1]], axis=1)


def two_by_two(table: Any) -> list[Any]:
    return [np.array([[a, n - a], [b, m - b]]) for a, n, b, m in table.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_the_odds_ratio_and_its_interval_equal_those_of_statsmodels(seed: int) -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    table = drawn(seed)
    other = StratifiedTable(two_by_two(table))
    low, high = other.oddsratio_pooled_confint(alpha=0.1)
    ours = common_odds_ratio(table)
    assert ours.value == pytest.approx(other.oddsratio_pooled, rel=TOLERANCE)
    assert ours.low == pytest.approx(low, rel=TOLERANCE)
    assert ours.high == pytest.approx(high, rel=TOLERANCE)


def exact_difference(table: Any) -> tuple[Fraction, Fraction]:
    """Sato's estimator and variance in fractions, from the definition of its terms."""
    weight = above = p = q = Fraction(0)
    for a, n, b, m in table.tolist():
        total = n + m
        weight += Fraction(n * m, total)
        above += Fraction(a * m - b * n, total)
        p += (Fraction(n * n * b - m * m * a) + Fraction(n * m * (m - n), 2)) / total**2
        q += Fraction(a * (m - b) + b * (n - a), 2 * total)
    value = above / weight
    return value, (value * p + q) / weight**2


@pytest.mark.parametrize("seed", range(20))
def test_the_difference_and_its_interval_equal_the_formula_in_fractions(seed: int) -> None:
    table = drawn(seed)
    value, variance = exact_difference(table)
    reach = 1.6448536269514722 * float(variance) ** 0.5
    ours = common_difference(table)
    assert ours.value == pytest.approx(float(value), abs=TOLERANCE)
    assert ours.low == pytest.approx(float(value) - reach, abs=TOLERANCE)
    assert ours.high == pytest.approx(float(value) + reach, abs=TOLERANCE)


def test_one_stratum_has_the_difference_and_the_variance_of_two_rates() -> None:
    one = common_difference([[60, 200, 90, 150]])
    assert one.value == pytest.approx(0.3 - 0.6, abs=TOLERANCE)
    _, variance = exact_difference(np.array([[60, 200, 90, 150]]))
    assert float(variance) == pytest.approx(0.3 * 0.7 / 200 + 0.6 * 0.4 / 150, rel=1e-2)


def test_strata_without_one_of_the_two_change_nothing() -> None:
    table = drawn(3)
    more = np.concatenate([table, [[5, 10, 0, 0], [0, 0, 7, 9]]])
    assert common_difference(more) == common_difference(table)
    assert common_odds_ratio(more) == common_odds_ratio(table)


def test_without_a_common_stratum_there_is_a_reason_and_no_number() -> None:
    for found in (common_difference([[5, 10, 0, 0]]), common_odds_ratio([[5, 10, 0, 0]])):
        assert not found.is_measured
        assert found.why_undefined is not None
        assert found.why_undefined.id == "stats.no-common-stratum"


def test_no_event_at_all_is_known_only_as_well_as_its_rows_allow() -> None:
    none = common_difference([[0, 50, 0, 60], [0, 40, 0, 30]])
    assert none.value == 0.0
    assert none.low is not None
    assert none.high is not None
    # MOVER's limit: the exact limit of one rate, the other being at 0
    assert -0.05 < none.low < -0.02
    assert 0.02 < none.high < 0.05
    assert not common_odds_ratio([[0, 50, 0, 60]]).value


@pytest.mark.parametrize("seed", range(5))
def test_ends_move_from_the_evidence_alone(seed: int) -> None:
    table = drawn(seed)
    for function in (common_difference, common_odds_ratio):
        wide = function(table, alpha_low=0.01, alpha_high=0.02)
        moved = reestimate(function(table), alpha_low=0.01, alpha_high=0.02)
        assert moved == wide
    parts = {"a": common_difference(table), "b": common_difference(drawn(seed + 50))}
    worst = worst_common_difference(parts)
    moved = reestimate(worst, alpha_low=0.01, alpha_high=0.02)
    assert moved == worst_common_difference(parts, alpha_low=0.01, alpha_high=0.02)


def rows_of(table: Any) -> tuple[Any, Any, Any]:
    happened, stratum, inside = [], [], []
    for k, (a, n, b, m) in enumerate(table.tolist()):
        happened += [1] * a + [0] * (n - a) + [1] * b + [0] * (m - b)
        stratum += [k] * (n + m)
        inside += [1] * n + [0] * m
    return np.array(happened, bool), np.array(stratum), np.array(inside, bool)


@pytest.mark.parametrize("seed", range(5))
def test_rows_as_their_own_clusters_give_nearly_the_interval_of_counts(seed: int) -> None:
    table = drawn(seed, s=4, most=400) + np.array([0, 100, 0, 100])
    happened, stratum, inside = rows_of(table)
    sides = (inside, ~inside)
    assert stratum_table(happened, stratum, sides).tolist() == table.tolist()
    counts = common_difference(table)
    linear = common_difference_of_rows(happened, stratum, sides, cluster=np.arange(len(happened)))
    assert linear.value == pytest.approx(counts.value, abs=TOLERANCE)
    assert linear.low is not None
    assert counts.low is not None
    assert counts.value is not None
    # Sato's variance assumes one difference for all strata, the other does not: some per cent apart
    assert linear.value - linear.low == pytest.approx(counts.value - counts.low, rel=0.2)


def test_doubling_every_row_changes_nothing_where_the_copies_are_one_cluster() -> None:
    happened, stratum, inside = rows_of(drawn(7, s=3, most=80))
    n = np.arange(len(happened))
    once = common_difference_of_rows(happened, stratum, (inside, ~inside), cluster=n)
    twice = [np.repeat(one, 2) for one in (happened, stratum, inside, n)]
    both = common_difference_of_rows(twice[0], twice[1], (twice[2], ~twice[2]), cluster=twice[3])
    assert both.value == pytest.approx(once.value, abs=TOLERANCE)
    assert both.low == pytest.approx(once.low, abs=TOLERANCE)


def test_nine_clusters_decide_nothing() -> None:
    happened, stratum, inside = rows_of(drawn(7))
    cluster = np.arange(len(happened)) % 9
    found = common_difference_of_rows(happened, stratum, (inside, ~inside), cluster=cluster)
    assert (found.low, found.high) == (-1.0, 1.0)
    assert found.value is not None


def test_the_worst_is_the_largest_size_in_either_direction() -> None:
    above, below = common_difference([[60, 100, 50, 100]]), common_difference([[20, 100, 50, 100]])
    worst = worst_common_difference({"a": above, "b": below})
    assert worst.value == pytest.approx(0.3)
    assert below.low is not None
    assert worst.high == pytest.approx(-below.low)
    one = worst_common_difference({"b": below})
    # with one group the failing end is two-sided: half of alpha in each direction
    assert below.value is not None
    assert one.low == pytest.approx(
        -(common_difference([[20, 100, 50, 100]], alpha_high=0.025).high or 0)
    )


def test_a_group_that_is_not_comparable_keeps_the_worst_from_passing_not_from_failing() -> None:
    far, nobody = common_difference([[10, 100, 80, 100]]), common_difference([[5, 10, 0, 0]])
    worst = worst_common_difference({"a": far, "b": nobody})
    assert worst.high == 1.0
    assert worst.low is not None
    assert worst.low > 0.5
    assert not worst_common_difference({"b": nobody}).is_measured


def test_other_shapes_and_impossible_counts_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"shape \[s, 4\], got \[1, 3\]"):
        common_difference([[1, 2, 3]])
    with pytest.raises(ContractError, match="0 <= successes <= trials"):
        common_difference([[3, 2, 1, 1]])
    with pytest.raises(ContractError, match="whole numbers"):
        common_difference([[1.5, 2, 1, 1]])
    broken = common_difference([[1, 2, 1, 1]])
    object.__setattr__(broken, "evidence", Evidence(values={}))
    with pytest.raises(ContractError, match="hold strata"):
        reestimate(broken, alpha_low=0.01)
