"""Means of numbers in groups that may share rows and clusters, and how far they are apart.

Legend: n rows, g groups, m clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.records import Message
from harness.stats import few_clusters, linear_estimate, undefined, worst_linear_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._groups import GroupColumn
    from harness.records import Estimate
    from harness.stats import Keep

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

_SHOWN = 6


def means_of_groups(
    values: FloatArray,
    groups: Sequence[BoolArray],
    cluster: IntArray | None,
    units: Sequence[int],
) -> tuple[FloatArray, FloatArray, float]:
    """Return means of groups, their covariance, shape [g, g], and its degrees of freedom.

    Groups may share rows, and clusters: what they share is in the covariance.

    Args:
        values: Shape [n], finite in every group.
        groups: Rows of each group, shape [n] each, at least two in every group.
        cluster: Number of each row's cluster, shape [n]; None where each row stands alone.
        units: Independent units of each group, at least two.
    """
    means = np.array([float(values[rows].mean()) for rows in groups])
    table = np.stack([_influence(values, rows, cluster) for rows in groups], axis=1)
    found: FloatArray = table.T @ table
    sizes = np.array(units, np.float64)
    # each group's variance is that of its own units, so that one of few is not taken for one of many
    root = np.sqrt(sizes / (sizes - 1))
    return means, found * np.outer(root, root), float(sizes.min() - 1)


@dataclass(frozen=True, slots=True)
class Means:
    """Numbers between -1 and 1 whose means are compared between groups.

    Attributes:
        values: Shape [n]; NaN where a row has none.
        cluster: Number of each row's cluster, shape [n]; None where each row stands alone.
        keep: Stores large tables.
        unit: Of the values.
    """

    values: FloatArray
    cluster: IntArray | None
    keep: Keep | None
    unit: str = "difference"

    def known(self, rows: BoolArray) -> BoolArray:
        """Return those of some rows that have a number, shape [n]."""
        found: BoolArray = rows & np.isfinite(self.values)
        return found

    def units(self, rows: BoolArray) -> int:
        """Return independent units among some rows."""
        chosen = self.known(rows)
        return int(chosen.sum()) if self.cluster is None else len(np.unique(self.cluster[chosen]))

    def few(self, rows: BoolArray) -> tuple[Message, ...]:
        """Return the caveat of too few clusters among some rows."""
        return () if self.cluster is None else few_clusters(self.units(rows))

    def of(self, rows: BoolArray) -> Estimate:
        """Return the mean over some rows."""
        chosen = self.known(rows)
        if not chosen.any():
            return undefined(_no_number(), unit=self.unit)
        values = self.values[chosen]
        mean = float(values.mean())
        return linear_estimate(
            mean,
            (values - mean) / len(values),
            unit=self.unit,
            range_low=-1.0,
            range_high=1.0,
            cluster=None if self.cluster is None else self.cluster[chosen],
        )

    def worst(self, column: GroupColumn, least: int) -> tuple[Estimate, tuple[Message, ...]]:
        """Return the largest difference between the groups of a column, and who is not compared.

        Args:
            column: Whose groups.
            least: Rows with a number, below which a group is not compared.
        """
        rows = {
            name: self.known(column.inside(name))
            for name in column.grouping.names
            if column.left_out(name) is None
        }
        usable = {
            name: chosen
            for name, chosen in rows.items()
            if chosen.sum() >= max(least, 2)
            and not self.few(chosen)
            and np.ptp(self.values[chosen]) > 0
        }
        notes = _lacking(column, rows, usable, least)
        if len(usable) < 2:
            why = _too_few_groups(column)
            return undefined(why, unit="difference", low=0.0, high=1.0), notes
        groups = list(usable.values())
        units = [self.units(one) for one in groups]
        filled = np.nan_to_num(self.values)
        means, covariance, df = means_of_groups(filled, groups, self.cluster, units)
        estimate = worst_linear_difference(
            list(usable),
            means,
            covariance,
            n=int(np.any(groups, axis=0).sum()),
            unit="difference",
            df=df,
            is_complete=len(usable) == len(rows),
            keep=self.keep,
        )
        return estimate, notes


def _influence(values: FloatArray, rows: BoolArray, cluster: IntArray | None) -> FloatArray:
    """Return how much each unit moves the mean of some rows, shape [n] or [m]."""
    moved = np.where(rows, (values - float(values[rows].mean())) / int(rows.sum()), 0.0)
    if cluster is None:
        return moved
    summed: FloatArray = np.bincount(cluster, weights=moved).astype(np.float64)
    return summed


def _lacking(
    column: GroupColumn, rows: dict[str, BoolArray], usable: dict[str, BoolArray], least: int
) -> tuple[Message, ...]:
    left = [f"{name} ({int(rows[name].sum())})" for name in rows if name not in usable]
    if not left:
        return ()
    more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    return (
        Message.of(
            "explanation-by-group.not-compared",
            "Not estimable in {column}, so that nothing can pass: {groups}. They have fewer than {least} "
            "explained rows, too few clusters, or no spread.",
            column=column.name,
            groups=", ".join(left[:_SHOWN]) + more,
            least=least,
        ),
    )


def _too_few_groups(column: GroupColumn) -> Message:
    return Message.of(
        "explanation-by-group.too-few-groups",
        "Not measured: fewer than two groups of the column {column} have enough explained rows to be compared.",
        column=column.name,
    )


def _no_number() -> Message:
    return Message.of(
        "explanation-by-group.no-row", "Not measured: none of these rows has such a number."
    )
