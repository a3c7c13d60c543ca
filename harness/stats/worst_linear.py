"""The largest difference between groups of a statistic that is no plain rate: F1, an area, a mean error.

Legend: g groups.

Values and their covariance take the place of counts; the two ends mean what they mean in ``worst``. The limits are
value -/+ quantile times standard error, good where each group has enough examples for its value to
be nearly normal: groups with too few belong out of the comparison, which then is not complete.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Frame, Keep, assemble, undefined
from harness.stats.pairs import cluster_differences
from harness.stats.studentised import one_sided, simultaneous_z
from harness.stats.worst_evidence import MOST_INLINE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.worst_evidence import Read

    FloatArray = NDArray[np.float64]

METHOD = "worst-linear"


def worst_linear_difference(
    names: Sequence[str],
    values: ArrayLike,
    covariance: ArrayLike,
    *,
    n: int,
    unit: str,
    df: float = math.inf,
    is_complete: bool = True,
    keep: Keep | None = None,
    range_high: float | None = 1.0,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the largest difference between the values of two groups; 0 is best.

    Args:
        names: Groups.
        values: Value of each, shape [g], finite.
        covariance: Of the values, shape [g, g]; diagonal where groups share no rows and no clusters.
        n: Units behind all values together.
        unit: Unit of the difference.
        df: Degrees of freedom of the standard errors, e.g. clusters - 1.
        is_complete: False where a group is not estimable: nothing can then pass.
        keep: Stores a large covariance; None keeps it in the estimate.
        range_high: Most that a difference can be; None where there is no end.
        alpha_low: Error of the end that fails, over all pairs together.
        alpha_high: Error of the end that passes.

    Raises:
        ShapeError: If the shapes do not belong together.
        ContractError: If a number is not finite or a variance is negative.

    Undefined when: there are fewer than two groups; two groups' difference is known without error.
    """
    alphas = Alphas(alpha_low, alpha_high)
    point, spread = np.asarray(values, np.float64), np.asarray(covariance, np.float64)
    g = len(names)
    if point.shape != (g,) or spread.shape != (g, g):
        raise ShapeError(
            f"values and covariance must have shapes [{g}] and [{g}, {g}], got "
            f"{list(point.shape)} and {list(spread.shape)}."
        )
    if not np.isfinite(point).all() or not np.isfinite(spread).all() or (np.diag(spread) < 0).any():
        raise ContractError(must("values and covariance", "be finite, variances >= 0", g))
    constants: dict[str, Any] = {
        "groups": list(names),
        "values": point.tolist(),
        "complete": int(is_complete),
        "range_low": 0.0,
    }
    constants |= {} if range_high is None else {"range_high": float(range_high)}
    constants |= {} if math.isinf(df) else {"df": float(df)}
    if keep is not None and spread.size > MOST_INLINE:
        evidence = keep(spread.reshape(-1), constants)
    else:
        evidence = Evidence(values=constants | {"covariance": spread.reshape(-1).tolist()})
    frame = Frame(n, unit, METHOD, evidence, 0.0, range_high)
    return _assembled(point, spread, alphas, frame)


def reestimate_linear(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a largest difference to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    values = estimate.evidence.values
    point, spread = values.get("values"), values.get("covariance")
    flat: Any = read(estimate.evidence) if spread is None and read is not None else spread
    if not isinstance(point, list) or flat is None or np.size(flat) != len(point) ** 2:
        raise ContractError(
            must("Evidence of worst-linear", "hold values and their covariance", sorted(values))
        )
    high = values.get("range_high")
    range_high = float(high) if isinstance(high, int | float) else None
    frame = Frame(estimate.n, estimate.unit, METHOD, estimate.evidence, 0.0, range_high)
    table = np.asarray(flat, np.float64).reshape(len(point), len(point))
    return _assembled(np.asarray(point, np.float64), table, alphas, frame)


def _assembled(point: FloatArray, spread: FloatArray, alphas: Alphas, frame: Frame) -> Estimate:
    values = frame.evidence.values if frame.evidence else {}
    g, unit = len(point), frame.unit
    if g < 2:
        why = Message.of(
            "stats.one-group-value",
            "Fewer than two groups have a value, so there is nothing to compare.",
        )
        return undefined(why, unit=unit, n=frame.n, low=0.0, high=frame.range_high)
    df = values.get("df")
    freedom = float(df) if isinstance(df, int | float) else math.inf
    pairs = ~np.eye(g, dtype=np.bool_)
    low = cluster_differences(point, spread, simultaneous_z(g, alphas.low, freedom))[0]
    high = cluster_differences(point, spread, one_sided(alphas.high, freedom))[1]
    apart = high - cluster_differences(point, spread, 0.0)[0]
    if not (apart[pairs] > 0).any():
        why = Message.of(
            "stats.no-spread-of-groups",
            "No value of a group shows any spread, so that how far they are apart is not known.",
        )
        return undefined(why, unit=unit, n=frame.n, low=0.0, high=frame.range_high)
    top = float(high[pairs].max()) if values.get("complete") else frame.range_high
    if top is not None and frame.range_high is not None:
        top = min(top, frame.range_high)
    ends = (max(0.0, float(low[pairs].max())), top)
    value = float(np.ptp(point))
    # values between -1 and 1 can be further apart than a difference goes: it then reads as its end
    value = value if frame.range_high is None else min(value, frame.range_high)
    return assemble(value, ends, alphas, frame=frame)
