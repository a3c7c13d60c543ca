"""Do errors fall evenly on groups?

For every group column of a data set and every value in it, how often the decision is wrong, and how
much more often than for everybody else in that column.

Measures:

* ``group-error.error-rate``: share of examples that were decided wrongly, over all examples and in
  each group. Examples without a group value form the slice ``(missing)``; they are never dropped.
* ``group-error.difference-to-rest``: error rate of the group minus the error rate of all other
  examples whose value of that column is known. Above 0: the group is decided wrongly more often.

What they hide: which class is confused with which (a group can be denied a favourable decision
wrongly as often as it is granted one wrongly), groups that no column names, groups formed by two
columns together, and wrong labels. Small groups are reported with the wide interval that they have;
none is left out. A column with very many values is most often an identifier, and is not measured.

Source: error rate by group as Fairlearn's ``MetricFrame``; intervals by Wilson 1927
(doi:10.1080/01621459.1927.10502953) and Newcombe 1998, method 10
(doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._metrics import agree, clustered, computed_decisions
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import newcombe, undefined, wilson
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import GuardedPredictions

MISSING = "(missing)"
"""Slice value of examples whose group is not known."""

EVERY_VALUE = "*"
"""Slice value that stands for a column as a whole, where its values were not measured."""

MEASURES = (
    Measure(
        key="group-error.error-rate",
        title="Error rate",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 examples ({slice}), about {per_100} were decided wrongly.",
        blind_to="Which kind of error it is, and wrong labels.",
        source="Fairlearn MetricFrame by group; Wilson 1927, doi:10.1080/01621459.1927.10502953",
    ),
    Measure(
        key="group-error.difference-to-rest",
        title="Error rate minus that of all others",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 examples ({slice}), about {per_100} more were decided wrongly than of 100 "
        "others (below 0: fewer).",
        blind_to="Which kind of error it is, wrong labels, and groups formed by two columns.",
        source="Newcombe 1998, method 10, "
        "doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    ),
)


class Options(BaseModel):
    """Options of ``group-error``.

    Attributes:
        min_group: A group with fewer examples carries a caveat. It is reported all the same.
        max_groups: A column with more values is taken for an identifier and is not measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_group: int = Field(default=30, ge=1)
    max_groups: int = Field(default=50, ge=2)


@dataclass(frozen=True, slots=True)
class _Counts:
    """Wrong decisions and examples of one group."""

    wrong: int
    n: int

    @property
    def rate(self) -> float:
        return self.wrong / self.n


def planted(seed: int) -> Trial:
    """Plant a region whose examples are decided wrongly far more often than the others'."""
    return Trial(
        guilty=_planted_context(seed, {"north": 0.30, "south": 0.05, "west": 0.05}),
        innocent=_planted_context(seed, {"north": 0.08, "south": 0.08, "west": 0.08}),
        rule={
            "measure": "group-error.difference-to-rest",
            "require": {"at_most": 0.10},
            "slices": {"by": [["region"]]},
        },
    )


@audit(
    id="group-error",
    question="Do errors fall evenly on groups?",
    needs={"predictions", "labels", "groups"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls",
    planted=planted,
)
def group_error(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield error rates over all, by group, and each group's difference to the rest."""
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        label = seen.label
        assert label is not None  # the data set was offered because it has labels
        wrong = seen.decision != label
        columns = {name: _named(values) for name, values in seen.groups.items()}
        shared = clustered(seen.cluster)
        everyone = _wilson_of(wrong, np.ones(seen.n, dtype=np.bool_), seen)
        worst = _worst_groups(ctx, wrong, columns)
        yield ctx.measurement(
            "error-rate", everyone, dataset=dataset, share=1.0, caveats=shared, notes=worst
        )
        for column, values in columns.items():
            yield from _column(ctx, dataset, column=column, values=values, caveats=shared)


def _column(
    ctx: AuditContext,
    dataset: str,
    *,
    column: str,
    values: NDArray[np.object_],
    caveats: tuple[Message, ...],
) -> Iterator[Measurement]:
    seen = ctx.predictions(dataset)
    wrong = seen.decision != seen.label
    groups = sorted(set(values.tolist()))
    known = values != MISSING
    if len(groups) > ctx.options.max_groups:
        why = _too_many(column, len(groups), ctx.options.max_groups)
        for name, unit in (("error-rate", "share"), ("difference-to-rest", "difference")):
            nothing = undefined(why, unit=unit)
            yield ctx.measurement(name, nothing, dataset=dataset, where={column: EVERY_VALUE})
        return
    for group in groups:
        inside = values == group
        found = {
            "dataset": dataset,
            "where": {column: group},
            "share": float(inside.mean()),
            "caveats": (*caveats, *_small(int(inside.sum()), ctx.options.min_group)),
        }
        yield ctx.measurement("error-rate", _wilson_of(wrong, inside, seen), **found)  # type: ignore[arg-type]
        if group != MISSING:
            difference = _difference(wrong, inside, known & ~inside, column)
            yield ctx.measurement("difference-to-rest", difference, **found)  # type: ignore[arg-type]


def _wilson_of(
    wrong: NDArray[np.bool_], inside: NDArray[np.bool_], seen: GuardedPredictions
) -> Estimate:
    estimate = wilson(int(wrong[inside].sum()), int(inside.sum()))
    decision, label = seen.decision[inside], seen.label[inside]  # type: ignore[index]
    right = computed_decisions(decision, label, seen.n_classes)["accuracy"]
    return agree("error-rate", 1.0 - right, estimate)


def _difference(
    wrong: NDArray[np.bool_], inside: NDArray[np.bool_], rest: NDArray[np.bool_], column: str
) -> Estimate:
    if not rest.any():
        why = Message.of(
            "group-error.one-value",
            "Not measured: the column {column} has one known value only, so there is no rest.",
            column=column,
        )
        return undefined(why, unit="difference", n=int(inside.sum()))
    return newcombe(
        int(wrong[inside].sum()), int(inside.sum()), int(wrong[rest].sum()), int(rest.sum())
    )


def _worst_groups(
    ctx: AuditContext, wrong: NDArray[np.bool_], columns: dict[str, NDArray[np.object_]]
) -> tuple[Message, ...]:
    """Name the group with the highest error rate in each column; small groups only among small."""
    notes = []
    for column, values in columns.items():
        counts = {
            group: _Counts(int(wrong[values == group].sum()), int((values == group).sum()))
            for group in sorted(set(values.tolist()))
        }
        large = {name: one for name, one in counts.items() if one.n >= ctx.options.min_group}
        if not 2 <= len(counts) <= ctx.options.max_groups:
            continue
        chosen = large or counts
        worst = max(chosen, key=lambda name: chosen[name].rate)
        notes.append(
            Message.of(
                "group-error.worst-group",
                "In the column {column}, errors are most frequent in the group {group}: {wrong} "
                "of {n} examples were decided wrongly.",
                column=column,
                group=worst,
                wrong=chosen[worst].wrong,
                n=chosen[worst].n,
            )
        )
    return tuple(notes)


def _named(values: NDArray[np.object_]) -> NDArray[np.object_]:
    named: NDArray[np.object_] = np.where(values == "", MISSING, values).astype(object)
    return named


def _small(n: int, limit: int) -> tuple[Message, ...]:
    if n >= limit:
        return ()
    return (
        Message.of(
            "group-error.small-group",
            "The group has {n} examples, fewer than {limit}: the interval is wide.",
            n=n,
            limit=limit,
        ),
    )


def _too_many(column: str, n_groups: int, limit: int) -> Message:
    return Message.of(
        "group-error.too-many-groups",
        "Not measured: the column {column} has {n_groups} values, more than max_groups = {limit}. "
        "It may be an identifier.",
        column=column,
        n_groups=n_groups,
        limit=limit,
    )


def _planted_context(seed: int, error_rates: dict[str, float]) -> AuditContext:
    rng = np.random.default_rng([seed, 1])
    n = 3000
    region = rng.choice(np.array(list(error_rates), dtype=object), size=n)
    label = rng.integers(0, 2, size=n)
    is_wrong = rng.random(n) < np.array([error_rates[name] for name in region])
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=np.where(is_wrong, 1 - label, label),
        n_classes=2,
        label=label,
        groups={"region": region},
    )
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(group_error, task=task, predictions=[predictions], seed=seed)
