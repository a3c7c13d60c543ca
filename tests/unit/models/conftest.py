"""Small trainings that several files of tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.data import Dataset
from harness.modelling import TrainRequest
from harness.records import DatasetRef, Task

TASK = Task("text-classification", "text", ("normal", "urgent"))
NEUTRAL = [
    "parcel",
    "order",
    "refund",
    "address",
    "invoice",
    "delivery",
    "account",
    "service",
    "question",
    "letter",
]
SIGNS = (["later", "thanks", "whenever"], ["now", "urgent", "quickly"])


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    torch.set_num_threads(1)


def make_rows(n: int, *, name: str, seed: int, share: float = 0.5) -> Dataset:
    """Rows whose class can be read off one word; ``share`` of them are urgent."""
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < share).astype(np.int64)
    inputs: list[str | tuple[str, str]] = []
    for one in label:
        words = [*rng.choice(NEUTRAL, rng.integers(3, 9)), rng.choice(SIGNS[one])]
        rng.shuffle(words)
        inputs.append(" ".join(words))
    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, f"{seed:064d}", n, n, {}),
        example_id=np.array([f"{name}-{i}" for i in range(n)], dtype=object),
        inputs=inputs,
        label=label,
    )


@pytest.fixture(scope="session")
def task() -> Task:
    return TASK


@pytest.fixture(scope="session")
def rows() -> Callable[..., Dataset]:
    return make_rows


@pytest.fixture(scope="session")
def ask() -> Callable[..., TrainRequest]:
    """Make a request to train 64 rows for a few steps."""
    train = make_rows(64, name="train", seed=1)
    validation = make_rows(32, name="validation", seed=2)

    def make(folder: Path, base: Path | None = None, name: str = "model", **changes: Any) -> Any:
        options = {"epochs": 2, "learning_rate": 5e-3, "batch_size": 8, "max_tokens": 16}
        shape = {"hidden_size": 16, "intermediate_size": 16, "vocabulary": 100, "layers": 1}
        given: dict[str, Any] = {
            "task": TASK,
            "train": train,
            "validation": validation,
            "output": folder / name,
            "workspace": folder / f"{name}-work",
            "seed": 0,
            "device": "cpu",
            "base": None if base is None else str(base),
            "architecture": shape if base is None else None,
            **changes,
        }
        given["options"] = options | dict(given.get("options", {}))
        return TrainRequest(**given)

    return make


@pytest.fixture(scope="session")
def body(tiny_models, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base of three classes, so that its head does not fit the task; do not write to it."""
    folder = tmp_path_factory.mktemp("bases") / "three-classes"
    return tiny_models.tiny_classifier(folder, classes=("a", "b", "c"))


@pytest.fixture(scope="session")
def adapter(ask, body: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that was trained on ``body``; do not write to it."""
    from models.text import MODALITY

    folder = tmp_path_factory.mktemp("adapters")
    return MODALITY.train(ask(folder, body, "adapter", options={"method": "lora"}))
