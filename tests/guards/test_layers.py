"""The one rule: everyone may import harness, harness imports none of the others."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_of_harness_stands_in_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    listed = {
        name.strip()
        for layer in layers
        for name in layer.replace("(", "").replace(")", "").split("|")
    }
    here = {
        path.stem if path.suffix == ".py" else path.name
        for path in (ROOT / "harness").iterdir()
        if (path.suffix == ".py" and not path.name.startswith("__"))
        or (path / "__init__.py").is_file()
    }
    assert here <= listed


def test_no_generic_name_shadows_a_package_that_we_use() -> None:
    taken = {"evaluate", "datasets", "captum", "types"}
    for folder in ("harness", "audits", "models", "policies", "dashboards"):
        for path in (ROOT / folder).rglob("*.py"):
            assert path.stem not in taken, path


def test_tests_have_no_init_files() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_streamlit_pages_never_live_in_a_folder_called_pages() -> None:
    assert not (ROOT / "dashboards" / "pages").exists()
