"""Method ``threshold``: one decision threshold for everybody; nobody's group is needed to decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.commands.mitigation.choosing import Scored, best, scored
from harness.engines.prediction import decide_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import Aim, FloatArray, IntArray

MOST = 200
"""Thresholds that are tried, at most: quantiles of the scores of validation."""


def thresholds(scores: FloatArray) -> FloatArray:
    """Return thresholds that part the scores, shape [t], t <= ``MOST``, between neighbouring scores.

    Args:
        scores: Of one class, shape [n].
    """
    levels = np.unique(scores)
    if len(levels) > MOST:
        levels = np.unique(np.quantile(scores, np.linspace(0, 1, MOST), method="nearest"))
    return (levels[1:] + levels[:-1]) / 2


def choose_threshold(
    aim: Aim,
    *,
    scores: FloatArray,
    groups: Mapping[str, NDArray[np.bool_]],
    label: IntArray,
    before: IntArray,
) -> tuple[float, Scored, Scored, int]:
    """Choose one threshold on validation rows.

    Args:
        aim: What is to become smaller.
        scores: Shape [n, 2].
        groups: Group → who is in it, shape [n].
        label: Shape [n].
        before: Decisions of the run's own model, shape [n].

    Returns:
        The threshold on the score of ``aim.positive``, how decisions were before and are by it, and
        how many thresholds were tried.
    """
    was = scored("as it is", aim, groups, before, label)
    of_positive = scores[:, aim.positive]
    levels = np.concatenate([[0.5], thresholds(of_positive)])
    tried = [
        scored(f"{at:.6g}", aim, groups, decide_at(scores, at, position=aim.positive), label)
        for at in levels.tolist()
    ]
    chosen = best(was, tried, max_loss=aim.max_loss)
    return float(levels[chosen]), was, tried[chosen], len(tried)
