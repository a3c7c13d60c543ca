"""Who stands in the data, before any model number?

What a test set can say about a group depends on who stands in it. For every group column, every
group in it, and the class of interest: how many rows there are, how they are labelled, and whether
that is enough to decide anything. No decision of a model is looked at.

Measures:

* ``representation.share``: share of the rows that are in the group. A row in several groups counts in
  each; rows without a value form the slice ``(missing)``, labels that are not in the plan
  ``(unknown)``, rows in none of several overlapping groups ``(none)``.
* ``representation.missing-share`` and ``representation.unknown-share``: rows of a column (slice
  ``column=*``) without a value, and rows with a label that is not in the plan. Without a plan no label
  can be unknown, and the second is not measured.
* ``representation.positives`` and ``representation.negatives``: rows of the group with the class of
  interest as label, and with any other: the denominators of error rates by group.
* ``representation.positive-rate``: share of the group's rows with the class of interest as label.
* ``representation.positive-rate-difference``: largest difference of that share between two groups of a
  column. Labels that differ between groups are a fact about the data or a fault of it; either way
  they bound what equal selection rates can mean.
* ``representation.not-estimable-groups`` and ``representation.low-evidence-groups``: groups with fewer
  positives or negatives than ``min_group``, and those with fewer than a comparison at ``tolerance``
  needs to pass even if the rates are equal. The groups are named in the notes.
* ``representation.duplicated-share``: rows of the group whose text stands there more than once, after
  case, width and spacing are made the same. Repeated rows make a group look larger than it is.

The class of interest is class 1 of two, or what ``positive`` names; of more classes every class in
turn, each in its own slice ``class=name,column=value``.

What they hide: whether the groups are named rightly, whether the rows are like those of real use, who
should be there and is in no group at all, near-duplicates that differ in a word (see
``generalisation``), and who labelled the rows.

Source: counts before any model figure: Gebru et al. 2021 (arXiv:1803.09010) and New York City, 6 RCNY
5-301 (number of rows in an unknown category); intervals by Wilson 1927
(doi:10.1080/01621459.1927.10502953); worst difference: Berger 1982
(doi:10.1080/00401706.1982.10487790).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from audits._group_rates import clusters_of
from audits._groups import (
    EVERY_VALUE,
    GroupColumn,
    GroupOptions,
    State,
    read_columns,
    small_group,
    state_of,
)
from audits._metrics import clustered
from audits._representation_measures import MEASURES
from harness.auditing import AuditContext, Trial, audit
from harness.data.near import normal
from harness.errors import ConfigError, must, nearest
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import counted_share, exact, group_counts, undefined, wilson, worst_difference
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import GuardedPredictions

    BoolArray = NDArray[np.bool_]

_MOST_CLASSES = 20
_BY_CLASS = {
    "positives": "count",
    "negatives": "count",
    "positive-rate": "share",
    "positive-rate-difference": "difference",
    "not-estimable-groups": "count",
    "low-evidence-groups": "count",
}
"""Measures about the class of interest and their units."""


class Options(GroupOptions):
    """Options of ``representation``.

    Attributes:
        min_group: A group with fewer positives or negatives is not estimable.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        positive: Name of the class of interest; None takes class 1 of two, and of more every class.
        tolerance: Difference between groups that evidence is judged by.
        rate: Expected rate; 0.5 asks for most rows.
    """

    positive: str | None = None
    tolerance: float = Field(default=0.10, gt=0, le=1)
    rate: float = Field(default=0.5, gt=0, lt=1)


@dataclass(frozen=True, slots=True)
class _Interest:
    """One class of interest: its name, its rows [n], and what its slices have beside the column."""

    name: str
    is_positive: BoolArray
    where: Mapping[str, str]


def planted(seed: int) -> Trial:
    """Plant rows of which every fifth has no group value."""
    return Trial(
        guilty=_planted_context(seed, share_missing=0.20),
        innocent=_planted_context(seed, share_missing=0.02),
        rule={
            "measure": "representation.missing-share",
            "require": {"at_most": 0.05},
            "slices": {"by": [["region"]]},
        },
    )


@audit(
    id="representation",
    question="Who stands in the data, before any model number?",
    needs={"predictions", "groups"},
    uses={"labels", "rows", "clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls",
    planted=planted,
)
def representation(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what was counted in every group column of every test set."""
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        interests = _interests(ctx, seen)
        repeated = _repeated(ctx, dataset)
        for column in read_columns(seen, ctx.options):
            yield from _whole(ctx, dataset, column)
            if column.is_too_wide:
                yield from _too_wide(ctx, dataset, column)
                continue
            yield from _groups(ctx, dataset, column, repeated)
            if isinstance(interests, Message):
                yield from _without_classes(ctx, dataset, column, interests)
                continue
            for interest in interests:
                yield from _of_class(ctx, dataset, column, interest)


def _whole(ctx: AuditContext, dataset: str, column: GroupColumn) -> Iterator[Measurement]:
    n = len(column.is_missing)
    where = {column.name: EVERY_VALUE}
    missing = counted_share(column.n_missing, n)
    unknown = counted_share(int(column.is_unknown.sum()), n)
    if column.plan.values is None:
        why = Message.of(
            "representation.no-plan",
            "Not measured: no groups are planned for the column {column}, so no label is unknown. "
            "Name them with groups: [{{column: {column}, values: [...]}}].",
            column=column.name,
        )
        unknown = undefined(why, unit="share", n=n)
    yield ctx.measurement("missing-share", missing, dataset=dataset, where=where)
    yield ctx.measurement(
        "unknown-share", unknown, dataset=dataset, where=where, caveats=column.caveats
    )


def _too_wide(ctx: AuditContext, dataset: str, column: GroupColumn) -> Iterator[Measurement]:
    assert column.why_not is not None  # that is what too wide means
    where = {column.name: EVERY_VALUE}
    for name, unit in ({"share": "share", "duplicated-share": "share"} | _BY_CLASS).items():
        yield ctx.measurement(
            name, undefined(column.why_not, unit=unit), dataset=dataset, where=where
        )


def _groups(
    ctx: AuditContext, dataset: str, column: GroupColumn, repeated: BoolArray | Message
) -> Iterator[Measurement]:
    for value, inside in column.slices():
        n = int(inside.sum())
        left_out = column.left_out(value)
        found = {
            "dataset": dataset,
            "where": {column.name: value},
            "share": float(inside.mean()),
            "notes": () if left_out is None else (left_out,),
        }
        yield ctx.measurement("share", counted_share(n, len(inside)), **found)  # type: ignore[arg-type]
        if isinstance(repeated, Message):
            copies = undefined(repeated, unit="share", n=n)
        elif not n:
            copies = undefined(column.empty(value), unit="share")
        else:
            copies = counted_share(int((repeated & inside).sum()), n)
        yield ctx.measurement("duplicated-share", copies, **found)  # type: ignore[arg-type]


def _without_classes(
    ctx: AuditContext, dataset: str, column: GroupColumn, why: Message
) -> Iterator[Measurement]:
    for name, unit in _BY_CLASS.items():
        yield ctx.measurement(
            name, undefined(why, unit=unit), dataset=dataset, where={column.name: EVERY_VALUE}
        )


def _of_class(
    ctx: AuditContext, dataset: str, column: GroupColumn, interest: _Interest
) -> Iterator[Measurement]:
    shared = clustered(ctx.predictions(dataset).cluster)
    states: dict[str, tuple[State, int, int]] = {}
    # said once beside the groups and once beside the column, not for every group
    notes = _of(interest)
    for value, inside in column.slices():
        n, positives = int(inside.sum()), int((inside & interest.is_positive).sum())
        found = {
            "dataset": dataset,
            "where": {**interest.where, column.name: value},
            "share": float(inside.mean()),
            "notes": notes,
        }
        notes = ()
        yield ctx.measurement("positives", exact(positives, n=n, unit="count"), **found)  # type: ignore[arg-type]
        yield ctx.measurement("negatives", exact(n - positives, n=n, unit="count"), **found)  # type: ignore[arg-type]
        rate = wilson(positives, n) if n else undefined(column.empty(value), unit="share")
        small = (*shared, *small_group(n, ctx.options.min_group))
        yield ctx.measurement("positive-rate", rate, caveats=small, **found)  # type: ignore[arg-type]
        if column.is_group(value):
            states[value] = (_state(ctx.options, positives, n), positives, n - positives)
    yield from _evidence(ctx, dataset, column, interest, states)


def _of(interest: _Interest) -> tuple[Message, ...]:
    return (
        Message.of(
            "representation.class",
            "Positive means: labelled {name}; negative: labelled otherwise.",
            name=interest.name,
        ),
    )


def _evidence(
    ctx: AuditContext,
    dataset: str,
    column: GroupColumn,
    interest: _Interest,
    states: Mapping[str, tuple[State, int, int]],
) -> Iterator[Measurement]:
    where = {**interest.where, column.name: EVERY_VALUE}
    difference = _difference(ctx, dataset, column, interest)
    yield ctx.measurement(
        "positive-rate-difference", difference, dataset=dataset, where=where, notes=_of(interest)
    )
    words: dict[str, State] = {
        "not-estimable-groups": "not-estimable",
        "low-evidence-groups": "low-evidence",
    }
    for measure, state in words.items():
        found = {group: one for group, one in states.items() if one[0] == state}
        notes = [
            Message.of(
                f"representation.{state}",
                "{group} of the column {column}: {positives} labelled {name}, {negatives} otherwise.",
                group=group,
                column=column.name,
                positives=positives,
                negatives=negatives,
                name=interest.name,
            )
            for group, (_, positives, negatives) in found.items()
        ]
        estimate = exact(len(found), n=len(states), unit="count")
        if not states:
            assert column.why_not is not None  # a column without a group cannot be compared
            estimate = undefined(column.why_not, unit="count")
        yield ctx.measurement(measure, estimate, dataset=dataset, where=where, notes=notes)


def _difference(
    ctx: AuditContext, dataset: str, column: GroupColumn, interest: _Interest
) -> Estimate:
    if column.why_not is not None:
        return undefined(column.why_not, unit="difference")
    counts = group_counts(
        column.grouping,
        interest.is_positive,
        np.ones(len(interest.is_positive), np.bool_),
        cluster=clusters_of(ctx.predictions(dataset).cluster)[0],
    )
    compared = column.is_compared
    is_complete = bool((counts.trials[compared] >= ctx.options.min_group).all())
    chosen = compared & (counts.trials > 0)
    return worst_difference(counts.keep(chosen, is_complete=is_complete), keep=ctx.keep)


def _state(options: Options, positives: int, n: int) -> State:
    """Return the weaker state of a group's positives and negatives."""
    return state_of(
        min(positives, n - positives),
        min_group=options.min_group,
        rate=options.rate,
        tolerance=options.tolerance,
    )


def _interests(ctx: AuditContext, seen: GuardedPredictions) -> list[_Interest] | Message:
    classes, label = ctx.task.classes, seen.label
    if label is None:
        return Message.of("representation.no-labels", "Not measured: the rows have no labels.")
    chosen = ctx.options.positive
    if chosen is not None and chosen not in classes:
        what = f"be a class of the task ({', '.join(classes)})"
        do = nearest(chosen, classes).strip()
        raise ConfigError(must("audits.representation.positive", what, chosen, do=do))
    if chosen is None and len(classes) == 2:
        chosen = classes[1]
    if chosen is not None:
        return [_Interest(chosen, label == classes.index(chosen), {})]
    if len(classes) > _MOST_CLASSES:
        return Message.of(
            "representation.many-classes",
            "Not measured: the task has {n_classes} classes. Name the class of interest with "
            "audits.representation.positive.",
            n_classes=len(classes),
        )
    return [_Interest(name, label == k, {"class": name}) for k, name in enumerate(classes)]


def _repeated(ctx: AuditContext, dataset: str) -> BoolArray | Message:
    """Return the rows whose text stands there more than once, shape [n]."""
    if not ctx.has_rows(dataset) or not ctx.rows(dataset).has_inputs:
        return Message.of(
            "representation.no-texts",
            "Not measured: data set {dataset} comes without texts.",
            dataset=dataset,
        )
    texts = [normal(one) for one in ctx.rows(dataset).inputs]
    counts = Counter(texts)
    return np.array([counts[text] > 1 for text in texts], dtype=np.bool_)


def _planted_context(seed: int, *, share_missing: float) -> AuditContext:
    rng = np.random.default_rng([seed, 41])
    n = 1500
    region = rng.choice(np.array(["north", "south", "west"], dtype=object), size=n)
    region[rng.random(n) < share_missing] = ""
    label = rng.integers(0, 2, size=n)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=label,
        n_classes=2,
        label=label,
        groups={"region": region},
    )
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(representation, task=task, predictions=[predictions], seed=seed)
