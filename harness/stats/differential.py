"""Differential fairness: the largest log ratio of how often an outcome happens to two groups.

Legend: g groups, c outcomes.

epsilon = max over outcomes and pairs of groups of abs(log(p / q)); 0 is best, 0.22 is a ratio of 4/5. The value
takes one more example of every outcome in every group (Dirichlet smoothing, alpha 1), so that a group in which
an outcome never happened does not make it infinite. The ends are those of the worst ratio over
the outcomes, without smoothing: the high end (which can pass) from one-sided limits of all pairs, the
low end (which can fail) simultaneous over pairs and outcomes. Where an outcome may have no bound from
below in some group, epsilon has none from above, and shows no value.

Source: Foulds et al. 2020, arXiv:1807.08362; ends: ``worst``
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, must
from harness.records import Estimate, Message
from harness.stats.estimates import Alphas, Frame, Keep, assemble, undefined
from harness.stats.grouping import GroupCounts
from harness.stats.worst_ends import ends_of_counts, shared_out
from harness.stats.worst_evidence import counts_of_evidence, evidence_of

if TYPE_CHECKING:
    from harness.records import Evidence
    from harness.stats.worst_evidence import Read

METHOD = "differential-fairness"


def differential_fairness(
    outcomes: Sequence[GroupCounts],
    *,
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the largest log ratio of an outcome's rate between two groups, from 0; 0 is best.

    Args:
        outcomes: Counts of each outcome by group, c >= 2 tables of the same groups and trials.
        keep: Stores the table of clusters where it is large; None keeps it in the estimate.
        alpha_low: Error of the end that fails, over all pairs and outcomes together.
        alpha_high: Error of the end that passes.

    Returns:
        Estimate by ``differential-fairness``, unit "log ratio".

    Raises:
        ContractError: If there are fewer than two outcomes, or their groups differ.

    Undefined when: fewer than two groups have trials; the high end has no bound.
    Blind to: whether the decisions are right.
    """
    tables = list(outcomes)
    if len(tables) < 2 or any(one.names != tables[0].names for one in tables):
        raise ContractError(
            must("outcomes", "hold at least two tables, all of the same groups", len(tables))
        )
    return _assembled(tables, Alphas(alpha_low, alpha_high), evidence_of(tables, keep))


def smoothed_epsilon(outcomes: Sequence[GroupCounts]) -> float | None:
    """Return epsilon with Dirichlet smoothing, alpha 1; None where fewer than two groups have trials."""
    seen = outcomes[0].trials > 0
    if int(seen.sum()) < 2:
        return None
    logs = [
        np.log((one.successes[seen] + 1) / (one.trials[seen] + len(outcomes))) for one in outcomes
    ]
    return max(float(np.ptp(each)) for each in logs)


def reestimate_differential(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of epsilon to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    return _assembled(counts_of_evidence(estimate.evidence, read), alphas, estimate.evidence)


def _assembled(tables: list[GroupCounts], alphas: Alphas, evidence: Evidence) -> Estimate:
    n, unit = int(tables[0].trials.sum()), "log ratio"
    value = smoothed_epsilon(tables)
    if value is None:
        return undefined(_one_group(), unit=unit, n=n, low=0.0)
    # a ratio falls as epsilon rises: its low end is the high end of epsilon
    shared = shared_out("ratio", Alphas(alphas.high, alphas.low), len(tables))
    ends = [ends_of_counts("ratio", one, shared) for one in tables]
    least, most = min(one.low for one in ends), min(one.high for one in ends)
    low = -math.log(most) if most > 0 else 0.0
    high = -math.log(least) if least > 0 else None
    frame = Frame(n, unit, METHOD, evidence, 0.0, None)
    return assemble(value, (max(0.0, low), high), alphas, frame=frame)


def _one_group() -> Message:
    return Message.of(
        "stats.one-group",
        "Fewer than two groups have enough examples that this rate is about, so there is nothing "
        "to compare.",
    )
