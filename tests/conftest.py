"""Fixtures that several folders of tests share."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"


def _helper(name: str) -> ModuleType:
    """Load a file of tests/helpers; tests are no package, so nothing there can be imported."""
    full = f"modelassay_tests_{name}"
    if full not in sys.modules:
        path = Path(__file__).parent / "helpers" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(full, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


@pytest.fixture(scope="session")
def tiny_models() -> ModuleType:
    """The module tests/helpers/tiny_models.py."""
    return _helper("tiny_models")


@pytest.fixture(scope="session")
def tiny_bert(tiny_models: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny BERT classifier with the classes benign and toxic; do not write to it."""
    folder: Path = tiny_models.tiny_classifier(tmp_path_factory.mktemp("models") / "tiny-bert")
    return folder
