"""Examples needed: the published table, an exact sum, and what happens without a way to pass."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from harness.errors import ContractError
from harness.stats import worst_difference_outcome
from harness.stats.power import chance_of_passing, rows_for_power

TABLE = [
    ("difference", 0.10, 2, 0.5, 441),
    ("difference", 0.10, 5, 0.1, 276),
    ("difference", 0.10, 10, 0.3, 785),
    ("difference", 0.05, 2, 0.05, 363),
    ("ratio", 0.80, 2, 0.5, 363),
    ("ratio", 0.80, 5, 0.3, 1365),
]
REST = [
    ("difference", 0.10, 2, (371, 172, 104), (0.3, 0.1, 0.05)),
    ("difference", 0.10, 5, (735, 612, 158), (0.5, 0.3, 0.05)),
    ("difference", 0.10, 10, (933, 348, 197), (0.5, 0.1, 0.05)),
    ("difference", 0.05, 2, (1732, 1489, 659), (0.5, 0.3, 0.1)),
    ("difference", 0.05, 5, (2914, 2451, 1069, 591), (0.5, 0.3, 0.1, 0.05)),
    ("difference", 0.05, 10, (3717, 3160, 1350, 735), (0.5, 0.3, 0.1, 0.05)),
    ("ratio", 0.80, 2, (837, 3178, 6674), (0.3, 0.1, 0.05)),
    ("ratio", 0.80, 5, (594, 5316, 11166), (0.5, 0.1, 0.05)),
    ("ratio", 0.80, 10, (756, 1759, 6710, 14246), (0.5, 0.3, 0.1, 0.05)),
]


@pytest.mark.parametrize(("kind", "limit", "n_groups", "rate", "rows"), TABLE)
def test_the_published_planning_table_comes_out_within_five_per_cent(
    kind, limit, n_groups, rate, rows
):
    assert rows_for_power(kind, limit, n_groups, rate) == pytest.approx(rows, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "limit", "n_groups", "rows", "rates"), REST)
def test_the_rest_of_the_planning_table_comes_out_too(kind, limit, n_groups, rows, rates):
    for n, rate in zip(rows, rates, strict=True):
        assert rows_for_power(kind, limit, n_groups, rate) == pytest.approx(n, rel=0.05)


def test_the_chance_is_that_of_all_outcomes_summed():
    n, m, rate = 150, 200, 0.2
    x, y = np.arange(n + 1), np.arange(m + 1)
    mass = np.outer(binom.pmf(x, n, rate), binom.pmf(y, m, rate))
    likely = np.argwhere(mass > 1e-7)
    exact = sum(
        mass[i, j]
        for i, j in likely
        if worst_difference_outcome(np.array([[i, n], [j, m]]), 0.12) == "passed"
    )
    # 4,000 simulated audits: 3 standard errors are 0.024
    assert chance_of_passing("difference", 0.12, (n, m), rate) == pytest.approx(exact, abs=0.024)


def test_more_examples_never_lower_the_chance_much_and_none_pass_with_none():
    chances = [chance_of_passing("ratio", 0.8, (n, n, n), 0.5) for n in (100, 300, 900, 2700)]
    assert chances == sorted(chances)
    assert chance_of_passing("difference", 0.1, (1000, 0), 0.5) == 0.0


def test_a_plan_that_no_number_of_rows_meets_says_so():
    assert rows_for_power("ratio", 0.999, 10, 0.01) is None


@pytest.mark.parametrize("given", [(0.0, 2, 0.5), (0.1, 1, 0.5), (0.1, 2, 1.0)])
def test_what_cannot_be_planned_is_refused(given):
    limit, n_groups, rate = given
    with pytest.raises(ContractError):
        rows_for_power("difference", limit, n_groups, rate)
