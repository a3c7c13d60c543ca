"""Traces in the last layer: exact there, from one forward pass over each row.

The loss of a row depends on the weight of the last layer only through its logits, so its gradient is
the product of g = scores - onehot(label) and h, what goes into the layer: influence is
(h . h') (g . g'). The bias is left out, as TracIn does; it would add g . g'.

Legend of shapes: n rows, q decisions, m rows of a block, d features, c classes, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.engines.influence.ranking import per_block
from harness.engines.prediction import predict, softmax64
from harness.errors import ModelError, ShapeError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasLastLayer, Item

    FloatArray = NDArray[np.float32]
    IntArray = NDArray[np.int64]

Store = Literal["auto", "float32", "float16"]

FLOAT32_BYTES = 2**29
"""Features that would need more than this in float32 are kept in float16."""

_MOST_FLOAT16 = 6e4


@dataclass(frozen=True, slots=True)
class LastLayer:
    """Traces of n rows in the last layer.

    Attributes:
        features: h, shape [n, d], float32 or float16.
        pull: g = scores - onehot(label), shape [n, c], float32.
        label: Class that the loss is of, shape [n].
        decision: Class with the largest logit, shape [n].
        loss: Cross entropy of the label in nats, shape [n].
    """

    features: NDArray[np.floating]
    pull: FloatArray
    label: IntArray
    decision: IntArray
    loss: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.label)

    def relabelled(self, label: IntArray, weight: FloatArray, bias: FloatArray) -> LastLayer:
        """Return the same rows with other labels, shape [n]; the features stay as they are."""
        pull, loss = np.empty_like(self.pull), np.empty(self.n)
        for start in range(0, self.n, 8192):
            rows = slice(start, start + 8192)
            logits = _logits(self.features[rows], weight, bias)
            pull[rows], loss[rows] = pull_and_loss(logits, label[rows])
        return LastLayer(self.features, pull, label, self.decision, loss)

    def influence_on(self, rows: slice, decisions: LastLayer) -> FloatArray:
        """Return (h . h') (g . g') of some rows with decisions, shape [q, m]."""
        _same_width(self, decisions)
        near = decisions.features.astype(np.float32) @ self.features[rows].astype(np.float32).T
        found: FloatArray = near * (decisions.pull @ self.pull[rows].T)
        return found

    def self_influence(self) -> NDArray[np.float64]:
        """Return ||h||^2 ||g||^2, shape [n]: large where a row's loss pulls hard at its own answer."""

        def of(rows: slice) -> NDArray[np.float64]:
            h, g = self.features[rows].astype(np.float64), self.pull[rows].astype(np.float64)
            found: NDArray[np.float64] = (h * h).sum(axis=1) * (g * g).sum(axis=1)
            return found

        return per_block(self.n, self.features.shape[1], of)


def read_last_layer(
    model: HasLastLayer,
    chunks: Iterable[Sequence[Item]],
    label: IntArray | None,
    *,
    n: int,
    token_budget: int,
    store: Store = "auto",
    on_progress: Callable[[int], None] | None = None,
) -> LastLayer:
    """Run a model once over rows and keep what goes into its last layer, and the pull of each row.

    Args:
        model: With capability ``last-layer``.
        chunks: The rows, in pieces: only one piece is held besides what is kept.
        label: Class of each row, shape [n]; None for what the model decides.
        n: Rows of all pieces together.
        token_budget: Padded tokens of one batch.
        store: How h is kept; ``auto``: float32 up to 512 MiB, then float16 (relative error 2^-11).
        on_progress: Told after every piece how many rows are read.

    Raises:
        ShapeError: If the pieces do not hold n rows.
        ModelError: If h is not finite, or too large for float16.
    """
    weight, bias = model.last_layer()
    width, n_classes = weight.shape[1], weight.shape[0]
    is_wide = store == "float32" or (store == "auto" and 4 * n * width <= FLOAT32_BYTES)
    features = np.empty((n, width), dtype=np.float32 if is_wide else np.float16)
    pull = np.empty((n, n_classes), dtype=np.float32)
    decision, loss = np.empty(n, dtype=np.int64), np.empty(n)
    known = np.empty(n, dtype=np.int64) if label is None else label.astype(np.int64)
    done = 0
    for items in chunks:
        rows = slice(done, done + len(items))
        _fits(rows.stop, n)
        found = read_features(model, items, token_budget=token_budget)
        _fits_float16(found, features.dtype)
        logits = _logits(found, weight, bias)
        features[rows], decision[rows] = found, np.argmax(logits, axis=1)
        if label is None:
            known[rows] = decision[rows]
        pull[rows], loss[rows] = pull_and_loss(logits, known[rows])
        done = rows.stop
        if on_progress is not None:
            on_progress(done)
    if done != n or len(known) != n:
        raise ShapeError(f"Rows and labels must have shape [n={n}], got [{done}], [{len(known)}].")
    return LastLayer(features, pull, known, decision, loss)


def read_features(model: HasLastLayer, items: Sequence[Item], *, token_budget: int) -> FloatArray:
    """Return what goes into the last layer, shape [n, d]; equal items are computed once.

    Raises:
        ModelError: If it is not finite.
        IncompleteError: If the memory does not hold a single row.
    """
    width = model.last_layer()[0].shape[1]
    asked: Any = _AsLogits(model, width)
    return predict(asked, items, token_budget=token_budget)


def pull_and_loss(
    logits: NDArray[np.float64], label: IntArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scores - onehot(label), shape [n, c], and the cross entropy in nats, shape [n].

    The entry of the label is minus the sum of the others: 1 - score would be rounded away where a
    model is sure.
    """
    rows = np.arange(len(label))
    pull = softmax64(logits)
    pull[rows, label] = 0.0
    pull[rows, label] = -pull.sum(axis=1)
    top = logits.max(axis=1)
    loss = top + np.log(np.exp(logits - top[:, None]).sum(axis=1)) - logits[rows, label]
    return pull, np.maximum(loss, 0.0)


class _AsLogits:
    """A model whose answer is what goes into its last layer, so that the prediction engine can ask."""

    def __init__(self, model: HasLastLayer, width: int) -> None:
        self._model = model
        self.n_classes = width

    def logits(self, items: Sequence[Item]) -> FloatArray:
        return self._model.last_features(items)


def _logits(
    features: NDArray[np.floating], weight: FloatArray, bias: FloatArray
) -> NDArray[np.float64]:
    found: NDArray[np.float64] = features.astype(np.float64) @ weight.T.astype(np.float64) + bias
    return found


def _fits(stop: int, n: int) -> None:
    if stop > n:
        raise ShapeError(f"Rows must have shape [n={n}], got at least [{stop}].")


def _fits_float16(found: FloatArray, kept: np.dtype[Any]) -> None:
    largest = float(np.abs(found).max(initial=0))
    if kept == np.float16 and largest > _MOST_FLOAT16:
        what = f"be at most {_MOST_FLOAT16:g} to be kept in float16"
        raise ModelError(must("What goes into the last layer", what, largest))


def _same_width(train: LastLayer, decisions: LastLayer) -> None:
    kinds = [(one.features.shape[1], one.pull.shape[1]) for one in (train, decisions)]
    if kinds[0] != kinds[1]:
        raise ShapeError(
            f"Traces of rows and decisions must have the same [d, c], got {kinds[0]} and {kinds[1]}."
        )
