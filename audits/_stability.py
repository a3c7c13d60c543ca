"""The numbers of ``attribution-stability``: pairs of attributions of the same rows.

Legend of shapes: k rows, m pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audits._agreement import overlap, rank_correlation
from audits._attribution import Sampled, reference_of
from harness.edits import edit_input, named
from harness.engines.prediction import decide, softmax64
from harness.modelling import CanBeRandomised

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.attributions import Attributions, Method

    Floats = NDArray[np.float64]
    Likeness = Callable[[Floats, Floats], float]

SEED = 0
"""Of edits and of random weights: the same for every run."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What one edit did to the sampled rows.

    Attributes:
        values: Overlap of the top words before and after, shape [m].
        index: Row of each among the sampled ones, shape [m].
        n_made: Rows that the edit changed anything in.
        n_same: Those whose tokens stayed the same.
        n_moved: Those whose decision changed, or whose probability moved too far.
        n_apart: Those that have another number of words then.
        n_open: Those whose attributions did not converge, before or after, or that have one word.
    """

    values: Floats
    index: NDArray[np.int64]
    n_made: int
    n_same: int
    n_moved: int
    n_apart: int
    n_open: int


def edited(rows: Sampled, id: str, before: Attributions, method: Method) -> Edited:
    """Compare the top words before and after an edit that changed neither decision nor score much."""
    ctx = rows.ctx
    made = {i: new for i, one in enumerate(rows.inputs) if (new := _edit(id, one)) is not None}
    items = dict(zip(made, ctx.prepare(list(made.values())), strict=True))
    fresh = [i for i, item in items.items() if item.key != rows.items[i].key]
    logits = ctx.ask_many([items[i] for i in fresh])
    is_close = _is_close(rows.logits[fresh], logits, ctx.options.tolerance)
    is_open = before.status[fresh] == "unconverged"
    parts = ctx.parts_of.parts
    is_aligned = np.array(
        [len(parts(items[i])) == len(before.of(i)) for i in fresh], dtype=np.bool_
    )
    is_kept = is_close & is_aligned & ~is_open
    kept = np.array(fresh, dtype=np.int64)[is_kept]
    after = ctx.attribute_items(
        [items[i] for i in kept.tolist()],
        method,
        reference=reference_of(ctx, method, ctx.options.reference_rows),
        logits=logits[is_kept],
    )
    pairs = [overlap(before.of(i), after.of(j)) for j, i in enumerate(kept.tolist())]
    values = np.array(pairs, dtype=np.float64)
    sound = np.isfinite(values) & (after.status != "unconverged")
    return Edited(
        values=values[sound],
        index=kept[sound],
        n_made=len(made),
        n_same=len(made) - len(fresh),
        n_moved=int((~is_close).sum()),
        n_apart=int((is_close & ~is_aligned).sum()),
        n_open=int((is_close & is_aligned).sum() - sound.sum()),
    )


def over_seeds(rows: Sampled, method: Method, n: int) -> Floats:
    """Return the mean overlap of the top words of the first n rows over pairs of seeds, shape [n]."""
    seeds = range(rows.ctx.options.seeds)
    found = [rows.explained(replace(method, seed=method.seed + seed), n) for seed in seeds]
    pairs = [compared(found[a], found[b], overlap) for a in seeds for b in seeds if a < b]
    mean: Floats = np.mean(pairs, axis=0)
    return mean


def randomised(rows: Sampled, before: Attributions, method: Method, n: int) -> Floats | None:
    """Return how alike sizes of attributions are when the weights are drawn anew, shape [n].

    Returns:
        Rank correlations; None where the weights of the model cannot be drawn anew.
    """
    model: object = rows.ctx.model
    if not isinstance(model, CanBeRandomised):
        return None
    reference = reference_of(rows.ctx, method, rows.ctx.options.reference_rows)
    with model.randomised(SEED):
        after = rows.ctx.attribute_items(rows.items[:n], method, reference=reference)
    values = [rank_correlation(np.abs(before.of(i)), np.abs(after.of(i))) for i in range(after.n)]
    # noise of rows that did not converge is unlike anything: it would pass for a model that matters
    is_open = (before.status[:n] == "unconverged") | (after.status == "unconverged")
    return np.where(is_open, np.nan, np.array(values, dtype=np.float64))


def compared(one: Attributions, other: Attributions, likeness: Likeness) -> Floats:
    """Return how alike two attributions are, row by row, shape [k]; NaN for unconverged rows."""
    values = [likeness(one.of(i), other.of(i)) for i in range(one.n)]
    is_open = (one.status == "unconverged") | (other.status == "unconverged")
    return np.where(is_open, np.nan, np.array(values, dtype=np.float64))


def joined(found: Sequence[Edited], cluster: Clusters) -> tuple[Floats, NDArray[np.generic]]:
    """Return the values of all edits, and what makes them dependent: their clusters, or their rows."""
    index = np.concatenate([np.zeros(0, dtype=np.int64), *(one.index for one in found)])
    values = np.concatenate([np.zeros(0), *(one.values for one in found)])
    return values, index if cluster is None else cluster[index]


def _edit(id: str, one: str | tuple[str, ...]) -> str | tuple[str, ...] | None:
    (edit,) = named([id])
    return edit_input(edit, one, SEED)


def _is_close(
    before: NDArray[np.float32], after: NDArray[np.float32], tolerance: float
) -> NDArray[np.bool_]:
    """Return which decisions stayed, with a probability that moved by the tolerance at most."""
    decided = decide(before)
    index = np.arange(len(decided))
    moved = np.abs(softmax64(before) - softmax64(after))[index, decided]
    return np.asarray((decide(after) == decided) & (moved <= tolerance), dtype=np.bool_)
