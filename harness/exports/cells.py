"""Cells of groups: their sizes, their totals, and which of them must be hidden so that none can be computed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from harness.records import Estimate, Measurement, slice_columns
from harness.wording.quantities import FEW, HIDDEN

_WHOLE = "*"
_MOST_COLUMNS = 4

_WORST_OF_VALUES = ("worst-linear", "lowest-of", "highest-of", "farthest-of")
"""Methods of figures of a whole column that are made of values of its groups and not of counts."""

Cell = tuple[tuple[str, str], ...]
"""Column and value of each group column of a slice, sorted."""


def group_columns(roles: Mapping[str, str | list[str]]) -> set[str]:
    """Return the columns whose slices are cells."""
    found: set[str] = set()
    for role in ("groups", "control"):
        named = roles.get(role, [])
        found |= {named} if isinstance(named, str) else set(named)
    return found


def split(name: str, columns: Collection[str]) -> tuple[Cell, Cell]:
    """Return the group columns of a slice and the others."""
    try:
        values = slice_columns(name)
    except ValueError:  # a damaged bundle may hold anything
        return (), ()
    items = sorted(values.items())
    own = tuple(item for item in items if item[0] in columns)
    return own, tuple(item for item in items if item[0] not in columns)


def is_whole(cell: Cell) -> bool:
    """Whether a slice stands for a whole column."""
    return any(value == _WHOLE for _, value in cell)


def sizes_of(cells: Iterable[tuple[Measurement, Cell, Cell]], n_rows: int) -> dict[Cell, int]:
    """Return the rows of each cell: from its share of all rows, else the most that a figure has."""
    by_share: dict[Cell, int] = {}
    most: dict[Cell, int] = {}
    for m, cell, other in cells:
        if m.share is not None and not other:
            rows = round(m.share * n_rows)
            by_share[cell] = min(rows, by_share.get(cell, rows))
        most[cell] = max(_units(m.estimate), most.get(cell, 0))
    return most | by_share


def closed(sizes: Mapping[Cell, int], least: int, hidden: Mapping[Cell, str]) -> dict[Cell, str]:
    """Return the cells to hide, each with the id of its sentence.

    Args:
        sizes: Rows of each cell.
        least: k.
        hidden: Cells that are hidden whole, with others that keep them from being computed.
    """
    found = {cell: hidden[cell] for cell in sizes if cell in hidden}
    found |= {cell: FEW for cell, size in sizes.items() if 0 < size < least}
    families = _families(sizes)
    before = -1
    while before != len(found):
        before = len(found)
        for family in families:
            gone = [cell for cell in family if cell in found]
            shown = [cell for cell in family if cell not in found and sizes[cell] > 0]
            if len(gone) == 1 and gone[0] not in hidden and shown:
                found[min(shown, key=lambda cell: (sizes[cell], cell))] = HIDDEN
        # what makes up a hidden cell would give it away
        for cell in sizes:
            if cell not in found and any(part in found for part in parts_of(cell)):
                found[cell] = HIDDEN
    return found


def _families(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Return the cells that add up to one total: equal in all columns but one."""
    families: dict[tuple[str, Cell], list[Cell]] = {}
    for cell in cells:
        for column, value in cell:
            rest = tuple(item for item in cell if item != (column, value))
            families.setdefault((column, rest), []).append(cell)
    return [family for _, family in sorted(families.items())]


def counts_in(text: str) -> list[int]:
    """Return the counts of a list such as ``deaf (6), blind (1,300)``."""
    return [int(one.replace(",", "")) for one in re.findall(r"\((\d[\d,]*)(?=[ )])", text)]


def parts_of(cell: Cell) -> Iterator[Cell]:
    """Yield a cell and the cells that hold it: those of some of its columns."""
    for n in range(1, min(len(cell), _MOST_COLUMNS) + 1):
        yield from combinations(cell, n)


def columns_of(cell: Cell) -> set[str]:
    """Return the names of the columns of a cell."""
    return {column for column, _ in cell}


def figure_size(m: Measurement) -> int:
    """Return how many rows a figure rests on; 0 where it shows none."""
    e = m.estimate
    if e.unit == "count" and e.value is not None:
        return round(e.value)
    return _units(e) if e.is_measured else 0


def numbers_in(value: object) -> list[object]:
    """Return the items of a list, however deep; nothing of what is no list."""
    if not isinstance(value, list):
        return []
    return [item for one in value for item in (numbers_in(one) if isinstance(one, list) else [one])]


def successes_of(estimate: Estimate) -> int:
    """Return the numerator of a share; 0 where there is none."""
    values = estimate.evidence.values if estimate.evidence else {}
    found = values.get("successes")
    return found if isinstance(found, int) else 0


def worst_pair(estimate: Estimate) -> dict[str, int]:
    """Return the two groups whose rates a worst difference or ratio is made of, with their trials."""
    values = estimate.evidence.values if estimate.evidence else {}
    names = [str(one) for one in numbers_in(values.get("groups"))]
    tables = [_table(values.get(key), len(names)) for key in ("successes", "trials")]
    found: dict[str, int] = {}
    widest = -1.0
    for successes, trials in zip(*tables, strict=False):
        rates = {g: x / n for g, (x, n) in enumerate(zip(successes, trials, strict=True)) if n}
        if not rates:
            continue
        ends = (min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__))
        if rates[ends[1]] - rates[ends[0]] > widest:
            widest = rates[ends[1]] - rates[ends[0]]
            found = {names[g]: trials[g] for g in ends}
    return found


def worst_parts(estimate: Estimate) -> list[str]:
    """Return the parts that a worst value is, or lies between, where they are no counts; else all."""
    if estimate.method not in _WORST_OF_VALUES or estimate.evidence is None:
        return []
    values = estimate.evidence.values
    names, value = [str(one) for one in numbers_in(values.get("groups"))], estimate.value
    point = _figures(values.get("values"))
    if names and len(point) == len(names):
        ranked = sorted(range(len(names)), key=point.__getitem__)
        return [names[ranked[0]], names[ranked[-1]]]
    keys, table = numbers_in(values.get("keys")), _figures(values.get("parts"))
    if "value" not in keys or value is None or len(table) != len(keys) * len(names):
        return names  # a table in a file of the bundle; which part it is cannot be told from here
    off = [abs(abs(one) - abs(value)) for one in table[keys.index("value") :: len(keys)]]
    return [name for name, one in zip(names, off, strict=True) if one == min(off)]


def _figures(value: object) -> list[float]:
    return [float(one) for one in numbers_in(value) if isinstance(one, int | float)]


def _table(value: object, n_groups: int) -> list[list[int]]:
    """Return counts by class and group; empty where they are none."""
    rows = value if isinstance(value, list) else []
    whole = [row for row in rows if isinstance(row, list) and len(row) == n_groups]
    return [row for row in whole if all(isinstance(n, int) for n in row)]


def _units(estimate: Estimate) -> int:
    """Return the rows of the slice itself: of a difference of two groups those of the first."""
    values = estimate.evidence.values if estimate.evidence else {}
    own = values.get("trials_a")
    return own if isinstance(own, int) else estimate.n
