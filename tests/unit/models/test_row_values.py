"""Values of training rows reach the objective, and nothing asks for them on validation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from harness.data import Dataset
from harness.modelling import TrainRequest
from harness.records import DatasetRef, Task
from models.text import MODALITY

TASK = Task("text-classification", "text", ("benign", "toxic"))


class Spy:
    """Remembers which values came with which rows."""

    name = "spy"
    digest = "0" * 64

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}

    def __call__(self, logits: Any, label: Any, rows: Any, values: Any) -> Any:
        import torch

        self.seen |= dict(zip(rows.tolist(), values["weight"].tolist(), strict=True))
        return torch.nn.functional.cross_entropy(logits, label)


def rows(name: str, n: int) -> Dataset:
    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, "0" * 64, n, n, {}),
        example_id=np.array([f"{name}{row}" for row in range(n)], dtype=object),
        inputs=[f"parcel {row}" for row in range(n)],
        label=np.arange(n, dtype=np.int64) % 2,
    )


def test_validation_may_have_more_rows_than_train(tiny_bert: Path, tmp_path: Path) -> None:
    spy = Spy()
    request = TrainRequest(
        task=TASK,
        train=rows("train", 6),
        validation=rows("validation", 40),
        options={"epochs": 1, "batch_size": 2, "max_tokens": 8},
        output=tmp_path / "model",
        workspace=tmp_path / "work",
        seed=0,
        device="cpu",
        base=str(tiny_bert),
        objective=spy,
        row_values={"weight": np.arange(6, dtype=np.float32) / 2},
    )
    MODALITY.train(request)
    assert spy.seen == {row: row / 2 for row in range(6)}
