"""Who belongs to which groups, and how often something happened in each of them.

Legend: n examples, g groups, p membership patterns, m clusters.

Rows are counted once, by membership pattern; everything else follows from the table of patterns.
Groups that exclude each other have one pattern each. Groups that overlap (a text names two
identities) share rows, so that their rates are not independent: the counts of shared rows are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, ShapeError, must, raise_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Membership of rows in groups.

    Attributes:
        names: Groups, g of them.
        code: Membership pattern of each row, shape [n]; -1 for rows in none of the groups.
        member: Groups of each pattern, shape [p, g]; the identity where groups exclude each other.
    """

    names: tuple[str, ...]
    code: IntArray
    member: BoolArray

    @classmethod
    def exclusive(cls, names: Sequence[str], code: IntArray) -> Grouping:
        """Return groups of which a row has at most one; code is its position among the names."""
        return cls(tuple(names), np.asarray(code, np.int64), np.eye(len(names), dtype=np.bool_))

    @classmethod
    def overlapping(cls, names: Sequence[str], is_in: BoolArray) -> Grouping:
        """Return groups of which a row may have several; is_in has shape [n, g]."""
        inside = np.asarray(is_in, dtype=np.bool_)
        if inside.ndim != 2 or inside.shape[1] != len(names):
            raise ShapeError(
                f"is_in must have shape [n, g={len(names)}], got {list(inside.shape)}."
            )
        packed = np.packbits(inside, axis=1)
        _, first, code = np.unique(packed, axis=0, return_index=True, return_inverse=True)
        member = inside[first]
        position = np.cumsum(member.any(axis=1)) - 1
        position[~member.any(axis=1)] = -1
        return cls(tuple(names), position[code.reshape(-1)], member[member.any(axis=1)])

    @property
    def n(self) -> int:
        """Rows, those in no group included."""
        return len(self.code)

    @property
    def overlaps(self) -> bool:
        """Whether some row is in two groups."""
        return bool((self.member.sum(axis=1) > 1).any())

    @property
    def sizes(self) -> IntArray:
        """Rows of each group, shape [g]."""
        found: IntArray = self.by_pattern(np.ones(self.n, dtype=np.bool_)) @ self.member
        return found

    def inside(self, group: int) -> BoolArray:
        """Return whether each row is in a group, shape [n]."""
        if not len(self.member):
            return np.zeros(self.n, dtype=np.bool_)
        found: BoolArray = self.member[:, group][self.code] & (self.code >= 0)
        return found

    def by_pattern(self, chosen: BoolArray) -> IntArray:
        """Count the chosen rows, shape [n], of each pattern, shape [p]."""
        return np.bincount(self.code[chosen & (self.code >= 0)], minlength=len(self.member)).astype(
            np.int64
        )


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """Successes and trials of each group: numerators and denominators of one rate.

    Attributes:
        names: Groups, g of them.
        successes, trials: Shape [g], 0 <= successes <= trials.
        joint: Successes and trials of the rows that are in both groups, shape [g, g, 2]; None where
            groups exclude each other.
        clusters: Successes and trials of each cluster in each group, shape [m, g, 2], or of each kind of
            cluster that occurs (``times``); None where rows are independent.
        times: How often each row of ``clusters`` occurs, shape [m]; None for once each.
        is_complete: False where a group is not estimable although it belongs to the comparison:
            nothing can then be passed.
        reference: Position of the group that all others are compared with; None compares every pair.

    Raises:
        ShapeError: If the arrays do not belong together.
        ContractError: If they cannot be counts.
    """

    names: tuple[str, ...]
    successes: IntArray
    trials: IntArray
    joint: IntArray | None = field(default=None)
    clusters: IntArray | None = field(default=None)
    times: IntArray | None = field(default=None)
    is_complete: bool = True
    reference: int | None = None

    def __post_init__(self) -> None:
        g = len(self.names)
        shapes: dict[str, tuple[IntArray, tuple[int, ...]]] = {
            "successes": (self.successes, (g,)),
            "trials": (self.trials, (g,)),
        }
        if self.joint is not None:
            shapes["joint"] = (self.joint, (g, g, 2))
        if self.clusters is not None:
            shapes["clusters"] = (self.clusters, (len(self.clusters), g, 2))
        if self.times is not None:
            m = -1 if self.clusters is None else len(self.clusters)
            shapes["times"] = (self.times, (m,))
        raise_all(
            ShapeError,
            [
                f"{name} must have shape {list(shape)}, got {list(np.shape(array))}."
                for name, (array, shape) in shapes.items()
                if np.shape(array) != shape
            ],
        )
        if ((self.successes < 0) | (self.successes > self.trials)).any():
            raise ContractError(
                must(
                    "The counts of each group",
                    "have 0 <= successes <= trials",
                    list(zip(self.successes.tolist(), self.trials.tolist(), strict=True)),
                )
            )

    def keep(self, chosen: BoolArray, *, is_complete: bool) -> GroupCounts:
        """Return the counts of some groups, chosen by shape [g].

        Without the reference all pairs are compared, and nothing can be passed.
        """
        at = np.flatnonzero(chosen)
        moved = {old: new for new, old in enumerate(at.tolist())}
        return GroupCounts(
            names=tuple(self.names[k] for k in at.tolist()),
            successes=self.successes[at],
            trials=self.trials[at],
            joint=None if self.joint is None else self.joint[np.ix_(at, at)],
            clusters=None if self.clusters is None else self.clusters[:, at],
            times=self.times,
            is_complete=is_complete and (self.reference is None or self.reference in moved),
            reference=None if self.reference is None else moved.get(self.reference),
        )


def group_counts(
    grouping: Grouping,
    is_success: BoolArray,
    is_trial: BoolArray,
    *,
    cluster: IntArray | None = None,
) -> GroupCounts:
    """Count successes among trials in each group.

    Args:
        grouping: Groups of the rows.
        is_success: Whether the rate's event happened, shape [n]; looked at only where is_trial.
        is_trial: Whether the row is in the rate's denominator, shape [n].
        cluster: Number of each row's cluster from 0, shape [n]; None where rows are independent.
    """
    happened = is_success & is_trial
    successes, trials = grouping.by_pattern(happened), grouping.by_pattern(is_trial)
    member = grouping.member.astype(np.int64)
    joint = None
    if grouping.overlaps and cluster is None:
        joint = np.stack(
            [np.einsum("p,pg,ph->gh", count, member, member) for count in (successes, trials)], -1
        )
    clusters, times = (None, None)
    if cluster is not None:
        clusters, times = _kinds_of_clusters(grouping, happened, is_trial, cluster)
    return GroupCounts(
        names=grouping.names,
        successes=successes @ member,
        trials=trials @ member,
        joint=joint,
        clusters=clusters,
        times=times,
    )


def _kinds_of_clusters(
    grouping: Grouping, happened: BoolArray, is_trial: BoolArray, cluster: IntArray
) -> tuple[IntArray, IntArray]:
    """Return the kinds of cluster that occur, shape [k, g, 2], and how often each does, shape [k].

    Many clusters are alike: a person with one row is one of 2 p kinds. A table with a row for each
    cluster would take gigabytes where a million rows have a cluster each. Two clusters are of one
    kind when they hold the same rows up to order; kinds are told apart by sums of 64-bit random
    numbers, one for each pattern and outcome (two of a million differing ones agree with probability
    1e-7). Clusters without trials have no kind.
    """
    at = np.flatnonzero(is_trial & (grouping.code >= 0))
    n_patterns, m = len(grouping.member), int(cluster.max(initial=-1)) + 1
    row = grouping.code[at] * 2 + happened[at]
    marks = np.random.default_rng(0).integers(0, 2**64, size=2 * n_patterns, dtype=np.uint64)
    sums = np.zeros(m, dtype=np.uint64)
    np.add.at(sums, cluster[at], marks[row])
    there = np.flatnonzero(np.bincount(cluster[at], minlength=m) > 0)
    _, first, times = np.unique(sums[there], return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    chosen = there[first[order]]
    kind = np.full(m, -1, dtype=np.int64)
    kind[chosen] = np.arange(len(chosen))
    own = kind[cluster[at]]
    shown = own >= 0
    flat = np.bincount(
        own[shown] * 2 * n_patterns + row[shown], minlength=len(chosen) * 2 * n_patterns
    )
    by_pattern = flat.reshape(len(chosen), n_patterns, 2)
    member = grouping.member.astype(np.int64)
    successes, trials = by_pattern[..., 1] @ member, by_pattern.sum(axis=-1) @ member
    return np.stack([successes, trials], -1), times[order].astype(np.int64)
