"""Rows of two decisions counted in joint cells: what follows from them, their prior, and their draws.

Legend: n examples, c classes, k cells, s strata, g groups, m clusters, r replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from harness.records import Evidence
from harness.stats.table_figures import Figure, check_figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Joint:
    """Rows of two decisions, counted.

    Attributes:
        cells: Stratum, label, first and second decision of each cell, shape [k, 4].
        counts: Rows of each cell, shape [k].
        n_classes: c.
        member: Groups of each stratum, shape [s, g].
        kinds, times: Rows of each cell in each kind of cluster, shape [u, k], and how many clusters are
            of that kind, shape [u]; None for independent rows.
    """

    cells: IntArray
    counts: FloatArray
    n_classes: int
    member: NDArray[np.bool_]
    kinds: FloatArray | None = None
    times: IntArray | None = None

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.counts.sum())

    @property
    def m(self) -> int | None:
        """Clusters; None for independent rows."""
        return None if self.times is None else int(self.times.sum())

    def tables(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the tables of both sides, shape [r, s, c, c], of weights of cells, shape [r, k]."""
        c, s = self.n_classes, len(self.member)
        stratum, label, first, second = self.cells.T
        found = []
        for decision in (first, second):
            place = (stratum * c + label) * c + decision
            table = np.zeros((len(weights), s * c * c))
            order = np.argsort(place, kind="stable")
            starts = np.flatnonzero(np.diff(place[order], prepend=-1))
            table[:, place[order][starts]] = np.add.reduceat(weights[:, order], starts, axis=1)
            found.append(table.reshape(len(weights), s, c, c))
        return found[0], found[1]

    def apart(self, figure: Figure, weights: FloatArray) -> FloatArray:
        """Return the figure of the first decision minus that of the second, shape [r]."""
        first, second = self.tables(weights)
        return figure(first, self.member) - figure(second, self.member)


def draw_weights(
    joint: Joint, prior: FloatArray, worth: float, rng: np.random.Generator, piece: int
) -> Iterator[FloatArray]:
    """Yield weights of cells, shape [r, k], as a Dirichlet draw or one of whole clusters has them."""
    if joint.kinds is None or joint.times is None:
        yield rng.standard_gamma(joint.counts + prior, size=(piece, len(prior)))
        return
    weighed = rng.standard_gamma(joint.times, size=(piece, len(joint.times))) @ joint.kinds
    yield weighed + worth * rng.standard_gamma(prior, size=(piece, len(prior)))


def with_prior(joint: Joint) -> tuple[Joint, FloatArray]:
    """Return the cells with those that only the prior fills, and the prior of each."""
    wrong = _likely_wrong(joint)
    mass: dict[tuple[int, int, int, int], float] = {}
    shares = _shares(joint)
    for stratum, label in {(int(a), int(b)) for a, b in joint.cells[:, :2]}:
        own = 0.5 * min(1.0, 2 / joint.n_classes) * shares[stratum]
        for first in (label, wrong[label]):
            for second in (label, wrong[label]):
                mass[stratum, label, first, second] = own
    known = [tuple(map(int, cell)) for cell in joint.cells]
    cells = [*known, *sorted(set(mass) - set(known))]
    extra = len(cells) - len(known)
    kinds = joint.kinds
    filled = Joint(
        np.array(cells, dtype=np.int64),
        np.concatenate([joint.counts, np.zeros(extra)]),
        joint.n_classes,
        joint.member,
        None if kinds is None else np.hstack([kinds, np.zeros((len(kinds), extra))]),
        joint.times,
    )
    return filled, np.array([mass.get(cast("Any", cell), 0.0) for cell in cells])


def _likely_wrong(joint: Joint) -> dict[int, int]:
    """Return the most frequent wrong decision of each label, by either side."""
    found = {}
    for label in np.unique(joint.cells[:, 1]).tolist():
        rows = joint.cells[:, 1] == label
        votes = np.zeros(joint.n_classes)
        for side in (2, 3):
            np.add.at(votes, joint.cells[rows, side], joint.counts[rows])
        votes[label] = -1
        found[label] = int(votes.argmax())
    return found


def _shares(joint: Joint) -> FloatArray:
    """Return what part of the prior of a group falls to each stratum, shape [s]."""
    sizes = np.bincount(
        joint.cells[:, 0], weights=joint.counts, minlength=len(joint.member)
    ).astype(np.float64)
    of_group = sizes @ joint.member
    shares = np.ones(len(sizes))
    for stratum, own in enumerate(joint.member):
        least = of_group[own].min(initial=np.inf)
        if math.isfinite(least) and least > 0:
            shares[stratum] = sizes[stratum] / least
    return shares


def worth_of(joint: Joint) -> float:
    """Return how many rows a row of prior counts for: the design effect of what changed."""
    if joint.kinds is None or joint.times is None or joint.m is None:
        return 1.0
    _, label, first, second = joint.cells.T
    apart = (first == label).astype(np.float64) - (second == label)
    apart -= float((apart * joint.counts).sum()) / joint.n
    squares = float((apart**2 * joint.counts).sum())
    between = float((joint.times * (joint.kinds @ apart) ** 2).sum())
    return min(max(1.0, between / squares if squares else math.inf), joint.n / joint.m)


def clustered(joint: Joint, of: IntArray, cluster: NDArray[Any]) -> Joint:
    """Return the cells with how many rows of each every kind of cluster holds.

    Args:
        joint: The cells.
        of: Cell of each row, shape [n].
        cluster: Cluster of each row, shape [n].
    """
    _, unit = np.unique(np.asarray(cluster).astype(str), return_inverse=True)
    unit = unit.reshape(-1)
    table = np.zeros((int(unit.max()) + 1, len(joint.cells)))
    np.add.at(table, (unit, of), 1.0)
    kinds, times = np.unique(table, axis=0, return_counts=True)
    return Joint(joint.cells, joint.counts, joint.n_classes, joint.member, kinds, times)


def evidence_of_joint(figure: Figure, joint: Joint, seed: int) -> Evidence:
    """Return figure, counts and seed as an estimate keeps them."""
    values: dict[str, Any] = {
        "kind": figure.kind,
        "names": list(figure.names),
        "classes": list(figure.classes),
        "group": figure.group,
        "n_classes": joint.n_classes,
        "cells": np.column_stack([joint.cells, joint.counts]).astype(int).tolist(),
        "member": joint.member.astype(int).tolist(),
        "seed": seed,
    }
    if joint.kinds is not None and joint.times is not None:
        values["clusters"] = [
            [int(times), *(int(x) for i in np.flatnonzero(kind) for x in (i, kind[i]))]
            for times, kind in zip(joint.times, joint.kinds, strict=True)
        ]
    return Evidence(values=values)


def joint_of_evidence(evidence: Evidence) -> tuple[Figure, Joint]:
    """Return figure and counts of an estimate.

    Raises:
        KeyError, TypeError, ValueError, IndexError: If the evidence does not hold what it must.
        ContractError: If there is no such figure.
    """
    values: Any = evidence.values
    figure = Figure(
        values["kind"], tuple(values["names"]), tuple(values["classes"]), values["group"]
    )
    check_figure(figure)
    table = np.array(values["cells"], dtype=np.int64).reshape(-1, 5)
    member = np.array(values["member"], dtype=np.bool_)
    counts, c = table[:, 4].astype(np.float64), int(values["n_classes"])
    least, most = table[:, 1:4].min(), table[:, 1:4].max()
    if least < 0 or most >= c or table[:, 0].max() >= len(member) or counts.min() < 0:
        raise ValueError("a cell out of its range")
    joint = Joint(table[:, :4], counts, c, member)
    clusters = values.get("clusters")
    if clusters is None:
        return figure, joint
    kinds = np.zeros((len(clusters), len(table)))
    for row, (_, *pairs) in zip(kinds, clusters, strict=True):
        row[pairs[::2]] = pairs[1::2]
    times = np.array([one[0] for one in clusters], dtype=np.int64)
    if not np.array_equal(times @ kinds, counts):
        raise ValueError("clusters that do not add up to the cells")
    return figure, Joint(table[:, :4], counts, c, member, kinds, times)
