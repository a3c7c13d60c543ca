"""Explaining single decisions: whose, of what text, by which method, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from harness.commands.explaining.answering import explain_inputs
from harness.commands.explaining.asking import Progress
from harness.commands.explaining.contrast import contrast_of
from harness.commands.explaining.pairs import Pair
from harness.commands.explaining.questions import METHODS, Question, check_question
from harness.commands.explaining.subject import Loading, Subject, open_folder, open_subject
from harness.commands.explaining.texts import check_followed, check_input, inputs_given
from harness.commands.explaining.training import training_rows
from harness.commands.explaining.values import Input
from harness.commands.explaining.whole import explain_whole
from harness.figures.explained import Explained, Explanation

__all__ = [
    "METHODS",
    "Input",
    "Loading",
    "Question",
    "Subject",
    "check_input",
    "check_question",
    "explain",
    "inputs_given",
    "open_folder",
    "open_subject",
]


def explain(
    subject: Subject,
    inputs: Sequence[Input],
    question: Question,
    *,
    is_contrast: bool = False,
    n_training_rows: int = 0,
    on_progress: Progress | None = None,
) -> Explanation:
    """Return what the decisions about some inputs rest on, and how two of them differ.

    Args:
        subject: Whose decisions.
        inputs: What is decided about.
        question: By which method, and how.
        is_contrast: Whether the second of two inputs is compared with the first.
        n_training_rows: Training rows to name behind each decision.
        on_progress: Told how many inputs, or windows of a long text, are done, of how many.

    Raises:
        MethodRefused: If the method is refused, or the model does not offer what it needs.
        UsageError: If training rows are wanted and there are none at hand.
    """
    check_followed(subject.classes, inputs)
    answers = partial(_answers, subject, question, on_progress)
    contrast = None
    if is_contrast:
        first, second = inputs
        rows = answers([first], None)
        rows = (*rows, *answers([second], (rows[0].target, rows[0].runner_up)))
        contrast = contrast_of(*rows)
    else:
        rows = answers(inputs, None)
    behind = training_rows(subject, inputs, rows, n=n_training_rows) if n_training_rows else ()
    return Explanation(rows, contrast, behind, subject.notes)


def _answers(
    subject: Subject,
    question: Question,
    on_progress: Progress | None,
    inputs: Sequence[Input],
    pair: Pair | None,
) -> tuple[Explained, ...]:
    model, classes = subject.model, subject.classes
    if question.is_whole:
        return tuple(
            explain_whole(model, classes, one, question, pair=pair, on_progress=on_progress)
            for one in inputs
        )
    return explain_inputs(model, classes, inputs, question, pair=pair, on_progress=on_progress)
