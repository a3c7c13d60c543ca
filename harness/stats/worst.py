"""The worst difference and the worst ratio of the rates of groups: estimates that can be decided.

Legend: g groups, c classes, m clusters. D = max - min of the rates, Q = min / max.

Each end answers one question, so that the plain interval rule gives a valid answer of three:

* The end that can *pass* a model is the worst of the pairwise one-sided limits: every pair must be inside,
  hence no correction (intersection-union). Its error rate is ``alpha_high`` for D, ``alpha_low`` for Q.
* The end that can *fail* a model is simultaneous over all pairs (Tukey): some pair is outside. Its
  error rate is ``alpha_low`` for D, ``alpha_high`` for Q; over classes it is shared out evenly.

They are not two ends of one ordinary interval. A group that is not estimable leaves the passing end
at the end of the range, and others can still fail. No draws, no seed: the same counts give the same answer.

With clusters the limits use the spread between clusters, t with as many degrees of freedom as the rarer
outcome of some group has clusters, less one, and are never narrower than exact limits of equally precise independent rows. Fewer than 10
clusters, or fewer than 5 clusters of a group that hold an event, or a non-event, decide nothing: both ends
are then those of the range.

Source: Berger 1982, doi:10.1080/00401706.1982.10487790 (intersection-union); Tukey 1953; limits as in ``pairs``
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.errors import ContractError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Frame, Keep, assemble, no_examples, undefined
from harness.stats.grouping import GroupCounts
from harness.stats.worst_ends import RISING, Ends, Kind, ends_of_counts, ends_of_table, shared_out
from harness.stats.worst_evidence import counts_of_evidence, evidence_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.stats.worst_evidence import Read

DIFFERENCE = "worst-difference"
RATIO = "worst-ratio"
LOWEST = "lowest-rate"
HIGHEST = "highest-rate"

_KINDS: dict[str, Kind] = {
    DIFFERENCE: "difference",
    RATIO: "ratio",
    LOWEST: "lowest",
    HIGHEST: "highest",
}
_UNITS: dict[Kind, str] = {
    "difference": "difference",
    "ratio": "ratio",
    "lowest": "share",
    "highest": "share",
}

METHODS = tuple(_KINDS)
"""Methods of this module."""

Answer = Literal["passed", "failed", "inconclusive"]


def worst_difference(
    counts: GroupCounts | Sequence[GroupCounts],
    *,
    weights: Sequence[int] | None = None,
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the largest difference between the rates of two groups, from 0 to 1; 0 is best.

    Args:
        counts: Counts of one rate by group; several, one for each class, give the worst class.
        weights: Weight of each class, e.g. its examples: the weighted mean over the classes instead of the
            worst. Both ends then share their error out over the classes.
        keep: Stores the table of clusters where it is large; None keeps it in the estimate.
        alpha_low: Error of the end that fails, over all pairs and classes together.
        alpha_high: Error of the end that passes.

    Returns:
        Estimate by ``worst-difference``, unit "difference", n = trials in all groups together.

    Undefined when: fewer than two groups have trials (for every class).
    Source: see the module.
    """
    return _estimate(DIFFERENCE, counts, Alphas(alpha_low, alpha_high), keep, weights)


def worst_ratio(
    counts: GroupCounts | Sequence[GroupCounts],
    *,
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the smallest rate divided by the largest, from 0 to 1; 1 is best.

    Args:
        counts: Counts of one rate by group; several, one for each class, give the worst class.
        keep: Stores the table of clusters where it is large; None keeps it in the estimate.
        alpha_low: Error of the end that passes.
        alpha_high: Error of the end that fails, over all pairs and classes together.

    Returns:
        Estimate by ``worst-ratio``, unit "ratio", n = trials in all groups together.

    Undefined when: fewer than two groups have trials, or all rates are 0 (for every class).
    Source: see the module.
    """
    return _estimate(RATIO, counts, Alphas(alpha_low, alpha_high), keep)


def worst_rate(
    counts: GroupCounts | Sequence[GroupCounts],
    *,
    better: Literal["higher", "lower"],
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the rate of the group that is worst off: the lowest where higher is better, else the highest.

    The end that passes is the worst of the one-sided limits of all groups, the end that fails has its
    error shared out over groups (Bonferroni).

    Args:
        counts: Counts of one rate by group; several, one for each class, give the worst class.
        better: Which direction is better.
        keep: Stores the table of clusters where it is large; None keeps it in the estimate.
        alpha_low: Error of the low end.
        alpha_high: Error of the high end.

    Returns:
        Estimate by ``lowest-rate`` or ``highest-rate``, unit "share".

    Undefined when: no group has trials.
    """
    method = LOWEST if better == "higher" else HIGHEST
    return _estimate(method, counts, Alphas(alpha_low, alpha_high), keep)


def worst_difference_outcome(
    counts: ArrayLike, tolerance: float | Fraction, alpha: float = 0.05
) -> Answer:
    """Decide whether the rates of all groups lie within a tolerance of each other.

    Args:
        counts: Successes and trials of each group, shape [g, 2], g >= 2.
        tolerance: Largest acceptable max - min; a float counts as the decimal number that it prints.
        alpha: One-sided error rate, of a wrong "passed" and of a wrong "failed" alike.

    Raises:
        ShapeError: If the shape is another.
        ContractError: If the counts cannot be counts, or alpha is out of its range.
    """
    ends = ends_of_table("difference", counts, Alphas(alpha, alpha))
    limit = _exactly(tolerance)
    if _exactly(ends.low) > limit:
        return "failed"
    return "passed" if _exactly(ends.high) <= limit else "inconclusive"


def worst_ratio_outcome(
    counts: ArrayLike, tolerance: float | Fraction, alpha: float = 0.05
) -> Answer:
    """Decide whether the smallest rate is at least a share of the largest.

    Args:
        counts: Successes and trials of each group, shape [g, 2], g >= 2.
        tolerance: Smallest acceptable min / max, e.g. ``Fraction(4, 5)``.
        alpha: One-sided error rate, of a wrong "passed" and of a wrong "failed" alike.

    Raises:
        ShapeError: If the shape is another.
        ContractError: If the counts cannot be counts, or alpha is out of its range.
    """
    ends = ends_of_table("ratio", counts, Alphas(alpha, alpha))
    limit = _exactly(tolerance)
    if _exactly(ends.high) < limit:
        return "failed"
    return "passed" if _exactly(ends.low) >= limit else "inconclusive"


def worst_pair(counts: GroupCounts) -> tuple[int, int] | None:
    """Return positions of the groups with the highest and the lowest rate; ties go to more trials.

    None where fewer than two groups have trials.
    """
    seen = np.flatnonzero(counts.trials > 0)
    if len(seen) < 2:
        return None
    rates = {k: Fraction(int(counts.successes[k]), int(counts.trials[k])) for k in seen.tolist()}
    most = max(rates, key=lambda k: (rates[k], int(counts.trials[k]), -k))
    others = [k for k in rates if k != most]
    least = min(others, key=lambda k: (rates[k], -int(counts.trials[k]), k))
    return most, least


def reestimate_worst(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a worst difference or ratio to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    tables = counts_of_evidence(estimate.evidence, read)
    return _assembled(estimate.method, tables, alphas, estimate.evidence)


def _estimate(
    method: str,
    counts: GroupCounts | Sequence[GroupCounts],
    alphas: Alphas,
    keep: Keep | None,
    weights: Sequence[int] | None = None,
) -> Estimate:
    tables = [counts] if isinstance(counts, GroupCounts) else list(counts)
    if not tables or any(table.names != tables[0].names for table in tables):
        raise ContractError(
            must("counts", "hold at least one table, all of the same groups", len(tables))
        )
    if weights is not None and (
        len(weights) != len(tables) or min(weights) < 0 or not sum(weights)
    ):
        raise ContractError(
            must("weights", "hold a number >= 0 for each table, not all 0", list(weights))
        )
    return _assembled(method, tables, alphas, evidence_of(tables, keep, weights))


def _assembled(
    method: str, tables: list[GroupCounts], alphas: Alphas, evidence: Evidence
) -> Estimate:
    kind = _KINDS[method]
    weights = evidence.values.get("weights")
    shared = shared_out(kind, alphas, len(tables))
    if weights is not None:
        shared = Alphas(alphas.low / len(tables), alphas.high / len(tables))
    ends = [ends_of_counts(kind, table, shared) for table in tables]
    found = _combined(kind, ends, weights if isinstance(weights, list) else None)
    n = int(max(_rows(table) for table in tables))
    if found.value is None:
        why = _why_undefined(kind, tables)
        return undefined(why, unit=_UNITS[kind], n=n, low=found.low, high=found.high)
    frame = Frame(n, _UNITS[kind], method, evidence, 0.0, 1.0)
    return assemble(found.value, (found.low, found.high), alphas, frame=frame)


def _combined(kind: Kind, ends: list[Ends], weights: list[Any] | None) -> Ends:
    """Return the worst class, or the weighted mean over classes; a class without a value has no weight."""
    if weights is None:
        pick = max if kind in RISING else min
        known = [one.value for one in ends if one.value is not None]
        low, high = pick(one.low for one in ends), pick(one.high for one in ends)
        return Ends(pick(known) if known else None, low, high)
    valued = [(one, w) for one, w in zip(ends, weights, strict=True) if one.value is not None]
    total = sum(w for _, w in valued)
    if not total:
        return Ends(None, 0.0, 1.0)
    parts = [(w / total, one) for one, w in valued]
    value = sum(w * (one.value or 0.0) for w, one in parts)
    low, high = sum(w * one.low for w, one in parts), sum(w * one.high for w, one in parts)
    is_whole = len(valued) == sum(w > 0 for w in weights)
    return Ends(value, low, high if is_whole else 1.0)


def _rows(table: GroupCounts) -> int:
    if table.joint is None:
        return int(table.trials.sum())
    # exact for two groups; of more, never above the rows and never below the largest group
    joint = table.joint[..., 1]
    shared = (int(joint.sum()) - int(np.trace(joint))) // 2
    return max(int(table.trials.max(initial=0)), int(table.trials.sum()) - shared)


def _exactly(number: float | Fraction) -> Fraction:
    return number if isinstance(number, Fraction) else Fraction(repr(float(number)))


def _why_undefined(kind: Kind, tables: list[GroupCounts]) -> Message:
    if kind in _UNITS and _UNITS[kind] == "share":
        return no_examples()
    if max(int((table.trials > 0).sum()) for table in tables) < 2:
        return Message.of(
            "stats.one-group",
            "Fewer than two groups have enough examples that this rate is about, so there is "
            "nothing to compare.",
        )
    return Message.of(
        "stats.all-rates-zero", "The rate is 0 in every group, so that no ratio can be formed."
    )
