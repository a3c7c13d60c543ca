"""Rules of kind evidence: which signed statements meet them, and what is said about the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from scipy.stats import beta

from harness.gate import Document, Given, given_of_files
from harness.gate.given import TRUST
from harness.records import Stage
from harness.signing import read_envelope

NOW = datetime(2026, 11, 23, 18, 40, tzinfo=UTC)
SIGNED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RUN = "1" * 64
USERS = {"okafor": ["compliance"], "kim": ["ci"]}
ASKED = {"document": "risk-file", "roles": ["compliance"]}
SAMPLE = {"n_at_least": 100, "accepted_at_least": 0.96}


@pytest.fixture
def judged(make, ring):
    """Judge one rule of kind evidence by documents; returns the verdict."""

    def judge(*documents, asked=ASKED, users=USERS, record=None, extra=(), **trust):
        trusted = {TRUST: ring.trust_text(users, **trust).encode()} if users is not None else {}
        given = given_of_files(
            trusted | {f"document-{n}.dsse.json": raw for n, raw in enumerate(documents)}, lock=None
        )
        rules = [{"id": "DOC", "title": "A file", "evidence": asked}, *extra]
        return make.gate(rules, [], record=record, given=given)

    return judge


@pytest.fixture
def document(ring):
    """Sign a statement about a document."""

    def sign(users=("okafor",), name="risk-file", run_digest=RUN, moment=SIGNED, **predicate):
        return ring.document(name, users, run_digest=run_digest, moment=moment, **predicate)

    return sign


def test_a_document_signed_in_the_right_role_meets_the_rule(judged, document):
    verdict = judged(document(expires="2027-01-31"))
    (finding,) = verdict.findings
    assert (finding.outcome, verdict.verdict) == ("passed", "pass")
    assert finding.because.text == (
        "risk-file (risk-file.pdf) was signed by user:okafor on 2026-11-20, counts until 2027-01-31."
    )
    assert verdict.because.text == (
        "Meets policy rules version 0.0.0. A reviewer's decision is still required."
    )
    (ref,) = finding.documents
    assert (ref.document, ref.name, ref.signed_by) == (
        "risk-file",
        "risk-file.pdf",
        ("user:okafor",),
    )
    assert finding.is_of_evidence
    assert finding.measure == "evidence.risk-file"


def test_a_document_may_count_to_the_end_of_the_calendar(judged, document):
    verdict = judged(document(expires="9999-12-31"))
    assert (verdict.verdict, verdict.valid_until) == ("pass", "9999-12-31T23:59:59Z")


def test_where_no_role_is_asked_for_any_trusted_user_will_do(judged, document):
    asked = {"document": "risk-file"}
    assert judged(document(("kim",)), asked=asked).verdict == "pass"
    assert judged(document(("stranger",)), asked=asked).verdict == "incomplete"


@pytest.mark.parametrize(
    ("change", "id", "words"),
    [
        ({"users": ("stranger",)}, "gate.document-unsigned", "carries no signature that counts"),
        ({"users": ()}, "gate.document-unsigned", "carries no signature that counts"),
        ({"users": ("kim",)}, "gate.document-role", "signed by user:kim; the rule asks"),
        ({"moment": NOW + timedelta(seconds=1)}, "gate.document-early", "after the moment"),
        ({"expires": "2026-11-22"}, "gate.document-expired", "expired on 2026-11-22"),
        ({"expires": "2026-11-23T18:40:00Z"}, "gate.document-expired", "expired on"),
        ({"run_digest": "2" * 64}, "gate.no-document", "No signed statement"),
        ({"name": "other-file"}, "gate.no-document", "No signed statement"),
        ({"signed_at": "yesterday"}, "gate.no-document", "No signed statement"),
        ({"expires": 7}, "gate.no-document", ""),
        ({"sha256": "e" * 64, "subject": "d" * 64}, "gate.no-document", ""),
        ({"sample": {"n": 10, "accepted": 11}}, "gate.no-document", ""),
        ({"sample": {"n": True, "accepted": 1}}, "gate.no-document", ""),
        ({"sample": {"n": 1.5, "accepted": 1}}, "gate.no-document", ""),
        ({"sample": {"n": 10, "accepted": -1}}, "gate.no-document", ""),
        ({"sample": {"n": 10}}, "gate.no-document", ""),
    ],
)
def test_what_does_not_count_is_not_measured_each_with_its_own_sentence(
    judged, document, change, id, words
):
    verdict = judged(document(**change))
    (finding,) = verdict.findings
    assert (finding.outcome, verdict.verdict) == ("not-measured", "incomplete")
    assert finding.because.id == id
    assert words in finding.because.text
    assert finding.documents == ()
    assert verdict.not_tested[0].text.startswith("DOC (A file): ")


@pytest.mark.parametrize(
    ("role", "outcome"), [("compliance", "passed"), ("ci", "not-measured"), (7, "not-measured")]
)
def test_a_signature_counts_in_the_role_that_it_names(judged, document, role, outcome):
    users = {"okafor": ["compliance", "ci"]}
    assert judged(document(role=role), users=users).findings[0].outcome == outcome
    asked = {"document": "risk-file", "roles": ["legal"]}
    assert judged(document(role="legal"), asked=asked, users=users).verdict == "incomplete"


def test_without_a_trust_file_nobody_has_signed(judged, document):
    verdict = judged(document(), users=None)
    assert verdict.findings[0].because.id == "gate.document-unsigned"


@pytest.mark.parametrize(
    "entry", ["revoked: {at: 2026-11-22, reason: compromised}", "until: 2026-11-19"]
)
def test_a_key_that_does_not_count_has_not_signed(judged, document, entry):
    verdict = judged(document(), more={"okafor": entry})
    assert (verdict.verdict, verdict.findings[0].because.id) == (
        "incomplete",
        "gate.document-unsigned",
    )


@pytest.mark.parametrize(("days", "outcome"), [(3, "not-measured"), (4, "passed")])
def test_a_document_counts_for_as_many_days_as_the_rule_says(judged, document, days, outcome):
    verdict = judged(document(), asked=ASKED | {"max_age_days": days})
    assert verdict.findings[0].outcome == outcome


def test_what_came_nearest_is_said(judged, document):
    verdict = judged(document(("stranger",)), document(expires="2026-11-22"), document(("kim",)))
    assert verdict.findings[0].because.id == "gate.document-expired"


def test_by_a_clock_before_the_end_of_the_run_no_document_counts(judged, document, make):
    stages = (Stage("audit", "done", "2026-11-23T18:00:00Z", "2026-11-25T18:00:00Z"),)
    verdict = judged(document(), record=make.run(stages=stages))
    assert (verdict.verdict, verdict.findings[0].because.id) == (
        "incomplete",
        "gate.document-clock",
    )


def test_one_changed_byte_of_the_payload_voids_the_signature(judged, document):
    envelope = read_envelope(document(), where="x")
    assert judged(envelope.to_bytes()).verdict == "pass"
    changed = replace(envelope, payload=envelope.payload.replace(b"2026-11-20", b"2026-11-21"))
    assert judged(changed.to_bytes()).verdict == "incomplete"


class TestSamples:
    def held(self, judged, document, n, accepted, **more):
        raw = document(sample={"n": n, "accepted": accepted})
        return judged(raw, asked=ASKED | {"sample": SAMPLE}, **more)

    @pytest.mark.parametrize(
        ("n", "accepted", "outcome", "word"),
        [
            (100, 96, "passed", "pass"),
            (300, 288, "passed", "pass"),
            (300, 287, "failed", "blocked"),
            (100, 0, "failed", "blocked"),
            (99, 99, "inconclusive", "incomplete"),
            (0, 0, "inconclusive", "incomplete"),
        ],
    )
    def test_the_share_is_held_exactly_by_its_point(
        self, judged, document, n, accepted, outcome, word
    ):
        verdict = self.held(judged, document, n, accepted)
        assert (verdict.findings[0].outcome, verdict.verdict) == (outcome, word)

    def test_the_sentence_gives_the_clopper_pearson_interval(self, judged, document):
        (finding,) = self.held(judged, document, 300, 288).findings
        assert finding.value == 0.96
        assert finding.low == pytest.approx(beta.ppf(0.05, 288, 13), abs=1e-12)
        assert finding.high == pytest.approx(beta.ppf(0.95, 289, 12), abs=1e-12)
        assert (finding.n, finding.unit, finding.limit) == (300, "share", "at least 0.96")
        assert finding.because.text == (
            "288 of 300 items of the sample risk-file (risk-file.pdf) were accepted: 96.0 %, interval "
            "from 93.6 % to 97.7 % (level 95 % at each end, Clopper-Pearson). The share meets the limit, "
            "at least 96 %, by which alone the rule decides. risk-file (risk-file.pdf) was signed by "
            "user:okafor on 2026-11-20."
        )

    def test_a_sample_that_is_too_small_says_how_many_are_asked_for(self, judged, document):
        (finding,) = self.held(judged, document, 50, 50).findings
        assert finding.n_needed == 100
        assert "holds 50 items; the rule asks for 100" in finding.because.text

    def test_of_several_samples_the_worst_counts_and_small_ones_do_not(self, judged, document):
        asked = ASKED | {"sample": SAMPLE}
        small = document(sample={"n": 20, "accepted": 1})
        good = document(sample={"n": 200, "accepted": 200})
        bad = document(sample={"n": 200, "accepted": 100})
        assert judged(small, good, asked=asked).verdict == "pass"
        assert judged(good, bad, asked=asked).verdict == "blocked"
        assert judged(bad, good, asked=asked).verdict == "blocked"

    def test_a_document_without_a_sample_does_not_meet_a_rule_that_asks_for_one(
        self, judged, document
    ):
        verdict = judged(document(), asked=ASKED | {"sample": SAMPLE})
        assert verdict.findings[0].because.id == "gate.document-no-sample"


def test_the_same_statement_twice_is_one_document(judged, document):
    raw = document()
    assert len(judged(raw, raw).findings[0].documents) == 1


def test_a_statement_that_is_none_is_not_there(make, ring, document):
    other = replace(read_envelope(document(), where="x"), payload_type="text/plain")
    given = Given(trust=ring.trust(USERS), documents=(Document(other, other.to_bytes()),))
    verdict = make.gate([{"id": "DOC", "title": "A", "evidence": ASKED}], [], given=given)
    assert verdict.findings[0].because.id == "gate.no-document"
