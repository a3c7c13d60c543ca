"""One rule, one measurement: the outcome follows from the interval, and everything fails closed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from harness.gate import Baseline, Given
from harness.records import ALL, AuditRecord, Evidence, Message
from harness.stats import wilson

INTERVALS = {"left": (0.5, 0.4, 0.6), "right": (0.9, 0.85, 0.95), "straddling": (0.8, 0.7, 0.9)}
EXPECTED = {
    ("at_least", "left"): "failed",
    ("at_least", "right"): "passed",
    ("at_least", "straddling"): "inconclusive",
    ("at_most", "left"): "passed",
    ("at_most", "right"): "failed",
    ("at_most", "straddling"): "inconclusive",
}
VERDICTS = {
    ("block", "passed"): ("pass", 0),
    ("block", "failed"): ("blocked", 1),
    ("block", "inconclusive"): ("incomplete", 3),
    ("block", "not-measured"): ("incomplete", 3),
    ("block", "error"): ("incomplete", 3),
    ("warn", "passed"): ("pass", 0),
    ("warn", "failed"): ("pass-with-warnings", 0),
    ("warn", "inconclusive"): ("pass-with-warnings", 0),
    ("warn", "not-measured"): ("pass-with-warnings", 0),
    ("warn", "error"): ("pass-with-warnings", 0),
    ("info", "failed"): ("pass", 0),
    ("info", "not-measured"): ("pass", 0),
    ("info", "error"): ("pass", 0),
}
KEYS = {"at_least": "test.higher", "at_most": "test.lower"}
PASSING = {"measure": "other.rate", "require": {"at_most": 0.5}, "id": "OTHER"}


def _rule(side="at_least", limit=0.8, **more):
    return {"measure": KEYS[side], "require": {side: limit}, **more}


@pytest.mark.parametrize("severity", ["block", "warn", "info"])
@pytest.mark.parametrize(("side", "where"), EXPECTED)
def test_the_whole_interval_decides_whatever_the_severity(only, make, side, where, severity):
    finding = only(_rule(side, severity=severity), make.estimate(*INTERVALS[where]))
    assert finding.outcome == EXPECTED[side, where]
    assert finding.severity == severity


@pytest.mark.parametrize(("severity", "outcome"), VERDICTS)
def test_the_verdict_follows_from_severity_and_outcome(make, severity, outcome):
    given = {
        "passed": make.estimate(0.9, 0.85, 0.95),
        "failed": wilson(100, 200),
        "inconclusive": make.estimate(0.8, 0.7, 0.9),
        "not-measured": make.estimate(None, None, None),
        "error": make.estimate(math.nan, 0.7, 0.9),
    }[outcome]
    held = [
        make.measurement("test.higher", given),
        make.measurement("other.rate", make.estimate(0.1, 0.05, 0.2)),
    ]
    verdict = make.gate([_rule(severity=severity), PASSING], held)
    assert {f.rule: f.outcome for f in verdict.findings} == {"RULE-1": outcome, "OTHER": "passed"}
    assert (verdict.verdict, verdict.exit_code) == VERDICTS[severity, outcome]
    strict = make.gate([_rule(severity=severity), PASSING], held, fail_on_warn=True)
    expected = 4 if strict.verdict == "pass-with-warnings" else verdict.exit_code
    assert (strict.verdict, strict.exit_code) == (verdict.verdict, expected)


@pytest.mark.parametrize(
    ("side", "low", "high", "expected"),
    [
        ("at_least", 0.8, None, "passed"),
        ("at_least", 0.7, None, "inconclusive"),
        ("at_least", None, 0.79, "failed"),
        ("at_least", None, 0.8, "inconclusive"),
        ("at_most", None, 0.8, "passed"),
        ("at_most", None, 0.9, "inconclusive"),
        ("at_most", 0.81, None, "failed"),
        ("at_most", 0.8, None, "inconclusive"),
    ],
)
def test_bounds_without_a_value_follow_the_interval_rule(only, make, side, low, high, expected):
    assert only(_rule(side), make.estimate(None, low, high)).outcome == expected


def test_without_any_bound_the_reason_of_the_audit_is_given(only, make):
    finding = only(_rule(), make.estimate(None, None, None))
    assert finding.outcome == "not-measured"
    assert finding.because.text == "There was nothing to count."


@pytest.mark.parametrize("end", ["value", "low", "high"])
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_an_error_and_stays_out_of_the_verdict(
    only, make, end, number
):
    finding = only(_rule(), replace(make.estimate(0.9, 0.85, 0.95), **{end: number}))
    assert finding.outcome == "error"
    assert getattr(finding, end) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"unit": "ratio"}, "unit must be 'share', got 'ratio'"),
        ({"low": 0.95, "high": 0.85}, "low must be <= high"),
        ({"low": 0.9, "high": 0.9}, "only for the method 'exact'"),
        ({"value": 0.5}, "value must lie in its interval"),
        ({"high": 1.5}, "must lie in [0.0, 1.0], got 1.5"),
        ({"high": None}, "needs both ends"),
        ({"n": -1}, "n must be >= 0"),
        ({"alpha_low": 0.7}, "between 0 and 0.5"),
        ({"why_undefined": Message("a", "b")}, "exclude each other"),
    ],
)
def test_an_estimate_that_breaks_its_contract_is_an_error(only, make, change, expected):
    finding = only(_rule(), replace(make.estimate(0.9, 0.85, 0.95), **change))
    assert finding.outcome == "error"
    assert expected in finding.because.text


@pytest.mark.parametrize(
    ("measure", "require", "expected"),
    [
        ("test.lower", {"at_least": 0.1}, "of which lower is better"),
        ("test.higher", {"at_most": 0.1}, "of which higher is better"),
        ("test.higher", {"at_least": 80}, "must lie in the range"),
        ("test.lower", {"at_most": 2}, "must lie in the range"),
    ],
)
def test_a_rule_in_the_wrong_direction_or_out_of_range_is_an_error(
    only, make, measure, require, expected
):
    finding = only({"measure": measure, "require": require}, make.estimate(0.9, 0.85, 0.95))
    assert finding.outcome == "error"
    assert expected in finding.because.text


def test_an_inconclusive_finding_without_a_value_says_why_there_is_none(only, make):
    finding = only(_rule(), make.estimate(None, 0.0, 1.0, n=0))
    assert finding.outcome == "inconclusive"
    assert "There was nothing to count." in finding.because.text


def test_a_measurement_whose_measure_is_not_defined_is_an_error(only, make):
    finding = only(_rule(), make.estimate(0.9, 0.85, 0.95), catalogue=make.catalogue[1:])
    assert finding.outcome == "error"


def test_a_typo_in_a_measure_is_not_measured_with_the_nearest_key(make):
    held = [make.measurement("test.higher", make.estimate(0.9, 0.85, 0.95))]
    verdict = make.gate([{"measure": "test.higer", "require": {"at_least": 0.1}}], held)
    assert verdict.verdict == "incomplete"
    assert "Did you mean 'test.higher'?" in verdict.findings[0].because.text
    assert verdict.not_tested[0].id == "gate.rule-not-tested"
    # the like of it in an audit of quite another name would mislead: that audit did not run
    verdict = make.gate([{"measure": "generalisation.higher", "require": {"at_least": 0.1}}], held)
    assert "Did you mean" not in verdict.findings[0].because.text


def test_a_measurement_that_stands_twice_is_an_error(make):
    held = [
        make.measurement("test.higher", make.estimate(0.9, 0.85, 0.95)),
        make.measurement("test.higher", make.estimate(0.5, 0.4, 0.6)),
    ]
    assert [f.outcome for f in make.gate([_rule()], held).findings] == ["error"]


def test_fewer_examples_than_the_rule_needs_are_inconclusive(only, make):
    rule = _rule(needs={"n_at_least": 600})
    finding = only(rule, make.estimate(0.9, 0.85, 0.95, n=599))
    assert (finding.outcome, finding.n_needed) == ("inconclusive", 600)
    assert only(rule, make.estimate(0.9, 0.85, 0.95, n=600)).outcome == "passed"


def test_an_inconclusive_finding_says_how_many_examples_would_decide_it(only):
    finding = only(_rule(), wilson(85, 100))
    assert finding.outcome == "inconclusive"
    assert finding.n_needed is not None
    assert wilson(round(0.85 * finding.n_needed), finding.n_needed).low >= 0.79
    assert f"About {finding.n_needed} examples" in finding.because.text


@pytest.mark.parametrize(
    ("decide_on", "limit", "expected"),
    [
        ("point", 0.9, "passed"),
        ("point", 0.91, "failed"),
        ("lower", 0.85, "passed"),
        ("lower", 0.86, "failed"),
        ("upper", 0.95, "passed"),
        ("upper", 0.96, "failed"),
    ],
)
def test_one_number_alone_decides_where_the_rule_says_so(only, make, decide_on, limit, expected):
    finding = only(_rule(limit=limit, decide_on=decide_on), make.estimate(0.9, 0.85, 0.95))
    assert finding.outcome == expected


@pytest.mark.parametrize("decide_on", ["point", "lower", "upper"])
def test_a_number_that_is_not_there_decides_nothing(only, make, decide_on):
    given = make.estimate(None, 0.85 if decide_on == "upper" else None, 0.95)
    given = replace(given, high=None) if decide_on == "upper" else given
    assert only(_rule(decide_on=decide_on), given).outcome == "not-measured"


def test_a_share_of_exactly_four_fifths_meets_at_least_080_from_all_counts(only):
    rule = _rule(limit=0.80, decide_on="point")
    for trials in range(1, 61):
        for successes in range(trials + 1):
            finding = only(rule, wilson(successes, trials))
            expected = "passed" if 5 * successes >= 4 * trials else "failed"
            assert finding.outcome == expected, (successes, trials)


def test_counts_that_contradict_their_value_are_an_error(only):
    wrong = replace(wilson(80, 100), evidence=Evidence(values={"successes": 90, "trials": 100}))
    assert only(_rule(decide_on="point"), wrong).outcome == "error"


def test_another_confidence_moves_both_ends(make):
    held = [make.measurement("test.higher", wilson(87, 100))]
    from harness.gate import judge
    from harness.policy import parse_policy
    from harness.records import Measurements

    measured = Measurements("modelassay/measurements/v1", make.catalogue, tuple(held))

    def finding(confidence):
        text = f"""
apiVersion: modelassay/v1
kind: PolicyPack
metadata: {{id: a, version: 1.0.0, title: A}}
defaults: {{confidence: {confidence}}}
rules:
  - {{id: R, title: R, severity: block, measure: test.higher, require: {{at_least: 0.80}}, basis: policy_choice}}
"""
        policy = parse_policy(text.encode(), "a.yaml")
        verdict = judge(policy, make.run(), measured, run_digest="1", now=make.now)
        return verdict.findings[0]

    loose, strict = finding(0.95), finding(0.99)
    assert (loose.outcome, strict.outcome) == ("passed", "inconclusive")
    wanted = wilson(87, 100, alpha_low=0.01, alpha_high=0.01)
    assert (strict.low, strict.high) == (wanted.low, wanted.high)
    assert (strict.alpha_low, strict.alpha_high) == (0.01, 0.01)
    measured = replace(
        measured, measurements=(replace(held[0], estimate=replace(wilson(99, 100), evidence=None)),)
    )
    assert finding(0.99).outcome == "inconclusive"
    assert finding(0.99).because.id == "gate.level-not-possible"


def test_a_declared_limit_comes_from_the_run_and_is_not_measured_without_it(only, make):
    rule = _rule(limit={"from": "declared.test.higher"})
    given = make.estimate(0.9, 0.85, 0.95)
    assert only(rule, given).outcome == "not-measured"
    for declared, expected in {0.85: "passed", 0.9: "inconclusive", 0.96: "failed"}.items():
        record = make.run(declared={"test.higher": declared})
        finding = only(rule, given, record=record)
        assert (finding.outcome, finding.limit_value) == (expected, declared)
    assert only(rule, given, record=make.run(declared={"test.higher": 84.0})).outcome == "error"
    nan = make.run(declared={"test.higher": math.nan})
    assert only(rule, given, record=nan).outcome == "not-measured"


def test_a_regression_rule_without_a_baseline_is_not_measured(only, make):
    require = {"drop_at_most": 0.01, "versus": "last_release", "paired": True}
    finding = only(_rule() | {"require": require}, make.estimate(0.9, 0.85, 0.95))
    assert (finding.outcome, finding.because.id) == ("not-measured", "gate.no-baseline")


@pytest.mark.parametrize(
    ("measure", "low", "high", "expected"),
    [
        ("test.higher", -0.01, 0.02, "passed"),
        ("test.higher", -0.02, 0.02, "inconclusive"),
        ("test.higher", -0.05, -0.02, "failed"),
        ("test.lower", -0.05, 0.01, "passed"),
        ("test.lower", 0.02, 0.05, "failed"),
    ],
)
def test_a_drop_is_how_much_worse_whatever_the_direction(make, measure, low, high, expected):
    require = {"drop_at_most": 0.01, "versus": "last_release", "paired": True}
    held = [make.measurement(measure, make.estimate(0.9, 0.85, 0.95))]
    difference = make.estimate(None, low, high, unit="difference")
    baseline = Baseline("release-1", (make.measurement(measure, difference),))
    verdict = make.gate(
        [{"measure": measure, "require": require}], held, given=Given(baseline=baseline)
    )
    (finding,) = verdict.findings
    assert (finding.outcome, finding.limit) == (expected, "drop at most 0.01")
    assert verdict.baseline_run == "release-1"


def test_an_audit_that_ended_in_error_makes_its_rules_an_error(make):
    audit = AuditRecord("test", "error", {}, "1", Message("x", "It broke."))
    held = [make.measurement("test.higher", make.estimate(0.9, 0.85, 0.95))]
    verdict = make.gate([_rule()], held, record=make.run(audits=(audit,)))
    assert [f.outcome for f in verdict.findings] == ["error", "passed"]
    assert "It broke." in verdict.findings[0].because.text
    assert verdict.verdict == "incomplete"


@pytest.mark.parametrize("empty", [[], "", " ", [""], None])
def test_a_field_that_was_left_empty_is_not_stated(only, make, empty):
    rule = _rule(applies_when={"all": [{"field": "system.jurisdictions", "any_of": ["US"]}]})
    record = make.run(system={"jurisdictions": empty})
    assert only(rule, make.estimate(0.9, 0.85, 0.95), record=record).outcome == "not-measured"


@pytest.mark.parametrize(
    ("system", "outcome"),
    [
        ({"domain": "employment"}, "passed"),
        ({"domain": "credit"}, "not-applicable"),
        ({}, "not-measured"),
        ({"domain": None}, "not-measured"),
        ({"domain": ["credit", "employment"]}, "passed"),
    ],
)
def test_a_field_that_is_not_stated_is_no_reason_not_to_apply(only, make, system, outcome):
    rule = _rule(applies_when={"all": [{"field": "system.domain", "in": ["employment"]}]})
    finding = only(rule, make.estimate(0.9, 0.85, 0.95), record=make.run(system=system))
    assert finding.outcome == outcome


def test_true_and_one_are_different_answers(only, make):
    rule = _rule(applies_when={"any": [{"field": "system.live", "equals": True}]})
    given = make.estimate(0.9, 0.85, 0.95)
    assert only(rule, given, record=make.run(system={"live": 1})).outcome == "not-measured"
    assert only(rule, given, record=make.run(system={"live": False})).outcome == "not-applicable"
    assert only(rule, given, record=make.run(system={"live": True})).outcome == "passed"


def test_true_asked_for_as_a_word_is_no_answer_and_the_finding_says_why(only, make):
    rule = _rule(applies_when={"all": [{"field": "system.live", "equals": "true"}]})
    finding = only(rule, make.estimate(0.9, 0.85, 0.95), record=make.run(system={"live": True}))
    assert finding.outcome == "not-measured"
    assert "asks for 'true'. Write true or false without quotes." in finding.because.text


@pytest.mark.parametrize("word", ["yes", "true", "no", "True"])
def test_a_word_where_the_policy_asks_for_true_or_false_switches_no_rule_off(only, make, word):
    rule = _rule(applies_when={"all": [{"field": "system.live", "equals": True}]})
    finding = only(rule, make.estimate(0.9, 0.85, 0.95), record=make.run(system={"live": word}))
    assert finding.outcome == "not-measured"
    assert f"is {word!r} in the run" in finding.because.text


@pytest.mark.parametrize("said", [["yes"], [True, "no"], 1, {"a": True}])
def test_nothing_but_true_or_false_answers_a_question_for_them(only, make, said):
    rule = _rule(applies_when={"all": [{"field": "system.live", "equals": True}]})
    finding = only(rule, make.estimate(0.9, 0.85, 0.95), record=make.run(system={"live": said}))
    assert finding.outcome == "not-measured"


def test_a_list_of_one_is_that_one(only, make):
    rule = _rule(applies_when={"all": [{"field": "system.jurisdictions", "equals": "EU"}]})
    run = make.run(system={"jurisdictions": ["EU"]})
    assert only(rule, make.estimate(0.9, 0.85, 0.95), record=run).outcome == "passed"


def test_a_finding_shows_shares_as_per_cent_and_never_rounds_onto_the_limit(only, make):
    finding = only(_rule("at_most", 0.1), make.estimate(0.12, 0.10004, 0.15, n=240))
    assert finding.because.text == (
        "test.lower is 12.000 % (n = 240) on data set test. The interval from 10.004 % to "
        "15.000 % (level 95 % at each end) lies wholly above the limit of 10 %."
    )
    assert (finding.limit, finding.limit_value, finding.slice) == ("at most 0.1", 0.1, ALL)
    assert finding.place == "rules:1"


class TestFirstRelease:
    def judged(self, make, baseline, *, first=None, key="test.higher"):
        require = {"drop_at_most": 0.01, "versus": "last_release", "paired": True}
        if first is not None:
            require["first_release"] = first
        held = [make.measurement("test.higher", wilson(100, 200))]
        verdict = make.gate(
            [{"measure": key, "require": require}], held, given=Given(baseline=baseline)
        )
        return verdict.findings[0]

    @pytest.mark.parametrize(
        ("run_id", "first", "outcome", "id"),
        [
            (None, "not-applicable", "not-applicable", "gate.first-release"),
            (None, None, "not-measured", "gate.nothing-released"),
            ("r", "not-applicable", "not-measured", "gate.no-baseline"),
            ("r", None, "not-measured", "gate.no-baseline"),
        ],
    )
    def test_a_drop_needs_a_release_to_drop_from(self, make, run_id, first, outcome, id):
        finding = self.judged(make, Baseline(run_id, ()), first=first)
        assert (finding.outcome, finding.because.id) == (outcome, id)

    def test_a_store_that_nobody_asked_is_no_first_release(self, make):
        assert self.judged(make, None, first="not-applicable").outcome == "not-measured"

    def test_a_measure_that_is_not_there_is_not_measured_at_a_first_release_either(self, make):
        finding = self.judged(make, Baseline(None, ()), first="not-applicable", key="test.highr")
        assert finding.outcome == "not-measured"
