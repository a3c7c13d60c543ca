"""Do decisions fall evenly on groups?

For every group column, the rates that Fairlearn knows, for every group and for the groups held against
each other. One class is of interest (class 1 of two unless the option ``positive`` names another); with
more than two classes each class in turn is held against all others.

Measures of each group, in the slice ``column=group``:

* ``group-metrics.selection-rate``: share of the examples that was decided for the class.
* ``group-metrics.tpr``, ``fnr``: share of the examples of the class that was found, or missed.
* ``group-metrics.fpr``: share of the examples of other classes that was taken for the class.
* ``group-metrics.ppv``: share of the decisions for the class that is right.
* ``group-metrics.accuracy``: share of all decisions that is right.
* ``group-metrics.impact-ratio``: selection rate of the favourable class (the task's, else the class of
  interest) divided by that of the group with the highest; also written as a table in the layout of New
  York City Local Law 144 (``impact-ratio.csv``), with every pair of columns.

Measures of a column as a whole, in the slice ``column=*``:

* ``selection-rate-difference`` (demographic parity difference), ``tpr-difference`` (equal opportunity
  difference), ``fpr-difference``, ``fnr-difference``, ``ppv-difference``, ``accuracy-difference``: highest
  minus lowest rate.
* ``selection-rate-ratio``, ``tpr-ratio``, ``fpr-ratio``: lowest divided by highest rate.
* ``equalized-odds-difference``, ``equalized-odds-ratio``: the worse of true and false positive rate.
* ``tpr-worst``, ``fpr-worst``, ``fnr-worst``, ``ppv-worst``, ``accuracy-worst``: rate of the group that is
  worst off.
* With more than two classes these are about the worst class, and ``tpr-difference-weighted``,
  ``fpr-difference-weighted`` are means over the classes by their examples. Rates of single classes stand
  in slices ``label=class,column=group``, up to ``max_classes`` classes.

These differences and ratios are made to be decided. The end of the interval that can pass is the worst of
the one-sided limits of all pairs; the end that can fail is simultaneous over all pairs. A model without
any difference fails in at most 5 of 100 audits, a model at the limit passes in at most 5 of 100, however
many groups there are. A plan (``groups`` in the config) may name a reference group; then every group
is compared with it alone.

Nothing is left out in silence. A group with fewer than ``min_group`` examples in a rate's denominator is not
estimable: it is reported, it is not compared, and the column cannot pass until the plan excludes it with
a reason. Rows without a group, and labels that the plan does not know, are slices of their own.
Where the data names clusters, the cluster is the unit; where groups overlap, shared rows are counted.

What they hide: wrong labels, groups that no column names, differences in what groups are decided about
(see ``conditional-disparity``), groups formed by two columns (``intersections``).

Cost: no model calls; 5,000 rows take well under a second.

Source: Fairlearn (MetricFrame, demographic parity, equal opportunity, equalized odds); Hardt et al. 2016,
arXiv:1610.02413; Berger 1982, doi:10.1080/00401706.1982.10487790 (intersection-union tests);
Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I;
Donner and Zou 2012, doi:10.1177/0962280210383756.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from audits._group_measures import COMPARES, MEASURES, WORDS
from audits._group_rates import (
    ClassRates,
    Table,
    clusters_of,
    comparable,
    estimate_of,
    ledger,
    table_of,
)
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns, small_group
from audits._impact import Line, impact_lines, impact_ratios, write_impact_table
from audits._interest import favourable_class
from harness.auditing import AuditContext, Trial, audit
from harness.errors import nearest
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import (
    Rate,
    few_clusters,
    undefined,
    worst_difference,
    worst_rate,
    worst_ratio,
)
from harness.trials import trial_context

_UNITS = {measure.key.partition(".")[2]: measure.unit for measure in MEASURES}


class Options(GroupOptions):
    """Options of ``group-metrics``.

    Attributes:
        positive: Name of the class of interest; None is class 1 of two, or every class of more.
        max_classes: With more classes, rates of single classes are not reported, only the worst.
        tolerance: Difference that a group must be able to show; below that its evidence is called low.
    """

    positive: str | None = None
    max_classes: int = Field(default=10, ge=2)
    tolerance: float = Field(default=0.10, gt=0, lt=1)


def planted(seed: int) -> Trial:
    """Plant a region whose examples are taken for the class of interest far too often."""
    return Trial(
        guilty=_planted_context(seed, {"north": 0.35, "south": 0.08, "west": 0.08}),
        innocent=_planted_context(seed, {"north": 0.10, "south": 0.10, "west": 0.10}),
        rule={
            "measure": "group-metrics.fpr-difference",
            "require": {"at_most": 0.10},
            "slices": {"by": [["region"]]},
        },
    )


@audit(
    id="group-metrics",
    question="Do decisions fall evenly on groups?",
    needs={"predictions", "labels", "groups"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls; about 0.1 s for 5,000 rows",
    planted=planted,
    compares=COMPARES,
)
def group_metrics(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield rates over all, by group, and the worst of every column."""
    lines: list[Line] = []
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        assert seen.label is not None  # the data set was offered because it has labels
        found = _Found(ctx, dataset, table_of(seen, clusters_of(seen.cluster)))
        classes = _classes(ctx)
        if isinstance(classes, Message):
            for name, unit in _UNITS.items():
                yield ctx.measurement(name, undefined(classes, unit=unit), dataset=dataset)
            continue
        yield from _everyone(found, classes)
        columns = read_columns(seen, ctx.options)
        for column in columns:
            yield from _column(found, column, classes)
        lines += impact_lines(dataset, found.table, columns, favourable_class(ctx.task, classes))
    write_impact_table(ctx, lines)


@dataclass(frozen=True, slots=True)
class _Found:
    """One data set under way."""

    ctx: AuditContext
    dataset: str
    table: Table

    def say(
        self,
        name: str,
        estimate: Estimate,
        *,
        where: dict[str, str] | None = None,
        share: float | None = None,
        caveats: tuple[Message, ...] = (),
        notes: tuple[Message, ...] = (),
    ) -> Measurement:
        return self.ctx.measurement(
            name,
            estimate,
            dataset=self.dataset,
            where=where,
            share=share,
            caveats=caveats,
            notes=notes,
        )


def _classes(ctx: AuditContext) -> list[int] | Message:
    """Return the class ids of interest, or why there is none."""
    names, positive = ctx.task.classes, ctx.options.positive
    if positive is None:
        return [1] if len(names) == 2 else list(range(len(names)))
    if positive in names:
        return [names.index(positive)]
    return Message.of(
        "group-metrics.no-class",
        "Not measured: positive must be a class of the task, got {positive}.{hint}",
        positive=positive,
        hint=nearest(positive, list(names)),
    )


def _everyone(found: _Found, classes: list[int]) -> Iterator[Measurement]:
    """Yield the rates over all examples; with several classes those of each class."""
    rates = ClassRates(found.table, None)
    for one in WORDS:
        if one.rate == "accuracy":
            estimate = estimate_of(rates.whole("accuracy", 0), found.ctx.keep)
            yield found.say("accuracy", estimate, share=1.0)
            continue
        for k in classes if len(classes) <= found.ctx.options.max_classes else []:
            where = None if len(classes) == 1 else {"label": found.ctx.task.classes[k]}
            estimate = estimate_of(rates.whole(one.rate, k), found.ctx.keep)
            notes = (_interest(found.ctx, k),) if where is None else ()
            yield found.say(one.rate, estimate, where=where, notes=notes)


def _interest(ctx: AuditContext, k: int) -> Message:
    return Message.of(
        "group-metrics.class-of-interest",
        "The class of interest is {name}.",
        name=ctx.task.classes[k],
    )


def _column(found: _Found, column: GroupColumn, classes: list[int]) -> Iterator[Measurement]:
    if column.grouping.names:
        yield from _by_group(found, column, classes)
        yield from _impact(found, column, classes)
    whole = {column.name: EVERY_VALUE}
    if column.why_not is not None:
        for name, unit in _UNITS.items():
            if name.endswith(("-difference", "-ratio", "-worst")) and name != "impact-ratio":
                yield found.say(name, undefined(column.why_not, unit=unit), where=whole)
        return
    yield from _worst(found, column, classes)


def _by_group(found: _Found, column: GroupColumn, classes: list[int]) -> Iterator[Measurement]:
    """Yield every rate of every group, of rows without one, and of unknown labels."""
    ctx, n = found.ctx, found.table.n
    few = few_clusters(found.table.n_clusters) if found.table.n_clusters is not None else ()
    for value, inside in column.slices():
        rates = ClassRates(found.table, inside)
        caveats = (*small_group(int(inside.sum()), ctx.options.min_group), *few)
        if column.is_group(value) and (why := column.left_out(value)) is not None:
            caveats = (*caveats, why)
        for one in WORDS:
            several = len(classes) > 1 and one.rate != "accuracy"
            if several and len(classes) > ctx.options.max_classes:
                continue
            for k in classes if several else classes[:1]:
                where = {column.name: value}
                if several:
                    where[_label_key(column)] = ctx.task.classes[k]
                if inside.any():
                    estimate = estimate_of(rates.whole(one.rate, k), ctx.keep)
                else:
                    estimate = undefined(column.empty(value), unit="share")
                yield found.say(
                    one.rate, estimate, where=where, share=float(inside.sum() / n), caveats=caveats
                )


def _label_key(column: GroupColumn) -> str:
    # a group column may itself be called label
    return "label" if column.name != "label" else "class"


def _impact(found: _Found, column: GroupColumn, classes: list[int]) -> Iterator[Measurement]:
    favourable = favourable_class(found.ctx.task, classes)
    if favourable is None:
        return
    counts = found.table.counts(column.grouping, "selection-rate", favourable)
    for group, estimate in impact_ratios(counts, column):
        size = column.sizes[group]
        yield found.say(
            "impact-ratio",
            estimate,
            where={column.name: group},
            share=size / found.table.n,
            caveats=small_group(size, found.ctx.options.min_group),
        )


def _worst(found: _Found, column: GroupColumn, classes: list[int]) -> Iterator[Measurement]:
    """Yield the largest differences, smallest ratios and worst rates of a column."""
    ctx, where = found.ctx, {column.name: EVERY_VALUE}
    tables = {
        one.rate: [
            comparable(
                found.table.counts(column.grouping, one.rate, k), column, ctx.options.min_group
            )
            for k in (classes if one.rate != "accuracy" else classes[:1])
        ]
        for one in WORDS
    }
    for one in WORDS:
        counts = tables[one.rate]
        said = {"where": where, "caveats": _ledger(found, column, one.rate, classes)}
        difference = worst_difference(counts, keep=ctx.keep)
        yield found.say(f"{one.rate}-difference", difference, **said)  # type: ignore[arg-type]
        if one.has_ratio:
            ratio = worst_ratio(counts, keep=ctx.keep)
            yield found.say(f"{one.rate}-ratio", ratio, **said)  # type: ignore[arg-type]
        if one.rate != "selection-rate":
            worst = worst_rate(counts, better=one.better, keep=ctx.keep)
            yield found.say(f"{one.rate}-worst", worst, **said)  # type: ignore[arg-type]
    odds = [*tables["tpr"], *tables["fpr"]]
    said = {"where": where, "caveats": _ledger(found, column, "tpr", classes)}
    yield found.say("equalized-odds-difference", worst_difference(odds, keep=ctx.keep), **said)  # type: ignore[arg-type]
    yield found.say("equalized-odds-ratio", worst_ratio(odds, keep=ctx.keep), **said)  # type: ignore[arg-type]
    if len(classes) > 1:
        support = [max(int((found.table.label == k).sum()), 0) for k in classes]
        for rate in ("tpr", "fpr"):
            mean = worst_difference(tables[rate], weights=support, keep=ctx.keep)
            yield found.say(f"{rate}-difference-weighted", mean, **said)  # type: ignore[arg-type]


def _ledger(
    found: _Found, column: GroupColumn, rate: Rate, classes: list[int]
) -> tuple[Message, ...]:
    """Say which groups can be decided about, which cannot, and what is in no group."""
    options = found.ctx.options
    names = found.ctx.task.classes
    counts = {
        names[k]: found.table.counts(column.grouping, rate, k)
        for k in (classes if rate != "accuracy" else classes[:1])
    }
    few = few_clusters(found.table.n_clusters) if found.table.n_clusters is not None else ()
    return (*ledger(counts, column, options, options.tolerance), *few, *column.caveats)


def _planted_context(seed: int, false_positive_rates: dict[str, float]) -> AuditContext:
    rng = np.random.default_rng([seed, 41])
    n = 6000
    region = rng.choice(np.array(list(false_positive_rates), dtype=object), size=n)
    label = rng.integers(0, 2, size=n)
    rate = np.where(label == 1, 0.85, [false_positive_rates[name] for name in region])
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=(rng.random(n) < rate).astype(np.int64),
        n_classes=2,
        label=label,
        groups={"region": region},
    )
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(group_metrics, task=task, predictions=[predictions], seed=seed)
