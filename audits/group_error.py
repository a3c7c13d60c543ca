"""Do errors fall evenly on groups?

For every group column of a data set and every value in it, how often the decision is wrong, and how
much more often than for everybody else in that column.

Measures:

* ``group-error.error-rate``: share of examples that were decided wrongly, over all examples and in
  each group. Examples without a group value form the slice ``(missing)``, those with a label that is
  not in the plan ``(unknown)``, and those that are in none of several overlapping groups ``(none)``;
  none is ever dropped.
* ``group-error.difference-to-rest``: error rate of the group minus the error rate of all other
  examples whose value of that column is known. Above 0: the group is decided wrongly more often. An
  example that is in several groups counts in each of them, and in the rest of none of them.

What they hide: which class is confused with which (a group can be denied a favourable decision
wrongly as often as it is granted one wrongly), groups that no column names, groups formed by two
columns together, and wrong labels. Small groups are reported with the wide interval that they have;
none is left out. Where the data names clusters, they are the units of every interval. A column with very many values is most often an identifier, and is not measured.

Source: error rate by group as Fairlearn's ``MetricFrame``; intervals by Wilson 1927
(doi:10.1080/01621459.1927.10502953) and Newcombe 1998, method 10
(doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._clusters import few, share, share_difference, shared
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns, small_group
from audits._metrics import agree, computed_decisions
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.auditing import GuardedPredictions

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


class Options(GroupOptions):
    """Options of ``group-error``.

    Attributes:
        min_group: A group with fewer examples carries a caveat. It is reported all the same.
        max_groups: A column with more values is taken for an identifier and is not measured.
    """


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
    of_errors=[measure.key for measure in MEASURES],
    version="2",
)
def group_error(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield error rates over all, by group, and each group's difference to the rest."""
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        label = seen.label
        assert label is not None  # the data set was offered because it has labels
        wrong = seen.decision != label
        columns = read_columns(seen, ctx.options)
        everyone = _rate_of(wrong, np.ones(seen.n, dtype=np.bool_), seen)
        shared_few = few(shared(seen.cluster))
        caveats = (*shared_few, *(one for column in columns for one in column.caveats))
        worst = _worst_groups(ctx, wrong, columns)
        yield ctx.measurement(
            "error-rate", everyone, dataset=dataset, share=1.0, caveats=caveats, notes=worst
        )
        for column in columns:
            yield from _column(ctx, dataset, column=column)


def _column(ctx: AuditContext, dataset: str, *, column: GroupColumn) -> Iterator[Measurement]:
    seen = ctx.predictions(dataset)
    cluster = shared(seen.cluster)
    wrong = seen.decision != seen.label
    if column.why_not is not None and not column.grouping.names:
        whole = {"dataset": dataset, "where": {column.name: EVERY_VALUE}}
        nothing = undefined(column.why_not, unit="difference")
        yield ctx.measurement("difference-to-rest", nothing, **whole)  # type: ignore[arg-type]
        if column.is_too_wide:
            nothing = undefined(column.why_not, unit="share")
            yield ctx.measurement("error-rate", nothing, **whole)  # type: ignore[arg-type]
            return
    for value, inside in column.slices():
        n = int(inside.sum())
        found = {
            "dataset": dataset,
            "where": {column.name: value},
            "share": float(inside.mean()),
            "caveats": (*few(cluster, inside), *small_group(n, ctx.options.min_group)),
        }
        rate = _rate_of(wrong, inside, seen) if n else undefined(column.empty(value), unit="share")
        yield ctx.measurement("error-rate", rate, **found)  # type: ignore[arg-type]
        if column.is_group(value):
            difference = _difference(wrong, column, value, cluster)
            yield ctx.measurement("difference-to-rest", difference, **found)  # type: ignore[arg-type]


def _rate_of(
    wrong: NDArray[np.bool_], inside: NDArray[np.bool_], seen: GuardedPredictions
) -> Estimate:
    estimate = share(wrong, shared(seen.cluster), of=inside)
    decision, label = seen.decision[inside], seen.label[inside]  # type: ignore[index]
    right = computed_decisions(decision, label, seen.n_classes)["accuracy"]
    return agree("error-rate", 1.0 - right, estimate)


def _difference(
    wrong: NDArray[np.bool_], column: GroupColumn, group: str, cluster: Clusters
) -> Estimate:
    inside, rest = column.inside(group), column.outside(group)
    n = int(inside.sum())
    if not n:
        return undefined(column.empty(group), unit="difference")
    why = column.left_out(group)
    if why is None and not rest.any():
        why = Message.of(
            "group-error.one-value",
            "Not measured: the column {column} has one known value only, so there is no rest.",
            column=column.name,
        )
    if why is not None:
        return undefined(why, unit="difference", n=n)
    sides = [(wrong[rows], None if cluster is None else cluster[rows]) for rows in (inside, rest)]
    return share_difference(sides[0], sides[1])


def _worst_groups(
    ctx: AuditContext, wrong: NDArray[np.bool_], columns: Sequence[GroupColumn]
) -> tuple[Message, ...]:
    """Name the group with the highest error rate in each column; small groups only among small."""
    notes = []
    for column in columns:
        counts = {
            value: _Counts(int(wrong[inside].sum()), int(inside.sum()))
            for value, inside in column.slices()
            if inside.any()
        }
        large = {name: one for name, one in counts.items() if one.n >= ctx.options.min_group}
        if len(counts) < 2 or not column.grouping.names:
            continue
        chosen = large or counts
        worst = max(chosen, key=lambda name: chosen[name].rate)
        notes.append(
            Message.of(
                "group-error.worst-group",
                "In the column {column}, errors are most frequent in the group {group}: {wrong} "
                "of {n} examples were decided wrongly.",
                column=column.name,
                group=worst,
                wrong=chosen[worst].wrong,
                n=chosen[worst].n,
            )
        )
    return tuple(notes)


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
