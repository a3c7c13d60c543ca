"""The golden run, copied where a test may gate it."""

import shutil
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "bundle"


@pytest.fixture
def golden_run(tmp_path: Path) -> Path:
    """A copy of the golden run."""
    return Path(shutil.copytree(GOLDEN, tmp_path / GOLDEN.name))
