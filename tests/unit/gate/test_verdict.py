"""The verdict: its sentence, its lists, its exit code, and that it is a pure function."""

from __future__ import annotations

import json

import pytest

from harness.gate import Given
from harness.policy import Waivers
from harness.records import AuditRecord, Message, Verdict, from_json, to_json
from harness.stats import undefined, wilson

GOOD = wilson(10, 200)
BAD = wilson(150, 200)
WHY = Message(id="t.none", text="There was nothing to count.")
LOW = {"measure": "test.lower", "require": {"at_most": 0.5}}
RATE = {"measure": "other.rate", "require": {"at_most": 0.5}}


def _verdict(make, first, second, *, severity="block", **options):
    held = [make.measurement("test.lower", first), make.measurement("other.rate", second)]
    return make.gate([LOW, RATE | {"severity": severity}], held, **options)


@pytest.mark.parametrize(
    ("first", "second", "severity", "expected"),
    [
        (
            GOOD, GOOD, "block",
            ("Meets policy rules version 0.0.0 on data set test. "
            "A reviewer's decision is still required."),
        ),
        (
            GOOD, BAD, "warn",
            ("Meets policy rules version 0.0.0 on data set test. 1 rule gives a warning. "
            "A reviewer's decision is still required."),
        ),
        (BAD, GOOD, "block", "Release blocked. 1 rule failed under policy rules version 0.0.0."),
        (
            BAD, undefined(WHY, unit="share"), "block",
            ("Release blocked. 1 rule failed under policy rules version 0.0.0. "
            "1 rule gave no answer."),
        ),
        (
            GOOD, undefined(WHY, unit="share"), "block",
            ("Incomplete. Nothing failed, but 1 blocking rule has no answer under policy rules "
            "version 0.0.0. This is not a pass."),
        ),
        (
            undefined(WHY, unit="share"), BAD, "warn",
            ("Incomplete. No blocking rule failed, but 1 blocking rule has no answer under policy "
            "rules version 0.0.0. This is not a pass."),
        ),
        (
            undefined(WHY, unit="share"), undefined(WHY, unit="share"), "block",
            ("Incomplete. No rule of policy rules version 0.0.0 was judged on this run. "
            "This is not a pass."),
        ),
    ],
)  # fmt: skip
def test_the_sentence_says_no_more_than_the_findings_carry(make, first, second, severity, expected):
    assert _verdict(make, first, second, severity=severity).because.text == expected


@pytest.mark.parametrize("severity", ["warn", "info"])
def test_a_policy_that_judged_nothing_is_incomplete_whatever_its_severities(make, severity):
    held = [make.measurement("test.lower", undefined(WHY, unit="share"))]
    assert make.gate([LOW | {"severity": severity}], held).verdict == "incomplete"


def test_information_alone_is_no_pass(make):
    held = [make.measurement("test.lower", GOOD)]
    assert make.gate([LOW | {"severity": "info"}], held).verdict == "incomplete"


def test_rules_that_all_do_not_apply_are_incomplete(make):
    rule = LOW | {"applies_when": {"all": [{"field": "task.kind", "equals": "regression"}]}}
    verdict = make.gate([rule], [make.measurement("test.lower", GOOD)])
    assert (verdict.verdict, verdict.counts) == ("incomplete", {"not-applicable": 1})


def test_findings_stand_worst_first_and_are_counted(make):
    verdict = _verdict(make, GOOD, BAD)
    assert [f.outcome for f in verdict.findings] == ["failed", "passed"]
    assert verdict.counts == {"failed": 1, "passed": 1}


def test_what_was_not_tested_names_rules_then_measurements_then_audits(make):
    audits = (
        AuditRecord("empty", "not-measured", {}, "1", Message("x", "No model.")),
        AuditRecord("broken", "error", {}, "1", Message("x", "It broke.")),
    )
    record = make.run(audits=audits, skipped=("occlusion",))
    held = [
        make.measurement("test.higher", undefined(WHY, unit="share")),
        make.measurement("test.lower", undefined(WHY, unit="share")),
        make.measurement("other.rate", GOOD),
    ]
    verdict = make.gate([RATE, LOW], held, record=record)
    assert [message.text for message in verdict.not_tested] == [
        "RULE-2 (test.lower): There was nothing to count.",
        "test.higher was not measured on data set test: There was nothing to count.",
        "Audit empty was not measured. No model.",
        "Audit broken ended in error. It broke.",
        "Audit occlusion was skipped by the configuration.",
    ]


def test_a_skipped_audit_is_the_reason_why_its_rule_has_no_answer(make):
    verdict = make.gate([LOW], [], record=make.run(skipped=("test",)))
    assert verdict.findings[0].because.text == "Audit test was skipped by the configuration."


def test_every_outcome_can_be_written_and_read_back(make):
    nan = make.estimate(float("nan"), 0.1, 0.2)
    given = Given(waivers=Waivers((), b"", "2" * 64, "waivers.yaml"))
    verdict = _verdict(make, nan, BAD, given=given)
    text = to_json(verdict)
    assert json.loads(text)["exit_code"] == 1
    assert from_json(Verdict, text, where="verdict.json") == verdict
    assert verdict.now == "2026-11-23T18:40:00Z"
    assert verdict.waivers_digest == "2" * 64


def test_the_same_inputs_give_the_same_verdict(make):
    assert to_json(_verdict(make, GOOD, BAD)) == to_json(_verdict(make, GOOD, BAD))


def test_the_lock_of_the_run_is_recorded(make):
    verdict = _verdict(make, GOOD, GOOD, record=make.run(lock_digest="3" * 64))
    assert verdict.lock_digest == "3" * 64


def test_what_one_audit_gives_one_reason_for_is_one_sentence(make) -> None:
    nothing = make.estimate(None, None, None, method="none")
    found = [make.measurement(key, nothing) for key in ("test.higher", "test.lower", "other.rate")]
    rule = {
        "id": "X",
        "title": "X",
        "severity": "warn",
        "measure": "test.gap",
        "require": {"at_most": 0.1},
        "basis": "policy_choice",
    }
    texts = [one.text for one in make.gate([rule], found).not_tested]
    assert (
        "test: 2 measures (higher, lower) were not measured on data set test: There was nothing to "
        "count." in texts
    )
    assert "other.rate was not measured on data set test: There was nothing to count." in texts
