"""How far the parts that an explanation puts on top are those that people marked: numbers of one row.

Legend: p parts of a row, m of them marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

IOU_MATCH = 0.5
"""Intersection over union from which two runs of parts are a match."""


def top(values: FloatArray, k: int) -> BoolArray:
    """Return the k parts of the highest values, shape [p]; of equal ones those that stand first."""
    found = np.zeros(len(values), dtype=np.bool_)
    found[np.argsort(-values, kind="stable")[:k]] = True
    return found


def f1(n_both: float, n_picked: float, n_marked: float) -> float:
    """Return the harmonic mean of precision and recall; 0 where nothing is picked or marked."""
    n = n_picked + n_marked
    return 2 * n_both / n if n else 0.0


def iou_f1(picked: BoolArray, marked: BoolArray) -> float:
    """Return F1 over runs of neighbouring parts; a run matches by an overlap of ``IOU_MATCH``.

    Precision is the share of picked runs that match a marked one, recall the share of marked runs that
    match a picked one.

    Args:
        picked: Parts on top, shape [p].
        marked: Parts that people marked, shape [p].
    """
    mine, theirs = runs(picked), runs(marked)
    if not mine or not theirs:
        return 0.0
    table = np.array([[_iou(one, other) for other in theirs] for one in mine])
    precision = float((table.max(axis=1) >= IOU_MATCH).mean())
    recall = float((table.max(axis=0) >= IOU_MATCH).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def runs(chosen: BoolArray) -> list[tuple[int, int]]:
    """Return [start, stop) of every run of chosen parts that stand side by side."""
    ends = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    return list(zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True))


def average_precision(values: FloatArray, marked: BoolArray) -> float:
    """Return the area under precision over recall as a step function; equal values share a step.

    Args:
        values: What ranks the parts, shape [p].
        marked: Shape [p], at least one.
    """
    order = np.argsort(-values, kind="stable")
    hits = np.cumsum(marked[order])
    is_step = np.append(np.diff(values[order]) != 0, True)
    n_above = np.arange(1, len(values) + 1)[is_step]
    found = hits[is_step]
    gained = np.diff(np.concatenate([[0], found]))
    return float((gained * found / n_above).sum() / found[-1])


def chance_precision(p: int, m: int) -> float:
    """Return the average precision of a random order, on average over all orders.

    It exceeds the density m / p, in short texts by far: with one marked part of five it is 0.46.
    Over rank r the part there is marked in m / p of all orders, and then (r - 1)(m - 1) / (p - 1) of
    those above it are, on average.
    """
    if p == 1:
        return 1.0
    harmonic = float((1 / np.arange(1, p + 1)).sum())
    return (harmonic + (m - 1) / (p - 1) * (p - harmonic)) / p


def _iou(one: tuple[int, int], other: tuple[int, int]) -> float:
    both = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return both / (one[1] - one[0] + other[1] - other[0] - both)
