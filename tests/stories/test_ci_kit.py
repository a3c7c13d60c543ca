"""The CI kit around the real command: a table is gated by the script as a CI server would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
POLICY = """apiVersion: modelassay/v1
kind: PolicyPack
metadata: {id: acme.desk, version: 1.0.0, title: Service desk}
rules:
  - id: ACC
    title: At least 8 of 10 are decided as labelled
    severity: block
    measure: accuracy.balanced-accuracy
    require: {at_least: 0.80}
    basis: policy_choice
    why: Fewer would not be of use.
    fix: Train again.
"""
TESTS = """apiVersion: modelassay/v1
kind: PolicyTests
pack: desk.policy.yaml
now: 2026-11-27
cases:
  - name: a good model passes
    given: {measures: {accuracy.balanced-accuracy: {value: 0.9, low: 0.88, high: 0.92, n: 900}}}
    expect: {verdict: pass}
"""


@pytest.fixture
def desk(tmp_path: Path, story_rows: Any) -> Any:
    """Write a project, and run the script in it with ``assay`` of this checkout on the path."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "assay"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from harness.cli import main\nmain()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    (tmp_path / "desk.policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "desk.policy_test.yaml").write_text(TESTS, encoding="utf-8")

    def run(errors: float, n: int = 400, **settings: str) -> tuple[int, Path, str]:
        story_rows(tmp_path, errors, n)
        env = {
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            **settings,
        }
        env.pop("ASSAY_STORE", None)
        env |= {"ASSAY_POLICIES": "desk.policy.yaml", **settings}
        done = subprocess.run(
            ["bash", str(ROOT / "ci" / "gate.sh")],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, tmp_path / "out", done.stdout + done.stderr

    return run


@pytest.fixture
def story_rows() -> Any:
    import runpy

    conftest = runpy.run_path(str(Path(__file__).with_name("conftest.py")))

    def write(folder: Path, errors: float, n: int) -> None:
        import csv

        found = conftest["rows"](n, errors={"north": errors, "south": errors})
        with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as stream:
            table = csv.DictWriter(stream, list(found[0]))
            table.writeheader()
            table.writerows(found)
        config = conftest["CONFIG"].replace("{pack: builtin/standard}", "{file: desk.policy.yaml}")
        (folder / "assay.yaml").write_text(config, encoding="utf-8")

    return write


@pytest.mark.slow
def test_a_good_model_passes_and_everything_that_a_server_shows_is_there(desk: Any) -> None:
    code, out, said = desk(0.03)
    assert code == 0, said
    assert json.loads((out / "verdict.json").read_text(encoding="utf-8"))["verdict"] == "pass"
    assert (out / "summary.md").read_text(encoding="utf-8").startswith("## ")
    assert "<testsuites" in (out / "junit.xml").read_text(encoding="utf-8")
    assert json.loads((out / "results.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert (out / "metrics.txt").read_text(encoding="utf-8").endswith("# EOF\n")
    assert (out / "policy.lock.json").is_file()


def test_a_bad_model_stops_the_job_and_its_verdict_is_signed_like_a_pass(desk: Any) -> None:
    from harness.signing import new_key

    pem = new_key().pem().decode()
    code, out, said = desk(0.4, ASSAY_SIGNING_KEY=pem)
    assert code == 1, said
    assert "BEGIN PRIVATE KEY" not in said
    signed = list((out.parent / "runs").glob("*/gates/*/statements/gate-*.dsse.json"))
    assert len(signed) == 1


@pytest.mark.slow
def test_a_data_set_that_is_not_the_locked_one_stops_the_job(desk: Any, tmp_path: Path) -> None:
    code, out, said = desk(0.03)
    assert code == 0, said
    (out / "policy.lock.json").rename(tmp_path / "published.json")
    code, out, said = desk(0.03, 401, ASSAY_LOCK="published.json")
    assert code == 5, said
    assert not (out / "verdict.json").exists()
