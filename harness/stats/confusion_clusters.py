"""Metrics of a confusion table over rows that come in clusters: whole clusters are weighed anew.

Legend: n examples, c classes, m clusters, u kinds of clusters, r replicates.

Each replicate weighs the clusters instead of drawing them (exponential weights, the Bayesian bootstrap):
to first order that is a multinomial draw of clusters, but no class that few clusters hold vanishes from a
replicate. Their tails are read as by ``harness.stats.accelerated``, without its shift: errors that gather in few
clusters skew the statistic, and leaving out clusters shows how much. The prior is that of ``harness.stats.confusion``, half an example right and half an example wrong
for each class, worth as many rows as the design effect of the clusters says; with clusters of one row both
laws are the same.

Tails are read further out for few clusters, see ``harness.stats.replicates``. Where clusters hold one
class each, the clusters of a class are fewer than all: the degrees of freedom are m - 1 minus, for each
class with examples, the share of clusters without it.

Source: Rubin 1981, doi:10.1214/aos/1176345338; whole clusters: Davison and Hinkley 1997, section 3.8;
simulated in tests/simulation/test_coverage_clusters.py
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ShapeError
from harness.records import Estimate
from harness.stats.accelerated import METHOD as BCA
from harness.stats.clusters import cluster_share
from harness.stats.confusion import (
    STATISTICS,
    denominator,
    f1_of,
    gammas,
    parse,
    present,
    prior_of,
    slack,
    why_undefined,
)
from harness.stats.estimates import Alphas, Keep, undefined
from harness.stats.replicates import constants_of, from_replicates, pieces
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_DENSE_CELLS = 25
"""Tables with at most so many cells are counted by kind: small clusters are often alike."""


def clustered_confusion_estimates(
    label: IntArray,
    decision: IntArray,
    cluster: NDArray[Any],
    *,
    n_classes: int,
    statistics: Iterable[str],
    rng: np.random.Generator,
    keep: Keep | None,
    replicates: int = 2000,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> dict[str, Estimate]:
    """Estimate metrics of the confusion table of clustered rows, all from the same replicates.

    Values and what is undefined are those of ``confusion_estimate``. At alpha 0.05 an end errs in at
    most 10 % for 11 to 100 clusters, in most settings in 2 to 8 %. Fewer than 9 degrees of freedom (10
    clusters that hold all classes) leave the ends of the range.

    Args:
        label: True class, shape [n].
        decision: Decided class, shape [n].
        cluster: Cluster of each example, shape [n].
        n_classes: c.
        statistics: Keys of ``STATISTICS``, or ``f1:k``. Shares (accuracy, precision and recall of
            one class) belong to ``cluster_share``.
        rng: Where the draws come from.
        keep: Stores the replicates; None leaves the estimates without evidence.
        replicates: r.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If there is no such statistic.

    Undefined when: as in ``confusion_estimate``.
    """
    if not np.shape(label) == np.shape(decision) == np.shape(cluster) or np.ndim(label) != 1:
        shapes = [list(np.shape(one)) for one in (label, decision, cluster)]
        raise ShapeError(f"label, decision and cluster must have the same shape [n], got {shapes}.")
    alphas = Alphas(alpha_low, alpha_high)
    names = list(statistics)
    parsed = {name: parse(name, n_classes) for name in names}
    cells = label * n_classes + decision
    counts = np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)
    table = counts.astype(np.float64)
    found: dict[str, Estimate] = {}
    for name, (statistic, k) in parsed.items():
        n = denominator(table, statistic, k)
        if why := why_undefined(table, statistic, k, n):
            found[name] = undefined(why, unit=_unit(statistic), n=n)
        elif np.count_nonzero(present(table)) == 1:
            sizes = np.unique(cluster, return_counts=True)[1]
            found[name] = cluster_share(sizes, sizes, alpha_low=alpha_low, alpha_high=alpha_high)
    left = {name: one for name, one in parsed.items() if name not in found}
    if left:
        clusters = _clusters(label == decision, cells, cluster, table)
        drawn = _draw(clusters, list(left.values()), rng=rng, replicates=replicates)
        for (name, one), values in zip(left.items(), drawn, strict=True):
            found[name] = _estimate(values, one, (table, clusters), alphas, keep)
    return {name: found[name] for name in names}


def _estimate(
    drawn: FloatArray,
    wanted: tuple[str, int | None],
    of: tuple[FloatArray, _Clusters],
    alphas: Alphas,
    keep: Keep | None,
) -> Estimate:
    (table, clusters), (name, k) = of, wanted
    low = -1.0 if name == "mcc" else 0.0
    constants = constants_of(_value(clusters, name, k), low, 1.0) | slack(table, name)
    constants |= _widening(clusters) | _skewness(clusters, name, k)
    return from_replicates(
        np.clip(drawn, low, 1.0),
        constants,
        alphas,
        n=denominator(table, name, k),
        unit=_unit(name),
        keep=keep,
        method=BCA,
    )


def _unit(name: str) -> str:
    return "correlation" if name == "mcc" else "share"


@dataclass(frozen=True, slots=True)
class _Clusters:
    """Clusters by what they hold.

    Attributes:
        m: Clusters.
        kinds: Confusion cells of each kind, shape [u, c * c], dense or sparse, classes that occur only.
        times: How many clusters are of a kind, shape [u].
        table: All of them together, shape [c, c].
        classes: Number in the whole task of each class of the table, shape [c].
        worth: Rows that half an example of prior counts for.
        df: Degrees of freedom, see the module.
    """

    m: int
    kinds: Any
    times: IntArray
    table: FloatArray
    classes: IntArray
    worth: float
    df: float

    def tables(self, rng: np.random.Generator, replicates: int) -> Iterator[FloatArray]:
        """Draw tables without prior, shape [b, c, c] each."""
        for piece in pieces(
            replicates, per_replicate=8 * (3 * len(self.times) + 4 * self.table.size)
        ):
            weights = rng.standard_gamma(self.times, size=(piece, len(self.times)))
            yield np.asarray((self.kinds.T @ weights.T).T).reshape(piece, *self.table.shape)


def _clusters(
    is_right: NDArray[np.bool_], cells: IntArray, cluster: NDArray[Any], table: FloatArray
) -> _Clusters:
    from scipy.sparse import csr_array

    classes = np.flatnonzero(present(table))
    c, m_of = len(classes), np.unique(cluster, return_inverse=True)[1]
    m = int(m_of.max()) + 1
    place = np.full(len(table), -1)
    place[classes] = np.arange(c)
    own = place[cells // len(table)] * c + place[cells % len(table)]
    held = csr_array((np.ones(len(own)), (m_of, own)), shape=(m, c * c))
    kinds, times = held, np.ones(m, dtype=np.int64)
    if c * c <= _DENSE_CELLS:
        kinds, times = np.unique(held.toarray(), axis=0, return_counts=True)
    apart = is_right - is_right.mean()
    squares = float((apart**2).sum())
    effect = float((np.bincount(m_of, weights=apart) ** 2).sum()) / squares if squares else math.inf
    worth = min(max(1.0, effect), len(own) / m)
    labelled = csr_array((np.ones(len(own)), (m_of, own // c)), shape=(m, c))
    labelled.sum_duplicates()
    with_class = np.bincount(labelled.indices, minlength=c)[
        table[np.ix_(classes, classes)].sum(axis=1) > 0
    ]
    df = m - 1 - float((1 - with_class / m).sum())
    return _Clusters(m, kinds, times, table[np.ix_(classes, classes)], classes, worth, df)


def _skewness(clusters: _Clusters, name: str, k: int | None) -> dict[str, float]:
    """Return the acceleration of the interval, from leaving out each kind of cluster once."""
    kinds, size = clusters.kinds, clusters.table.size
    found, start = [], 0
    for piece in pieces(len(clusters.times), per_replicate=24 * size):
        held = kinds[start : start + piece]
        dense = held if isinstance(held, np.ndarray) else held.toarray()
        without = clusters.table - dense.reshape(-1, *clusters.table.shape)
        found.append(_values(clusters, without, name, k))
        start += piece
    values = np.concatenate(found)
    moved = float((values * clusters.times).sum() / clusters.m) - values
    squares = float((moved**2 * clusters.times).sum())
    third = float((moved**3 * clusters.times).sum())
    return {"bias": 0.0, "acceleration": third / (6 * squares**1.5) if squares > 0 else 0.0}


def _draw(
    clusters: _Clusters,
    wanted: list[tuple[str, int | None]],
    *,
    rng: np.random.Generator,
    replicates: int,
) -> list[FloatArray]:
    """Return the replicates of each statistic, shape [r]."""
    prior = clusters.worth * prior_of(clusters.table)
    held = np.zeros(prior.shape, dtype=bool)  # the prior is one of nothing held
    drawn: list[list[FloatArray]] = [[] for _ in wanted]
    for tables in clusters.tables(rng, replicates):
        extra = clusters.worth * gammas(
            prior / clusters.worth, held, rng=rng, replicates=len(tables)
        )
        thirds = clusters.worth * rng.standard_gamma(0.5, size=(len(tables), 3))
        for into, (name, k) in zip(drawn, wanted, strict=True):
            if k is None:
                into.append(STATISTICS[name](tables + extra * _counted(clusters.table, name)))
            else:
                own = int(np.searchsorted(clusters.classes, k))
                into.append(f1_of(_of_class(tables, own) + thirds))
    found = [np.concatenate(each) for each in drawn]
    return [
        values + _aside(clusters, prior, one, values)
        for values, one in zip(found, wanted, strict=True)
    ]


def _aside(
    clusters: _Clusters, prior: FloatArray, wanted: tuple[str, int | None], drawn: FloatArray
) -> float:
    """Return how far prior and curvature draw the replicates aside, to take it out as in ``confusion``."""
    name, k = wanted
    if len(clusters.table) == 2 or k is not None:
        return 0.0
    posterior = clusters.table + prior * _counted(clusters.table, name)
    value, of_posterior = STATISTICS[name](np.stack([clusters.table, posterior])).tolist()
    return float(value + of_posterior - 2 * drawn.mean())


def _counted(table: FloatArray, name: str) -> Any:
    # a class without decisions stays at 0; what it could be stands in the slack
    return table.sum(axis=0) > 0 if name == "macro-precision" else 1.0


def _of_class(tables: FloatArray, k: int) -> FloatArray:
    """Return right, missed and false alarms of class k, shape [b, 3]."""
    right = tables[:, k, k]
    missed, false_alarms = tables[:, k].sum(axis=1) - right, tables[:, :, k].sum(axis=1) - right
    return np.stack([right, missed, false_alarms], axis=1)


def _values(clusters: _Clusters, tables: FloatArray, name: str, k: int | None) -> FloatArray:
    """Return a statistic of tables, shape [b, c, c], as values, shape [b]."""
    if k is None:
        return STATISTICS[name](tables)
    return f1_of(_of_class(tables, int(np.searchsorted(clusters.classes, k))))


def _value(clusters: _Clusters, name: str, k: int | None) -> float:
    return float(_values(clusters, clusters.table[None], name, k)[0])


def _widening(clusters: _Clusters) -> dict[str, float]:
    """Return the constants for few clusters; weighing them varies by m - 1 of m + 1 of what they vary."""
    if clusters.df < MIN_CLUSTERS - 1:
        return {"inflation": 1.0, "df": 0.0}
    return {"inflation": math.sqrt((clusters.m + 1) / clusters.df), "df": clusters.df}
