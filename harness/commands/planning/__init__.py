"""``assay plan``: what a run would cost and what its data can decide, without running it."""

from harness.commands.planning.planning import PlanReport, StageCost, plan_run
from harness.commands.planning.screen import as_data, render

__all__ = ["PlanReport", "StageCost", "as_data", "plan_run", "render"]
