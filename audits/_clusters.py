"""Estimates over rows that may share clusters: one way for all audits.

Where clusters hold one row each, rows are the units, as they are where there are no clusters.

Legend: n rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.records import Message
from harness.stats import cluster_share, few_clusters, linear_estimate, newcombe, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Estimate, Task

    BoolArray = NDArray[np.bool_]
    Clusters = NDArray[np.object_] | None


def shared(cluster: Clusters) -> Clusters:
    """Return the clusters where some rows share one, else None."""
    if cluster is None or len(np.unique(cluster)) == len(cluster):
        return None
    return cluster


def few(cluster: Clusters, of: BoolArray | None = None) -> tuple[Message, ...]:
    """Return the caveat of fewer than 10 clusters among the rows ``of``, shape [n], or all."""
    if cluster is None:
        return ()
    held = cluster if of is None else cluster[of]
    return few_clusters(len(np.unique(held))) if len(held) else ()


def few_of_class(
    estimate: Estimate, label: NDArray[np.int64], cluster: Clusters, task: Task
) -> tuple[Message, ...]:
    """Return the caveat of an interval that is the range because a class stands in too few clusters."""
    if cluster is None or estimate.value is None or estimate.high != 1.0:
        return ()
    if estimate.low != (-1.0 if estimate.unit == "correlation" else 0.0):
        return ()
    held = {k: len(np.unique(cluster[label == k])) for k in np.unique(label).tolist()}
    rarest = min(held, key=lambda k: held[k])
    return (
        Message.of(
            "audit.few-clusters-of-a-class",
            "Class {name} stands in {n_clusters} of {n_all} clusters. That does not show how much clusters "
            "vary, so that nothing is decided.",
            name=task.classes[rarest],
            n_clusters=held[rarest],
            n_all=len(np.unique(cluster)),
        ),
    )


def share(is_success: BoolArray, cluster: Clusters, *, of: BoolArray | None = None) -> Estimate:
    """Return the share of successes among the rows ``of``, shape [n], or all.

    Wilson's interval for rows, and cluster-t where rows share clusters.
    """
    trial = np.ones(len(is_success), dtype=np.bool_) if of is None else of
    success = is_success & trial
    if cluster is None:
        return wilson(int(success.sum()), int(trial.sum()))
    unit = np.unique(cluster, return_inverse=True)[1]
    m = int(unit.max()) + 1 if len(unit) else 0
    counts = [np.bincount(unit[rows], minlength=m) for rows in (success, trial)]
    return cluster_share(counts[0], counts[1])


def share_difference(
    first: tuple[BoolArray, Clusters], second: tuple[BoolArray, Clusters]
) -> Estimate:
    """Return the share of successes of the first rows minus that of the second.

    Newcombe's interval for rows. Where rows share clusters, the clusters are the units, also those that
    stand on both sides.

    Args:
        first: Successes, shape [n], n >= 1, and clusters, shape [n], or None.
        second: The same of the other rows.
    """
    successes, clusters = [first[0], second[0]], [shared(first[1]), shared(second[1])]
    if clusters[0] is None and clusters[1] is None:
        counts = [(int(one.sum()), len(one)) for one in successes]
        return newcombe(*counts[0], *counts[1])
    rates = [float(one.mean()) for one in successes]
    influence = [(one - rate) / len(one) for one, rate in zip(successes, rates, strict=True)]
    units = [_named(first[1], len(first[0]), "first"), _named(second[1], len(second[0]), "second")]
    return linear_estimate(
        rates[0] - rates[1],
        np.concatenate([influence[0], -influence[1]]),
        unit="difference",
        range_low=-1.0,
        range_high=1.0,
        cluster=np.concatenate(units),
        units=min(len(np.unique(one)) for one in units),
    )


def few_on_one_side(first: Clusters, second: Clusters) -> tuple[Message, ...]:
    """Return the caveat of fewer than 10 clusters on one of two sides."""
    return (*few(shared(first)), *few(shared(second)))[:1]


def _named(cluster: Clusters, n: int, side: str) -> NDArray[np.str_]:
    """Return the names of clusters, or a name of its own for each row that is in none."""
    names = [f"{side} {row}" for row in range(n)] if cluster is None else cluster.tolist()
    kind = "row" if cluster is None else "cluster"
    return np.array([f"{kind} {name}" for name in names])
