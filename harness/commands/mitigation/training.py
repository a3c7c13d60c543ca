"""Training a candidate: the run's own training, with another objective, sampler or rows."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.config import TrainConfig
from harness.evidence import scratch, workspace
from harness.files import digest_of
from harness.modelling import TrainRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.commands.mitigation.method import Value
    from harness.commands.mitigation.subject import Subject
    from harness.commands.mitigation.teaching import Teaching
    from harness.data import Dataset
    from harness.modelling import Objective, Sampler

OVERRIDES = ("epochs", "learning_rate", "weight_decay")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a method changes in the run's training.

    Attributes:
        name: Of the candidate, for people and for its folder.
        objective, sampler, row_values: As in ``TrainRequest``.
        rows: Training rows instead of the run's; None keeps them.
        options: ``train`` options instead of the run's.
        keeps_state: Whether the objective remembers steps, so that a training that was killed must
            begin anew.
    """

    name: str
    objective: Objective | None = None
    sampler: Sampler | None = None
    row_values: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    rows: Dataset | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    keeps_state: bool = False


def train_options(subject: Subject, given: Mapping[str, tuple[Value, ...]]) -> dict[str, Any]:
    """Return the run's ``train`` options without what excludes an objective, with overrides.

    A run without training takes the defaults of ``train``.
    """
    config = subject.loaded.config.train or TrainConfig()
    options: dict[str, Any] = config.model_dump(mode="json")
    options |= {"class_weights": None, "label_smoothing": 0.0, "report_to": []}
    return options | {name: given[name][0] for name in OVERRIDES if name in given}


def train_candidate(
    subject: Subject, teaching: Teaching, lesson: Lesson, options: Mapping[str, Any]
) -> Path:
    """Train one candidate and return its folder; one that is there already is taken.

    Raises:
        ModelError: If it cannot be trained.
    """
    config, loaded = subject.loaded.config, subject.loaded
    train = lesson.rows or teaching.train
    assert train is not None  # the method asked for it
    assert teaching.validation is not None
    section = config.model
    base = section.base
    if base is not None and loaded.path(base).is_dir():
        base = str(loaded.path(base))
    output = teaching.folder / lesson.name
    request = TrainRequest(
        task=subject.task,
        train=train,
        validation=teaching.validation,
        options={**options, **lesson.options},
        output=output,
        workspace=output,
        seed=teaching.seed,
        device=config.device,
        base=base,
        revision=section.revision,
        architecture=section.architecture.model_dump(mode="json") if section.architecture else None,
        objective=lesson.objective,
        sampler=lesson.sampler,
        row_values=lesson.row_values,
        report=teaching.report,
    )
    with workspace(subject.runs, digest_of(["mitigation", str(output.resolve())])) as place:
        checkpoints = scratch(place)
        if lesson.keeps_state:
            shutil.rmtree(checkpoints)
            checkpoints.mkdir()
        registry.modality_for(subject.task.kind).train(replace(request, workspace=checkpoints))
        shutil.rmtree(place, ignore_errors=True)
    return output
