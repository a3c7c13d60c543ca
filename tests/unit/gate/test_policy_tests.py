"""Policy tests through the real evaluator: the six cases of the format, and the shipped policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.gate.cases import run_policy_tests
from harness.policy import builtin_names, locate_policy

HERE = Path(__file__).parent
SIX = {report.name: report for report in run_policy_tests(HERE / "hiring.policy_test.yaml")}


def _outcomes(report, rule):
    return {finding.slice: finding.outcome for finding in report.findings if finding.rule == rule}


@pytest.mark.parametrize("name", SIX)
def test_each_of_the_six_cases_comes_out_as_the_format_says(name):
    assert SIX[name].problems == ()


def test_there_are_six_cases():
    assert len(SIX) == 6


def test_a_regression_is_judged_from_the_interval_of_the_difference(tmp_path):
    text = (HERE / "hiring.policy_test.yaml").read_text()
    (tmp_path / "hiring.policy.yaml").write_text((HERE / "hiring.policy.yaml").read_text())
    for diff, expected in {
        "diff_low: -0.004, diff_high: 0.004": "passed",
        "diff_low: -0.010, diff_high: 0.004": "passed",
        "diff_low: -0.020, diff_high: 0.004": "inconclusive",
        "diff_low: -0.050, diff_high: -0.020": "failed",
        "diff_low: 0.020, diff_high: 0.050": "passed",
        "value: 0.86": "not-measured",
        "diff_low: .nan, diff_high: 0.004": "error",
        "diff_low: 0.020, diff_high: 0.050, better: lower": "failed",
        "diff_low: -0.050, diff_high: 0.010, better: lower": "passed",
    }.items():
        changed = text.replace("diff_low: -0.004, diff_high: 0.004", diff)
        changed = changed.replace("value: 0.86, value", "value")
        (tmp_path / "t.yaml").write_text(changed)
        report = run_policy_tests(tmp_path / "t.yaml")[0]
        assert _outcomes(report, "ACC-NO-REGRESSION") == {"all": expected}, diff


def test_a_test_that_does_not_hold_says_what_came_out_and_why(tmp_path):
    text = (HERE / "hiring.policy_test.yaml").read_text()
    (tmp_path / "hiring.policy.yaml").write_text((HERE / "hiring.policy.yaml").read_text())
    text = text.replace(
        "expect: {verdict: pass}", "expect: {verdict: blocked, rules: {PII-LEAK: failed}}"
    )
    (tmp_path / "t.yaml").write_text(text)
    report = run_policy_tests(tmp_path / "t.yaml")[0]
    assert not report.holds
    assert report.problems[0] == "verdict must be blocked, got pass (t.yaml:6)."
    assert report.problems[1].startswith("PII-LEAK must be failed, got passed (t.yaml:6). mem")


@pytest.mark.parametrize("name", builtin_names())
def test_every_shipped_policy_meets_its_own_tests(name):
    path = locate_policy(f"builtin/{name}", HERE)
    reports = run_policy_tests(path.with_name(f"{name}.policy_test.yaml"))
    assert reports
    assert [problem for report in reports for problem in report.problems] == []
