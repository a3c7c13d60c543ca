"""How the difference of a measure between two models follows from what both answered on the same rows.

One recipe for each measure that an audit reads from stored predictions. It mirrors one version of that audit;
a test holds the versions against the audits. Whatever a recipe gives is held against what the runs
measured, so that a recipe that does not fit a run gives a reason and no number.

Legend: n examples, c classes, g groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.commands.comparing.asked import (
    Asked,
    Found,
    class_of_interest,
    mean_of,
    no_groups,
    not_derived,
    rows_inside,
)
from harness.commands.comparing.rows import Rows
from harness.commands.comparing.scored import area, brier, log_loss, overconfidence
from harness.records import GroupPlan, Message
from harness.stats import (
    RATES,
    Figure,
    Rate,
    event_of,
    figure_value,
    paired_difference,
    paired_figure,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

VERSIONS = {
    "accuracy": "2",
    "calibration": "2",
    "group-error": "2",
    "group-metrics": "1",
    "group-ranking": "1",
    "intersections": "1",
}
"""Audit → its version that the recipes mirror."""

Recipe = Callable[[Rows, Asked], "Found | Message"]


def recipe_of(measure: str) -> Recipe | None:
    """Return how a measure is compared; None where it does not follow from stored predictions."""
    audit, _, name = measure.partition(".")
    return _RECIPES.get(audit, {}).get(name)


def _confusion(rows: Rows, asked: Asked) -> Found | Message:
    """Compare a statistic of the whole confusion table, or F1 or precision of one class."""
    name = asked.name.removeprefix("class-")
    classes: tuple[int, ...] = ()
    if asked.name.startswith("class-"):
        label = asked.where.get("label")
        if label not in asked.task.classes:
            return not_derived(asked)
        classes = (asked.task.classes.index(label),)
    everyone = np.ones(rows.n, dtype=np.bool_)
    return _of_figure(rows, asked, Figure("confusion", (name,), classes), everyone)


def _of_figure(
    rows: Rows,
    asked: Asked,
    figure: Figure,
    inside: BoolArray,
    *,
    stratum: IntArray | None = None,
    member: BoolArray | None = None,
    caveats: tuple[Message, ...] = (),
) -> Found | Message:
    label = rows.label
    if label is None:
        return not_derived(asked)
    shared: dict[str, Any] = {"n_classes": rows.first.n_classes, "member": member}
    shared["stratum"] = None if stratum is None else stratum[inside]
    sides = rows.first.decision[inside], rows.second.decision[inside]
    estimate = paired_figure(
        figure,
        label[inside],
        *sides,
        cluster=None if rows.cluster is None else rows.cluster[inside],
        seed=asked.seed,
        **shared,
    )
    first, second = (figure_value(figure, label[inside], one, **shared) for one in sides)
    return Found(estimate, first, second, caveats)


def _accuracy(rows: Rows, asked: Asked) -> Found | Message:
    return _shares(rows, asked, "accuracy", 0)


def _class_recall(rows: Rows, asked: Asked) -> Found | Message:
    label = asked.where.get("label")
    if label not in asked.task.classes:
        return not_derived(asked)
    return _shares(rows, asked, "tpr", asked.task.classes.index(label), everyone=True)


def _error(rows: Rows, asked: Asked) -> Found | Message:
    return _shares(rows, asked, "accuracy", 0, is_turned=True)


def _rate(rows: Rows, asked: Asked) -> Found | Message:
    """Compare a rate of all rows, of a group, or of the cell of several columns."""
    k = class_of_interest(asked)
    return k if isinstance(k, Message) else _shares(rows, asked, asked.name, k)


def _shares(
    rows: Rows,
    asked: Asked,
    rate: str,
    k: int,
    *,
    is_turned: bool = False,
    everyone: bool = False,
) -> Found | Message:
    """Compare a share of the same rows; where the denominator follows from decisions, of tables."""
    inside = np.ones(rows.n, dtype=np.bool_) if everyone else rows_inside(rows, asked)
    if isinstance(inside, Message):
        return inside
    if rows.label is None or rate not in RATES:
        return not_derived(asked)
    if rate in ("ppv", "npv"):
        return _of_figure(rows, asked, Figure("rate", (rate,), (k,)), inside)
    own: Rate = next(one for one in RATES if one == rate)
    first, trial = event_of(own, rows.label, rows.first.decision, k)
    second, _ = event_of(own, rows.label, rows.second.decision, k)
    if is_turned:
        first, second = ~first, ~second
    chosen = inside & trial
    cluster = None if rows.cluster is None else rows.cluster[chosen]
    estimate = paired_difference(first[chosen], second[chosen], cluster=cluster)
    return Found(estimate, mean_of(first[chosen]), mean_of(second[chosen]))


def _worst(rows: Rows, asked: Asked) -> Found | Message:
    """Compare the largest difference, smallest ratio or worst rate of the groups of a column."""
    names, kind = _worst_kind(asked.name)
    if kind is None:
        return not_derived(asked)
    (column, value), *more = asked.where.items() or [("", "")]
    if more or value != "*":
        return not_derived(asked)
    return _over_groups(rows, asked, column, names, kind)


def _worst_kind(name: str) -> tuple[tuple[str, ...], Any]:
    if name.startswith("equalized-odds-"):
        kind = name.removeprefix("equalized-odds-")
        return ("tpr", "fpr"), kind if kind in ("difference", "ratio") else None
    rate, _, kind = name.rpartition("-")
    if rate not in RATES or kind not in ("difference", "ratio", "worst"):
        return (), None
    if kind == "worst":
        kind = "highest" if rate in ("fpr", "fnr") else "lowest"
    return (rate,), kind


def _over_groups(
    rows: Rows,
    asked: Asked,
    column: str,
    names: tuple[str, ...],
    kind: Any,
    *,
    group: str | None = None,
) -> Found | Message:
    held, plan = (rows.columns or {}).get(column), asked.plans.get(column, GroupPlan())
    classes = _classes(asked, names)
    if rows.columns is None:
        return no_groups(rows)
    if (
        held is None
        or rows.label is None
        or plan.reference is not None
        or isinstance(classes, Message)
    ):
        return not_derived(asked)
    groups = list(plan.values) if plan.values is not None else held.groups
    groups = [one for one in groups if one not in plan.exclude]
    inside = np.stack([held.inside(one) for one in groups], axis=1) if groups else None
    if inside is None:
        return not_derived(asked)
    least = 1 if group is not None else int(asked.options.get("min_group", 30))
    able = [_able(rows, inside, name, k, least) for name in names for k in classes]
    if any(not np.array_equal(one, able[0]) for one in able) or able[0].sum() < 2:
        return not_derived(asked)
    kept = [one for one, is_able in zip(groups, able[0], strict=True) if is_able]
    if group is not None and group not in kept:
        return not_derived(asked)
    figure = Figure(kind, names, tuple(classes), kept.index(group) if group else 0)
    chosen = inside[:, able[0]]
    member, stratum = np.unique(chosen, axis=0, return_inverse=True)
    caveats = _left_out(column, [one for one in groups if one not in kept], least)
    return _of_figure(
        rows,
        asked,
        figure,
        np.asarray(chosen.any(axis=1)),
        stratum=stratum.reshape(-1),
        member=member,
        caveats=caveats,
    )


def _able(rows: Rows, inside: BoolArray, name: str, k: int, least: int) -> BoolArray:
    """Return which groups have enough rows in a rate's denominator on both sides, shape [g]."""
    label = rows.label
    own: Rate = next(one for one in RATES if one == name)
    assert label is not None  # the caller has looked
    trials = [
        event_of(own, label, one.decision, k)[1].astype(np.int64) @ inside.astype(np.int64)
        for one in (rows.first, rows.second)
    ]
    return np.asarray((trials[0] >= least) & (trials[1] >= least))


def _impact(rows: Rows, asked: Asked) -> Found | Message:
    favourable = asked.task.favourable
    ((column, group), *more) = asked.where.items() or [("", "")]
    plan = asked.plans.get(column, GroupPlan())
    k = class_of_interest(asked) if favourable is None else asked.task.classes.index(favourable)
    if more or isinstance(k, Message) or plan.exclude:
        return not_derived(asked)
    named = Asked(
        asked.measure, asked.slice, asked.task, {"positive": asked.task.classes[k]}, asked.plans
    )
    return _over_groups(rows, named, column, ("selection-rate",), "of-highest", group=group)


def _to_rest(rows: Rows, asked: Asked) -> Found | Message:
    """Compare the error rate of a group minus that of the rest."""
    if rows.columns is None:
        return no_groups(rows)
    ((column, group), *more) = asked.where.items() or [("", "")]
    held = rows.columns.get(column)
    if more or held is None or group not in held.groups:
        return not_derived(asked)
    inside = held.inside(group)
    turned = Rows(
        rows.dataset, rows.second_name, rows.second, rows.first, rows.columns, rows.cluster
    )  # errors are what is left of the right ones
    found = _of_figure(
        turned,
        asked,
        Figure("gap", ("accuracy",)),
        held.is_known,
        stratum=np.where(inside, 0, 1),
        member=np.eye(2, dtype=np.bool_),
    )
    if isinstance(found, Message):
        return found
    return Found(found.estimate, -found.second, -found.first)


def _classes(asked: Asked, names: tuple[str, ...]) -> list[int] | Message:
    if names == ("accuracy",):
        return [0]
    positive = asked.options.get("positive")
    if positive is None and len(asked.task.classes) > 2:
        return list(range(len(asked.task.classes)))
    k = class_of_interest(asked)
    return k if isinstance(k, Message) else [k]


def _left_out(column: str, groups: list[str], least: int) -> tuple[Message, ...]:
    if not groups:
        return ()
    return (
        Message.of(
            "compare.groups-left-out",
            "Groups of {column} with fewer than {least} rows in a denominator take no part: {groups}.",
            column=column,
            least=least,
            groups=", ".join(groups[:6]),
        ),
    )


_COMPOSITE = ("balanced-accuracy", "macro-precision", "macro-recall", "macro-f1", "mcc")
_GROUP_RATES = ("selection-rate", "tpr", "fpr", "fnr", "ppv", "accuracy")
_CELL_RATES = ("selection-rate", "tpr", "fpr", "accuracy")
_WORST = (
    *(f"{rate}-difference" for rate in _GROUP_RATES),
    *(f"{rate}-ratio" for rate in ("selection-rate", "tpr", "fpr")),
    *(f"{rate}-worst" for rate in _GROUP_RATES[1:]),
    "equalized-odds-difference",
    "equalized-odds-ratio",
)
_RECIPES: dict[str, dict[str, Recipe]] = {
    "accuracy": {
        "accuracy": _accuracy,
        "gain-over-majority": _accuracy,
        **dict.fromkeys((*_COMPOSITE, "class-precision", "class-f1"), _confusion),
        "class-recall": _class_recall,
        "auroc": area,
        "log-loss": log_loss,
    },
    "calibration": {"brier": brier, "mean-overconfidence": overconfidence},
    "group-error": {"error-rate": _error, "difference-to-rest": _to_rest},
    "group-metrics": {
        **dict.fromkeys(_GROUP_RATES, _rate),
        **dict.fromkeys(_WORST, _worst),
        "impact-ratio": _impact,
    },
    "group-ranking": dict.fromkeys(("auc", "subgroup-auc", "bpsn-auc", "bnsp-auc"), area),
    "intersections": dict.fromkeys(_CELL_RATES, _rate),
}
