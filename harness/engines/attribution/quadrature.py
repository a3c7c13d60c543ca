"""Quadrature rules on [0, 1]: where gradients are taken, and what each counts."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Positive nodes of the 15-point Kronrod rule on [-1, 1], outermost first, and the weights of all
# eight; every second node is one of the 7-point Gauss rule. Source: QUADPACK, routine QK15.
_NODES = (
    0.991455371120812639206854697526329,
    0.949107912342758524526189684047851,
    0.864864423359769072789712788640926,
    0.741531185599394439863864773280788,
    0.586087235467691130294144838258730,
    0.405845151377397166906606412076961,
    0.207784955007898467600689403773245,
    0.0,
)
_WEIGHTS = (
    0.022935322010529224963732008058970,
    0.063092092629978553290700663189204,
    0.104790010322250183839876322541518,
    0.140653259715525918745189590510238,
    0.169004726639267902826583426598550,
    0.190350578064785409913256402421014,
    0.204432940075298892414161999234649,
    0.209482141084727828012999174891714,
)


@lru_cache(maxsize=256)
def gauss_legendre(n: int) -> tuple[Floats, Floats]:
    """Return n nodes, ascending, and their weights, which add up to 1; exact up to degree 2n - 1."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (nodes + 1) / 2, weights / 2


@lru_cache(maxsize=1)
def gauss_kronrod() -> tuple[Floats, Floats, Floats]:
    """Return 15 nodes, ascending, their weights, and the weights of the 7-point rule within.

    The 7-point weights are 0 at the eight nodes that the smaller rule lacks. Both add up to 1.
    """
    outer = np.array(_NODES)
    nodes = np.concatenate([-outer[:-1], outer[::-1]])
    weights = np.concatenate([_WEIGHTS[:-1], _WEIGHTS[::-1]])
    small = np.zeros(15)
    small[1::2] = np.polynomial.legendre.leggauss(7)[1]
    return (nodes + 1) / 2, weights / 2, small / 2
