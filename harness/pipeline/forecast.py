"""How long the stages of a run will take: declared calls times the speed of the model."""

from __future__ import annotations

from dataclasses import dataclass

from harness.auditing import Audit
from harness.pipeline.costs import Costs, Sizes
from harness.pipeline.speed import Speed


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds of every stage that asks the model, for any size of its data sets.

    Attributes:
        costs: Facts and declarations.
        speed: Of the model.
    """

    costs: Costs
    speed: Speed

    def predict(self, sizes: Sizes) -> float:
        """Return seconds to predict so many rows of each named test set; equal inputs once."""
        total = 0.0
        for name, n_rows in sizes.items():
            facts = self.costs.of(name).of_size(n_rows)
            total += facts.n_distinct * self.speed.per_row(facts.lengths)
            total += n_rows * self.speed.seconds_to_prepare
        return total

    def rows_of(self, name: str) -> float:
        """Return seconds to predict a whole data set once, prepared already."""
        facts = self.costs.of(name)
        return facts.n_rows * self.speed.per_row(facts.lengths)

    def audit(self, one: Audit, sizes: Sizes) -> float:
        """Return seconds of what an audit asks the model when its data sets have these sizes."""
        by_parts = "model.parts" in one.needs | one.uses
        total = 0.0
        for name, n_calls in self.costs.calls(one, sizes).items():
            facts = self.costs.of(name)
            # a long row has more parts, so an audit that takes parts away asks about it more often
            weights = facts.n_parts if by_parts else None
            total += n_calls * self.speed.per_row(facts.lengths, weights)
            total += n_calls * self.speed.seconds_to_take_apart if by_parts else 0.0
            total += sizes.get(name, facts.n_rows) * self.speed.seconds_to_prepare
        return total
