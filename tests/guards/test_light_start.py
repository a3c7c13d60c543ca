"""Heavy packages wait until they are needed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "transformers", "captum", "streamlit", "pandas", "evaluate", "sklearn")
PROBE = """
import json, sys
from harness.cli import invoke
code = invoke({argv!r})
sys.stdout.flush()
print()
print(json.dumps({{"code": code, "heavy": [name for name in {heavy!r} if name in sys.modules]}}))
"""


def probe(*argv: str, heavy: tuple[str, ...] = HEAVY) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROBE.format(argv=list(argv), heavy=heavy)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize(
    "argv",
    [
        ("--help",),
        ("--version",),
        ("list", "audits"),
        ("list", "measures"),
        ("policy", "lint", "builtin/standard"),
    ],
    ids=" ".join,
)
def test_a_light_command_loads_nothing_heavy(argv: tuple[str, ...]) -> None:
    assert probe(*argv) == {"code": 0, "heavy": []}


def test_help_loads_not_even_numpy_and_pydantic() -> None:
    assert probe("--help", heavy=("numpy", "pydantic", "yaml", "pyarrow")) == {
        "code": 0,
        "heavy": [],
    }


def test_the_gate_loads_neither_numpy_nor_scipy_when_nothing_is_near_failing(
    golden_run: Path,
) -> None:
    found = probe(
        "gate",
        str(golden_run),
        "--policy",
        "builtin/standard",
        heavy=(*HEAVY, "numpy", "scipy", "pyarrow", "sqlalchemy", "fsspec", "cryptography"),
    )
    assert found["heavy"] == []
    assert found["code"] in (0, 1, 3)


@pytest.mark.parametrize("command", ["verify", "report"])
def test_proving_and_reporting_load_nothing_heavy(command: str, golden_run: Path) -> None:
    assert probe(command, str(golden_run))["heavy"] == []
