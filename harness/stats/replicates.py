"""Intervals that are read from replicates.

Legend: n examples, g units that were resampled, r replicates.

Two rules keep such an interval honest:

* A tail is read only where at least 10 replicates lie at or beyond it; else the end is the end of
  the range.
* Few resampled units make a percentile interval too narrow. Its tails are read at
  ``Phi(-inflation * t(1 - alpha; df))`` instead of alpha, inflation = sqrt(g / (g - 1)) and
  df = g - 1 for g units ("expanded percentile interval").

Source: Efron and Tibshirani 1993, chapter 13; Hesterberg 2015, doi:10.1080/00031305.2015.1089789
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.records import Estimate
from harness.stats.estimates import Alphas, Ends, Frame, Keep, Numbers, assemble
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

MIN_TAIL = 10
"""Replicates that must lie at or beyond an end before it is read from them."""

CHUNK_BYTES = 64 << 20
"""Memory that one piece of resampling may take."""


def from_replicates(
    drawn: FloatArray,
    constants: dict[str, Any],
    alphas: Alphas,
    *,
    n: int,
    unit: str,
    keep: Keep | None,
    method: str = "percentile-bootstrap",
) -> Estimate:
    """Keep the replicates, shape [r], sorted, and read both ends from them."""
    ordered = np.sort(drawn)
    frame = Frame(
        n=n,
        unit=unit,
        method=method,
        evidence=None if keep is None else keep(ordered, constants),
        range_low=constants.get("range_low"),
        range_high=constants.get("range_high"),
    )
    ends = replicate_ends(ordered, constants, alphas)
    return assemble(float(constants["value"]), ends, alphas, frame=frame)


def replicate_ends(replicates: FloatArray, constants: Numbers, alphas: Alphas) -> Ends:
    """Read both ends from replicates, shape [r]; ends that meet move to the next distinct value.

    A constant ``slack_high`` is added to the high end.
    """
    ordered = np.sort(replicates)
    low = _tail(ordered, _place(alphas.low, constants, way=1))
    high = _tail(-ordered[::-1], _place(alphas.high, constants, way=-1))
    high = None if high is None else -high
    if low is not None and low == high:
        below, above = ordered[ordered < low], ordered[ordered > low]
        low = float(below[-1]) if len(below) else None
        high = float(above[0]) if len(above) else None
    slack, edge = float(constants.get("slack_high", 0.0)), constants.get("range_high")
    if high is None or (slack and edge is not None and high + slack > edge):
        high = edge
    else:
        high += slack
    return constants.get("range_low") if low is None else low, high


def constants_of(
    value: float, range_low: float | None, range_high: float | None
) -> dict[str, float]:
    """Return value and range as an evidence holds them: what has no end is left out."""
    ends = {"range_low": range_low, "range_high": range_high}
    known = {name: float(end) for name, end in ends.items() if end is not None}
    return {"value": float(value)} | known


def small_sample(units: int, *, rows: int) -> dict[str, float]:
    """Return the constants that widen an interval over few units (see the module).

    Fewer than 10 clusters do not show how clusters vary, so that an interval over them is the range.
    """
    others = float(units) - 1
    if others <= 0 or units < min(MIN_CLUSTERS, rows):
        return {"inflation": 1.0, "df": 0.0}
    return {"inflation": math.sqrt(units / others), "df": others}


def pieces(replicates: int, *, per_replicate: int) -> Iterator[int]:
    """Cut the replicates so that a piece stays within ``CHUNK_BYTES``."""
    size = max(1, CHUNK_BYTES // max(1, per_replicate))
    for start in range(0, replicates, size):
        yield min(size, replicates - start)


def _tail(ordered: FloatArray, alpha: float) -> float | None:
    beyond = math.floor(alpha * (len(ordered) + 1))
    return float(ordered[beyond - 1]) if beyond >= MIN_TAIL else None


def _place(alpha: float, constants: Numbers, *, way: int) -> float:
    """Return the share of replicates beyond an end; ``way`` is 1 for the low end, -1 for the high one."""
    df = constants.get("df")
    if df is None:
        return alpha
    if df <= 0:
        return 0.0
    from scipy.special import stdtrit

    z = float(constants["inflation"]) * float(stdtrit(float(df), alpha))
    if "acceleration" in constants:  # see ``harness.stats.accelerated``
        bias = way * float(constants["bias"])
        bend = 1 - way * float(constants["acceleration"]) * (bias + z)
        if bend <= 0:
            return 0.0
        z = bias + (bias + z) / bend
    return NormalDist().cdf(z)
