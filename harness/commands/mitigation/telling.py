"""How well the loss of a row tells training rows from test rows, before and after, on the same rows.

Signal of a row: the log-probability of its label, or of its text for each byte of it. The area under
the ROC curve is the chance that a training row has the higher one of two; 0.5 tells nothing. What makes
the two sets of rows different without any model moves both areas alike, so their difference is about
the models; the audit ``membership`` says whether either area by itself can be read at all.

Legend of shapes: n rows of train and test, c classes.

Source: Yeom et al. 2018, arXiv:1709.01604; pairs: DeLong et al. 1988, doi:10.2307/2531595
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.commands.mitigation.comparing import Change
from harness.commands.mitigation.surprise import scored_bytes
from harness.data.identity import order_keys
from harness.engines.prediction import default_budget, predict
from harness.records import ALL, TEXT_GENERATION
from harness.stats import delong, paired_area_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from harness.commands.mitigation.teaching import FloatArray, IntArray
    from harness.data import Dataset
    from harness.modelling import Model
    from harness.predictions import Predictions

MEASURE = "membership-area"
MOST = 2000
"""Rows of train, and of each test set, that are compared."""


def sampled(rows: Dataset, seed: int) -> IntArray:
    """Return positions of at most ``MOST`` rows, the same for the same ids and seed, in order."""
    keys = order_keys(rows.example_id.tolist(), seed=seed, purpose=("mitigate", "membership"))
    return np.sort(np.argsort(keys, kind="stable")[:MOST])


def signal_of(kind: str, rows: Dataset, at: IntArray, logits: ArrayLike) -> FloatArray:
    """Return the membership signal of some rows, shape [n].

    Args:
        kind: Of the task.
        rows: A data set.
        at: Positions of the rows, shape [n].
        logits: Of these rows, shape [n, c].
    """
    given = np.asarray(logits, dtype=np.float64)
    if kind == TEXT_GENERATION:
        n_bytes = [max(1, scored_bytes(rows.inputs[i])) for i in at.tolist()]
        return given[:, 0] / np.array(n_bytes, dtype=np.float64)
    assert rows.label is not None  # asked only of labelled rows
    top = given.max(axis=1)
    normal = top + np.log(np.exp(given - top[:, None]).sum(axis=1))
    found: FloatArray = given[np.arange(len(given)), rows.label[at]] - normal
    return found


def of_training(kind: str, model: Model, train: Dataset, at: IntArray) -> FloatArray:
    """Return the membership signal of training rows, shape [n]."""
    items = model.prepare([train.inputs[i] for i in at.tolist()])
    logits = predict(model, items, token_budget=default_budget(model.device))
    return signal_of(kind, train, at, logits)


def area_change(
    dataset: str, members: Sequence[FloatArray], others: Sequence[FloatArray]
) -> Change:
    """Return the change of the area on one test set.

    Args:
        dataset: Its name.
        members: Signals of training rows before and after, shape [n] each.
        others: Signals of test rows before and after.

    Undefined when: a side has no rows.
    """
    is_member = np.repeat([True, False], [len(members[0]), len(others[0])])
    before, after = (np.concatenate(one) for one in zip(members, others, strict=True))
    points = [delong(one, is_member).value for one in (before, after)]
    estimate = paired_area_difference(after, before, is_member)
    return Change(MEASURE, dataset, ALL, points[0], points[1], len(is_member), estimate)


def unseen(test: Dataset, train: Dataset, answers: Sequence[Predictions], seed: int) -> IntArray:
    """Return positions of sampled test rows that both answered and that do not stand in train."""
    known = set(train.inputs)
    ids = set.intersection(*(set(one.example_id.tolist()) for one in answers))
    return np.array(
        [
            i
            for i in sampled(test, seed).tolist()
            if test.inputs[i] not in known and test.example_id[i] in ids
        ],
        dtype=np.int64,
    )
