"""The same rows decided twice: what changed, with an interval that knows that they are the same rows.

The rows of a rate's denominator are counted into cells (groups, success before, success after). Independent rows: the
cells are drawn from Dirichlet(counts + 1/2), so that a cell nobody fell into still says how little is
known. Clusters: whole clusters are drawn anew, at least 10 of them.

It is a comparison and no verdict: the interval of a change of a *worst* difference is read from
replicates whose worst pair may be another one each time; where differences are small it leans towards
larger ones, before and after alike.

Legend of shapes: n examples, k cells, m clusters, r replicates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.records import Estimate, Message
from harness.stats.estimates import Alphas, undefined
from harness.stats.replicates import constants_of, from_replicates, small_sample
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

REPLICATES = 1000

MIN_CHANGED = 5
"""Clusters that must hold a changed row: changes in fewer do not show how changes cluster."""

Figure = Callable[["FloatArray"], "FloatArray"]
"""Weights of cells, shape [r, k] → a number for each, shape [r], NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows as cells, and replicates of how many fall into each.

    Attributes:
        counts: Rows in each cell, shape [k].
        drawn: Replicates, shape [r, k].
        n_units: Rows, or clusters, that were drawn.
        is_clustered: Whether whole clusters were drawn.
        n_changed: Clusters that hold a row whose success changed; None for independent rows.
    """

    counts: FloatArray
    drawn: FloatArray
    n_units: int
    is_clustered: bool
    n_changed: int | None = None


def draw_cells(
    cell: IntArray,
    k: int,
    *,
    cluster: ArrayLike | None,
    rng: np.random.Generator,
    prior: float = 0.5,
) -> Cells:
    """Count rows into cells and draw replicates.

    Args:
        cell: Cell of each row, shape [n]: 4 times its stratum + 2 for success before + success after.
        k: Number of cells; all of them are possible.
        cluster: Cluster of each row, shape [n]; None for independent rows.
        rng: Where the draws come from.
        prior: Added to each cell where rows are independent.
    """
    counts = np.bincount(cell, minlength=k).astype(np.float64)
    if cluster is None:
        drawn = rng.gamma(np.broadcast_to(counts + prior, (REPLICATES, k)))
        return Cells(counts, drawn, len(cell), is_clustered=False)
    _, of = np.unique(np.asarray(cluster).astype(str), return_inverse=True)
    m = int(of.max(initial=-1)) + 1
    table = np.zeros((m, k))
    np.add.at(table, (of, cell), 1.0)
    times = rng.multinomial(m, np.full(m, 1 / m), size=REPLICATES) if m else np.zeros((0, 0))
    kind = np.arange(k) % 4
    n_changed = int((table[:, (kind == 1) | (kind == 2)] > 0).any(axis=1).sum())
    return Cells(counts, times @ table, m, is_clustered=True, n_changed=n_changed)


def change(
    cells: Cells, before: Figure, after: Figure, *, n: int, unit: str = "difference"
) -> Estimate:
    """Return after minus before.

    Args:
        cells: The rows.
        before: Figure of the cells by the decisions before.
        after: The same by the decisions after.
        n: Rows behind it.
        unit: Its unit.

    Undefined when: the figure is undefined for the rows, or for a replicate (none is dropped);
    there are fewer than ``MIN_CLUSTERS`` clusters, or fewer than ``MIN_CHANGED`` with a change.
    """
    one = cells.counts[None, :]
    value = float((after(one) - before(one))[0])
    if not np.isfinite(value):
        why = "mitigation.no-denominator", "A group has no rows in the denominator."
        return undefined(Message.of(*why), unit=unit, n=n)
    if cells.n_units < 2:
        return undefined(_few_rows(cells.n_units), unit=unit, n=n, low=-1.0, high=1.0)
    if cells.is_clustered and (few := too_few(cells.n_units, n)):
        return few
    if cells.n_changed is not None and cells.n_changed < MIN_CHANGED:
        return undefined(_few_changes(cells.n_changed), unit=unit, n=n)
    drawn = after(cells.drawn) - before(cells.drawn)
    if not np.isfinite(drawn).all():
        return undefined(_absent(int((~np.isfinite(drawn)).sum())), unit=unit, n=n)
    constants = constants_of(value, -1.0, 1.0) | small_sample(cells.n_units, rows=n)
    return from_replicates(drawn, constants, Alphas(0.05, 0.05), n=n, unit=unit, keep=None)


def share(success: NDArray[np.bool_], trial: NDArray[np.bool_]) -> Figure:
    """Return the figure successes / trials.

    Args:
        success: Cells that count as successes, shape [k].
        trial: Cells of the denominator, shape [k].
    """
    hits = (success & trial).astype(np.float64)
    whole = trial.astype(np.float64)

    def figure(weights: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            found: FloatArray = (weights @ hits) / (weights @ whole)
        return found

    return figure


def mean_of(figures: list[Figure]) -> Figure:
    """Return the mean of figures, such as the recall of every class."""
    return lambda weights: np.mean([one(weights) for one in figures], axis=0)


def spread_of(figures: list[Figure]) -> Figure:
    """Return the largest minus the smallest of figures, such as a rate of every group."""

    def figure(weights: FloatArray) -> FloatArray:
        found = np.stack([one(weights) for one in figures])
        spread: FloatArray = found.max(axis=0) - found.min(axis=0)
        return spread

    return figure


def _few_rows(n: int) -> Message:
    return Message.of("mitigation.few-rows", "{n} rows do not show how much rows vary.", n=n)


def _few_changes(n_changed: int) -> Message:
    return Message.of(
        "mitigation.few-changes",
        "Decisions changed in {n_changed} clusters; fewer than {least} do not show how changes cluster.",
        n_changed=n_changed,
        least=MIN_CHANGED,
    )


def too_few(m: int, n: int) -> Estimate | None:
    """Return an estimate that says that m clusters are too few; None where they are enough."""
    if m >= MIN_CLUSTERS:
        return None
    why = Message.of(
        "mitigation.few-clusters",
        "{m} clusters are too few to say how much they vary; {least} are needed.",
        m=m,
        least=MIN_CLUSTERS,
    )
    return undefined(why, unit="difference", n=n)


def _absent(bad: int) -> Message:
    return Message.of(
        "mitigation.absent",
        "In {bad} of {replicates} draws a group has no rows in the denominator.",
        bad=bad,
        replicates=REPLICATES,
    )
