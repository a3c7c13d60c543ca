"""What a model answers on validation rows: the only rows that choose."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.data import PredictionsSpec, load_predictions_table
from harness.engines.prediction import decide, decide_at, default_budget, predict, softmax64
from harness.errors import DataError, Phrase, UsageError, must

if TYPE_CHECKING:
    from harness.commands.mitigation.subject import Subject
    from harness.commands.mitigation.teaching import FloatArray, IntArray
    from harness.data import Dataset
    from harness.modelling import Model


def scores_by_model(model: Model, rows: Dataset) -> FloatArray:
    """Return the class probabilities of a model for every row, shape [n, c]."""
    budget = default_budget(model.device)
    return softmax64(predict(model, model.prepare(rows.inputs), token_budget=budget))


def stored_scores(subject: Subject, rows: Dataset, given: str | None) -> FloatArray:
    """Return stored scores of validation rows, shape [n, 2].

    Args:
        subject: A run on stored predictions.
        rows: Validation rows.
        given: File with predictions of these rows, columns as in the run's; None looks for them, by
            id, in the file of the run.

    Raises:
        UsageError: If there are none.
    """
    loaded = subject.loaded
    section = loaded.config.model.predictions
    assert section is not None  # the caller knows that the run has no model
    do = (
        "Give them with --option validation=FILE: a table with the columns of model.predictions for "
        "the rows of data.validation."
    )
    if section.scores is None:
        got = Phrase("decisions only")
        raise UsageError(must("model.predictions.scores", "be given", got, do="Store the scores."))
    if given is None and section.id is None:
        got = Phrase("predictions without ids, which can only be of the test set")
        raise UsageError(must("Predictions of data.validation", "be given", got, do=do))
    spec = PredictionsSpec(
        path=Path(given) if given is not None else loaded.path(section.path),
        split=section.split,
        id=section.id,
        scores=tuple(section.scores),
        decision=None,
        label_values=section.label_values,
        encoding=section.encoding,
        where="--option validation" if given is not None else "model.predictions",
        place=loaded.place("model", "predictions") if given is None else "",
    )
    try:
        found = load_predictions_table(spec, rows, loaded.task).scores
    except DataError as err:
        raise UsageError(*err.problems, *([] if given else [do])) from err
    assert found is not None  # scores were asked for
    return found


def decisions_of(subject: Subject, scores: FloatArray) -> IntArray:
    """Return what the run's own model decides at these scores: by its threshold where it has one."""
    threshold = subject.loaded.config.model.threshold
    if threshold is None:
        return decide(scores)
    position = subject.task.classes.index(threshold.label)
    return decide_at(scores, threshold.at, position=position)
