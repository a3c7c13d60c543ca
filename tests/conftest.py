"""Fixtures that several folders of tests share."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

# no property is about time, and a busy machine must not make one fail
settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# evaluate copies foreign metrics into a package that a process can import from one folder only
_MODULES = tempfile.mkdtemp(prefix="assay-tests-modules-")
os.environ["HF_MODULES_CACHE"] = _MODULES
atexit.register(shutil.rmtree, _MODULES, ignore_errors=True)
# keys of runs belong to whoever runs the tests no more than their models do
_KEYS = tempfile.mkdtemp(prefix="assay-tests-keys-")
os.environ["MODELASSAY_KEYS"] = _KEYS
atexit.register(shutil.rmtree, _KEYS, ignore_errors=True)


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
def tiny_languages() -> ModuleType:
    """The module tests/helpers/tiny_languages.py."""
    return _helper("tiny_languages")


@pytest.fixture(scope="session")
def tiny_llama(tiny_languages: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny language model without a padding token; do not write to it."""
    folder: Path = tiny_languages.tiny_language(tmp_path_factory.mktemp("languages") / "tiny-llama")
    return folder


@pytest.fixture(scope="session")
def letter_chains() -> ModuleType:
    """The module tests/helpers/letter_chains.py."""
    return _helper("letter_chains")


@pytest.fixture(scope="session")
def full_bundle() -> ModuleType:
    """The module tests/helpers/full_bundle.py."""
    return _helper("full_bundle")


@pytest.fixture(scope="session")
def explanations() -> ModuleType:
    """The module tests/helpers/explanations.py."""
    return _helper("explanations")


@pytest.fixture(scope="session")
def ring() -> Any:
    """Keys of users, and what they sign; see tests/helpers/signatures.py."""
    return _helper("signatures").Ring()


@pytest.fixture(scope="session")
def tiny_bert(tiny_models: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny BERT classifier with the classes benign and toxic; do not write to it."""
    folder: Path = tiny_models.tiny_classifier(tmp_path_factory.mktemp("models") / "tiny-bert")
    return folder


@pytest.fixture(scope="session")
def helper_s3() -> ModuleType:
    """The module tests/helpers/s3_server.py."""
    return _helper("s3_server")


@pytest.fixture(scope="session")
def shared_runs() -> ModuleType:
    """The module tests/helpers/shared_runs.py."""
    return _helper("shared_runs")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes an empty PostgreSQL database and returns its address; skipped where there is no server."""
    helper = _helper("postgres")
    reason = helper.why_not()
    if reason:
        pytest.skip(reason)
    with helper.running() as socket:
        yield lambda: helper.database(socket)
