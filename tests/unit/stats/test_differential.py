"""Differential fairness: the smoothed value by hand, and ends that are those of the worst ratio."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.errors import ContractError
from harness.stats import GroupCounts, differential_fairness, reestimate, worst_ratio


def outcomes(x: list[int], n: list[int]) -> list[GroupCounts]:
    names = tuple(f"g{k}" for k in range(len(x)))
    happened, total = np.array(x), np.array(n)
    return [GroupCounts(names, each, total) for each in (happened, total - happened)]


def test_the_value_is_the_largest_smoothed_log_ratio_over_both_outcomes() -> None:
    x, n = [30, 55, 48], [100, 100, 80]
    smoothed = [[(a + 1) / (b + 2) for a, b in zip(x, n, strict=True)]]
    smoothed.append([1 - p for p in smoothed[0]])
    expected = max(math.log(max(one) / min(one)) for one in smoothed)
    # the same sums in another order
    assert differential_fairness(outcomes(x, n)).value == pytest.approx(expected, abs=1e-12)


def test_the_ends_are_logarithms_of_those_of_the_worst_ratio() -> None:
    tables = outcomes([300, 550, 480], [1000, 1000, 800])
    ratio, found = worst_ratio(tables), differential_fairness(tables)
    assert ratio.low is not None
    assert ratio.high is not None
    assert found.high == pytest.approx(-math.log(ratio.low), abs=1e-12)
    assert found.low == pytest.approx(-math.log(ratio.high), abs=1e-12)


def test_equal_rates_are_zero_apart_at_best() -> None:
    found = differential_fairness(outcomes([500, 500], [1000, 1000]))
    assert found.value == 0.0
    assert found.low == 0.0
    assert found.high is not None
    assert 0 < found.high < 0.2


def test_an_outcome_that_may_never_happen_leaves_no_upper_end_and_no_value() -> None:
    found = differential_fairness(outcomes([0, 300], [400, 400]))
    assert found.value is None
    assert found.high is None
    assert found.low is not None
    # a rule that bounds it from above can still fail
    assert found.low > 2
    assert found.why_undefined is not None


def test_ends_move_from_the_evidence_alone() -> None:
    tables = outcomes([300, 550, 480], [1000, 1000, 800])
    wide = differential_fairness(tables, alpha_low=0.01, alpha_high=0.02)
    assert reestimate(differential_fairness(tables), alpha_low=0.01, alpha_high=0.02) == wide


def test_one_group_or_one_outcome_cannot_be_compared() -> None:
    nobody = differential_fairness(outcomes([5, 0], [10, 0]))
    assert nobody.value is None
    assert nobody.high is None
    with pytest.raises(ContractError, match="at least two tables"):
        differential_fairness(outcomes([5, 6], [10, 10])[:1])
