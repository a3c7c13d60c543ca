"""``pytest --assay RUN`` shows a gate: one test for each rule."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "bundle"
ROOT = Path(__file__).resolve().parents[3]


def rule(id: str, at_least: float, *, severity: str = "block", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "title": f"Title of {id}",
        "severity": severity,
        "measure": "accuracy.accuracy",
        "require": {"at_least": at_least},
        "basis": "policy_choice",
        **more,
    }


NOT_MEASURED = {"measure": "occlusion.nothing"}
ELSEWHERE = {"applies_when": {"all": [{"field": "task.modality", "equals": "image"}]}}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the golden run below runs/, and no tests."""
    shutil.copytree(GOLDEN, tmp_path / "runs" / GOLDEN.name)
    return tmp_path


def policy(project: Path, *rules: dict[str, Any]) -> str:
    pack = {
        "apiVersion": "modelassay/v1",
        "kind": "PolicyPack",
        "metadata": {"id": "mine", "version": "1.0.0", "title": "Mine"},
        "rules": list(rules),
    }
    (project / "mine.policy.yaml").write_text(json.dumps(pack), encoding="utf-8")
    return "mine.policy.yaml"


def run_pytest(project: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    # the plug-in of this checkout, not the one that an entry point may name
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-P", "-m", "pytest", "-p", "harness.pytest_plugin"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *argv],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_each_rule_is_a_test_and_its_severity_decides(project: Path) -> None:
    ref = policy(
        project,
        rule("MET", 0.1),
        rule("NOT-MET", 1.0, fix="Train again."),
        rule("NOT-KNOWN", 0.1, **NOT_MEASURED),
        rule("WARNS", 1.0, severity="warn"),
        rule("TELLS", 1.0, severity="info"),
        rule("ELSEWHERE", 1.0, **ELSEWHERE),
    )
    done = run_pytest(project, "--assay", "latest", "--assay-policy", ref, "-v", "-rs")
    assert done.returncode == 1
    for name, outcome in {
        "MET": "PASSED",
        "NOT-MET": "FAILED",
        "NOT-KNOWN": "FAILED",
        "WARNS": "PASSED",
        "TELLS": "PASSED",
        "ELSEWHERE": "SKIPPED",
    }.items():
        assert f"assay::{name} {outcome}" in done.stdout, done.stdout
    assert "failed: accuracy.accuracy is" in done.stdout
    assert "What to do: Train again." in done.stdout
    assert "not-measured: " in done.stdout
    assert "warning  WARNS  failed: accuracy.accuracy is" in done.stdout
    assert "note  TELLS  failed: " in done.stdout
    assert "pytest_plugin.py" not in done.stdout.partition("FAILURES")[2].partition("assay")[0]
    assert "blocked (exit 1) under mine 1.0.0" in done.stdout


def test_a_pass_with_warnings_passes_even_where_warnings_are_errors(project: Path) -> None:
    ref = policy(project, rule("MET", 0.1), rule("WARNS", 1.0, severity="warn"))
    done = run_pytest(project, "--assay", "latest", "--assay-policy", ref, "-W", "error")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    assert "warning  WARNS" in done.stdout


def test_the_verdict_is_sealed_once_as_the_command_seals_it(project: Path) -> None:
    ref = policy(project, rule("MET", 0.1))
    before = set((project / "runs/bundle/gates").iterdir())
    done = run_pytest(project, "--assay", "latest", "--assay-policy", ref)
    (added,) = set((project / "runs/bundle/gates").iterdir()) - before
    assert str(added) in done.stdout.replace("\n", "")
    from harness.cli import invoke

    assert invoke(["verify", str(project / "runs/bundle"), "--recompute"]) == 0


def test_deselecting_a_rule_does_not_make_the_verdict_pass(project: Path) -> None:
    ref = policy(project, rule("MET", 0.1), rule("NOT-MET", 1.0))
    argv = ("--assay", "latest", "--assay-policy", ref)
    done = run_pytest(project, *argv, "-k", "MET and not NOT")
    assert "1 passed, 1 deselected" in done.stdout
    assert done.returncode == 1
    assert run_pytest(project, *argv, "-k", "nothing").returncode == 1


def test_a_policy_without_an_answer_fails_the_session(project: Path) -> None:
    ref = policy(project, rule("WARNS", 0.1, severity="warn", **ELSEWHERE))
    done = run_pytest(project, "--assay", "latest", "--assay-policy", ref)
    assert "1 skipped" in done.stdout
    assert "incomplete (exit 3)" in done.stdout
    assert done.returncode == 1


def test_a_run_that_does_not_verify_is_an_error_of_the_collection(project: Path) -> None:
    (project / "runs/bundle/run.json").write_text("{}")
    (project / "test_mine.py").write_text("def test_mine(): pass\n")
    done = run_pytest(project, "--assay", "latest", "--assay-policy", "builtin/standard")
    assert done.returncode == 2
    assert "1 error" in done.stdout
    assert "run.json must have the digest" in done.stdout
    assert "1 passed" not in done.stdout


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("--assay", "nope"), "RUN must be a path, an id"),
        (("--assay", "latest", "--assay-policy", "nope.yaml"), "policy must be a file"),
        (("--assay", "latest", "--assay-runs", "elsewhere"), "there are no runs yet"),
    ],
    ids=["run", "policy", "folder"],
)
def test_what_is_not_there_is_an_error_of_the_collection(
    project: Path, argv: tuple[str, ...], says: str
) -> None:
    done = run_pytest(project, *argv)
    assert done.returncode == 2
    assert says in done.stdout.replace("\n", " ")


def test_without_the_option_nothing_changes(project: Path) -> None:
    (project / "test_mine.py").write_text("def test_mine(): pass\n")
    done = run_pytest(project)
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    assert "assay" not in done.stdout


def test_own_tests_get_the_run(project: Path) -> None:
    (project / "test_mine.py").write_text(
        "def test_mine(assay_run):\n    assert assay_run.id\n    assert assay_run.exit_code == 0\n"
    )
    ref = policy(project, rule("MET", 0.1))
    done = run_pytest(project, "--assay", "runs/bundle", "--assay-policy", ref)
    assert "2 passed" in done.stdout
    done = run_pytest(project)
    assert done.returncode == 1
    assert "assay_run needs a run, got none. Give it with --assay RUN." in done.stdout


@pytest.mark.slow
def test_workers_judge_alike_and_their_warnings_reach_the_summary(project: Path) -> None:
    ref = policy(project, rule("MET", 0.1), rule("WARNS", 1.0, severity="warn"))
    before = len(list((project / "runs/bundle/gates").iterdir()))
    argv = ("--assay", "latest", "--assay-policy", ref, "-p", "xdist", "-n", "2")
    done = run_pytest(project, *argv)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "warning  WARNS" in done.stdout
    assert len(list((project / "runs/bundle/gates").iterdir())) == before + 1


def test_a_waived_rule_passes_and_is_named(project: Path) -> None:
    from dataclasses import replace

    import harness
    from harness.pytest_plugin import RuleItem

    verdict = harness.gate(project / "runs/bundle", {"rules": [rule("NOT-MET", 1.0)]})
    waived = replace(verdict.findings[0], outcome="waived", waived_outcome="failed", waiver="W-1")
    item = object.__new__(RuleItem)
    item.name, item.findings, item.user_properties = "NOT-MET", [waived], []
    item.runtest()
    ((_, line),) = item.user_properties
    assert line.startswith("waived  NOT-MET  waived: ")


def test_loading_the_plug_in_loads_nothing_heavy() -> None:
    probe = (
        "import sys, pytest; before = set(sys.modules); import harness.pytest_plugin; "
        "sys.exit(str(set(sys.modules) - before - {'harness', 'harness.pytest_plugin'}))"
    )
    command = [sys.executable, "-P", "-c", probe]
    assert subprocess.run(command, capture_output=True, check=False).stderr.strip() == b"set()"


def test_the_entry_point_names_the_plug_in() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"assay": "harness.pytest_plugin"}
