"""What comparisons say: flip rate, score difference and score shift, over all of them and in slices.

Legend: m comparisons, c classes, u units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._counterfactual_common import Comparison, Name
from harness.records import Estimate, Measurement, Message
from harness.stats import cluster_share, few_clusters, linear_estimate, undefined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.auditing import AuditContext
    from harness.stats import Keep

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """Comparisons as numbers.

    Attributes:
        is_flip: Whether the decision changed, shape [m].
        unit: Unit of each, shape [m], 0 <= unit < u.
        row: Row of each original, shape [m].
        distance: Half the summed absolute differences of the scores, shape [m]; of two classes the
            difference of either score. None for hard decisions.
        change: Score of the class of interest of the counterfactual minus that of the original, shape
            [m]; None without scores or such a class.
    """

    is_flip: NDArray[np.bool_]
    unit: IntArray
    row: IntArray
    distance: FloatArray | None
    change: FloatArray | None

    @classmethod
    def of(cls, found: Comparison, positive: int | None) -> Table:
        """Return what a comparison says; ``positive`` is the class of interest."""
        unit = np.unique(found.unit.astype(str), return_inverse=True)[1]
        distance = change = None
        if found.before.scores is not None and found.after.scores is not None:
            moved = found.after.scores - found.before.scores
            distance = np.clip(np.abs(moved).sum(axis=1) / 2, 0.0, 1.0)
            change = None if positive is None else np.clip(moved[:, positive], -1.0, 1.0)
        return cls(found.before.decision != found.after.decision, unit, found.row, distance, change)

    def n_texts(self, at: IntArray) -> int:
        """Return how many texts some comparisons are about."""
        return len(np.unique(self.row[at]))


def measured(
    ctx: AuditContext, dataset: str, found: Comparison, caveats: Sequence[Message]
) -> Iterator[Measurement]:
    """Yield every measure of one data set: over all comparisons, by category, by identity."""
    positive = positive_class(ctx)
    table = Table.of(found, positive)
    groups = _groups(found)
    shown = {name: at for name, at in groups.items() if table.n_texts(at) >= ctx.options.min_texts}
    n_rows = ctx.predictions(dataset).n
    everything = np.arange(len(found.row))
    notes = [_design(table, found), *found.notes, *_worst(shown, table), *_few(ctx, groups, shown)]
    for where, at in {(): everything, **shown}.items():
        rates = flip_rate(table, at, ctx.keep), distance(table, at)
        for measure, estimate in zip(("flip-rate", "score-difference"), rates, strict=True):
            yield ctx.measurement(
                measure,
                estimate,
                dataset=dataset,
                where=_where(where),
                share=table.n_texts(at) / n_rows,
                caveats=[*caveats, *_few_units(table, at)],
                notes=notes if not where and measure == "flip-rate" else (),
            )
    yield from _shifts(ctx, dataset, found, table, shown=shown, caveats=caveats)


def positive_class(ctx: AuditContext) -> int | None:
    """Return the class whose score is followed; None where there are several and none is named."""
    if ctx.options.positive is not None:
        return ctx.task.classes.index(ctx.options.positive)
    return 1 if len(ctx.task.classes) == 2 else None


def _shifts(
    ctx: AuditContext,
    dataset: str,
    found: Comparison,
    table: Table,
    *,
    shown: dict[tuple[str, ...], IntArray],
    caveats: Sequence[Message],
) -> Iterator[Measurement]:
    """Yield by identity how much higher the score is with it than with another one."""
    positive = positive_class(ctx)
    if table.change is None or positive is None:
        why = _no_scores() if table.distance is None else _no_class()
        yield ctx.measurement(
            "score-shift", undefined(why, unit="difference"), dataset=dataset, caveats=caveats
        )
        return
    of_class = Message.of(
        "counterfactual.class",
        "The score is that of class {name}.",
        name=ctx.task.classes[positive],
    )
    n_rows = ctx.predictions(dataset).n
    nothing = not any(len(name) == 2 for name in shown)
    if nothing:
        yield ctx.measurement(
            "score-shift",
            undefined(_no_identity(ctx.options.min_texts), unit="difference"),
            dataset=dataset,
            caveats=caveats,
        )
    for name, at in shown.items():
        if len(name) < 2:
            continue
        is_added = np.array([(name[0], name[1]) in found.added[i] for i in at.tolist()])
        shift = np.where(is_added, table.change[at], -table.change[at])
        estimate = _mean(shift, table.unit[at], unit="difference", least=-1.0)
        yield ctx.measurement(
            "score-shift",
            estimate,
            dataset=dataset,
            where=_where(name),
            share=table.n_texts(at) / n_rows,
            caveats=[*caveats, *_few_units(table, at)],
            notes=[of_class],
        )


def flip_rate(table: Table, at: IntArray, keep: Keep | None) -> Estimate:
    """Return the share of some comparisons whose decision changed."""
    unit = np.unique(table.unit[at], return_inverse=True)[1]
    flips = np.bincount(unit, weights=table.is_flip[at]).astype(np.int64)
    return cluster_share(flips, np.bincount(unit), keep=keep)


def distance(table: Table, at: IntArray) -> Estimate:
    """Return how far the scores of some comparisons moved, on average."""
    if table.distance is None:
        return undefined(_no_scores(), unit="probability")
    return _mean(table.distance[at], table.unit[at], unit="probability", least=0.0)


def _mean(values: FloatArray, unit_of: IntArray, *, unit: str, least: float) -> Estimate:
    mean = float(values.mean())
    return linear_estimate(
        mean,
        (values - mean) / len(values),
        cluster=unit_of,
        unit=unit,
        range_low=least,
        range_high=1.0,
    )


def _groups(found: Comparison) -> dict[tuple[str, ...], IntArray]:
    """Return (category,) and (category, identity) → the comparisons where it came or went."""
    held: dict[tuple[str, ...], list[int]] = {}
    for i, names in enumerate(zip(found.removed, found.added, strict=True)):
        changed: list[Name] = [*names[0], *names[1]]
        for key in dict.fromkeys([*((one[0],) for one in changed), *changed]):
            held.setdefault(key, []).append(i)
    return {name: np.array(held[name], dtype=np.int64) for name in sorted(held)}


def _where(name: tuple[str, ...]) -> dict[str, str] | None:
    return dict(zip(("category", "identity"), name, strict=False)) or None


def _design(table: Table, found: Comparison) -> Message:
    return Message.of(
        "counterfactual.design",
        "{n} counterfactuals of {n_texts} texts are compared. What shares a {unit} counts as one unit: "
        "{n_units} units.",
        n=len(found.row),
        n_texts=table.n_texts(np.arange(len(found.row))),
        unit=found.unit_is,
        n_units=int(table.unit.max()) + 1,
    )


def _worst(shown: dict[tuple[str, ...], IntArray], table: Table) -> list[Message]:
    rates = {
        name[0]: float(table.is_flip[at].mean()) for name, at in shown.items() if len(name) == 1
    }
    if not rates:
        return []
    worst = max(rates, key=lambda name: (rates[name], name))
    return [
        Message.of(
            "counterfactual.worst-category",
            "The flip rate is highest for {category}: {per_cent} % of {n} counterfactuals. A rule on every "
            "category decides over the worst.",
            category=worst,
            per_cent=f"{100 * rates[worst]:.1f}",
            n=len(shown[(worst,)]),
        )
    ]


def _few(
    ctx: AuditContext,
    groups: dict[tuple[str, ...], IntArray],
    shown: dict[tuple[str, ...], IntArray],
) -> list[Message]:
    if len(groups) == len(shown):
        return []
    return [
        Message.of(
            "counterfactual.few-texts",
            "{n} categories or identities are compared in fewer than {least} texts (min_texts) and have no "
            "slice of their own; the figures over all hold them.",
            n=len(groups) - len(shown),
            least=ctx.options.min_texts,
        )
    ]


def _few_units(table: Table, at: IntArray) -> list[Message]:
    return list(few_clusters(len(np.unique(table.unit[at]))))


def _no_scores() -> Message:
    return Message.of(
        "counterfactual.no-scores", "Not measured: there are no scores, only decisions."
    )


def _no_class() -> Message:
    return Message.of(
        "counterfactual.no-class",
        "Not measured: of several classes the option positive must name the one whose score is followed.",
    )


def _no_identity(least: int) -> Message:
    return Message.of(
        "counterfactual.no-slice",
        "Not measured: no identity is compared in at least min_texts = {least} texts.",
        least=least,
    )
