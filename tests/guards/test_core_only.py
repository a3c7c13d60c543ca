"""A core-only install, without any extra, gates, verifies and reports the golden bundle."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"[A-Za-z0-9._-]+")


def closure(name: str, found: dict[str, metadata.Distribution]) -> None:
    """Collect a distribution and what it needs without any extra."""
    if name.lower() in found:
        return
    try:
        found[name.lower()] = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return  # for another platform
    for needed in found[name.lower()].requires or []:
        if "extra ==" not in needed:
            match = NAME.match(needed)
            assert match is not None
            closure(match.group(), found)


@pytest.fixture(scope="module")
def core_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds our packages and what the core needs, as a core-only install would."""
    folder = tmp_path_factory.mktemp("core-site")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, metadata.Distribution] = {}
    for needed in project["dependencies"]:
        match = NAME.match(needed)
        assert match is not None
        closure(match.group(), found)
    for one in found.values():
        for top in {file.parts[0] for file in one.files or [] if file.parts[0] != ".."}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(one.locate_file(top))))
    for name in ("harness", "audits", "models", "policies", "dashboards"):
        (folder / name).symlink_to(ROOT / name)
    assert not (folder / "torch").exists()
    assert not (folder / "evaluate").exists()
    return folder


@pytest.fixture
def core(core_site: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command where only the core is installed."""

    def call(*argv: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        # -S: without the site-packages of this environment
        return subprocess.run(
            [sys.executable, "-S", "-P", "-c", "from harness.cli import main; main()", *argv],
            capture_output=True,
            text=True,
            cwd=cwd,
            check=False,
            env={**os.environ, "PYTHONPATH": str(core_site)},
        )

    return call


@pytest.mark.parametrize(
    "argv",
    [
        ("verify", "RUN", "--recompute"),
        ("report", "RUN", "--format", "html"),
        ("report", "RUN", "--format", "junit"),
        ("policy", "lint", "builtin/standard"),
        ("policy", "test", "policies/standard.policy_test.yaml"),
        ("list", "audits"),
        ("list", "models"),
    ],
    ids=lambda argv: " ".join(argv[:2]),
)
def test_the_core_proves_and_reports_without_any_extra(
    argv: tuple[str, ...], golden_run: Path, core: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = core(*(str(golden_run) if word == "RUN" else word for word in argv))
    assert done.returncode == 0, done.stderr


def test_the_core_gates_without_any_extra(
    golden_run: Path, core: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = core("gate", str(golden_run), "--policy", "builtin/standard")
    assert done.returncode in (0, 1, 3), done.stderr
    assert "verdict" in done.stdout


def test_a_command_that_needs_an_extra_says_which(
    tmp_path: Path, core: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "rows.csv").write_text(
        "text,label\n" + "".join(f"hello {i},{i % 2}\n" for i in range(40))
    )
    assert core("init", "rows.csv", cwd=tmp_path).returncode == 0
    for command in ("train", "run", "audit"):
        done = core(command, cwd=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "pip install 'modelassay[audit]'" in done.stderr


def test_stored_predictions_are_audited_without_any_extra(
    tmp_path: Path, core: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    (tmp_path / "rows.csv").write_text(
        "text,label,score\n"
        + "".join(f"hello {i},{i % 2},{0.9 if i % 2 else 0.1}\n" for i in range(80))
    )
    assert core("init", "rows.csv", cwd=tmp_path).returncode == 0
    done = core("audit", "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_deployment_machine_admits_a_model_with_the_core_alone(
    core: Callable[..., subprocess.CompletedProcess[str]], shared_runs: ModuleType, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    from harness.depot import release_statement, signed_of
    from harness.modelling.weights import weights_digest
    from harness.signing import PAYLOAD_TYPE, envelope_of, new_key, statement_bytes

    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").write_bytes(b"weights of no model")
    key = new_key()
    trust = tmp_path / "trust.yaml"
    trust.write_text(shared_runs.trust_text({"anna": (key, ["release"])}, release={"release": 1}))
    run = shared_runs.seal(tmp_path / "runs", name="screen", weights=weights_digest(model))
    gate = shared_runs.gate(run)
    moment = datetime(2026, 11, 27, tzinfo=UTC)
    statement = release_statement(run, gate, now=moment, has_accepted_warnings=False)
    envelope = envelope_of(PAYLOAD_TYPE, statement_bytes(statement), [key])
    signed = signed_of(envelope, where="the release")
    (gate.path / "statements").mkdir()
    (gate.path / "statements" / signed.file_name).write_bytes(envelope.to_bytes())

    asked = ("admit", str(model), "--trust", str(trust), "--now", "2026-11-28")
    done = core(*asked, "--evidence", str(run.path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("admitted")
    # a store has a database beside it, and the answer without one is no
    done = core("store", "new", str(tmp_path / "store"))
    assert done.returncode == 2
    assert "modelassay[store]" in done.stderr
