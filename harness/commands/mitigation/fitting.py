"""Each method, fitted on train and chosen on validation. No function here is given a test row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.commands.mitigation import frozen, lessons
from harness.commands.mitigation.asking import decisions_of, scores_by_model
from harness.commands.mitigation.choosing import best
from harness.commands.mitigation.desk import Desk, Fitted, labels, section_of
from harness.commands.mitigation.subject import model_section
from harness.commands.mitigation.teaching import compared_rows, need_groups
from harness.commands.mitigation.threshold import choose_threshold
from harness.commands.mitigation.training import Lesson, train_candidate, train_options
from harness.engines.prediction import decide

if TYPE_CHECKING:
    from pathlib import Path

    from harness.commands.mitigation.method import Method


def fit(method: Method, desk: Desk) -> Fitted:
    """Fit a method and choose.

    Raises:
        DataError: If train or validation lacks what it needs.
        ModelError: If the model cannot be used.
    """
    need_groups(desk.teaching.validation, "validation", desk.aim.group)
    if method.needs_train:
        need_groups(desk.teaching.train, "train", desk.aim.group)
    if method.id in _LESSONS:
        return _trained(desk, _LESSONS[method.id](desk))
    return _FITS[method.id](desk)


def _threshold(desk: Desk) -> Fitted:
    scores = desk.own_scores()
    at, before, after, n_tried = choose_threshold(
        desk.aim,
        scores=scores,
        groups=compared_rows(desk.validation, desk.aim.group),
        label=labels(desk.validation),
        before=decisions_of(desk.subject, scores),
    )
    label = desk.subject.task.classes[desk.aim.positive]
    section = model_section(desk.subject) | {"threshold": {"label": label, "at": at}}
    facts: dict[str, Any] = {"label": label, "at": at, "n_tried": n_tried}
    return Fitted(section, before, (after,), 0, facts)


def _trained(desk: Desk, candidates: list[Lesson]) -> Fitted:
    """Train every candidate, and take the one that does best on validation."""
    options = train_options(desk.subject, desk.options)
    is_adapter = options["method"] == "lora"
    before = desk.score("as it is", decisions_of(desk.subject, desk.own_scores()))
    folders, found = [], []
    for lesson in candidates:
        desk.teaching.report(f"candidate {lesson.name}")
        folders.append(train_candidate(desk.subject, desk.teaching, lesson, options))
        section = section_of(desk, folders[-1], is_adapter=is_adapter)
        scores = scores_by_model(_load(desk, section), desk.validation)
        found.append(desk.score(lesson.name, decide(scores)))
    chosen = best(before, found, max_loss=desk.aim.max_loss)
    facts: dict[str, Any] = {"candidate": found[chosen].name}
    section = section_of(desk, folders[chosen], is_adapter=is_adapter)
    return Fitted(section, before, tuple(found), chosen, facts)


def _load(desk: Desk, section: Mapping[str, Any]) -> Any:
    loaded = desk.subject.loaded
    base: Path = loaded.path(section["base"])
    return registry.modality_for(desk.subject.task.kind).load(
        str(base) if base.is_dir() else section["base"],
        task=desk.subject.task,
        device=loaded.config.device,
        dtype=loaded.config.dtype,
        revision=section.get("revision"),
        max_tokens=section.get("max_tokens"),
        adapter=str(loaded.path(section["adapter"])) if "adapter" in section else None,
    )


_LESSONS: dict[str, Callable[[Desk], list[Lesson]]] = {
    "reweighting": lessons.reweighting,
    "counterfactual-augmentation": lessons.counterfactual,
    "group-dro": lessons.group_dro,
}
"""Method → what it changes in the run's training."""

_FITS: dict[str, Callable[[Desk], Fitted]] = {
    "threshold": _threshold,
    "last-layer": frozen.last_layer,
    "threshold-optimizer": frozen.threshold_optimizer,
    "exponentiated-gradient": frozen.exponentiated_gradient,
}
"""Method → how it is fitted."""
