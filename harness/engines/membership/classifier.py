"""Membership signals of classifiers, from the logits of each row and its label.

Legend: n rows, c classes.

Every signal is higher for rows that are more likely members. ``loss``: the log-probability of the
label. ``entropy``: how little is left open, whatever the label. ``modified-entropy``: both, 0 where the
label is certain. ``phi``: the log-odds of the label, which near certainty tells apart what
probabilities do not.

Source: Yeom et al. 2018, arXiv:1709.01604 (loss); Song and Mittal 2021, arXiv:2003.10595 (modified
entropy); Carlini et al. 2022, arXiv:2112.03570 (phi)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

CLASSIFIER_SIGNALS = ("phi", "loss", "entropy", "modified-entropy")
"""Signals in the order of reports."""

_LEAST = 1e-300


def classifier_signals(
    logits: NDArray[np.floating[Any]], label: NDArray[np.integer[Any]]
) -> dict[str, FloatArray]:
    """Return the signals by name, shape [n] each.

    Args:
        logits: Before softmax, shape [n, c], c >= 2.
        label: True class, shape [n].

    Raises:
        ShapeError: If the shapes do not belong together.
    """
    table = np.asarray(logits, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2 or np.shape(label) != table.shape[:1]:
        raise ShapeError(
            f"logits and label must have shapes [n, c >= 2] and [n], got {list(table.shape)} and "
            f"{list(np.shape(label))}."
        )
    logs = table - _log_sum(table)
    chance = np.exp(logs)
    rows = np.arange(len(table))
    own = logs[rows, label]
    rest = _log_rest(logs)
    entropy = -(chance * logs).sum(axis=1)
    # of the other classes: how sure it is that each of them is wrong
    wrong = -(chance * rest)
    modified = -(np.exp(rest[rows, label]) * own) + wrong.sum(axis=1) - wrong[rows, label]
    return {
        "phi": phi(table, label),
        "loss": own,
        "entropy": -entropy,
        "modified-entropy": -modified,
    }


def phi(logits: NDArray[np.floating[Any]], label: NDArray[np.integer[Any]]) -> FloatArray:
    """Return the log-odds of the label, shape [..., n], from logits of shape [..., n, c]."""
    table = np.asarray(logits, dtype=np.float64)
    own = np.take_along_axis(table, _column(label, table), axis=-1)[..., 0]
    others = table.copy()
    np.put_along_axis(others, _column(label, table), -np.inf, axis=-1)
    found: FloatArray = own - _log_sum(others)[..., 0]
    return found


def label_probability(
    logits: NDArray[np.floating[Any]], label: NDArray[np.integer[Any]]
) -> FloatArray:
    """Return the probability of the label, shape [..., n], above 0, from logits [..., n, c]."""
    table = np.asarray(logits, dtype=np.float64)
    logs = table - _log_sum(table)
    own = np.take_along_axis(logs, _column(label, table), axis=-1)[..., 0]
    found: FloatArray = np.maximum(np.exp(own), _LEAST)
    return found


def _column(label: NDArray[np.integer[Any]], table: FloatArray) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.broadcast_to(
        np.asarray(label, dtype=np.int64)[:, None], (*table.shape[:-1], 1)
    )
    return found


def _log_sum(table: FloatArray) -> FloatArray:
    most = table.max(axis=-1, keepdims=True)
    found: FloatArray = most + np.log(np.exp(table - most).sum(axis=-1, keepdims=True))
    return found


def _log_rest(logs: FloatArray) -> FloatArray:
    """Return log(1 - p) of each class, exact also where p is nearly 1, shape [n, c]."""
    found = np.empty_like(logs)
    for k in range(logs.shape[1]):
        found[:, k] = _log_sum(np.delete(logs, k, axis=1))[:, 0]
    return found
