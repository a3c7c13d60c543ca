"""Are groups formed by two columns together treated alike?

Every column can be even while the cells of two columns are not: women and men alike, young and old alike, and
yet young women are turned down. All pairs of group columns are crossed (``depth: 3`` adds triples,
``columns: [[race, sex]]`` names some). A cell is the slice ``race=A,sex=F``, columns sorted; all cells of
a pair together stand in ``race=*,sex=*``. One class is of interest (class 1 of two unless ``positive``
names another); with more than two classes each is held against all others in turn.

Measures of each cell:

* ``intersections.selection-rate``, ``tpr``, ``fpr``, ``accuracy``: as ``group-metrics`` has them by group.
* ``intersections.selection-rate-shrunk``, ``tpr-shrunk``, ``fpr-shrunk``, ``accuracy-shrunk``: the same,
  drawn towards the mean of all cells by as much as its rows are noise. For reading: it is right on
  average over cells, and no rule should use it. Its interval errs in up to 9 instead of 5 of 100 per end.

* ``intersections.impact-ratio``: selection rate of the favourable class (the task's, else the class of
  interest) divided by that of the cell with the highest, as New York City Local Law 144 asks for.

Measures of all cells together:

* ``intersections.selection-rate-between-cells``, ``tpr-between-cells``, ``fpr-between-cells``,
  ``accuracy-between-cells``: standard deviation of the true rates, after the noise is taken away. Of 40 cells
  of 10 to 150 rows without any difference the raw rates range over 0.31, and this is 0.01.
* ``intersections.selection-rate-difference``, ``tpr-difference``, ``fpr-difference``,
  ``accuracy-difference``, ``selection-rate-ratio``: highest and lowest cell, made to be decided, as in
  ``group-metrics``. Cells with fewer than ``min_group`` examples in a rate's denominator are not compared,
  and then nothing can pass. Name beforehand the cells that matter (``cells: [{race: A, sex: F}, ...]``):
  those alone are compared.
* ``intersections.differential-fairness-epsilon``: largest log ratio of how often a class is decided in
  two cells, over all classes, with one more example of each class in every cell (Dirichlet, alpha 1).
  Without a value where the ratio may be 0.

Whoever screens cells reads: *flagged* where the low end of a difference lies above the tolerance, *certified*
where its high end lies below it, else *undetermined*. These are words for readers; a rule decides.

Nothing is dropped in silence: combinations without any example, rows in no cell, cells that are too small and
cells that the plan leaves out are counted. Where rows share clusters the cluster is the unit, and
where groups overlap shared rows are counted; then there is neither a shrunk rate nor a spread, because
both treat cells as independent.

What they hide: wrong labels, columns that nobody recorded, cells of more columns than were crossed, and what
makes cells differ (see ``conditional-disparity``).

Source: Foulds et al. 2020, arXiv:1807.08362 (differential fairness); Kearns et al. 2018, arXiv:1711.05144
(why marginals do not suffice); Efron and Morris 1975, doi:10.1080/01621459.1975.10479864 (shrinkage).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from audits._cell_measures import MEASURES, RATES
from audits._cells import Crossing, crossings
from audits._group_rates import (
    Counts,
    Table,
    clusters_of,
    comparable,
    estimate_of,
    ledger,
    table_of,
)
from audits._groups import GroupOptions, read_columns, small_group
from audits._impact import impact_ratios
from audits._interest import favourable_class
from harness.auditing import AuditContext, Trial, audit
from harness.errors import nearest
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import (
    GroupCounts,
    Rate,
    differential_fairness,
    few_clusters,
    shrunk_rates,
    spread_between,
    undefined,
    worst_difference,
    worst_pair,
    worst_ratio,
)
from harness.trials import trial_context

_TITLES = {one.rate: one.title for one in RATES}
_UNITS = {measure.key.partition(".")[2]: measure.unit for measure in MEASURES}


class Options(GroupOptions):
    """Options of ``intersections``.

    Attributes:
        min_group: Cells with fewer examples in a rate's denominator are reported and not compared.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        positive: Class of interest; class 1 of two, every class of more, if none is named.
        columns: Columns to cross; all pairs if none is named.
        depth: Columns crossed at once at most, where ``columns`` names none.
        cells: Cells that are compared, each a mapping of column to group; all if none is named.
        max_cells: A crossing with more cells is not measured.
        max_classes: With more classes, rates of single classes are not reported.
        tolerance: Difference that a cell must be able to show; below that its evidence is called low.
    """

    positive: str | None = None
    columns: tuple[tuple[str, ...], ...] = ()
    depth: Literal[2, 3] = 2
    cells: tuple[dict[str, str], ...] = ()
    max_cells: int = Field(default=200, ge=2)
    max_classes: int = Field(default=10, ge=2)
    tolerance: float = Field(default=0.10, gt=0, lt=1)

    @field_validator("columns", "cells")
    @classmethod
    def _several(cls, value: tuple[object, ...]) -> tuple[object, ...]:
        for one in value:
            n = len(set(one)) if isinstance(one, tuple | dict) else 0
            if not 2 <= n <= 3:
                raise ValueError(f"each must name two or three columns, got {n}")
        return value


def planted(seed: int) -> Trial:
    """Plant cells that differ while both columns are even."""
    return Trial(
        guilty=_planted_context(seed, apart=0.15),
        innocent=_planted_context(seed, apart=0.0),
        rule={
            "measure": "intersections.tpr-difference",
            "require": {"at_most": 0.10},
            "slices": {"by": [["age", "sex"]]},
        },
    )


@audit(
    id="intersections",
    question="Are groups formed by two columns together treated alike?",
    needs={"predictions", "labels", "groups"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="no model calls; 5,000 rows and three columns take about 0.1 seconds",
    planted=planted,
)
def intersections(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield rates by cell, raw and shrunk, and the worst of every crossing."""
    for dataset in ctx.datasets:
        seen, options = ctx.predictions(dataset), ctx.options
        columns = read_columns(seen, options)
        found = list(
            crossings(
                columns,
                wanted=options.columns,
                depth=options.depth,
                cells=options.cells,
                max_cells=options.max_cells,
            )
        )
        why = _no_class(ctx) or (None if found else _one_column(columns[0].name))
        for problem in [one for one in found if isinstance(one, Message)] if why is None else [why]:
            for name, unit in _UNITS.items():
                yield ctx.measurement(name, undefined(problem, unit=unit), dataset=dataset)
            break
        if why is not None:
            continue
        table = table_of(seen, clusters_of(seen.cluster))
        for crossing in found:
            if isinstance(crossing, Crossing):
                yield from _Crossed(ctx, dataset, table, crossing).measurements()


@dataclass(frozen=True, slots=True)
class _Crossed:
    """One crossing of one data set."""

    ctx: AuditContext
    dataset: str
    table: Table
    crossing: Crossing

    def measurements(self) -> Iterator[Measurement]:
        """Yield every cell, then all cells together."""
        if self.crossing.why_not is not None:
            for name, unit in _UNITS.items():
                nothing = undefined(self.crossing.why_not, unit=unit)
                yield self._whole(name, nothing, ())
            return
        classes = self._classes()
        for one in RATES:
            several = len(classes) > 1 and one.rate != "accuracy"
            if not several or len(classes) <= self.ctx.options.max_classes:
                for k in classes if several else classes[:1]:
                    yield from self._cells(one.rate, k, several=several)
            yield from self._worst(one.rate, classes if several else classes[:1])
        yield from self._impact(favourable_class(self.ctx.task, classes))
        yield self._epsilon()

    def _classes(self) -> list[int]:
        names, positive = self.ctx.task.classes, self.ctx.options.positive
        if positive is not None:
            return [names.index(positive)]
        return [1] if len(names) == 2 else list(range(len(names)))

    def _cells(self, rate: Rate, positive: int, *, several: bool) -> Iterator[Measurement]:
        """Yield the rate of every cell, raw and shrunk, and the spread between cells."""
        column = self.crossing.all_cells
        counts = self.table.counts(column.grouping, rate, positive)
        of_class = self._of_class(positive) if several else {}
        few = self._few()
        shrunk, spread = self._shrunk(counts)
        for k, (cell, size) in enumerate(column.sizes.items()):
            where = self.crossing.where(cell) | of_class
            share = size / self.table.n
            caveats = (*small_group(size, self.ctx.options.min_group), *few)
            if (why := column.left_out(cell)) is not None:
                caveats = (*caveats, why)
            by_cluster = None
            if counts.clusters is not None and counts.times is not None:
                by_cluster = np.repeat(counts.clusters[:, k], counts.times, axis=0)
            raw = Counts(int(counts.successes[k]), int(counts.trials[k]), by_cluster)
            for name, estimate in (
                (rate, estimate_of(raw, self.ctx.keep)),
                (f"{rate}-shrunk", shrunk[k]),
            ):
                yield self.ctx.measurement(
                    name, estimate, dataset=self.dataset, where=where, share=share, caveats=caveats
                )
        yield self._whole(f"{rate}-between-cells", spread, of_class=of_class)

    def _shrunk(self, counts: GroupCounts) -> tuple[list[Estimate], Estimate]:
        why = None
        if counts.clusters is not None or counts.joint is not None:
            why = Message.of(
                "cells.not-independent",
                "Not measured: the noise of a cell is known only where rows are independent, and here "
                "they share clusters or are in several cells.",
            )
            nothing = [undefined(why, unit="share", n=int(n)) for n in counts.trials]
            return nothing, undefined(why, unit="standard deviation", n=int(counts.trials.sum()))
        return (
            shrunk_rates(counts.successes, counts.trials),
            spread_between(counts.successes, counts.trials),
        )

    def _worst(self, rate: Rate, classes: list[int]) -> Iterator[Measurement]:
        """Yield the largest difference between the cells that are compared, and the smallest ratio."""
        column = self.crossing.compared
        least = self.ctx.options.min_group
        tables = [
            comparable(self.table.counts(column.grouping, rate, k), column, least) for k in classes
        ]
        about = classes if rate != "accuracy" else classes[:1]
        caveats = self._ledger(
            {self.ctx.task.classes[k]: self.table.counts(column.grouping, rate, k) for k in about}
        )
        notes = self._notes(rate, classes, tables)
        keep = self.ctx.keep
        yield self._whole(f"{rate}-difference", worst_difference(tables, keep=keep), caveats, notes)
        if rate == "selection-rate":
            yield self._whole(f"{rate}-ratio", worst_ratio(tables, keep=keep), caveats, notes)

    def _impact(self, favourable: int | None) -> Iterator[Measurement]:
        """Yield how often the favourable class is decided in each cell, beside the cell with the most."""
        if favourable is None:
            return
        column = self.crossing.all_cells
        counts = self.table.counts(column.grouping, "selection-rate", favourable)
        for cell, estimate in impact_ratios(counts, column):
            size = column.sizes[cell]
            yield self.ctx.measurement(
                "impact-ratio",
                estimate,
                dataset=self.dataset,
                where=self.crossing.where(cell),
                share=size / self.table.n,
                caveats=(*small_group(size, self.ctx.options.min_group), *self._few()),
            )

    def _epsilon(self) -> Measurement:
        column, least = self.crossing.compared, self.ctx.options.min_group
        counts = [
            self.table.counts(column.grouping, "selection-rate", k)
            for k in range(len(self.ctx.task.classes))
        ]
        tables = [comparable(one, column, least) for one in counts]
        caveats = self._ledger({self.ctx.task.classes[0]: counts[0]})
        estimate = differential_fairness(tables, keep=self.ctx.keep)
        return self._whole("differential-fairness-epsilon", estimate, caveats)

    def _ledger(self, counts: Mapping[str, GroupCounts]) -> tuple[Message, ...]:
        """Say which cells can be decided about; rows in no cell stand in a caveat of the crossing."""
        options = self.ctx.options
        found = ledger(counts, self.crossing.compared, options, options.tolerance)
        return tuple(one for one in found if one.id != "groups.in-none")

    def _notes(
        self, rate: Rate, classes: list[int], tables: list[GroupCounts]
    ) -> tuple[Message, ...]:
        """Name the highest and the lowest cell of the class in which they are farthest apart."""
        found = []
        for k, counts in zip(classes, tables, strict=True):
            pair = worst_pair(counts)
            if pair is not None:
                x, n = counts.successes, counts.trials
                high, low = pair
                found.append((float(x[high] / n[high] - x[low] / n[low]), k, counts, high, low))
        if not found:
            return ()
        _, k, counts, high, low = max(found, key=lambda one: one[0])
        return (
            Message.of(
                "cells.worst-pair",
                "{rate} ({name}): highest in the cell {high} ({x_high} of {n_high}), lowest in the cell "
                "{low} ({x_low} of {n_low}).",
                rate=_TITLES[rate],
                name="all classes" if rate == "accuracy" else self.ctx.task.classes[k],
                high=counts.names[high],
                x_high=int(counts.successes[high]),
                n_high=int(counts.trials[high]),
                low=counts.names[low],
                x_low=int(counts.successes[low]),
                n_low=int(counts.trials[low]),
            ),
        )

    def _whole(
        self,
        name: str,
        estimate: Estimate,
        caveats: tuple[Message, ...] = (),
        notes: tuple[Message, ...] = (),
        *,
        of_class: dict[str, str] | None = None,
    ) -> Measurement:
        return self.ctx.measurement(
            name,
            estimate,
            dataset=self.dataset,
            where=self.crossing.whole | (of_class or {}),
            caveats=(*caveats, *self._few(), *self.crossing.caveats),
            notes=notes,
        )

    def _few(self) -> tuple[Message, ...]:
        n_clusters = self.table.n_clusters
        return () if n_clusters is None else few_clusters(n_clusters)

    def _of_class(self, positive: int) -> dict[str, str]:
        # a group column may itself be called label
        key = "label" if "label" not in self.crossing.columns else "class"
        return {key: self.ctx.task.classes[positive]}


def _no_class(ctx: AuditContext) -> Message | None:
    names, positive = ctx.task.classes, ctx.options.positive
    if positive is None or positive in names:
        return None
    return Message.of(
        "intersections.no-class",
        "Not measured: positive must be a class of the task, got {positive}.{hint}",
        positive=positive,
        hint=nearest(positive, list(names)),
    )


def _one_column(column: str) -> Message:
    return Message.of(
        "intersections.one-column",
        "Not measured: {column} is the only group column, so that there are no cells.",
        column=column,
    )


def _planted_context(seed: int, *, apart: float) -> AuditContext:
    rng = np.random.default_rng([seed, 18])
    n = 6000
    age = rng.choice(np.array(["old", "young"], dtype=object), size=n)
    sex = rng.choice(np.array(["f", "m"], dtype=object), size=n)
    label = rng.integers(0, 2, size=n)
    # each column alone is even: what one half of a group gains the other loses
    sign = np.where((age == "old") == (sex == "f"), 1, -1)
    rate = np.where(label == 1, 0.7 + apart * sign, 0.1)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=(rng.random(n) < rate).astype(np.int64),
        n_classes=2,
        label=label,
        groups={"age": age, "sex": sex},
    )
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(intersections, task=task, predictions=[predictions], seed=seed)
