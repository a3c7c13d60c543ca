"""Until when a verdict stands, and whether its policy was fixed before the run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.gate import Given, given_of_files, judge
from harness.gate.given import TRUST, WAIVERS
from harness.gate.standing import is_exploratory
from harness.policy import policy_of_rules
from harness.records import Lock, LockedPolicy, Measurements
from harness.stats import wilson

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
SIGNED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RULE = {"id": "LOW", "measure": "test.lower", "require": {"at_most": 0.5}}
DOC = {"id": "DOC", "title": "A file", "evidence": {"document": "risk-file"}}
BAD = wilson(150, 200)
USERS = {"okafor": ["compliance"], "ahmed": ["model-risk"]}
WAIVER = """\
apiVersion: modelassay/v1
kind: Waivers
waivers:
  - {id: W-1, rule: LOW, scope: {model: t}, reason: Known., owner: "user:wei", ticket: T-1,
     starts: 2026-11-15, expires: 2027-01-31}
"""


def lock(**changes):
    policy = policy_of_rules([RULE])
    locked = LockedPolicy("rules", "0.0.0", policy.ref.digest, {})
    given = Lock("modelassay/lock/v1", "t", (replace(locked, **changes),), {}, "s", {}, "", 0, "0")
    return policy, given


def test_a_policy_that_the_lock_names_is_no_exploration():
    assert not is_exploratory(*lock())


@pytest.mark.parametrize("changes", [{"digest": "0" * 64}, {"extends": {"a 1.0.0": "0" * 64}}])
def test_another_policy_is(changes):
    assert is_exploratory(*lock(**changes))


def test_without_a_lock_every_verdict_is_exploratory(make):
    policy, _ = lock()
    assert is_exploratory(policy, None)
    held = [make.measurement("test.lower", wilson(10, 200))]
    assert make.gate([RULE], held).is_exploratory is True
    assert make.gate([RULE], held, given=Given(lock=lock()[1])).is_exploratory is False


@pytest.fixture
def valid_until(make, ring):
    def find(*, days=None, documents=(), good=BAD, rules=(RULE,), waive=True, now=NOW):
        policy = replace(policy_of_rules(rules), valid_for_days=days)
        text = WAIVER
        for user in USERS if waive else ():
            text = ring.approve(text, "W-1", user, moment=SIGNED)
        files = {WAIVERS: text.encode(), TRUST: ring.trust_text(USERS).encode()}
        files |= {f"document-{n}.dsse.json": raw for n, raw in enumerate(documents)}
        held = (make.measurement("test.lower", good),)
        measured = Measurements("modelassay/measurements/v1", make.catalogue, held)
        return judge(
            policy,
            make.run(system={"authors": ["x"]}),
            measured,
            run_digest="1" * 64,
            now=now,
            given=given_of_files(files, lock=None),
        ).valid_until

    return find


def test_the_policy_says_how_long(valid_until):
    assert valid_until(days=10, waive=False) == "2026-12-03T18:40:00Z"
    assert valid_until(waive=False) is None


def test_a_waiver_that_waived_something_shortens_it_and_one_that_did_not_does_not(valid_until):
    assert valid_until(days=365) == "2027-02-01T00:00:00Z"
    assert valid_until() == "2027-02-01T00:00:00Z"
    assert valid_until(days=10) == "2026-12-03T18:40:00Z"
    assert valid_until(days=365, good=wilson(10, 200)) == "2027-11-23T18:40:00Z"


def test_a_document_that_met_a_rule_shortens_it_and_the_last_of_several_counts(valid_until, ring):
    def signed(expires):
        return ring.document(
            "risk-file", ("okafor",), run_digest="1" * 64, moment=SIGNED, expires=expires
        )

    rules = (RULE, DOC)
    first, second, endless = signed("2026-12-10"), signed("2026-12-20"), signed(None)
    assert valid_until(rules=rules, documents=[first]) == "2026-12-11T00:00:00Z"
    assert valid_until(rules=rules, documents=[first, second]) == "2026-12-21T00:00:00Z"
    assert valid_until(rules=rules, documents=[first, endless]) == "2027-02-01T00:00:00Z"
    aged = (RULE, {**DOC, "evidence": {"document": "risk-file", "max_age_days": 5}})
    assert valid_until(rules=aged, documents=[first, endless]) == "2026-11-25T12:00:00Z"


def test_the_last_year_of_the_calendar_is_no_crash(valid_until):
    moment = datetime(9999, 12, 31, tzinfo=UTC)
    assert valid_until(days=30, waive=False, now=moment) == "9999-12-31T23:59:59Z"
