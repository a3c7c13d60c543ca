"""Traces in chosen parameters: gradients of each row, projected as they come.

For an adapter these are the gradients of what it trains (LoRA A and B); for a whole model the caller
names parameters. The table of all gradients is never in memory: of one batch it is, at most
``BATCH_BYTES``.

Legend of shapes: n rows, q decisions, m numbers of a projection, b batch, c classes, d features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from harness.engines.batching import batches
from harness.engines.influence.last_layer import read_features
from harness.engines.influence.ranking import per_block
from harness.errors import ShapeError, UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.influence.projection import SparseProjection
    from harness.modelling import HasLastLayer, HasPerExampleGradients, Item

    FloatArray = NDArray[np.float32]
    IntArray = NDArray[np.int64]

BATCH_BYTES = 2**27
"""Gradients of one batch, at most; a single row may need more."""

MOST_ENTRIES = 8_000_000
"""Entries of a gradient that are projected; more are refused, because each row costs as much."""


@dataclass(frozen=True, slots=True)
class Projected:
    """Projected gradients of n rows.

    Attributes:
        vectors: Shape [n, m], float32.
        label: Class that the loss is of, shape [n].
        features: What goes into the last layer, shape [n, d]; None where a model does not show it.
    """

    vectors: FloatArray
    label: IntArray
    features: FloatArray | None

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.label)

    def influence_on(self, rows: slice, decisions: Projected) -> FloatArray:
        """Return the products of the gradients of some rows with those of decisions, shape [q, m]."""
        found: FloatArray = decisions.vectors @ self.vectors[rows].T
        return found

    def self_influence(self) -> NDArray[np.float64]:
        """Return the squared length of each gradient, shape [n]."""

        def of(rows: slice) -> NDArray[np.float64]:
            vectors = self.vectors[rows].astype(np.float64)
            found: NDArray[np.float64] = (vectors * vectors).sum(axis=1)
            return found

        return per_block(self.n, self.vectors.shape[1], of)


def read_gradients(
    model: HasPerExampleGradients,
    chunks: Iterable[Sequence[Item]],
    label: IntArray,
    *,
    projection: SparseProjection,
    token_budget: int,
    parameters: Sequence[str] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Projected:
    """Differentiate the loss of each row and keep its gradient, projected.

    Args:
        model: With capability ``per-example-gradients``.
        chunks: The rows, in pieces.
        label: Class of each row, shape [n]: its label, or what was decided about it.
        projection: The same one for training rows and decisions.
        token_budget: Padded tokens of one batch.
        parameters: Names or patterns; None for what is marked as trainable (an adapter's).
        on_progress: Told after every piece how many rows are read.

    Raises:
        UsageError: If the chosen parameters have more than ``MOST_ENTRIES`` entries.
        ModelError: If a name or pattern fits no parameter.
        ShapeError: If the pieces do not hold n rows.
    """
    vectors = np.zeros((len(label), projection.n_dims), dtype=np.float32)
    features: list[FloatArray] = []
    directions: list[tuple[IntArray, FloatArray | None]] = []
    n_classes = getattr(model, "n_classes", 0)
    reads_last = "last-layer" in getattr(model, "capabilities", ())
    done, most = 0, 0
    for items in chunks:
        rows = np.arange(done, done + len(items))
        if len(items) and done + len(items) <= len(label):
            most = most or _rows_of_a_batch(model, items[0], parameters)
            for batch in _small(batches(items, token_budget), most):
                found = model.per_example_gradients(
                    [items[i] for i in batch], label[rows[batch]], parameters=parameters
                )
                vectors[rows[batch]] = projection(found)
                directions.append((rows[batch], direction_of(found, label[rows[batch]], n_classes)))
            if reads_last:
                features.append(
                    read_features(cast("HasLastLayer", model), items, token_budget=token_budget)
                )
        done += len(items)
        if on_progress is not None:
            on_progress(done)
    if done != len(label):
        raise ShapeError(f"Rows and labels must have the same n, got {done} and {len(label)}.")
    seen = np.concatenate(features) if features else _placed(directions, len(label))
    return Projected(vectors, label.astype(np.int64), seen)


def direction_of(
    gradients: Mapping[str, FloatArray], label: IntArray, n_classes: int
) -> FloatArray | None:
    """Return which way h points that each row feeds into the last layer, shape [b, d].

    The gradient of the last layer's weight is g h, of rank one, and only the label's g is below 0.

    Args:
        gradients: Parameter → gradients of b rows; the last one of shape [b, c, d] is looked at.
        label: Class of each row, shape [b].
        n_classes: c.

    Returns:
        None where no such gradient is among them, as of a decoder's last layer that is not trained.
    """
    heads = [
        one
        for name, one in gradients.items()
        if one.ndim == 3 and one.shape[1] == n_classes and ".lora_" not in name
    ]
    if not heads:
        return None
    head = heads[-1]
    # classes may stand in another order in the network; of more than two the label's g is the largest
    row = np.linalg.norm(head, axis=2).argmax(axis=1) if n_classes > 2 else label
    found: FloatArray = -head[np.arange(len(label)), row]
    return found


def _placed(directions: Sequence[tuple[IntArray, FloatArray | None]], n: int) -> FloatArray | None:
    known = [(rows, one) for rows, one in directions if one is not None]
    if not known or len(known) != len(directions):
        return None
    features = np.zeros((n, known[0][1].shape[1]), dtype=np.float32)
    for rows, one in known:
        features[rows] = one
    return features


def _rows_of_a_batch(
    model: HasPerExampleGradients, item: Item, parameters: Sequence[str] | None
) -> int:
    """Try one row: how many gradients of this size are held at once."""
    ref = getattr(model, "ref", None)
    if parameters is None and ref is not None and ref.adapter_digest is None:
        n_entries = ref.n_parameters or 0  # known without holding a gradient of a whole model
    else:
        n_entries = 0
    if n_entries <= MOST_ENTRIES:
        found = model.per_example_gradients(
            [item], np.zeros(1, dtype=np.int64), parameters=parameters
        )
        n_entries = sum(one.size for one in found.values())
    if n_entries == 0 or n_entries > MOST_ENTRIES:
        what = f"have 1 to {MOST_ENTRIES:,} entries"
        do = "Name some of them, e.g. those of the last layer, or train an adapter."
        raise UsageError(
            must("The parameters whose gradients are compared", what, n_entries, do=do)
        )
    return max(1, BATCH_BYTES // (4 * n_entries))


def _small(found: Iterable[list[int]], most: int) -> Iterable[list[int]]:
    for batch in found:
        yield from (batch[start : start + most] for start in range(0, len(batch), most))
