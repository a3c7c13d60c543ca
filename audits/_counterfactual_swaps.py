"""Counterfactuals that are drawn from word lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from audits._counterfactual_common import (
    Comparison,
    Text,
    all_cut_off,
    asked,
    cut_off,
    cut_off_message,
    known,
    lists_message,
    symmetric_rows,
    units_of,
)
from audits._counterfactual_options import Options, swapper_of
from harness.auditing.costs import LOOKED_AT
from harness.records import Message

if TYPE_CHECKING:
    from harness.auditing import AuditContext, CostFacts, SetFacts
    from harness.data import Dataset
    from harness.swaps import Counterfactual, Swapper

SEARCHED = 20_000
"""Rows of a data set that are searched for identity words, at most; drawn at random."""


def from_lists(ctx: AuditContext, dataset: str) -> Comparison | Message:
    rows, seen, options = ctx.rows(dataset), ctx.predictions(dataset), ctx.options
    swapper = swapper_of(options, ctx.base)
    drawn, n_searched = _drawn(ctx, rows, swapper)
    if not drawn:
        return Message.of(
            "counterfactual.no-identity",
            "Not measured: none of the {n_searched} texts that were searched holds an identity word that "
            "could be swapped.",
            n_searched=n_searched,
        )
    n_texts = len({at for at, _, _ in drawn})
    cut = cut_off(ctx, [rows.inputs[at] for at, _, _ in drawn], [one.text for _, _, one in drawn])
    if cut.all():
        return all_cut_off(len(drawn))
    drawn = [one for one, is_cut in zip(drawn, cut.tolist(), strict=True) if not is_cut]
    row = np.array([at for at, _, _ in drawn], dtype=np.int64)
    variant = [f"{dataset}/swap-{number}" for _, number, _ in drawn]
    made = [one for _, _, one in drawn]
    after = asked(ctx, seen, row, [one.text for one in made], variant)
    unit, unit_is = units_of(rows, seen, row, swapper)
    return Comparison(
        row=row,
        removed=[((one.category, one.source),) for one in made],
        added=[((one.category, one.target),) for one in made],
        variant=variant,
        before=known(seen, row),
        after=after,
        unit=unit,
        unit_is=unit_is,
        notes=[
            _searched(n_texts, n_searched, rows.n, most=options.rows),
            *cut_off_message(int(cut.sum())),
            lists_message(swapper),
        ],
    )


def swap_size(facts: CostFacts, one: SetFacts, rows: Dataset) -> tuple[float, float]:
    if not rows.has_inputs or not rows.n:
        return 0.0, 0.0
    options: Options = facts.options
    eligible = np.flatnonzero(symmetric_rows(rows, options))
    picked = np.unique(np.linspace(0, len(eligible) - 1, min(len(eligible), LOOKED_AT)).round())
    inputs = tuple(rows.inputs[eligible[at]] for at in picked.astype(int).tolist())
    swapper = swapper_of(options, facts.base)
    found = _counted(swapper, inputs, options.categories, options.swaps_per_text)
    if not found:
        return 0.0, 0.0
    searched = min(len(eligible) * one.n_rows / rows.n, SEARCHED)
    n_texts = min(options.rows, searched * len(found) / len(inputs))
    return n_texts, float(np.mean(found))


@lru_cache(maxsize=8)
def _counted(
    swapper: Swapper, inputs: tuple[Text, ...], categories: tuple[str, ...], most: int
) -> tuple[int, ...]:
    """Return how many counterfactuals each text that has some would be given."""
    made = (len(_allowed(swapper.counterfactuals(text), categories)) for text in inputs)
    return tuple(min(n, most) for n in made if n)


def _drawn(
    ctx: AuditContext, rows: Dataset, swapper: Swapper
) -> tuple[list[tuple[int, int, Counterfactual]], int]:
    """Draw (row, number, counterfactual), rows ascending, and count the rows that were searched."""
    options: Options = ctx.options
    eligible = np.flatnonzero(symmetric_rows(rows, options))
    order = ctx.rng.permutation(eligible)[:SEARCHED]
    drawn: list[tuple[int, int, Counterfactual]] = []
    n_texts = n_searched = 0
    for row in order.tolist():
        if n_texts == options.rows:
            break
        n_searched += 1
        made = _allowed(swapper.counterfactuals(rows.inputs[row]), options.categories)
        if made:
            n_texts += 1
            chosen = _shared_out(made, ctx.rng)[: options.swaps_per_text]
            drawn += [(row, number, one) for number, one in enumerate(chosen)]
    return sorted(drawn, key=lambda one: one[:2]), n_searched


def _shared_out(made: Sequence[Counterfactual], rng: np.random.Generator) -> list[Counterfactual]:
    """Return counterfactuals in random order, one of each category in turn."""
    turn: dict[str, int] = {}
    order = []
    for at in rng.permutation(len(made)).tolist():
        number = turn[made[at].category] = turn.get(made[at].category, -1) + 1
        order.append((number, at))
    first = {at: position for position, (_, at) in enumerate(order)}
    return [made[at] for _, at in sorted(order, key=lambda one: (one[0], first[one[1]]))]


def _allowed(made: list[Counterfactual], categories: tuple[str, ...]) -> list[Counterfactual]:
    return [one for one in made if one.category in categories] if categories else made


def _searched(n_texts: int, n_searched: int, n_rows: int, *, most: int) -> Message:
    enough = (
        " More rows were not searched: raise rows to compare more." if n_searched < n_rows else ""
    )
    return Message.of(
        "counterfactual.searched",
        "{n_texts} of {n_searched} texts that were drawn, out of {n_rows} rows, hold an identity word that "
        "could be swapped; rows = {most} bounds them.{enough}",
        n_texts=n_texts,
        n_searched=n_searched,
        n_rows=n_rows,
        most=most,
        enough=enough,
    )
