"""What a method works with, and what it gives. No test row is in here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.commands.mitigation.asking import scores_by_model, stored_scores
from harness.commands.mitigation.choosing import Scored, scored
from harness.commands.mitigation.subject import load_model, relative
from harness.commands.mitigation.teaching import compared_rows, group_values

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from harness.commands.mitigation.method import Value
    from harness.commands.mitigation.subject import Subject
    from harness.commands.mitigation.teaching import Aim, FloatArray, IntArray, Teaching
    from harness.data import Dataset
    from harness.predictions import Predictions


@dataclass(frozen=True, slots=True)
class Answer:
    """Decisions without a network of their own.

    Attributes:
        scores: Shape [n, 2].
        decision: Shape [n].
        n_other: Rows that the run's own model decided, because their group is not known.
    """

    scores: FloatArray
    decision: IntArray
    n_other: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a method gave.

    Attributes:
        model: ``model`` section of the mitigated run's config; empty where there are only answers.
        before: How the run's own model does on validation.
        candidates: How each candidate does there.
        chosen: Position of the one that was taken.
        facts: What was chosen, for the record.
        answer: Rows and what the run's own model answered → decisions; None where there is a model.
            It is called once, when everything is chosen.
    """

    model: dict[str, Any]
    before: Scored
    candidates: tuple[Scored, ...]
    chosen: int
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    answer: Callable[[Dataset, Predictions], Answer] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a method works with.

    Attributes:
        subject: The run: its config and its model, asked about validation rows only.
        teaching: Rows to learn from and to choose by.
        aim: Which difference is to become smaller.
        options: Of the method.
    """

    subject: Subject
    teaching: Teaching
    aim: Aim
    options: Mapping[str, tuple[Value, ...]]

    def one(self, name: str) -> Any:
        """Return the first value of an option, or None."""
        return self.options[name][0] if name in self.options else None

    @property
    def validation(self) -> Dataset:
        """Rows that choose."""
        rows = self.teaching.validation
        assert rows is not None  # checked before anything is fitted
        return rows

    @property
    def train(self) -> Dataset:
        """Rows to learn from."""
        rows = self.teaching.train
        assert rows is not None  # checked before anything is fitted
        return rows

    @property
    def validation_groups(self) -> NDArray[np.object_]:
        """Group of each validation row, shape [n]; a row of two groups is in a group of its own."""
        return group_values(self.validation, self.aim.group)

    def score(self, name: str, decision: IntArray) -> Scored:
        """Return how decisions on validation rows do."""
        groups = compared_rows(self.validation, self.aim.group)
        return scored(name, self.aim, groups, decision, labels(self.validation))

    def own_scores(self) -> FloatArray:
        """Return the scores of the run's own model on validation rows, shape [n, c]."""
        if self.subject.has_model:
            return scores_by_model(load_model(self.subject), self.validation)
        return stored_scores(self.subject, self.validation, self.one("validation"))


def labels(rows: Dataset) -> IntArray:
    """Return labels that were checked to be there, shape [n]."""
    assert rows.label is not None  # checked by need_groups
    return rows.label


def section_of(desk: Desk, folder: Path, *, is_adapter: bool = False) -> dict[str, Any]:
    """Return the ``model`` section of a new folder: a whole model, or an adapter beside its base."""
    own = desk.subject.loaded.config.model
    path = relative(folder, desk.subject.loaded.base)
    kept: dict[str, Any] = {} if own.max_tokens is None else {"max_tokens": own.max_tokens}
    if not is_adapter:
        return {"base": path, **kept}
    if own.revision is not None:
        kept["revision"] = own.revision
    return {"base": own.base, "adapter": path, **kept}
