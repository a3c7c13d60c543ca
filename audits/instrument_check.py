"""Would this audit of groups raise a false alarm, and would it see a real difference?

A measuring instrument is checked before it is believed. For every group column of the run, with the groups as
they are, the decision on the largest difference between groups is taken many times on data whose
answer is known:

* ``instrument-check.false-alarms``: decisions are dealt out to the rows at random, so that no group is
  treated differently. Share of such trials in which the decision at the limit ``tolerance`` would have
  been *failed*. It should be close to 0.
* ``instrument-check.planted-found``: in one group the rate is raised by ``planted_difference`` (0.25).
  Share of such trials in which the decision would have been *failed*. It should be close to 1. Groups
  with fewer than 1,000 rows are taken as 1,000: what is checked is the instrument, not whether there
  is enough data (``assay plan`` says that).

Both go through the code that measures the run itself: its counts, its clusters, its overlapping groups.

What they hide: whether labels and groups are right, and whether the data can show a smaller difference.

Cost: no model calls; about 0.3 s for 5,000 rows and a column.

Source: positive and negative controls; Lipsitch et al. 2010, doi:10.1097/EDE.0b013e3181d61eeb
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from audits._group_rates import clusters_of
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import (
    GroupCounts,
    clopper_pearson,
    group_counts,
    undefined,
    worst_difference,
)
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

LEAST = 1000
"""Rows of a group in the trials with a planted difference, at least."""

_SOURCE = "Lipsitch et al. 2010, doi:10.1097/EDE.0b013e3181d61eeb; Clopper and Pearson 1934"

MEASURES = (
    Measure(
        key="instrument-check.false-alarms",
        title="False alarms of the comparison of groups",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="With decisions dealt out at random, the comparison of groups ({slice}) failed in about "
        "{per_100} of 100 trials.",
        blind_to="Wrong labels and wrong groups.",
        source=_SOURCE,
    ),
    Measure(
        key="instrument-check.planted-found",
        title="Planted differences that the comparison of groups finds",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="With a large difference planted, the comparison of groups ({slice}) failed, as it "
        "should, in about {per_100} of 100 trials.",
        blind_to="Whether this data is enough to show a smaller difference.",
        source=_SOURCE,
    ),
)


class Options(GroupOptions):
    """Options of ``instrument-check``.

    Attributes:
        trials: Trials of each kind.
        tolerance: Limit that the decision is taken at.
        planted_difference: By how much the rate of one group is raised.
    """

    trials: int = Field(default=200, ge=20, le=10_000)
    tolerance: float = Field(default=0.10, gt=0, lt=1)
    planted_difference: float = Field(default=0.25, gt=0, le=0.5)


def planted(seed: int) -> Trial:
    """Plant a difference that is too small to be found: the instrument must say that it is blind."""
    return Trial(
        guilty=_planted_context(seed, {"planted_difference": 0.12}),
        innocent=_planted_context(seed, {}),
        rule={
            "measure": "instrument-check.planted-found",
            "require": {"at_least": 0.80},
            "slices": {"by": [["region"]]},
        },
    )


@audit(
    id="instrument-check",
    question="Would this audit of groups raise a false alarm, and would it see a real difference?",
    needs={"predictions", "groups"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls; about 0.3 s for 5,000 rows and a column",
    planted=planted,
)
def instrument_check(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield both shares for every group column."""
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        cluster, _ = clusters_of(seen.cluster)
        event = seen.decision == seen.decision.max(initial=0)
        for column in read_columns(seen, ctx.options):
            where = {column.name: EVERY_VALUE}
            why = column.why_not or _too_few(ctx, column)
            if why is not None:
                for name in ("false-alarms", "planted-found"):
                    nothing = undefined(why, unit="share")
                    yield ctx.measurement(name, nothing, dataset=dataset, where=where)
                continue
            quiet = _false_alarms(ctx, column, event, cluster)
            yield ctx.measurement("false-alarms", quiet, dataset=dataset, where=where)
            found, caveats = _planted_found(ctx, column)
            yield ctx.measurement(
                "planted-found", found, dataset=dataset, where=where, caveats=caveats
            )


def _used(ctx: AuditContext, column: GroupColumn) -> NDArray[np.bool_]:
    used: NDArray[np.bool_] = column.is_compared & (column.grouping.sizes >= ctx.options.min_group)
    return used


def _too_few(ctx: AuditContext, column: GroupColumn) -> Message | None:
    if _used(ctx, column).sum() >= 2:
        return None
    return Message.of(
        "groups.fewer-than-two",
        "Not measured: fewer than two groups of the column {column} have {least} examples.",
        column=column.name,
        least=ctx.options.min_group,
    )


def _false_alarms(
    ctx: AuditContext,
    column: GroupColumn,
    event: NDArray[np.bool_],
    cluster: IntArray | None,
) -> Estimate:
    """Deal the decisions out anew, and count how often some difference is called too large."""
    used, rng = _used(ctx, column), ctx.rng
    everything = np.ones(len(event), dtype=np.bool_)
    failed = 0
    for _ in range(ctx.options.trials):
        if cluster is None and not column.grouping.overlaps:
            counts = _dealt(rng, column, used, int(event.sum()))
        else:
            drawn = rng.permutation(event)
            counts = group_counts(column.grouping, drawn, everything, cluster=cluster)
            counts = counts.keep(used, is_complete=True)
        failed += _fails(ctx, counts)
    return clopper_pearson(failed, ctx.options.trials)


def _dealt(
    rng: np.random.Generator, column: GroupColumn, used: NDArray[np.bool_], n_events: int
) -> GroupCounts:
    """Return what dealing events out to rows gives: the same law, without touching a row."""
    sizes = column.grouping.sizes
    others = len(column.grouping.code) - int(sizes.sum())
    drawn = rng.multivariate_hypergeometric([*sizes.tolist(), others], n_events, method="marginals")
    names = column.grouping.names
    return GroupCounts(names, drawn[:-1].astype(np.int64), sizes).keep(used, is_complete=True)


def _planted_found(ctx: AuditContext, column: GroupColumn) -> tuple[Estimate, tuple[Message, ...]]:
    """Raise the rate of one group after the other, and count how often that is called too large."""
    used = _used(ctx, column)
    sizes = column.grouping.sizes[used]
    n = np.maximum(sizes, LEAST)
    names = tuple(name for name, own in zip(column.grouping.names, used, strict=True) if own)
    failed = 0
    for trial in range(ctx.options.trials):
        rate = np.full(len(n), 0.5 - ctx.options.planted_difference / 2)
        rate[trial % len(n)] += ctx.options.planted_difference
        failed += _fails(ctx, GroupCounts(names, ctx.rng.binomial(n, rate).astype(np.int64), n))
    caveats: tuple[Message, ...] = ()
    if (sizes < LEAST).any():
        caveats = (
            Message.of(
                "instrument-check.raised",
                "{n_small} of {n_groups} groups have fewer than {least} rows and were taken as {least}: "
                "this checks the instrument, not whether there is enough data.",
                n_small=int((sizes < LEAST).sum()),
                n_groups=len(sizes),
                least=LEAST,
            ),
        )
    return clopper_pearson(failed, ctx.options.trials), caveats


def _fails(ctx: AuditContext, counts: GroupCounts) -> bool:
    low = worst_difference(counts).low
    return low is not None and low > ctx.options.tolerance


def _planted_context(seed: int, options: dict[str, float]) -> AuditContext:
    rng = np.random.default_rng([seed, 43])
    n = 3000
    region = rng.choice(np.array(["north", "south", "west"], dtype=object), size=n)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=rng.integers(0, 2, size=n),
        n_classes=2,
        groups={"region": region},
    )
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(
        instrument_check, task=task, predictions=[predictions], seed=seed, options=options
    )
