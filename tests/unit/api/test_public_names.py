"""What ``harness`` exports exists, says what it is, and shows an example."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", harness.__all__)
def test_every_exported_member_exists_and_has_an_example(name: str) -> None:
    member = getattr(harness, name)
    doc = inspect.getdoc(member) or ""
    assert len(doc.splitlines()[0]) > 20
    assert "Example:" in doc
    assert ">>> " in doc


def test_the_types_name_what_is_exported() -> None:
    stub = ast.parse((ROOT / "harness" / "__init__.pyi").read_text(encoding="utf-8"))
    imported = {
        alias.asname
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    listed = next(
        ast.literal_eval(node.value)
        for node in stub.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__"
    )
    assert imported == set(listed) == set(harness.__all__)
    assert (ROOT / "harness" / "py.typed").is_file()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'audti'"):
        harness.audti  # noqa: B018


def test_dir_lists_the_exported_names() -> None:
    assert set(harness.__all__) <= set(dir(harness))


def test_importing_harness_loads_nothing_heavy() -> None:
    probe = (
        "import sys, harness; "
        "print([m for m in ('torch','transformers','numpy','pandas','pydantic','yaml','pytest') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_judging_from_python_loads_neither_torch_nor_pandas() -> None:
    probe = (
        "import sys, harness; harness.load_policy('builtin/standard'); "
        "print([m for m in ('torch','transformers','pandas','datasets') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow  # mypy reads the package from nothing
def test_a_type_checker_knows_both_names_of_the_gate(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import harness\nfrom harness.gate import judge\n"
        "run = harness.audit('m', 'd.csv', task=['a', 'b'])\n"
        "verdict = harness.gate(run, 'builtin/standard')\n"
        "reveal_type(verdict.exit_code)\nreveal_type(judge)\nharness.gate(run, now=3)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports=silent", str(program)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert 'Revealed type is "int"' in done.stdout
    assert 'Argument "now" to "gate" has incompatible type' in done.stdout
    assert "not callable" not in done.stdout
    assert done.stdout.count("error:") == 1, done.stdout
