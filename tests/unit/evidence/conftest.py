"""A tiny sealed run, made by the script of the golden bundle."""

import runpy
import shutil
from copy import copy as copy_of
from pathlib import Path
from types import SimpleNamespace

import pytest

MAKE = Path(__file__).parents[2] / "golden" / "make.py"


@pytest.fixture(scope="session")
def golden() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(MAKE)))


@pytest.fixture(scope="session")
def _made(golden, tmp_path_factory) -> Path:
    return golden.build(tmp_path_factory.mktemp("made") / "runs")


@pytest.fixture
def runs(tmp_path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def run(_made, runs, golden) -> Path:
    """A sealed run with one gate, free to be damaged."""
    return Path(shutil.copytree(_made, runs / golden.RUN_ID))


@pytest.fixture(scope="session")
def _full(_made, full_bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("full")
    return full_bundle.Full(Path(shutil.copytree(_made, folder / "runs" / "full")), folder)


@pytest.fixture
def full(_full, tmp_path):
    """A run with one of everything, free to be damaged."""
    copy = copy_of(_full)
    copy.path = Path(shutil.copytree(_full.path, tmp_path / "full"))
    return copy


@pytest.fixture
def ungated(run) -> Path:
    """The same without its gate."""
    shutil.rmtree(run / "gates")
    return run


@pytest.fixture
def work(run, runs, golden) -> Path:
    """A workspace that is ready to be sealed."""
    folder = runs / ".partial" / golden.PLAN
    shutil.copytree(run, folder)
    shutil.rmtree(run)
    shutil.rmtree(folder / "gates")
    for name in ("MANIFEST.json", "personal/MANIFEST.json", "run.json"):
        (folder / name).unlink()
    return folder
