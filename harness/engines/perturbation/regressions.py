"""KernelSHAP and LIME: what a linear model of presence says about one row.

Legend of shapes: u units, m gaps, q coefficients.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.perturbation.shapley import all_subsets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation.designs import Absent, Answered, Floats

SAMPLES = 256
"""Gaps that are drawn for a row where nobody says how many; four for each unit where that is more."""

LIME_WIDTH = 0.25
"""Width of LIME's exponential kernel over the cosine distance of a gapped row from the whole one."""

LIME_RIDGE = 1.0
"""Penalty on the squared coefficients of LIME; it shrinks values a little towards 0."""


class KernelShap:
    """Shapley values as the solution of least squares with the Shapley kernel.

    Where all subsets are no more than the samples, all are asked and the values are exact.
    Otherwise subsets are drawn as often as the kernel weighs them, each with its complement. The
    values always add up to f(x) - f(nothing).

    Source: Lundberg & Lee 2017, arXiv:1705.07874; Covert & Lee 2021, arXiv:2012.01536
    """

    def draw(self, n: int, n_samples: int, rng: np.random.Generator) -> Absent:
        """Return subsets, each followed by its complement where they are drawn."""
        n_pairs = (_wanted(n, n_samples) + 1) // 2
        if n < 2 or 2**n - 2 <= 2 * n_pairs:
            return all_subsets(n)[1:-1]
        sizes = np.arange(1, n)
        weight = 1 / (sizes * (n - sizes))
        drawn = rng.choice(sizes, size=n_pairs, p=weight / weight.sum())
        ranks = rng.permuted(np.tile(np.arange(n), (len(drawn), 1)), axis=1)
        first = ranks < drawn[:, None]
        return np.stack([first, ~first], axis=1).reshape(-1, n)

    def solve(self, answered: Answered) -> tuple[Floats, Floats]:
        """Return values that add up exactly, and standard errors over pairs of subsets."""
        n = answered.absent.shape[1]
        is_exact = len(answered.absent) == 2**n - 1
        present = (~answered.absent[:-1]).astype(np.float64)
        total = answered.whole - answered.blank
        sizes = present.sum(axis=1).astype(int)
        weight = np.array([kernel(n, size) if is_exact else 1.0 for size in sizes.tolist()])
        # the last value is what the others leave of the total, so it is no free coefficient
        rest = answered.gapped[:-1] - answered.blank - present[:, -1] * total
        fit = _least_squares(present[:, :-1] - present[:, -1:], rest, weight, block=2)
        values = np.append(fit[0], total - fit[0].sum())
        if is_exact:
            return values, np.zeros(n)
        spread = np.append(np.diag(fit[1]), fit[1].sum())
        return values, np.sqrt(np.maximum(spread, 0.0))


class Lime:
    """Ridge regression of f on the presence of units, near rows weighing more.

    The number of units that go is drawn evenly from 1 to all, then which. The weight of a row is
    exp(-d²/w²)^½, d being the cosine distance 1 - (share present)^½ and w ``LIME_WIDTH``; the whole
    row stands among the samples. No completeness is promised.

    Source: Ribeiro et al. 2016, arXiv:1602.04938
    """

    def draw(self, n: int, n_samples: int, rng: np.random.Generator) -> Absent:
        """Return random subsets of random size."""
        drawn = rng.integers(1, n + 1, size=_wanted(n, n_samples))
        ranks = rng.permuted(np.tile(np.arange(n), (len(drawn), 1)), axis=1)
        return np.asarray(ranks < drawn[:, None], dtype=np.bool_)

    def solve(self, answered: Answered) -> tuple[Floats, Floats]:
        """Return coefficients, and their standard errors whatever the spread of the residuals."""
        present = np.vstack([np.ones(answered.absent.shape[1]), ~answered.absent])
        f = np.append(answered.whole, answered.gapped)
        distance = 1 - np.sqrt(present.mean(axis=1))
        weight = np.sqrt(np.exp(-(distance**2) / LIME_WIDTH**2))
        # an intercept without a penalty is a regression around the weighted means
        centred = present - np.average(present, axis=0, weights=weight)
        values, covariance = _least_squares(
            centred, f - np.average(f, weights=weight), weight, ridge=LIME_RIDGE
        )
        return values, np.sqrt(np.maximum(np.diag(covariance), 0.0))


def kernel(n: int, size: int) -> float:
    """Return the Shapley kernel's weight of a subset of ``size`` of n units, 0 < size < n."""
    return (n - 1) / (comb(n, size) * size * (n - size))


def _wanted(n: int, n_samples: int) -> int:
    return n_samples or max(SAMPLES, 4 * n)


def _least_squares(
    x: Floats, y: Floats, weight: Floats, *, block: int = 1, ridge: float = 0.0
) -> tuple[Floats, NDArray[np.float64]]:
    """Return coefficients [q] and their covariance [q, q] by leaving out each block in turn.

    The jackknife assumes nothing about residuals but that blocks are independent, and holds where
    there are few blocks for each coefficient. Infinite where there are no more than coefficients.

    Args:
        x: Shape [m, q].
        y: Shape [m].
        weight: Shape [m].
        block: Neighbouring rows that belong together.
        ridge: Penalty on the squared coefficients.
    """
    q = x.shape[1]
    weighted = x * weight[:, None]
    inverse = np.linalg.pinv(x.T @ weighted + ridge * np.eye(q), hermitian=True)
    values: Floats = inverse @ (weighted.T @ y)
    n_blocks = len(y) // block
    if n_blocks <= q:
        return values, np.full((q, q), np.inf)
    blocks, weighted = x.reshape(n_blocks, block, q), weighted.reshape(n_blocks, block, q)
    leverage = blocks @ inverse @ weighted.swapaxes(1, 2)
    residuals = (y - x @ values).reshape(n_blocks, block, 1)
    left_out = np.linalg.pinv(np.eye(block) - leverage) @ residuals
    pulls = (weighted * left_out).sum(axis=1)
    return values, inverse @ (pulls.T @ pulls) @ inverse
