"""Expected gradients: integrated gradients against rows of a reference population."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.attribution.convergence import is_stable, judged, top_overlap
from harness.engines.attribution.quadrature import gauss_legendre
from harness.engines.attribution.rows import Found, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.attribution.gradients import Work
    from harness.modelling import HasEmbeddings, Item

N_SAMPLES = 64
"""Gradients of a row where the method names no number."""

_N_NODES = 4


def expected(work: Work, rows: Rows) -> Found:
    """Average the lines from drawn reference rows to each row; four nodes on each line.

    Which reference rows are drawn depends on the seed and on the content of the row alone. The two
    levels that are compared are the first half of the lines and all of them.
    """
    found = Found.nothing(rows)
    places, weights = gauss_legendre(_N_NODES)
    n_lines = max(1, (work.method.n_samples or N_SAMPLES) // _N_NODES)
    drawn = [_drawn(item, work.method.seed, n_lines, len(work.reference)) for item in rows.items]
    asked = [row for row in range(rows.n) if rows.content[row].any()]
    part = rows.take(asked)
    blank, half = np.zeros(part.n), [np.zeros(0)] * part.n
    totals = [np.zeros(item.length) for item in part.items]
    for k in range(n_lines if asked else 0):
        baselines = [
            fitted(work.model, item, work.reference[drawn[row][k]])
            for row, item in zip(asked, part.items, strict=True)
        ]
        lines = work.lines(part, baselines)
        blank += lines.outputs([lines.node(i, 0.0) for i in range(part.n)])
        nodes = [(i, s) for i in range(part.n) for s in range(_N_NODES)]
        for at, _, slopes in lines.slopes([lines.node(i, float(places[s])) for i, s in nodes]):
            i, s = nodes[at]
            totals[i] += weights[s] * slopes
        if k == (n_lines - 1) // 2:
            half = [total.copy() for total in totals]
    for i, row in enumerate(asked):
        found.values[row] = totals[i] / n_lines
        found.blank[row] = blank[i] / n_lines
        change = rows.whole[row] - found.blank[row]
        found.gap[row] = found.values[row].sum() - change
        found.n_gradients[row], found.n_forwards[row] = n_lines * _N_NODES, n_lines
        content = rows.content[row]
        overlap = top_overlap(totals[i], half[i], content) if n_lines > 1 else 1.0
        found.top_overlap[row] = overlap
        stable = n_lines > 1 and is_stable(overlap, int(content.sum()))
        found.status[row] = judged(found.gap[row], change, is_stable=stable)
    for row in sorted(set(range(rows.n)) - set(asked)):
        found.status[row] = "nothing-to-attribute"
    return found


def fitted(model: HasEmbeddings, item: Item, other: Item) -> Item:
    """Return the item with the content of another, repeated or cut to its length.

    Where the other one has no content, absence stands in its place.
    """
    ids: NDArray[np.int64] = other.arrays["input_ids"][model.is_content(other)]
    n_content = int(model.is_content(item).sum())
    return model.filled(item, np.resize(ids, n_content) if len(ids) else "mask")


def _drawn(item: Item, seed: int, n_lines: int, n_reference: int) -> Sequence[int]:
    """Return positions of reference rows, in rounds so that none comes twice before all came once."""
    digest = hashlib.sha256(f"expected-gradients/{seed}/".encode() + item.key).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    rounds = [rng.permutation(n_reference) for _ in range(-(-n_lines // n_reference))]
    positions: list[int] = np.concatenate(rounds)[:n_lines].tolist()
    return positions
