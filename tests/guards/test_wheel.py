"""The wheel holds our packages, under exactly the top-level names that we accept to own."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {"harness", "audits", "models", "policies", "dashboards"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    source = out / "source"
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(lambda name: (ROOT / name).is_file(), files):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-q",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(out),
            str(source),
        ],
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_owns_only_the_listed_top_level_names(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == TOP_LEVEL


def test_every_package_of_the_repository_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    listed = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    )
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in TOP_LEVEL
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert listed == found
    inside = set(wheel.namelist())
    for top in TOP_LEVEL:
        for path in (ROOT / top).rglob("*.py"):
            assert path.relative_to(ROOT).as_posix() in inside


def test_the_policies_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert "policies/standard.policy.yaml" in wheel.namelist()


def test_the_word_lists_are_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    names = {f"harness/swaps/identity_{name}.yaml" for name in ("en", "zh")}
    assert names <= set(wheel.namelist())


def test_the_wheel_brings_its_types_and_names_the_pytest_plug_in(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {"harness/py.typed", "harness/__init__.pyi"} <= set(names)
    (points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert "[pytest11]\nassay = harness.pytest_plugin" in wheel.read(points).decode()


def test_no_test_and_no_data_set_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert not [
        name for name in wheel.namelist() if name.endswith((".csv", ".parquet", ".safetensors"))
    ]
