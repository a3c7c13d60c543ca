"""Training in place, so that the same inputs give the same weights.

Every epoch has its own order of rows, drawn from (seed, epoch) alone; rows of similar length stand
together; the state after each epoch is kept, so a training that was killed goes on as if it had not
been.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.processes import Processes
from models.training.curve import curve_of, early_stop, steps_of
from models.training.reporting import told_where
from models.training.trainer import make_trainer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.config import TrainConfig
    from harness.data import Dataset
    from harness.modelling import Objective, Sampler
    from models.training.lesson import Lesson
    from models.training.start import Start


@dataclass(frozen=True, slots=True)
class Fitting:
    """What ``fit`` needs beside the model.

    Attributes:
        options: Resolved options.
        lesson: What is taught.
        name: Of the model folder; integrations show it.
        precision: ``float32``, ``bfloat16`` or ``float16``.
        device: Where to compute.
        seed: 0 <= seed < 2**32.
        workspace: Folder of checkpoints.
        logs: Folder for integrations that write files.
        key: Whose checkpoints they are.
        checkpoint: Where to go on from; None for the beginning.
        report: Told one line per epoch.
        class_weights: What an error on each class costs; None when all cost the same.
        objective, sampler, row_values: As in the request.
        processes: Which of how many processes this is.
        ended_at: Step at which the checkpoint had already ended the training.
    """

    options: TrainConfig
    lesson: Lesson
    name: str
    precision: str
    device: str
    seed: int
    workspace: Path
    logs: Path
    key: str
    checkpoint: Path | None
    report: Callable[[str], None]
    class_weights: tuple[float, ...] | None = None
    objective: Objective | None = None
    sampler: Sampler | None = None
    row_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    processes: Processes = field(default_factory=Processes)
    ended_at: int | None = None


def fit(start: Start, train: Dataset, validation: Dataset, fitting: Fitting) -> dict[str, Any]:
    """Train ``start.network`` in place.

    Returns:
        ``curve`` (one entry per epoch), ``step_curve`` (one per logged stretch of steps),
        ``n_steps``, ``chosen_step``, ``early_stop``: facts for the lineage.

    Raises:
        ModelError: If the loss is no longer a finite number.
    """
    # the order of validation rows changes no figure; by length they need little padding
    lesson = fitting.lesson
    held_out = sorted(lesson.held_out(start, validation), key=lambda row: row[0].length)
    rows = lesson.encode(start, train, fitting)
    with told_where(fitting):
        trainer = make_trainer(start, rows, held_out, _knowing_its_end(fitting))
        trainer.train(
            resume_from_checkpoint=str(fitting.checkpoint) if fitting.checkpoint else None
        )
    state = trainer.state
    best = fitting.options.best_checkpoint
    return {
        "curve": curve_of(state.log_history),
        "step_curve": steps_of(state.log_history),
        "n_steps": state.global_step,
        "chosen_step": state.best_global_step if best else state.global_step,
        "early_stop": early_stop(state.log_history, fitting.options.early_stopping),
        **lesson.facts(),
    }


def _knowing_its_end(fitting: Fitting) -> Fitting:
    """Return it with the step at which its checkpoint had already stopped early."""
    if fitting.checkpoint is None:
        return fitting
    state = json.loads((fitting.checkpoint / "trainer_state.json").read_bytes())
    stop = early_stop(state["log_history"], fitting.options.early_stopping)
    return fitting if stop is None else replace(fitting, ended_at=stop["step"])
