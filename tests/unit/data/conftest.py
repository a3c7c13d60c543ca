from pathlib import Path

import pytest

from harness.data import TableSpec, load_dataset
from harness.records import Task

TASK = Task(kind="text-classification", modality="text", classes=("benign", "toxic"))
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture
def task():
    return TASK


@pytest.fixture
def write(tmp_path):
    """Write a file below the test's folder and return its path."""

    def _write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return _write


@pytest.fixture
def load():
    """Load a table with short defaults: columns text and label, the task benign/toxic."""

    def _load(path, *, task=TASK, name="test", seed=0, **columns):
        roles = {"text": "text", "label": "label", "where": "data.test", "place": "assay.yaml:12"}
        return load_dataset(TableSpec(path, **(roles | columns)), task, name=name, seed=seed)

    return _load


@pytest.fixture
def real():
    """Return a path of the shared real data, or skip."""

    def _real(name):
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"the shared data set {name} is not beside the repository")
        return path

    return _real
