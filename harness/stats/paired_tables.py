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
An extreme of groups has a corner where two groups change places, which no reading of its draws survives; its
ends come from bounds of all rates at once, see ``harness.stats.paired_extremes``.

Legend: n examples, c classes, k cells, s strata, g groups, m clusters, r replicates.

Source: Rubin 1981, doi:10.1214/aos/1176345338; simulated in tests/simulation/test_coverage_paired_tables.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Frame, assemble, no_examples, undefined
from harness.stats.joint_cells import (
    Joint,
    clustered,
    draw_weights,
    evidence_of_joint,
    joint_of_evidence,
    with_prior,
    worth_of,
)
from harness.stats.paired_extremes import Rates, extreme_ends
from harness.stats.replicates import MIN_TAIL, constants_of, pieces, replicate_ends
from harness.stats.table_figures import EXTREMES, Figure, check_figure
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

METHOD = "paired-tables"
REPLICATES = 8000
"""Draws of a block: enough to read a tail at alpha 0.00125, that of Holm over 40 findings."""
MORE = 10
"""Blocks that are drawn where one does not reach the tail that is asked for."""


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
    check_figure(figure)
    if not len(label):
        return undefined(no_examples(), unit=unit)
    strata = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    groups = np.ones((1, 1), dtype=np.bool_) if member is None else member
    rows = np.stack([strata, label, first, second], axis=1).astype(np.int64)
    cells, of, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    joint = Joint(cells, counts.astype(np.float64), n_classes, groups)
    if cluster is not None:
        joint = clustered(joint, of.reshape(-1), cluster)
    alphas = Alphas(alpha_low, alpha_high)
    return _estimate(figure, joint, alphas, unit, evidence_of_joint(figure, joint, seed))


def reestimate_figure(estimate: Estimate, alphas: Alphas, read: object) -> Estimate:
    """Derive a difference and its ends again from the counts."""
    del read
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    try:
        figure, joint = joint_of_evidence(estimate.evidence)
    except (KeyError, TypeError, ValueError, IndexError) as err:
        held = sorted(estimate.evidence.values)
        what = "hold figure, counts of cells and seed"
        raise ContractError(must(f"Evidence of {METHOD}", what, held)) from err
    return _estimate(figure, joint, alphas, estimate.unit, estimate.evidence)


def _estimate(
    figure: Figure, joint: Joint, alphas: Alphas, unit: str, evidence: Evidence
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
    ends = _ends(figure, joint, constants, alphas, int(cast("int", evidence.values["seed"])))
    return assemble(value, ends, alphas, frame=frame)


def _ends(
    figure: Figure, joint: Joint, constants: dict[str, float], alphas: Alphas, seed: int
) -> tuple[float, float]:
    """Read both ends from one block of draws; from more of them where one does not reach the tail.

    The end of more blocks is never inside of what the one block still reaches, so that a smaller alpha
    never narrows an interval.
    """
    edge = constants["range_high"]
    if figure.kind in EXTREMES:
        rates = partial(_rates, figure, joint, seed)
        return extreme_ends(figure, rates, constants, alphas, more=MORE)
    first = _replicates(figure, joint, constants["value"], seed, blocks=1)
    if not np.isfinite(first).all():
        return -edge, edge
    low, high = _read(first, constants, alphas, edge)
    if (low > -edge and high < edge) or constants.get("df") == 0:
        return low, high
    more = _replicates(figure, joint, constants["value"], seed, blocks=MORE)
    if not np.isfinite(more).all():
        return -edge, edge
    far, ordered = _read(more, constants, alphas, edge), np.sort(np.clip(first, -edge, edge))
    low = min(far[0], float(ordered[MIN_TAIL - 1])) if low <= -edge else low
    high = max(far[1], float(ordered[-MIN_TAIL])) if high >= edge else high
    return low, high


def _read(
    replicates: FloatArray, constants: dict[str, float], alphas: Alphas, edge: float
) -> tuple[float, float]:
    low, high = replicate_ends(np.clip(replicates, -edge, edge), constants, alphas)
    return (-edge if low is None else low), (edge if high is None else high)


def _replicates(
    figure: Figure, joint: Joint, value: float, seed: int, *, blocks: int
) -> FloatArray:
    """Return replicates of the difference, shape [r], with what prior and curvature move aside taken out."""
    drawn, aside = _drawn(figure, joint, value, seed, blocks=blocks)
    return drawn + aside


def _rates(figure: Figure, joint: Joint, seed: int, blocks: int) -> Rates:
    """Return draws of every rate of every group, of both sides."""
    filled, weights = _weights(joint, seed, blocks=blocks)
    sides = [[figure.rates(table, joint.member) for table in filled.tables(one)] for one in weights]
    of_a, of_b = (
        figure.rates(table, joint.member)[0] for table in joint.tables(joint.counts[None])
    )
    a, b = (np.concatenate([one[side] for one in sides]) for side in (0, 1))
    return Rates(a, b, of_a, of_b)


def _drawn(
    figure: Figure, joint: Joint, value: float, seed: int, *, blocks: int
) -> tuple[FloatArray, float]:
    """Return replicates, shape [r], and what moves them back; the first block is always the same."""
    filled, weights = _weights(joint, seed, blocks=blocks)
    drawn = np.concatenate([filled.apart(figure, one) for one in weights])
    posterior = filled.counts + worth_of(joint) * with_prior(joint)[1]
    aside = value + float(filled.apart(figure, posterior[None])[0]) - 2 * drawn.mean()
    return drawn, float(aside)


def _weights(joint: Joint, seed: int, *, blocks: int) -> tuple[Joint, Iterator[FloatArray]]:
    """Return the cells with their prior, and draws of their weights, each of shape [piece, k]."""
    filled, prior = with_prior(joint)
    worth = worth_of(joint)
    n_kinds = 0 if joint.times is None else len(joint.times)
    size = 8 * (4 * (len(prior) + len(joint.member) * joint.n_classes**2) + 2 * n_kinds)
    return filled, (
        weights
        for block in range(blocks)
        for rng in [np.random.default_rng([seed, 977, block])]
        for piece in pieces(REPLICATES, per_replicate=size)
        for weights in draw_weights(filled, prior, worth, rng, piece)
    )
