"""The counts engine: one table [group x class x decision] from which every rate of every group follows.

Legend: n examples, g groups, p membership patterns, c classes, r replicates.

Rows are counted once. Drawing the cells anew from a multinomial distribution has exactly the law of
drawing rows with replacement, at a cost that does not depend on the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.stats.grouping import GroupCounts, Grouping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Rate = Literal["selection-rate", "tpr", "fpr", "fnr", "tnr", "ppv", "npv", "accuracy"]
RATES: tuple[Rate, ...] = get_args(Rate)


@dataclass(frozen=True, slots=True)
class Cells:
    """Examples by membership pattern, label and decision.

    Attributes:
        names: Groups, g of them.
        member: Groups of each pattern, shape [p, g].
        counts: Shape [p, c, c], label before decision.
    """

    names: tuple[str, ...]
    member: NDArray[np.bool_]
    counts: IntArray

    @property
    def by_group(self) -> IntArray:
        """Examples of each group, shape [g, c, c]; rows in two groups stand in both."""
        return _of_groups(self.counts, self.member)

    def rate(self, rate: Rate, positive: int) -> GroupCounts:
        """Return numerators and denominators of a rate, with what overlapping groups share.

        Args:
            rate: Which one.
            positive: Class id that counts as positive, against all others; accuracy needs none.
        """
        successes, trials = rate_of(self.counts, rate, positive)
        member = self.member.astype(np.int64)
        joint = None
        if (member.sum(axis=1) > 1).any():
            both = (successes, trials)
            joint = np.stack([np.einsum("p,pg,ph->gh", one, member, member) for one in both], -1)
        return GroupCounts(self.names, successes @ member, trials @ member, joint=joint)


def count_cells(
    grouping: Grouping, label: IntArray, decision: IntArray, *, n_classes: int
) -> Cells:
    """Count examples by group, label and decision; rows in no group are left to the caller.

    Args:
        grouping: Groups of the rows.
        label: True class, shape [n], 0 <= label < c.
        decision: Decided class, shape [n].
        n_classes: c.

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If a class is out of its range.
    """
    if not len(label) == len(decision) == grouping.n:
        raise ShapeError(
            f"label and decision must have shape [n={grouping.n}], got "
            f"{[len(label)]} and {[len(decision)]}."
        )
    for name, classes in (("label", label), ("decision", decision)):
        if len(classes) and not 0 <= classes.min() <= classes.max() < n_classes:
            raise ContractError(
                must(name, f"lie in 0..{n_classes - 1}", [int(classes.min()), int(classes.max())])
            )
    p = len(grouping.member)
    cell = (grouping.code * n_classes + label) * n_classes + decision
    if (grouping.code < 0).any():
        cell = cell[grouping.code >= 0]
    counts = np.bincount(cell, minlength=p * n_classes**2).astype(np.int64)
    return Cells(grouping.names, grouping.member, counts.reshape(p, n_classes, n_classes))


def rate_of(cells: NDArray[np.integer], rate: Rate, positive: int) -> tuple[IntArray, IntArray]:
    """Return numerator and denominator of a rate, shape [...].

    Args:
        cells: Examples by label and decision, shape [..., c, c].
        rate: ``selection-rate`` decided positive among all; ``tpr``, ``fnr`` among the positives;
            ``fpr``, ``tnr`` among the negatives; ``ppv`` right among those decided positive;
            ``npv`` right among those decided negative; ``accuracy`` right among all.
        positive: Class id, against all others.
    """
    n = cells.sum(axis=(-2, -1))
    if rate == "accuracy":
        return np.trace(cells, axis1=-2, axis2=-1), n
    hit = cells[..., positive, positive]
    is_positive, is_decided = cells[..., positive, :].sum(-1), cells[..., :, positive].sum(-1)
    table = {
        "selection-rate": (is_decided, n),
        "tpr": (hit, is_positive),
        "fnr": (is_positive - hit, is_positive),
        "fpr": (is_decided - hit, n - is_positive),
        "tnr": (n - is_positive - is_decided + hit, n - is_positive),
        "ppv": (hit, is_decided),
        "npv": (n - is_positive - is_decided + hit, n - is_decided),
    }
    return table[rate]


def event_of(
    rate: Rate, label: IntArray, decision: IntArray, positive: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for each row whether the rate's event happened and whether it is in the denominator."""
    is_positive, is_decided = label == positive, decision == positive
    everything = np.ones(len(label), dtype=np.bool_)
    return {
        "selection-rate": (is_decided, everything),
        "tpr": (is_decided, is_positive),
        "fnr": (~is_decided, is_positive),
        "fpr": (is_decided, ~is_positive),
        "tnr": (~is_decided, ~is_positive),
        "ppv": (is_positive, is_decided),
        "npv": (~is_positive, ~is_decided),
        "accuracy": (label == decision, everything),
    }[rate]


def replicate_cells(cells: Cells, rng: np.random.Generator, *, replicates: int = 1000) -> IntArray:
    """Draw the table anew as a row bootstrap would, shape [r, g, c, c].

    A group that is absent from a replicate has zero counts there and is never left out.
    """
    flat = cells.counts.reshape(-1)
    total = int(flat.sum())
    if total == 0:
        raise ContractError(must("cells", "hold at least one example", 0))
    drawn = rng.multinomial(total, flat / total, size=replicates)
    return _of_groups(drawn.reshape(replicates, *cells.counts.shape), cells.member)


def _of_groups(counts: IntArray, member: NDArray[np.bool_]) -> IntArray:
    """Add up patterns to groups: [..., p, c, c] -> [..., g, c, c]."""
    p, g = member.shape
    if p == g and (member == np.eye(p, dtype=np.bool_)).all():
        return counts
    found: IntArray = np.einsum("...pij,pg->...gij", counts, member.astype(np.int64))
    return found
