"""Damage done to waivers, trust, documents, baseline, lock or clock never makes a pass of a block.

Each family starts from inputs that do not pass and that a good set of the same kind would make pass, so
that what is mutated is what decides.
"""

from __future__ import annotations

import math
import random
import string
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness.errors import AssayError
from harness.gate import Baseline, given_of_files
from harness.gate.given import TRUST, WAIVERS
from harness.policy import policy_of_rules
from harness.records import Lock, LockedPolicy, Stage
from harness.stats import wilson

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
ENDED = "2026-11-22T10:00:00Z"
SIGNED = datetime(2026, 11, 14, 9, 30, tzinfo=UTC)
FRESH = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
RUN = "1" * 64
USERS = {"okafor": ["compliance"], "ahmed": ["compliance"], "kim": ["ci"]}
LETTERS = string.ascii_letters + string.digits + " :,-{}[]\"'#.\n"
GOOD = {"measure": "other.rate", "require": {"at_most": 0.5}}
LOW = {"id": "LOW", "measure": "test.lower", "require": {"at_most": 0.5}}
DROP = {
    "measure": "test.higher",
    "require": {
        "drop_at_most": 0.05,
        "versus": "last_release",
        "paired": True,
        "first_release": "not-applicable",
    },
}
WAIVER = """\
apiVersion: modelassay/v1
kind: Waivers
waivers:
  - id: W-1
    rule: LOW
    scope: {model: t, slice: all}
    accept_until_value: 0.75
    reason: It is known.
    owner: user:wei
    ticket: T-1
    starts: 2026-11-15
    expires: 2026-12-31
"""
PASSES = ("pass", "pass-with-warnings")


def _text(text: str, rng: random.Random) -> str:
    """Damage a text: a character, a line, or a few of them."""
    at = rng.randrange(len(text))
    lines = text.splitlines(keepends=True)
    here, there = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(7):
        case 0:
            return text[:at] + rng.choice(LETTERS) + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text[:at] + rng.choice(LETTERS) + text[at:]
        case 3:
            return "".join(lines[:here] + lines[here + 1 :])
        case 4:
            return "".join([*lines[:here], lines[there], *lines[here:]])
        case 5:
            lines[here], lines[there] = lines[there], lines[here]
            return "".join(lines)
        case _:
            return text[:at]


@pytest.fixture(scope="module")
def judged(make, ring):
    """Judge by files; anything that is refused is not a pass."""

    def judge(files, *, rules=(LOW, GOOD), now=NOW, baseline=None, lock=None):
        held = [
            make.measurement("test.lower", wilson(150, 200)),
            make.measurement("test.higher", wilson(150, 200)),
            make.measurement("other.rate", wilson(10, 200)),
        ]
        record = make.run(
            system={"authors": ["user:lee"]}, stages=(Stage("audit", "done", ENDED, ENDED),)
        )
        try:
            given = given_of_files({name: raw.encode() if isinstance(raw, str) else raw for name, raw in files.items()}, lock=lock)  # fmt: skip
        except AssayError:
            return "refused"
        given = replace(given, baseline=baseline)
        return make.gate(rules, held, record=record, given=given, now=now)

    return judge


@pytest.fixture(scope="module")
def never_passes(judged):
    """Hold mutants against the original; count how many there were and what became of them."""

    def check(original, mutants, *, least):
        assert judged(**original).verdict not in PASSES
        found = Counter()
        for mutant in mutants:
            if mutant == original:
                continue
            verdict = judged(**mutant)
            word = verdict if verdict == "refused" else verdict.verdict
            assert word not in PASSES, mutant
            found[word] += 1
        assert found.total() >= least, found
        return found

    return check


def approved(ring, text, *users, moment=SIGNED):
    for user in users:
        text = ring.approve(text, "W-1", user, moment=moment)
    return text


BY_WAIVER = {
    "one approval": ((), ("okafor",)),
    "no approval": ((), ()),
    "a stranger": ((), ("okafor", "stranger")),
    "its owner": (("user:wei", "user:ahmed"), ("okafor", "ahmed")),
    "over": (("2026-12-31", "2026-11-22"), ("okafor", "ahmed")),
    "worse than accepted": (("0.75", "0.74"), ("okafor", "ahmed")),
    "another model": (("model: t", "model: u"), ("okafor", "ahmed")),
    "another rule": (("rule: LOW", "rule: LO"), ("okafor", "ahmed")),
    "another slice": (("slice: all", "slice: g=a"), ("okafor", "ahmed")),
}


def test_the_waiver_that_is_mutated_would_waive(judged, ring):
    files = {WAIVERS: approved(ring, WAIVER, "okafor", "ahmed"), TRUST: ring.trust_text(USERS)}
    assert judged(files).verdict == "pass-with-warnings"


@pytest.mark.parametrize("base", BY_WAIVER)
def test_no_mutant_of_a_waivers_file_waives(never_passes, ring, base):
    change, users = BY_WAIVER[base]
    text = approved(ring, WAIVER.replace(*change) if change else WAIVER, *users)
    trust = ring.trust_text(USERS)
    rng = random.Random(base)
    targeted = [
        text.replace(old, new)
        for old, new in (
            ("2026-11-22", "2026-12-31"), ("2026-12-31", "2027-01-31"), ("0.74", "0.75"),
            ("0.74", "0.9"), ("model: u", "model: t"), ("rule: LO\n", "rule: LOW\n"),
            ("slice: g=a", "slice: all"), (", slice: g=a", ""), ("owner: user:ahmed", "owner: user:wei"),
            ("    accept_until_value: 0.74\n", ""), ("    owner", "    covers: [failed, not-measured]\n    owner"),
        )
    ]  # fmt: skip
    mutants = [*targeted, *(_text(text, rng) for _ in range(110))]
    files = [{"files": {WAIVERS: one, TRUST: trust}} for one in mutants]
    never_passes({"files": {WAIVERS: text, TRUST: trust}}, files, least=95)


def test_no_mutant_of_a_trust_file_approves(never_passes, ring):
    text = approved(ring, WAIVER, "okafor", "stranger")
    trust = ring.trust_text(USERS)
    rng = random.Random("trust")
    mutants = [
        trust.replace("approvals: 2", "approvals: 1"),
        trust.replace("approvals: 2", "approvals: 0"),
        trust.replace("approvals: 2", "approvals: -1"),
        trust.replace("user:ahmed", "user:okafor"),
        "",
        *(_text(trust, rng) for _ in range(300)),
    ]
    files = [{"files": {WAIVERS: text, TRUST: one}} for one in mutants]
    found = never_passes({"files": {WAIVERS: text, TRUST: trust}}, files, least=290)
    assert set(found) == {"blocked", "refused"}


def test_signatures_moved_between_waivers_users_and_moments_do_not_count(never_passes, ring):
    second = (
        WAIVER.partition("waivers:\n")[2].replace("W-1", "W-2").replace("rule: LOW", "rule: NO")
    )
    both = WAIVER + second
    for user in ("okafor", "ahmed"):
        both = ring.approve(both, "W-2", user, moment=SIGNED)
    trust = ring.trust_text(USERS)
    lines = both.splitlines(keepends=True)
    rng = random.Random("moved")
    mutants = []
    for _ in range(60):
        damaged = list(lines)
        for at in (-1, -2):
            moment = SIGNED + timedelta(seconds=rng.randrange(-(10**6), 10**6))
            damaged[at] = damaged[at].replace('"W-2"', '"W-1"')
            if rng.random() < 0.7:
                damaged[at] = damaged[at].replace(
                    "2026-11-14T09:30:00Z", f"{moment:%Y-%m-%dT%H:%M:%SZ}"
                )
        if rng.random() < 0.5:
            damaged[-1], damaged[-2] = damaged[-2], damaged[-1]
        mutants.append({"files": {WAIVERS: "".join(damaged), TRUST: trust}})
    never_passes({"files": {WAIVERS: both, TRUST: trust}}, mutants, least=60)


DOCUMENT_RULE = {
    "title": "A sample",
    "evidence": {
        "document": "sample",
        "roles": ["compliance"],
        "max_age_days": 30,
        "sample": {"n_at_least": 100, "accepted_at_least": 0.9},
    },
}
BY_DOCUMENT = {
    "a stranger": {"users": ("stranger",)},
    "nobody": {"users": ()},
    "another role": {"users": ("kim",)},
    "over": {"expires": "2026-11-22"},
    "too old": {"moment": SIGNED - timedelta(days=40)},
    "not yet": {"moment": NOW + timedelta(days=1)},
    "another run": {"run_digest": "2" * 64},
    "another document": {"document": "sampel"},
    "too small": {"sample": {"n": 99, "accepted": 99}},
    "too bad": {"sample": {"n": 100, "accepted": 89}},
    "no sample": {"sample": None},
}


def _signed(ring, **changes):
    said = {
        "document": "sample",
        "users": ("okafor",),
        "run_digest": RUN,
        "moment": FRESH,
        "sample": {"n": 100, "accepted": 90},
        **changes,
    }
    return ring.document(said.pop("document"), said.pop("users"), **said)


def _bytes(raw: bytes, rng: random.Random, other: bytes) -> bytes:
    at = rng.randrange(len(raw))
    match rng.randrange(5):
        case 0:
            return raw[:at] + bytes([raw[at] ^ (1 << rng.randrange(8))]) + raw[at + 1 :]
        case 1:
            return raw[:at]
        case 2:
            return raw[:at] + raw[at + 1 :]
        case 3:  # the payload of one under the signatures of another
            return raw.partition(b'"signatures"')[0] + b'"signatures"' + other.partition(b'"signatures"')[2]  # fmt: skip
        case _:
            return other.partition(b'"payload":"')[0] + b'"payload":"' + raw[at:]


def test_the_document_that_is_mutated_would_do(judged, ring):
    files = {"document-0.dsse.json": _signed(ring), TRUST: ring.trust_text(USERS)}
    assert judged(files, rules=(DOCUMENT_RULE, GOOD)).verdict == "pass"


@pytest.mark.parametrize("base", BY_DOCUMENT)
def test_no_mutant_of_a_document_meets_its_rule(never_passes, ring, base):
    raw = _signed(ring, **BY_DOCUMENT[base])
    other = _signed(ring, sample={"n": 100, "accepted": 91}, run_digest="3" * 64)
    trust = ring.trust_text(USERS)
    rng = random.Random(base)

    def by(one):
        return {
            "files": {"document-0.dsse.json": one, TRUST: trust},
            "rules": (DOCUMENT_RULE, GOOD),
        }

    never_passes(by(raw), [by(_bytes(raw, rng, other)) for _ in range(45)], least=40)


def _differences(make, *, low, high):
    given = make.estimate((low + high) / 2, low, high, unit="difference", method="paired")
    return (make.measurement("test.higher", given),)


def test_the_baseline_that_is_mutated_would_do(judged, make):
    good = Baseline("r", _differences(make, low=-0.01, high=0.01))
    assert judged({}, rules=(DROP, GOOD), baseline=good).verdict == "pass"
    assert judged({}, rules=(DROP, GOOD), baseline=Baseline(None, ())).verdict == "pass"


@pytest.mark.parametrize(
    ("low", "high"), [(-0.2, -0.1), (-0.09, 0.02)], ids=["worse", "not decided"]
)
def test_no_mutant_of_a_baseline_hides_a_drop(never_passes, make, low, high):
    rng = random.Random(f"{low}")
    (one,) = _differences(make, low=low, high=high)

    def by(*differences, run_id="r"):
        return {"files": {}, "rules": (DROP, GOOD), "baseline": Baseline(run_id, differences)}

    def estimate(**changes):
        return by(replace(one, estimate=replace(one.estimate, **changes)))

    mutants = [by(), by(one, one), by(one, run_id=None)]
    good = replace(one, estimate=replace(one.estimate, value=0.0, low=-0.01, high=0.01))
    mutants += [by(one, good), by(good, one)]
    for _ in range(60):
        number = rng.choice([math.nan, math.inf, -math.inf])
        mutants.append(estimate(**{rng.choice(["value", "low", "high"]): number}))
        mutants.append(estimate(low=one.estimate.high, high=one.estimate.low))
        mutants.append(estimate(value=None, low=None, high=None))
        name = rng.choice(["g=a", "", "al", "g", "all "])
        mutants.append(by(replace(good, slice=name)))
        mutants.append(by(replace(good, dataset=rng.choice(["", "tst", "train"]))))
        mutants.append(by(replace(good, measure=rng.choice(["test.lower", "test.hihger", ""]))))
    never_passes(by(one), mutants, least=300)


def test_no_mutant_of_a_lock_makes_a_policy_one_that_was_fixed_before(judged, ring):
    policy = policy_of_rules((LOW, GOOD))
    other = policy_of_rules((GOOD, LOW))
    locked = LockedPolicy("rules", "0.0.0", policy.ref.digest, {})
    lock = Lock("modelassay/lock/v1", "t", (locked,), {}, "s", {}, "", 0, "0")
    assert judged({}, lock=lock).is_exploratory is False
    rng = random.Random("lock")
    mutants = [None, replace(lock, policies=())]
    for _ in range(60):
        at = rng.randrange(64)
        digest = locked.digest[:at] + rng.choice("0123456789abcdef") + locked.digest[at + 1 :]
        mutants += [
            replace(lock, policies=(replace(locked, digest=digest[: rng.randrange(65)]),)),
            replace(lock, policies=(replace(locked, digest=other.ref.digest),)),
            replace(lock, policies=(replace(locked, extends={"a 1.0.0": digest}),)),
        ]
    assert len(mutants) >= 180
    for mutant in mutants:
        assert judged({}, lock=mutant).is_exploratory is True


def test_no_clock_after_its_end_or_before_the_run_revives_a_waiver(never_passes, ring):
    text = approved(ring, WAIVER.replace("2026-12-31", "2026-11-22"), "okafor", "ahmed")
    files = {WAIVERS: text, TRUST: ring.trust_text(USERS)}
    ended = datetime.fromisoformat(ENDED)
    rng = random.Random("now")
    later = [NOW + timedelta(seconds=rng.randrange(1, 10**9)) for _ in range(60)]
    before = [ended - timedelta(seconds=rng.randrange(700, 10**9)) for _ in range(60)]
    mutants = [{"files": files, "now": moment} for moment in later + before]
    never_passes({"files": files, "now": NOW}, mutants, least=120)
