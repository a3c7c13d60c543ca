"""Counts behind the rates of groups, with or without clusters, and what a group can decide.

Legend: n examples, g groups, m clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._groups import GroupColumn, GroupOptions, state_of
from harness.records import Message
from harness.stats import (
    GroupCounts,
    Grouping,
    Keep,
    Rate,
    cluster_share,
    event_of,
    group_counts,
    wilson,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import GuardedPredictions
    from harness.records import Estimate

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Table:
    """Labels and decisions of one data set, and the clusters of its rows.

    Attributes:
        label, decision: Class ids, shape [n].
        cluster: Number of each row's cluster, shape [n]; None where each row stands alone.
        n_clusters: m; None where each row stands alone.
    """

    label: IntArray
    decision: IntArray
    cluster: IntArray | None
    n_clusters: int | None

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.label)

    def counts(self, grouping: Grouping, rate: Rate, positive: int) -> GroupCounts:
        """Count a rate's numerator and denominator in each group; by cluster where there are some."""
        happened, is_trial = event_of(rate, self.label, self.decision, positive)
        return group_counts(grouping, happened, is_trial, cluster=self.cluster)


@dataclass(frozen=True, slots=True)
class Counts:
    """Numerator and denominator of one rate over some rows: in all, or of each cluster."""

    successes: int
    trials: int
    by_cluster: IntArray | None


@dataclass(frozen=True, slots=True)
class ClassRates:
    """Rates over some rows of a table; ``rows`` None takes them all."""

    table: Table
    rows: BoolArray | None

    def whole(self, rate: Rate, positive: int) -> Counts:
        """Count one rate."""
        happened, is_trial = event_of(rate, self.table.label, self.table.decision, positive)
        if self.rows is not None:
            is_trial = is_trial & self.rows
        happened = happened & is_trial
        by_cluster = None
        if self.table.cluster is not None and self.table.n_clusters is not None:
            m = self.table.n_clusters
            by_cluster = np.stack(
                [
                    np.bincount(self.table.cluster[chosen], minlength=m)
                    for chosen in (happened, is_trial)
                ],
                -1,
            )
        return Counts(int(happened.sum()), int(is_trial.sum()), by_cluster)


def table_of(seen: GuardedPredictions, clusters: tuple[IntArray | None, int | None]) -> Table:
    """Return labels and decisions with their clusters."""
    assert seen.label is not None  # the data set was offered because it has labels
    return Table(seen.label, seen.decision, *clusters)


def clusters_of(cluster: NDArray[np.object_] | None) -> tuple[IntArray | None, int | None]:
    """Return numbers of clusters and how many there are; None, None where each row stands alone."""
    if cluster is None or len(cluster) == 0:
        return None, None
    names, code = np.unique(cluster.astype(str), return_inverse=True)
    if len(names) == len(cluster):
        return None, None
    return code.astype(np.int64), len(names)


def estimate_of(counts: Counts, keep: Keep | None) -> Estimate:
    """Return a share: Wilson's interval of rows, or t over clusters."""
    if counts.by_cluster is None:
        return wilson(counts.successes, counts.trials)
    return cluster_share(counts.by_cluster[:, 0], counts.by_cluster[:, 1], keep=keep)


def comparable(counts: GroupCounts, column: GroupColumn, min_group: int) -> GroupCounts:
    """Return the counts that are compared.

    What the plan excludes is taken out. Groups with fewer than ``min_group`` in the denominator keep
    their place without counts: the comparison is then not complete and nothing can pass.
    """
    reference = column.plan.reference
    placed = GroupCounts(
        counts.names,
        counts.successes,
        counts.trials,
        joint=counts.joint,
        clusters=counts.clusters,
        times=counts.times,
        reference=counts.names.index(reference) if reference in counts.names else None,
    )
    is_enough = (placed.trials >= min_group)[column.is_compared]
    chosen = placed.keep(column.is_compared, is_complete=bool(is_enough.all()))
    joint, clusters = chosen.joint, chosen.clusters
    return GroupCounts(
        chosen.names,
        chosen.successes * is_enough,
        chosen.trials * is_enough,
        joint=None if joint is None else joint * np.outer(is_enough, is_enough)[..., None],
        clusters=None if clusters is None else clusters * is_enough[:, None],
        times=chosen.times,
        is_complete=chosen.is_complete,
        reference=chosen.reference,
    )


def ledger(
    counts: Mapping[str, GroupCounts], column: GroupColumn, options: GroupOptions, tolerance: float
) -> tuple[Message, ...]:
    """Say which groups can be decided about, which cannot, and which rows are in no group.

    Args:
        counts: Class that a rate is about → its counts; with several classes each message lists
            classes with their groups.
        column: The column whose groups are compared.
        options: The least size of a group.
        tolerance: Difference that a comparison must be able to show.
    """
    is_one = len(counts) == 1
    found = []
    for state, text in (_STATES if is_one else _STATES_BY_CLASS).items():
        listed = []
        for name, table in counts.items():
            groups = _in_state(state, table, column, options.min_group, tolerance)
            if groups:
                listed.append(_listed(groups) if is_one else f"{name}: {_listed(groups)}")
        if listed:
            found.append(
                Message.of(
                    f"groups.{state}" if is_one else f"groups.{state}-classes",
                    text,
                    column=column.name,
                    groups=_listed(listed, separator="; "),
                    n_groups=int(column.is_compared.sum()),
                    n_classes=len(counts),
                    least=options.min_group,
                )
            )
    return (*found, *_left_out(column))


def _in_state(
    state: str, counts: GroupCounts, column: GroupColumn, least: int, tolerance: float
) -> list[str]:
    """Return the compared groups that are in a state, each with its size: ``lone (1)``."""
    rate = int(counts.successes.sum()) / max(int(counts.trials.sum()), 1)
    rate = min(max(rate, 0.01), 0.99)
    return [
        f"{name} ({int(n)})"
        for name, n, used in zip(counts.names, counts.trials, column.is_compared, strict=True)
        if used and state_of(int(n), min_group=least, rate=rate, tolerance=tolerance) == state
    ]


def _listed(names: list[str], *, separator: str = ", ") -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return separator.join(names[:_SHOWN]) + more


_STATES = {
    "not-estimable": "Not estimable in {column}, with fewer than {least} examples that the rate is about: "
    "{groups}. They are not compared, and nothing can pass while they belong to the plan.",
    "low-evidence": "Low evidence in {column}: {groups} have too few examples for a comparison to pass even "
    "if all groups were treated alike.",
}

_STATES_BY_CLASS = {
    "not-estimable": "Not estimable in {column}, with fewer than {least} examples that the rate is about, in "
    "some of {n_classes} classes: {groups}. They are not compared there, and nothing can pass while "
    "they belong to the plan.",
    "low-evidence": "Low evidence in {column} in some of {n_classes} classes: {groups} have too few examples "
    "for a comparison to pass even if all groups were treated alike.",
}


def _left_out(column: GroupColumn) -> tuple[Message, ...]:
    found = [why for group in column.grouping.names if (why := column.left_out(group))]
    n_none = int((column.is_known & (column.grouping.code < 0)).sum())
    if column.n_missing or n_none:
        found.append(
            Message.of(
                "groups.in-none",
                "{n_missing} rows have no value of {column} and {n_none} are in none of its groups; they "
                "are reported apart and not compared.",
                column=column.name,
                n_missing=column.n_missing,
                n_none=n_none,
            )
        )
    return tuple(found)
