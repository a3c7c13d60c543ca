"""Signed statements of a run: what is caught without knowing anybody, and what a trust file adds."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from harness.cli import invoke
from harness.clock import parse_moment
from harness.commands.proving import prove
from harness.commands.signing import Signer, document_claim, sign_document, sign_gate
from harness.errors import IntegrityError, UsageError
from harness.evidence import add_gate, open_run, verify_run
from harness.evidence.claims import (
    document_statement,
    gate_statement,
    gate_subjects,
    result_statement,
    signer_of,
)
from harness.files import canonical_json, sha256_bytes
from harness.signing import (
    PAYLOAD_TYPE,
    RELEASE,
    Statement,
    Subject,
    envelope_of,
    new_key,
    parse_trust,
    read_envelope,
    read_statement,
)

NOW = parse_moment("2026-11-27T12:00:00Z")
KEYS = {name: new_key() for name in ("ci", "anna", "ci-2", "stranger")}
WORD_OF_KEY = {"ci": "service:ci", "ci-2": "service:ci", "anna": "user:anna"}


def trust_of(*entries, gate="", more=""):
    import base64

    lines = ["apiVersion: modelassay/v1", "kind: Trust", "keys:"]
    for name, roles, *rest in entries:
        public = base64.b64encode(KEYS[name].public_der).decode()
        lines.append(
            f"  - {{user: {WORD_OF_KEY[name]}, roles: [{roles}], public_key: {public}{''.join(rest)}}}"
        )
    lines.append(f"thresholds: {{gate: {{{gate}}}}}")
    return parse_trust("\n".join([*lines, more, ""]).encode(), "trust.yaml")


BOTH = (("ci", "ci"), ("anna", "compliance, ci"))


def sign(run, name="ci", role="ci", *, moment=NOW, ref=None):
    return sign_gate(ref or str(run), run.parent, Signer(KEYS[name], role, moment))


def proved(run, trust=None, *, ref=None, now=NOW):
    return prove(ref or str(run), run.parent, is_recomputed=False, trust=trust, now=now)


def statements(run) -> list[Path]:
    return sorted(run.glob("gates/*/statements/*.dsse.json"))


def put(folder: Path, statement: Statement, name="ci", prefix="gate-") -> Path:
    """A statement that its signer made on purpose: rightly signed and rightly named."""
    raw = envelope_of(PAYLOAD_TYPE, canonical_json(_data(statement)), [KEYS[name]]).to_bytes()
    path = folder / f"{prefix}{sha256_bytes(raw)[:12]}.dsse.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)
    return path


def _data(statement):
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": s.name, "digest": {"sha256": s.sha256}} for s in statement.subjects],
        "predicateType": statement.predicate_type,
        "predicate": dict(statement.predicate),
    }


def own(run, name="ci", role="ci"):
    bundle = open_run(run)
    gate = bundle.gate()
    return gate.path / "statements", gate_statement(
        bundle, gate, signer_of(KEYS[name], role=role, moment=NOW)
    )


def other_gate(run) -> str:
    """Judge the run once more, an hour later."""
    bundle = open_run(run)
    gate = bundle.gate()
    later = replace(gate.verdict, now="2026-11-23T19:40:01Z")
    return add_gate(bundle, later, gate.read_bytes("policy.yaml"), {}).name


# --- what is signed --------------------------------------------------------------------------------


def test_a_signed_gate_verifies_and_says_nothing_of_whom_to_believe(run):
    done = sign(run)
    assert done.is_new
    assert len(done.files) == 2
    report = proved(run)
    assert report.problems == ()
    assert report.signed is None
    assert any("only a trust file tells" in note for note in report.notes)


def test_what_is_signed_names_both_seals_and_the_numbers_of_every_finding(run):
    bundle = open_run(run)
    gate = bundle.gate()
    (path, _) = sign(run).files
    found = read_statement(read_envelope(path.read_bytes(), where="s"), where="s")
    assert found.is_about(gate.digest)
    assert found.is_about(bundle.digest)
    given = found.predicate
    assert (given["verdict"], given["exit_code"]) == ("pass-with-warnings", 0)
    assert given["policy"]["digest"] == gate.verdict.policy.digest
    by_rule = {one["rule"]: one for one in given["findings"]}
    accurate = next(one for one in gate.verdict.findings if one.rule == "ACCURATE")
    assert by_rule["ACCURATE"]["low"] == accurate.low
    assert by_rule["ACCURATE"]["limit"] == 0.75
    assert by_rule["ONE-WORD"]["value"] is None


def test_no_text_of_a_row_or_sentence_is_signed(run):
    raw = b"".join(path.read_bytes() for path in sign(run).files)
    payloads = b"".join(read_envelope(p.read_bytes(), where="s").payload for p in statements(run))
    for sentence in ("because", "title", "why", "fix"):
        assert f'"{sentence}"'.encode() not in raw + payloads
    assert b"PRIVATE" not in raw + payloads


def test_the_standard_statement_is_the_test_result_of_in_toto(run):
    import in_toto_attestation.predicates.test_result.v0.test_result_pb2 as pb
    from google.protobuf import json_format

    _, path = sign(run).files
    found = read_statement(read_envelope(path.read_bytes(), where="s"), where="s")
    assert found.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    theirs = json_format.ParseDict(dict(found.predicate), pb.TestResult())
    assert theirs.result == "WARNED"
    assert list(theirs.passed_tests) == ["ACCURATE/test/all"]
    assert list(theirs.warned_tests) == ["ONE-WORD/test/all"]
    assert theirs.configuration[0].digest["sha256"] == open_run(run).verdict().policy.digest


@pytest.mark.parametrize(
    ("word", "result"),
    [
        ("pass", "PASSED"),
        ("pass-with-warnings", "WARNED"),
        ("blocked", "FAILED"),
        ("incomplete", "FAILED"),
    ],
)
def test_only_a_pass_is_called_passed(run, word, result):
    bundle = open_run(run)
    gate = bundle.gate()
    gate = replace(gate, verdict=replace(gate.verdict, verdict=word))
    assert result_statement(bundle, gate).predicate["result"] == result


@pytest.mark.parametrize("outcome", ["error", "not-measured", "inconclusive", "failed"])
def test_a_blocking_rule_without_an_answer_is_a_failed_test(run, outcome):
    bundle = open_run(run)
    gate = bundle.gate()
    findings = tuple(
        replace(one, severity="block", outcome=outcome) for one in gate.verdict.findings
    )
    gate = replace(gate, verdict=replace(gate.verdict, findings=findings))
    predicate = result_statement(bundle, gate).predicate
    assert len(predicate["failedTests"]) == 2
    assert predicate["passedTests"] == predicate["warnedTests"] == []


def test_a_blocked_gate_is_signed_like_a_pass(run):
    assert invoke(["gate", str(run), "--policy", "builtin/standard"]) in (1, 3)
    done = sign(run)
    assert "blocked" in done.about or "incomplete" in done.about
    assert proved(run, trust_of(*BOTH, gate="ci: 1")).problems == ()


def test_signing_twice_adds_nothing_and_another_role_adds_one_statement(run):
    first = sign(run)
    again = sign(run, moment=NOW + timedelta(days=1))
    assert not again.is_new
    assert again.files == first.files[:1]
    assert len(statements(run)) == 2
    assert sign(run, role="legal").is_new
    assert len(statements(run)) == 3


def test_a_run_that_does_not_verify_is_not_signed(run):
    (run / "run.json").write_bytes((run / "run.json").read_bytes() + b" ")
    with pytest.raises(IntegrityError):
        sign(run)
    assert statements(run) == []


def test_a_run_without_a_gate_has_nothing_to_sign(ungated):
    with pytest.raises(UsageError, match="must have been gated"):
        sign(ungated)


# --- what is caught without a trust file -----------------------------------------------------------


def test_every_changed_byte_of_every_statement_is_found(run):
    sign(run)
    (run / "risk.txt").write_text("x")
    claim = document_claim(run / "risk.txt", "risk-management-file")
    (run / "risk.txt").unlink()
    sign_document(str(run), run.parent, Signer(KEYS["anna"], "legal", NOW), claim)
    for path in [*statements(run), *run.glob("documents/*")]:
        raw = path.read_bytes()
        for position in range(0, len(raw), 97):
            changed = bytearray(raw)
            changed[position] ^= 1 << position % 8
            path.write_bytes(changed)
            assert not verify_run(run).is_intact, (path.name, position)
        path.write_bytes(raw)
    assert verify_run(run).is_intact


def test_a_changed_byte_is_found_even_when_the_file_is_named_anew(run):
    """Who knows that files are named by their digest cannot mend the signature."""
    sign(run)
    for path in statements(run):
        raw = path.read_bytes()
        path.unlink()
        missed = []
        for position in range(13, len(raw), 41):
            changed = bytearray(raw)
            changed[position] ^= 2
            name = f"{path.name.rpartition('-')[0]}-{sha256_bytes(bytes(changed))[:12]}.dsse.json"
            forged = path.with_name(name)
            forged.write_bytes(changed)
            if verify_run(run).is_intact:
                missed.append(position)
            forged.unlink()
        path.write_bytes(raw)
        assert missed == []


def test_a_renamed_statement_is_found(run):
    (path, _) = sign(run).files
    path.rename(path.with_name("gate-000000000000.dsse.json"))
    assert "be named by the first 12 digits of its SHA-256" in verify_run(run).problems[0]


def test_a_statement_of_another_gate_is_a_replay(run):
    (path, other) = sign(run).files
    gate = run / "gates" / other_gate(run) / "statements"
    gate.mkdir()
    for one in (path, other):
        shutil.move(one, gate / one.name)
    problems = verify_run(run).problems
    assert len(problems) == 2
    assert all("It was made for another one" in one for one in problems)


def _with(statement, **subjects):
    return replace(
        statement,
        subjects=tuple(replace(s, **subjects.get(s.name, {})) for s in statement.subjects),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda s: _with(s, **{"MANIFEST.json": {"sha256": "0" * 64}}),
        lambda s: replace(s, subjects=s.subjects[:1]),
        lambda s: replace(s, subjects=s.subjects[::-1]),
        lambda s: replace(s, subjects=(*s.subjects, Subject("weights", "0" * 64))),
    ],
    ids=["another run", "no run", "other order", "another model"],
)
def test_a_statement_about_another_run_or_model_is_a_replay(run, change):
    folder, statement = own(run)
    put(folder, change(statement))
    (problem,) = verify_run(run).problems
    assert "must be about gates/" in problem


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verdict": "pass"}, "verdict in"),
        ({"exit_code": 1}, "exit_code in"),
        ({"valid_until": "2030-01-01"}, "valid_until in"),
        ({"inputs": {"trust.yaml": "0" * 64}}, "inputs in"),
        ({"findings": []}, "findings in"),
        ({"findings": [{"outcome": "passed"}] * 2}, "findings in"),
        ({"policy": {}}, "policy in"),
        ({"run": "another"}, "run in"),
        ({"role": 7}, "say who signed it"),
        ({"role": "two words"}, "say who signed it"),
        ({"signed_at": "yesterday"}, "say who signed it"),
        ({"signed_at": None}, "say who signed it"),
        ({"public_key": ""}, "say who signed it"),
    ],
)
def test_a_statement_that_says_other_than_the_gate_is_found_though_rightly_signed(
    run, change, says
):
    folder, statement = own(run)
    put(folder, replace(statement, predicate={**statement.predicate, **change}))
    assert any(says in problem for problem in verify_run(run).problems)


@pytest.mark.parametrize("name", ["role", "signed_at", "public_key", "verdict"])
def test_a_statement_that_leaves_out_what_counts_is_found(run, name):
    folder, statement = own(run)
    put(
        folder,
        replace(statement, predicate={k: v for k, v in statement.predicate.items() if k != name}),
    )
    assert len(verify_run(run).problems) == 1


def test_what_another_version_says_beyond_this_one_is_no_problem(run):
    folder, statement = own(run)
    findings = [{**one, "new": 1} for one in statement.predicate["findings"]]
    put(
        folder,
        replace(statement, predicate={**statement.predicate, "findings": findings, "new": 1}),
    )
    assert verify_run(run).problems == ()


def test_a_key_that_is_named_and_did_not_sign_is_found(run):
    folder, statement = own(run, "anna")
    put(folder, statement, "stranger")
    (problem,) = verify_run(run).problems
    assert "be signed by the key that it names" in problem


def test_an_envelope_without_a_signature_is_found(run):
    folder, statement = own(run)
    raw = envelope_of(PAYLOAD_TYPE, canonical_json(_data(statement))).to_bytes()
    folder.mkdir()
    (folder / f"gate-{sha256_bytes(raw)[:12]}.dsse.json").write_bytes(raw)
    (problem,) = verify_run(run).problems
    assert "must be signed, got no signature" in problem


def test_a_statement_of_a_kind_that_has_no_place_there_is_found(run):
    folder, statement = own(run)
    put(folder, replace(statement, predicate_type="urn:modelassay:document:v1"), prefix="")
    put(run / "documents", statement, prefix="")
    put(folder, replace(statement, predicate_type="https://example.org/other/v1"), prefix="x-")
    assert len(verify_run(run).problems) == 3


def test_a_statement_below_a_gate_that_is_not_there_is_found(run):
    (path, _) = sign(run).files
    nowhere = run / "gates" / "0123456789ab" / "statements"
    nowhere.mkdir(parents=True)
    shutil.move(path, nowhere / path.name)
    assert not verify_run(run).is_intact


# --- what a trust file adds ------------------------------------------------------------------------


def test_who_gave_a_trust_file_is_not_told_to_give_one(run):
    sign(run)
    notes = proved(run, trust_of(*BOTH)).notes
    assert any("missed only where the trust file asks for it" in note for note in notes)
    assert not any("only a trust file" in note or "--trust FILE" in note for note in notes)


def test_the_roles_that_a_trust_file_asks_for_must_have_signed(run):
    trust = trust_of(*BOTH, gate="ci: 1, compliance: 1")
    assert len(proved(run, trust).problems) == 2
    sign(run)
    (problem,) = proved(run, trust).problems
    assert "be signed by 1 user(s) in the role compliance, got 0 (trust.yaml)" in problem
    sign(run, "anna", "compliance")
    report = proved(run, trust)
    assert report.problems == ()
    assert {(one.user, one.role) for one in report.signed if one.kind == "gate"} == {
        ("service:ci", "ci"),
        ("user:anna", "compliance"),
    }
    assert {one.state for one in report.signed} == {"counts"}


def test_an_unknown_key_meets_no_threshold_and_is_never_passed_over_in_silence(run):
    sign(run, "stranger")
    report = proved(run, trust_of(*BOTH, gate="ci: 1"))
    assert len(report.problems) == 1
    assert {one.state for one in report.signed} == {"unknown-key"}


def test_two_keys_of_one_user_are_one_user(run):
    trust = trust_of(("ci", "ci"), ("ci-2", "ci"), gate="ci: 2")
    sign(run)
    sign(run, "ci-2")
    (problem,) = proved(run, trust).problems
    assert "got 1" in problem


def test_one_person_in_two_roles_is_two_only_where_the_trust_file_says_single_person(run):
    sign(run, "anna", "ci")
    sign(run, "anna", "compliance")
    asked = {"gate": "ci: 1, compliance: 1"}
    assert len(proved(run, trust_of(*BOTH, **asked)).problems) == 1
    alone = proved(run, trust_of(*BOTH, **asked, more="single_person: true"))
    assert alone.problems == ()
    assert any("single_person" in note for note in alone.notes)


def test_a_copied_statement_is_refused_and_does_not_count_twice(run):
    (path, _) = sign(run).files
    shutil.copy(path, path.with_name(path.name.removeprefix("gate-")))
    (problem,) = proved(run, trust_of(*BOTH, gate="ci: 2")).problems
    assert "must be called gate-" in problem


def test_a_role_that_is_only_claimed_does_not_count(run):
    sign(run, "ci", "compliance")
    report = proved(run, trust_of(*BOTH, gate="compliance: 1"))
    assert len(report.problems) == 1
    assert "role-not-given" in {one.state for one in report.signed}


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        (", revoked: {at: 2026-11-28, reason: compromised}", "compromised"),
        (", revoked: {at: 2026-11-28, reason: superseded}", "counts"),
        (", revoked: {at: 2026-11-27, reason: superseded}", "superseded"),
        (", until: 2026-11-26", "expired"),
        (", from: 2026-11-28", "not-yet-valid"),
        (", from: 2026-11-27, until: 2026-11-27", "counts"),
    ],
)
def test_what_a_key_was_worth_when_it_signed_decides(run, entry, state):
    sign(run)
    report = proved(run, trust_of(("ci", "ci", entry), gate="ci: 1"))
    assert {one.state for one in report.signed} == {state}
    assert bool(report.problems) is (state != "counts")


def test_a_signature_from_the_future_is_refused_whether_a_clock_was_set_back_or_forward(run):
    sign(run, moment=NOW + timedelta(days=30))
    report = proved(run, trust_of(*BOTH))
    assert any("be signed by now, 2026-11-27T12:00:00Z" in one for one in report.problems)
    assert proved(run, trust_of(*BOTH), now=NOW + timedelta(days=31)).problems == ()
    close = NOW + timedelta(days=30) - timedelta(minutes=9)
    assert proved(run, trust_of(*BOTH), now=close).problems == ()


def test_the_signatures_are_asked_of_the_newest_gate_or_of_the_one_that_is_named(run):
    trust = trust_of(*BOTH, gate="ci: 1")
    old = open_run(run).gate().id
    sign(run)
    assert proved(run, trust).problems == ()
    new = other_gate(run)
    assert new in proved(run, trust).problems[0]
    assert proved(run, trust, ref=f"{run}@{old}").problems == ()


def test_a_run_without_a_gate_does_not_meet_a_threshold(ungated):
    (problem,) = proved(ungated, trust_of(*BOTH, gate="ci: 1")).problems
    assert "which has no gate, must be signed by 1 user(s)" in problem


def test_the_standard_statement_of_a_key_that_signed_nothing_else_is_found(run):
    bundle = open_run(run)
    gate = bundle.gate()
    put(gate.path / "statements", result_statement(bundle, gate), "stranger", prefix="test-result-")
    (problem,) = verify_run(run).problems
    assert "be signed by a key that a statement of this run names" in problem


def test_a_signature_that_does_not_hold_under_a_trusted_key_id_is_a_problem(run):
    # a release names no public key: only the trust file can tell
    bundle = open_run(run)
    gate = bundle.gate()
    release = Statement(
        gate_subjects(bundle, gate), RELEASE, {"released_at": "2026-11-27T11:00:00Z"}
    )
    path = put(gate.path / "statements", release, "stranger", prefix="release-")
    assert "unknown-key" in {one.state for one in proved(run, trust_of(*BOTH)).signed}
    data = json.loads(path.read_bytes())
    path.unlink()
    data["signatures"][0]["keyid"] = KEYS["ci"].keyid
    forged = canonical_json(data)
    path.with_name(f"release-{sha256_bytes(forged)[:12]}.dsse.json").write_bytes(forged)
    assert verify_run(run).is_intact
    (problem,) = proved(run, trust_of(*BOTH)).problems
    assert "hold a signature by service:ci" in problem


# --- documents -------------------------------------------------------------------------------------


def document(run, tmp_path, **values):
    file = tmp_path / "risk file.txt"
    file.write_text("a secret sentence")
    claim = document_claim(file, values.pop("document", "risk-management-file"), **values)
    return sign_document(str(run), run.parent, Signer(KEYS["anna"], "legal", NOW), claim)


def test_of_a_document_only_name_and_digest_are_kept(run, tmp_path):
    done = document(run, tmp_path, expires="2027-01-31", n=4000, n_accepted=3900)
    (path,) = run.glob("documents/*")
    assert done.files == (path,)
    payload = read_envelope(path.read_bytes(), where="d").payload
    given = json.loads(payload)["predicate"]
    assert given["name"] == "risk file.txt"
    assert given["sha256"] == sha256_bytes(b"a secret sentence")
    assert given["sample"] == {"n": 4000, "accepted": 3900}
    assert str(tmp_path).encode() not in payload
    assert b"secret" not in payload
    assert verify_run(run).is_intact


def test_a_document_is_signed_once_until_something_else_is_said_of_it(run, tmp_path):
    assert document(run, tmp_path).is_new
    assert not document(run, tmp_path).is_new
    assert document(run, tmp_path, expires="2027-01-31").is_new
    assert len(list(run.glob("documents/*"))) == 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"document": "Risk File"}, "--document must be words joined by dashes"),
        ({"expires": "2026-11-26"}, "--expires must be 2026-11-27 or later"),
        ({"expires": "2027-01-31T00:00:00Z"}, "--expires must be a day"),
        ({"n": 10}, "must be given together"),
        ({"n_accepted": 10}, "must be given together"),
        ({"n": 10, "n_accepted": 11}, "from 0 to --sample-n, 10"),
    ],
)
def test_what_cannot_be_said_of_a_document_is_refused(run, tmp_path, values, says):
    with pytest.raises(UsageError, match=says):
        document(run, tmp_path, **values)
    assert not (run / "documents").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "1" * 64},
        {"sha256": "x"},
        {"expires": "2027-02-30"},
        {"expires": 5},
        {"sample": {"n": 10, "accepted": 11}},
        {"sample": {"n": True, "accepted": 1}},
        {"sample": {"n": 10}},
        {"document": "Risk"},
        {"name": None},
        {"more": 1},
    ],
)
def test_a_document_statement_of_another_shape_is_found(run, tmp_path, change):
    file = tmp_path / "risk.txt"
    file.write_text("x")
    signer = signer_of(KEYS["anna"], role="legal", moment=NOW)
    statement = document_statement(open_run(run), document_claim(file, "risk-file"), signer)
    good = put(run / "documents", statement, "anna", prefix="")
    assert verify_run(run).is_intact
    good.unlink()
    put(
        run / "documents",
        replace(statement, predicate={**statement.predicate, **change}),
        "anna",
        prefix="",
    )
    assert len(verify_run(run).problems) == 1


def test_a_document_that_was_signed_for_another_run_is_a_replay(run, tmp_path):
    document(run, tmp_path)
    (path,) = run.glob("documents/*")
    statement = read_statement(read_envelope(path.read_bytes(), where="d"), where="d")
    path.unlink()
    replay = _with(statement, **{"MANIFEST.json": {"sha256": "2" * 64}})
    put(run / "documents", replay, "anna", prefix="")
    (problem,) = verify_run(run).problems
    assert "made for another one" in problem


def test_the_next_gate_takes_every_document_in(run, tmp_path):
    document(run, tmp_path)
    (path,) = run.glob("documents/*")
    invoke(["gate", str(run), "--policy", "builtin/standard"])
    gate = open_run(run).gate()
    name = f"document-{path.name}"
    assert gate.verdict.inputs == {name: sha256_bytes(path.read_bytes())}
    assert gate.read_bytes(name) == path.read_bytes()
    assert verify_run(run).is_intact


def test_a_statement_that_is_too_large_is_not_read(run):
    folder = open_run(run).gate().path / "statements"
    folder.mkdir()
    path = folder / "gate-000000000000.dsse.json"
    with path.open("wb") as stream:
        stream.truncate(32_000_001)  # sparse: no disk is filled
    (problem,) = verify_run(run).problems
    assert "be at most 32000000 bytes" in problem
