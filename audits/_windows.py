"""Attributions of texts that are longer than the model reads, window by window, stitched together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audits._attribution import reference_of
from harness.engines.prediction import decide
from harness.engines.stitching import Window, spans_by, stitch, sum_by, words_of
from harness.modelling import HasWindows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from audits._attribution import Sampled
    from harness.attributions import Attributions, Method

COLUMNS = (
    "dataset",
    "example_id",
    "n_windows",
    "n_left_out",
    "beyond_first",
    "values",
    "text_index",
    "start",
    "stop",
)
"""Columns of the artifact with stitched texts: words by position, never by what stands there."""

WINDOWS = 3
"""Windows that are reckoned for a text that is too long."""


@dataclass(frozen=True, slots=True)
class Long:
    """Rows that were explained window by window.

    Attributes:
        rows: As ``COLUMNS`` name them.
        n_windows: All windows together.
        n_left_out: Windows that decide between other classes than their row.
    """

    rows: list[tuple[object, ...]]
    n_windows: int
    n_left_out: int


def long_rows(of: Sampled, method: Method, is_cut: NDArray[np.bool_]) -> Long | None:
    """Explain every window of the rows that were cut, all windows in one call.

    A window explains its own decision. Where it is that of the runner-up of the row, its values are
    turned round; where it is about other classes, the window is left out and counted.

    Args:
        of: Sampled rows.
        method: How they are explained.
        is_cut: Which of them are too long, shape [k].

    Returns:
        None where the model does not read long texts in windows.
    """
    model: object = of.ctx.model
    if not isinstance(model, HasWindows):
        return None
    index = np.flatnonzero(is_cut).tolist()
    windows = [model.windows(of.inputs[i]) for i in index]
    items = [item for each in windows for item, _ in each]
    by_token = replace(method, unit="token")
    reference = reference_of(of.ctx, method, of.ctx.options.reference_rows)
    found = of.ctx.attribute_items(items, by_token, reference=reference)
    decided, runner_up = _classes(of.logits)
    ids = of.ctx.predictions(of.dataset).example_id[of.rows]
    rows: list[tuple[object, ...]] = []
    at = n_left_out = 0
    for i, own in zip(index, windows, strict=True):
        signs = [_sign(found, at + k, int(decided[i]), int(runner_up[i])) for k in range(len(own))]
        kept = [
            Window(
                sign * found.of(at + k), spans, words_of(of.ctx.parts_of.parts(item), len(spans))
            )
            for k, (sign, (item, spans)) in enumerate(zip(signs, own, strict=True))
            if sign
        ]
        at += len(own)
        n_left_out += len(own) - len(kept)
        if kept:
            row = (of.dataset, str(ids[i]), len(own), len(own) - len(kept))
            rows.append((*row, *_stitched(kept)))
    return Long(rows, at, n_left_out)


def _stitched(windows: Sequence[Window]) -> tuple[object, ...]:
    one = stitch(windows)
    n = int(one.words.max(initial=-1)) + 1
    places = spans_by(one.spans, one.words, n)
    values = sum_by(one.values, one.words, n)
    return one.beyond_first, values.tolist(), *(places[:, k].tolist() for k in range(3))


def _classes(logits: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return decided class and runner-up of each row, shape [k] each."""
    decided = decide(logits)
    others = logits.astype(np.float64)
    others[np.arange(len(others)), decided] = -np.inf
    return decided, decide(others)


def _sign(found: Attributions, at: int, decided: int, runner_up: int) -> int:
    target, other = int(found.target[at]), int(found.runner_up[at])
    if target == decided:
        return 1
    return -1 if (target, other) == (runner_up, decided) else 0
