"""Rows that name an identity: which of their parts are the terms, and which could stand in for them.

Legend: p parts of a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from audits._counterfactual_options import swapper_of
from audits._explained import method_of, part_spans, shared_out
from harness.auditing import attribution_calls
from harness.auditing.costs import LOOKED_AT
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._terms_options import Options
    from harness.auditing import AuditContext, CostFacts, SetFacts
    from harness.data import Dataset
    from harness.modelling import Item, Part
    from harness.swaps import Swapper

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

Text = str | tuple[str, ...]
Spans = dict[str, list[tuple[int, int, int]]]
"""Category → text, start and stop of each of its words, in characters."""

SEARCHED = 5_000
"""Rows of a data set that are searched for terms, at most; drawn at random."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One row that names an identity.

    Attributes:
        row: Position of the row.
        item: Its prepared input.
        terms: Category → parts of each of its words, a run for each.
        is_other: Parts that may stand in for a term: words, and no term of any category, shape [p].
    """

    row: int
    item: Item
    terms: dict[str, list[tuple[int, ...]]]
    is_other: BoolArray

    @property
    def n_parts(self) -> int:
        """Number of parts, p."""
        return len(self.is_other)

    def parts(self, category: str) -> tuple[int, ...]:
        """Return the parts of all terms of a category, in order."""
        return tuple(sorted({at for run in self.terms[category] for at in run}))

    def control(self, category: str, rng: np.random.Generator) -> tuple[int, ...] | None:
        """Draw as many other parts as a category has, in runs of the same lengths where there is room.

        Returns:
            Parts in order; None where the row has fewer other parts.
        """
        free = self.is_other.copy()
        wanted = len(self.parts(category))
        if free.sum() < wanted:
            return None
        chosen: list[int] = []
        for run in sorted(self.terms[category], key=len, reverse=True):
            starts = _room(free, len(run))
            if len(starts) and len(chosen) + len(run) <= wanted:
                start = int(rng.choice(starts))
                chosen += range(start, start + len(run))
                free[start : start + len(run)] = False
        lacking = wanted - len(chosen)
        if lacking:
            chosen += rng.choice(np.flatnonzero(free), size=lacking, replace=False).tolist()
        return tuple(sorted(chosen))


@dataclass(frozen=True, slots=True)
class Held:
    """What was found in a data set.

    Attributes:
        holders: Rows that name an identity.
        n_searched: Rows that were searched.
        n_cut: Rows whose terms all lie behind what the model reads.
        is_full: Whether rows were left out because enough had been found.
    """

    holders: list[Holder]
    n_searched: int
    n_cut: int
    is_full: bool

    def of(self, category: str) -> list[int]:
        """Return the positions among the holders of those that name a category."""
        return [i for i, one in enumerate(self.holders) if category in one.terms]


def find_holders(ctx: AuditContext, dataset: str) -> Held | Message:
    """Draw rows that hold a term, the same share for each category as far as there are some."""
    rows, options = ctx.rows(dataset), ctx.options
    swapper = swapper_of(options, ctx.base)
    order = ctx.shared_sample(dataset, SEARCHED).tolist()
    named = {row: spans_of(swapper, rows.inputs[row], options.categories) for row in order}
    named = {row: spans for row, spans in named.items() if spans}
    if not named:
        return Message.of(
            "sensitive-terms.no-term",
            "Not measured: none of the {n} texts that were searched holds a term of the lists.",
            n=len(order),
        )
    n_named = len(named)
    placed: dict[int, Holder] = {}
    while True:
        chosen = shared_out(named, options.rows)
        why = _place(ctx, rows, named, [row for row in chosen if row not in placed], placed)
        if why is not None:
            return why
        behind = [row for row in chosen if not placed[row].terms]
        if not behind:
            break
        # a term that is not read is none: another row takes its place
        named = {row: spans for row, spans in named.items() if row not in behind}
    if not chosen:
        return Message.of(
            "sensitive-terms.all-cut-off",
            "Not measured: in all {n} texts that hold a term it lies behind what the model reads. Raise "
            "max_tokens.",
            n=n_named,
        )
    holders = [placed[row] for row in chosen]
    return Held(holders, len(order), n_named - len(named), len(chosen) < len(named))


def _place(
    ctx: AuditContext,
    rows: Dataset,
    named: dict[int, Spans],
    chosen: Sequence[int],
    placed: dict[int, Holder],
) -> Message | None:
    """Find the parts of the terms of some rows and add them to those that are placed."""
    inputs = [rows.inputs[row] for row in chosen]
    items = ctx.prepare(inputs)
    spans = part_spans(ctx, inputs, items)
    if isinstance(spans, Message):
        return spans
    for row, item, table in zip(chosen, items, spans, strict=True):
        placed[row] = _holder(ctx, row, item, named[row], table)
    return None


def spans_of(swapper: Swapper, text: Text, categories: Sequence[str]) -> Spans:
    """Return where the terms of a text stand."""
    found: Spans = {}
    for number, one in enumerate((text,) if isinstance(text, str) else text):
        for hit in swapper.find(one):
            category = hit.identity.category
            if not categories or category in categories:
                found.setdefault(category, []).append((number, hit.start, hit.stop))
    return found


def term_calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set: attributions, masked terms, controls and swaps."""
    return {name: _calls(facts, one) for name, one in facts.sets.items()}


def _calls(facts: CostFacts, one: SetFacts) -> int:
    options: Options = facts.options
    method = method_of(options.method)
    if one.rows is None:
        n_rows, n_named, n_swaps = min(options.rows, one.n_rows), 1.0, options.swaps_per_text
        return attribution_calls(one, method, n_rows) + round(
            n_rows * n_named * (1 + options.controls + n_swaps)
        )
    rows: Dataset = one.rows
    picked = np.unique(np.linspace(0, max(rows.n - 1, 0), min(rows.n, LOOKED_AT)).round())
    inputs = tuple(rows.inputs[at] for at in picked.astype(int).tolist())
    swapper = swapper_of(options, facts.base)
    looked = _counted(swapper, inputs, options.categories, options.rows, options.swaps_per_text)
    if not looked:
        return 0
    n_rows = round(min(options.rows, min(one.n_rows, SEARCHED) * looked[0] / len(inputs)))
    asked = n_rows * (looked[1] * (1 + options.controls) + looked[2])
    return attribution_calls(one, method, n_rows) + round(asked)


@lru_cache(maxsize=8)
def _counted(
    swapper: Swapper,
    inputs: tuple[Text, ...],
    categories: tuple[str, ...],
    most: int,
    swaps_per_text: int,
) -> tuple[int, float, float] | None:
    """Return texts that hold a term, and categories and swaps of one that would be chosen."""
    named = {i: spans_of(swapper, text, categories) for i, text in enumerate(inputs)}
    named = {i: spans for i, spans in named.items() if spans}
    chosen = shared_out(named, most)
    if not chosen:
        return None
    swaps = [
        min(n, swaps_per_text)
        for i in chosen
        for n in Counter(one.category for one in swapper.counterfactuals(inputs[i])).values()
    ]
    n_named = sum(len(named[i]) for i in chosen)
    return len(named), n_named / len(chosen), sum(swaps) / len(chosen)


def _holder(ctx: AuditContext, row: int, item: Item, spans: Spans, table: IntArray) -> Holder:
    terms: dict[str, list[tuple[int, ...]]] = {}
    is_term = np.zeros(len(table), dtype=np.bool_)
    for category, each in spans.items():
        for text, start, stop in each:
            inside = (table[:, 0] == text) & (table[:, 1] < stop) & (table[:, 2] > start)
            is_term |= inside
            if inside.any():
                terms.setdefault(category, []).append(tuple(np.flatnonzero(inside).tolist()))
    parts: list[Part] = ctx.parts_of.parts(item)
    is_word = np.array([any(map(str.isalnum, one.content)) for one in parts], dtype=np.bool_)
    return Holder(row, item, terms, is_word & ~is_term)


def _room(free: BoolArray, length: int) -> IntArray:
    """Return where a run of free parts could begin."""
    if length > len(free):
        return np.zeros(0, dtype=np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(free, length)
    return np.flatnonzero(windows.all(axis=1))


def categories_of(holders: Sequence[Holder]) -> Iterator[str]:
    """Yield the categories that some row names, sorted."""
    yield from sorted({category for one in holders for category in one.terms})
