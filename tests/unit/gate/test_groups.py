"""Measures of whole group columns at the gate: exact fractions, Holm, and no slice asked for in vain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.stats import GroupCounts, worst_difference, worst_ratio

RULE = {
    "id": "SAME",
    "title": "Groups are treated alike",
    "severity": "block",
    "measure": "test.worst",
    "slices": {"by": "every"},
    "basis": "policy_choice",
}


def counts(*table: tuple[int, int]) -> GroupCounts:
    successes, trials = np.array(table, dtype=np.int64).T
    return GroupCounts(tuple(f"g{k}" for k in range(len(table))), successes, trials)


@pytest.fixture
def judged(make) -> Any:
    def run(estimate, *, require, unit, better, **rule):
        catalogue = (
            *make.catalogue,
            make.measure("test.worst", better, unit),
        )
        found = [
            make.measurement("test.worst", estimate, "sex=%2A"),
            make.measurement("test.higher", make.estimate(0.9, 0.8, 0.95), "sex=F"),
            make.measurement("test.higher", make.estimate(0.9, 0.8, 0.95), "sex=M"),
        ]
        rules = [{**RULE, "require": require, **rule}]
        return make.gate(rules, found, record=make.run(["sex"]), catalogue=catalogue)

    return run


def test_a_difference_of_a_column_is_judged_once_and_not_missed_in_single_groups(judged):
    verdict = judged(
        worst_difference(counts((490, 1000), (505, 1000))),
        require={"at_most": 0.10},
        unit="difference",
        better="lower",
    )
    assert [(one.slice, one.outcome) for one in verdict.findings] == [("sex=%2A", "passed")]


@pytest.mark.parametrize(
    ("table", "outcome"),
    [
        (((73, 106), (77, 178)), "failed"),
        (((80, 200), (100, 200)), "inconclusive"),
        (((490, 1000), (505, 1000), (510, 1000)), "passed"),
    ],
)
def test_the_three_outcomes_are_those_of_the_published_table(judged, table, outcome):
    verdict = judged(
        worst_difference(counts(*table)),
        require={"at_most": 0.10},
        unit="difference",
        better="lower",
    )
    assert [one.outcome for one in verdict.findings] == [outcome]


@pytest.mark.parametrize(("successes", "outcome"), [(80, "passed"), (79, "failed")])
def test_four_fifths_is_exact_where_the_point_decides(judged, successes, outcome):
    verdict = judged(
        worst_ratio(counts((successes, 100), (100, 100))),
        require={"at_least": "4/5"},
        unit="ratio",
        better="higher",
        decide_on="point",
    )
    assert [one.outcome for one in verdict.findings] == [outcome]
    # two thirds is no decimal number at all
    verdict = judged(
        worst_ratio(counts((2, 9), (3, 9))),
        require={"at_least": "2/3"},
        unit="ratio",
        better="higher",
        decide_on="point",
    )
    assert [one.outcome for one in verdict.findings] == ["passed"]


def test_holm_moves_the_end_that_fails_from_the_counts(make):
    catalogue = (make.measure("test.worst", "lower", "difference"),)
    found = [
        make.measurement(
            "test.worst", worst_difference(counts((250 + 60, 500), (250, 500))), f"c{k}=%2A"
        )
        for k in range(12)
    ]
    found[0] = make.measurement(
        "test.worst", worst_difference(counts((400, 500), (250, 500))), "c0=%2A"
    )
    rule = {**RULE, "require": {"at_most": 0.05}}
    columns = [f"c{k}" for k in range(12)]
    verdict = make.gate([rule], found, record=make.run(columns), catalogue=catalogue)
    outcomes = {one.slice: one.outcome for one in verdict.findings}
    assert outcomes.pop("c0=%2A") == "failed"
    assert set(outcomes.values()) == {"inconclusive"}
    alone = make.gate([rule], found[1:2], record=make.run(["c1"]), catalogue=catalogue)
    assert [one.outcome for one in alone.findings] == ["failed"]
