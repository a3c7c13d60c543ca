"""A few steps of a training, timed and thrown away."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import registry
from harness.commands.planning.memory import peak_bytes
from harness.data import sample_dataset
from harness.pipeline.work import train_request

if TYPE_CHECKING:
    from harness.modelling import TrainRequest
    from harness.pipeline.plan import RunPlan
    from harness.pipeline.speed import Clock

MOST_ROWS = 5000
"""Rows of train that the trial sees; a new tokenizer is learnt from them."""

VALIDATION_ROWS = 32

MORE_STEPS = (4, 32, 256)
"""Steps beyond the first that are timed: the next number when the time before was below ``WORTH_S``."""

WORTH_S = 1.5


@dataclass(frozen=True, slots=True)
class TrainingCost:
    """What a training needs.

    Attributes:
        n_steps: Steps in all, without early stopping.
        n_epochs: Times that validation is predicted.
        seconds_per_step: Wall seconds.
        seconds_to_start: Wall seconds of everything else: loading, saving, one small validation.
        folder: The model after a few steps, as good as untrained.
        memory_bytes: Largest memory of the process meanwhile.
        disk_bytes: Size of the finished folder.
        n_timed: Steps that were timed.
    """

    n_steps: int
    n_epochs: int
    seconds_per_step: float
    seconds_to_start: float
    folder: Path
    memory_bytes: int | None
    disk_bytes: int
    n_timed: int


def try_training(plan: RunPlan, folder: Path, clock: Clock) -> TrainingCost:
    """Train one step, then a few more from the start, and take the difference.

    Raises:
        ModelError: If the base cannot be loaded or trained.
    """
    asked = train_request(plan, output=folder / "all", workspace=folder / "all.steps")
    request = replace(
        asked,
        train=sample_dataset(asked.train, size=MOST_ROWS, seed=asked.seed),
        validation=sample_dataset(asked.validation, size=VALIDATION_ROWS, seed=asked.seed),
    )
    with_imports, _ = _timed(request, folder / "0", 1, clock)
    one_step, model = _timed(request, folder / "1", 1, clock)
    n_more, took = 0, 0.0
    for number, n_more in enumerate(MORE_STEPS):
        took, model = _timed(request, folder / f"{number + 2}", 1 + n_more, clock)
        if took - one_step >= WORTH_S:
            break
    per_step = max(0.0, took - one_step) / n_more
    return TrainingCost(
        n_steps=n_steps(plan, model),
        n_epochs=math.ceil(asked.options["epochs"]),
        seconds_per_step=per_step,
        seconds_to_start=max(with_imports, one_step),
        folder=model,
        memory_bytes=peak_bytes(),
        disk_bytes=sum(path.stat().st_size for path in model.rglob("*") if path.is_file()),
        n_timed=n_more,
    )


def n_steps(plan: RunPlan, trial: Path | None = None) -> int:
    """Return the steps of a training without early stopping.

    Args:
        plan: The plan.
        trial: Folder of a trial, whose lineage says how many sequences its rows became.
    """
    options, train = plan.loaded.config.train, plan.inputs.train
    assert options is not None
    assert train is not None
    if options.max_steps is not None:
        return options.max_steps
    n_batches = math.ceil(_n_sequences(train.n, trial) / options.batch_size)
    accumulated = getattr(options, "gradient_accumulation", 1)
    return math.ceil(math.ceil(n_batches / accumulated) * options.epochs)


def _n_sequences(n_rows: int, trial: Path | None) -> int:
    """Return what a training goes through in an epoch: windows and packs of its rows, canaries."""
    lineage = {} if trial is None else json.loads((trial / "lineage.json").read_bytes())
    texts: dict[str, int] = lineage.get("texts") or {"n_sequences": 1, "n_texts": 1}
    n_planted: int = (lineage.get("canaries") or {"n_rows": 0})["n_rows"]
    return math.ceil((n_rows + n_planted) * texts["n_sequences"] / texts["n_texts"])


def _timed(request: TrainRequest, place: Path, steps: int, clock: Clock) -> tuple[float, Path]:
    modality = registry.modality_for(request.task.kind)
    options = {**request.options, "max_steps": steps}
    if "report_to" in options:
        options["report_to"] = []
    place.mkdir(parents=True)
    started = clock()
    done = modality.train(
        replace(request, options=options, output=place / "model", workspace=place / "steps")
    )
    return clock() - started, done
