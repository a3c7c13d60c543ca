"""A policy that lists the values of a field: another word leaves open whether a rule applies."""

from __future__ import annotations

import pytest

from harness.errors import PolicyError
from harness.policy import parse_policy

HEAD = "apiVersion: modelassay/v1\nkind: PolicyPack\nmetadata: {id: acme.one, version: 1.0.0, title: One}\n"
FIELDS = """fields:
  system.way: [safe-harbor, expert]
  system.places: [EU, US, other]
  system.size: [1, 2]
"""
RULE = """rules:
  - id: LOW
    title: Low
    severity: block
    measure: test.lower
    require: {at_most: 0.1}
    basis: policy_choice
    applies_when: {all: [%s]}
  - id: HIGH
    title: High
    severity: block
    measure: test.higher
    require: {at_least: 0.5}
    basis: policy_choice
"""
WAY = "{field: system.way, in: [safe-harbor]}"


@pytest.fixture
def judged(make):
    """Judge a rule with a condition by what the system says; the other rule passes."""

    def judge(condition: str, system: dict, fields: str = FIELDS):
        policy = parse_policy((HEAD + fields + RULE % condition).encode(), "one.policy.yaml")
        given = [
            make.measurement("test.lower", make.estimate(0.05, 0.03, 0.08)),
            make.measurement("test.higher", make.estimate(0.9, 0.85, 0.95)),
        ]
        verdict = make.gate([], given, policy=policy, record=make.run(system=system))
        (finding,) = [one for one in verdict.findings if one.rule == "LOW"]
        return verdict.verdict, finding

    return judge


@pytest.mark.parametrize(
    "said", ["safe-habor", "Safe-Harbor", ["safe-habor"], {"a": 1}, "safe harbor"]
)
def test_a_misspelt_value_switches_no_rule_off(judged, said):
    verdict, finding = judged(WAY, {"way": said})
    assert (verdict, finding.outcome) == ("incomplete", "not-measured")
    assert finding.because.id == "gate.applies-unlisted"
    assert "knows only safe-harbor, expert." in finding.because.text


def test_the_finding_names_the_nearest_value(judged):
    assert judged(WAY, {"way": "safe-habor"})[1].because.text.endswith(
        "Did you mean 'safe-harbor'?"
    )


def test_without_a_list_the_same_word_switches_the_rule_off(judged):
    assert judged(WAY, {"way": "safe-habor"}, "")[1].outcome == "not-applicable"


@pytest.mark.parametrize(
    ("condition", "system", "outcome"),
    [
        (WAY, {"way": "safe-harbor"}, "passed"),
        (WAY, {"way": "expert"}, "not-applicable"),
        (WAY, {}, "not-measured"),
        ("{field: system.places, any_of: [EU]}", {"places": ["EU", "Atlantis"]}, "passed"),
        ("{field: system.places, any_of: [EU]}", {"places": ["US", "Atlantis"]}, "not-measured"),
        ("{field: system.places, any_of: [EU]}", {"places": ["US", "other"]}, "not-applicable"),
        ("{field: system.size, equals: 1}", {"size": 1}, "passed"),
        ("{field: system.size, equals: 1}", {"size": 2}, "not-applicable"),
        ("{field: system.size, equals: 1}", {"size": "1"}, "not-measured"),
        ("{field: system.size, equals: 1}", {"size": True}, "not-measured"),
    ],
)
def test_only_a_listed_value_decides_whether_a_rule_applies(judged, condition, system, outcome):
    assert judged(condition, system)[1].outcome == outcome


@pytest.mark.parametrize(
    ("fields", "condition", "said"),
    [
        (FIELDS, "{field: system.way, in: [safe-habor]}", "Did you mean 'safe-harbor'?"),
        (
            FIELDS,
            "{field: system.places, any_of: [EU, XX]}",
            "lists for system.places (EU, US, other)",
        ),
        ("fields: {task.kind: [a]}\n", WAY, "task.kind"),
        ("fields: {system.way: []}\n", WAY, "fields.system.way"),
    ],
)
def test_a_condition_that_asks_for_an_unlisted_value_is_refused(fields, condition, said):
    with pytest.raises(PolicyError) as caught:
        parse_policy((HEAD + fields + RULE % condition).encode(), "one.policy.yaml")
    assert any(said in one and "one.policy.yaml:" in one for one in caught.value.problems)
