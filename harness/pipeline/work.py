"""The stages of a run: train, predict, audit. Each writes its output once, into the workspace."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness import registry
from harness.clock import iso, utc_now
from harness.data import Dataset
from harness.engines.prediction import decide, decide_at, predict_sharded, softmax64
from harness.errors import ModelError
from harness.evidence import scratch
from harness.evidence import workspace as locked_workspace
from harness.files import sha256_file, write_whole
from harness.pipeline.inputs import predictions_digest, stored_predictions
from harness.pipeline.plan import RunPlan
from harness.pipeline.reporting import Reporter
from harness.pipeline.unknown import unknown_tokens
from harness.predictions import Predictions
from harness.processes import launched
from harness.records import Message, ModelRef, Stage

if TYPE_CHECKING:
    from harness.config import LoadedConfig
    from harness.modelling import Model, TrainRequest


_WHOSE = "training-name"
"""File beside checkpoints: the name of the config that they belong to."""


@dataclass(slots=True)
class Diary:
    """Collects the stages of a run as they happen."""

    reporter: Reporter
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[StageNote]:
        """Time one stage and report it; an exception passes through and leaves no entry."""
        note = StageNote()
        started = iso(utc_now())
        self.reporter.stage(name)
        yield note
        self.stages.append(
            Stage(name=name, status=note.status, started=started, ended=iso(utc_now()))
        )
        self.reporter.end(note.detail)

    def was_reused(self, run: str) -> None:
        """Say of the last stage that all of it came from a cache."""
        self.stages[-1] = replace(self.stages[-1], status="reused")
        self.reporter.note(f"all of it reused from run {run}")


@dataclass(slots=True)
class StageNote:
    """What a stage says of itself when it is over."""

    status: Literal["done", "reused", "error"] = "done"
    detail: str = ""


def model_folder(plan: RunPlan, runs: Path) -> Path:
    """Return where the model of a training lies: named by the digest of what it was made from."""
    assert plan.train_digest is not None  # asked only for runs that train
    slug = "".join(char if char.isalnum() else "-" for char in plan.loaded.config.name.lower())
    return runs / "models" / f"{slug}-{plan.train_digest[:12]}"


def train_stage(plan: RunPlan, runs: Path, diary: Diary) -> Path:
    """Fine-tune, or take the finished model of the same training; returns its folder.

    Raises:
        ModelError: If the base cannot be loaded or trained.
    """
    target = model_folder(plan, runs)
    processes = launched()
    with diary.stage("train") as note, ExitStack() as held:

        def begin() -> str | None:
            """Take the lock and clear the way; None when the model is there already."""
            place = held.enter_context(locked_workspace(runs, plan.train_digest or ""))
            held.callback(_clear_if_finished, target, place)
            if _is_finished(target):
                return None
            _set_aside(target)
            checkpoints = scratch(place)
            _say_what_is_left(checkpoints, plan.loaded.config.name, diary.reporter)
            return str(checkpoints)

        found = processes.lead(begin)
        if found is None:
            note.status, note.detail = "reused", f"model {target.name}"
            return target
        request = train_request(plan, output=target, workspace=Path(found))
        request = replace(request, report=diary.reporter.note)
        registry.modality_for(plan.loaded.task.kind).train(request)
        together = f", {processes.count} processes" if processes.count > 1 else ""
        note.detail = f"model {target.name}, {request.train.n} examples{together}"
    return target


def _say_what_is_left(checkpoints: Path, name: str, reporter: Reporter) -> None:
    """Say where checkpoints of an earlier version of this training lie, and leave ours a name.

    A training that was refused before its first checkpoint leaves nothing that could be finished.
    """
    for path in sorted(checkpoints.parent.glob(f"*/{_WHOSE}")):
        left = path.parent
        is_left = left != checkpoints and any(left.glob("checkpoint-*"))
        if is_left and path.read_text(encoding="utf-8") == name:
            reporter.note(
                f"Checkpoints in {left} belong to another training called {name} (config, data or "
                "packages changed since) and are not taken up; this one starts anew. Go back to that "
                "config to finish it, or remove the folder."
            )
    write_whole(checkpoints / _WHOSE, name)


def _clear_if_finished(target: Path, place: Path) -> None:
    if _is_finished(target):
        # the lock's holder clears what stood beside it
        shutil.rmtree(place, ignore_errors=True)


def train_request(plan: RunPlan, *, output: Path, workspace: Path) -> TrainRequest:
    """Return what the plan asks a modality to train; only for plans with a ``train_digest``."""
    from harness.modelling import TrainRequest

    config, inputs = plan.loaded.config, plan.inputs
    # train_digest says that all three are there
    assert config.train is not None
    assert inputs.train is not None
    assert inputs.validation is not None
    architecture = config.model.architecture
    return TrainRequest(
        task=plan.loaded.task,
        train=inputs.train,
        validation=inputs.validation,
        options=config.train.model_dump(mode="json"),
        output=output,
        workspace=workspace,
        seed=config.seed,
        device=config.device,
        base=_source(plan),
        revision=config.model.revision,
        architecture=architecture.model_dump(mode="json") if architecture else None,
    )


def finished_model(plan: RunPlan, runs: Path) -> Path | None:
    """Return the folder of a training that is finished already, or None."""
    folder = model_folder(plan, runs)
    return folder if _is_finished(folder) else None


def load_stage(plan: RunPlan, trained: Path | None) -> Model | None:
    """Load the model that is audited; None for stored predictions."""
    config = plan.loaded.config
    if config.model.predictions is not None:
        return None
    adapter = str(plan.loaded.path(config.model.adapter)) if config.model.adapter else None
    if trained is not None and config.train is not None and config.train.adapter is not None:
        adapter, trained = str(trained), None  # what was trained stands beside the base
    source = str(trained) if trained else _source(plan)
    return registry.modality_for(plan.loaded.task.kind).load(
        source or "",
        task=plan.loaded.task,
        device=config.device,
        dtype=config.dtype,
        revision=None if trained else config.model.revision,
        trust_code=config.trust_code,
        max_tokens=config.model.max_tokens,
        adapter=adapter,
    )


def model_ref(plan: RunPlan, model: Model | None) -> ModelRef:
    """Return the identity of what is audited."""
    if model is not None:
        return model.ref
    section = plan.loaded.config.model.predictions
    assert section is not None  # no model means stored predictions
    return ModelRef(
        kind="predictions",
        name=plan.loaded.path(section.path).name,
        weights_digest=None,
        revision=predictions_digest(plan.loaded),
    )


def predict_stage(
    plan: RunPlan, model: Model | None, shards: Path, diary: Diary
) -> dict[str, Predictions]:
    """Predict every test set once, or read the stored predictions."""
    with diary.stage("predict") as note:
        if model is None:
            found = stored_predictions(plan.loaded, plan.inputs)
        else:
            found = {
                name: _predict(plan, model, dataset, shards / name, diary)
                for name, dataset in plan.inputs.tests.items()
            }
        note.detail = f"{sum(one.n for one in found.values())} examples{_unusable(plan)}"
    return {name: by_threshold(plan.loaded, one) for name, one in found.items()}


def by_threshold(loaded: LoadedConfig, one: Predictions) -> Predictions:
    """Return predictions decided by the threshold that the config declares; unchanged without one."""
    threshold = loaded.config.model.threshold
    if threshold is None or one.scores is None:
        return one
    position = loaded.task.classes.index(threshold.label)
    said = Message.of(
        "run.threshold",
        "Decisions follow a declared threshold: {label} where its score is at least {at:.6g}. Audits "
        "that ask the model about changed inputs compare the class of the highest score.",
        label=threshold.label,
        at=threshold.at,
    )
    caveats = one.caveats if said in one.caveats else (*one.caveats, said)
    return replace(
        one, decision=decide_at(one.scores, threshold.at, position=position), caveats=caveats
    )


def _unusable(plan: RunPlan) -> str:
    """Say how many rows of the test sets were read and could not be used."""
    tests = plan.inputs.tests.values()
    n = sum(reason.n for dataset in tests for reason in dataset.ref.quarantined)
    return f", {n} set aside" if n else ""


def _predict(
    plan: RunPlan, model: Model, dataset: Dataset, folder: Path, diary: Diary
) -> Predictions:
    import numpy as np

    items = model.prepare(dataset.inputs)
    logits = predict_sharded(
        model,
        items,
        dataset.example_id.tolist(),
        folder=folder,
        token_budget=plan.token_budget,
        on_progress=diary.reporter.step,
    )
    return Predictions(
        dataset=dataset.ref.name,
        example_id=dataset.example_id,
        decision=decide(logits),
        n_classes=len(plan.loaded.task.classes),
        scores=softmax64(logits),
        logits=logits,
        label=dataset.label,
        groups=dataset.groups,
        group_plans=dataset.group_plans,
        controls=dataset.control,
        cluster=dataset.cluster,
        truncated=np.array([item.is_truncated for item in items], dtype=np.bool_),
        caveats=unknown_tokens(model, items, dataset.ref.name),
    )


def _source(plan: RunPlan) -> str | None:
    base = plan.loaded.config.model.base
    if base is None:
        return None
    folder = plan.loaded.path(base)
    if folder.is_dir():
        return str(folder)
    if base.startswith((".", "/", "~")):
        raise ModelError(
            f"model.base must be a folder or a hub id, got {base!r}, which is no folder "
            f"({plan.loaded.place('model', 'base')}). Check the path; it is relative to the config."
        )
    return base


def _set_aside(folder: Path) -> None:
    """Move what is in the way of a training out of it; nothing is deleted."""
    number = 1
    while folder.exists():
        aside = folder.with_name(f"{folder.name}.damaged-{number}")
        if not aside.exists():
            folder.rename(aside)
        number += 1


def _is_finished(folder: Path) -> bool:
    """True when the folder holds exactly the weights that its lineage names."""
    lineage = folder / "lineage.json"
    if not lineage.is_file():
        return False
    try:
        data: dict[str, Any] = json.loads(lineage.read_text(encoding="utf-8"))
        files: dict[str, str] = data["weight_files"]
        return all(sha256_file(folder / name) == digest for name, digest in files.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False
