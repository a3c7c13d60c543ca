"""Wrong labels in training: a network that really learnt from them still gives them away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from audits.mislabelled import mislabelled
from harness.data import Dataset
from harness.engines.influence import SparseProjection, read_gradients
from harness.modelling import TrainRequest
from harness.predictions import Predictions
from harness.records import DatasetRef, Task
from harness.trials import run_audit, trial_context
from models.text import MODALITY

TASK = Task("text-classification", "text", ("no", "yes"))
SHAPE = {
    "type": "bert",
    "hidden_size": 32,
    "layers": 2,
    "heads": 2,
    "intermediate_size": 64,
    "vocabulary": 200,
}
N = 800
NOISE = 0.05
CLEAR = 0.75


def rows_of(name: str, n: int, rng: np.random.Generator) -> Dataset:
    """Draw texts of seven words of which three of four speak of the class, on average."""
    label = rng.integers(0, 2, size=n)
    speaks = np.where(rng.random((n, 7)) < CLEAR, label[:, None], 1 - label[:, None])
    number = rng.integers(0, 15, size=(n, 7))
    texts: list[str | tuple[str, str]] = [
        " ".join(f"{('poor', 'good')[word]}{k}" for word, k in zip(*each, strict=True))
        for each in zip(speaks.tolist(), number.tolist(), strict=True)
    ]
    ids = np.array([f"{name}{index}" for index in range(n)], dtype=object)
    ref = DatasetRef(name, "planted", None, "", n, n, {"text": "text"})
    return Dataset(ref, ids, texts, label=label)


def noisy(seed: int) -> tuple[Dataset, Any]:
    """Return training rows of which 5 % carry a wrong label, and which."""
    rng = np.random.default_rng(seed)
    rows = rows_of("train", N, rng)
    assert rows.label is not None
    is_wrong = np.zeros(N, dtype=bool)
    is_wrong[rng.permutation(N)[: round(NOISE * N)]] = True
    return replace(rows, label=np.where(is_wrong, 1 - rows.label, rows.label)), is_wrong


def trained(train: Dataset, seed: int, folder: Path) -> Any:
    request = TrainRequest(
        task=TASK,
        train=train,
        validation=rows_of("validation", 60, np.random.default_rng([seed, 1])),
        options={"epochs": 6.0, "batch_size": 16, "max_tokens": 16, "learning_rate": 2e-3},
        output=folder / "model",
        workspace=folder / "work",
        seed=seed,
        device="cpu",
        architecture=SHAPE,
    )
    return MODALITY.load(str(MODALITY.train(request)), task=TASK, device="cpu")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_wrong_labels_are_found_in_a_network_that_learnt_from_them(
    seed: int, tmp_path: Path
) -> None:
    """0.8 is what such a ranking must reach to be worth a look; here it is 0.92 and more.

    Words contradict each other: no ranking can tell every wrong label from a hard row.
    """
    import pyarrow.parquet as pq

    train, is_wrong = noisy(seed)
    model = trained(train, seed, tmp_path)
    test = replace(train, ref=replace(train.ref, name="test"))
    context = trial_context(
        mislabelled,
        task=TASK,
        predictions=[Predictions("test", test.example_id, test.label, 2, label=test.label)],  # type: ignore[arg-type]
        rows={"test": test},
        train=train,
        model=model,
        seed=seed,
        folder=tmp_path / "bundle",
    )
    run_audit(mislabelled, context)
    table = pq.read_table(context.folder / "suspects.parquet").to_pydict()
    wrong = dict(zip(train.example_id.tolist(), is_wrong.tolist(), strict=True))
    truth = [wrong[one] for one in table["example_id"]]
    for name in ("self_influence", "loss", "near_disagreement"):
        assert roc_auc_score(truth, table[name]) >= 0.8, name
    suspects = np.array(table["is_suspect"])
    assert suspects[np.array(truth)].mean() > 5 * suspects[~np.array(truth)].mean()
    # gradients of the last block, projected, say the same
    assert train.label is not None
    traces = read_gradients(
        model,
        [model.prepare(train.inputs)],
        train.label,
        projection=SparseProjection(1024, seed=seed),
        token_budget=2048,
        parameters=["classifier.*", "*.layer.1.*"],
    )
    assert roc_auc_score(is_wrong, traces.self_influence()) >= 0.8
