"""Which class a question about one class is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import nearest
from harness.records import Message, Task


def class_of_interest(task: Task, positive: str | None, place: str) -> int | Message:
    """Return the class that a score is about, or why there is none.

    Args:
        task: What is decided.
        positive: The class that the option names; None takes class 1 of two.
        place: The option, e.g. ``audits.group-ranking.positive``.

    Undefined when: there are more than two classes and none is named; the named one does not exist.
    """
    if positive is not None and positive in task.classes:
        return task.classes.index(positive)
    if positive is not None:
        return Message.of(
            "groups.no-such-class",
            "Not measured: {place} names the class {positive}, which the task does not have.{hint}",
            place=place,
            positive=positive,
            hint=nearest(positive, list(task.classes)),
        )
    if len(task.classes) == 2:
        return 1
    return Message.of(
        "groups.class-not-named",
        "Not measured: the task has {n_classes} classes, and this question is about the score of one of "
        "them. Name it with {place}.",
        n_classes=len(task.classes),
        place=place,
    )


def favourable_class(task: Task, classes: Sequence[int]) -> int | None:
    """Return the class whose selection is a benefit; None where nobody says and there are several.

    Args:
        task: What is decided.
        classes: Classes of interest.
    """
    if task.favourable is not None:
        return task.classes.index(task.favourable)
    return classes[0] if len(classes) == 1 else None


def class_note(name: str) -> Message:
    """Return the note that says which class the scores are about."""
    return Message.of(
        "groups.class-of-interest",
        "This is about the score of the class {positive}: examples labelled {positive} count as "
        "positive, all others as negative.",
        positive=name,
    )
