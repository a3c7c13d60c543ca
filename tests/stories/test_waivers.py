"""A waiver from the first signature to its last day, with real keys, on the command line."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness

Assay = Callable[..., tuple[int, str, str]]
NOW = "2027-01-10T12:00:00Z"

POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: acme.one, version: 1.0.0, title: One, valid_for_days: 90}
rules:
  - {id: ACC, title: Accurate, severity: block, measure: accuracy.accuracy, require: {at_least: 0.6}, basis: policy_choice}
  - id: GROUPS
    title: Errors by region
    severity: block
    measure: group-error.error-rate
    slices: {by: [[region]]}
    require: {at_most: 0.2}
    basis: policy_choice
"""
WAIVERS = """apiVersion: modelassay/v1
kind: Waivers
waivers:
  # south has its own queue until the retraining
  - id: W-1
    rule: GROUPS
    scope: {model: story, slice: "region=south"}
    accept_until_value: 0.5
    reason: Known since the last release; answers for south are read twice.
    ticket: MRM-1
    owner: user:wei
    starts: 2027-01-01
    expires: 2027-01-31
"""
USERS = {"okafor": ["compliance"], "ahmed": ["model-risk"], "wei": ["model-risk"], "lee": ["compliance"]}  # fmt: skip


@pytest.fixture(scope="module")
def blocked(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A sealed run that the policy blocks in one slice, in a folder with the policy."""
    from harness.cli import invoke

    module = request.getfixturevalue("story_rows")
    folder = tmp_path_factory.mktemp("waivers")
    module(folder, errors={"east": 0.05, "south": 0.4, "west": 0.05})
    (folder / "p.policy.yaml").write_text(POLICY)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert invoke(["audit", "--quiet"]) == 0
    return folder


@pytest.fixture
def place(blocked: Path, ring: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Waivers, trust file and keys beside the run; the working folder."""
    monkeypatch.chdir(blocked)
    (tmp_path / "waivers.yaml").write_text(WAIVERS)
    (tmp_path / "trust.yaml").write_text(ring.trust_text(USERS, roles=("compliance", "model-risk")))
    for user in USERS:
        key = tmp_path / f"{user}.pem"
        key.write_bytes(ring.key(user).pem())
        key.chmod(0o600)
    return tmp_path


@pytest.fixture
def gate(place: Path, assay: Assay) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Gate the run with what lies in the folder; returns exit code and verdict."""

    def run(now: str = NOW, *more: str) -> tuple[int, dict[str, Any]]:
        waivers, trust = place / "waivers.yaml", place / "trust.yaml"
        code, out, err = assay(
            "gate", "latest", "--policy", "p.policy.yaml", "--waivers", str(waivers),
            "--trust", str(trust), "--now", now, "--json", *more,
        )  # fmt: skip
        return code, json.loads(out) if out else {"error": err}

    return run


@pytest.fixture
def approve(place: Path, assay: Assay) -> Callable[..., None]:
    """Approve the waiver by keys of users, as they would."""

    def sign(*users: str, waiver: str = "W-1") -> None:
        for user in users:
            code, _, err = assay(
                "sign", "--waiver", waiver, "--waivers", str(place / "waivers.yaml"),
                "--key", str(place / f"{user}.pem"), "--role", USERS[user][0],
            )  # fmt: skip
            assert code == 0, err

    return sign


def gate_of(verdict: dict[str, Any]) -> Path:
    return next(
        path.parent
        for path in Path().glob("runs/*/gates/*/verdict.json")
        if json.loads(path.read_text()) == verdict
    )


def state(verdict: dict[str, Any]) -> list[str]:
    return [one["state"] for one in verdict["waivers"]]


def test_from_blocked_to_waived_to_blocked_again(
    gate: Any, approve: Any, place: Path, assay: Assay
) -> None:
    code, verdict = gate()
    assert (code, state(verdict)) == (1, ["not-approved"])
    approve("okafor")
    assert gate()[0] == 1
    approve("ahmed")
    code, verdict = gate()
    assert (code, verdict["verdict"], state(verdict)) == (0, "pass-with-warnings", ["in-force"])
    first = verdict
    (waived,) = [one for one in verdict["findings"] if one["outcome"] == "waived"]
    assert (waived["slice"], waived["waived_outcome"], waived["waiver"]) == (
        "region=south",
        "failed",
        "W-1",
    )
    assert 0.3 < waived["value"] < 0.5
    assert verdict["valid_until"] == "2027-02-01T00:00:00Z"
    assert verdict["waivers"][0]["warns"] == 30
    assert gate("2027-01-31T23:59:59Z")[0] == 0
    code, verdict = gate("2027-02-01T00:00:00Z")
    assert (code, state(verdict)) == (1, ["expired"])
    assert gate()[1] == first
    files = {"waivers": place / "waivers.yaml", "trust": place / "trust.yaml"}
    called = harness.gate("latest", "p.policy.yaml", now=NOW, **files)
    assert (called.verdict, called.path.name) == ("pass-with-warnings", gate_of(first).name)
    assert assay("verify", "latest", "--recompute")[0] == 0


@pytest.mark.parametrize("users", [("okafor", "wei"), ("okafor", "lee"), ("okafor", "okafor")])
def test_owner_author_and_one_person_twice_do_not_do(
    gate: Any, approve: Any, users: tuple[str, ...]
) -> None:
    approve(*users)
    code, verdict = gate()
    assert (code, state(verdict)) == (1, ["not-approved"])


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("accept_until_value: 0.5", "accept_until_value: 0.3", ["exceeded"]),
        ("model: story", "model: other", []),
        ("rule: GROUPS", "rule: GROUP", ["unused"]),
        ("region=south", "region=north", ["unused"]),
    ],
)
def test_what_is_waived_is_what_the_waiver_says(
    gate: Any, approve: Any, place: Path, old: str, new: str, found: list[str]
) -> None:
    path = place / "waivers.yaml"
    path.write_text(path.read_text().replace(old, new))
    approve("okafor", "ahmed")
    code, verdict = gate()
    assert (code, state(verdict)) == (1, found)


def test_a_file_whose_waivers_are_all_about_other_models_is_not_passed_over_in_silence(
    place: Path, assay: Assay
) -> None:
    path = place / "waivers.yaml"
    argv = ("gate", "latest", "--policy", "p.policy.yaml", "--waivers", str(path), "--now", NOW)
    assert "No waiver of the file" not in assay(*argv)[2]
    path.write_text(path.read_text().replace("model: story", "model: stroy"))
    code, _, err = assay(*argv)
    assert code == 1
    assert "No waiver of the file is for story: scope.model says stroy." in err


def test_two_that_conflict_waive_nothing(gate: Any, approve: Any, place: Path) -> None:
    path = place / "waivers.yaml"
    second = WAIVERS.partition("waivers:\n")[2].replace("W-1", "W-2").replace("0.5", "0.6")
    path.write_text(path.read_text() + second)
    approve("okafor", "ahmed")
    assert gate()[0] == 0
    approve("okafor", "ahmed", waiver="W-2")
    code, verdict = gate()
    assert (code, state(verdict)) == (1, ["conflicting", "conflicting"])


def test_a_character_changed_after_it_was_signed_voids_every_approval(
    gate: Any, approve: Any, place: Path
) -> None:
    approve("okafor", "ahmed")
    path = place / "waivers.yaml"
    path.write_text(path.read_text().replace("0.5", "0.6"))
    code, verdict = gate()
    assert (code, state(verdict)) == (1, ["not-approved"])


def test_a_revoked_key_no_longer_approves(gate: Any, approve: Any, place: Path) -> None:
    approve("okafor", "ahmed")
    trust = place / "trust.yaml"
    entry = "    roles: [model-risk]\n"
    revoked = entry + "    revoked: {at: 2027-01-05, reason: compromised}\n"
    trust.write_text(trust.read_text().replace(entry, revoked, 1))
    assert gate()[0] == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("    expires: 2027-01-31\n", "", "waivers.0.expires must be given (waivers.yaml:5)"),
        ("expires: 2027-01-31", "expires: 2027-12-31", "at most 180 days"),
        ("reason: Known since", "reason: ''\n    was: Known since", "waivers.0.reason must"),
        ("kind: Waivers", "kind: Waiver", "kind must be 'Waivers', got 'Waiver' (waivers.yaml:2)"),
    ],
)
def test_a_file_that_is_none_is_a_mistake_of_its_writer(
    gate: Any, place: Path, old: str, new: str, words: str
) -> None:
    path = place / "waivers.yaml"
    path.write_text(path.read_text().replace(old, new))
    code, said = gate()
    assert code == 2
    assert words in said["error"]


def test_a_mistake_is_named_by_the_file_that_people_know(place: Path, assay: Assay) -> None:
    mine = place / "mine.yaml"
    for option in ("--waivers", "--trust"):
        mine.write_text("apiVersion: modelassay/v1\nkind: Wavers\n")
        code, _, err = assay("gate", "latest", "--policy", "p.policy.yaml", option, str(mine))
        assert code == 2
        assert "got 'Wavers' (mine.yaml:2)" in err


def test_a_clock_that_was_set_back_is_refused_and_a_named_moment_is_said(
    gate: Any, approve: Any, blocked: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    import harness.pipeline.gating as gating
    from harness.clock import parse_moment

    approve("okafor", "ahmed")
    monkeypatch.setattr(gating, "utc_now", lambda: parse_moment("2026-01-10"))
    code, _, err = assay("gate", "latest", "--policy", "p.policy.yaml")
    assert code == 5
    assert "The clock must not lie before its end" in err
    code, verdict = gate("2026-01-10")
    assert code == 1
    assert verdict["not_tested"][0]["id"] == "gate.clock-before-run"
    monkeypatch.setattr(gating, "utc_now", lambda: parse_moment("2027-01-11"))
    _, tried = gate("2027-06-01")
    # what was judged as of a moment to come is no proof of what time it is
    assert assay("gate", "latest", "--policy", "p.policy.yaml")[0] == 1
    _, _, err = assay("gate", "latest", "--policy", "p.policy.yaml", "--now", "2027-01-12")
    assert "although this run was judged as of 2027-06-01T00:00:00Z already" in err
    (file,) = (
        path
        for path in blocked.glob("runs/*/gates/*/verdict.json")
        if json.loads(path.read_text()) == tried
    )
    os.utime(file, (parse_moment("2027-06-01").timestamp(),) * 2)
    code, _, err = assay("gate", "latest", "--policy", "p.policy.yaml")
    assert code == 5
    assert f"The clock must not lie before gates/{file.parent.name}, which was judged" in err
    assert "as of 2027-06-01T00:00:00Z" in err
    assert re.search("If the clock was wrong then, --now 2027-01-11.* says so", err)
    os.utime(file)


def test_everything_that_a_gate_was_judged_by_lies_in_it_and_verify_judges_it_again(
    gate: Any, approve: Any, place: Path, blocked: Path, assay: Assay, tmp_path: Path
) -> None:
    import shutil

    from harness.files import sha256_bytes

    approve("okafor", "ahmed")
    code, verdict = gate("2027-01-12T00:00:00Z")
    assert code == 0
    (run,) = (path.parent for path in (blocked / "runs").glob("*/run.json"))
    (folder,) = (
        path.parent
        for path in run.glob("gates/*/verdict.json")
        if json.loads(path.read_text()) == verdict
    )
    waivers = (folder / "waivers.yaml").read_bytes()
    assert waivers == (place / "waivers.yaml").read_bytes()
    assert verdict["waivers_digest"] == sha256_bytes(waivers)
    trust = (folder / "trust.yaml").read_bytes()
    assert verdict["inputs"]["trust.yaml"] == sha256_bytes(trust)
    for name, old, new in (
        ("waivers.yaml", b"0.5", b"0.6"),
        ("trust.yaml", b"approvals: 2", b"approvals: 3"),
    ):
        copy = tmp_path / f"copy-{name}" / run.name
        shutil.copytree(run, copy)
        changed = copy / "gates" / folder.name / name
        changed.write_bytes(changed.read_bytes().replace(old, new))
        assert assay("verify", str(copy))[0] == 5


@pytest.mark.slow
def test_a_document_that_somebody_signs_for_meets_its_rule(
    blocked: Path, place: Path, assay: Assay
) -> None:
    rule = """  - id: SAMPLE
    title: Manual sample
    severity: block
    evidence: {document: sample, roles: [compliance], sample: {n_at_least: 200, accepted_at_least: 0.95}}
    basis: standard
"""
    policy = place / "sample.policy.yaml"
    policy.write_text(POLICY.replace("at_most: 0.2", "at_most: 0.6") + rule)
    paper = place / "sample.pdf"
    paper.write_text("not looked into")

    def gated(*more: str) -> tuple[int, dict[str, Any]]:
        trust = str(place / "trust.yaml")
        code, out, err = assay("gate", "latest", "--policy", str(policy), "--trust", trust, "--json", *more)  # fmt: skip
        assert out, err
        verdict = json.loads(out)
        return code, next(one for one in verdict["findings"] if one["rule"] == "SAMPLE")

    def sign(user: str, accepted: int) -> None:
        code, _, err = assay(
            "sign", "latest", "--evidence", str(paper), "--document", "sample", "--sample-n", "200",
            "--sample-accepted", str(accepted), "--key", str(place / f"{user}.pem"),
            "--role", USERS[user][0],
        )  # fmt: skip
        assert code == 0, err

    assert gated()[0] == 3
    sign("ahmed", 200)
    code, finding = gated("--now", "2027-02-01")
    assert (code, finding["because"]["id"]) == (3, "gate.document-role")
    sign("okafor", 195)
    code, finding = gated("--now", "2027-02-02")
    assert (code, finding["outcome"], finding["value"]) == (0, "passed", 0.975)
    sign("okafor", 180)
    code, finding = gated("--now", "2027-02-03")
    assert (code, finding["outcome"]) == (1, "failed")
    assert assay("verify", "latest", "--recompute")[0] == 0
