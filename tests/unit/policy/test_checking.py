"""A policy against the catalogue of measures."""

from __future__ import annotations

import pytest

from harness.policy import check_measures, policy_of_rules
from harness.records import Measure


def _measure(key: str, better: str, low: float | None = 0.0, high: float | None = 1.0) -> Measure:
    return Measure(key, key, "share", better, low, high, "{value}", "much", "here")


KNOWN = {
    m.key: m
    for m in (
        _measure("group-error.error-rate", "lower"),
        _measure("accuracy.accuracy", "higher"),
        _measure("accuracy.log-loss", "lower", 0.0, None),
    )
}


def _problems(measure: str, require: dict) -> list[str]:
    return check_measures(policy_of_rules([{"measure": measure, "require": require}]), KNOWN)


def test_an_unknown_measure_is_named_with_the_nearest_key():
    (problem,) = _problems("group-error.eror-rate", {"at_most": 0.1})
    assert problem == (
        "Policy rules 0.0.0 names the measure 'group-error.eror-rate' (rules:1), which no audit "
        "declares. Did you mean 'group-error.error-rate'?"
    )


def test_an_unknown_declared_measure_is_named_too():
    (problem,) = _problems("accuracy.accuracy", {"at_least": {"from": "declared.accuracy.acuracy"}})
    assert "'accuracy.acuracy'" in problem


@pytest.mark.parametrize(
    ("measure", "require", "expected"),
    [
        ("group-error.error-rate", {"at_least": 0.1}, "of which lower is better. Write at_most."),
        ("accuracy.accuracy", {"at_most": 0.1}, "of which higher is better. Write at_least."),
        ("accuracy.accuracy", {"at_least": 80}, "must lie in the range of accuracy.accuracy"),
        ("accuracy.accuracy", {"at_least": -0.1}, "[0, 1], got -0.1"),
        ("accuracy.log-loss", {"at_most": -1}, "[0, no end], got -1"),
    ],
)
def test_a_rule_that_cannot_mean_what_it_says_is_refused(measure, require, expected):
    (problem,) = _problems(measure, require)
    assert expected in problem


@pytest.mark.parametrize(
    ("measure", "require"),
    [
        ("group-error.error-rate", {"at_most": 0.1}),
        ("group-error.error-rate", {"at_most": 1}),
        ("accuracy.accuracy", {"at_least": {"from": "declared.accuracy.accuracy"}}),
        ("accuracy.log-loss", {"at_most": 40}),
        ("accuracy.accuracy", {"drop_at_most": 0.01, "versus": "last_release", "paired": True}),
        ("group-error.error-rate", {"present_for": [["sex"]]}),
    ],
)
def test_a_sound_rule_has_no_problem(measure, require):
    assert _problems(measure, require) == []
