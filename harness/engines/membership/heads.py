"""Shadow heads: many last layers fitted at once on the same features, each on its own half of the rows.

Legend: n rows, d features, c classes, s heads.

A head is a linear layer, so s of them are one: their weights stand side by side in a matrix of shape
[d, s c], and one product answers for all. They are fitted together by accelerated gradient steps of a
length that follows from the features, so the same rows give the same heads; no generator is involved.

What they cannot see: what training left in the features themselves. Where the encoder was fine-tuned
too, a row that it learnt by heart is easy for every head, also for those that never saw it, and the
signal is a lower end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

N_HEADS = 64
N_STEPS = 150
PENALTY = 1e-4
"""Weight of the squared weights: heads are nearly free to learn their rows, as the audited one was."""


def halves(n: int, n_heads: int, rng: np.random.Generator) -> BoolArray:
    """Draw which rows each head is fitted on: half of them, every row by half of the heads, [s, n].

    Heads come in pairs that share nothing, so that the numbers are exact.
    """
    found = np.zeros((n_heads, n), dtype=np.bool_)
    for first in range(0, n_heads, 2):
        chosen = rng.permutation(n)[: n // 2]
        found[first, chosen] = True
        found[first + 1 : first + 2] = ~found[first]
    return found


def shadow_logits(
    features: NDArray[np.floating[Any]],
    label: NDArray[np.integer[Any]],
    is_in: BoolArray,
    *,
    n_classes: int,
    n_steps: int = N_STEPS,
) -> NDArray[np.float32]:
    """Fit a head on the rows of each half and return what all of them say of every row, [s, n, c].

    Args:
        features: What the last layer reads, shape [n, d].
        label: Classes, shape [n].
        is_in: Whether a head is fitted on a row, shape [s, n].
        n_classes: c.
        n_steps: Gradient steps.

    Raises:
        ShapeError: If the shapes do not belong together.
    """
    if (
        features.ndim != 2
        or np.shape(label) != features.shape[:1]
        or is_in.shape[1:] != np.shape(label)
    ):
        raise ShapeError(
            f"features, label and is_in must have shapes [n, d], [n] and [s, n], got "
            f"{list(features.shape)}, {list(np.shape(label))} and {list(is_in.shape)}."
        )
    x = _standardised(features)
    s, n = is_in.shape
    target = np.zeros((n, 1, n_classes), dtype=np.float32)
    target[np.arange(n), 0, np.asarray(label)] = 1
    weigh = (is_in / np.maximum(is_in.sum(axis=1, keepdims=True), 1)).T.astype(np.float32)[
        ..., None
    ]
    step = np.float32(1 / (_steepest(x, int(is_in.sum(axis=1).min())) + PENALTY))
    weight = np.zeros((x.shape[1], s * n_classes), dtype=np.float32)
    ahead = weight
    for number in range(n_steps):
        apart = (_softmax((x @ ahead).reshape(n, s, n_classes)) - target) * weigh
        moved = ahead - step * (x.T @ apart.reshape(n, -1) + np.float32(PENALTY) * ahead)
        ahead = moved + np.float32(number / (number + 3)) * (moved - weight)
        weight = moved
    found: NDArray[np.float32] = (x @ weight).reshape(n, s, n_classes).transpose(1, 0, 2)
    return found


def _standardised(features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return features of mean 0 and variance 1 with a column of ones, shape [n, d + 1]."""
    table = np.asarray(features, dtype=np.float32)
    spread = table.std(axis=0)
    scaled = (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return np.concatenate([scaled, np.ones((len(table), 1), dtype=np.float32)], axis=1)


def _steepest(x: NDArray[np.float32], least_rows: int) -> float:
    """Return a bound of the curvature of any head's loss: half the largest eigenvalue over its rows."""
    vector = np.ones(x.shape[1], dtype=np.float32) / np.sqrt(np.float32(x.shape[1]))
    size = 1.0
    for _ in range(30):
        image = x.T @ (x @ vector)
        size = float(np.linalg.norm(image))
        if size == 0:
            break
        vector = image / np.float32(size)
    # power iteration ends below the eigenvalue; a tenth more is safe
    return 0.5 * 1.1 * size / max(least_rows, 1)


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: NDArray[np.float32] = shifted / shifted.sum(axis=-1, keepdims=True)
    return found
