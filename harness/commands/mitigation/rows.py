"""The rows that both runs answered, laid beside each other, and what changed on them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.commands.mitigation.comparing import Change, Sides, changes_of
from harness.commands.mitigation.subject import load_model
from harness.commands.mitigation.surprise import Texts, scored_bytes, surprise_changes
from harness.commands.mitigation.teaching import CONSTRAINTS, compared_rows
from harness.commands.mitigation.telling import (
    area_change,
    of_training,
    sampled,
    signal_of,
    unseen,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.mitigation.subject import Subject
    from harness.commands.mitigation.teaching import FloatArray, IntArray
    from harness.data import Dataset
    from harness.evidence import Bundle
    from harness.predictions import Predictions


def row_changes(
    subject: Subject, after: Bundle, positive: int | None, rates: Sequence[str] = CONSTRAINTS
) -> list[Change]:
    """Return every change on every test set, in pairs.

    Args:
        subject: The run before.
        after: The mitigated run.
        positive: Class that rates are about; None where the task decides nothing.
        rates: Rates of groups that are compared.
    """
    before = {one.dataset: one for one in subject.bundle.predictions()}
    found: list[Change] = []
    for one in after.predictions():
        dataset = subject.inputs.tests[one.dataset]
        if positive is None:
            found += surprise_changes(_texts(dataset, before[one.dataset], one))
        elif dataset.label is not None:
            sides = _sides(dataset, before[one.dataset], one, positive)
            found += changes_of(sides, generator(subject, one.dataset), rates)
    return found


def generator(subject: Subject, dataset: str) -> np.random.Generator:
    """Return where the draws of a comparison come from: the run's seed and the data set's name."""
    raw = hashlib.sha256(f"mitigate\x00{dataset}".encode()).digest()
    return np.random.default_rng([subject.loaded.config.seed, *raw[:8]])


def _joined(
    dataset: Dataset, before: Predictions, after: Predictions
) -> tuple[IntArray, IntArray, IntArray]:
    """Return the positions of the rows that both were asked about, in the data set and in both."""
    places = [
        {id: position for position, id in enumerate(ids.tolist())}
        for ids in (dataset.example_id, before.example_id, after.example_id)
    ]
    ids = [one for one in places[2] if one in places[0] and one in places[1]]
    where, old, new = (np.array([at[one] for one in ids], dtype=np.int64) for at in places)
    return where, old, new


def _groups(dataset: Dataset, where: IntArray) -> dict[str, dict[str, NDArray[np.bool_]]]:
    return {
        column: {name: rows[where] for name, rows in compared_rows(dataset, column).items()}
        for column in dataset.groups
    }


def _sides(dataset: Dataset, before: Predictions, after: Predictions, positive: int) -> Sides:
    """Lay both answers beside the labelled rows that both were asked about."""
    where, old, new = _joined(dataset, before, after)
    assert dataset.label is not None  # the caller asked
    return Sides(
        dataset=dataset.ref.name,
        label=dataset.label[where],
        before=before.decision[old],
        after=after.decision[new],
        n_classes=before.n_classes,
        positive=positive,
        groups=_groups(dataset, where),
        scores_before=None if before.scores is None else before.scores[old],
        scores_after=None if after.scores is None else after.scores[new],
        cluster=None if dataset.cluster is None else dataset.cluster[where],
    )


def _texts(dataset: Dataset, before: Predictions, after: Predictions) -> Texts:
    """Lay both readings beside the texts that both read whole."""
    where, old, new = _joined(dataset, before, after)
    n_bytes = np.array([scored_bytes(dataset.inputs[i]) for i in where.tolist()], dtype=np.float64)
    whole = n_bytes > 0
    for side, at in ((before, old), (after, new)):
        if side.truncated is not None:
            whole &= ~side.truncated[at]
    where, old, new = where[whole], old[whole], new[whole]
    assert before.logits is not None  # what a model answered has logits
    assert after.logits is not None
    return Texts(
        dataset=dataset.ref.name,
        before=before.logits[old, 0].astype(np.float64),
        after=after.logits[new, 0].astype(np.float64),
        n_bytes=n_bytes[whole],
        groups=_groups(dataset, where),
        cluster=None if dataset.cluster is None else dataset.cluster[where],
    )


def membership_changes(before: Subject, after: Subject) -> list[Change]:
    """Return how much better or worse training rows are told from test rows, by both models.

    Args:
        before: The run; its training rows are those that are asked about.
        after: The mitigated run.

    Raises:
        ModelError: If one of the two models is no longer what was audited.
    """
    train, kind = before.inputs.train, before.task.kind
    if train is None or (before.task.is_deciding and train.label is None):
        return []
    seed = before.loaded.config.seed
    at = sampled(train, seed)
    members = [of_training(kind, load_model(one), train, at) for one in (before, after)]
    answers = [{one.dataset: one for one in run.bundle.predictions()} for run in (before, after)]
    found = []
    for name, test in before.inputs.tests.items():
        if before.task.is_deciding and test.label is None:
            continue
        rows = unseen(test, train, [one[name] for one in answers], seed)
        others = [_answered(kind, test, rows, one[name]) for one in answers]
        found.append(area_change(name, members, others))
    return found


def _answered(kind: str, test: Dataset, rows: IntArray, answers: Predictions) -> FloatArray:
    places = {id: position for position, id in enumerate(answers.example_id.tolist())}
    where = [places[test.example_id[i]] for i in rows.tolist()]
    assert answers.logits is not None  # a model answered
    return signal_of(kind, test, rows, answers.logits[where])
