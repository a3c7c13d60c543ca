"""A budget of minutes: what does not fit is measured on a sample, or not at all, and says so.

Only what asks the model is cut: the test sets before they are predicted, then each audit with model
calls. Before each of them the time that is left is compared with its forecast; what it gets is its
part of that time, as large as its forecast is among those that are still to come. Training counts
and is never cut; audits without model calls always run.

Which sizes were chosen depends on the clock, so they are kept: beside the unfinished run, so that a
resumed run goes on with them, and in the record (``config.budget.rows`` of ``run.json``), so that the
same sizes under ``budget: {rows: ...}`` give the same bytes again on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.auditing import PREDICT, Audit
from harness.errors import must, nearest
from harness.evidence import stage_done, stage_state

if TYPE_CHECKING:
    from pathlib import Path

    from harness.config import BudgetConfig, LoadedConfig
    from harness.pipeline.costs import Sizes
    from harness.pipeline.forecast import Forecast
    from harness.pipeline.inputs import Inputs
    from harness.pipeline.speed import Clock

FEWEST_ROWS = 200
"""Nothing is measured on a smaller sample than this; smaller data sets are used whole."""

STEPS = 1000
"""Sizes that are tried, evenly between the fewest rows and all of them."""

STATE = "budget"
"""Name under which choices lie beside an unfinished run."""

Rows = dict[str, dict[str, int]]
"""``predict`` or audit id → data set → rows; 0 rows where even the fewest did not fit."""


@dataclass(slots=True)
class Budget:
    """What may still be spent, and what was chosen so far.

    Attributes:
        seconds: All that may be spent; None where only recorded sizes count.
        clock: Wall clock.
        spent: Seconds that earlier processes of the same run spent.
        given: Sizes that the config fixes; no clock decides them.
        rows: Sizes as chosen so far.
        keep: Called with (rows, seconds spent) after every choice.
    """

    seconds: float | None
    clock: Clock
    spent: float = 0.0
    given: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)
    keep: Callable[[Rows, float], None] = field(default=lambda rows, spent: None)
    _started: float = 0.0

    def __post_init__(self) -> None:
        self._started = self.clock()

    @property
    def so_far(self) -> float:
        """Seconds spent, those of earlier processes included."""
        return self.spent + self.clock() - self._started

    @property
    def left(self) -> float:
        """Seconds that may still be spent; below 0 when it is overdrawn."""
        return float("inf") if self.seconds is None else self.seconds - self.so_far

    def settled(self, stage: str, whole: Sizes) -> dict[str, int] | None:
        """Return sizes that were given or chosen before, or None where the clock must decide."""
        known = self.given.get(stage, self.rows.get(stage))
        if known is not None:
            return self._choose(
                stage, {name: min(n, known.get(name, n)) for name, n in whole.items()}
            )
        return self._choose(stage, dict(whole)) if self.seconds is None else None

    def for_prediction(
        self, forecast: Forecast, whole: Sizes, pending: Sequence[Audit]
    ) -> dict[str, int]:
        """Return how many rows of each test set are predicted; never fewer than the fewest.

        The least that the audits after it need is kept back, as long as half of the time is left.
        """
        least = sum(forecast.audit(one, fewest(forecast.costs.asked(one))) for one in pending)
        room = max(self.left - least, self.left / 2)
        return self._choose(PREDICT, largest(whole, forecast.predict, room) or fewest(whole))

    def for_audit(
        self, forecast: Forecast, one: Audit, pending: Sequence[Audit], *, whole: Sizes
    ) -> dict[str, int]:
        """Return how many rows of each data set an audit is measured on; 0 where nothing fits.

        Args:
            forecast: Of this run.
            one: The audit.
            pending: Audits with model calls that come after it.
            whole: Data set → all rows that it could ask about.
        """
        wanted = forecast.audit(one, whole)
        later = sum(forecast.audit(other, {}) for other in pending)
        share = 1.0 if wanted + later <= self.left else wanted / max(wanted + later, 1e-9)
        found = largest(whole, lambda sizes: forecast.audit(one, sizes), self.left * share)
        return self._choose(one.id, found or dict.fromkeys(whole, 0))

    def _choose(self, stage: str, sizes: dict[str, int]) -> dict[str, int]:
        self.rows[stage] = sizes
        self.keep(self.rows, self.so_far)
        return sizes


def fewest(whole: Sizes) -> dict[str, int]:
    """Return the smallest sizes that something is measured on."""
    return {name: min(n, FEWEST_ROWS) for name, n in whole.items()}


def largest(
    whole: Sizes, seconds_of: Callable[[Sizes], float], room: float
) -> dict[str, int] | None:
    """Return the largest sizes whose forecast fits, all data sets cut in the same proportion.

    Returns:
        None where even the fewest rows do not fit.
    """

    def at(step: int) -> dict[str, int]:
        return {
            name: min(n, FEWEST_ROWS) + (n - min(n, FEWEST_ROWS)) * step // STEPS
            for name, n in whole.items()
        }

    low, high = 0, STEPS
    if seconds_of(at(low)) > room:
        return None
    if seconds_of(at(high)) <= room:
        return at(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if seconds_of(at(middle)) <= room else (low, middle)
    return at(low)


def budget_problems(loaded: LoadedConfig, audits: Mapping[str, Audit], inputs: Inputs) -> list[str]:
    """Return what is wrong with recorded sizes: stages, data sets or numbers that cannot be."""
    section = loaded.config.budget
    problems = []
    names = {one.ref.name: one.n for one in inputs.all}
    for stage, sizes in (section.rows if section else {}).items():
        place = loaded.place("budget", "rows", stage)
        if stage != PREDICT and stage not in audits:
            known = [PREDICT, *audits]
            what = "name predict or an audit of this run"
            problems.append(
                must("budget.rows", what, stage, place=place, do=nearest(stage, known).strip())
            )
        for name, n in sizes.items():
            where = f"budget.rows.{stage}.{name}"
            if name not in names or (stage == PREDICT and name not in inputs.tests):
                what = "name a data set of this run"
                problems.append(
                    must(where, what, name, place=place, do=nearest(name, list(names)).strip())
                )
            elif stage == PREDICT and n == 0 < names[name]:
                problems.append(
                    must(where, "be at least 1: nothing else is measured without", n, place=place)
                )
    return problems


def budget_of(section: BudgetConfig | None, clock: Clock) -> Budget | None:
    """Return the budget that a config asks for, or None; its time begins now."""
    if section is None:
        return None
    seconds = None if section.minutes is None else 60 * section.minutes
    return Budget(seconds, clock, given=section.rows)


def kept_beside(budget: Budget, workspace: Path) -> None:
    """Take up what an unfinished run chose and spent, and keep further choices beside it.

    Args:
        budget: Of this process.
        workspace: Of the run.
    """
    state = stage_state(workspace, STATE)
    if state is not None:
        budget.rows = {stage: dict(sizes) for stage, sizes in state.facts["rows"].items()}
        budget.spent = float(state.facts["spent"])
    budget.keep = lambda rows, spent: stage_done(
        workspace, STATE, {}, facts={"rows": rows, "spent": spent}
    )
