"""Before and after on the same test rows: every rate of every group, and what it cost overall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.commands.mitigation.paired import (
    Cells,
    Figure,
    change,
    draw_cells,
    mean_of,
    share,
    spread_of,
    too_few,
)
from harness.commands.mitigation.teaching import CONSTRAINTS, rate_parts
from harness.records import ALL, Estimate, Message, slice_name
from harness.stats import bootstrap_statistic, exact, paired_difference
from harness.wording.text import slice_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import FloatArray, IntArray

N_BINS = 15
MIN_GROUP = 5
"""Rows of a denominator that a group needs to take part in a worst difference."""


@dataclass(frozen=True, slots=True)
class Sides:
    """One test set, decided by the model of the run and by the mitigated one.

    Attributes:
        dataset: Its name.
        label: Shape [n].
        before, after: Decisions, shape [n].
        scores_before, scores_after: Shape [n, c]; None where a side has decisions only.
        groups: Sensitive feature → group → who is in it, shape [n]; groups may overlap.
        cluster: Shape [n]; None for independent rows.
        n_classes: c.
        positive: Class that TPR, FPR and selection rate are about.
    """

    dataset: str
    label: IntArray
    before: IntArray
    after: IntArray
    n_classes: int
    positive: int
    groups: dict[str, dict[str, NDArray[np.bool_]]]
    scores_before: FloatArray | None = None
    scores_after: FloatArray | None = None
    cluster: NDArray[np.object_] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after.

    Attributes:
        measure: ``accuracy``, ``balanced-accuracy``, ``calibration-error``, a rate, or
            ``<rate>-difference``.
        dataset, slice: As in a measurement; a worst difference stands in ``column=*``.
        before, after: Points; None where they are undefined.
        n: Rows of the denominator.
        estimate: After minus before.
    """

    measure: str
    dataset: str
    slice: str
    before: float | None
    after: float | None
    n: int
    estimate: Estimate


def changes_of(
    sides: Sides, rng: np.random.Generator, rates: Sequence[str] = CONSTRAINTS
) -> list[Change]:
    """Return every change on one test set: overall, worst differences, and each group.

    Args:
        sides: The same rows, decided twice.
        rng: Where draws come from.
        rates: Rates of groups that are compared.
    """
    found = [_accuracy(sides), _balanced(sides, rng), *_calibration(sides, rng)]
    for column, groups in sides.groups.items():
        for rate in rates:
            found += _of_column(sides, column, groups, rate, rng)
    return found


def _counted(
    sides: Sides,
    rows: NDArray[np.bool_],
    stratum: IntArray,
    success: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    rng: np.random.Generator,
    *,
    prior: float = 0.5,
) -> Cells:
    """Count rows into cells (stratum, success before, success after), 4 for each stratum.

    Args:
        sides: Whose clusters.
        rows: Which rows, shape [n].
        stratum: Of each row, shape [n], from 0.
        success: Before and after, shape [n] each.
        rng: Where draws come from.
        prior: Added to every cell.
    """
    before, after = success
    cell = (stratum * 4 + before * 2 + after)[rows]
    cluster = None if sides.cluster is None else sides.cluster[rows]
    k = 4 * (int(stratum.max(initial=0)) + 1)
    return draw_cells(cell.astype(np.int64), k, cluster=cluster, rng=rng, prior=prior)


def _figures(cells: Cells, strata: NDArray[np.bool_]) -> tuple[Figure, Figure]:
    """Return the share of successes before and after in some strata, shape [number of strata]."""
    at = np.arange(len(cells.counts))
    inside = strata[at // 4]
    return share(at // 2 % 2 == 1, inside), share(at % 2 == 1, inside)


def _compared(
    measure: str, where: tuple[str, str], cells: Cells, figures: tuple[Figure, Figure]
) -> Change:
    before, after = figures
    n = int(cells.counts.sum())
    return Change(
        measure=measure,
        dataset=where[0],
        slice=where[1],
        before=_point(before, cells),
        after=_point(after, cells),
        n=n,
        estimate=change(cells, before, after, n=n),
    )


def _point(figure: Figure, cells: Cells) -> float | None:
    value = float(figure(cells.counts[None, :])[0])
    return value if np.isfinite(value) else None


def _accuracy(sides: Sides) -> Change:
    everyone = np.ones(len(sides.label), dtype=np.bool_)
    right = sides.before == sides.label, sides.after == sides.label
    return _rate(sides, "accuracy", ALL, everyone, right)


def _rate(
    sides: Sides,
    measure: str,
    slice: str,
    rows: NDArray[np.bool_],
    success: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> Change:
    """Return the change of a share of some rows, with the interval of a paired difference."""
    before, after = success[0][rows], success[1][rows]
    n = int(rows.sum())
    cluster = None if sides.cluster is None else sides.cluster[rows]
    return Change(
        measure=measure,
        dataset=sides.dataset,
        slice=slice,
        before=float(before.mean()) if n else None,
        after=float(after.mean()) if n else None,
        n=n,
        estimate=paired_difference(after, before, cluster=cluster),
    )


def _balanced(sides: Sides, rng: np.random.Generator) -> Change:
    everyone = np.ones(len(sides.label), dtype=np.bool_)
    right = sides.before == sides.label, sides.after == sides.label
    classes, stratum = np.unique(sides.label, return_inverse=True)
    cells = _counted(sides, everyone, stratum.reshape(-1), right, rng)
    each = [_figures(cells, one) for one in np.eye(len(classes), dtype=np.bool_)]
    figures = mean_of([one[0] for one in each]), mean_of([one[1] for one in each])
    return _compared("balanced-accuracy", (sides.dataset, ALL), cells, figures)


def _of_column(
    sides: Sides,
    column: str,
    groups: dict[str, NDArray[np.bool_]],
    rate: str,
    rng: np.random.Generator,
) -> list[Change]:
    before, trial = rate_parts(rate, sides.before, sides.label, positive=sides.positive)
    after, _ = rate_parts(rate, sides.after, sides.label, positive=sides.positive)
    found = []
    able = {name: one for name, one in groups.items() if (one & trial).sum() >= MIN_GROUP}
    if len(able) > 1:
        where = sides.dataset, slice_name({column: "*"})
        cells, figures = _worst(sides, able, (trial, before, after), rng)
        found.append(_compared(f"{rate}-difference", where, cells, figures))
    for name, inside in groups.items():
        own = slice_name({column: name})
        found.append(_rate(sides, rate, own, inside & trial, (before, after)))
    return found


def _worst(
    sides: Sides,
    groups: dict[str, NDArray[np.bool_]],
    rows: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
    rng: np.random.Generator,
) -> tuple[Cells, tuple[Figure, Figure]]:
    """Return cells, and the largest difference between two groups before and after.

    Who belongs to which groups is a stratum of its own, so that rows of two groups count in both.
    """
    trial, before, after = rows
    member = np.stack(list(groups.values()), axis=1)
    trial = trial & member.any(axis=1)
    patterns, stratum = np.unique(member, axis=0, return_inverse=True)
    is_exclusive = bool((patterns.sum(axis=1) <= 1).all())
    # many patterns with few rows each would drown in what is added to their cells
    prior = 0.5 if is_exclusive else 0.0
    cells = _counted(sides, trial, stratum.reshape(-1), (before, after), rng, prior=prior)
    each = [_figures(cells, patterns[:, index]) for index in range(len(groups))]
    return cells, (spread_of([one[0] for one in each]), spread_of([one[1] for one in each]))


def calibration_error(scores: FloatArray, is_right: NDArray[np.bool_]) -> float:
    """Return the mean distance between the highest score and the share that is right, by score.

    Bins of equal mass, at most 15 of them, weighted by their rows. Not corrected for what chance adds:
    that much is in both sides of a comparison.

    Args:
        scores: Highest score of each row, shape [n].
        is_right: Whether its decision is right, shape [n].

    Source: Nixon et al. 2019, arXiv:1904.01685
    """
    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(N_BINS, len(order)))
    gaps = [abs(float((scores[one] - is_right[one]).sum())) for one in parts]
    return sum(gaps) / len(order)


def _calibration(sides: Sides, rng: np.random.Generator) -> list[Change]:
    if sides.scores_before is None or sides.scores_after is None or not len(sides.label):
        return []
    tops = [one.max(axis=1) for one in (sides.scores_before, sides.scores_after)]
    rights = [
        one.argmax(axis=1) == sides.label for one in (sides.scores_before, sides.scores_after)
    ]

    def figure(side: int, rows: IntArray) -> float:
        return calibration_error(tops[side][rows], rights[side][rows])

    n = len(sides.label)
    everyone = np.arange(n)
    before, after = figure(0, everyone), figure(1, everyone)
    if np.array_equal(sides.scores_before, sides.scores_after):
        same = exact(0.0, n=n, unit="difference")
        return [Change("calibration-error", sides.dataset, ALL, before, after, n, same)]
    few = None if sides.cluster is None else too_few(len(set(sides.cluster.tolist())), n)
    estimate = few or bootstrap_statistic(
        lambda rows: figure(1, rows) - figure(0, rows),
        n,
        rng=rng,
        keep=None,
        unit="difference",
        range_low=-1.0,
        range_high=1.0,
        cluster=sides.cluster,
    )
    return [Change("calibration-error", sides.dataset, ALL, before, after, n, estimate)]


def levelling_down(
    changes: list[Change], *, column: str, rate: str, is_higher_better: bool | None
) -> list[Message]:
    """Say where the best-off group got worse and the worst-off did not get better.

    Args:
        changes: All changes.
        column: Sensitive feature.
        rate: Rate that was worked on.
        is_higher_better: Which end is well off; None where the task does not say: nothing is said.
    """
    if is_higher_better is None:
        return []
    sign, found = (1 if is_higher_better else -1), []
    for dataset in dict.fromkeys(one.dataset for one in changes):
        groups = [
            (sign * one.before, sign * one.after, one)
            for one in changes
            if one.dataset == dataset
            and one.measure == rate
            and one.slice.startswith(slice_name({column: "x"})[:-1])
            and one.before is not None
            and one.after is not None
            and one.n >= MIN_GROUP
        ]
        if len(groups) < 2:
            continue
        best, worst = max(groups, key=lambda g: g[0]), min(groups, key=lambda g: g[0])
        if best[1] < best[0] and worst[1] <= worst[0]:
            found.append(_levelled(dataset, rate, best[2], worst[2]))
    return found


def grown(changes: list[Change]) -> list[Message]:
    """Say which largest differences grew: what helps one rate can hurt another."""
    return [
        Message.of(
            "mitigation.difference-grew",
            "On {dataset} the {measure} ({slice}) grew from {before:.3f} to {after:.3f} (90 % interval of the "
            "change {low:+.3f} to {high:+.3f}).",
            dataset=one.dataset,
            measure=one.measure,
            slice=slice_words(one.slice, "all"),
            before=one.before or 0.0,
            after=one.after or 0.0,
            low=one.estimate.low,
            high=one.estimate.high or 0.0,
        )
        for one in changes
        if one.measure.endswith("-difference") and (one.estimate.low or 0.0) > 0
    ]


def _levelled(dataset: str, rate: str, best: Change, worst: Change) -> Message:
    sure = best.estimate.low is not None and best.estimate.high is not None
    beyond = sure and (best.estimate.low or 0) * (best.estimate.high or 0) > 0
    return Message.of(
        "mitigation.levelling-down",
        "Levelling down on {dataset}: the {rate} of the best-off group ({best}) went from "
        "{best_before:.3f} to {best_after:.3f}, which is worse{evidence}, and that of the worst-off "
        "group ({worst}) from {worst_before:.3f} to {worst_after:.3f}, which is no better.",
        dataset=dataset,
        rate=rate,
        best=best.slice,
        worst=worst.slice,
        best_before=best.before or 0.0,
        best_after=best.after or 0.0,
        worst_before=worst.before or 0.0,
        worst_after=worst.after or 0.0,
        evidence="" if beyond else " (its interval includes no change)",
    )
