"""What a recipe is asked, what it finds, and the reasons for finding nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.commands.comparing.rows import Rows
from harness.files import digest_of
from harness.records import ALL, Estimate, GroupPlan, Message, Task, slice_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared.

    Attributes:
        measure: Key of the measure.
        slice: As in the measurement of the first run.
        task: What is decided.
        options: Options of the audit in the first run.
        plans: Group column → what the config plans of it.
    """

    measure: str
    slice: str
    task: Task
    options: Mapping[str, Any]
    plans: Mapping[str, GroupPlan] = field(default_factory=dict)

    @property
    def where(self) -> dict[str, str]:
        """Column → value of the slice."""
        return slice_columns(self.slice)

    @property
    def name(self) -> str:
        """The measure without its audit."""
        return self.measure.partition(".")[2]

    @property
    def seed(self) -> int:
        """Where draws start: the same for the same measure and slice."""
        return int(digest_of([self.measure, self.slice])[:8], 16)


@dataclass(frozen=True, slots=True)
class Found:
    """A difference with the values of both sides.

    Attributes:
        estimate: First minus second.
        first, second: Values; NaN where undefined.
        caveats: What a reader must know of it.
    """

    estimate: Estimate
    first: float
    second: float
    caveats: tuple[Message, ...] = ()


def rows_inside(rows: Rows, asked: Asked) -> BoolArray | Message:
    """Return the rows of a slice, shape [n]; a column called label may stand for a class."""
    inside = np.ones(rows.n, dtype=np.bool_)
    for column, value in asked.where.items():
        held = (rows.columns or {}).get(column)
        if held is None and column in ("label", "class") and value in asked.task.classes:
            continue
        if rows.columns is None:
            return no_groups(rows)
        if held is None:
            return not_derived(asked)
        if value == "(missing)":
            inside = inside & ~held.is_known
        elif value in held.groups:
            inside = inside & held.inside(value)
        else:
            return not_derived(asked)
    return inside


def class_of_interest(asked: Asked) -> int | Message:
    """Return the class that a rate is about: that of the slice, of the option ``positive``, or class 1."""
    names = asked.task.classes
    for column in ("label", "class"):
        if asked.where.get(column) in names:
            return names.index(asked.where[column])
    positive = asked.options.get("positive")
    if positive in names:
        return names.index(positive)
    if asked.name == "accuracy":
        return 0
    return 1 if positive is None and len(names) == 2 else not_derived(asked)


def mean_of(values: NDArray[Any]) -> float:
    """Return the mean, NaN of nothing."""
    return float(values.mean()) if len(values) else float("nan")


def not_derived(asked: Asked) -> Message:
    """Say that a measure does not follow from stored predictions, or not for these rows."""
    return Message.of(
        "compare.not-derived",
        "Not compared in pairs: {measure} of {slice} does not follow from stored predictions alone.",
        measure=asked.measure,
        slice="all examples" if asked.slice == ALL else asked.slice,
    )


def no_groups(rows: Rows) -> Message:
    """Say that nobody can tell which group a row is in."""
    return Message.of(
        "compare.no-groups",
        "Not compared in pairs: neither run has its personal part at hand, which says which group of data "
        "set {dataset} a row is in.",
        dataset=rows.dataset,
    )


def no_scores(asked: Asked) -> Message:
    """Say that one of the runs has decisions only."""
    return Message.of(
        "compare.no-scores",
        "Not compared in pairs: {measure} needs scores, and one of the runs has none.",
        measure=asked.measure,
    )
