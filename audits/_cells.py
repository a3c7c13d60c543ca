"""Groups formed by several group columns together: the cells of two columns, or of three.

Legend: n rows, k cells.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audits._groups import EVERY_VALUE, GroupColumn
from harness.errors import nearest
from harness.records import GroupPlan, Message, slice_columns, slice_name
from harness.stats import Grouping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

Cell = Mapping[str, str]
"""Column → group."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two or three group columns together.

    Attributes:
        columns: Their names.
        all_cells: Every combination that some row is in; a column whose groups are slice names.
        compared: What is held against each other: the cells that the config names, else all.
        n_empty: Combinations that no row is in.
        n_outside: Rows without a value, or without a known one, in some column.
        why_not: Why the columns are not crossed; None where they are.
        caveats: What a reader must know.
    """

    columns: tuple[str, ...]
    all_cells: GroupColumn
    compared: GroupColumn
    n_empty: int
    n_outside: int
    why_not: Message | None = None
    caveats: tuple[Message, ...] = ()

    @property
    def whole(self) -> dict[str, str]:
        """Where measures of all cells together stand."""
        return dict.fromkeys(self.columns, EVERY_VALUE)

    def where(self, cell: str) -> dict[str, str]:
        """Return column → group of a cell."""
        return slice_columns(cell)


def crossings(
    columns: Sequence[GroupColumn],
    *,
    wanted: Sequence[Sequence[str]],
    depth: int,
    cells: Sequence[Cell],
    max_cells: int,
) -> Iterator[Crossing | Message]:
    """Yield the columns that are crossed, in order; a message where a named column does not exist.

    Args:
        columns: Group columns of a data set.
        wanted: Columns to cross; none crosses all pairs, with depth 3 all triples too.
        depth: Columns together at most, where none are wanted.
        cells: Cells that were registered beforehand; those of a crossing's columns are compared.
        max_cells: A crossing with more is not measured.
    """
    known = {column.name: column for column in columns}
    sets: list[tuple[str, ...]] = [tuple(sorted(set(one))) for one in wanted]
    if not sets:
        sets = [
            tuple(sorted(one))
            for m in range(2, depth + 1)
            for one in itertools.combinations(known, m)
        ]
    named = [tuple(sorted(cell)) for cell in cells]
    sets += [one for one in dict.fromkeys(named) if one not in sets and len(one) > 1]
    for names in sets:
        lost = [name for name in names if name not in known]
        if lost:
            yield Message.of(
                "cells.no-column",
                "Not measured: {column} is no group column of the data set (it has {known}).{hint}",
                column=lost[0],
                known=", ".join(known),
                hint=nearest(lost[0], list(known)),
            )
            continue
        own = [cell for cell, of in zip(cells, named, strict=True) if of == names]
        yield _crossing([known[name] for name in names], own, max_cells)


def _crossing(columns: list[GroupColumn], cells: list[Cell], max_cells: int) -> Crossing:
    names = tuple(column.name for column in columns)
    codes, members, labels = _product(columns)
    sizes = np.zeros(len(labels), np.int64)
    if len(members):
        sizes = np.bincount(codes[codes >= 0], minlength=len(members)) @ members
    taken = np.flatnonzero(sizes > 0)
    cell_names = tuple(slice_name(labels[k]) for k in taken.tolist())
    grouping = Grouping(cell_names, codes, members[:, taken] if len(members) else members)
    all_cells = _as_column(names, grouping, [labels[k] for k in taken.tolist()], columns)
    whole = Crossing(
        names,
        all_cells,
        all_cells,
        n_empty=len(labels) - len(taken),
        n_outside=int((codes < 0).sum()),
    )
    why = next((column.why_not for column in columns if column.why_not is not None), None)
    why = why or _too_many(whole, max_cells) or _too_few(whole)
    if why is not None:
        return replace(whole, why_not=why)
    compared = _registered(all_cells, cells) if cells else all_cells
    return replace(whole, compared=compared, caveats=tuple(_caveats(whole, compared, cells)))


def _product(
    columns: list[GroupColumn],
) -> tuple[IntArray, NDArray[np.bool_], list[dict[str, str]]]:
    """Return pattern of each row, [n], cells of each pattern, [p, k], and column → group of each cell."""
    code = columns[0].grouping.code
    member = columns[0].grouping.member
    labels = [{columns[0].name: group} for group in columns[0].grouping.names]
    for column in columns[1:]:
        other = column.grouping
        p = len(other.member)
        both = np.where((code >= 0) & (other.code >= 0), code * p + other.code, -1)
        found, position = np.unique(both, return_inverse=True)
        code = position.reshape(-1).astype(np.int64)
        if len(found) and found[0] < 0:
            code, found = code - 1, found[1:]
        first, second = (found // p, found % p) if p else (found, found)
        if len(found):
            outer = member[first][:, :, None] & other.member[second][:, None, :]
            member = outer.reshape(len(found), -1)
        else:
            member = np.zeros((0, len(labels) * len(other.names)), np.bool_)
        labels = [label | {column.name: group} for label in labels for group in other.names]
    return code, member, labels


def _as_column(
    names: tuple[str, ...],
    grouping: Grouping,
    labels: list[dict[str, str]],
    columns: list[GroupColumn],
) -> GroupColumn:
    """Return the cells as one column, so that all that is done with groups can be done with them."""
    exclude: dict[str, str] = {}
    for cell, label in zip(grouping.names, labels, strict=True):
        for column in columns:
            reason = column.plan.exclude.get(label[column.name])
            if reason is not None:
                exclude[cell] = reason
    nobody = np.zeros(grouping.n, np.bool_)
    return GroupColumn(" x ".join(names), grouping, GroupPlan(exclude=exclude), nobody, nobody, {})


def _registered(column: GroupColumn, cells: list[Cell]) -> GroupColumn:
    """Return the cells that were named; one that no row is in keeps its place, without rows."""
    names = list(dict.fromkeys(slice_name(dict(cell)) for cell in cells))
    position = {name: k for k, name in enumerate(column.grouping.names)}
    old = column.grouping
    member = np.zeros((len(old.member), len(names)), np.bool_)
    for k, name in enumerate(names):
        if name in position:
            member[:, k] = old.member[:, position[name]]
    # what is in none of the named cells is in no pattern
    kept = member.any(axis=1)
    moved = np.where(kept, np.cumsum(kept) - 1, -1)
    code = np.where(old.code >= 0, moved[old.code] if len(moved) else -1, -1)
    chosen = {name: reason for name, reason in column.plan.exclude.items() if name in names}
    return replace(
        column,
        grouping=Grouping(tuple(names), code.astype(np.int64), member[kept]),
        plan=GroupPlan(exclude=chosen),
    )


def _too_many(crossing: Crossing, limit: int) -> Message | None:
    n_cells = len(crossing.all_cells.grouping.names)
    if n_cells <= limit:
        return None
    return Message.of(
        "cells.too-many",
        "Not measured: {columns} form {n_cells} cells with examples, more than max_cells = {limit}.",
        columns=_and(crossing.columns),
        n_cells=n_cells,
        limit=limit,
    )


def _too_few(crossing: Crossing) -> Message | None:
    if len(crossing.all_cells.grouping.names) > 1:
        return None
    return Message.of(
        "cells.too-few",
        "Not measured: {columns} form fewer than two cells with examples.",
        columns=_and(crossing.columns),
    )


def _caveats(crossing: Crossing, compared: GroupColumn, cells: list[Cell]) -> Iterator[Message]:
    if crossing.n_empty:
        yield Message.of(
            "cells.empty",
            "{n_empty} combinations of {columns} have no example in the data. They are not compared: "
            "nothing is known of them.",
            n_empty=crossing.n_empty,
            columns=_and(crossing.columns),
        )
    if crossing.n_outside:
        yield Message.of(
            "cells.outside",
            "{n} of {total} rows are in no cell, because a column of {columns} has no known value there.",
            n=crossing.n_outside,
            total=crossing.all_cells.grouping.n,
            columns=_and(crossing.columns),
        )
    if not cells:
        return
    yield Message.of(
        "cells.registered",
        "The config names {n} cells of {columns}, which are compared; the other cells are reported and "
        "not compared.",
        n=len(compared.grouping.names),
        columns=_and(crossing.columns),
    )
    known = crossing.all_cells.grouping.names
    for name in [name for name in compared.grouping.names if name not in known][:_SHOWN]:
        yield Message.of(
            "cells.unknown",
            "No example is in the cell {cell} that the config names, so that nothing can pass.{hint}",
            cell=name,
            hint=nearest(name, list(known)),
        )


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
