"""What do metrics say that others wrote?

Runs metrics through the ``evaluate`` library: its own from the hub, or a script of yours. It is part
of no suite and runs only when the config names it:

    trust_code: true
    audits:
      foreign-metrics:
        metrics:
          - {path: metrics/cost.py, better: lower, range: [0, null]}
          - {path: evaluate-metric/matthews_correlation, revision: <40 hex digits>, range: [-1, 1]}

Such code is executed as it is. So it needs ``trust_code: true``, and a hub id needs the commit; the
SHA-256 of the code that ran stands in a caveat of each value, and ``sha256`` refuses any other.

Measures (the slice names the metric and holds all examples):

* ``foreign-metrics.value``: what a metric returns for which higher is better, in the slice
  ``metric=<name>``.
* ``foreign-metrics.loss``: what a metric returns for which lower is better (``better: lower``), in
  the slice ``loss=<name>``.

A rule of a policy judges all metrics under one column by one limit (``slices: {by: [[metric]]}``). Give a
metric a ``column`` of its own to give it a limit of its own.

The interval is a percentile bootstrap over examples (whole clusters where there are some), with 400
replicates, which reach alpha 0.05 from 10 examples on and hardly a smaller one: where a policy
corrects for multiplicity, the end of the range stands in, and without a range no value is left. A value that is not a finite number is no value, and the reason is given;
a metric that raises or returns something else than a number is an error.

What the measures hide: all that their authors did not write down. Nobody here has checked the metric,
its bounds, or whether resampling suits it (it does not for extremes). Whoever writes the metric can
make any model look good.

Source: the metric's own; von Werra et al. 2022 (arXiv:2210.01970); bootstrap: Efron and Tibshirani 1993.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from audits._foreign import ForeignError, Loaded, Question
from audits._foreign_entry import UNIT, Metric, failed, inputs_of, load_metric, origin, within
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import bootstrap_statistic, undefined
from harness.trials import trial_context

_SOURCE = "The metric's own; von Werra et al. 2022, arXiv:2210.01970"
_BLIND = "All that the metric's author did not write down; nobody here has checked it."

MEASURES = (
    Measure(
        key="foreign-metrics.value",
        title="Value of a foreign metric, higher is better",
        unit=UNIT,
        better="higher",
        range_low=None,
        range_high=None,
        reads_as="The metric ({slice}) is {value}; higher is better.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="foreign-metrics.loss",
        title="Value of a foreign metric, lower is better",
        unit=UNIT,
        better="lower",
        range_low=None,
        range_high=None,
        reads_as="The metric ({slice}) is {value}; lower is better.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
)


class Options(BaseModel):
    """Options of ``foreign-metrics``.

    Attributes:
        metrics: What to run.
        n_replicates: Resampling replicates.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metrics: tuple[Metric, ...] = ()
    n_replicates: int = Field(default=400, ge=200, le=100_000)

    @model_validator(mode="after")
    def _check(self) -> Options:
        names = [one.known_as for one in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"metrics must have distinct names, got {', '.join(twice)} twice")
        return self


def planted(seed: int) -> Trial:
    """Plant a model that errs often, seen by a metric that stands in a script."""
    return Trial(
        guilty=_planted_context(seed, error_rate=0.40),
        innocent=_planted_context(seed, error_rate=0.10),
        rule={
            "measure": "foreign-metrics.loss",
            "require": {"at_most": 0.25},
            "slices": {"by": [["loss"]]},
        },
    )


@audit(
    id="foreign-metrics",
    question="What do metrics say that others wrote?",
    needs={"predictions", "labels"},
    uses={"scores", "clusters"},
    measures=MEASURES,
    options=Options,
    suites=(),
    cost="no model calls; each metric is computed some 400 times",
    planted=planted,
)
def foreign_metrics(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield the value of every metric on every data set."""
    seed = int(ctx.rng.integers(2**31))
    loaded = {one.known_as: load_metric(ctx, one, seed) for one in ctx.options.metrics}
    for dataset in ctx.datasets:
        for one in ctx.options.metrics:
            yield _measured(ctx, dataset, one, loaded[one.known_as], seed)


def _measured(
    ctx: AuditContext, dataset: str, one: Metric, loaded: Loaded | Estimate, seed: int
) -> Measurement:
    caveats: tuple[Message, ...] = ()
    if isinstance(loaded, Loaded):
        estimate, caveats = _estimate(ctx, dataset, one, loaded, seed), (origin(one, loaded),)
    else:
        estimate = loaded
    return ctx.measurement(
        "value" if one.better == "higher" else "loss",
        estimate,
        dataset=dataset,
        where=one.where,
        share=1.0 if estimate.is_measured else None,
        caveats=caveats,
    )


def _estimate(ctx: AuditContext, dataset: str, one: Metric, loaded: Loaded, seed: int) -> Estimate:
    inputs = inputs_of(ctx, dataset, one)
    if isinstance(inputs, Message):
        return undefined(inputs, unit=UNIT)
    seen, (low, high) = ctx.predictions(dataset), one.range
    question = Question(loaded, inputs, one.kwargs, result=one.result, seed=seed)
    try:
        return bootstrap_statistic(
            within(question, one.range),
            seen.n,
            rng=ctx.rng,
            keep=ctx.keep,
            unit=UNIT,
            range_low=low,
            range_high=high,
            cluster=seen.cluster,
            replicates=ctx.options.n_replicates,
        )
    except ForeignError as err:
        return failed(one, err)


_PLANTED = '''"""Share of wrong decisions."""

import datasets
import evaluate


class Wrong(evaluate.Metric):
    def _info(self):
        whole = datasets.Value("int64")
        features = datasets.Features({"predictions": whole, "references": whole})
        return evaluate.MetricInfo(
            description="", citation="", inputs_description="", features=features, format="numpy"
        )

    def _compute(self, predictions, references):
        return {"wrong": float((predictions != references).mean())}
'''


def _planted_context(seed: int, *, error_rate: float) -> AuditContext:
    rng = np.random.default_rng([seed, 7])
    n = 500
    label = rng.integers(0, 2, size=n)
    decision = np.where(rng.random(n) < error_rate, 1 - label, label)
    ids = np.array([f"e{index}" for index in range(n)], dtype=object)
    context = trial_context(
        foreign_metrics,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[Predictions("test", ids, decision, 2, label=label)],
        options={"metrics": [{"path": "./wrong.py", "better": "lower", "range": (0, 1)}]},
        seed=seed,
        trust_code=True,
    )
    context.base = context.folder.parent
    context.base.mkdir(parents=True, exist_ok=True)
    (context.base / "wrong.py").write_text(_PLANTED, encoding="utf-8")
    return context
