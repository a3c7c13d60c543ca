"""Differences of what is read from scores: areas, losses, overconfidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.commands.comparing.asked import (
    Asked,
    Found,
    class_of_interest,
    mean_of,
    no_scores,
    not_derived,
    rows_inside,
)
from harness.commands.comparing.rows import Rows
from harness.records import Estimate, Message
from harness.stats import delong, linear_estimate, paired_area_difference, paired_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_MIXED = ("bpsn-auc", "bnsp-auc")
_EPS = float(np.finfo(np.float64).eps)
_MOST_NATS = -float(np.log(_EPS))


def area(rows: Rows, asked: Asked) -> Found | Message:
    """Compare the area under the ROC curve of two classes, of all rows or of a group."""
    a, b = rows.first.scores, rows.second.scores
    if a is None or b is None:
        return no_scores(asked)
    k = class_of_interest(asked)
    inside = rows_inside(rows, asked)
    if isinstance(inside, Message):
        return inside
    if isinstance(k, Message) or rows.label is None or rows.first.n_classes != 2:
        return not_derived(asked)
    if asked.name in _MIXED:
        inside = _mixed(rows, asked, inside, rows.label == k)
    positive = (rows.label == k)[inside]
    cluster = None if rows.cluster is None else rows.cluster[inside]
    first, second = a[inside, k], b[inside, k]
    areas = [delong(one, positive, cluster=cluster).value for one in (first, second)]
    if np.array_equal(first, second):
        few = int(min(positive.sum(), (~positive).sum()))
        estimate = _nothing(len(positive), cluster, (-1.0, 1.0), units=few)
    else:
        estimate = paired_area_difference(first, second, positive, cluster=cluster)
    values = [np.nan if one is None else float(one) for one in areas]
    return Found(estimate, values[0], values[1])


def _mixed(rows: Rows, asked: Asked, inside: BoolArray, positive: BoolArray) -> BoolArray:
    """Return one class of the group with the other class of the rest, shape [n]."""
    (column,) = asked.where
    rest = (rows.columns or {})[column].is_known & ~inside
    of_group = ~positive if asked.name == "bpsn-auc" else positive
    found: BoolArray = (inside & of_group) | (rest & ~of_group)
    return found


def _nothing(
    n: int, cluster: NDArray[Any] | None, ends: tuple[float, float], *, units: int
) -> Estimate:
    """Return a difference of 0 between two sides that are equal in every row."""
    return linear_estimate(
        0.0,
        np.zeros(n),
        unit="difference",
        range_low=ends[0],
        range_high=ends[1],
        cluster=cluster,
        units=units,
    )


def log_loss(rows: Rows, asked: Asked) -> Found | Message:
    """Compare the log loss, row by row."""

    def loss(scores: FloatArray, label: IntArray) -> FloatArray:
        own: FloatArray = -np.log(np.clip(scores[np.arange(len(label)), label], _EPS, 1 - _EPS))
        return own

    return _of_numbers(rows, asked, loss, _MOST_NATS)


def brier(rows: Rows, asked: Asked) -> Found | Message:
    """Compare the squared distance between scores and what happened, row by row."""

    def squared(scores: FloatArray, label: IntArray) -> FloatArray:
        truth = np.eye(scores.shape[1])[label]
        found: FloatArray = ((scores - truth) ** 2).sum(axis=1)
        return found

    return _of_numbers(rows, asked, squared, 2.0)


def overconfidence(rows: Rows, asked: Asked) -> Found | Message:
    """Compare the score of the decision minus whether it is right, row by row."""
    a, b = rows.first, rows.second
    if a.scores is None or b.scores is None or rows.label is None:
        return no_scores(asked)
    sides = [
        one.scores[np.arange(rows.n), one.decision] - (one.decision == rows.label)
        for one in (a, b)
        if one.scores is not None
    ]
    estimate = paired_difference(
        *sides, cluster=rows.cluster, range_low=-2.0, range_high=2.0, unit="difference"
    )
    return Found(estimate, mean_of(sides[0]), mean_of(sides[1]))


def _of_numbers(
    rows: Rows, asked: Asked, of: Callable[[FloatArray, IntArray], FloatArray], most: float
) -> Found | Message:
    a, b = rows.first.scores, rows.second.scores
    if a is None or b is None or rows.label is None:
        return no_scores(asked)
    first, second = of(a, rows.label), of(b, rows.label)
    estimate = paired_difference(
        first, second, cluster=rows.cluster, range_low=-most, range_high=most
    )
    return Found(estimate, mean_of(first), mean_of(second))
