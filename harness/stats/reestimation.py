"""The closed list of methods, each of which can move its ends from the evidence alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, must, raise_all
from harness.records import Estimate, Evidence
from harness.stats import (
    absolute,
    accelerated,
    clusters,
    confusion,
    differential,
    exposures,
    linear,
    one_run,
    paired,
    paired_tables,
    ranking,
    richness,
    sampled_rank,
    shared_areas,
    shrinkage,
    stratified,
    stratified_worst,
    worst,
    worst_linear,
    worst_of,
)
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble
from harness.stats.proportions import clopper_pearson_ends, newcombe_ends, wilson_ends
from harness.stats.replicates import replicate_ends
from harness.stats.resampling import equal_values_ends

if TYPE_CHECKING:
    from numpy.typing import NDArray

Read = Callable[[Evidence], "NDArray[np.float64]"]
"""Loads the replicates, shape [r], that an evidence points to."""

Reestimator = Callable[[Estimate, Alphas, Read | None], Estimate]


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """A method whose ends follow from counts and constants.

    Attributes:
        ends: Counts and constants, alphas → ends.
        counts: Which of them grow with the number of examples.
        constants: Which of them do not.
        range_low, range_high: Ends of what is possible; None where the evidence says it.
    """

    ends: Callable[[Numbers, Alphas], Ends]
    counts: tuple[str, ...]
    constants: tuple[str, ...] = ()
    range_low: float | None = None
    range_high: float | None = None


CLOSED_FORMS: dict[str, ClosedForm] = {
    "wilson": ClosedForm(wilson_ends, ("successes", "trials"), (), 0.0, 1.0),
    "clopper-pearson": ClosedForm(clopper_pearson_ends, ("successes", "trials"), (), 0.0, 1.0),
    "newcombe": ClosedForm(
        newcombe_ends, ("successes_a", "trials_a", "successes_b", "trials_b"), (), -1.0, 1.0
    ),
    "equal-values": ClosedForm(equal_values_ends, ("units",), ("value",)),
    paired.METHOD: ClosedForm(
        paired.tango_ends, ("only_first", "only_second", "trials"), (), -1.0, 1.0
    ),
    linear.METHOD: ClosedForm(linear.linear_ends, ("units",), ("value", "variance", "least_units")),
    ranking.METHOD: ClosedForm(
        ranking.delong_ends,
        ("units",),
        ("value", "least_units", "lean_low", "lean_high", "variance_low", "variance_high"),
        0.0,
        1.0,
    ),
    richness.COVERAGE: ClosedForm(
        richness.coverage_ends, ("sightings", "once", "twice"), (), 0.0, 1.0
    ),
    "separation": ClosedForm(ranking.separation_ends, ("pairs",), ("value",), 0.0, 1.0),
    shared_areas.METHOD: ClosedForm(
        shared_areas.area_difference_ends,
        shared_areas.COUNTS,
        shared_areas.CONSTANTS,
        -1.0,
        1.0,
    ),
    exposures.TAIL: ClosedForm(
        exposures.chance_ends, exposures.TAIL_COUNTS, exposures.TAIL_CONSTANTS, 0.0, 1.0
    ),
}


def reestimate(
    estimate: Estimate,
    *,
    alpha_low: float | None = None,
    alpha_high: float | None = None,
    read: Read | None = None,
) -> Estimate:
    """Move the ends of an estimate to other error rates, from its evidence alone.

    Replicates answer only where at least 10 of them lie at or beyond the end; beyond that the end
    is the end of the range. Where the range has no end there is nothing left to defend: the end
    becomes None, and with it the value, which is never shown without both ends. It returns when the
    estimate is moved back.

    Args:
        estimate: What was measured.
        alpha_low: New one-sided error of the low end; None leaves that end where it is.
        alpha_high: New one-sided error of the high end; None leaves that end where it is.
        read: Loads replicates; needed by the methods that resample.

    Raises:
        ContractError: If there is no evidence, the method is unknown, the evidence does not hold
            what the method needs, or an alpha is out of its range.
    """
    if estimate.method not in METHODS:
        raise ContractError(must("method", f"be one of {', '.join(METHODS)}", estimate.method))
    if estimate.evidence is None:
        raise ContractError(
            f"An estimate by {estimate.method} must have evidence to be re-estimated, got none."
        )
    alphas = Alphas(
        estimate.alpha_low if alpha_low is None else alpha_low,
        estimate.alpha_high if alpha_high is None else alpha_high,
    )
    return METHODS[estimate.method](estimate, alphas, read)


def counts_and_constants(estimate: Estimate, form: ClosedForm) -> dict[str, float]:
    """Return the numbers that a closed form needs, out of the evidence.

    Raises:
        ContractError: If one is missing or no number.
    """
    values = estimate.evidence.values if estimate.evidence else {}
    _require(estimate, (*form.counts, *form.constants))
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


def _from_counts(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    form = CLOSED_FORMS[estimate.method]
    values = counts_and_constants(estimate, form)
    frame = _frame(estimate, form.range_low, form.range_high)
    return assemble(_value(estimate, values), form.ends(values, alphas), alphas, frame=frame)


def _from_replicates(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    if read is None or estimate.evidence is None:
        raise ContractError(
            f"An estimate by {estimate.method} must be re-estimated with a reader of its "
            "replicates, got none."
        )
    _require(estimate, ("value",))
    values = estimate.evidence.values
    frame = _frame(estimate, None, None)
    drawn = np.asarray(read(estimate.evidence), dtype=np.float64)
    return assemble(
        _value(estimate, values), replicate_ends(drawn, values, alphas), alphas, frame=frame
    )


def _exact(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    return replace(estimate, alpha_low=alphas.low, alpha_high=alphas.high)


def _value(estimate: Estimate, values: Numbers) -> float:
    # an estimate that lost an end shows no value, but its evidence still holds it
    return float(values["value"]) if estimate.value is None else estimate.value


def _frame(estimate: Estimate, low: float | None, high: float | None) -> Frame:
    values = estimate.evidence.values if estimate.evidence else {}
    edges = (values.get("range_low", low), values.get("range_high", high))
    known = [float(edge) if isinstance(edge, int | float) else None for edge in edges]
    return Frame(estimate.n, estimate.unit, estimate.method, estimate.evidence, *known)


def _require(estimate: Estimate, names: tuple[str, ...]) -> None:
    values = estimate.evidence.values if estimate.evidence else {}
    raise_all(
        ContractError,
        [
            must(f"Evidence of {estimate.method}", f"hold the number {name}", values.get(name))
            for name in names
            if not isinstance(values.get(name), int | float)
        ],
    )


METHODS: dict[str, Reestimator] = {
    "exact": _exact,
    **dict.fromkeys(CLOSED_FORMS, _from_counts),
    "percentile-bootstrap": _from_replicates,
    confusion.METHOD: _from_replicates,
    "bayesian-bootstrap": _from_replicates,
    absolute.METHOD: _from_replicates,
    accelerated.METHOD: _from_replicates,
    clusters.METHOD: clusters.reestimate_share,
    differential.METHOD: differential.reestimate_differential,
    richness.KINDS: richness.reestimate_kinds,
    exposures.MEDIAN: exposures.reestimate_median,
    one_run.METHOD: one_run.reestimate_one_run,
    sampled_rank.METHOD: sampled_rank.reestimate_rank,
    shrinkage.SHRUNK: shrinkage.reestimate_shrunk,
    shrinkage.SPREAD: shrinkage.reestimate_spread,
    stratified.DIFFERENCE: stratified.reestimate_common,
    stratified.ODDS_RATIO: stratified.reestimate_common,
    stratified_worst.METHOD: stratified_worst.reestimate_worst_common,
    paired_tables.METHOD: paired_tables.reestimate_figure,
    **dict.fromkeys(worst.METHODS, worst.reestimate_worst),
    worst_linear.METHOD: worst_linear.reestimate_linear,
    **dict.fromkeys(worst_of.METHODS, worst_of.reestimate_worst_of),
}
"""Every method that an estimate may name (beside ``none``), with how its ends are moved.

``bayesian-bootstrap`` is only read: bundles of earlier versions hold areas with its replicates.
"""

DERIVES_VALUE = frozenset(
    {
        *worst.METHODS,
        worst_linear.METHOD,
        *worst_of.METHODS,
        differential.METHOD,
        exposures.MEDIAN,
        paired_tables.METHOD,
        richness.KINDS,
        shrinkage.SHRUNK,
        shrinkage.SPREAD,
        stratified.DIFFERENCE,
        stratified.ODDS_RATIO,
        stratified_worst.METHOD,
    }
)
"""Methods whose evidence holds no value of its own: re-estimation derives it with the ends."""
