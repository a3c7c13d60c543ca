"""Shapley values: the mean of what a part adds, over all orders in which parts can go.

Legend of shapes: u units, m gaps, o orders.
"""

from __future__ import annotations

from math import factorial
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation.designs import Absent, Answered, Floats

ORDERS = 20
"""Orders that are drawn for a row where nobody says how many."""


class ShapleySampling:
    """Units go one after another, in random orders and the reverse of each.

    What f loses along one order adds up to f(x) - f(nothing), so every mean of orders is complete.
    Where all subsets cost no more than the orders, all subsets are asked and the values are exact.

    Source: Castro et al. 2009, doi:10.1016/j.cor.2008.04.004; Mitchell et al. 2022, arXiv:2104.12199
    """

    def draw(self, n: int, n_samples: int, rng: np.random.Generator) -> Absent:
        """Return the units that are gone after each step but the last, order after order."""
        n_pairs = (max(2, n_samples or ORDERS) + 1) // 2
        if n < 2 or 2**n - 2 <= 2 * n_pairs * (n - 1):
            return all_subsets(n)[1:-1]
        orders = [rng.permutation(n) for _ in range(n_pairs)]
        ranks = [np.argsort(each) for order in orders for each in (order, order[::-1])]
        steps = np.arange(1, n)[:, None]
        return np.concatenate([rank[None, :] < steps for rank in ranks])

    def solve(self, answered: Answered) -> tuple[Floats, Floats]:
        """Return mean losses, and standard errors over pairs of an order and its reverse."""
        n = answered.absent.shape[1]
        if len(answered.absent) == 2**n - 1:
            table = np.concatenate([[answered.whole], answered.gapped])
            return shapley_values(table), np.zeros(n)
        losses = _losses(answered, n)
        pairs = losses.reshape(-1, 2, n).mean(axis=1)
        if len(pairs) < 2:
            return pairs.mean(axis=0), np.full(n, np.inf)
        return pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))


def all_subsets(n: int) -> Absent:
    """Return all subsets of n units, shape [2^n, n]; row r holds the units whose bits r has set."""
    return (np.arange(2**n)[:, None] >> np.arange(n)[None, :] & 1).astype(np.bool_)


def shapley_values(table: Floats) -> Floats:
    """Return exact Shapley values from f without each subset of units, shape [u].

    Args:
        table: f without the units of each row of ``all_subsets``, shape [2^u].
    """
    n = len(table).bit_length() - 1
    codes = np.arange(len(table))
    sizes = all_subsets(n).sum(axis=1)
    weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    values = np.empty(n)
    for unit in range(n):
        there = codes[codes >> unit & 1 == 0]
        values[unit] = weight[sizes[there]] @ (table[there] - table[there | 1 << unit])
    return values


def _losses(answered: Answered, n: int) -> NDArray[np.float64]:
    """Return what f lost with each unit along each order, shape [o, u]."""
    steps = answered.absent[:-1].reshape(-1, n - 1, n)
    n_orders = len(steps)
    f = np.empty((n_orders, n + 1))
    f[:, 0], f[:, -1] = answered.whole, answered.blank
    f[:, 1:-1] = answered.gapped[:-1].reshape(n_orders, n - 1)
    gone = np.concatenate([np.zeros((n_orders, 1, n)), steps, np.ones((n_orders, 1, n))], axis=1)
    # each step takes away one unit: the difference is 1 there and 0 elsewhere
    losses: NDArray[np.float64] = np.einsum(
        "osu,os->ou", np.diff(gone, axis=1), f[:, :-1] - f[:, 1:]
    )
    return losses
