"""Sensitivity-n: do the values of some words add up to what their absence does?

Source: Ancona et al. 2018, arXiv:1711.06104; Yeh et al. 2019 (infidelity), arXiv:1901.09392

Legend of shapes: k rows, p parts of a row, s subsets of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.perturbation.gaps import ask_gaps
from harness.engines.perturbation.orders import check_words, generator_of
from harness.engines.perturbation.targets import leads
from harness.engines.perturbation.units import units_of
from harness.errors import ShapeError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Attributions
    from harness.engines.perturbation.asker import Ask
    from harness.modelling import HasParts, Item, Removal

    Floats = NDArray[np.float64]

LEAST_SUBSETS = 3
"""Fewest distinct subsets of a row that a correlation is computed from."""

_NO_CHANGE = 1e-9


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What random subsets of words were said to contribute, and what their absence did, k rows.

    Attributes:
        correlation: Pearson's, over the subsets of each row, -1 to 1, shape [k]; NaN where there are
            fewer than ``LEAST_SUBSETS`` distinct subsets, or one side never varies.
        slope: Change of f for each logit that was attributed, least squares through the origin, shape
            [k]; 1 when "contributed 0.3" is literally true. NaN where nothing was attributed.
        starts: Where each row begins among the subsets, shape [k + 1].
        attributed: Sum of the values of each subset, in logits, shape [sum of s].
        changed: f(x) - f(x without the subset), in logits, shape [sum of s].
    """

    correlation: Floats
    slope: Floats
    starts: NDArray[np.int64]
    attributed: Floats
    changed: Floats


def sensitivity(
    model: HasParts,
    items: Sequence[Item],
    attributions: Attributions,
    *,
    ask: Ask,
    n_subsets: int = 20,
    seed: int = 0,
    removal: Removal | None = None,
) -> Sensitivity:
    """Compare sums of attributions with what the absence of those words does to f.

    A subset holds from one word to half of them, its size drawn evenly; it depends on seed and
    content of the row alone, so that all methods are asked about the same subsets, which are then
    computed once by one asker.

    Args:
        model: Takes inputs apart.
        items: k of them, those that are explained.
        attributions: Values of words.
        ask: Answers items with logits.
        n_subsets: s; fewer where a row has too few distinct ones.
        seed: >= 0.
        removal: What stands where words stood; that of the method when None.

    Raises:
        MethodRefused: If the values are those of tokens.
        ShapeError: If rows or words do not fit.
    """
    check_words(attributions)
    units = units_of(model, items)
    own = [attributions.of(row) for row in range(attributions.n)]
    if [len(each.positions) for each in units] != [len(each) for each in own]:
        got = [len(each) for each in own]
        raise ShapeError(must("attributions", "have one value for each part of each item", got))
    if removal is None:
        removal = "pad" if attributions.method.baseline == "pad" else "mask"
    absent = [_subsets(each.n, n_subsets, generator_of(each.item, seed)) for each in units]
    answers = ask_gaps(model, units, absent, ask=ask, removal=removal)
    k = len(units)
    correlation, slope = np.full(k, np.nan), np.full(k, np.nan)
    attributed, changed = [np.zeros(0)], [np.zeros(0)]
    for row, (gaps, logits) in enumerate(zip(absent, answers, strict=True)):
        sums = gaps @ np.array([own[row][each].sum() for each in units[row].members])
        f = leads(logits, int(attributions.target[row]), int(attributions.runner_up[row]))
        changes = attributions.whole[row] - f
        correlation[row], slope[row] = _fit(sums, changes)
        attributed.append(sums)
        changed.append(changes)
    starts = np.cumsum([0, *(len(each) for each in absent)]).astype(np.int64)
    return Sensitivity(
        correlation, slope, starts, np.concatenate(attributed), np.concatenate(changed)
    )


def _subsets(n: int, wanted: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return distinct random subsets of one to half of n units, shape [s, n]."""
    if n < 2:
        return np.zeros((0, n), dtype=np.bool_)
    sizes = rng.integers(1, n // 2 + 1, size=wanted)
    ranks = rng.permuted(np.tile(np.arange(n), (wanted, 1)), axis=1)
    return np.unique(ranks < sizes[:, None], axis=0)


def _fit(attributed: Floats, changed: Floats) -> tuple[float, float]:
    """Return correlation and slope through the origin; NaN for what is not defined."""
    squares = float(attributed @ attributed)
    slope = float(attributed @ changed) / squares if squares > _NO_CHANGE**2 else np.nan
    is_flat = min(np.ptp(each) if len(each) else 0.0 for each in (attributed, changed)) < _NO_CHANGE
    if len(attributed) < LEAST_SUBSETS or is_flat:
        return np.nan, slope
    return float(np.corrcoef(attributed, changed)[0, 1]), slope
