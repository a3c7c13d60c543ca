"""What the audits of a run will ask of its model: facts, looked up once for each data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.auditing import Audit, CostFacts, SetFacts, set_facts
from harness.errors import ContractError, must, raise_all
from harness.pipeline.origin import canary_counts, reference_of

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.modelling import Model
    from harness.pipeline.plan import RunPlan

Sizes = Mapping[str, int]
"""Data set → rows that are used of it; a data set that is not named is used whole."""


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

    def dataset(self, name: str) -> Dataset:
        """Return a data set of the run: ``train``, ``validation`` or a test set."""
        return next(one for one in self.plan.inputs.all if one.ref.name == name)

    def of(self, name: str) -> SetFacts:
        """Return the facts of one data set; its rows are looked at once."""
        if name not in self._seen:
            self._seen[name] = set_facts(self.dataset(name), self.model)
        return self._seen[name]

    def facts(self, one: Audit, sizes: Sizes | None = None) -> CostFacts:
        """Return what an audit may reckon with when its data sets have these sizes."""
        inputs, given = self.plan.inputs, sizes or {}
        levels, n_drawn = canary_counts(self.plan)
        facts = CostFacts(
            sets={name: self.of(name) for name in inputs.tests},
            n_train=0 if inputs.train is None else inputs.train.n,
            n_validation=0 if inputs.validation is None else inputs.validation.n,
            n_classes=len(self.plan.loaded.task.classes),
            options=self.plan.options[one.id],
            base=self.plan.loaded.base,
            has_reference=reference_of(self.plan) is not None,
            canary_levels=levels,
            n_drawn_canaries=n_drawn,
            train=inputs.train,
        )
        return replace(
            facts,
            sets={
                name: each.of_size(given[name]) if name in given else each
                for name, each in facts.sets.items()
            },
            n_train=given.get("train", facts.n_train),
            n_validation=given.get("validation", facts.n_validation),
        )

    def calls(self, one: Audit, sizes: Sizes | None = None) -> dict[str, int]:
        """Return data set → inputs that an audit will ask the model about; empty without a model.

        Raises:
            ContractError: If the audit names a data set that the run does not have.
        """
        if one.calls is None or self.model is None:
            return {}
        found = {name: n for name, n in one.calls(self.facts(one, sizes)).items() if n}
        known = [each.ref.name for each in self.plan.inputs.all]
        what = f"name data sets of the run ({', '.join(known)})"
        unknown = [name for name in found if name not in known]
        raise_all(ContractError, [must(f"calls of {one.id}", what, name) for name in unknown])
        return found

    def asked(self, one: Audit) -> dict[str, int]:
        """Return data set → all its rows, for those that an audit asks about."""
        return {name: self.dataset(name).n for name in self.calls(one)}
