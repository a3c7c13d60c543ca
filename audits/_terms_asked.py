"""What masking and swapping the terms of a row does to its scores, beside masking other words.

Legend: m pairs of a row and a category, c classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._counterfactual_common import Answers, asked_items, cut_off
from audits._counterfactual_options import swapper_of
from harness.engines.prediction import softmax64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._terms_found import Held
    from harness.auditing import AuditContext
    from harness.modelling import Item

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Effects:
    """What was done to each pair of a row and a category, and what that changed.

    Attributes:
        holder: Position of the row among the holders, shape [m].
        category: Category of each, m of them.
        change: How far the score of the decided class moves without the terms, shape [m], >= 0.
        is_flip: Whether the decision changes then, shape [m].
        control: The same as ``change`` without as many other words, mean over draws, shape [m]; NaN
            where the row has too few other words.
        drawn: The parts of each draw, m lists.
        swapped: How far the score moves with another identity, mean over swaps, shape [m]; NaN
            where there is none.
    """

    holder: IntArray
    category: list[str]
    change: FloatArray
    is_flip: BoolArray
    control: FloatArray
    drawn: list[list[tuple[int, ...]]]
    swapped: FloatArray

    def of(self, category: str) -> IntArray:
        """Return the positions of the pairs of a category."""
        return np.array([i for i, one in enumerate(self.category) if one == category], np.int64)


def ask_effects(ctx: AuditContext, dataset: str, held: Held) -> Effects:
    """Ask the model about every row without its terms, without other words, and with swaps."""
    pairs = [(i, category) for i, one in enumerate(held.holders) for category in sorted(one.terms)]
    row = np.array([held.holders[i].row for i, _ in pairs], dtype=np.int64)
    whole = _before(ctx, dataset, row)
    at = np.arange(len(pairs))
    masked = [_without(ctx, held, i, held.holders[i].parts(category)) for i, category in pairs]
    names = [f"{dataset}/mask-{category}" for _, category in pairs]
    after = asked_items(ctx, ctx.predictions(dataset), row, masked, names)
    drawn = _draws(ctx, held, pairs)
    return Effects(
        holder=np.array([i for i, _ in pairs], dtype=np.int64),
        category=[category for _, category in pairs],
        change=_moved(whole, after, at),
        is_flip=after.decision != whole.decision,
        control=_controls(ctx, dataset, held, pairs, whole=whole, drawn=drawn),
        drawn=drawn,
        swapped=_swaps(ctx, dataset, pairs, row, whole=whole),
    )


def _before(ctx: AuditContext, dataset: str, row: IntArray) -> Answers:
    seen = ctx.predictions(dataset)
    assert seen.logits is not None  # the data set was offered because it has logits
    return Answers(seen.decision[row], softmax64(seen.logits[row]))


def _without(ctx: AuditContext, held: Held, holder: int, parts: Sequence[int]) -> Item:
    return ctx.parts_of.without(held.holders[holder].item, parts)


def _draws(
    ctx: AuditContext, held: Held, pairs: Sequence[tuple[int, str]]
) -> list[list[tuple[int, ...]]]:
    """Draw the other words of each pair; none where the row has too few of them."""
    drawn: list[list[tuple[int, ...]]] = []
    for i, category in pairs:
        each = [held.holders[i].control(category, ctx.rng) for _ in range(ctx.options.controls)]
        drawn.append([one for one in each if one is not None])
    return drawn


def _controls(
    ctx: AuditContext,
    dataset: str,
    held: Held,
    pairs: Sequence[tuple[int, str]],
    *,
    whole: Answers,
    drawn: Sequence[Sequence[tuple[int, ...]]],
) -> FloatArray:
    """Return how far scores move without other words, mean over draws, shape [m]."""
    of = [m for m, each in enumerate(drawn) for _ in each]
    names = [
        f"{dataset}/control-{pairs[m][1]}-{number}"
        for m, each in enumerate(drawn)
        for number in range(len(each))
    ]
    items = [_without(ctx, held, pairs[m][0], one) for m, each in enumerate(drawn) for one in each]
    row = np.array([held.holders[pairs[m][0]].row for m in of], dtype=np.int64)
    after = asked_items(ctx, ctx.predictions(dataset), row, items, names)
    return _mean_by(_moved(whole, after, np.array(of, dtype=np.int64)), of, len(pairs))


def _swaps(
    ctx: AuditContext,
    dataset: str,
    pairs: Sequence[tuple[int, str]],
    row: IntArray,
    *,
    whole: Answers,
) -> FloatArray:
    """Return how far scores move with another identity, mean over swaps, shape [m]."""
    swapper, inputs = swapper_of(ctx.options, ctx.base), ctx.rows(dataset).inputs
    of: list[int] = []
    texts, names = [], []
    for m, (_, category) in enumerate(pairs):
        made = [one for one in swapper.counterfactuals(inputs[row[m]]) if one.category == category]
        order = ctx.rng.permutation(len(made))[: ctx.options.swaps_per_text].tolist()
        for number, at in enumerate(order):
            of.append(m)
            texts.append(made[at].text)
            names.append(f"{dataset}/swap-{category}-{number}")
    is_read = ~cut_off(ctx, [inputs[row[m]] for m in of], texts)
    kept = np.flatnonzero(is_read).tolist()
    index = np.array(of, dtype=np.int64)[kept]
    items = ctx.prepare([texts[i] for i in kept])
    named = [names[i] for i in kept]
    after = asked_items(ctx, ctx.predictions(dataset), row[index], items, named)
    return _mean_by(_moved(whole, after, index), index.tolist(), len(pairs))


def _moved(whole: Answers, after: Answers, of: IntArray) -> FloatArray:
    """Return how far the score of the class decided before has moved."""
    assert whole.scores is not None
    assert after.scores is not None
    decided = whole.decision[of]
    before = whole.scores[of, decided]
    moved: FloatArray = np.asarray(
        np.abs(after.scores[np.arange(len(of)), decided] - before), np.float64
    )
    return moved


def _mean_by(values: FloatArray, of: Sequence[int], m: int) -> FloatArray:
    """Return the mean of the values of each pair, shape [m]; NaN where it has none."""
    index = np.array(of, dtype=np.int64)
    counts = np.bincount(index, minlength=m)
    sums = np.bincount(index, weights=values, minlength=m)
    means: FloatArray = np.divide(sums, counts, out=np.full(m, np.nan), where=counts > 0)
    return means
