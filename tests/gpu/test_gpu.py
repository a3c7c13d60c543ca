"""What only a GPU can show; ``pytest -m gpu`` runs these, and without one they say why not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from harness.data import Dataset
from harness.engines.prediction import predict
from harness.modelling import TrainRequest
from harness.records import DatasetRef, Task
from models.text import MODALITY, TextClassifier

pytestmark = pytest.mark.gpu
TASK = Task("text-classification", "text", ("benign", "toxic"))


@pytest.fixture
def gpu() -> str:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("torch sees no CUDA device")
    return "cuda"


def load(folder: Path, device: str) -> TextClassifier:
    return MODALITY.load(str(folder), task=TASK, device=device)


def inputs(tiny_models: ModuleType) -> list[str]:
    return [f"{text} {number}" for number in range(9) for text in tiny_models.TEXTS]


def test_logits_on_cuda_are_those_of_the_cpu(
    gpu: str, tiny_bert: Path, tiny_models: ModuleType
) -> None:
    here, there = load(tiny_bert, "cpu"), load(tiny_bert, gpu)
    texts = inputs(tiny_models)
    expected = predict(here, here.prepare(texts), token_budget=256)
    assert np.ptp(expected) > 0.5
    for budget in (64, 256, 8192):
        got = predict(there, there.prepare(texts), token_budget=budget)
        # float32 without TF32: sums of up to 48 products in another order
        np.testing.assert_allclose(got, expected, atol=1e-4)


def test_the_same_budget_gives_the_same_bytes_on_cuda(
    gpu: str, tiny_bert: Path, tiny_models: ModuleType
) -> None:
    model = load(tiny_bert, gpu)
    items = model.prepare(inputs(tiny_models))
    first, second = (predict(model, items, token_budget=256) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_attributions_on_cuda_are_those_of_the_cpu_and_bfloat16_ranks_alike(
    gpu: str, tiny_bert: Path, tiny_models: ModuleType
) -> None:
    from scipy.stats import spearmanr

    from harness.attributions import Method
    from harness.engines.attribution import attribute

    here, there = load(tiny_bert, "cpu"), load(tiny_bert, gpu)
    items = here.prepare(inputs(tiny_models))
    logits = predict(here, items, token_budget=256)
    whole = Method(steps=16)
    expected = attribute(here, items, method=whole, logits=logits, token_budget=256)
    got = attribute(there, items, method=whole, logits=logits, token_budget=8192)
    # float32 without TF32, sums in another order, over 16 nodes
    np.testing.assert_allclose(got.values, expected.values, atol=1e-3)
    half = Method(steps=16, precision="auto")
    rough = attribute(there, items, method=half, logits=logits, token_budget=8192)
    assert rough.method.precision in {"bfloat16", "float32"}
    assert spearmanr(rough.values, expected.values).statistic >= 0.98


def test_a_real_out_of_memory_of_the_device_halves_the_budget(
    gpu: str, tiny_bert: Path, tiny_models: ModuleType
) -> None:
    import torch

    model = load(tiny_bert, gpu)
    items = model.prepare(inputs(tiny_models))
    longest = max(item.length for item in items)
    expected = predict(model, items, token_budget=longest)
    refused: list[int] = []

    class Crowded:
        """Asks the device for a pebibyte where a batch holds more than the longest item."""

        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

        def logits(self, batch: list[Any]) -> Any:
            n_tokens = max(one.length for one in batch) * len(batch)
            if n_tokens > longest:
                refused.append(n_tokens)
                torch.empty(2**50, dtype=torch.uint8, device=gpu)
            return model.logits(batch)

    got = predict(Crowded(), items, token_budget=4096)
    assert refused
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_training_in_bfloat16_ends_with_finite_losses_and_a_model_that_loads(
    gpu: str, tiny_bert: Path, tiny_models: ModuleType, tmp_path: Path
) -> None:
    texts = inputs(tiny_models)
    label = np.arange(len(texts), dtype=np.int64) % 2
    rows = Dataset(
        ref=DatasetRef("rows", "rows.csv", None, "0" * 64, len(texts), len(texts), {}),
        example_id=np.array([f"row-{i}" for i in range(len(texts))], dtype=object),
        inputs=texts,
        label=label,
    )
    folder = MODALITY.train(
        TrainRequest(
            task=TASK,
            train=rows,
            validation=rows,
            options={"epochs": 1, "max_tokens": 32, "precision": "bfloat16"},
            output=tmp_path / "model",
            workspace=tmp_path / "work",
            seed=0,
            device=gpu,
            base=str(tiny_bert),
        )
    )
    lineage = json.loads((folder / "lineage.json").read_text(encoding="utf-8"))
    assert lineage["precision"] == "bfloat16"
    assert all(math.isfinite(one["validation_loss"]) for one in lineage["curve"])
    model = load(folder, gpu)
    assert np.isfinite(predict(model, model.prepare(texts), token_budget=256)).all()


def written(texts: list[str]) -> Dataset:
    return Dataset(
        ref=DatasetRef("rows", "rows.csv", None, "0" * 64, len(texts), len(texts), {}),
        example_id=np.array([f"row-{i}" for i in range(len(texts))], dtype=object),
        inputs=list(texts),
    )


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "bfloat16", "packing": True, "gradient_checkpointing": True},
        {"method": "lora", "private": {"epsilon": 8.0}, "dropout": 0.1},
        {"method": "full", "private": {"noise_multiplier": 1.0, "accountant": "rdp"}},
    ],
    ids=["packed", "private-adapter", "private"],
)
def test_a_language_model_is_trained_on_cuda_and_loads(
    gpu: str, tiny_models: ModuleType, tmp_path: Path, options: dict[str, Any]
) -> None:
    if "private" in options:
        pytest.importorskip("opacus")
    base = tiny_models.tiny_writer(tmp_path / "base", family="gpt2")
    rows = written(inputs(tiny_models))
    folder = write_text(rows, base, tmp_path, gpu, options)
    lineage = json.loads((folder / "lineage.json").read_text(encoding="utf-8"))
    assert all(math.isfinite(one["validation_loss"]) for one in lineage["curve"])
    if "private" in options:
        # that every trained weight moved in the first step is checked by the training itself
        assert lineage["private"]["self_check"] <= 1e-5
        assert lineage["precision"] == "float32"


def write_text(
    rows: Dataset, base: Path, place: Path, device: str, options: dict[str, Any]
) -> Path:
    from harness.records import TARGET, TEXT_GENERATION
    from models.training import train

    return train(
        TrainRequest(
            task=Task(TEXT_GENERATION, "causal-lm", (TARGET,)),
            train=rows,
            validation=written([f"held out: {one}" for one in rows.inputs[:9]]),
            options={"epochs": 1, "max_tokens": 32} | options,
            output=place / "model",
            workspace=place / "work",
            seed=0,
            device=device,
            base=str(base),
        )
    )
