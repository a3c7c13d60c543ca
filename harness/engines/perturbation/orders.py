"""Rankings of the parts of a row: of attributions, and at random.

Legend of shapes: k rows, p parts of a row, r random orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MethodRefused, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Attributions
    from harness.modelling import Item

    Order = NDArray[np.int64]


def order_of(values: NDArray[np.floating[Any]]) -> Order:
    """Return positions by descending value, shape [p]; of equal values the earlier comes first."""
    return np.argsort(-np.asarray(values, dtype=np.float64), kind="stable").astype(np.int64)


def orders_of(attributions: Attributions) -> list[Order]:
    """Return for each row its words, the one that speaks most for the decision first.

    Raises:
        MethodRefused: If the values are those of tokens.
    """
    check_words(attributions)
    return [order_of(attributions.of(index)) for index in range(attributions.n)]


def check_words(attributions: Attributions) -> None:
    """Refuse values of tokens where words are taken away.

    Raises:
        MethodRefused: If the values are those of tokens.
    """
    if attributions.method.unit != "word":
        do = "Add up the tokens of each word first."
        raise MethodRefused(must("method.unit", "be word", attributions.method.unit, do=do))


def random_orders(
    items: Sequence[Item], n_parts: Sequence[int], *, n_orders: int, seed: int
) -> list[list[Order]]:
    """Return r random orders for each of k rows: r lists of k orders.

    An order depends on seed, content of the row and its own number alone.

    Args:
        items: k of them.
        n_parts: p of each.
        n_orders: r.
        seed: >= 0.
    """
    return [
        [
            generator_of(item, seed, number).permutation(n).astype(np.int64)
            for item, n in zip(items, n_parts, strict=True)
        ]
        for number in range(n_orders)
    ]


def generator_of(item: Item, seed: int, number: int = 0) -> np.random.Generator:
    """Return the generator of one row: the rows beside it change none of its numbers."""
    return np.random.default_rng([seed, int.from_bytes(item.key, "big"), number])
