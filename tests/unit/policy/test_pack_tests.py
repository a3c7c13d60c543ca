"""The tests of every pack try every rule: it passes, it fails on a bad value, and nothing handed in is no pass."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from harness.gate.cases import run_policy_tests
from harness.gate.facts import Facts
from harness.gate.gating import findings_of
from harness.gate.verdicts import verdict_word
from harness.policy import Rule, builtin_names, locate_policy
from harness.policy.cases import PolicyTests, read_policy_tests

TESTS: dict[str, PolicyTests] = {}
for _name in builtin_names():
    _path = locate_policy(f"builtin/{_name}", Path())
    TESTS[_name] = read_policy_tests(_path.with_name(f"{_name}.policy_test.yaml"))
OLDER = {"standard", "fairness", "explainability", "privacy"}
NEWER = sorted(set(TESTS) - OLDER)
RULES = [(name, rule) for name in NEWER for rule in TESTS[name].policy.rules]


def _expected(name: str) -> dict[str, set[str]]:
    found = defaultdict(set)
    for case in TESTS[name].cases:
        for rule, outcome in case.rules.items():
            found[rule].add(str(outcome))
    return found


EXPECTED = {name: _expected(name) for name in TESTS}


def _wanted(rule: Rule) -> set[str]:
    """Outcomes that tests must show of a rule."""
    wanted = {"passed", "not-measured"}
    if rule.kind == "evidence":
        sampled = rule.document is not None and rule.document.sample is not None
        return wanted | ({"failed", "inconclusive"} if sampled else set())
    if rule.kind != "present_for" and rule.severity != "info":
        wanted.add("failed")
    return wanted


@pytest.mark.parametrize(("name", "rule"), RULES, ids=lambda one: getattr(one, "id", one))
def test_every_rule_is_seen_to_pass_to_fail_and_to_have_no_answer(name: str, rule: Rule) -> None:
    assert _wanted(rule) <= EXPECTED[name][rule.id]


@pytest.mark.parametrize("name", TESTS)
def test_every_pack_has_a_clean_run_a_blocked_one_and_one_without_answers(name: str) -> None:
    verdicts = {case.verdict for case in TESTS[name].cases}
    assert {"pass", "blocked", "incomplete"} <= verdicts


@pytest.mark.parametrize("name", NEWER)
def test_a_pack_that_does_not_apply_gives_no_pass(name: str) -> None:
    path = locate_policy(f"builtin/{name}", Path()).with_name(f"{name}.policy_test.yaml")
    elsewhere = [
        report
        for report in run_policy_tests(path)
        if {finding.outcome for finding in report.findings} == {"not-applicable"}
    ]
    assert elsewhere
    assert {report.verdict for report in elsewhere} == {"incomplete"}


@pytest.mark.parametrize("name", TESTS)
def test_a_run_that_says_nothing_about_itself_is_no_pass(name: str) -> None:
    findings = findings_of(TESTS[name].policy, Facts(fields={}, measurements=()))
    assert {finding.outcome for finding in findings} <= {"not-measured", "not-applicable"}
    assert verdict_word(findings) == "incomplete"
