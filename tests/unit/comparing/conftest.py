"""Two runs of stored predictions on the same rows, with groups that overlap and groups that do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import harness
from harness.evidence import Bundle, open_run

N = 420
SKIP = ["instrument-check", "data-quality", "representation", "group-calibration"]


def make_table(*, seed: int = 0, clusters: bool = False) -> list[dict[str, Any]]:
    """Return rows with a label, two group columns (one of them overlapping) and perhaps clusters."""
    rng = np.random.default_rng(seed)
    faith = [
        sorted(rng.choice(["a", "b", "c"], rng.integers(0, 3), replace=False)) for _ in range(N)
    ]
    rows = [
        {
            "id": f"r{row}",
            "text": f"text number {row} of {seed}",
            "label": ["no", "yes"][int(rng.random() < 0.4)],
            "region": ["north", "south", "west"][row % 3] if row % 20 else "",
            "faith": faith[row],
        }
        for row in range(N)
    ]
    if clusters:
        for row, one in enumerate(rows):
            one["template"] = f"t{row % 60}"
    return rows


def make_scores(rows: list[dict[str, Any]], *, seed: int, wrong: float) -> Any:
    """Return scores [n, 2] of a model that is wrong on a share of the rows."""
    rng = np.random.default_rng(seed)
    label = np.array([one["label"] == "yes" for one in rows])
    flipped = np.random.default_rng(99).random(N) < 0.1  # both models are wrong there
    flipped = flipped ^ (rng.random(N) < wrong)
    sure = rng.uniform(0.55, 0.95, N)
    yes = np.where(label ^ flipped, sure, 1 - sure)
    return np.stack([1 - yes, yes], axis=1)


def sealed(
    runs: Path, rows: list[dict[str, Any]], answers: Any, *, name: str = "screen", **more: Any
) -> Bundle:
    """Measure stored answers and return the sealed run."""
    given: dict[str, Any] = {
        "task": ["no", "yes"],
        "groups": ["region", "faith"],
        "id": "id",
        "favourable": "no",
        "suite": "quick",
        "skip": SKIP,
        "runs": runs,
        "name": name,
    }
    return open_run(harness.audit(answers, rows, **(given | more)).path)


@pytest.fixture(scope="session")
def seal() -> Callable[..., Bundle]:
    return sealed


@pytest.fixture(scope="session")
def table() -> Callable[..., list[dict[str, Any]]]:
    return make_table


@pytest.fixture(scope="session")
def scores() -> Callable[..., Any]:
    return make_scores


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    return make_table()


@pytest.fixture(scope="session")
def pair(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> tuple[Bundle, Bundle]:
    """A run, and the release before it, whose model is somewhat better."""
    runs = tmp_path_factory.mktemp("pair")
    return (
        sealed(runs, rows, make_scores(rows, seed=1, wrong=0.08)),
        sealed(runs, rows, make_scores(rows, seed=2, wrong=0.02)),
    )
