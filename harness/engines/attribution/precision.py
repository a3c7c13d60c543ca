"""Whether forward passes may run in bfloat16: tried out on a few rows, never assumed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.engines.attribution.gradients import Work, by_gradients

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.attribution.rows import Rows

N_PROBED = 64
"""Rows that both precisions are tried on."""

LEAST_AGREEMENT = 0.98
"""Least mean Spearman correlation of the values of a row between bfloat16 and float32."""

_LEAST_CONTENT = 3
_STEPS = 8

Precision = Literal["float32", "bfloat16"]


def allowed_precision(work: Work, rows: Rows, device: str) -> Precision:
    """Return the precision of forward passes that was asked for, where a probe allows it.

    ``auto`` takes bfloat16 on CUDA only: elsewhere it saves nothing. The probe is made of the rows
    that are handed in, at most 64 of them, spread over their lengths, with eight nodes each.

    Args:
        work: What is done.
        rows: u of them.
        device: Of the model, e.g. ``cuda:0``.
    """
    wanted = work.method.precision
    if wanted == "float32" or (wanted == "auto" and not device.startswith("cuda")):
        return "float32"
    usable = [i for i, content in enumerate(rows.content) if content.sum() >= _LEAST_CONTENT]
    usable.sort(key=lambda i: (rows.items[i].length, i))
    spread = np.linspace(0, len(usable) - 1, min(N_PROBED, len(usable))).astype(int)
    probed = rows.take([usable[i] for i in spread])
    method = replace(work.method, steps=_STEPS) if not work.reference else work.method
    full, half = (
        by_gradients(replace(work, method=method, is_half=is_half, blanks={}), probed).values
        for is_half in (False, True)
    )
    agreement = [
        spearman(one[content], other[content])
        for one, other, content in zip(full, half, probed.content, strict=True)
    ]
    is_alike = bool(agreement) and np.mean(agreement) >= LEAST_AGREEMENT
    return "bfloat16" if is_alike else "float32"


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the rank correlation of two rows of values; 0 where one is not finite or constant."""
    from scipy.stats import rankdata

    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return 0.0
    if np.array_equal(one, other):
        return 1.0
    ranks = [rankdata(values) for values in (one, other)]
    spread = [float(np.std(each)) for each in ranks]
    return float(np.corrcoef(*ranks)[0, 1]) if min(spread) > 0 else 0.0
