"""``harness.gate`` seals what ``assay gate`` seals."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import harness
from harness.cli import invoke
from harness.errors import IntegrityError, PolicyError, UsageError
from harness.records import Verdict, to_json

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bundle"
NOW = "2026-11-26T12:00:00Z"
RULE = {
    "id": "ACC",
    "title": "Right often enough",
    "severity": "block",
    "measure": "accuracy.accuracy",
    "require": {"at_least": 0.1},
    "basis": "policy_choice",
}


@pytest.fixture
def golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(GOLDEN, tmp_path / "runs" / GOLDEN.name))


def test_verdict_and_files_are_those_of_the_command(golden: Path, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(golden, tmp_path / "twin"))
    verdict = harness.gate(harness.open_run(golden), "builtin/standard", now=NOW)
    code = invoke(["gate", str(twin), "--policy", "builtin/standard", "--now", NOW])
    assert verdict.exit_code == code
    other = twin / "gates" / verdict.path.name
    names = sorted(path.name for path in verdict.path.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        if name != "MANIFEST.json":  # it may hold the moment of writing
            assert (verdict.path / name).read_bytes() == (other / name).read_bytes()
    assert to_json(harness.open_run(golden).verdict(verdict.path.name)) == (
        (other / "verdict.json").read_text()
    )


def test_a_verdict_is_a_verdict_with_its_place(golden: Path) -> None:
    verdict = harness.gate(golden, "builtin/standard", now=NOW)
    assert isinstance(verdict, Verdict)
    assert json.loads((verdict.path / "verdict.json").read_text())["verdict"] == verdict.verdict
    assert verdict.run.digest == verdict.run_digest
    table = verdict.to_frame()
    assert table["rule"].tolist() == [one.rule for one in verdict.findings]
    assert table["outcome"].tolist() == [one.outcome for one in verdict.findings]
    assert f"exit {verdict.exit_code}" in repr(verdict)
    assert verdict.verdict in repr(verdict)


def test_the_package_and_the_function_go_by_one_name(golden: Path) -> None:
    import harness.gate
    from harness.api import gate
    from harness.gate import judge

    assert callable(harness.gate)
    assert callable(judge)
    first = harness.gate(golden, "builtin/standard", now=NOW)
    assert gate(golden, "builtin/standard", now=NOW).path == first.path


@pytest.mark.parametrize("whole", [True, False], ids=["whole pack", "rules alone"])
def test_a_policy_may_be_a_dict_and_its_limits_stay_exact(golden: Path, *, whole: bool) -> None:
    head = {
        "apiVersion": "modelassay/v1",
        "kind": "PolicyPack",
        "metadata": {"id": "mine", "version": "1.0.0", "title": "Mine"},
    }
    policy = harness.load_policy({**(head if whole else {}), "rules": [RULE]})
    assert str(policy.rules[0].limit.number.value) == "1/10"
    verdict = harness.gate(golden, policy, now=NOW)
    assert verdict.verdict == "pass"
    assert verdict.policy.id == ("mine" if whole else "inline")
    again = harness.gate(golden, {**(head if whole else {}), "rules": [RULE]}, now=NOW)
    assert again.path == verdict.path
    assert invoke(["verify", str(golden), "--recompute"]) == 0


def test_without_a_policy_that_of_the_newest_gate_judges_again(golden: Path) -> None:
    before = harness.open_run(golden).verdict()
    assert harness.gate(golden, now=NOW).policy == before.policy


def test_the_clock_may_be_text_or_a_moment_with_its_zone(golden: Path) -> None:
    moment = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert harness.gate(golden, now=moment).path == harness.gate(golden, now=NOW).path
    with pytest.raises(UsageError, match="must name its zone"):
        harness.gate(golden, now=datetime(2026, 11, 26, 12))


def test_a_changed_run_is_not_judged(golden: Path) -> None:
    run = harness.open_run(golden)
    (golden / "measurements.json").write_text("{}")
    with pytest.raises(IntegrityError) as caught:
        harness.gate(run, "builtin/standard")
    assert len(caught.traceback) == 3  # here, the callable package, the function
    with pytest.raises(IntegrityError):
        harness.open_run(golden)


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ("builtin/standrd", "Did you mean"),
        (3, "policy must be a file, builtin/NAME, a dict or a Policy, got 3"),
        ({"rules": [{**RULE, "severity": "blok"}]}, "severity"),
        ({"rules": [{**RULE, "require": {"at_least": {1, 2}}}]}, "plain values"),
    ],
    ids=["name", "number", "severity", "set"],
)
def test_a_policy_that_cannot_be_read_says_why(golden: Path, policy: object, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        harness.gate(golden, policy)


def test_a_run_is_found_by_prefix_and_latest(golden: Path) -> None:
    by_path = harness.open_run(golden)
    assert harness.open_run("latest", runs=golden.parent).digest == by_path.digest
    assert harness.open_run(golden.name[:4]).digest == by_path.digest
    with pytest.raises(UsageError, match="RUN must"):
        harness.open_run("nothing-like-it")
    with pytest.raises(UsageError, match="run must be a run, a path or the id of a run, got 7"):
        harness.gate(7)


def test_text_says_what_a_run_is(golden: Path) -> None:
    run = harness.open_run(golden)
    assert run.record.model.name in repr(run)
    assert str(golden) in repr(run)
    assert f"{len(run.measurements.measurements)}" in repr(run.measurements)
    assert to_json(run.measurements).encode() == run.read_bytes("measurements.json")
