"""Gamma draws of tables with very many cells, of which nearly all hold a tiny prior and nothing else.

Legend: c classes, r replicates, m sticks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

WIDE = 200
"""Classes from which on cells are drawn as here; below, each cell is drawn by itself."""

STICKS = 12
"""Shares into which the prior of a row is broken. Of half an example, 2e-6 is then left on average."""


def wide_gammas(
    shapes: FloatArray, is_single: NDArray[np.bool_], *, rng: np.random.Generator, replicates: int
) -> FloatArray:
    """Draw independent Gamma variables of given shapes, as many tables of them as asked for.

    Cells that are not single have one shape a in each row. The sum of the k of a row is Gamma(k a), and their
    shares are Dirichlet(a, ..., a), which a Dirichlet process of concentration k a over the k cells gives
    exactly: sticks of Beta(1, k a), each at a cell that is drawn evenly. So a row takes ``STICKS`` draws
    instead of k; with 1,000 classes that is a thirtieth of the time.

    Args:
        shapes: Shape [c, c], at least 0.
        is_single: Cells that are drawn by themselves, shape [c, c].
        rng: Where the draws come from.
        replicates: r.

    Returns:
        Draws, shape [r, c, c].

    Source: Sethuraman 1994, Statistica Sinica 4:639-650 (sticks); compared with draws of each cell in
    tests/unit/stats/test_wide_tables.py
    """
    tables = _sticks((shapes > 0) & ~is_single, shapes, rng=rng, replicates=replicates)
    at = np.nonzero(is_single & (shapes > 0))
    tables[:, at[0], at[1]] = rng.standard_gamma(shapes[at], size=(replicates, len(at[0])))
    return tables


def _sticks(
    spread: NDArray[np.bool_], shapes: FloatArray, *, rng: np.random.Generator, replicates: int
) -> FloatArray:
    """Return the draws of the cells that share a shape with their row, shape [r, c, c]; 0 elsewhere."""
    classes = len(shapes)
    rows = np.nonzero(spread.any(axis=1))[0]
    n_cells = spread[rows].sum(axis=1)
    whole = (shapes[rows] * spread[rows]).sum(axis=1)
    sums = rng.standard_gamma(whole, size=(replicates, len(rows)))
    left = np.ones((replicates, len(rows)))
    flat = np.arange(replicates)[:, None] * classes**2 + rows * classes
    # the columns of the cells of a row come first
    columns = np.argsort(~spread[rows], axis=1, kind="stable")
    found: FloatArray = np.zeros(replicates * classes**2)
    for stick in range(STICKS):
        is_last = stick == STICKS - 1
        share = left if is_last else left * rng.beta(1.0, whole, size=left.shape)
        left = left - share
        chosen = (rng.random(left.shape) * n_cells).astype(np.intp)
        # a cell occurs once in a stick, so that nothing is lost by adding without order
        found[flat + columns[np.arange(len(rows)), chosen]] += sums * share
    return found.reshape(replicates, classes, classes)
