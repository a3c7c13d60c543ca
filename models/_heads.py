"""Does a classifier fit the task: a trained head, the right classes, in the right order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ModelError, Phrase, must
from harness.records import Message
from models._network import Loaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Task

_GENERIC = re.compile(r"(?:label|class)?[ _-]?(\d+)", re.IGNORECASE)
_N_NAMED = 6


def head_problems(name: str, loaded: Loaded) -> list[str]:
    """Say which weights a folder lacks; an untrained head is never audited."""
    if loaded.misfit:
        got = Phrase(f"other shapes for {_listed(sorted(loaded.misfit))}")
        do = "Weights and config.json belong to different models; save them together."
        return [must(name, "have weights that fit its config.json", got, do=do)]
    if not loaded.missing:
        return []
    prefix = f"{loaded.network.base_model_prefix}."
    head = sorted(key for key in loaded.missing if not key.startswith(prefix))
    if head:
        got = Phrase(
            f"a model that has no trained classification head (no weights for {_listed(head)})"
        )
        do = "Train it first, or give a fine-tuned folder."
        return [must(name, "be a trained classifier", got, do=do)]
    n_weights = len(loaded.network.state_dict())
    got = Phrase(f"none for {_listed(sorted(loaded.missing))}")
    return [must(name, f"hold all {n_weights} weights", got, do="Save the model again.")]


def class_columns(
    name: str, config: Any, task: Task
) -> tuple[NDArray[np.int64] | None, tuple[Message, ...]]:
    """Find the logit column of each class of the task.

    Names are compared without case; names like LABEL_0 are taken by position. A model whose names
    are those of the task in another order is reordered, and says so.

    Returns:
        Columns in the order of the task, shape [c], or None when they stand in order already; and
        what a reader must know about it.

    Raises:
        ModelError: If the number, the names, or the kind of classes differ.
    """
    if config.problem_type not in {None, "single_label_classification"}:
        raise ModelError(
            f"{name} must choose one class, got problem_type {config.problem_type!r} in config.json. "
            "A model that gives several labels or a number at once is not audited as a classifier."
        )
    found = [str(config.id2label.get(i, f"LABEL_{i}")) for i in range(config.num_labels)]
    if len(found) != len(task.classes):
        raise ModelError(
            f"{name} must have the {len(task.classes)} classes of the task "
            f"({_listed(task.classes)}), got {len(found)} ({_listed(found)}). "
            "Correct task.labels, or give the model that was trained for this task."
        )
    has, wants = _folded(found), _folded(task.classes)
    if has == wants:
        return None, ()
    if sorted(has) != sorted(wants) or len(set(has)) != len(has):
        if all(_is_generic(label, position) for position, label in enumerate(found)):
            return None, ()
        raise ModelError(
            f"{name} must name the classes of the task ({_listed(task.classes)}), got "
            f"{_listed(found)} in id2label of config.json. Write its names into task.labels, in "
            "its order, or correct id2label."
        )
    columns = np.array([has.index(label) for label in wants], dtype=np.int64)
    return columns, (_reordered(name, found),)


def classes_of_base(config: Mapping[str, Any], task: Task) -> tuple[str, ...] | None:
    """Return the classes that a ``config.json`` names, in its order, if they are the task's."""
    labels = config.get("id2label")
    if not isinstance(labels, Mapping) or len(labels) != len(task.classes):
        return None
    found = tuple(str(labels.get(str(index))) for index in range(len(labels)))
    return found if sorted(_folded(found)) == sorted(_folded(task.classes)) else None


def _reordered(name: str, found: Sequence[str]) -> Message:
    return Message.of(
        "model.classes-reordered",
        "{model} lists its classes in another order than the task ({found}); its logits were put "
        "into the order of the task.",
        model=name,
        found=_listed(found),
    )


def _is_generic(label: str, position: int) -> bool:
    match = _GENERIC.fullmatch(label.strip())
    return match is not None and int(match[1]) == position


def _folded(labels: Sequence[str]) -> list[str]:
    """Return names without case; with it when they differ in nothing else."""
    folded = [label.strip().casefold() for label in labels]
    return folded if len(set(folded)) == len(folded) else list(labels)


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _N_NAMED} more" if len(words) > _N_NAMED else ""
    return ", ".join(words[:_N_NAMED]) + more
