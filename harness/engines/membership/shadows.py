"""What models with and without a row say of it: likelihood ratios against shadow models.

Legend: n rows, s shadow models.

A shadow model is trained as the audited one was, on other rows of the same kind, so that it is known
which rows each of them has seen. A row is judged by how its own log-odds lie among those of
shadows that saw it and of shadows that did not: what is easy for all models does not count.

With few shadows the variance of one row is hardly known. It is drawn towards the mean of the variances
within rows, as if ``PRIOR`` more models had been seen with that (a normal-inverse-gamma prior); the variance
between rows is no part of it.

Source: Carlini et al. 2022, arXiv:2112.03570 (LiRA); the shrunk variance after arXiv:2603.11799, from its
abstract
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

PRIOR = 8.0
"""Models that the mean variance counts as."""

LEAST_SHADOWS = 2
"""Shadow models on each side from which a row has a likelihood ratio."""

_FLAT = 1e-12


def likelihood_ratio(own: FloatArray, shadow: FloatArray, is_in: BoolArray) -> FloatArray:
    """Return the log-likelihood ratio of having been seen, shape [n]; higher: more likely a member.

    Args:
        own: Log-odds by the audited model, shape [n].
        shadow: Log-odds by the shadows, shape [s, n].
        is_in: Whether a shadow was trained on a row, shape [s, n].

    Raises:
        ShapeError: If the shapes do not belong together.

    Undefined when: fewer than 2 shadows saw a row, or fewer than 2 did not; NaN then.
    """
    _fit(own, shadow, is_in)
    sides = [_side(shadow, is_in), _side(shadow, ~is_in)]
    logs = [
        -0.5 * np.log(variance) - (own - mean) ** 2 / (2 * variance) for mean, variance, _ in sides
    ]
    is_known = (sides[0][2] >= LEAST_SHADOWS) & (sides[1][2] >= LEAST_SHADOWS)
    return np.where(is_known, logs[0] - logs[1], np.nan)


def offline_ratio(own: FloatArray, shadow: FloatArray) -> FloatArray:
    """Return how far a row lies above shadows none of which saw it, in their deviations, shape [n].

    Args:
        own: Log-odds by the audited model, shape [n].
        shadow: Log-odds by the shadows, shape [s, n].

    Raises:
        ShapeError: If the shapes do not belong together.

    Undefined when: there is no shadow; NaN then. With one, all rows have the same deviation.
    """
    is_in = np.zeros(shadow.shape, dtype=np.bool_)
    _fit(own, shadow, is_in)
    mean, variance, n = _side(shadow, ~is_in)
    return np.where(n > 0, (own - mean) / np.sqrt(variance), np.nan)


def _side(
    shadow: FloatArray, is_here: BoolArray
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Return mean, shrunk variance and number of the shadows of one side, shape [n] each."""
    n = is_here.sum(axis=0).astype(np.int64)
    mean = np.where(is_here, shadow, 0.0).sum(axis=0) / np.maximum(n, 1)
    squares = (np.where(is_here, shadow - mean, 0.0) ** 2).sum(axis=0)
    freedom = np.maximum(n - 1, 0)
    pooled = float(squares.sum()) / max(int(freedom.sum()), 1)
    pooled = pooled if pooled > _FLAT else 1.0
    return mean, (PRIOR * pooled + squares) / (PRIOR + freedom), n


def _fit(own: FloatArray, shadow: FloatArray, is_in: BoolArray) -> None:
    if (
        own.ndim != 1
        or shadow.ndim != 2
        or shadow.shape[1:] != own.shape
        or is_in.shape != shadow.shape
    ):
        raise ShapeError(
            f"own, shadow and is_in must have shapes [n], [s, n] and [s, n], got {list(own.shape)}, "
            f"{list(shadow.shape)} and {list(is_in.shape)}."
        )
