"""A share where rows come in clusters: the cluster is the unit, not the row.

Legend: m clusters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
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
from harness.stats.proportions import clopper_pearson_ends
from harness.stats.studentised import one_sided
from harness.stats.worst_ends import MIN_CLUSTERS, MIN_EVENTS
from harness.stats.worst_evidence import MOST_INLINE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.worst_evidence import Read

    IntArray = NDArray[np.int64]

METHOD = "cluster-t"


def cluster_share(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    unit: str = "share",
    keep: Keep | None = None,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return successes per trial, with the spread between clusters as its uncertainty.

    The ends are value -/+ t(m - 1) standard errors, and never narrower than the exact limits of as many
    independent rows as would be equally precise (Korn and Graubard 1998). With fewer than 5 events or non-events that
    spread is not seen: the ends are then exact limits in which every cluster counts as one row. Fewer than
    10 clusters have the ends of the range.

    Args:
        successes: Of each cluster, shape [m], 0 <= successes <= trials.
        trials: Of each cluster, shape [m]; clusters without trials do not count.
        unit: Unit of the estimate.
        keep: Stores the table where it is large; None keeps it in the estimate.
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If the counts cannot be counts, or an alpha is out of its range.

    Undefined when: there are no trials.
    Source: Cochran 1977, chapter 9 (ratio estimator over clusters)
    """
    alphas = Alphas(alpha_low, alpha_high)
    x, n = np.asarray(successes, dtype=np.int64), np.asarray(trials, dtype=np.int64)
    if x.ndim != 1 or x.shape != n.shape:
        raise ShapeError(
            f"successes and trials must have shape [m], got {list(x.shape)} and {list(n.shape)}."
        )
    if ((x < 0) | (x > n)).any():
        raise ContractError(
            must("The counts of clusters", "have 0 <= successes <= trials", "others")
        )
    x, n = x[n > 0], n[n > 0]
    if len(n) == 0:
        return undefined(no_examples(), unit=unit)
    # clusters of the same counts are one kind; there are far fewer kinds than clusters
    kinds, times = np.unique(np.stack([x, n], axis=-1), axis=0, return_counts=True)
    return _assembled(kinds, times, alphas, unit, _evidence(kinds, times, keep))


def few_clusters(n_clusters: int) -> tuple[Message, ...]:
    """Return the caveat of an interval over too few clusters; empty where there are enough."""
    if n_clusters >= MIN_CLUSTERS:
        return ()
    return (
        Message.of(
            "stats.few-clusters",
            "The rows come from {n_clusters} clusters. Fewer than {least} do not show how much clusters "
            "vary, so that nothing is decided.",
            n_clusters=n_clusters,
            least=MIN_CLUSTERS,
        ),
    )


def reestimate_share(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a share over clusters to other error rates."""
    assert estimate.evidence is not None  # ``reestimate`` has refused it otherwise
    values = estimate.evidence.values
    k = values.get("n_kinds")
    table: Any = values.get("cluster_table")
    if table is None and read is not None:
        table = read(estimate.evidence)
    if not isinstance(k, int) or table is None or np.size(table) != 3 * k:
        raise ContractError(
            must("Evidence of cluster-t", "hold n_kinds and a table of that size", sorted(values))
        )
    flat = np.asarray(table).astype(np.int64)
    return _assembled(flat[k:].reshape(k, 2), flat[:k], alphas, estimate.unit, estimate.evidence)


def _assembled(
    kinds: IntArray, times: IntArray, alphas: Alphas, unit: str, evidence: Evidence
) -> Estimate:
    events, total = (int(number) for number in times @ kinds)
    frame = Frame(total, unit, METHOD, evidence, 0.0, 1.0)
    return assemble(events / total, _ends(kinds, times, alphas), alphas, frame=frame)


def _ends(kinds: IntArray, times: IntArray, alphas: Alphas) -> Ends:
    return share_ends(_numbers(kinds, times), alphas)


def share_numbers(estimate: Estimate) -> Numbers:
    """Return what the ends of a share over clusters follow from: counts and the variance of the share.

    Raises:
        ContractError: If the estimate does not hold its table of clusters.
    """
    values = estimate.evidence.values if estimate.evidence else {}
    k, table = values.get("n_kinds"), values.get("cluster_table")
    if not isinstance(k, int) or np.size(table) != 3 * k:  # type: ignore[arg-type]
        what = "hold its table of clusters and not point to it"
        raise ContractError(must("A share over clusters", what, sorted(values)))
    flat = np.asarray(table).astype(np.int64)
    return _numbers(flat[k:].reshape(k, 2), flat[:k])


def _numbers(kinds: IntArray, times: IntArray) -> Numbers:
    m = int(times.sum())
    events, total = (int(number) for number in times @ kinds)
    apart = (kinds[:, 0] - events / total * kinds[:, 1]) / total
    variance = float(times @ apart**2) * m / (m - 1) if m > 1 else 0.0
    counts = {"successes": events, "trials": total, "n_clusters": m}
    return {"value": events / total, **counts, "variance": variance}


def share_ends(values: Numbers, alphas: Alphas) -> Ends:
    """Return the ends of a share over clusters; see ``cluster_share``."""
    events, total, m = (int(values[name]) for name in ("successes", "trials", "n_clusters"))
    if m < MIN_CLUSTERS:
        return 0.0, 1.0
    value, variance = events / total, float(values["variance"])
    if min(events, total - events) < MIN_EVENTS:
        return clopper_pearson_ends({"successes": value * m, "trials": m}, alphas)
    low = max(0.0, min(_end(value, total, variance, m, alphas.low)))
    high = min(1.0, 1.0 - min(_end(1.0 - value, total, variance, m, alphas.high)))
    return low, high


def _end(value: float, n: int, variance: float, m: int, alpha: float) -> tuple[float, float]:
    """Return two lower limits: by t, and the exact one of as many equally precise rows."""
    z, t = one_sided(alpha), one_sided(alpha, m - 1)
    effective = min(n, value * (1 - value) / variance) if variance > 0 else float(n)
    effective *= (z / t) ** 2
    exact = clopper_pearson_ends(
        {"successes": value * effective, "trials": effective}, Alphas(alpha, alpha)
    )[0]
    return value - t * math.sqrt(variance), exact if exact is not None else 0.0


def _evidence(kinds: IntArray, times: IntArray, keep: Keep | None) -> Evidence:
    events, total = (int(number) for number in times @ kinds)
    values: dict[str, Any] = {
        "successes": events,
        "trials": total,
        "n_clusters": int(times.sum()),
        "n_kinds": len(times),
    }
    flat = np.concatenate([times, kinds.reshape(-1)])
    if keep is not None and flat.size > MOST_INLINE:
        return keep(flat.astype(np.float64), values)
    return Evidence(values=values | {"cluster_table": flat.tolist()})
