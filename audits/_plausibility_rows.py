"""One row's explanation beside what people marked in it, and F1 over the words of all rows.

Legend: k rows, p parts of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._plausibility_agreement import average_precision, chance_precision, f1, iou_f1, top
from harness.stats import linear_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Estimate


@dataclass(frozen=True, slots=True)
class Row:
    """What the parts on top of one row and the marked ones have in common.

    Attributes:
        n_both: Parts that are on top and marked.
        n_picked, n_marked, n_parts: Parts on top, marked parts, all parts.
        iou: F1 over runs of parts.
        precision: Average precision of the ranking.
    """

    n_both: int
    n_picked: int
    n_marked: int
    n_parts: int
    iou: float
    precision: float

    @property
    def f1(self) -> float:
        """F1 over parts."""
        return f1(self.n_both, self.n_picked, self.n_marked)

    @property
    def chance(self) -> float:
        """Average precision of a random ranking."""
        return chance_precision(self.n_parts, self.n_marked)


def compared(values: NDArray[np.float64], marked: NDArray[np.bool_], k: int | None = None) -> Row:
    """Compare one explanation with what is marked.

    Args:
        values: What each part adds to the class that the marks speak for, shape [p].
        marked: Shape [p], at least one.
        k: How many parts are on top; None for as many as are marked.
    """
    n_marked = int(marked.sum())
    picked = top(values, n_marked if k is None else k)
    return Row(
        n_both=int((picked & marked).sum()),
        n_picked=int(picked.sum()),
        n_marked=n_marked,
        n_parts=len(values),
        iou=iou_f1(picked, marked),
        precision=average_precision(values, marked),
    )


def micro_f1(rows: Sequence[Row], cluster: NDArray[np.object_] | None) -> Estimate:
    """Return F1 over the words of all rows: a ratio of sums, linear in rows to first order."""
    both = np.array([2 * one.n_both for one in rows], np.float64)
    total = np.array([one.n_picked + one.n_marked for one in rows], np.float64)
    value = float(both.sum() / total.sum())
    return linear_estimate(
        value,
        (both - value * total) / total.sum(),
        unit="share",
        range_low=0.0,
        range_high=1.0,
        cluster=cluster,
        is_skewed=True,
    )
