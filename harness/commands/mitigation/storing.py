"""Decisions without a network: a table of predictions, as an operator would store them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from harness.commands.mitigation.subject import relative
from harness.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from harness.commands.mitigation.desk import Fitted
    from harness.commands.mitigation.subject import Subject

FILE = "predictions.csv"


def answered(subject: Subject, fitted: Fitted, folder: Path) -> tuple[dict[str, Any], int]:
    """Decide the rows of the one test set, once, and store what was decided.

    Args:
        subject: The run, test set included.
        fitted: Fitted and chosen; it has an ``answer``.
        folder: Where the table goes.

    Returns:
        ``model`` section of the mitigated run's config, and the number of rows that the run's own
        model decided.
    """
    assert fitted.answer is not None  # the caller asked
    (name, rows), classes = next(iter(subject.inputs.tests.items())), subject.task.classes
    stored = next(one for one in subject.bundle.predictions() if one.dataset == name)
    answer = fitted.answer(rows, stored)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "score_0", "score_1", "decision"])
    for id, scores, decision in zip(
        rows.example_id.tolist(), answer.scores.tolist(), answer.decision.tolist(), strict=True
    ):
        table.writerow([id, *map(repr, scores), classes[decision]])
    write_whole(folder / FILE, text.getvalue())
    section = {
        "path": relative(folder / FILE, subject.loaded.base),
        "id": "id",
        "scores": ["score_0", "score_1"],
        "decision": "decision",
    }
    return {"predictions": section}, answer.n_other
