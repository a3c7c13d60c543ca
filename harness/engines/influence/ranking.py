"""The training rows that pull hardest towards a decision, found block by block.

The table of all training rows against all decisions is never in memory, only one block of it.

Legend of shapes: n training rows, q decisions, k rows that are kept, m rows of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from harness.errors import ShapeError, UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]
    IntArray = NDArray[np.int64]

BLOCK_VALUES = 8_000_000
"""Values of one block of the table, 32 MB in float32."""


class Traces(Protocol):
    """What training left in n rows: enough to say how they influence each other.

    Attributes:
        n: Rows.
        label: Class that the gradient is of, shape [n]: the label of a training row, or what was
            decided about a row.
        features: What goes into the last layer, shape [n, d], or its direction; None where a model
            does not show it.
    """

    @property
    def n(self) -> int:
        """Rows."""
        ...

    @property
    def label(self) -> IntArray:
        """Class that the gradient is of, shape [n]."""
        ...

    @property
    def features(self) -> NDArray[np.floating] | None:
        """What goes into the last layer, shape [n, d]."""
        ...

    def influence_on(self, rows: slice, decisions: Any) -> FloatArray:
        """Return how some rows pull towards decisions (traces of the same kind), shape [q, m]."""
        ...

    def self_influence(self) -> NDArray[np.float64]:
        """Return the influence of each row on itself, shape [n], >= 0."""
        ...


@dataclass(frozen=True, slots=True)
class TopRows:
    """The most influential training rows of q decisions, and the nearest ones beside them.

    Attributes:
        index: Positions of the k most influential rows, most influential first, shape [q, k].
        influence: Their influence, shape [q, k], descending.
        cosine: Their similarity to the decision in what the last layer reads, -1 to 1, shape
            [q, k]; None where a model does not show it.
        nearest: Positions of the k nearest rows, nearest first, shape [q, k]; None likewise.
        nearest_cosine: Their similarity, shape [q, k], descending; None likewise.
        support: Sum of all influence above 0 on each decision, shape [q].
    """

    index: IntArray
    influence: FloatArray
    cosine: FloatArray | None
    nearest: IntArray | None
    nearest_cosine: FloatArray | None
    support: NDArray[np.float64]


def top_rows(train: Traces, decisions: Traces, *, k: int, is_normalised: bool = False) -> TopRows:
    """Return the k training rows that pull hardest towards each decision, and the k nearest ones.

    Args:
        train: Traces of the training rows, n of them.
        decisions: Traces of the decisions, q of them, of the same kind.
        k: Rows to keep; fewer where there are fewer.
        is_normalised: Divide the influence of a training row by the length of its gradient, so that
            rows which influence everything (rows with a large loss) do not come first everywhere.

    Raises:
        UsageError: If k is below 1, or there is no training row.
        ShapeError: If the two are not of the same kind and width.
    """
    if k < 1:
        raise UsageError(must("k", "be an integer >= 1", k))
    if train.n == 0:
        raise UsageError(must("Training rows", "be at least one", 0))
    if type(train) is not type(decisions):
        kinds = (type(train).__name__, type(decisions).__name__)
        raise ShapeError(must("Traces of rows and decisions", "be of one kind", kinds))
    scale = _lengths(train) if is_normalised else None
    best, support = Best(decisions.n, k), np.zeros(decisions.n)
    for rows in blocks(train.n, decisions.n):
        found = train.influence_on(rows, decisions)
        if scale is not None:
            found = found / scale[rows]
        support += np.maximum(found, 0).sum(axis=1, dtype=np.float64)
        best.offer(found, rows.start)
    if train.features is None or decisions.features is None:
        return TopRows(best.index, best.value, None, None, None, support)
    near = nearest_of(train.features, decisions.features, k=k)
    cosine = cosine_at(train.features, decisions.features, best.index)
    return TopRows(best.index, best.value, cosine, near.index, near.value, support)


class Best:
    """The k largest values of each of q rows so far, and where they stand; equal ones by position."""

    def __init__(self, q: int, k: int) -> None:
        self._k = k
        self.index = np.zeros((q, 0), dtype=np.int64)
        self.value = np.zeros((q, 0), dtype=np.float32)

    def offer(self, values: FloatArray, start: int) -> None:
        """Take up a block, shape [q, m], whose first column stands at a position."""
        columns = _largest(values, self._k)
        value = np.concatenate([self.value, np.take_along_axis(values, columns, axis=1)], axis=1)
        index = np.concatenate([self.index, columns + start], axis=1)
        order = np.lexsort((index, -value), axis=1)[:, : self._k]
        self.value = np.take_along_axis(value, order, axis=1)
        self.index = np.take_along_axis(index, order, axis=1)


def nearest_of(
    train: NDArray[np.floating],
    decisions: NDArray[np.floating],
    *,
    k: int,
    itself: IntArray | None = None,
) -> Best:
    """Return the k rows of ``train`` [n, d] with the largest cosine to each of ``decisions`` [q, d].

    Args:
        train: Rows to search.
        decisions: Rows to search for.
        k: Rows to keep.
        itself: Position in ``train`` of each of the q rows, which does not count; None for none.
    """
    best, own = Best(len(decisions), k), units(decisions)
    for rows in blocks(len(train), len(decisions)):
        found = own @ units(train[rows]).T
        if itself is not None:
            here = (itself >= rows.start) & (itself < rows.stop)
            found[np.flatnonzero(here), itself[here] - rows.start] = -np.inf
        best.offer(found, rows.start)
    return best


def cosine_at(
    train: NDArray[np.floating], decisions: NDArray[np.floating], index: IntArray
) -> FloatArray:
    """Return the cosine of each decision [q, d] with some rows [q, k] of ``train``, shape [q, k]."""
    own = units(decisions)
    found = np.empty(index.shape, dtype=np.float32)
    for position, rows in enumerate(index):
        found[position] = units(train[rows]) @ own[position]
    return found


def units(features: NDArray[np.floating]) -> FloatArray:
    """Return rows of length 1, float32; a row of zeros stays one: it is similar to nothing."""
    wide = features.astype(np.float32)
    length = np.sqrt(np.einsum("nd,nd->n", wide, wide, dtype=np.float64))[:, None]
    scaled: FloatArray = np.divide(wide, length, out=np.zeros_like(wide), where=length > 0).astype(
        np.float32
    )
    return scaled


def blocks(n: int, q: int) -> Iterator[slice]:
    """Cut n rows so that a block of q values for each fits the memory that is meant for it."""
    size = max(1, BLOCK_VALUES // max(1, q))
    return (slice(start, min(n, start + size)) for start in range(0, n, size))


def per_block(n: int, width: int, of: Callable[[slice], NDArray[Any]]) -> NDArray[np.float64]:
    """Return one number for each of n rows, computed block by block, shape [n]."""
    found = np.empty(n)
    for rows in blocks(n, width):
        found[rows] = of(rows)
    return found


def _largest(values: FloatArray, k: int) -> IntArray:
    if values.shape[1] <= k:
        return np.broadcast_to(np.arange(values.shape[1]), values.shape).astype(np.int64)
    found: IntArray = np.argpartition(-values, k - 1, axis=1)[:, :k].astype(np.int64)
    return found


def _lengths(train: Traces) -> FloatArray:
    # a row that pulls nowhere influences nothing, whatever it is divided by
    length = np.sqrt(train.self_influence())
    return np.where(length > 0, length, 1.0).astype(np.float32)
