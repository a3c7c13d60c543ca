"""What a run would cost and what its data can decide, without running it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness import registry
from harness.auditing import PREDICT, Audit
from harness.auditing.costs import LOOKED_AT
from harness.commands.planning.deciding import (
    Decidable,
    comparisons,
    decidable,
    error_rate,
    rules_without_slices,
)
from harness.commands.planning.dry import dry_run
from harness.commands.planning.groups import GroupDecision
from harness.commands.planning.memory import BYTES_PER_ANSWER, fill_a_batch, peak_bytes
from harness.commands.planning.training import TrainingCost, try_training
from harness.config import LoadedConfig
from harness.pipeline.allotting import speed_of
from harness.pipeline.budget import Rows, budget_of
from harness.pipeline.costs import Costs
from harness.pipeline.forecast import Forecast
from harness.pipeline.plan import RunPlan, make_plan
from harness.pipeline.reporting import Reporter
from harness.pipeline.speed import N_PROBED, Clock
from harness.pipeline.work import finished_model, load_stage
from harness.records import Message

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.modelling import Model

ROW_BYTES = 24
"""Bytes of one stored prediction, beside its text; as measured, compressed."""

ANSWER_BYTES = 12
"""Bytes of one stored answer and of what stands beside it; as measured, compressed."""

Basis = Literal["probe", "trial", "steps", "finished", "none"]
"""Where a time comes from: the model on 32 rows; the audit itself on part of the rows with decisions
drawn at random; steps of a training that is thrown away; a training that is finished; nothing."""


@dataclass(frozen=True, slots=True)
class StageCost:
    """What one stage of a run needs.

    Attributes:
        stage: ``train``, ``predict`` or ``audit <id>``.
        n_rows: Rows that it works on.
        n_calls: Model calls, or steps of a training; None where there are none.
        seconds: Wall time; None where it is not known.
        memory_bytes: Largest memory of the process meanwhile; None where it is not known.
        disk_bytes: What it leaves on the disk; None where it is not known.
        basis: Where the time comes from.
        n_of: Rows where there is no budget, when the budget leaves fewer.
    """

    stage: str
    n_rows: int
    n_calls: int | None
    seconds: float | None
    memory_bytes: int | None
    disk_bytes: int | None
    basis: Basis
    n_of: int | None = None


@dataclass(frozen=True, slots=True)
class DataFacts:
    """One data set, as a reader of a plan sees it.

    Attributes:
        n_rows: Rows that are used.
        n_aside: Rows that were set aside.
        tokens: Mean and 95th percentile of the tokens of a row; None without a model.
    """

    name: str
    n_rows: int
    n_aside: int
    tokens: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class PlanReport:
    """Everything that ``assay plan`` prints."""

    name: str
    model: str
    policy: str
    device: str
    data: list[DataFacts]
    stages: list[StageCost]
    decides: list[Decidable]
    compares: list[GroupDecision] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    budget_minutes: float | None = None
    error_rate: float = 0.0
    level: float = 0.95

    @property
    def seconds(self) -> float:
        """All stages whose time is known."""
        return sum(one.seconds or 0.0 for one in self.stages)

    @property
    def memory_bytes(self) -> int | None:
        """The largest of the stages."""
        return max((one.memory_bytes for one in self.stages if one.memory_bytes), default=None)

    @property
    def disk_bytes(self) -> int:
        """All stages whose disk is known."""
        return sum(one.disk_bytes or 0 for one in self.stages)


def plan_run(loaded: LoadedConfig, *, runs: Path, reporter: Reporter, clock: Clock) -> PlanReport:
    """Read the config as ``run`` would, look at data and model, and say what the run would need.

    Writes nothing that stays: what is tried out lies in a folder that is removed.

    Raises:
        ConfigError, PolicyError, DataError, PluginError, ModelError: With every mistake that
            ``run`` would report before it begins.
    """
    plan = make_plan(loaded)
    with tempfile.TemporaryDirectory(prefix="assay-plan-") as folder:
        return _report(_Look(plan, runs, Path(folder), reporter, clock))


@dataclass(slots=True)
class _Look:
    """What is tried out for one plan."""

    plan: RunPlan
    runs: Path
    folder: Path
    reporter: Reporter
    clock: Clock
    notes: list[Message] = field(default_factory=list)
    training: TrainingCost | None = None

    def note(self, id: str, template: str, /, **params: str | int | float) -> None:
        self.notes.append(Message.of(f"plan.{id}", template, **params))

    def load(self) -> Model | None:
        """Return the model that would be audited, or one of its shape."""
        if self.plan.train_digest is None:
            return load_stage(self.plan, None)
        finished = finished_model(self.plan, self.runs)
        if finished is not None:
            self.note(
                "trained",
                "The training is finished: the run takes up {model}.",
                model=finished.name,
            )
            return load_stage(self.plan, finished)
        self.reporter.stage("try training")
        self.training = try_training(self.plan, self.folder / "training", self.clock)
        self.reporter.end(f"{self.training.n_timed} steps timed")
        self.note(
            "untrained",
            "The model is not trained yet: times come from the same architecture after "
            "{n} steps, which were thrown away.",
            n=1 + self.training.n_timed,
        )
        return load_stage(self.plan, self.training.folder)


def _report(look: _Look) -> PlanReport:
    plan, config = look.plan, look.plan.loaded.config
    model = look.load()
    costs = Costs(plan, model)
    stages = list(_stages(look, costs, model))
    measures = registry.known_measures(plan.audits.values())
    unsliced = rules_without_slices(plan.policy, plan, measures)
    if unsliced:
        look.note(
            "no-slices",
            "Without slices a rule is about all examples, and a comparison of groups is measured for "
            "columns only, so these have no answer: {rules}. Add slices: {{by: every}} to them.",
            rules=", ".join(unsliced),
        )
    return PlanReport(
        name=config.name,
        model=_model_words(plan, model),
        policy=f"{plan.policy.ref.id} {plan.policy.ref.version}",
        device=plan.device_class,
        data=[_facts(costs, one) for one in plan.inputs.all],
        stages=stages,
        decides=decidable(plan.policy, plan, costs.facts, measures),
        compares=comparisons(plan.policy, plan, measures),
        notes=look.notes,
        budget_minutes=None if config.budget is None else config.budget.minutes,
        error_rate=error_rate(plan),
    )


def _stages(look: _Look, costs: Costs, model: Model | None) -> Iterator[StageCost]:
    plan = look.plan
    before = peak_bytes()
    forecast, full = _forecast(look, costs, model)
    if look.training is not None:
        yield _train_cost(look.training, plan, forecast)
    whole = {name: one.n for name, one in plan.inputs.tests.items()}
    rows = {} if forecast is None else _allotted(look, forecast, whole)
    yield _predict_cost(plan, forecast, full, rows.get(PREDICT, whole))
    for one in plan.audits.values():
        if one.calls is None:
            yield _tried(look, one, before)
        elif forecast is None:
            yield StageCost(f"audit {one.id}", sum(whole.values()), 0, 0.0, before, 0, "none")
        else:
            yield _asking_cost(one, forecast, full, rows)


def _forecast(look: _Look, costs: Costs, model: Model | None) -> tuple[Forecast | None, int | None]:
    """Return the forecast, and the memory of one full batch; nothing without a model."""
    if model is None:
        look.note("no-model", "The predictions are stored: no model is asked.")
        silent = [
            one.id
            for one in look.plan.audits.values()
            if any(need.startswith("model.") for need in one.needs)
        ]
        if silent:
            look.note(
                "needs-model",
                "Not measured in this run, because it takes a model: {audits}. A blocking rule on it "
                "leaves the verdict incomplete.",
                audits=", ".join(silent),
            )
        return None, peak_bytes()
    look.reporter.stage("probe")
    speed = speed_of(look.plan, model, look.clock)
    budget = look.plan.token_budget
    rows = [text for one in look.plan.inputs.tests.values() for text in one.inputs[:LOOKED_AT]]
    full = fill_a_batch(model, rows, token_budget=budget, speed=speed)
    look.reporter.end(f"{speed.n_probed} rows")
    if speed.n_probed < N_PROBED:
        look.note("few-rows", "Only {n} rows could be timed; times are rough.", n=speed.n_probed)
    return Forecast(costs, speed), full


def _allotted(look: _Look, forecast: Forecast, whole: dict[str, int]) -> Rows:
    """Share out the budget as a run would whose forecasts all come true."""
    now = [0.0]
    budget = budget_of(look.plan.loaded.config.budget, lambda: now[0])
    if budget is None:
        return {}
    if look.training is not None:
        now[0] += _train_seconds(look.training, forecast)
    audits = [one for one in look.plan.audits.values() if forecast.costs.asked(one)]
    sizes = budget.settled(PREDICT, whole) or budget.for_prediction(forecast, whole, audits)
    now[0] += forecast.predict(sizes)
    for number, one in enumerate(audits):
        asked = {name: min(n, sizes.get(name, n)) for name, n in forecast.costs.asked(one).items()}
        chosen = budget.settled(one.id, asked)
        if chosen is None:
            chosen = budget.for_audit(forecast, one, audits[number + 1 :], whole=asked)
        now[0] += forecast.audit(one, chosen) if all(chosen.values()) else 0.0
    return budget.rows


def _train_seconds(training: TrainingCost, forecast: Forecast | None) -> float:
    seconds = training.seconds_to_start + training.n_steps * training.seconds_per_step
    if forecast is None:
        return seconds
    return seconds + training.n_epochs * forecast.rows_of("validation")


def _train_cost(training: TrainingCost, plan: RunPlan, forecast: Forecast | None) -> StageCost:
    assert plan.inputs.train is not None
    return StageCost(
        stage="train",
        n_rows=plan.inputs.train.n,
        n_calls=training.n_steps,
        seconds=_train_seconds(training, forecast),
        memory_bytes=training.memory_bytes,
        disk_bytes=training.disk_bytes,
        basis="steps",
    )


def _predict_cost(
    plan: RunPlan, forecast: Forecast | None, full: int | None, sizes: dict[str, int]
) -> StageCost:
    n_all = sum(one.n for one in plan.inputs.tests.values())
    n_rows = sum(sizes.values())
    n_letters = sum(
        len(text) if isinstance(text, str) else sum(map(len, text))
        for one in plan.inputs.tests.values()
        for text in one.inputs
    )
    return StageCost(
        stage=PREDICT,
        n_rows=n_rows,
        n_calls=None if forecast is None else n_rows,
        seconds=0.0 if forecast is None else forecast.predict(sizes),
        memory_bytes=full,
        # text compresses to about half
        disk_bytes=n_letters * n_rows // max(1, 2 * n_all) + n_rows * ROW_BYTES,
        basis="none" if forecast is None else "probe",
        n_of=n_all if n_rows < n_all else None,
    )


def _asking_cost(one: Audit, forecast: Forecast, full: int | None, rows: Rows) -> StageCost:
    tests = rows.get(PREDICT, {})
    whole = {name: min(n, tests.get(name, n)) for name, n in forecast.costs.asked(one).items()}
    sizes = {**tests, **rows.get(one.id, {})}
    left_out = any(n == 0 for name, n in sizes.items() if name in whole)
    n_calls = 0 if left_out else sum(forecast.costs.calls(one, sizes).values())
    n_rows = 0 if left_out else sum(sizes.get(name, n) for name, n in whole.items())
    n_all = sum(forecast.costs.asked(one).values())
    return StageCost(
        stage=f"audit {one.id}",
        n_rows=n_rows,
        n_calls=n_calls,
        seconds=0.0 if left_out else forecast.audit(one, sizes),
        memory_bytes=None if full is None else full + n_calls * BYTES_PER_ANSWER,
        disk_bytes=n_calls * ANSWER_BYTES,
        basis="probe",
        n_of=n_all if n_rows < n_all else None,
    )


def _tried(look: _Look, one: Audit, memory: int | None) -> StageCost:
    look.reporter.stage(f"try {one.id}")
    dry = dry_run(look.plan, one, look.clock)
    look.reporter.end("")
    return StageCost(
        stage=f"audit {one.id}",
        n_rows=sum(each.n for each in look.plan.inputs.tests.values()),
        n_calls=None,
        seconds=None if dry is None else dry.seconds,
        memory_bytes=memory,
        disk_bytes=None if dry is None else dry.disk_bytes,
        basis="trial",
    )


def _facts(costs: Costs, one: Dataset) -> DataFacts:
    tokens = None
    if costs.model is not None and one.ref.name in costs.plan.inputs.tests:
        lengths = costs.of(one.ref.name).lengths
        tokens = (float(np.mean(lengths)), float(np.quantile(lengths, 0.95))) if lengths else None
    n_aside = sum(reason.n for reason in one.ref.quarantined)
    return DataFacts(one.ref.name, one.n, n_aside, tokens)


def _model_words(plan: RunPlan, model: Model | None) -> str:
    section = plan.loaded.config.model
    if section.predictions is not None:
        return section.predictions.path
    assert model is not None
    return section.base or "a new model"
