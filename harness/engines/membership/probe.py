"""What a linear model can read out of numbers: each row judged by a model that was fitted on other rows.

Legend: n rows, d numbers of a row, g kinds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

N_FOLDS = 5

_DENSE = 0.1
"""Weight of the rows against the penalty where all numbers are dense: they are many and alike."""


def folds(
    kind: IntArray, cluster: ArrayLike | None, seed: int
) -> Iterable[tuple[IntArray, IntArray]] | None:
    """Return pairs of rows to fit on and rows to judge, five of them.

    Args:
        kind: What is told apart, shape [n]; every fold holds each kind in its share.
        cluster: Cluster of each row, shape [n]; the rows of one stay in one fold.
        seed: Draws the folds.

    Undefined when: there is one kind, or one has fewer than 5 rows, or clusters; None then.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    units = np.arange(len(kind)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    held = [len(np.unique(units[kind == one])) for one in np.unique(kind)]
    if len(held) < 2 or min(held) < N_FOLDS:
        return None
    settings = {"n_splits": N_FOLDS, "shuffle": True, "random_state": seed}
    if cluster is None:
        return list(StratifiedKFold(**settings).split(units, kind))
    return list(StratifiedGroupKFold(**settings).split(units, kind, units))


def linear_model(weight: float) -> Any:
    """Return a logistic regression that weighs all kinds alike; the same data give the same model."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(solver="liblinear", C=weight, class_weight="balanced", random_state=0)


def probe(
    table: Any, kind: IntArray, *, seed: int, cluster: ArrayLike | None = None
) -> BoolArray | None:
    """Return whether the kind of each row is guessed by models fitted on other rows, shape [n].

    Args:
        table: Numbers of each row, shape [n, d], dense or sparse. Dense ones are standardised.
        kind: What is guessed, shape [n], 0 <= kind < g.
        seed: Draws the folds.
        cluster: Cluster of each row, shape [n]; the rows of one stay in one fold.

    Undefined when: a kind has fewer than 5 rows, or clusters; None then.
    """
    from scipy.sparse import issparse
    from sklearn.multiclass import OneVsRestClassifier

    parts = folds(kind, cluster, seed)
    if parts is None:
        return None
    is_sparse = issparse(table)
    numbers = table if is_sparse else _standardised(np.asarray(table, dtype=np.float64))
    found = np.zeros(len(kind), dtype=np.bool_)
    for train, test in parts:
        model = OneVsRestClassifier(linear_model(1.0 if is_sparse else _DENSE))
        guessed = model.fit(numbers[train], kind[train]).predict(numbers[test])
        found[test] = guessed == kind[test]
    return found


def balanced_accuracy(is_right: BoolArray, kind: IntArray) -> tuple[float, FloatArray]:
    """Return the mean over kinds of the share that is right, and how much each row moves it, shape [n].

    Args:
        is_right: Shape [n].
        kind: Shape [n]; every kind that occurs counts the same.
    """
    dense = np.unique(kind, return_inverse=True)[1]
    n = np.bincount(dense)
    shares = np.bincount(dense, weights=is_right) / n
    return float(shares.mean()), (is_right - shares[dense]) / (n[dense] * len(n))


def _standardised(table: FloatArray) -> FloatArray:
    spread = table.std(axis=0)
    found: FloatArray = (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return found
