"""Attribution by gradients: rows go through in chunks, each chunk embedded and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.attributions import Method
from harness.engines.attribution.convergence import judged
from harness.engines.attribution.lines import Lines, Reading
from harness.engines.attribution.quadrature import gauss_legendre
from harness.engines.attribution.rows import Found, Rows, chunks
from harness.engines.packing import Budget

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Absence, HasEmbeddings, Item

CHUNK_BUDGETS = 8
"""Tokens of rows that are embedded at a time, in token budgets: memory does not grow with rows."""

Progress = Callable[[int, int], None]
"""Called with (rows answered, rows in all)."""


@dataclass(slots=True)
class Work:
    """One call: the model, the method and what was learnt on the way.

    Attributes:
        model: Capability ``embeddings``.
        method: How attributions are computed.
        budget: Tokens of a batch; shrinks when the memory does not suffice.
        reference: Items of the reference population, for expected gradients.
        is_half: Whether forward passes run in bfloat16.
        blanks: Key of a baseline → its logits, shape [c].
    """

    model: HasEmbeddings
    method: Method
    budget: Budget
    reference: Sequence[Item] = ()
    is_half: bool = False
    blanks: dict[bytes, NDArray[np.float64]] = field(default_factory=dict)

    def lines(self, rows: Rows, baselines: Sequence[Item]) -> Lines:
        """Embed rows and baselines."""
        return Lines(self.model, rows, baselines, budget=self.budget, is_half=self.is_half)

    def baselines(self, rows: Rows) -> list[Item]:
        """Return each row with what stands for absence in the place of its content."""
        kind: Absence = "pad" if self.method.baseline == "pad" else "mask"
        return [self.model.filled(item, kind) for item in rows.items]

    def blank(self, lines: Lines, baselines: Sequence[Item]) -> NDArray[np.float64]:
        """Return f at the baseline of each row, shape [u]; each distinct baseline asked once."""
        new = {one.key: i for i, one in enumerate(baselines) if one.key not in self.blanks}
        if new:
            logits = lines.logits([lines.node(i, 0.0) for i in new.values()])
            self.blanks.update(zip(new, logits, strict=True))
        every = np.array([self.blanks[one.key] for one in baselines])
        return lines.rows.lead(every, list(range(lines.rows.n)))


def by_gradients(work: Work, rows: Rows, on_progress: Progress | None = None) -> Found:
    """Attribute distinct rows with one of ``GRADIENT_METHODS``; the model is left as it was.

    Args:
        work: What is done.
        rows: u of them, in any order of length.
        on_progress: Told after every chunk.
    """
    found = Found.nothing(rows)
    n_done = 0
    with work.model.differentiating():
        for chunk in chunks(rows, CHUNK_BUDGETS * work.budget.tokens):
            part = _solve(work, rows.take(chunk))
            for i, position in enumerate(chunk):
                found.values[position] = part.values[i]
                found.status[position] = part.status[i]
            for name in ("blank", "gap", "top_overlap", "n_gradients", "n_forwards"):
                getattr(found, name)[chunk] = getattr(part, name)
            n_done += len(chunk)
            if on_progress is not None:
                on_progress(n_done, rows.n)
    return found


def _solve(work: Work, rows: Rows) -> Found:
    from harness.engines.attribution.adaptive import adaptive
    from harness.engines.attribution.population import expected

    if work.method.id == "gradient-norm":
        return _one_gradient(work, rows, "norm")
    if work.method.id == "gradient-x-input":
        return _one_gradient(work, rows, _reading(work.model, rows))
    if work.method.id == "expected-gradients":
        return expected(work, rows)
    return _fixed(work, rows) if work.method.steps else adaptive(work, rows)


def _one_gradient(work: Work, rows: Rows, reading: Reading) -> Found:
    """Read the gradient at the input itself."""
    found = Found.nothing(rows)
    asked = [i for i in range(rows.n) if rows.content[i].any()]
    baselines = work.baselines(rows) if reading == "along" else rows.items
    lines = work.lines(rows, baselines)
    for i, _, values in lines.slopes([lines.node(row, 1.0) for row in asked], reading):
        found.values[asked[i]] = values
        found.n_gradients[asked[i]] = 1
    return found


def _reading(model: HasEmbeddings, rows: Rows) -> Reading:
    """Return <g, x>; <g, x - baseline> where a model has no mask token, as decoders have none.

    The embeddings of a decoder share large directions that no word is named by; what a token adds
    is told from another token, not from the origin.
    """
    for item, content in zip(rows.items, rows.content, strict=True):
        if content.any():
            has_mask = model.filled(item, "mask").key != model.filled(item, "pad").key
            return "times-input" if has_mask else "along"
    return "along"


def _fixed(work: Work, rows: Rows) -> Found:
    """Integrate with the same Gauss-Legendre nodes for every row."""
    found = Found.nothing(rows)
    baselines = work.baselines(rows)
    lines = work.lines(rows, baselines)
    found.blank = work.blank(lines, baselines)
    found.n_forwards[:] = 1
    places, weights = gauss_legendre(work.method.steps)
    nodes = [
        (row, k)
        for row in range(rows.n)
        if rows.content[row].any()
        for k in range(work.method.steps)
    ]
    for i, _, slopes in lines.slopes([lines.node(row, float(places[k])) for row, k in nodes]):
        row, k = nodes[i]
        found.values[row] += weights[k] * slopes
        found.n_gradients[row] += 1
    for row in range(rows.n):
        change = rows.whole[row] - found.blank[row]
        found.gap[row] = found.values[row].sum() - change
        found.status[row] = judged(found.gap[row], change)
    return found
