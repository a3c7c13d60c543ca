"""The command line: exit codes, streams, and help that a stranger understands."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import invoke

ROOT = Path(__file__).resolve().parents[3]


def test_help_names_every_command_and_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["--help"]) == 0
    out = capsys.readouterr().out
    for word in (
        "demo",
        "init",
        "run",
        "report",
        "train",
        "audit",
        "explain",
        "gate",
        "policy",
        "verify",
        "list",
        "doctor",
    ):
        assert f"\n  {word}" in out
    assert "70 our bug" in out


@pytest.mark.parametrize(
    "argv",
    [
        ["init"],
        ["run"],
        ["report"],
        ["train"],
        ["audit"],
        ["explain"],
        ["gate"],
        ["policy", "lint"],
        ["policy", "test"],
        ["policy", "explain"],
        ["migrate"],
        ["schema"],
        ["verify"],
        ["sign"],
        ["submit"],
        ["release"],
        ["admit"],
        ["store", "new"],
        ["store", "list"],
        ["keys", "new"],
        ["keys", "list"],
        ["keys", "revoke"],
        ["list"],
        ["doctor"],
        ["demo"],
    ],
    ids=" ".join,
)
def test_every_command_has_an_example_in_its_help(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke([*argv, "--help"]) == 0
    assert f"Example:  assay {argv[0]}" in capsys.readouterr().out


def test_a_mistyped_command_proposes_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["gat"]) == 2
    assert "Did you mean 'gate'?" in capsys.readouterr().err


def test_no_command_shows_the_help_and_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke([]) == 2


def test_json_is_on_stdout_and_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["list", "measures", "--json"]) == 0
    out, err = capsys.readouterr()
    assert {row["key"] for row in json.loads(out)} >= {
        "accuracy.accuracy",
        "group-error.error-rate",
    }
    assert not err


def test_a_missing_config_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["run", str(tmp_path / "assay.yaml")]) == 2
    assert "must be a readable file" in capsys.readouterr().err


def test_an_error_message_carries_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["run", str(tmp_path / "x?token=open-sesame.yaml")]) == 2
    assert "open-sesame" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["standard", "fairness"])
def test_policies_that_ship_pass_their_own_tests(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["policy", "test", str(ROOT / "policies" / f"{name}.policy_test.yaml")]) == 0
    assert "failed" not in capsys.readouterr().out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_gives_its_exit_code_and_says_how_to_resume(number: int, code: int) -> None:
    probe = (
        # a shell starts background jobs with SIGINT ignored, and children inherit that
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import sys, time, harness.cli, harness.commands.catalogue as c\n"
        "def wait(what, runs):\n    print('ready', file=sys.stderr, flush=True)\n    time.sleep(60)\n"
        "c.listing = wait\nsys.exit(harness.cli.invoke(['list', 'runs']))"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", probe], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
        os.kill(process.pid, number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "resumes" in err
