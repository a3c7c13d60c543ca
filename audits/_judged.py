"""Rates of what continuations were judged to be: in all, in slices, and how far groups are apart.

Legend: n rows, s continuations, g groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._clusters import few, share, shared
from audits._group_means import means_of_groups
from audits._group_rates import clusters_of, comparable, ledger
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns
from harness.predictions import Predictions
from harness.records import Message
from harness.stats import (
    few_clusters,
    group_counts,
    linear_estimate,
    undefined,
    worst_difference,
    worst_linear_difference,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._generated import Continued
    from harness.auditing import AuditContext
    from harness.records import Estimate

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

TOLERANCE = 0.05
"""Difference between groups that a comparison should be able to show."""

Compared = tuple["Estimate", tuple[Message, ...]]


@dataclass(frozen=True, slots=True)
class Judged:
    """Continuations of one data set with their groups and their units.

    Attributes:
        ctx: Whose data set.
        dataset: Its name.
        found: The continuations, s of them.
        columns: Group columns, of the continuations.
        cluster: Cluster of each continuation, shape [s]: that of its row, else its row where it has
            several; None where each stands alone.
        options: How groups are read.
    """

    ctx: AuditContext
    dataset: str
    found: Continued
    columns: list[GroupColumn]
    cluster: NDArray[np.object_] | None
    options: GroupOptions

    @classmethod
    def of(cls, ctx: AuditContext, dataset: str, found: Continued) -> Judged:
        """Give continuations the groups and clusters of their rows; options are ``GroupedOptions``."""
        options = GroupOptions(min_group=ctx.options.min_group, max_groups=ctx.options.max_groups)
        seen, rows = ctx.predictions(dataset), found.rows
        ids = np.array([str(seen.example_id[row]) for row in rows.tolist()], dtype=object)
        copies = Predictions(
            dataset,
            ids,
            np.zeros(len(rows), dtype=np.int64),
            1,
            groups={name: values[rows] for name, values in seen.groups.items()},
            group_plans=seen.group_plans,
        )
        cluster = ids if seen.cluster is None else seen.cluster[rows]
        columns = read_columns(copies, options) if seen.groups else []
        return cls(ctx, dataset, found, columns, shared(cluster), options)

    @property
    def n(self) -> int:
        """Continuations."""
        return len(self.found.rows)

    def rate(self, is_yes: BoolArray, of: BoolArray) -> Estimate:
        """Return the share of yes among some continuations."""
        return share(is_yes, self.cluster, of=of)

    def mean(self, values: FloatArray, of: BoolArray, *, unit: str, most: float) -> Estimate:
        """Return the mean of numbers from 0 to ``most`` over some continuations."""
        chosen = values[of]
        if not len(chosen):
            return undefined(_none(), unit=unit)
        mean = float(chosen.mean())
        return linear_estimate(
            mean,
            (chosen - mean) / len(chosen),
            unit=unit,
            range_low=0.0,
            range_high=most,
            cluster=None if self.cluster is None else self.cluster[of],
        )

    def few(self, of: BoolArray) -> tuple[Message, ...]:
        """Return the caveat of too few clusters among some continuations."""
        return few(self.cluster, of)

    def difference(self, is_yes: BoolArray, of: BoolArray, column: GroupColumn) -> Compared:
        """Return the largest difference of rates between the groups of a column, and who lacks what."""
        code, n_clusters = clusters_of(self.cluster)
        if code is not None and int(np.bincount(code[of]).max(initial=0)) <= 1:
            code, n_clusters = None, None  # each of them stands alone
        counts = group_counts(column.grouping, is_yes, of, cluster=code)
        compared = comparable(counts, column, self.options.min_group)
        notes = (
            *ledger({"": counts}, column, self.options, TOLERANCE),
            *(few_clusters(n_clusters) if n_clusters is not None else ()),
            *column.caveats,
        )
        return worst_difference(compared, keep=self.ctx.keep), notes

    def mean_difference(
        self, values: FloatArray, column: GroupColumn, *, unit: str, most: float
    ) -> Compared:
        """Return the largest difference of means between the groups of a column, and who lacks what."""
        code, _ = clusters_of(self.cluster)
        compared = {
            group: column.inside(group)
            for group in column.grouping.names
            if column.left_out(group) is None
        }
        units = {
            group: int(rows.sum()) if code is None else len(np.unique(code[rows]))
            for group, rows in compared.items()
        }
        usable = {
            group: rows
            for group, rows in compared.items()
            if rows.sum() >= self.options.min_group
            and units[group] >= 10
            and np.ptp(values[rows]) > 0
        }
        left = [group for group in compared if group not in usable]
        notes: tuple[Message, ...] = column.caveats
        if left:
            notes = (_not_compared(column, left, self.options.min_group), *notes)
        if len(usable) < 2:
            return undefined(_too_few(column), unit=unit), notes
        rows = list(usable.values())
        means, covariance, df = means_of_groups(values, rows, code, [units[one] for one in usable])
        estimate = worst_linear_difference(
            list(usable),
            means,
            covariance,
            n=int(np.any(rows, axis=0).sum()),
            unit=unit,
            df=df,
            is_complete=not left,
            keep=self.ctx.keep,
            range_high=most,
        )
        return estimate, notes


def slices_of(values: NDArray[np.object_] | None) -> Iterator[tuple[str, BoolArray]]:
    """Yield value and rows of a control column, sorted by value; nothing for a column that is not there."""
    for value in sorted(set(() if values is None else values.tolist()) - {""}):
        yield value, (values == value).astype(np.bool_)


def whole(column: GroupColumn) -> dict[str, str]:
    """Return the slice of a column as a whole."""
    return {column.name: EVERY_VALUE}


def _not_compared(column: GroupColumn, left: Sequence[str], least: int) -> Message:
    return Message.of(
        "judged.not-compared",
        "Not estimable in {column}, so that nothing can pass: {groups}. They have fewer than {least} "
        "continuations, fewer than 10 units, or no spread.",
        column=column.name,
        groups=", ".join(left[:6]) + (f" and {len(left) - 6} more" if len(left) > 6 else ""),
        least=least,
    )


def _too_few(column: GroupColumn) -> Message:
    return Message.of(
        "judged.too-few-groups",
        "Not measured: fewer than two groups of the column {column} have enough continuations to be compared.",
        column=column.name,
    )


def _none() -> Message:
    return Message.of("judged.none", "Not measured: there is no continuation of this kind.")
