"""Many hypotheses at once: which are discoveries, when a share of them may be false.

Legend: m hypotheses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, must

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def false_discovery_values(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return for each hypothesis the least rate of false discoveries at which it is one, shape [m].

    Rejecting every hypothesis whose value is at most q keeps the expected share of false ones among
    the rejected at or below q, for independent p-values and for those that rise and fall together.

    Args:
        p_values: Shape [m], each from 0 to 1.

    Raises:
        ContractError: If a p-value is none.

    Blind to: hypotheses that were dropped before, because of the same data.
    Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; dependence: Benjamini and
    Yekutieli 2001, doi:10.1214/aos/1013699998
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1 or not ((given >= 0) & (given <= 1)).all():
        raise ContractError(must("p-values", "lie between 0 and 1 in shape [m]", given.tolist()))
    m = len(given)
    order = np.argsort(given, kind="stable")
    scaled = given[order] * m / np.arange(1, m + 1)
    running = np.minimum.accumulate(scaled[::-1])[::-1]
    values = np.empty(m)
    values[order] = np.minimum(running, 1.0)
    return values


def binomial_tail(successes: ArrayLike, trials: ArrayLike, share: ArrayLike) -> NDArray[np.float64]:
    """Return the probability of at least so many successes: an exact one-sided p-value.

    It is valid for every true share up to ``share``.

    Args:
        successes: Any shape, 0 <= successes <= trials.
        trials: Of a shape that fits.
        share: Largest share of the null hypothesis, from 0 to 1; of a shape that fits.
    """
    from scipy.special import bdtrc

    x, n, p = np.broadcast_arrays(
        np.asarray(successes, dtype=np.float64), np.asarray(trials, dtype=np.int64), share
    )
    tail: NDArray[np.float64] = np.where(
        x <= 0, 1.0, bdtrc(np.maximum(x - 1, 0), n.astype(np.int32), p)
    )
    return tail
