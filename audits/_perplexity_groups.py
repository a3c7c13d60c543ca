"""Bits per byte of groups that may share texts and clusters, and how far they are apart.

Legend: n texts, g groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._group_rates import clusters_of
from harness.records import Message
from harness.stats import linear_estimate, undefined, worst_linear_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._groups import GroupColumn
    from harness.records import Estimate
    from harness.stats import Keep

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

LEAST_UNITS = 10
"""Fewer independent texts or clusters do not show how a group varies."""

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios of sums over texts, group by group.

    Attributes:
        amount: Bits of each text, shape [n]; 0 where nothing was scored.
        of: Bytes of each, shape [n].
        cluster: Cluster of each text, shape [n]; None where each stands alone.
        keep: Stores large tables.
    """

    amount: FloatArray
    of: FloatArray
    cluster: NDArray[np.object_] | None
    keep: Keep | None

    def in_group(self, rows: BoolArray) -> Estimate:
        """Return the ratio over some texts."""
        chosen = rows & (self.of > 0)
        if not chosen.any():
            return undefined(_no_text(), unit="bits")
        moved = self._moved(chosen)[chosen]
        return linear_estimate(
            self._value(chosen),
            moved,
            unit="bits",
            range_low=0.0,
            range_high=None,
            cluster=None if self.cluster is None else self.cluster[chosen],
        )

    def apart(self, column: GroupColumn, least: int) -> tuple[Estimate, tuple[Message, ...]]:
        """Return the largest difference between the groups of a column, and who is not compared.

        Args:
            column: Whose groups.
            least: Texts below which a group is not compared.
        """
        code = clusters_of(self.cluster)[0]
        groups = {
            name: column.inside(name) & (self.of > 0)
            for name in column.grouping.names
            if column.left_out(name) is None
        }
        units = {
            name: int(rows.sum()) if code is None else len(np.unique(code[rows]))
            for name, rows in groups.items()
        }
        usable = [
            name
            for name, rows in groups.items()
            if rows.sum() >= least and units[name] >= LEAST_UNITS
        ]
        notes = (
            *_left_out(column, [name for name in groups if name not in usable], least),
            *column.caveats,
        )
        if len(usable) < 2:
            return undefined(_too_few(column), unit="bits"), notes
        table = np.stack([self._of_units(groups[name], code) for name in usable], axis=1)
        sizes = np.array([units[name] for name in usable], dtype=np.float64)
        root = np.sqrt(sizes / (sizes - 1))
        estimate = worst_linear_difference(
            usable,
            [self._value(groups[name]) for name in usable],
            (table.T @ table) * np.outer(root, root),
            n=int(np.any([groups[name] for name in usable], axis=0).sum()),
            unit="bits",
            df=float(sizes.min() - 1),
            is_complete=len(usable) == len(groups),
            keep=self.keep,
            range_high=None,
        )
        return estimate, notes

    def _value(self, rows: BoolArray) -> float:
        return float(self.amount[rows].sum() / self.of[rows].sum())

    def _moved(self, rows: BoolArray) -> FloatArray:
        """Return how much each text moves the ratio of some, shape [n]."""
        apart = (self.amount - self._value(rows) * self.of) / self.of[rows].sum()
        return np.where(rows, apart, 0.0)

    def _of_units(self, rows: BoolArray, code: NDArray[np.int64] | None) -> FloatArray:
        moved = self._moved(rows)
        if code is None:
            return moved
        summed: FloatArray = np.bincount(code, weights=moved).astype(np.float64)
        return summed


def _left_out(column: GroupColumn, names: list[str], least: int) -> tuple[Message, ...]:
    if not names:
        return ()
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (
        Message.of(
            "perplexity.not-compared",
            "Not estimable in {column}, so that nothing can pass: {groups}. They have fewer than {least} texts "
            "or fewer than {units} independent ones.",
            column=column.name,
            groups=", ".join(names[:_SHOWN]) + more,
            least=least,
            units=LEAST_UNITS,
        ),
    )


def _too_few(column: GroupColumn) -> Message:
    return Message.of(
        "perplexity.too-few-groups",
        "Not measured: fewer than two groups of the column {column} have enough texts to be compared.",
        column=column.name,
    )


def _no_text() -> Message:
    return Message.of("perplexity.no-text", "Not measured: no text of these rows was scored.")
