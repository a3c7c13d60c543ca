"""Many small cells: how much their rates truly differ, and each rate drawn towards the mean for reading.

Legend: k cells.

The raw range over many small cells is mostly noise. What remains after taking away the noise that counts of
this size have is the variance between cells, t2; each rate keeps the share t2 / (t2 + noise) of its distance
to the mean. Both are for reading, never for a decision: a shrunk rate is right on average over cells,
not for a single one.

Source: Efron and Morris 1975, doi:10.1080/01621459.1975.10479864; intervals: Morris 1983,
doi:10.1080/01621459.1983.10477920 (rates), Viechtbauer 2007, doi:10.1002/sim.2514 (spread)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, ShapeError, must
from harness.records import Estimate, Evidence, Message
from harness.stats.estimates import Alphas, Ends, Frame, Numbers, assemble, no_examples, undefined
from harness.stats.studentised import one_sided

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.worst_evidence import Read

    FloatArray = NDArray[np.float64]

SHRUNK = "shrunk"
SPREAD = "between-cells"

FEWEST = 4
"""Cells from which their spread can be told from noise at all."""

_LARGEST = 0.25
"""Variance of rates of which half are 0 and half are 1."""


def between_cells(successes: ArrayLike, trials: ArrayLike) -> tuple[float, float]:
    """Return the mean rate m and the variance t2 between cells that is left after the noise.

    t2 = max(0, mean of (rate - m)^2 - m (1 - m) / n over cells, weighted by trials); 0 where there is
    no event or no other.

    Args:
        successes: Of each cell, shape [k].
        trials: Of each cell, shape [k], not all 0; cells without trials do not count.
    """
    x, n = _counted(successes, trials)
    mean = float(x.sum() / n.sum())
    apart = (x / n - mean) ** 2 - mean * (1 - mean) / n
    return mean, max(0.0, float(np.average(apart, weights=n)))


def shrunk_rates(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> list[Estimate]:
    """Return the rate of each cell, drawn towards the mean of all; for reading, never for a decision.

    The interval adds what is not known of the mean and of the spread between cells (Morris 1983). It
    covers on average over the cells, not for each of them.

    Args:
        successes: Of each cell, shape [k].
        trials: Of each cell, shape [k].
        alpha_low: One-sided error of the low end, on average over cells.
        alpha_high: One-sided error of the high end, on average over cells.

    Returns:
        k estimates by ``shrunk``, unit "share".

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If the counts cannot be counts.

    Undefined when: a cell has no trials; fewer than 4 cells have some; the event happened never or
        always, so that there is no spread to learn from.
    """
    alphas = Alphas(alpha_low, alpha_high)
    x, n = _checked(successes, trials)
    why = _why_not(x, n)
    if why is not None:
        return [undefined(why, unit="share", n=int(each)) for each in n]
    mean, between = between_cells(x, n)
    k = int((n > 0).sum())
    found = []
    for own, total in zip(x.tolist(), n.tolist(), strict=True):
        if not total:
            found.append(undefined(no_examples(), unit="share"))
            continue
        values = {
            # not named successes and trials: their ratio is not the value
            "events": int(own),
            "rows": int(total),
            "mean": mean,
            "between": between,
            "cells": k,
        }
        found.append(_shrunk(values, alphas))
    return found


def spread_between(
    successes: ArrayLike,
    trials: ArrayLike,
    *,
    alpha_low: float = 0.05,
    alpha_high: float = 0.05,
) -> Estimate:
    """Return the standard deviation of the true rates of cells, sqrt(t2), from 0 to 0.5.

    The ends are those values of t2 under which the weighted squared distances of the rates are as
    large, or as small, as chance allows (chi-squared with k - 1 degrees of freedom).

    Args:
        successes: Of each cell, shape [k].
        trials: Of each cell, shape [k].
        alpha_low: One-sided error of the low end.
        alpha_high: One-sided error of the high end.

    Returns:
        Estimate by ``between-cells``, unit "standard deviation"; n counts the trials.

    Raises:
        ShapeError: If the shapes differ.
        ContractError: If the counts cannot be counts.

    Undefined when: fewer than 4 cells have trials; the event happened never or always.
    Blind to: which cells differ, and dependence between cells (shared rows, clusters).
    """
    alphas = Alphas(alpha_low, alpha_high)
    x, n = _checked(successes, trials)
    why = _why_not(x, n)
    if why is not None:
        return undefined(why, unit="standard deviation", n=int(n.sum()))
    return _spread(x, n, alphas)


def reestimate_shrunk(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a shrunk rate to other error rates."""
    values = estimate.evidence.values if estimate.evidence else {}
    for name in ("events", "rows", "mean", "between", "cells"):
        if not isinstance(values.get(name), int | float):
            raise ContractError(must(f"Evidence of {SHRUNK}", f"hold {name}", values.get(name)))
    return _shrunk(values, alphas)


def reestimate_spread(estimate: Estimate, alphas: Alphas, read: Read | None) -> Estimate:
    """Move the ends of a spread between cells to other error rates."""
    values = estimate.evidence.values if estimate.evidence else {}
    try:
        x, n = _checked(values.get("successes"), values.get("trials"))
    except (ShapeError, TypeError, ValueError) as err:
        raise ContractError(
            must(f"Evidence of {SPREAD}", "hold successes and trials", sorted(values))
        ) from err
    return _spread(x, n, alphas)


def _shrunk(values: Numbers, alphas: Alphas) -> Estimate:
    x, n, k = (float(values[name]) for name in ("events", "rows", "cells"))
    mean, between = float(values["mean"]), float(values["between"])
    rate, noise = x / n, mean * (1 - mean) / n
    lost = noise / (between + noise)
    value = mean + (1 - lost) * (rate - mean)
    # what is not known of the mean and of the spread itself comes on top
    variance = noise * (1 - (k - 1) / k * lost) + 2 / (k - 3) * lost**2 * (rate - mean) ** 2
    error = math.sqrt(variance)
    ends = (
        max(0.0, value - one_sided(alphas.low) * error),
        min(1.0, value + one_sided(alphas.high) * error),
    )
    frame = Frame(int(n), "share", SHRUNK, Evidence(values=dict(values)), 0.0, 1.0)
    return assemble(value, ends, alphas, frame=frame)


def _spread(x: FloatArray, n: FloatArray, alphas: Alphas) -> Estimate:
    _, between = between_cells(x, n)
    evidence = Evidence(
        values={"successes": x.astype(int).tolist(), "trials": n.astype(int).tolist()}
    )
    total = int(n.sum())
    frame = Frame(total, "standard deviation", SPREAD, evidence, 0.0, math.sqrt(_LARGEST))
    return assemble(math.sqrt(between), _spread_ends(x, n, alphas), alphas, frame=frame)


def _spread_ends(x: FloatArray, n: FloatArray, alphas: Alphas) -> Ends:
    from scipy.special import chdtri

    x, n = _counted(x, n)
    mean, df = float(x.sum() / n.sum()), len(n) - 1
    rate, noise = x / n, mean * (1 - mean) / n

    def distance(between: float) -> float:
        weight = 1 / (noise + between)
        centre = float(weight @ rate / weight.sum())
        return float(weight @ (rate - centre) ** 2)

    def at_least_noise(between: float) -> float:
        # rates closer together than chance allows say no more than those as close as expected
        expected = df / len(n) * float((noise / (noise + between)).sum())
        return max(distance(between), expected)

    low = _root(distance, float(chdtri(df, alphas.low)))
    high = _root(at_least_noise, float(chdtri(df, 1 - alphas.high)))
    return math.sqrt(low), math.sqrt(high)


def _root(distance: Any, target: float) -> float:
    """Return where a falling function reaches a target, within 0 and the largest variance."""
    if distance(0.0) <= target:
        return 0.0
    if distance(_LARGEST) >= target:
        return _LARGEST
    low, high = 0.0, _LARGEST
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if distance(middle) > target else (low, middle)
    return (low + high) / 2


def _why_not(x: FloatArray, n: FloatArray) -> Message | None:
    k = int((n > 0).sum())
    if k < FEWEST:
        return Message.of(
            "stats.few-cells",
            "Only {n_cells} cells have examples; fewer than {least} do not show how much cells differ.",
            n_cells=k,
            least=FEWEST,
        )
    if x.sum() in (0, n.sum()):
        return Message.of(
            "stats.no-event-in-cells",
            "What the rate counts happened never or always, so that no spread between cells is seen.",
        )
    return None


def _counted(successes: ArrayLike, trials: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    return x[n > 0], n[n > 0]


def _checked(successes: Any, trials: Any) -> tuple[FloatArray, FloatArray]:
    x, n = np.asarray(successes, np.float64), np.asarray(trials, np.float64)
    if x.ndim != 1 or x.shape != n.shape:
        raise ShapeError(
            f"successes and trials must have shape [k], got {list(x.shape)} and {list(n.shape)}."
        )
    if ((x < 0) | (x > n)).any():
        raise ContractError(must("The counts of cells", "have 0 <= successes <= trials", "others"))
    return x, n
