"""Membership of language models that were really trained, and how often an innocent one is blamed.

Texts are of different difficulty, as real ones are: some say nearly the same as all others, some hold
random letters. So a loss alone tells difficulty and not who was learnt.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits._membership_planted import planted_context
from audits.membership import membership
from harness.data import Dataset
from harness.modelling import TrainRequest
from harness.predictions import Predictions
from harness.records import TARGET, TEXT_GENERATION, DatasetRef, Measurement, Task
from harness.trials import run_audit, trial_context
from models.causal_lm import MODALITY
from models.training import train

pytestmark = pytest.mark.slow

TASK = Task(TEXT_GENERATION, "causal-lm", (TARGET,))
SHAPE = {"hidden_size": 48, "intermediate_size": 96, "vocabulary": 300, "max_positions": 64}
WHO = ("the parcel", "an order", "my letter", "this invoice", "the box")
WHAT = ("came late", "was lost", "arrived", "is here", "never came", "was sent back")
N = 120


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def texts(n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    return [
        f"{rng.choice(WHO)} {rng.choice(WHAT)}, code {''.join(rng.choice(letters, rng.integers(2, 14)))}"
        for _ in range(n)
    ]


def dataset(inputs: list[str], name: str) -> Dataset:
    n = len(inputs)
    ids = np.array([f"{name}-{i}" for i in range(n)], dtype=object)
    ref = DatasetRef(name, f"{name}.csv", None, f"digest of {name}", n, n, {})
    return Dataset(ref=ref, example_id=ids, inputs=list(inputs))


def fitted(folder: Path, rows: list[str], base: Path | None, **options: Any) -> Path:
    settings = {"learning_rate": 5e-3, "batch_size": 16, "max_tokens": 64} | options
    return train(
        TrainRequest(
            task=TASK,
            train=dataset(rows, "train"),
            validation=dataset(texts(16, 3), "validation"),
            output=folder / "model",
            workspace=folder / "work",
            seed=0,
            device="cpu",
            base=None if base is None else str(base),
            architecture=SHAPE if base is None else None,
            options=settings,
        )
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("base"), texts(400, 0), None, epochs=8)


@pytest.fixture
def audit(base: Path, tmp_path: Path) -> Callable[[Path], dict[str, Measurement]]:
    def run(folder: Path) -> dict[str, Measurement]:
        model = MODALITY.load(str(folder), task=TASK, device="cpu")
        test = dataset(texts(N, 2), "test")
        logits = model.logits(model.prepare(test.inputs))
        decision = np.zeros(N, dtype=np.int64)
        context = trial_context(
            membership,
            task=TASK,
            predictions=[Predictions("test", test.example_id, decision, 1, logits=logits)],
            rows={"test": test},
            train=dataset(texts(N, 1), "train"),
            model=model,
            reference=lambda: MODALITY.load(str(base), task=TASK, device="cpu"),
            folder=tmp_path,
            seed=0,
        )
        return {one.measure.split(".")[1]: one for one in run_audit(membership, context)}

    return run


def test_members_that_a_model_was_overfitted_to_are_told_and_the_reference_tells_more_than_the_loss(
    base: Path, audit: Any, tmp_path: Path
) -> None:
    found = audit(fitted(tmp_path / "tuned", texts(N, 1), base, epochs=12, learning_rate=2e-3))
    area = {name: one.estimate.value for name, one in found.items()}
    assert area["blind-auc"] <= 0.55
    assert area["auc-reference"] > 0.75
    assert area["auc-reference"] > area["auc-loss"]
    assert area["auc-calibrated"] > area["auc-loss"]
    assert area["auc-error-zone"] > area["auc-loss"]
    assert found["auc-minus-blind"].estimate.low > 0.1


def test_a_model_that_was_tuned_on_other_texts_is_let_go(
    base: Path, audit: Any, tmp_path: Path
) -> None:
    found = audit(fitted(tmp_path / "other", texts(N, 9), base, epochs=12, learning_rate=2e-3))
    for name in ("auc", "auc-reference", "auc-loss"):
        assert found[name].estimate.low < 0.5 < found[name].estimate.high, name


def test_the_area_covers_one_half_as_often_as_it_says_on_models_that_did_not_see_the_members() -> (
    None
):
    missed, n_measured = np.zeros(2), 0
    for seed in range(100, 180):
        context = planted_context(membership, seed, has_seen=False)
        found = {one.measure: one.estimate for one in run_audit(membership, context)}
        one = found["membership.auc"]
        if one.is_measured:  # the blind attack was not above 0.55 by chance
            n_measured += 1
            missed += np.array([one.low > 0.5, one.high < 0.5])
    assert n_measured >= 65
    # 5 % at each end, and 3 standard errors of the simulation
    assert (missed / n_measured).max() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n_measured)
