"""What is known of a model's making: its lineage, what it was fine-tuned from, what was planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.canaries import read_canaries
from harness.pipeline.plan import RunPlan
from harness.records import Message

if TYPE_CHECKING:
    from harness.canaries import Canary
    from harness.modelling import Model

_LINEAGE = "lineage.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the audited model comes from, as far as it is known.

    Attributes:
        lineage: What its training recorded; None for models that were not trained here.
        canaries: What was planted in its training, and what was held out; None where nothing was.
        reference: Loads what it was fine-tuned from, once; None where that is not known or not there.
    """

    lineage: dict[str, Any] | None = None
    canaries: Sequence[Canary] | None = None
    reference: Callable[[], Model] | None = None


def origin_of(plan: RunPlan, trained: Path | None) -> Origin:
    """Look up where the model of a plan comes from.

    Args:
        plan: The plan.
        trained: Folder that the plan's training wrote; None without one.

    Raises:
        IntegrityError: If a file of canaries does not belong to the model's lineage.
    """
    config = plan.loaded.config
    if config.model.predictions is not None:
        return Origin()
    folder = trained or _own_folder(plan)
    lineage = _lineage_of(folder)
    canaries = None if folder is None or lineage is None else read_canaries(folder, lineage)
    return Origin(lineage, canaries, _reference(plan))


def reference_of(plan: RunPlan) -> str | None:
    """Return what the model of a plan was fine-tuned from: only for tasks whose base needs no head."""
    config = plan.loaded.config
    if plan.loaded.task.kind == "text-classification" or config.model.predictions is not None:
        return None
    is_tuned = plan.train_digest is not None or config.model.adapter is not None
    return config.model.reference or (config.model.base if is_tuned else None)


def canary_counts(plan: RunPlan) -> tuple[dict[int, int], int]:
    """Return what a plan knows of planted secrets: how often → how many; and those left to a coin.

    Args:
        plan: The plan; what its training will plant, or what the lineage of its model says.
    """
    train = plan.loaded.config.train
    if plan.train_digest is not None and train is not None and train.canaries is not None:
        spec = train.canaries.spec
        return dict.fromkeys(spec.levels, spec.per_level), spec.n_drawn
    config = plan.loaded.config
    if config.model.predictions is not None:
        return {}, 0
    planted = (_lineage_of(_own_folder(plan)) or {}).get("canaries")
    if not isinstance(planted, Mapping) or not isinstance(planted.get("levels"), Mapping):
        return {}, 0
    levels = {int(level): int(n) for level, n in planted["levels"].items()}
    return levels, int(planted.get("n", 0)) - sum(levels.values())


def told_by(lineage: Mapping[str, Any] | None) -> tuple[Message, ...]:
    """Return what a reader of a run must know of the model's making."""
    found = []
    planted = (lineage or {}).get("canaries")
    if planted:
        found.append(
            Message.of(
                "run.canaries",
                "The model was trained with {n} canaries, made-up secrets that are nobody's, in "
                "{n_rows} further rows: it is made for measuring and not for release.",
                n=planted["n"],
                n_rows=planted["n_rows"],
            )
        )
    private = (lineage or {}).get("private")
    if private:
        found.append(
            Message.of(
                "run.private",
                "The model was trained with differential privacy: epsilon {epsilon} at delta {delta}, "
                "unit one {unit}, by the accountant {accountant} alone. Validation rows are not "
                "protected.",
                epsilon=f"{private['epsilon']:.2f}",
                delta=f"{private['delta']:.1e}",
                unit=private["unit"],
                accountant=private["accountant"],
            )
        )
    return tuple(found)


def _reference(plan: RunPlan) -> Callable[[], Model] | None:
    config, source = plan.loaded.config, reference_of(plan)
    if source is None:
        return None
    folder = _folder(plan, source)

    @cache
    def load() -> Model:
        return registry.modality_for(plan.loaded.task.kind).load(
            str(folder or source),
            task=plan.loaded.task,
            device=config.device,
            dtype=config.dtype,
            trust_code=config.trust_code,
            max_tokens=config.model.max_tokens,
        )

    return load


def _own_folder(plan: RunPlan) -> Path | None:
    model = plan.loaded.config.model
    return _folder(plan, model.adapter) or _folder(plan, model.base)


def _lineage_of(folder: Path | None) -> dict[str, Any] | None:
    path = None if folder is None else folder / _LINEAGE
    if path is None or not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def _folder(plan: RunPlan, source: str | None) -> Path | None:
    folder = None if source is None else plan.loaded.path(source)
    return folder if folder is not None and folder.is_dir() else None
