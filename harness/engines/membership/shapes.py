"""What may be shown of membership signals: the curve in rough steps, and histograms without small cells.

Legend: n rows.

A signal of a single row is never shown: that a row was in the training data is itself what leaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

SMALLEST = 10
"""Fewer rows than this are not shown as a number."""

_RATES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
_N_BINS = 20


def rough_curve(signal: FloatArray, is_member: BoolArray) -> list[list[float]]:
    """Return pairs of false and true positive rate, rounded to 0.01, where at least 10 rows stand above.

    Args:
        signal: Shape [n], finite.
        is_member: Shape [n].
    """
    from harness.stats import threshold_at

    members, others = signal[is_member], signal[~is_member]
    found = []
    for rate in _RATES:
        if rate * len(others) < SMALLEST:
            continue
        above = members > threshold_at(others, rate)
        if SMALLEST <= above.sum() <= len(members) - SMALLEST:
            found.append([rate, round(float(above.mean()), 2)])
    return found


def rough_histogram(signal: FloatArray, is_member: BoolArray) -> dict[str, Any]:
    """Return counts of members and non-members in up to 20 cells; None where a cell holds fewer than 10.

    A single gap takes the next smallest cell with it. The outer cells are open, so that no edge is the signal of a row.

    Args:
        signal: Shape [n], finite.
        is_member: Shape [n].
    """
    ends = np.quantile(signal, [0.05, 0.95])
    if len(signal) < 2 * SMALLEST or ends[0] == ends[1]:
        return {"edges": [], "members": [], "others": []}
    width = float(f"{(ends[1] - ends[0]) / (_N_BINS - 2):.1g}")
    first = np.floor(ends[0] / width)
    n_inner = int(np.ceil(ends[1] / width) - first)
    edges = [float(f"{(first + k) * width:.6g}") for k in range(n_inner + 1)]
    place = np.searchsorted(edges, signal, side="right")
    return {
        "edges": edges,
        "members": _shown(place[is_member], len(edges) + 1),
        "others": _shown(place[~is_member], len(edges) + 1),
    }


def _shown(place: NDArray[np.intp], n_cells: int) -> list[int | None]:
    counts = np.bincount(place, minlength=n_cells)
    is_hidden = counts < SMALLEST
    if is_hidden.sum() == 1 and n_cells > 1:  # one gap could be worked out from the sum
        is_hidden[np.argsort(np.where(is_hidden, np.iinfo(np.int64).max, counts))[0]] = True
    return [None if gap else n for n, gap in zip(counts.tolist(), is_hidden.tolist(), strict=True)]
