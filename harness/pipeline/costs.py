"""What the audits of a run will ask of its model: facts, looked up once for each data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.auditing import Audit, CostFacts, SetFacts, set_facts

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.modelling import Model
    from harness.pipeline.plan import RunPlan


@dataclass(slots=True)
class Costs:
    """Facts about the data sets of a run, and the calls that its audits declare for them.

    Attributes:
        plan: The run.
        model: Its model; None for stored predictions.
    """

    plan: RunPlan
    model: Model | None
    _seen: dict[str, SetFacts] = field(default_factory=dict)

    def of(self, dataset: Dataset) -> SetFacts:
        """Return the facts of one data set; its rows are looked at once."""
        name = dataset.ref.name
        if name not in self._seen:
            self._seen[name] = set_facts(dataset, self.model)
        return self._seen[name]

    def facts(self, one: Audit, datasets: Iterable[str] | None = None) -> CostFacts:
        """Return what an audit may reckon with.

        Args:
            one: The audit.
            datasets: Test sets that offer what it needs; None for all of them.
        """
        inputs = self.plan.inputs
        names = list(inputs.tests) if datasets is None else datasets
        return CostFacts(
            sets={name: self.of(inputs.tests[name]) for name in names},
            n_train=0 if inputs.train is None else inputs.train.n,
            n_validation=0 if inputs.validation is None else inputs.validation.n,
            n_classes=len(self.plan.loaded.task.classes),
            options=self.plan.options[one.id],
        )

    def calls(self, one: Audit, datasets: Iterable[str] | None = None) -> dict[str, int]:
        """Return data set → inputs that an audit will ask the model about; empty without a model."""
        if one.calls is None or self.model is None:
            return {}
        return dict(one.calls(self.facts(one, datasets)))
