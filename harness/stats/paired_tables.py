"""The difference of one figure of two decisions about the same rows: F1, balanced accuracy, a worst difference.

A figure is read from a table [stratum, label, decision]. Each row is counted in a cell (stratum, label, first
decision, second decision), from which both tables follow; the cells are drawn anew, so that what the two
decisions share cancels, and the worst group may be another one in each draw.

* Independent rows: the cells are drawn from Dirichlet(counts + prior). For each label of each stratum the
  prior is half a row right twice, right first only, right second only, and wrong twice, all of it at the
  most frequent wrong decision; with c > 2 classes 2 / c of that, so that the prior of all classes together
  does not outweigh the rows. A pair of decisions that nobody saw differ still has an interval.
* Clusters: whole clusters are weighed (Bayesian bootstrap), the prior counts as many rows as the design
  effect says, and fewer than 10 clusters leave the ends of the range.

Draws start from a seed in the evidence, so that the same counts give the same ends, and any end can be moved.
What prior and curvature move aside is measured and taken out, as in ``harness.stats.confusion``.

Legend: n examples, c classes, k cells, s strata, g groups, m clusters, r replicates.

Source: Rubin 1981, doi:10.1214/aos/1176345338; simulated in tests/simulation/test_coverage_paired_tables.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.cells import RATES, Rate, rate_of
from harness.stats.confusion import STATISTICS, f1_of
from harness.stats.estimates import Alphas, Frame, assemble, no_examples, undefined
from harness.stats.replicates import constants_of, pieces, replicate_ends
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

METHOD = "paired-tables"
REPLICATES = 8000
"""Enough to read a tail at alpha 0.00125: Holm over 40 findings."""

Kind = Literal["confusion", "rate", "difference", "ratio", "lowest", "highest", "of-highest", "gap"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What is read from a table [s, label, decision].

    Attributes:
        kind: ``confusion``: a statistic of the whole table; ``rate``: one rate of it; over groups
            ``difference`` (largest minus smallest), ``ratio`` (smallest by largest), ``lowest``,
            ``highest``, ``of-highest`` (of one group, by the largest), ``gap`` (group 0 minus group 1).
        names: A key of ``STATISTICS``, ``f1`` or ``precision``; or rates, the worst of which counts.
        classes: Classes that count as positive, one after the other; the worst counts.
        group: Position of the group, for ``of-highest``.
    """

    kind: Kind
    names: tuple[str, ...]
    classes: tuple[int, ...] = ()
    group: int = 0

    def __call__(self, tables: FloatArray, member: NDArray[np.bool_]) -> FloatArray:
        """Return the figure, shape [r]; NaN where it is undefined.

        Args:
            tables: Shape [r, s, c, c], label before decision.
            member: Groups of each stratum, shape [s, g].
        """
        if self.kind == "confusion":
            return self._of_confusion(tables.sum(axis=1))
        if self.kind == "rate":
            return self._rates(tables.sum(axis=1)[:, None])[:, 0, 0]
        by_group = np.einsum("rsij,sg->rgij", tables, member.astype(np.float64))
        rates = self._rates(by_group)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._over_groups(rates)

    def _over_groups(self, rates: FloatArray) -> FloatArray:
        """Return the figure of rates, shape [r, number of rates, g]."""
        low, high = rates.min(axis=2), rates.max(axis=2)
        found: dict[str, Any] = {
            "difference": lambda: (high - low).max(axis=1),
            "ratio": lambda: (low / high).min(axis=1),
            "lowest": lambda: low.min(axis=1),
            "highest": lambda: high.max(axis=1),
            "of-highest": lambda: rates[:, 0, self.group] / high[:, 0],
            "gap": lambda: rates[:, 0, 0] - rates[:, 0, 1],
        }
        return cast("FloatArray", found[self.kind]())

    def _rates(self, tables: FloatArray) -> FloatArray:
        """Return every rate of every class, shape [r, number of rates, g], of tables [r, g, c, c]."""
        found = []
        for name in self.names:
            for k in self.classes or (0,):
                top, bottom = rate_of(cast("Any", tables), cast("Rate", name), k)
                with np.errstate(divide="ignore", invalid="ignore"):
                    found.append(top / bottom)
        return np.stack(found, axis=1)

    def _of_confusion(self, tables: FloatArray) -> FloatArray:
        name = self.names[0]
        if name in STATISTICS:
            return STATISTICS[name](tables)
        k = self.classes[0]
        right, labelled, decided = tables[:, k, k], tables[:, k].sum(-1), tables[:, :, k].sum(-1)
        if name == "f1":
            return f1_of(np.stack([right, labelled - right, decided - right], axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            share: FloatArray = right / decided
        return share


@dataclass(frozen=True, slots=True)
class _Joint:
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
        return int(self.counts.sum())

    @property
    def m(self) -> int | None:
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


def paired_figure(
    figure: Figure,
    label: IntArray,
    first: IntArray,
    second: IntArray,
    *,
    n_classes: int,
    stratum: IntArray | None = None,
    member: NDArray[np.bool_] | None = None,
    cluster: NDArray[Any] | None = None,
    seed: int = 0,
    unit: str = "difference",
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return a figure of the first decisions minus the same of the second, over the same rows.

    Args:
        figure: What is read.
        label: True class, shape [n], 0 <= label < c.
        first: One decision about each row, shape [n].
        second: Another one, shape [n].
        n_classes: c.
        stratum: Stratum of each row, shape [n]; None for one stratum.
        member: Groups of each stratum, shape [s, g]; None where no group counts.
        cluster: Cluster of each row, shape [n]; None takes rows as independent.
        seed: Where the draws start.
        unit: Unit of the difference.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If there is no such figure.

    Undefined when: there are no rows, or the figure is undefined for one of the two sides.
    """
    given = [label, first, second, *(one for one in (stratum, cluster) if one is not None)]
    if any(np.ndim(one) != 1 or len(one) != len(label) for one in given):
        shapes = [list(np.shape(one)) for one in given]
        raise ShapeError(f"All arrays of rows must have the same shape [n], got {shapes}.")
    _check(figure)
    if not len(label):
        return undefined(no_examples(), unit=unit)
    strata = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    groups = np.ones((1, 1), dtype=np.bool_) if member is None else member
    rows = np.stack([strata, label, first, second], axis=1).astype(np.int64)
    cells, of, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    joint = _Joint(cells, counts.astype(np.float64), n_classes, groups)
    if cluster is not None:
        joint = _clustered(joint, of.reshape(-1), cluster)
    alphas = Alphas(alpha_low, alpha_high)
    return _estimate(figure, joint, alphas, unit, _evidence(figure, joint, seed))


def figure_value(
    figure: Figure,
    label: IntArray,
    decision: IntArray,
    *,
    n_classes: int,
    stratum: IntArray | None = None,
    member: NDArray[np.bool_] | None = None,
) -> float:
    """Return a figure of one decision about each row; NaN where it is undefined. See ``paired_figure``."""
    groups = np.ones((1, 1), dtype=np.bool_) if member is None else member
    strata = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    place = (strata * n_classes + label) * n_classes + decision
    table = np.bincount(place, minlength=len(groups) * n_classes**2).astype(np.float64)
    return float(figure(table.reshape(1, len(groups), n_classes, n_classes), groups)[0])


def reestimate_figure(estimate: Estimate, alphas: Alphas, read: object) -> Estimate:
    """Derive a difference and its ends again from the counts."""
    del read
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    try:
        figure, joint = _of_evidence(estimate.evidence)
    except (KeyError, TypeError, ValueError, IndexError) as err:
        held = sorted(estimate.evidence.values)
        what = "hold figure, counts of cells and seed"
        raise ContractError(must(f"Evidence of {METHOD}", what, held)) from err
    return _estimate(figure, joint, alphas, estimate.unit, estimate.evidence)


def _estimate(
    figure: Figure, joint: _Joint, alphas: Alphas, unit: str, evidence: Evidence
) -> Estimate:
    edge = 2.0 if "mcc" in figure.names else 1.0
    value = float(joint.apart(figure, joint.counts[None])[0])
    if not math.isfinite(value):
        why = Message.of(
            "stats.paired-undefined",
            "The figure is undefined for one of the two: nothing stands in its denominator.",
        )
        return undefined(why, unit=unit, n=joint.n)
    constants = constants_of(value, -edge, edge)
    frame = Frame(joint.n, unit, METHOD, evidence, -edge, edge)
    if joint.m is not None:
        df = joint.m - 1 if joint.m >= MIN_CLUSTERS else 0
        constants |= {"inflation": math.sqrt((joint.m + 1) / df) if df else 1.0, "df": float(df)}
    drawn = _drawn(figure, joint, value, int(cast("int", evidence.values["seed"])))
    if not np.isfinite(drawn).all():
        return assemble(value, (-edge, edge), alphas, frame=frame)
    ends = replicate_ends(np.clip(drawn, -edge, edge), constants, alphas)
    return assemble(value, ends, alphas, frame=frame)


def _drawn(figure: Figure, joint: _Joint, value: float, seed: int) -> FloatArray:
    """Return replicates of the difference, shape [r]."""
    with_prior, prior = _with_prior(joint)
    rng = np.random.default_rng([seed, 977])
    worth = _worth(joint)
    size = 8 * 4 * (len(prior) + len(joint.member) * joint.n_classes**2)
    drawn = np.concatenate(
        [
            with_prior.apart(figure, weights)
            for piece in pieces(REPLICATES, per_replicate=size)
            for weights in _weights(with_prior, prior, worth, rng, piece)
        ]
    )
    posterior = with_prior.counts + worth * prior
    aside = value + float(with_prior.apart(figure, posterior[None])[0]) - 2 * drawn.mean()
    return np.asarray(drawn + aside)


def _weights(
    joint: _Joint, prior: FloatArray, worth: float, rng: np.random.Generator, piece: int
) -> Iterator[FloatArray]:
    if joint.kinds is None or joint.times is None:
        yield rng.standard_gamma(joint.counts + prior, size=(piece, len(prior)))
        return
    weighed = rng.standard_gamma(joint.times, size=(piece, len(joint.times))) @ joint.kinds
    yield weighed + worth * rng.standard_gamma(prior, size=(piece, len(prior)))


def _with_prior(joint: _Joint) -> tuple[_Joint, FloatArray]:
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
    filled = _Joint(
        np.array(cells, dtype=np.int64),
        np.concatenate([joint.counts, np.zeros(extra)]),
        joint.n_classes,
        joint.member,
        None if kinds is None else np.hstack([kinds, np.zeros((len(kinds), extra))]),
        joint.times,
    )
    return filled, np.array([mass.get(cast("Any", cell), 0.0) for cell in cells])


def _likely_wrong(joint: _Joint) -> dict[int, int]:
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


def _shares(joint: _Joint) -> FloatArray:
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


def _worth(joint: _Joint) -> float:
    """Return how many rows a row of prior counts for: the design effect of what changed."""
    if joint.kinds is None or joint.times is None or joint.m is None:
        return 1.0
    _, label, first, second = joint.cells.T
    apart = (first == label).astype(np.float64) - (second == label)
    apart -= float((apart * joint.counts).sum()) / joint.n
    squares = float((apart**2 * joint.counts).sum())
    between = float((joint.times * (joint.kinds @ apart) ** 2).sum())
    return min(max(1.0, between / squares if squares else math.inf), joint.n / joint.m)


def _clustered(joint: _Joint, of: IntArray, cluster: NDArray[Any]) -> _Joint:
    _, unit = np.unique(np.asarray(cluster).astype(str), return_inverse=True)
    unit = unit.reshape(-1)
    table = np.zeros((int(unit.max()) + 1, len(joint.cells)))
    np.add.at(table, (unit, of), 1.0)
    kinds, times = np.unique(table, axis=0, return_counts=True)
    return _Joint(joint.cells, joint.counts, joint.n_classes, joint.member, kinds, times)


def _evidence(figure: Figure, joint: _Joint, seed: int) -> Evidence:
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


def _of_evidence(evidence: Evidence) -> tuple[Figure, _Joint]:
    values: Any = evidence.values
    figure = Figure(
        values["kind"], tuple(values["names"]), tuple(values["classes"]), values["group"]
    )
    _check(figure)
    table = np.array(values["cells"], dtype=np.int64).reshape(-1, 5)
    member = np.array(values["member"], dtype=np.bool_)
    counts, c = table[:, 4].astype(np.float64), int(values["n_classes"])
    least, most = table[:, 1:4].min(), table[:, 1:4].max()
    if least < 0 or most >= c or table[:, 0].max() >= len(member) or counts.min() < 0:
        raise ValueError("a cell out of its range")
    joint = _Joint(table[:, :4], counts, c, member)
    clusters = values.get("clusters")
    if clusters is None:
        return figure, joint
    kinds = np.zeros((len(clusters), len(table)))
    for row, (_, *pairs) in zip(kinds, clusters, strict=True):
        row[pairs[::2]] = pairs[1::2]
    times = np.array([one[0] for one in clusters], dtype=np.int64)
    if not np.array_equal(times @ kinds, counts):
        raise ValueError("clusters that do not add up to the cells")
    return figure, _Joint(table[:, :4], counts, c, member, kinds, times)


def _check(figure: Figure) -> None:
    if figure.kind not in get_args(Kind):
        raise ContractError(must("kind", f"be one of {', '.join(get_args(Kind))}", figure.kind))
    of_table = figure.kind == "confusion"
    known = (*STATISTICS, "f1", "precision") if of_table else RATES
    if not figure.names or any(name not in known for name in figure.names):
        raise ContractError(must("names", f"be among {', '.join(known)}", figure.names))
