"""What fits and what chooses: training and validation rows. Test rows are not in here.

Legend of shapes: n examples, c classes, g groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import DataError, Phrase, UsageError, must, nearest, raise_all
from harness.records import IN_NONE, members, names_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from harness.data import Dataset
    from harness.records import Task

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

CONSTRAINTS = ("tpr", "fpr", "selection-rate", "error-rate")
MIN_TRIALS = 5
"""Rows of a rate's denominator that a group must have on validation to take part in choosing."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Which worst difference is to become smaller.

    Attributes:
        group: Sensitive feature.
        constraint: One of ``CONSTRAINTS``.
        positive: Class that TPR, FPR and selection rate are about; its position.
        max_loss: Balanced accuracy that may be lost on validation for it.
    """

    group: str
    constraint: str
    positive: int
    max_loss: float = 0.02


@dataclass(frozen=True, slots=True)
class Teaching:
    """Everything that a method may learn from.

    Attributes:
        task: What is decided.
        train, validation: Rows; either may be missing where a method does without.
        seed: The run's.
        folder: Where new models and files go.
        report: Told how far it is.
    """

    task: Task
    train: Dataset | None
    validation: Dataset | None
    seed: int
    folder: Path
    report: Callable[[str], None] = field(default=lambda text: None)


def group_values(dataset: Dataset, column: str) -> NDArray[np.object_]:
    """Return the group of each row as one text, shape [n]; ``""`` where it is missing.

    Raises:
        DataError: If the data set has no such column.
    """
    if column not in dataset.groups:
        known = list(dataset.groups)
        do = nearest(column, known).strip() or (
            f"It has {', '.join(known)}." if known else "Name it under groups of that table."
        )
        got = Phrase(f"no group column {column!r}")
        raise DataError(must(f"data.{dataset.ref.name}.groups", f"hold {column!r}", got, do=do))
    return np.array([_one(cell) for cell in dataset.groups[column].tolist()], dtype=object)


def _one(cell: str) -> str:
    """Return the groups of a row as one text: a row of two groups is a group of its own here."""
    return "(none)" if cell == IN_NONE else " + ".join(members(cell))


def group_rows(cells: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Return group → who is in it, shape [n]; a row of two groups is in both."""
    sets = [frozenset(members(cell)) for cell in cells]
    return {
        name: np.array([name in one for one in sets], dtype=np.bool_) for name in names_of(cells)
    }


def compared_rows(dataset: Dataset, column: str) -> dict[str, NDArray[np.bool_]]:
    """Return the groups whose rates are compared → who is in them; those that a plan leaves out not."""
    plan = dataset.group_plans.get(column)
    left_out = () if plan is None else tuple(plan.exclude)
    found = group_rows(dataset.groups[column].tolist())
    return {name: rows for name, rows in found.items() if name not in left_out}


def need_groups(dataset: Dataset | None, name: str, column: str) -> NDArray[np.object_]:
    """Return the groups of a data set that must be there, labelled, with two groups at least.

    Raises:
        DataError: With every reason why it cannot be used.
    """
    if dataset is None:
        do = f"Add data.{name} with the column {column!r} under groups."
        raise DataError(must(f"data.{name}", "be given", Phrase("none"), do=do))
    values = group_values(dataset, column)
    problems = []
    if dataset.label is None:
        problems.append(must(f"data.{name}.label", "be given", Phrase("rows without labels")))
    found = sorted(set(values.tolist()) - {""})
    if len(found) < 2:
        got = Phrase(f"{len(found)} ({', '.join(found) or 'none'})")
        problems.append(must(f"data.{name}.groups.{column}", "have at least two values", got))
    raise_all(DataError, problems)
    return values


def cells_of(groups: NDArray[np.object_], label: IntArray) -> tuple[IntArray, list[str]]:
    """Return the cell (group, label) of each row, shape [n], -1 where the group is missing.

    Returns:
        Cells, and the name of each.
    """
    keys = [
        None if group == "" else (group, int(one)) for group, one in zip(groups, label, strict=True)
    ]
    names = sorted({key for key in keys if key is not None})
    position = {key: index for index, key in enumerate(names)}
    cell = np.array([-1 if key is None else position[key] for key in keys], dtype=np.int64)
    return cell, [f"{group}, class {one}" for group, one in names]


def rate_parts(
    rate: str, decision: IntArray, label: IntArray, *, positive: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (success, trial) of each row, shape [n] each, for one of ``CONSTRAINTS``."""
    selected = decision == positive
    if rate == "tpr":
        return selected, label == positive
    if rate == "fpr":
        return selected, label != positive
    everyone = np.ones(len(label), dtype=np.bool_)
    return (selected, everyone) if rate == "selection-rate" else (decision != label, everyone)


def difference_on(
    aim: Aim, groups: Mapping[str, NDArray[np.bool_]], decision: IntArray, label: IntArray
) -> float | None:
    """Return the largest difference of the constraint's rate between two groups, as a point.

    For choosing between candidates only; it has no interval and is no estimate.

    Args:
        aim: The constraint.
        groups: Group → who is in it, shape [n].
        decision: Shape [n].
        label: Shape [n].

    Undefined when: fewer than two groups have ``MIN_TRIALS`` rows of the denominator; None then.
    """
    success, trial = rate_parts(aim.constraint, decision, label, positive=aim.positive)
    rates = [
        float(success[rows & trial].mean())
        for rows in groups.values()
        if (rows & trial).sum() >= MIN_TRIALS
    ]
    return max(rates) - min(rates) if len(rates) > 1 else None


def balanced_accuracy(decision: IntArray, label: IntArray) -> float:
    """Return the mean share of right decisions over the classes that occur, as a point."""
    return float(np.mean([(decision[label == one] == one).mean() for one in np.unique(label)]))


def need_positive(task: Task, name: str | None) -> int:
    """Return the position of the class that rates are about: class 1 unless one is named.

    Raises:
        UsageError: If there is no such class.
    """
    if name is None:
        return 1
    if name not in task.classes:
        do = nearest(name, task.classes).strip() or f"They are {', '.join(task.classes)}."
        raise UsageError(must("--option positive", "be a class of the task", name, do=do))
    return task.classes.index(name)
