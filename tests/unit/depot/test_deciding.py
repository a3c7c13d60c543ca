"""``assay decide``, ``verify``, ``release`` and ``admit`` about decisions, as people call them."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from harness.cli import invoke
from harness.depot import open_store
from harness.depot.waiver_draft import draft_waiver
from harness.evidence.decisions import must_be_accepted
from harness.policy import parse_waivers
from harness.signing import new_key

WHY = "All rules were met on the held out rows."
MORE = "decisions: {required: true}\n"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.delenv("ASSAY_STORE", raising=False)

    def run(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = invoke([str(one) for one in argv])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


@pytest.fixture
def place(tmp_path: Path, shared_runs: ModuleType, folder: Any, call: Call) -> Any:
    """A store with a submitted run, keys and a trust file that asks for a decision."""
    model = tmp_path / "model"
    model.mkdir()
    raw = b"\x02\x00\x00\x00\x00\x00\x00\x00{}"
    (model / "model.safetensors").write_bytes(raw)
    from harness.modelling.weights import weights_digest

    system = {"owner": "user:olga", "authors": ["li.wei"]}
    run = shared_runs.seal(
        tmp_path / "runs", name="screen", weights=weights_digest(model), system=system
    )
    shared_runs.gate(run)
    keys = {name: new_key() for name in ("okafor", "li.wei", "rui", "rel")}
    roles = {
        "okafor": ["approver"],
        "li.wei": ["approver"],
        "rui": ["reviewer"],
        "rel": ["release"],
    }
    for name, key in keys.items():
        (tmp_path / f"{name}.pem").write_bytes(key.pem())
    text = shared_runs.trust_text({name: (key, roles[name]) for name, key in keys.items()})
    trust = tmp_path / "trust.yaml"
    trust.write_text(text + MORE)
    url = folder.url
    assert call("store", "new", url, "--trust", trust)[0] == 0
    assert call("submit", run.path, "--store", url)[0] == 0
    ticks: list[str] = []
    for rule in {one.rule for one in run.gate().verdict.findings if must_be_accepted(one)}:
        ticks += ["--accept", rule]
    return SimpleNamespace(
        run=run, url=url, trust=trust, model=model, ticks=ticks, tmp=tmp_path, runs=run.path.parent
    )


def decided(call: Call, at: Any, who: str, *more: object) -> tuple[int, str, str]:
    ticks = at.ticks if "--approve" in more else []
    return call(
        "decide", at.run.path, "--store", at.url, "--key", at.tmp / f"{who}.pem",
        "--rationale", WHY, *ticks, *more,
    )  # fmt: skip


def test_a_signed_approval_is_seen_by_verify_release_and_admit(call: Call, place: Any) -> None:
    at = place
    release = (
        "release",
        at.run.path,
        "--store",
        at.url,
        "--key",
        at.tmp / "rel.pem",
        "--role",
        "release",
    )
    admit = ("admit", at.model, "--store", at.url, "--trust", at.trust)
    code, _, err = call(*release)
    assert code == 3
    assert "stand approved in its review" in err
    code, out, err = decided(
        call, at, "okafor", "--approve", "--condition", "Mail only", "--expires", "2099-01-31"
    )
    assert (code, "approved" in out, "signed by okafor" in err) == (0, True, True)
    code, out, _ = call("verify", at.run.path, "--trust", at.trust)
    assert code == 0
    assert "approve, signed by okafor" in out
    assert "condition: Mail only" in out
    assert "stands approved: 1 of 1" in out
    code, out, _ = call("verify", at.run.path, "--json")
    (one,) = json.loads(out)["decisions"]
    assert (one["kind"], one["is_believed"], one["doubt"]) == (
        "approve",
        False,
        "no trust file was given",
    )
    assert call(*release)[0] == 0
    code, _, err = call(*admit, "--require-approval", "--max-age-days", "90")
    assert code == 0
    assert "approved, signed by okafor, until 2099-01-31." in err
    assert "condition: Mail only" in err
    assert call(*admit, "--require-approval", "--now", "2099-02-01T00:00:00Z")[0] == 3
    assert decided(call, at, "rui", "--reject")[0] == 2


def test_what_stands_released_is_approved_again_once_its_approval_is_over(
    call: Call, place: Any
) -> None:
    at = place
    release = ("release", at.run.path, "--store", at.url, "--key", at.tmp / "rel.pem")
    admit = ("admit", at.model, "--store", at.url, "--trust", at.trust, "--require-approval")
    assert decided(call, at, "okafor", "--approve")[0] == 0
    assert call(*release, "--role", "release")[0] == 0
    code, _, err = decided(call, at, "okafor", "--reject")
    assert (code, "assay release --withdraw" in err) == (2, True)
    assert "assay release --withdraw" in decided(call, at, "okafor", "--approve")[2]
    assert call(*admit)[0] == 0
    code, out, _ = decided(call, at, "okafor", "--withdraw")
    assert (code, "released" in out) == (0, True)
    code, _, err = call(*admit)
    assert code == 3
    assert "assay decide RUN --approve --rationale TEXT --key KEY. The approval of" in err
    assert decided(call, at, "okafor", "--approve")[0] == 0
    code, out, err = call(*admit)
    assert code == 0
    assert "approved, signed by okafor" in out + err


def test_words_of_others_write_no_line_of_their_own(call: Call, place: Any) -> None:
    at = place
    hostile = "Mail only\nnote       all is well\x1b[2K\u202e"
    assert (
        decided(call, at, "okafor", "--approve", "--condition", hostile, "--expires", "2099-01-31")[
            0
        ]
        == 0
    )
    code, out, _ = call("verify", at.run.path, "--trust", at.trust)
    assert code == 0
    assert "condition: Mail only ⏎ note       all is well<U+001B>[2K<U+202E>\n" in out


def test_who_submits_by_key_is_told_not_to_approve(
    call: Call, place: Any, shared_runs: ModuleType
) -> None:
    at = place
    shared_runs.gate(at.run, now="2026-11-26T00:00:00Z")
    submit = ("submit", at.run.path, "--store", at.url)
    (at.tmp / "other.pem").write_bytes(new_key().pem())
    assert call(*submit, "--key", at.tmp / "other.pem")[0] == 5
    assert call(*submit, "--key", at.tmp / "okafor.pem")[0] == 0
    code, _, err = decided(call, at, "okafor", "--approve")
    assert (code, "Who submitted the run does not approve it" in err) == (2, True)


def test_a_run_that_names_nobody_is_told_when_it_is_submitted(
    call: Call, place: Any, shared_runs: ModuleType
) -> None:
    run = shared_runs.seal(place.tmp / "runs", run_id="20260501-000000-cccccc")
    shared_runs.gate(run)
    code, _, err = call("submit", run.path, "--store", place.url)
    assert (code, "Write system.authors into its config" in err) == (0, True)
    assert "system.authors" not in call("submit", place.run.path, "--store", place.url)[2]
    trust = Path(place.url) / "trust.yaml"
    trust.write_text(trust.read_text() + "single_person: true\n")
    assert "system.authors" not in call("submit", run.path, "--store", place.url)[2]


def test_admit_tells_rejected_from_never_decided(call: Call, place: Any) -> None:
    at = place
    at.trust.write_text(at.trust.read_text().replace(MORE, ""))
    with open_store(_address(at.url)) as store:
        (Path(str(store.address.url)) / "trust.yaml").write_text(at.trust.read_text())
    release = (
        "release",
        at.run.path,
        "--store",
        at.url,
        "--key",
        at.tmp / "rel.pem",
        "--role",
        "release",
    )
    assert call(*release)[0] == 0
    admit = ("admit", at.model, "--store", at.url, "--trust", at.trust)
    assert call(*admit)[0] == 0
    code, _, err = call(*admit, "--require-approval")
    assert (code, "0 of the 1 approvals" in err) == (3, True)
    assert call(*admit, "--max-age-days", "3")[0] == 2


def _address(url: str) -> Any:
    from harness.depot import find_address

    return find_address(url, environ={})


def test_a_run_that_is_named_by_its_id_gets_the_statement_here_too(call: Call, place: Any) -> None:
    at = place
    argv = ("decide", at.run.id, "--runs", at.runs, "--store", at.url, "--key", at.tmp / "rui.pem")
    assert call(*argv, "--reject", "--rationale", WHY)[0] == 0
    assert "reject, signed by rui" in call("verify", at.run.path, "--trust", at.trust)[1]


def test_a_rejection_is_exit_1_and_its_reason_is_told(call: Call, place: Any) -> None:
    at = place
    assert decided(call, at, "rui", "--reject")[0] == 0
    code, _, err = call(
        "release", at.run.path, "--store", at.url, "--key", at.tmp / "rel.pem", "--role", "release"
    )
    assert code == 1
    assert WHY in err


def test_what_was_rejected_is_not_released_where_no_approval_is_asked_for_either(
    call: Call, place: Any
) -> None:
    at = place
    at.trust.write_text(at.trust.read_text().replace(MORE, ""))
    hostile = "All rules were met.\nadmitted\x1b[2K"
    argv = ("decide", at.run.path, "--store", at.url, "--key", at.tmp / "rui.pem")
    assert call(*argv, "--reject", "--rationale", hostile)[0] == 0
    code, _, err = call(
        "release", at.run.path, "--store", at.url, "--key", at.tmp / "rel.pem",
        "--role", "release", "--trust", at.trust,
    )  # fmt: skip
    assert code == 1
    assert "rejected by rui: All rules were met. ⏎ admitted<U+001B>[2K" in err


def test_wrong_input_is_told_all_at_once(call: Call, place: Any) -> None:
    at = place
    assert call("decide", at.run.path, "--store", at.url)[0] == 2
    code, _, err = call("decide", at.run.path, "--store", at.url, "--approve")
    assert (code, "--key" in err) == (2, True)
    code, _, err = decided(call, at, "li.wei", "--approve", "--condition", "x", "--rationale", "no")
    assert code == 2
    for words in ("authors and owner", "at least 20", "until which day"):
        assert words in err
    assert decided(call, at, "okafor", "--approve", "--accept", "NO-SUCH-RULE")[0] == 2
    code, _, err = decided(call, at, "okafor", "--approve", "--reject")
    assert (code, "got --approve and --reject" in err) == (2, True)
    code, _, err = decided(call, at, "rui", "--approve")
    assert (code, "role approver" in err) == (2, True)
    (at.tmp / "other.pem").write_bytes(new_key().pem())
    assert decided(call, at, "other", "--approve")[0] == 5


def test_a_blocked_run_is_approved_by_nobody_over_the_command_line(
    call: Call, place: Any, shared_runs: ModuleType
) -> None:
    at = place
    shared_runs.gate(at.run, "blocked", now="2026-11-26T00:00:00Z")
    assert call("submit", at.run.path, "--store", at.url)[0] == 0
    at.ticks = []
    code, _, err = decided(call, at, "okafor", "--approve")
    assert (code, "blocked cannot be approved" in err) == (1, True)


def test_one_flipped_byte_of_a_decision_is_exit_5(call: Call, place: Any) -> None:
    at = place
    assert decided(call, at, "okafor", "--approve")[0] == 0
    (path,) = at.run.gate().path.glob("statements/decision-*")
    raw = path.read_bytes()
    for position in range(0, len(raw), 97):
        path.write_bytes(raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :])
        assert call("verify", at.run.path, "--trust", at.trust)[0] == 5, position
    path.write_bytes(raw)
    assert call("verify", at.run.path, "--trust", at.trust)[0] == 0


def test_the_single_file_verifier_lists_decisions(call: Call, place: Any) -> None:
    at = place
    assert decided(call, at, "okafor", "--approve")[0] == 0
    check = at.tmp / "check.py"
    assert call("verify", "--write-verifier", check, "--trust", at.trust)[0] == 0
    argv = [
        sys.executable,
        str(check),
        str(at.run.path),
        "--trust",
        str(check.with_suffix(".trust.json")),
    ]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "signed by 'okafor'" in done.stdout
    assert "not believed" not in done.stdout


@pytest.mark.parametrize("slice_name", ["all", "sex=F,race=Two%2C or more"])
def test_a_drafted_waiver_is_a_waivers_file(place: Any, slice_name: str) -> None:
    finding = replace(place.run.gate().verdict.findings[0], outcome="failed", slice=slice_name)
    text = draft_waiver(finding, place.run, now=datetime(2026, 11, 27, tzinfo=UTC))
    (waiver,) = parse_waivers(text.encode(), "waivers.yaml").waivers
    assert (waiver.rule, waiver.model, waiver.covers) == (finding.rule, "screen", ("failed",))
    assert waiver.last_day.isoformat() == "2027-02-25"
    assert waiver.approvals == ()
