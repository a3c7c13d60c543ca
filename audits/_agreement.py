"""How alike two attributions of one row are.

Legend of shapes: p parts of a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.engines.attribution.convergence import N_TOP, top_overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def overlap(one: Floats, other: Floats) -> float:
    """Return the Jaccard overlap of the five words with the largest values, 0 to 1.

    Of five words or fewer the first half is compared, because all of them would always agree.

    Undefined when: there are fewer than two words; NaN then.
    """
    if len(one) < 2:
        return float("nan")
    n_top = N_TOP if len(one) > N_TOP else len(one) // 2
    return top_overlap(one, other, np.ones(len(one), dtype=np.bool_), n_top)


def rank_correlation(one: Floats, other: Floats) -> float:
    """Return Spearman's rank correlation of two rows of values, shape [p] each, -1 to 1.

    Undefined when: there are fewer than three words, or one side does not vary; NaN then.
    """
    from scipy.stats import rankdata

    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.clip(np.corrcoef(rankdata(one), rankdata(other))[0, 1], -1.0, 1.0))


def sign_agreement(one: Floats, other: Floats) -> float:
    """Return the share of words that both say speak for, or both say speak against, 0 to 1.

    Words that one of the two gives exactly nothing are left out.

    Undefined when: no word is left; NaN then.
    """
    is_used = (one != 0) & (other != 0)
    if not is_used.any():
        return float("nan")
    return float((np.sign(one) == np.sign(other))[is_used].mean())
