"""Waivers and documents in policy tests: judged by the gate, their signatures taken at their word."""

from __future__ import annotations

import pytest

from harness.errors import PolicyError
from harness.gate.cases import run_policy_tests

POLICY = """\
apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: acme.one, version: 1.0.0, title: One}
rules:
  - {id: LOW, title: Low, severity: block, measure: a.b, require: {at_most: 0.5}, basis: policy_choice}
  - id: DROP
    title: Drop
    severity: block
    measure: a.b
    require: {drop_at_most: 0.1, versus: last_release, paired: true, first_release: not-applicable}
    basis: policy_choice
  - id: DOC
    title: A sample
    severity: block
    evidence:
      document: sample
      roles: [compliance]
      max_age_days: 30
      sample: {n_at_least: 100, accepted_at_least: 0.96}
    basis: standard
"""
GOOD = "documents: [{document: sample, roles: [compliance], signed_at: 2026-11-20, sample: {n: 100, accepted: 96}}]"
TESTS = """\
apiVersion: modelassay/v1
kind: PolicyTests
pack: one.policy.yaml
now: 2026-11-23
cases:
  - name: a case
    given:
      system: {authors: [user:lee]}
      first_release: true
      measures: {a.b: {value: %s}}
      %s
      %s
    expect: {verdict: %s, rules: {LOW: %s, DOC: %s, DROP: not-applicable}}
"""
WAIVED = "waivers: [{rule: LOW, starts: 2026-11-01, expires: 2026-12-01, approved_by: [user:a, user:b]%s}]"


@pytest.fixture
def report(tmp_path):
    def run(value, waivers, documents, verdict, low, doc):
        (tmp_path / "one.policy.yaml").write_text(POLICY)
        text = TESTS % (value, waivers or "waivers: []", documents or "documents: []", verdict, low, doc)  # fmt: skip
        (tmp_path / "one.policy_test.yaml").write_text(text)
        (found,) = run_policy_tests(tmp_path / "one.policy_test.yaml")
        return found

    return run


@pytest.mark.parametrize(
    ("more", "low"),
    [
        ("", "waived"),
        (", accept_until_value: 0.7", "waived"),
        (", accept_until_value: 0.69", "failed"),
        (", owner: user:a", "failed"),
        (", scope: {slice: g=a}", "failed"),
        (", scope: {model: other}", "failed"),
        (", covers: [not-measured]", "failed"),
    ],
)
def test_a_waiver_is_held_against_the_case_as_at_the_gate(report, more, low):
    verdict = "pass-with-warnings" if low == "waived" else "blocked"
    assert report(0.7, WAIVED % more, GOOD, verdict, low, "passed").problems == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user:a, user:b", "user:a"),
        ("user:a, user:b", "user:a, user:lee"),
        ("user:a, user:b", "user:a, user:A"),
        ("expires: 2026-12-01", "expires: 2026-11-22"),
        ("starts: 2026-11-01", "starts: 2026-11-24"),
    ],
)
def test_one_that_does_not_count_waives_nothing(report, old, new):
    found = report(0.7, (WAIVED % "").replace(old, new), GOOD, "blocked", "failed", "passed")
    assert found.problems == ()


def test_the_clock_of_the_case_decides_whether_a_waiver_is_live(report, tmp_path):
    assert report(0.7, WAIVED % "", GOOD, "pass-with-warnings", "waived", "passed").problems == ()
    path = tmp_path / "one.policy_test.yaml"
    text = path.read_text()
    path.write_text(text.replace("    given:", "    now: 2026-12-02\n    given:", 1))
    (found,) = run_policy_tests(path)
    assert any("LOW must be waived, got failed" in problem for problem in found.problems)


def test_a_single_person_is_enough_where_the_case_says_so(report):
    one = (WAIVED % ", owner: user:lee").replace("user:a, user:b", "user:lee")
    waivers = f"{one}\n      single_person: true"
    assert report(0.7, waivers, GOOD, "pass-with-warnings", "waived", "passed").problems == ()


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        ("accepted: 96", "accepted: 95", "failed"),
        ("n: 100", "n: 99", "inconclusive"),
        ("roles: [compliance], ", "", "not-measured"),
        ("signed_at: 2026-11-20", "signed_at: 2026-10-24", "not-measured"),
        ("signed_at: 2026-11-20", "signed_at: 2026-11-24", "not-measured"),
        ("signed_at: 2026-11-20", "signed_at: 2026-11-20, expires: 2026-11-22", "not-measured"),
        ("document: sample", "document: other", "not-measured"),
        ("document: sample", "document: sample, signed_by: user:x", "passed"),
    ],
)
def test_a_document_is_held_against_the_rule_as_at_the_gate(report, old, new, outcome):
    word = {"failed": "blocked", "passed": "pass"}.get(outcome, "incomplete")
    assert report(0.1, "", GOOD.replace(old, new), word, "passed", outcome).problems == ()


def test_what_came_out_otherwise_names_the_waiver_too(report):
    found = report(0.7, (WAIVED % "").replace(", user:b", ""), GOOD, "pass", "waived", "passed")
    assert found.problems[1].endswith(
        "W-1 has 1 approval of the 2 that it needs (user:a), so it waives nothing."
    )


@pytest.mark.parametrize(
    ("waivers", "documents", "words"),
    [
        (WAIVED % "" + "\n      declard: {}", "", "is not a known key"),
        ((WAIVED % "").replace(", expires: 2026-12-01", ""), "", "expires must be given"),
        ((WAIVED % "").replace("}]", "}, {rule: X, starts: 2026-11-01, expires: 2026-11-02}]"), "", "different ids"),
        ("", GOOD.replace("accepted: 96", "accepted: 101"), "must not accept more than was looked at"),
        ("", GOOD.replace("signed_at: 2026-11-20", "signed_at: soon"), "must be a day or a moment"),
    ],
)  # fmt: skip
def test_mistakes_are_named(report, waivers, documents, words):
    with pytest.raises(PolicyError, match=words):
        report(0.7, waivers, documents, "pass", "passed", "passed")
