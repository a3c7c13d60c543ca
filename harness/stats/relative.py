"""How many others an example stands above, relative to what is known of each: RMIA without a matrix.

Legend: n examples, z others.

The share of others that x[i] / others[j] exceeds gamma with is a matrix of n times z comparisons. The
comparison falls only once along the sorted others, so one sort and one search for each example
find the place; two looks around it make it equal to the matrix even where the division rounds.

Source: Zarifzadeh, Liu and Shokri 2024, arXiv:2312.03262 (robust membership inference, offline form)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError, ShapeError, must

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]


def rmia(x: ArrayLike, others: ArrayLike, *, gamma: float = 1.0) -> FloatArray:
    """Return for each example the share of others with x / other > gamma, shape [n].

    From 0 to 1; higher means more likely a member. Equal to ``(x[:, None] / others > gamma).mean(1)``,
    ties included.

    Args:
        x: Ratio of what the model says of an example to what models without it say, shape [n], > 0.
        others: The same of examples of the population, shape [z], > 0, z >= 1.
        gamma: How many times an example must exceed the other one, > 0.

    Raises:
        ShapeError: If a shape is another one, or there are no others.
        ContractError: If a ratio or gamma is not finite and positive.
    """
    ratio, other = np.asarray(x, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if ratio.ndim != 1 or other.ndim != 1 or len(other) == 0:
        raise ShapeError(
            f"x and others must have shapes [n] and [z], z >= 1, got {list(ratio.shape)} and "
            f"{list(other.shape)}."
        )
    for name, values in (("x", ratio), ("others", other), ("gamma", np.array([gamma]))):
        if bad := int((~(np.isfinite(values) & (values > 0))).sum()):
            what = f"{bad} of {len(values)} that are not"
            raise ContractError(must(name, "be finite and above 0", what))
    different, counts = np.unique(other, return_counts=True)
    upto = np.concatenate([[0], np.cumsum(counts)]) / len(other)
    order = np.argsort(ratio)  # neighbours are looked for in the same place
    ordered = ratio[order]
    found = np.empty(len(ratio))
    with np.errstate(over="ignore"):  # a ratio beyond all numbers exceeds every gamma
        place = np.searchsorted(different, ordered / gamma, side="left")
        found[order] = upto[_settled(place, ordered, different, gamma)]
    return found


def population_ratio(
    probability: ArrayLike, without: ArrayLike, *, slope: float = 0.3
) -> FloatArray:
    """Return what a model says of examples over what it would say on average, shape [n].

    The average over models with and without an example is ((1 + slope) p + (1 - slope)) / 2, with p
    the mean over models that were trained without it: those with it say more, the surer the less p is.

    Args:
        probability: Of the label or text by the model, shape [n], in (0, 1].
        without: Of the same by models that were trained without the example, shape [s, n].
        slope: a of the offline form, 0 to 1.

    Raises:
        ShapeError: If the shapes do not belong together.
    """
    own, out = np.asarray(probability, dtype=np.float64), np.asarray(without, dtype=np.float64)
    if own.ndim != 1 or out.ndim != 2 or out.shape[1:] != own.shape or len(out) == 0:
        raise ShapeError(
            f"probability and without must have shapes [n] and [s, n], s >= 1, got {list(own.shape)} "
            f"and {list(out.shape)}."
        )
    found: FloatArray = own / (((1 + slope) * out.mean(axis=0) + (1 - slope)) / 2)
    return found


def _settled(
    place: NDArray[np.intp], x: FloatArray, different: FloatArray, gamma: float
) -> NDArray[np.intp]:
    """Move each place to where x / other > gamma ends, as it is computed; it is off by a rounding at most."""
    last = len(different) - 1
    while True:
        is_short = (place <= last) & (x / different[np.minimum(place, last)] > gamma)
        is_long = (place > 0) & ~(x / different[np.maximum(place - 1, 0)] > gamma)
        if not (is_short | is_long).any():
            return place
        place = place + is_short - (is_long & ~is_short)
