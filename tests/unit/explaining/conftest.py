from pathlib import Path

import pytest

from harness.commands.explaining import Loading, Subject, open_subject
from harness.keywords import KeywordModel

WEIGHTS = {"idiot": (-1.5, 1.5), "thanks": (1.0, -1.0), "stupid": (-0.5, 0.5), "also": (0.1, -0.1)}


@pytest.fixture
def keywords() -> Subject:
    """A model whose words add what is written down: occlusion and gradients are known by hand."""
    model = KeywordModel(WEIGHTS, bias=(0.5, -0.5))
    return Subject(model, ("benign", "toxic"), lambda wanted: [])


@pytest.fixture(scope="module")
def tiny(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A tiny BERT classifier."""
    return open_subject(str(tiny_bert), tmp_path_factory.mktemp("runs"), Loading(device="cpu"))
