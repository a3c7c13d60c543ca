"""Counterfactuals that were written elsewhere: a file of twins, or another test set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audits._counterfactual_common import (
    Answers,
    Comparison,
    Name,
    Text,
    all_cut_off,
    asked,
    cut_off,
    cut_off_message,
    known,
    lists_message,
    option_path,
    symmetric_rows,
    units_of,
)
from audits._counterfactual_options import Options, stored_answers, swapper_of, twins_spec
from harness.data import read_twins, take
from harness.files import sha256_file
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext, CostFacts, SetFacts
    from harness.data import Dataset
    from harness.swaps import Swapper

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]


def from_pairs(ctx: AuditContext, dataset: str) -> Comparison | Message:
    pairs, rows, seen = ctx.options.pairs, ctx.rows(dataset), ctx.predictions(dataset)
    if pairs.path is None:
        position, twin_row, inputs = _matched(rows, ctx.rows(pairs.dataset))
        origin = _test_set(pairs.dataset)
    else:
        path = option_path(pairs.path, ctx.base)
        twins = read_twins(twins_spec(pairs, rows, path), rows)
        position, inputs = twins.position, twins.inputs
        twin_row = np.arange(len(position))
        origin = _file(path)
    kept = _kept(rows, position, inputs, ctx.options)
    if not kept.any():
        return Message.of(
            "counterfactual.no-pairs",
            "Not measured: none of the {n} pairs differs, so that there is nothing to compare.",
            n=len(position),
        )
    n_cut = 0
    if inputs and rows.has_inputs:
        at = np.flatnonzero(kept)
        originals = [rows.inputs[i] for i in position[at].tolist()]
        cut = cut_off(ctx, originals, [inputs[i] for i in at.tolist()])
        kept[at[cut]], n_cut = False, int(cut.sum())
        if not kept.any():
            return all_cut_off(n_cut)
    row, twin_row = position[kept], twin_row[kept]
    texts = [inputs[i] for i in np.flatnonzero(kept).tolist()] if inputs else []
    variant = [f"{dataset}/twin"] * len(row)
    if pairs.path is None:
        after = known(ctx.predictions(pairs.dataset), twin_row)
    elif pairs.has_answers:
        after = _stored(ctx, rows, row)
    else:
        after = asked(ctx, seen, row, texts, variant)
    swapper = swapper_of(ctx.options, ctx.base)
    unit, unit_is = units_of(rows, seen, row, swapper)
    removed, added = _changed(swapper, [rows.inputs[i] for i in row.tolist()], texts)
    return Comparison(
        row=row,
        removed=removed,
        added=added,
        variant=variant,
        before=known(seen, row),
        after=after,
        unit=unit,
        unit_is=unit_is,
        notes=[
            _left_out(rows, position, inputs, kept, n_cut),
            *cut_off_message(n_cut),
            origin,
            lists_message(swapper),
        ],
    )


def pair_size(facts: CostFacts, one: SetFacts, rows: Dataset) -> tuple[float, float]:
    options: Options = facts.options
    pairs = options.pairs
    assert pairs is not None
    if pairs.path is None:
        return float(one.n_rows), 0.0
    twins = read_twins(twins_spec(pairs, rows, option_path(pairs.path, facts.base)), rows)
    kept = _kept(rows, twins.position, twins.inputs, options)
    n = float(kept.sum()) * one.n_rows / max(1, rows.n)
    return n, 0.0 if pairs.has_answers else 1.0


def _kept(rows: Dataset, position: IntArray, inputs: Sequence[Text], options: Options) -> BoolArray:
    """Return which pairs belong in the denominator: symmetric ones whose texts differ, shape [k]."""
    kept = symmetric_rows(rows, options)[position]
    if inputs and rows.has_inputs:
        differs = [
            rows.inputs[i] != twin for i, twin in zip(position.tolist(), inputs, strict=True)
        ]
        kept = kept & np.array(differs, dtype=np.bool_)
    return kept


def _matched(rows: Dataset, twins: Dataset) -> tuple[IntArray, IntArray, list[Text]]:
    """Match two data sets by id: rows of both, ascending in the first, and the twins' inputs."""
    entry = {id: i for i, id in enumerate(twins.example_id.tolist())}
    both = [(i, entry[id]) for i, id in enumerate(rows.example_id.tolist()) if id in entry]
    position, twin_row = np.array(both, dtype=np.int64).reshape(-1, 2).T
    inputs = [twins.inputs[i] for i in twin_row.tolist()] if twins.has_inputs else []
    return position, twin_row, inputs


def _stored(ctx: AuditContext, rows: Dataset, row: IntArray) -> Answers:
    pairs = ctx.options.pairs
    path = option_path(pairs.path, ctx.base)
    found = stored_answers(pairs, take(rows, row), ctx.task, path)
    return Answers(found.decision, found.scores)


def _changed(
    swapper: Swapper, originals: Sequence[Text], twins: Sequence[Text]
) -> tuple[list[tuple[Name, ...]], list[tuple[Name, ...]]]:
    """Return which identities only the original names, and which only the twin."""
    if not twins:
        return [()] * len(originals), [()] * len(originals)
    sets = [
        (swapper.identities(one), swapper.identities(other))
        for one, other in zip(originals, twins, strict=True)
    ]
    return (
        [tuple(sorted(one - other)) for one, other in sets],
        [tuple(sorted(other - one)) for one, other in sets],
    )


def _left_out(
    rows: Dataset,
    position: IntArray,
    inputs: Sequence[Text],
    is_kept: BoolArray,
    n_cut: int,
) -> Message:
    pairs = list(zip(position.tolist(), inputs, strict=True)) if inputs and rows.has_inputs else []
    n_equal = sum(rows.inputs[i] == twin for i, twin in pairs)
    n_case = sum(
        rows.inputs[i] != twin and _folded(rows.inputs[i]) == _folded(twin)
        for (i, twin), kept in zip(pairs, is_kept.tolist(), strict=False)
        if kept
    )
    return Message.of(
        "counterfactual.pairs-left-out",
        "{n_kept} of {n_pairs} pairs are compared. Left out: {n_equal} whose texts are equal, and "
        "{n_others} that differ but are not said to be symmetric. {n_case} of those compared differ in "
        "upper and lower case only; {n_without} rows have no twin.",
        n_kept=int(is_kept.sum()),
        n_pairs=len(position),
        n_equal=n_equal,
        n_others=len(position) - n_equal - n_cut - int(is_kept.sum()),
        n_case=n_case,
        n_without=rows.n - len(position),
    )


def _folded(text: Text) -> object:
    return text.casefold() if isinstance(text, str) else tuple(one.casefold() for one in text)


def _file(path: Path) -> Message:
    return Message.of(
        "counterfactual.file",
        "Twins are those of {file}, SHA-256 {sha256}.",
        file=path.name,
        sha256=sha256_file(path),
    )


def _test_set(name: str) -> Message:
    return Message.of(
        "counterfactual.test-set", "Twins are the rows of data set {dataset}.", dataset=name
    )
