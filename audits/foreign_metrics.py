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

import math
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from audits._foreign import ForeignError, Loaded, Question, is_local, load
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import bootstrap_statistic, undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_UNIT = "value"
_SOURCE = "The metric's own; von Werra et al. 2022, arXiv:2210.01970"
_BLIND = "All that the metric's author did not write down; nobody here has checked it."

MEASURES = (
    Measure(
        key="foreign-metrics.value",
        title="Value of a foreign metric, higher is better",
        unit=_UNIT,
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
        unit=_UNIT,
        better="lower",
        range_low=None,
        range_high=None,
        reads_as="The metric ({slice}) is {value}; lower is better.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
)

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Metric(BaseModel):
    """One metric.

    Attributes:
        path: Script or folder, relative to the config, or id of a metric on the hub.
        name: Name in slices; the last part of the path where none is given.
        revision: Commit of a hub id, 40 hex digits.
        sha256: What the SHA-256 of the code must be.
        config: Name of the metric's configuration.
        input: What it is given: decided classes, scores [n, c], the score of class 1, or the names of
            the decided classes (labels are then names too).
        argument: Name of the argument that takes it.
        kwargs: Further arguments.
        result: Key of the number in what it returns; needed where there are several.
        better: Which direction is better.
        column: Column of its slice; ``metric``, or ``loss`` where lower is better, if none is given.
        range: Least and most that it can be; null where there is no end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1)
    name: str = Field(default="", max_length=60)
    revision: str | None = None
    sha256: str | None = None
    config: str | None = None
    input: Literal["decisions", "scores", "class-1-score", "names"] = "decisions"
    argument: str = "predictions"
    kwargs: dict[str, Any] = Field(default_factory=dict)
    result: str | None = None
    better: Literal["higher", "lower"] = "higher"
    column: str = Field(default="", max_length=60)
    range: tuple[float | None, float | None] = (None, None)

    @model_validator(mode="after")
    def _check(self) -> Metric:
        problems = []
        if not is_local(self.path) and not _HUB_ID.fullmatch(self.path):
            problems.append(
                f"path must be a script, a folder that begins with ./, or owner/name on the hub (such "
                f"as evaluate-metric/accuracy), got {self.path!r}"
            )
        if not is_local(self.path) and not _COMMIT.fullmatch(self.revision or ""):
            problems.append(
                f"revision must be the commit of {self.path} on the hub, 40 hex digits, got "
                f"{self.revision!r}"
            )
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            problems.append(f"sha256 must be 64 hex digits, got {self.sha256!r}")
        low, high = self.range
        if low is not None and high is not None and low >= high:
            problems.append(f"range must rise, got {[low, high]}")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def where(self) -> dict[str, str]:
        """Column → value of its slice."""
        return {self.column or ("metric" if self.better == "higher" else "loss"): self.known_as}

    @property
    def known_as(self) -> str:
        """The name in slices."""
        return self.name or PurePath(self.path).stem


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
    loaded = {one.known_as: _load(ctx, one, seed) for one in ctx.options.metrics}
    for dataset in ctx.datasets:
        for one in ctx.options.metrics:
            yield _measured(ctx, dataset, one, loaded[one.known_as], seed)


def _load(ctx: AuditContext, one: Metric, seed: int) -> Loaded | Estimate:
    if not ctx.trust_code:
        why = Message.of(
            "foreign-metrics.no-trust",
            "Not measured: the metric {name} is code that is not ours, and runs only with trust_code: "
            "true.",
            name=one.known_as,
        )
        return undefined(why, unit=_UNIT)
    try:
        return load(
            one.path,
            base=ctx.base,
            revision=one.revision,
            config=one.config,
            sha256=one.sha256,
            seed=seed,
        )
    except ForeignError as err:
        return _failed(one, err)


def _measured(
    ctx: AuditContext, dataset: str, one: Metric, loaded: Loaded | Estimate, seed: int
) -> Measurement:
    caveats: tuple[Message, ...] = ()
    if isinstance(loaded, Loaded):
        estimate, caveats = _estimate(ctx, dataset, one, loaded, seed), (_origin(one, loaded),)
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
    inputs = _inputs(ctx, dataset, one)
    if isinstance(inputs, Message):
        return undefined(inputs, unit=_UNIT)
    seen, (low, high) = ctx.predictions(dataset), one.range
    question = Question(loaded, inputs, one.kwargs, result=one.result, seed=seed)

    def within(rows: NDArray[np.int64]) -> float:
        number = question(rows)
        below, above = low is not None and number < low, high is not None and number > high
        if math.isfinite(number) and (below or above):
            raise ForeignError(f"The metric must lie in its range {[low, high]}, got {number}.")
        return number

    try:
        return bootstrap_statistic(
            within,
            seen.n,
            rng=ctx.rng,
            keep=ctx.keep,
            unit=_UNIT,
            range_low=low,
            range_high=high,
            cluster=seen.cluster,
            replicates=ctx.options.n_replicates,
        )
    except ForeignError as err:
        return _failed(one, err)


def _inputs(ctx: AuditContext, dataset: str, one: Metric) -> dict[str, Sequence[Any]] | Message:
    seen, classes = ctx.predictions(dataset), np.array(ctx.task.classes, dtype=object)
    assert seen.label is not None  # the data set was offered because it has labels
    references: Sequence[Any] = seen.label.tolist()
    if one.input == "decisions":
        return {one.argument: seen.decision.tolist(), "references": references}
    if one.input == "names":
        names = classes[seen.label].tolist()
        return {one.argument: classes[seen.decision].tolist(), "references": names}
    if seen.scores is None or (one.input == "class-1-score" and seen.n_classes != 2):
        what = "scores" if seen.scores is None else "the score of class 1, and so two classes"
        return Message.of(
            "foreign-metrics.no-scores",
            "Not measured: the metric {name} needs {what}.",
            name=one.known_as,
            what=what,
        )
    scores = seen.scores if one.input == "scores" else seen.scores[:, 1]
    return {one.argument: scores.tolist(), "references": references}


def _failed(one: Metric, err: ForeignError) -> Estimate:
    why = Message.of(
        "foreign-metrics.failed",
        "The metric {name} ended in an error. {detail}",
        name=one.known_as,
        detail=str(err),
    )
    return undefined(why, unit=_UNIT, method="error")


def _origin(one: Metric, loaded: Loaded) -> Message:
    revision = f" at {one.revision}" if one.revision else ""
    return Message.of(
        "foreign-metrics.origin",
        "Computed by code that is not ours and that nobody here has checked: {path}{revision}, SHA-256 "
        "{sha256}.",
        path=one.path,
        revision=revision,
        sha256=loaded.sha256,
    )


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
