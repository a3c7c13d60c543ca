"""The sample nouns, for every test of the exports."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def samples():
    """The module of sample runs, measurements and verdicts."""
    spec = importlib.util.spec_from_file_location(
        "export_samples", Path(__file__).with_name("samples.py")
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
