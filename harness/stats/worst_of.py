"""The worst of several estimates: the lowest of them, the highest, or the one farthest from 0.

Legend: k estimates.

The two ends mean what they mean in ``worst``. The end that can pass is the worst of the one-sided ends: every
estimate must be inside, hence no correction. The end that can fail is simultaneous: it shares
its error out over all estimates (Bonferroni), which holds however they depend on each other. An estimate that
should be there and is not leaves the passing end at the end of the range; others can still fail.

Source: Berger 1982, doi:10.1080/00401706.1982.10487790 (intersection-union); Bonferroni
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, must
from harness.records import Estimate, Evidence
from harness.stats import clusters, linear, shared_areas
from harness.stats.estimates import (
    Alphas,
    Ends,
    Frame,
    Keep,
    Numbers,
    assemble,
    no_examples,
    undefined,
)
from harness.stats.worst_evidence import MOST_INLINE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.stats.worst_evidence import Read

    FloatArray = NDArray[np.float64]

LOWEST = "lowest-of"
FARTHEST = "farthest-of"
HIGHEST = "highest-of"
METHODS = (LOWEST, FARTHEST, HIGHEST)
"""Methods of this module."""

_ENDS: dict[str, Callable[[Numbers, Alphas], Ends]] = {
    shared_areas.METHOD: shared_areas.area_difference_ends,
    linear.METHOD: linear.linear_ends,
    clusters.METHOD: clusters.share_ends,
}
"""Methods of the parts that can be put together."""


def lowest_of(
    names: Sequence[str],
    parts: Sequence[Estimate],
    *,
    n: int,
    is_complete: bool = True,
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the lowest of several estimates of one unit and range, where higher is better.

    Args:
        names: What each of them is about.
        parts: Estimates with a value and evidence, all by ``delong-difference`` or all by ``linear``.
        n: Rows behind all of them together.
        is_complete: False where one that belongs to the comparison is not estimable.
        keep: Stores their numbers where there are many; None keeps them in the estimate.
        alpha_low: Error of the end that passes.
        alpha_high: Error of the end that fails, over all parts together.

    Raises:
        ContractError: If the parts do not belong together.

    Undefined when: there are no parts.
    """
    alphas = Alphas(alpha_low, alpha_high)
    return _estimate(LOWEST, names, parts, alphas, n=n, is_complete=is_complete, keep=keep)


def farthest_of(
    names: Sequence[str],
    parts: Sequence[Estimate],
    *,
    n: int,
    is_complete: bool = True,
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return how far the estimate that is farthest from 0 is away from it; 0 is best.

    Args are those of ``lowest_of``, except that the high end passes and the low end fails.

    Raises:
        ContractError: If the parts do not belong together.

    Undefined when: there are no parts.
    Blind to: noise makes the value itself too large, the more the more parts there are; the low
        end is not touched by that.
    """
    alphas = Alphas(alpha_low, alpha_high)
    return _estimate(FARTHEST, names, parts, alphas, n=n, is_complete=is_complete, keep=keep)


def highest_of(
    names: Sequence[str],
    parts: Sequence[Estimate],
    *,
    n: int,
    is_complete: bool = True,
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the highest of several shares over clusters, where lower is better; see ``cluster_share``.

    The shares may be of the same clusters, as those of several edits of the same texts are.

    Args are those of ``lowest_of``, except that the parts are by ``cluster-t`` with their tables inline,
    the high end passes and the low end fails.

    Raises:
        ContractError: If the parts do not belong together.

    Undefined when: there are no parts.
    Blind to: noise makes the value itself too large, the more the more parts there are; the low
        end is not touched by that.
    """
    alphas = Alphas(alpha_low, alpha_high)
    return _estimate(HIGHEST, names, parts, alphas, n=n, is_complete=is_complete, keep=keep)


def reestimate_worst_of(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of the worst of several estimates to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    values = estimate.evidence.values
    keys, flat = values.get("keys"), values.get("parts")
    table: Any = read(estimate.evidence) if flat is None and read is not None else flat
    is_whole = isinstance(keys, list) and table is not None and values.get("part") in _ENDS
    if not is_whole or not keys or np.size(table) % len(keys):  # type: ignore[arg-type]
        raise ContractError(
            must(f"Evidence of {estimate.method}", "hold part, keys and parts", sorted(values))
        )
    frame = _frame(estimate.method, estimate.n, estimate.unit, estimate.evidence)
    return _assembled(np.asarray(table, np.float64).reshape(-1, len(keys)), alphas, frame)  # type: ignore[arg-type]


def _estimate(
    method: str,
    names: Sequence[str],
    parts: Sequence[Estimate],
    alphas: Alphas,
    *,
    n: int,
    is_complete: bool,
    keep: Keep | None,
) -> Estimate:
    if not parts:
        return undefined(no_examples(), unit="share" if method == HIGHEST else "difference", n=n)
    kinds = {(one.method, one.unit) for one in parts}
    fitting = [name for name in _ENDS if (name == clusters.METHOD) == (method == HIGHEST)]
    if len(kinds) > 1 or parts[0].method not in fitting or len(names) != len(parts):
        raise ContractError(
            must("parts", f"have one unit and one method of {', '.join(fitting)}", sorted(kinds))
        )
    numbers = [_numbers(one) for one in parts]
    keys = sorted(key for key, number in numbers[0].items() if isinstance(number, int | float))
    missing = [name for name, one in zip(names, numbers, strict=True) if not one.keys() >= {*keys}]
    if missing:
        raise ContractError(must("parts", "hold the same numbers", ", ".join(missing)))
    table = np.array([[one[key] for key in keys] for one in numbers], np.float64)
    constants: dict[str, Any] = {
        "groups": list(names),
        "part": parts[0].method,
        "keys": keys,
        "complete": int(is_complete),
    }
    if keep is not None and table.size > MOST_INLINE:
        evidence = keep(table.reshape(-1), constants)
    else:
        evidence = Evidence(values=constants | {"parts": table.reshape(-1).tolist()})
    return _assembled(table, alphas, _frame(method, n, parts[0].unit, evidence))


def _numbers(part: Estimate) -> dict[str, Any]:
    if part.method == clusters.METHOD:
        return dict(clusters.share_numbers(part))
    return dict(part.evidence.values) if part.evidence else {}


def _frame(method: str, n: int, unit: str, evidence: Evidence) -> Frame:
    return Frame(n, unit, method, evidence, -1.0 if method == LOWEST else 0.0, 1.0)


def _assembled(table: FloatArray, alphas: Alphas, frame: Frame) -> Estimate:
    values = frame.evidence.values if frame.evidence else {}
    keys: Any = values["keys"]
    ends_of = _ENDS[str(values["part"])]
    parts = [dict(zip(keys, row, strict=True)) for row in table.tolist()]
    is_lowest = frame.method == LOWEST
    # of a distance from 0 either end of a part can be the one that fails
    shared = len(parts) * (2 if frame.method == FARTHEST else 1)
    passing = alphas.low if is_lowest else alphas.high
    failing = (alphas.high if is_lowest else alphas.low) / shared
    one_by_one = [_known(ends_of(part, Alphas(passing, passing))) for part in parts]
    together = [_known(ends_of(part, Alphas(failing, failing))) for part in parts]
    points = [float(part["value"]) for part in parts]
    is_complete = bool(values.get("complete"))
    if is_lowest:
        low = min(low for low, _ in one_by_one) if is_complete else -1.0
        ends = low, min(high for _, high in together)
        return assemble(min(points), ends, alphas, frame=frame)
    low = max(max(low, -high, 0.0) for low, high in together)
    high = max(max(-low, high) for low, high in one_by_one) if is_complete else 1.0
    return assemble(max(map(abs, points)), (low, min(high, 1.0)), alphas, frame=frame)


def _known(ends: Ends) -> tuple[float, float]:
    low, high = ends
    return -1.0 if low is None else low, 1.0 if high is None else high
