"""What does a metric of your choice say group by group?

Any metric of scikit-learn or of the ``evaluate`` library, for every group of every group column, through
Fairlearn's ``MetricFrame``. It is part of no suite and runs only when the config names it:

    audits:
      metric-by-group:
        metrics:
          - {sklearn: f1_score, range: [0, 1]}
          - {sklearn: log_loss, input: class-1-score, better: lower, range: [0, null]}
          - {path: metrics/cost.py, better: lower, range: [0, null]}      # needs trust_code: true

A metric of ``evaluate`` has the options and the safeguards of ``foreign-metrics``; one of scikit-learn is named by
its function, gets labels first and ``input`` second (``decisions``, ``class-1-score``, ``scores``,
``names``) and needs no trust.

Measures (``metric=<name>`` for metrics of which higher is better, ``loss=<name>`` for the others):

* ``metric-by-group.value``, ``metric-by-group.loss``: the metric over all examples, in ``metric=f1``, and of
  each group, in ``metric=f1,race=A``.
* ``metric-by-group.difference``: highest minus lowest group, in ``metric=f1,race=*``. It is made to be
  decided: the end that passes is one-sided for every pair, the end that fails simultaneous over all pairs.

Intervals of values are percentile bootstraps with 400 replicates over examples (whole clusters where
there are some). The difference takes the variances of the groups from their replicates, and their covariance
where groups share clusters or rows, and treats values as normal. So it takes groups with enough examples:
those with fewer than ``min_group``, without a value, or with equal replicates are not compared, and then
nothing can pass. Fewer than 10 clusters decide nothing. All pairs are compared, even where a plan
names a reference.

What other tools get wrong here is handled by name. A metric that scikit-learn calls undefined in a group
(recall without positives) has no value there, not 0. A draw in which it is undefined leaves the group
without a value instead of being dropped. A group of one has no interval [1, 1]. Rows without a group are the
slice ``(missing)``, labels that are not in the plan ``(unknown)``.

What the measures hide: what the metric hides; nobody here has checked it, or whether it suits resampling. A
metric that sums instead of averaging differs between groups because they differ in size.

Source: Fairlearn's ``MetricFrame``; the metric's own; bootstrap: Efron and Tibshirani 1993.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field, model_validator

from audits._by_group import ByGroup, Values
from audits._foreign import ForeignError, Loaded, Question, ScikitQuestion
from audits._foreign_entry import UNIT, Metric, failed, inputs_of, load_metric, origin, within
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns, small_group
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SOURCE = "Fairlearn MetricFrame; the metric's own; Efron and Tibshirani 1993"
_BLIND = "All that the metric hides; nobody here has checked it."

MEASURES = (
    Measure(
        key="metric-by-group.value",
        title="Value of a metric by group, higher is better",
        unit=UNIT,
        better="higher",
        range_low=None,
        range_high=None,
        reads_as="The metric ({slice}) is {value}; higher is better.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="metric-by-group.loss",
        title="Value of a metric by group, lower is better",
        unit=UNIT,
        better="lower",
        range_low=None,
        range_high=None,
        reads_as="The metric ({slice}) is {value}; lower is better.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="metric-by-group.difference",
        title="Largest difference of a metric between groups",
        unit=UNIT,
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="The highest and the lowest group ({slice}) are {value} apart.",
        blind_to=f"{_BLIND} Its two ends are not one ordinary interval: the end that passes is one-sided "
        "for every pair, the end that fails is simultaneous over all pairs.",
        source=f"{_SOURCE}; Berger 1982, doi:10.1080/00401706.1982.10487790",
    ),
)


class GroupMetric(Metric):
    """One metric: of scikit-learn by ``sklearn``, or of ``evaluate`` by ``path``.

    Attributes:
        sklearn: Function of ``sklearn.metrics`` that takes labels first.
    """

    path: str = ""
    sklearn: str = Field(default="", max_length=60)

    def _problems(self) -> list[str]:
        if bool(self.path) == bool(self.sklearn):
            return ["each must name either sklearn (a function) or path (a metric of evaluate)"]
        if self.sklearn:
            return self._range_problems()
        return super()._problems()

    @property
    def known_as(self) -> str:
        """The name in slices."""
        return self.name or self.sklearn or super().known_as


class Options(GroupOptions):
    """Options of ``metric-by-group``.

    Attributes:
        min_group: Groups with fewer examples are reported and not compared.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        metrics: What to run.
        n_replicates: Resampling replicates.
    """

    metrics: tuple[GroupMetric, ...] = ()
    n_replicates: int = Field(default=400, ge=200, le=100_000)

    @model_validator(mode="after")
    def _check(self) -> Options:
        names = [one.known_as for one in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"metrics must have distinct names, got {', '.join(twice)} twice")
        return self


def planted(seed: int) -> Trial:
    """Plant a group in which decisions are far more often wrong."""
    return Trial(
        guilty=_planted_context(seed, {"a": 0.10, "b": 0.40}),
        innocent=_planted_context(seed, {"a": 0.20, "b": 0.20}),
        rule={
            "measure": "metric-by-group.difference",
            "require": {"at_most": 0.15},
            "slices": {"by": [["loss", "group"]]},
        },
    )


@audit(
    id="metric-by-group",
    question="What does a metric of your choice say group by group?",
    needs={"predictions", "labels", "groups"},
    uses={"scores", "clusters"},
    measures=MEASURES,
    options=Options,
    suites=(),
    cost="no model calls; each metric is computed some 400 times for every group, 5,000 rows and 8 groups "
    "take about 8 seconds for the F1 of scikit-learn",
    planted=planted,
)
def metric_by_group(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield every metric over all, by group, and between groups."""
    seed = int(ctx.rng.integers(2**31))
    for one in ctx.options.metrics:
        # code that is not ours is loaded once, and only where it is trusted
        loaded = None if one.sklearn else load_metric(ctx, one, seed)
        for dataset in ctx.datasets:
            yield from _One(ctx, dataset, one, loaded, seed).measurements()


@dataclass(frozen=True, slots=True)
class _One:
    """One metric on one data set."""

    ctx: AuditContext
    dataset: str
    metric: GroupMetric
    loaded: Loaded | Estimate | None
    seed: int

    def measurements(self) -> Iterator[Measurement]:
        seen = self.ctx.predictions(self.dataset)
        columns = read_columns(seen, self.ctx.options)
        try:
            ask = self._question()
            if isinstance(ask, Estimate):
                yield from self._nothing(ask)
                return
            values = Values(
                ask=within(ask, self.metric.range),
                rng=self.ctx.rng,
                keep=self.ctx.keep,
                span=self.metric.range,
                replicates=self.ctx.options.n_replicates,
                cluster=seen.cluster,
                min_group=self.ctx.options.min_group,
            )
            # all at once: a metric that fails in one group is not to be believed in another
            found = [self._say(values.of(np.arange(seen.n)), {}, 1.0)]
            for column in columns:
                found += self._column(values, column)
        except ForeignError as err:
            yield from self._nothing(failed(self.metric, err))
            return
        yield from found

    def _question(self) -> Callable[[NDArray[np.int64]], float] | Estimate:
        """Return what answers for some rows; an estimate without a value where nothing can."""
        if isinstance(self.loaded, Estimate):
            return self.loaded
        inputs = inputs_of(self.ctx, self.dataset, self.metric)
        if isinstance(inputs, Message):
            return undefined(inputs, unit=UNIT)
        if self.loaded is None:
            try:
                return ScikitQuestion(self.metric.sklearn, inputs, self.metric.kwargs)
            except ImportError:
                return undefined(_no_library(self.metric.known_as), unit=UNIT)
        question = Question(
            self.loaded,
            inputs,
            self.metric.kwargs,
            result=self.metric.result,
            seed=self.seed,
            is_strict=True,
        )
        # it keeps what it was first asked about, which must be all rows in order
        question(np.arange(self.ctx.predictions(self.dataset).n))
        return question

    def _column(self, values: Values, column: GroupColumn) -> Iterator[Measurement]:
        """Yield the values of the groups of one column, then the largest difference."""
        if column.why_not is not None and not column.grouping.names:
            yield self._whole(column, undefined(column.why_not, unit=UNIT))
            return
        by_group = ByGroup(values, column)
        framed = by_group.framed()
        found: dict[str, Estimate] = {}
        for value, inside in column.slices():
            rows = np.flatnonzero(inside)
            if len(rows):
                estimate = values.of(rows, name=value, framed=framed.get(value))
            else:
                estimate = undefined(column.empty(value), unit=UNIT)
            if column.is_group(value):
                found[value] = estimate
            caveats = small_group(len(rows), self.ctx.options.min_group)
            if column.is_group(value) and (why := column.left_out(value)) is not None:
                caveats = (*caveats, why)
            share = float(inside.mean())
            caveats = (*caveats, *self._one_class(rows))
            yield self._say(estimate, {column.name: value}, share, caveats)
        if column.why_not is not None:
            yield self._whole(column, undefined(column.why_not, unit=UNIT))
            return
        difference, caveats = by_group.worst(found)
        yield self._whole(column, difference, (*caveats, *column.caveats))

    def _one_class(self, rows: NDArray[np.int64]) -> tuple[Message, ...]:
        """Return the caveat of a group whose examples are all of one class."""
        label = self.ctx.predictions(self.dataset).label
        assert label is not None  # the data set was offered because it has labels
        classes = np.unique(label[rows])
        if len(classes) != 1:
            return ()
        return (
            Message.of(
                "metric-by-group.one-class",
                "All {n} examples of the group are of the class {name}: what the metric says of other "
                "classes has no basis here.",
                n=len(rows),
                name=self.ctx.task.classes[int(classes[0])],
            ),
        )

    def _whole(
        self, column: GroupColumn, estimate: Estimate, caveats: tuple[Message, ...] = ()
    ) -> Measurement:
        return self.ctx.measurement(
            "difference",
            estimate,
            dataset=self.dataset,
            where=self.metric.where | {column.name: EVERY_VALUE},
            caveats=(*self._origin(), *caveats),
        )

    def _say(
        self,
        estimate: Estimate,
        where: dict[str, str],
        share: float,
        caveats: tuple[Message, ...] = (),
    ) -> Measurement:
        return self.ctx.measurement(
            "value" if self.metric.better == "higher" else "loss",
            estimate,
            dataset=self.dataset,
            where=self.metric.where | where,
            share=share if estimate.is_measured else None,
            caveats=(*self._origin(), *caveats),
        )

    def _nothing(self, estimate: Estimate) -> Iterator[Measurement]:
        """Yield the reason for the value over all, and for the difference."""
        name = "value" if self.metric.better == "higher" else "loss"
        for measure in (name, "difference"):
            yield self.ctx.measurement(
                measure, estimate, dataset=self.dataset, where=self.metric.where
            )

    def _origin(self) -> tuple[Message, ...]:
        return (origin(self.metric, self.loaded),) if isinstance(self.loaded, Loaded) else ()


def _no_library(name: str) -> Message:
    return Message.of(
        "metric-by-group.no-library",
        "Not measured: the metric {name} needs scikit-learn and Fairlearn. Install modelassay[audit].",
        name=name,
    )


def _planted_context(seed: int, error_rates: dict[str, float]) -> AuditContext:
    rng = np.random.default_rng([seed, 19])
    n = 1000
    group = rng.choice(np.array(list(error_rates), dtype=object), size=n)
    label = rng.integers(0, 2, size=n)
    is_wrong = rng.random(n) < np.array([error_rates[name] for name in group])
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=np.where(is_wrong, 1 - label, label),
        n_classes=2,
        label=label,
        groups={"group": group},
    )
    options: dict[str, Any] = {
        # of two classes this is the share of wrong decisions
        "metrics": [
            {"sklearn": "mean_squared_error", "name": "wrong", "better": "lower", "range": (0, 1)}
        ],
        "n_replicates": 200,
    }
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(
        metric_by_group, task=task, predictions=[predictions], options=options, seed=seed
    )
