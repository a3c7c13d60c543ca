"""Each method, fitted on train and chosen on validation. No function here is given a test row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.commands.mitigation.asking import decisions_of, scores_by_model, stored_scores
from harness.commands.mitigation.choosing import Scored, best, scored
from harness.commands.mitigation.subject import load_model, model_section, relative
from harness.commands.mitigation.teaching import cells_of, group_values, need_groups
from harness.commands.mitigation.threshold import choose_threshold
from harness.commands.mitigation.training import Lesson, train_candidate, train_options
from harness.commands.mitigation.weights import (
    BalancedSampler,
    WeightedLoss,
    balanced_weights,
    independent_weights,
)
from harness.engines.prediction import decide

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.commands.mitigation.methods import Method, Value
    from harness.commands.mitigation.subject import Subject
    from harness.commands.mitigation.teaching import Aim, FloatArray, IntArray, Teaching
    from harness.data import Dataset

Options = Mapping[str, tuple["Value", ...]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a method gave.

    Attributes:
        model: ``model`` section of the mitigated run's config.
        before: How the run's own model does on validation.
        candidates: How each candidate does there.
        chosen: Position of the one that was taken.
        facts: What was chosen, for the record.
    """

    model: dict[str, Any]
    before: Scored
    candidates: tuple[Scored, ...]
    chosen: int
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)


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
    options: Options

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
        """Group of each validation row, shape [n]."""
        return group_values(self.validation, self.aim.group)

    def score(self, name: str, decision: IntArray) -> Scored:
        """Return how decisions on validation rows do."""
        return scored(name, self.aim, self.validation_groups, decision, labels(self.validation))

    def own_scores(self) -> FloatArray:
        """Return the scores of the run's own model on validation rows, shape [n, c]."""
        if self.subject.has_model:
            return scores_by_model(load_model(self.subject), self.validation)
        return stored_scores(self.subject, self.validation, self.one("validation"))


def labels(rows: Dataset) -> IntArray:
    """Return labels that were checked to be there, shape [n]."""
    assert rows.label is not None  # checked by need_groups
    return rows.label


def fit(method: Method, desk: Desk) -> Fitted:
    """Fit a method and choose.

    Raises:
        DataError: If train or validation lacks what it needs.
        ModelError: If the model cannot be used.
    """
    need_groups(desk.teaching.validation, "validation", desk.aim.group)
    if method.needs_train:
        need_groups(desk.teaching.train, "train", desk.aim.group)
    return _FITS[method.id](desk)


def _threshold(desk: Desk) -> Fitted:
    scores = desk.own_scores()
    at, before, after, n_tried = choose_threshold(
        desk.aim,
        scores=scores,
        groups=desk.validation_groups,
        label=labels(desk.validation),
        before=decisions_of(desk.subject, scores),
    )
    label = desk.subject.task.classes[desk.aim.positive]
    section = model_section(desk.subject) | {"threshold": {"label": label, "at": at}}
    facts: dict[str, Any] = {"label": label, "at": at, "n_tried": n_tried}
    return Fitted(section, before, (after,), 0, facts)


def _reweighting(desk: Desk) -> Fitted:
    groups, label = group_values(desk.train, desk.aim.group), labels(desk.train)
    cell, _ = cells_of(groups, label)
    lessons = []
    for kind in desk.options["weights"]:
        if kind == "sampler":
            lessons.append(Lesson("sampler", sampler=BalancedSampler(cell)))
            continue
        weight = (
            independent_weights(groups, label) if kind == "independent" else balanced_weights(cell)
        )
        values = {"weight": weight.astype("float32")}
        lessons.append(Lesson(str(kind), objective=WeightedLoss(), row_values=values))
    return trained(desk, lessons)


def trained(desk: Desk, lessons: list[Lesson]) -> Fitted:
    """Train every candidate, and take the one that does best on validation."""
    options = train_options(desk.subject, desk.options)
    before = desk.score("as it is", decisions_of(desk.subject, desk.own_scores()))
    folders, found = [], []
    for lesson in lessons:
        desk.teaching.report(f"candidate {lesson.name}")
        folders.append(train_candidate(desk.subject, desk.teaching, lesson, options))
        model = _load(desk, folders[-1], options)
        found.append(desk.score(lesson.name, decide(scores_by_model(model, desk.validation))))
    chosen = best(before, found, max_loss=desk.aim.max_loss)
    section = _section(desk, folders[chosen], options)
    facts = {"candidate": found[chosen].name}
    return Fitted(section, before, tuple(found), chosen, dict(facts))


def _section(desk: Desk, folder: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``model`` section of a trained folder: a whole model, or an adapter and its base."""
    own = desk.subject.loaded.config.model
    path = relative(folder, desk.subject.loaded.base)
    kept = {} if own.max_tokens is None else {"max_tokens": own.max_tokens}
    if options["method"] == "lora":
        if own.revision is not None:
            kept["revision"] = own.revision  # type: ignore[assignment]
        return {"base": own.base, "adapter": path, **kept}
    return {"base": path, **kept}


def _load(desk: Desk, folder: Path, options: Mapping[str, Any]) -> Any:
    loaded = desk.subject.loaded
    section = _section(desk, folder, options)
    base = loaded.path(section["base"])
    return registry.modality_for(desk.subject.task.kind).load(
        str(base) if base.is_dir() else section["base"],
        task=desk.subject.task,
        device=loaded.config.device,
        dtype=loaded.config.dtype,
        revision=section.get("revision"),
        max_tokens=section.get("max_tokens"),
        adapter=str(loaded.path(section["adapter"])) if "adapter" in section else None,
    )


_FITS: dict[str, Callable[[Desk], Fitted]] = {
    "threshold": _threshold,
    "reweighting": _reweighting,
}
"""Method → how it is fitted."""
