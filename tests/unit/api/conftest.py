"""Rows, their files, and the working folder of a person at a Python prompt."""

import random
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

TASK = ["benign", "toxic"]


def _word(i: int) -> str:
    return "".join("abcdefgh"[int(digit)] for digit in f"{i:o}")


def make_rows(texts: tuple[str, ...], n: int = 120, seed: int = 0) -> list[dict[str, Any]]:
    """Rows with an id, a text, a label and a group; every text stands once."""
    rng = random.Random(seed)
    return [
        {
            "key": f"k{i}",
            # its own word first: tiny tokenizers know few letters, and cut what is long
            "text": f"{_word(i)} {rng.choice(texts)}",
            "label": rng.choice(TASK),
            "region": rng.choice(["north", "south"]),
        }
        for i in range(n)
    ]


@pytest.fixture(scope="session")
def rows(tiny_models: ModuleType) -> list[dict[str, Any]]:
    return make_rows(tiny_models.TEXTS)


@pytest.fixture(scope="session")
def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)
