"""Does the decision change without the words that are said to carry it?

Source: Serrano & Smith 2019, arXiv:1906.03731; Chrysostomou & Aletras 2021, arXiv:2105.02657

Legend of shapes: k rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.engines.perturbation.gaps import ask_gaps
from harness.engines.perturbation.units import units_of
from harness.engines.prediction import decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.perturbation.asker import Ask
    from harness.engines.perturbation.orders import Order
    from harness.engines.perturbation.scores import Curve
    from harness.modelling import HasParts, Item, Removal


def top_word_flips(
    model: HasParts,
    items: Sequence[Item],
    orders: Sequence[Order],
    *,
    logits: NDArray[np.floating[Any]],
    ask: Ask,
    removal: Removal = "mask",
) -> NDArray[np.bool_]:
    """Return whether each decision changes without its top word, shape [k]; the mean is DFMIT.

    A text without words has nothing that could be taken away: False there.

    Args:
        model: Takes inputs apart.
        items: k of them.
        orders: Parts of each row, the top one first.
        logits: Of the whole items, shape [k, c].
        ask: Answers items with logits; after occlusion or a curve nothing is computed anew.
        removal: What stands where the word stood.
    """
    units = units_of(model, items, most=max((item.length for item in items), default=1))
    absent = [
        np.eye(each.n, dtype=np.bool_)[order[:1]] for each, order in zip(units, orders, strict=True)
    ]
    answers = ask_gaps(model, units, absent, ask=ask, removal=removal)
    whole = decide(logits)
    return np.array(
        [len(each) > 0 and int(decide(each)[0]) != whole[row] for row, each in enumerate(answers)],
        dtype=np.bool_,
    )


def least_share_that_flips(curve: Curve) -> NDArray[np.float64]:
    """Return the least share of top words whose absence changes the decision, shape [k] (DFFOT).

    Lower is better: the words at the top carry the decision. Shares are those of the curve's points.

    Args:
        curve: Of the decided class.

    Undefined when: no point of the curve changes the decision; infinite there, so that a median
    over rows still holds.
    """
    least = np.full(len(curve.whole), np.inf)
    for row in range(len(least)):
        points = curve.points(row)
        flipped = curve.taken[points][curve.decision[points] != curve.target[row]]
        if len(flipped):
            least[row] = flipped[0] / curve.n_parts[row]
    return least
