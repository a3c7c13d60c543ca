"""Asking about inputs with gaps: any number of gaps in any number of inputs, packed together.

Legend of shapes: k rows, m gaps of a row, u units of a row, c classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation.asker import Ask
    from harness.engines.perturbation.units import Units
    from harness.modelling import HasParts, Item, Removal

    Absent = NDArray[np.bool_]

_TOKENS_AT_ONCE = 2**20
"""Tokens of inputs with gaps that are held in memory together; packs fill well long before that."""

_NO_ANSWERS = np.zeros((0, 1))


def ask_gaps(
    model: HasParts,
    units: Sequence[Units],
    absent: Sequence[Absent],
    *,
    ask: Ask,
    removal: Removal = "mask",
) -> list[NDArray[np.float64]]:
    """Return the logits of inputs with gaps; equal gaps of a row are asked about once.

    Args:
        model: Takes inputs apart.
        units: What can be taken from each row, k of them.
        absent: Which units are taken away, one array of shape [m, u] for each row.
        ask: Answers items with logits.
        removal: What stands where units stood.

    Returns:
        Logits for each row, shape [m, c].
    """
    distinct = [_distinct(each) for each in absent]
    found: list[NDArray[np.float64]] = []
    for items in _slices(model, units, [each for each, _ in distinct], removal):
        found.extend(np.asarray(ask(items), dtype=np.float64))
    answers, start = [], 0
    for each, inverse in distinct:
        own = found[start : start + len(each)]
        start += len(each)
        answers.append(np.array([own[index] for index in inverse]) if own else _NO_ANSWERS)
    return answers


def _distinct(absent: Absent) -> tuple[Absent, list[int]]:
    """Return the distinct gaps in order of first appearance, and which of them each one is."""
    seen: dict[bytes, int] = {}
    first: list[int] = []
    inverse = []
    for position, packed in enumerate(np.packbits(absent, axis=1)):
        number = seen.setdefault(packed.tobytes(), len(first))
        if number == len(first):
            first.append(position)
        inverse.append(number)
    return absent[first], inverse


def _slices(
    model: HasParts, units: Sequence[Units], absent: Sequence[Absent], removal: Removal
) -> Iterator[list[Item]]:
    items: list[Item] = []
    n_tokens = 0
    for row, gaps in zip(units, absent, strict=True):
        for gap in gaps:
            items.append(row.without(model, gap, removal))
            n_tokens += items[-1].length
            if n_tokens >= _TOKENS_AT_ONCE:
                yield items
                items, n_tokens = [], 0
    if items:
        yield items
