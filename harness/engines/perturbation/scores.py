"""Curves of removal, and the scores that are read off them.

Legend of shapes: k rows, p parts of a row, q points of a row, r random orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.errors import ShapeError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Removal

    Floats = NDArray[np.float64]

Variant = Literal["eraser", "every-word"]


@dataclass(frozen=True, slots=True)
class Curve:
    """Probabilities of the target class as the words of one ranking go, k rows.

    Attributes:
        variant: Which points, and what AOPC means; see ``curves``.
        removal: What stands where words stood.
        starts: Where each row begins among the points, shape [k + 1].
        taken: Words at each point, from the top or from the bottom of the ranking, shape [sum of q].
        without: Probability without the top ``taken`` words, shape [sum of q].
        decision: Class that is decided then, shape [sum of q].
        kept: ``eraser``: probability with the top ``taken`` words alone; ``every-word``: without
            the lowest ``taken`` words; shape [sum of q].
        whole: Probability of the whole input, shape [k].
        nothing: Probability without any word, shape [k].
        target: Class whose probability it is, shape [k].
        n_parts: p of each row, shape [k].
    """

    variant: Variant
    removal: Removal
    starts: NDArray[np.int64]
    taken: NDArray[np.int64]
    without: Floats
    decision: NDArray[np.int64]
    kept: Floats
    whole: Floats
    nothing: Floats
    target: NDArray[np.int64]
    n_parts: NDArray[np.int64]

    def points(self, index: int) -> slice:
        """Return where the points of one row stand, in order of ``taken``."""
        return slice(int(self.starts[index]), int(self.starts[index + 1]))


def comprehensiveness(curve: Curve) -> Floats:
    """Return what the target's probability loses as top words go (AOPC), shape [k]; -1 to 1.

    Higher is better. It says nothing without random orders beside it: see ``delta_over_random``.

    Undefined when: a row has no parts; NaN there.
    Blind to: that texts with gaps are no texts the model was made for.
    """
    return _aopc(curve, curve.without, zeroth=np.zeros(len(curve.whole)))


def sufficiency(curve: Curve) -> Floats:
    """Return what the target's probability loses with top words alone (AOPC), shape [k]; -1 to 1.

    Lower is better. In the variant ``eraser`` the point without any word counts, as it does for
    comprehensiveness, so that a constant of the row is part of the value.

    Undefined when: a row has no parts; NaN there.
    Blind to: that texts with gaps are no texts the model was made for.
    """
    return _aopc(curve, curve.kept, zeroth=curve.whole - curve.nothing)


def delta_over_random(
    curve: Curve, random: Sequence[Curve], score: Callable[[Curve], Floats] = comprehensiveness
) -> Floats:
    """Return a ranking's score minus the mean score of random orders of the same row, shape [k].

    Args:
        curve: Of the ranking.
        random: Curves of random orders, r >= 1, of the same rows, variant and removal.
        score: ``comprehensiveness`` (above 0 is better than chance) or ``sufficiency`` (below 0).

    Raises:
        ShapeError: If there is no random order, or rows, variants or removals differ.

    Undefined when: a row has no parts; NaN there.
    """
    kind = (curve.variant, curve.removal, len(curve.whole))
    others = sorted({(one.variant, one.removal, len(one.whole)) for one in random})
    if others != [kind]:
        raise ShapeError(must("Random curves", f"all be of the kind {kind}", others))
    chance: Floats = np.mean([score(one) for one in random], axis=0)
    return score(curve) - chance


def _aopc(curve: Curve, scores: Floats, *, zeroth: Floats) -> Floats:
    means = np.full(len(curve.whole), np.nan)
    for row in np.flatnonzero(curve.n_parts).tolist():
        drops = curve.whole[row] - scores[curve.points(row)]
        if curve.variant == "eraser":
            means[row] = (zeroth[row] + drops.sum()) / (len(drops) + 1)
        else:
            means[row] = drops.mean()
    return means
