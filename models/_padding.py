"""Items of different length as rectangles.

Legend of shapes: b batch, t tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from models._editing import WORD_IDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

Side = Literal["left", "right"]


def pad(
    rows: Sequence[Mapping[str, NDArray[np.int64]]], *, side: Side, fill: Mapping[str, int]
) -> dict[str, NDArray[np.int64]]:
    """Put rows of different length into rectangles and say which tokens are real.

    Args:
        rows: Arrays of shape [t] under the same names; ``word_ids`` is left out.
        side: Where padding goes.
        fill: Name → what padding consists of; 0 for names that are missing.

    Returns:
        Arrays of shape [b, longest t], with ``attention_mask`` (1 real, 0 padding) and
        ``position_ids`` (real tokens counted from 0, 0 on padding) beside the given names.
    """
    lengths = [len(row["input_ids"]) for row in rows]
    longest = max(lengths)
    starts = [longest - length if side == "left" else 0 for length in lengths]
    padded: dict[str, NDArray[np.int64]] = {}
    for name in rows[0]:
        if name != WORD_IDS:
            padded[name] = np.full((len(rows), longest), fill.get(name, 0), dtype=np.int64)
    padded["attention_mask"] = np.zeros((len(rows), longest), dtype=np.int64)
    padded["position_ids"] = np.zeros((len(rows), longest), dtype=np.int64)
    for i, (row, start, length) in enumerate(zip(rows, starts, lengths, strict=True)):
        for name in row.keys() - {WORD_IDS}:
            padded[name][i, start : start + length] = row[name]
        padded["attention_mask"][i, start : start + length] = 1
        padded["position_ids"][i, start : start + length] = np.arange(length)
    return padded
