"""Who gets how much of a budget: which rows are predicted, and which each audit is measured on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.auditing import PREDICT, Audit
from harness.auditing.costs import LOOKED_AT
from harness.data import with_duplicates
from harness.pipeline.budget import Budget
from harness.pipeline.costs import Costs
from harness.pipeline.forecast import Forecast
from harness.pipeline.origin import Origin
from harness.pipeline.samples import sampled
from harness.pipeline.speed import Speed, probe
from harness.records import Measurement, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.modelling import Model
    from harness.pipeline.plan import RunPlan
    from harness.pipeline.speed import Clock


@dataclass(slots=True)
class Allotment:
    """Sizes for one run with a budget; without one everything is whole.

    Attributes:
        plan: The run; its test sets are cut by ``cut_tests``.
        model: What is asked; nothing is cut where there is none.
        budget: What may be spent.
        tell: Told which rows are cut.
        origin: What is known of the model's making.
        costs: Facts of the run's data sets.
        whole: Test set → rows before any was cut.
    """

    plan: RunPlan
    model: Model | None
    budget: Budget | None
    tell: Callable[[str], None] = field(default=lambda text: None)
    origin: Origin = field(default_factory=Origin)
    costs: Costs = field(init=False)
    whole: dict[str, int] = field(init=False)
    _speed: Speed | None = None

    def __post_init__(self) -> None:
        self.costs = Costs(self.plan, self.model)
        self.whole = {name: one.n for name, one in self.plan.inputs.tests.items()}

    @property
    def forecast(self) -> Forecast:
        """The forecast; the model is probed when it is first asked for."""
        if self._speed is None:
            assert self.model is not None  # asked only for runs with a model
            assert self.budget is not None
            self._speed = speed_of(self.plan, self.model, self.budget.clock)
        return Forecast(self.costs, self._speed)

    def cut_tests(self) -> RunPlan:
        """Return the plan with the test sets that are predicted: whole, or seeded samples."""
        if self.budget is None or self.model is None:
            return self.plan
        sizes = self.budget.settled(PREDICT, self.whole)
        if sizes is None:
            pending = [one for one in self.plan.audits.values() if self.costs.asked(one)]
            sizes = self.budget.for_prediction(self.forecast, self.whole, pending)
        seed, inputs = self.plan.loaded.config.seed, self.plan.inputs
        tests = {
            name: one
            if sizes[name] >= one.n
            else with_duplicates(sampled(one, sizes[name], seed=seed), inputs.train)
            for name, one in inputs.tests.items()
        }
        self._tell_cuts(PREDICT, sizes, self.whole)
        self.plan = replace(self.plan, inputs=replace(inputs, tests=tests))
        self.costs = Costs(self.plan, self.model)
        return self.plan

    def learn(self, seconds: float) -> None:
        """Correct the speed by what the prediction stage took."""
        if self._speed is None:
            return
        expected = self.forecast.predict(
            {name: one.n for name, one in self.plan.inputs.tests.items()}
        )
        if expected > 0 and seconds > 0:
            self._speed = self._speed.times(seconds / expected)

    def sizes(self, one: Audit) -> dict[str, int]:
        """Return data set → rows that an audit is measured on, where its rows are cut; 0 for none."""
        if self.budget is None or self.model is None:
            return {}
        whole = self.costs.asked(one)
        if not whole:
            return {}
        chosen = self.budget.settled(one.id, whole)
        if chosen is None:
            chosen = self.budget.for_audit(self.forecast, one, self._after(one), whole=whole)
        self._tell_cuts(f"audit {one.id}", chosen, whole)
        return {name: n for name, n in chosen.items() if n < whole[name]}

    def _tell_cuts(self, stage: str, sizes: Mapping[str, int], whole: Mapping[str, int]) -> None:
        for name, n in sizes.items():
            if n < whole[name]:
                self.tell(f"budget: {stage} on {n:,} of {whole[name]:,} rows of {name}")

    def with_caveats(self, one: Measurement, sizes: Mapping[str, int]) -> Measurement:
        """Return a measurement that says on how many rows it rests, where they are not all.

        Args:
            one: As the audit yielded it.
            sizes: As ``sizes`` returned them for that audit.
        """
        everywhere = [name for name in sizes if name not in self.whole]
        added = [
            caveat(name, n, n_all)
            for name in (one.dataset, *everywhere)
            if name in self.plan_rows
            and (n := sizes.get(name, self.plan_rows[name][0])) < (n_all := self.plan_rows[name][1])
        ]
        return replace(one, caveats=(*one.caveats, *added)) if added else one

    @property
    def plan_rows(self) -> dict[str, tuple[int, int]]:
        """Data set → rows that are used by default, and rows before any was cut."""
        return {
            each.ref.name: (each.n, self.whole.get(each.ref.name, each.n))
            for each in self.plan.inputs.all
        }

    def _after(self, one: Audit) -> list[Audit]:
        ids = list(self.plan.audits)
        later = ids[ids.index(one.id) + 1 :]
        return [self.plan.audits[id] for id in later if self.costs.asked(self.plan.audits[id])]


def speed_of(plan: RunPlan, model: Model, clock: Clock) -> Speed:
    """Probe a model on rows of the test sets, evenly spaced over all of them."""
    inputs: list[str | tuple[str, ...]] = []
    for one in plan.inputs.tests.values():
        n = max(1, min(one.n, LOOKED_AT // len(plan.inputs.tests)))
        rows = np.unique(np.linspace(0, max(0, one.n - 1), n).round().astype(int))
        inputs += [one.inputs[row] for row in rows.tolist() if one.n]
    found = probe(model, inputs, token_budget=plan.token_budget, clock=clock)
    return found or Speed((1.0,), (0.0,), 0.0, 0)


def caveat(name: str, n: int, n_all: int) -> Message:
    """Say on how many rows something was measured."""
    return Message.of(
        "audit.sampled",
        "Measured on a seeded stratified sample of {n} of {n_all} rows of data set {dataset}: the "
        "budget of the run left no room for more.",
        n=n,
        n_all=n_all,
        dataset=name,
    )


def no_room(sizes: Mapping[str, int]) -> Message:
    """Say that even the smallest sample did not fit.

    Args:
        sizes: Data set → the fewest of its rows that something is measured on.
    """
    return Message.of(
        "audit.budget",
        "Not measured: budget. The budget of the run left no room for {rows}, the fewest that this "
        "is measured on.",
        rows=" and ".join(f"{n} rows of {name}" for name, n in sizes.items()),
    )
