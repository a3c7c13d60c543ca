"""How far the group that is farthest from a reference is from it among comparable rows.

Legend: g groups beside the reference, s strata.

The value is the largest size of the common differences, each group against the reference. The end
that passes is the worst of the one-sided limits of every group in both directions, hence no correction; the end
that fails has its error shared out over all of them (Bonferroni), see ``worst``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble, undefined
from harness.stats.linear import METHOD as LINEAR
from harness.stats.linear import linear_ends
from harness.stats.stratified import DIFFERENCE, difference_ends, table_of

if TYPE_CHECKING:
    from harness.stats.worst_evidence import Read

METHOD = "worst-common-difference"

_LINEAR = ("value", "units", "least_units", "variance")


def worst_common_difference(
    differences: Mapping[str, Estimate],
    *,
    is_complete: bool = True,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the largest size of the differences of groups to one reference, from 0 to 1; 0 is best.

    Args:
        differences: Group → ``common_difference`` or ``common_difference_of_rows``, all by one method.
            One without a value leaves the comparison incomplete.
        is_complete: False where a further group is not estimable: nothing can then pass.
        alpha_low: Error of the end that fails, over all groups together.
        alpha_high: Error of the end that passes.

    Returns:
        Estimate by ``worst-common-difference``, unit "difference".

    Raises:
        ContractError: If an estimate was made in another way.

    Undefined when: no group has a value.
    """
    known = {name: one for name, one in differences.items() if one.value is not None}
    complete = is_complete and len(known) == len(differences)
    if not known:
        n = max((one.n for one in differences.values()), default=0)
        return undefined(_nobody(), unit="difference", n=n)
    values: dict[str, Any] = {"groups": list(known), "complete": int(complete)}
    methods = {one.method for one in known.values()}
    parts = [one.evidence for one in known.values() if one.evidence is not None]
    if methods == {DIFFERENCE}:
        tables = [table_of(one) for one in parts]
        values["strata_of"] = [k for k, table in enumerate(tables) for _ in table]
        values["strata"] = np.concatenate(tables).tolist()
    elif methods <= {LINEAR, "equal-values"} and len(parts) == len(known):
        for name in _LINEAR:
            values[name] = [float(_number(one.values.get(name))) for one in parts]
    else:
        raise ContractError(must("differences", "be made by one method", sorted(methods)))
    alphas, n = Alphas(alpha_low, alpha_high), max(one.n for one in known.values())
    return _assembled(Evidence(values=values), alphas, n)


def reestimate_worst_common(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a largest common difference to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    return _assembled(estimate.evidence, alphas, estimate.n)


def _assembled(evidence: Evidence, alphas: Alphas, n: int) -> Estimate:
    held = evidence.values
    groups = held.get("groups")
    k = len(groups) if isinstance(groups, list) else 0
    if not k:
        raise ContractError(must(f"Evidence of {METHOD}", "hold groups", groups))
    shared = alphas.low / (2 * k)
    value, low, high = 0.0, 0.0, 0.0
    for point, passing, failing in _of_groups(
        held, k, Alphas(alphas.high, alphas.high), Alphas(shared, shared)
    ):
        value = max(value, abs(point))
        low = max(low, failing[0] or 0.0, -(failing[1] or 0.0))
        high = max(high, abs(passing[0] or 0.0), abs(passing[1] or 0.0))
    if not held.get("complete"):
        high = 1.0
    frame = Frame(n, "difference", METHOD, evidence, 0.0, 1.0)
    return assemble(value, (min(low, value), high), alphas, frame=frame)


def _of_groups(
    held: Numbers, k: int, passing: Alphas, failing: Alphas
) -> Iterator[tuple[float, Ends, Ends]]:
    """Yield value, passing ends and failing ends of each group."""
    if "strata" in held:
        table, of = np.asarray(held["strata"], np.float64), np.asarray(held.get("strata_of"))
        if of.shape != (len(table),):
            raise ContractError(must(f"Evidence of {METHOD}", "hold strata_of", of.tolist()))
        for group in range(k):
            own = table[of == group]
            x1, n1, x0, n0 = own.T
            total = n1 + n0
            point = ((x1 * n0 - x0 * n1) / total).sum() / (n1 * n0 / total).sum()
            yield float(point), difference_ends(own, passing), difference_ends(own, failing)
        return
    for group in range(k):
        own_values = {name: float(held[name][group]) for name in _LINEAR}
        own_values |= {"range_low": -1.0, "range_high": 1.0}
        ends = [
            linear_ends(own_values, each) if own_values["variance"] else (-1.0, 1.0)
            for each in (passing, failing)
        ]
        yield own_values["value"], ends[0], ends[1]


def _number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise ContractError(must(f"Evidence of {METHOD}", "hold finite numbers", found))
    return float(found)


def _nobody() -> Message:
    return Message.of(
        "stats.nobody-comparable",
        "No group has examples in a stratum that holds examples of the reference too.",
    )
