"""The training rows behind decisions: which rows pull the same way, and which words they share.

Ids and shared words are shown, never the rows: training data are other people's texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import Phrase, UsageError, must
from harness.figures.explained import Explained, TrainingRow, strongest

if TYPE_CHECKING:
    from harness.commands.explaining.subject import Subject
    from harness.commands.explaining.values import Input
    from harness.data import Dataset
    from harness.engines.influence import TopRows

_STRONG = 10
"""Strongest parts of a decision among which shared words are looked for."""

_WORD = re.compile(r"\w+")


def training_rows(
    subject: Subject, inputs: Sequence[Input], rows: Sequence[Explained], *, n: int
) -> tuple[tuple[TrainingRow, ...], ...]:
    """Return the n training rows behind each decision, most influential first.

    Args:
        subject: Whose decisions, and where its training rows are.
        inputs: What was decided about.
        rows: What these decisions rest on.
        n: Training rows for each.

    Raises:
        UsageError: If there are no training rows at hand.
        MethodRefused: If the model does not offer what influence needs.
    """
    from harness.engines.influence import evidence_for

    train = subject.train()
    if train is None or train.label is None or not train.has_inputs:
        do = "Name a config or a run with data.train as MODEL."
        raise UsageError(must("--evidence", "come with training rows", Phrase("none"), do=do))
    model = subject.model
    found = evidence_for(
        model,
        model.prepare(train.inputs),
        train.label,
        model.prepare([one.given for one in inputs]),
        k=n,
    )
    return tuple(
        tuple(_row(train, subject.classes, one, found, (q, k)) for k in range(found.index.shape[1]))
        for q, one in enumerate(rows)
    )


def _row(
    train: Dataset, classes: Sequence[str], one: Explained, found: TopRows, where: tuple[int, int]
) -> TrainingRow:
    at = int(found.index[where])
    given = train.inputs[at]
    label = -1 if train.label is None else int(train.label[at])
    return TrainingRow(
        example_id=str(train.example_id[at]),
        label=classes[label] if label >= 0 else "",
        influence=float(found.influence[where]),
        cosine=None if found.cosine is None else float(found.cosine[where]),
        shared=_shared(one, given if isinstance(given, str) else " ".join(given)),
    )


def _shared(one: Explained, text: str) -> tuple[str, ...]:
    held = {word.casefold() for word in _WORD.findall(text)}
    strong = [one.words(piece).strip() for piece in strongest(one, _STRONG)]
    return tuple(dict.fromkeys(word for word in strong if word.casefold() in held))
