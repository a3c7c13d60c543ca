"""Group values that are held apart from the rows, joined by id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from harness.data.reasons import first_of
from harness.data.roles import has_lists, shared_values
from harness.data.source import Source, Table
from harness.data.spec import GroupsFile, TableSpec
from harness.data.tables import read_table
from harness.data.values import as_array, as_group, as_texts, text_fault
from harness.errors import DataError, raise_all

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class GroupTable:
    """Group values by id.

    Attributes:
        source: The file, for messages.
        columns: Column → values, one for each entry.
        entry: Id → position in the columns.
        list_columns: Those with a cell that was a list.
    """

    source: Source
    columns: dict[str, list[str]]
    entry: dict[str, int]
    list_columns: frozenset[str] = frozenset()

    def join(self, ids: Sequence[str]) -> tuple[dict[str, NDArray[np.object_]], int]:
        """Return column → value for each id, ``""`` where there is no entry, and how many lack one.

        Raises:
            DataError: If no id has an entry, so that the two files do not belong together.
        """
        found = [self.entry.get(one, -1) for one in ids]
        n_missing = found.count(-1)
        if n_missing == len(found):
            got = f"none of its {len(ids)} ids in {self.source.name}"
            raise DataError(self.source.problem("id", "hold ids of the data set", got))
        joined = {
            name: as_array([values[i] if i >= 0 else "" for i in found])
            for name, values in self.columns.items()
        }
        return joined, n_missing


def read_groups(spec: TableSpec) -> GroupTable | None:
    """Read the groups file of a table; None where it has none.

    Raises:
        DataError: If the table has no id role, the file cannot be read whole, or an id stands there
            twice with different values.
    """
    held = spec.groups_file
    if held is None:
        return None
    source = _source(spec, held)
    problems = []
    if spec.id is None:
        problems.append(
            f"{spec.where}.id must be given{f' ({spec.place})' if spec.place else ''}: "
            "groups_file is joined by id."
        )
    try:
        table = read_table(source)
    except DataError as err:
        raise DataError(*problems, *err.problems) from err
    ids = as_texts(table.columns[held.id])
    columns = {
        name: shared_values(
            table.columns[name], {}, partial(as_group, separator=spec.separators.get(name))
        )
        for name in held.columns
    }
    lists = frozenset(name for name in held.columns if has_lists(table.columns[name]))
    entry, doubled = _entries(ids, list(columns.values()), table.line)
    raise_all(DataError, problems + _problems(source, table, columns, doubled))
    return GroupTable(source, columns, entry, lists)


def _source(spec: TableSpec, held: GroupsFile) -> Source:
    where = f"{spec.where}.groups_file"
    wanted = {f"{where}.id": held.id} | {f"{where}.columns.{one}": one for one in held.columns}
    return Source(held.path, held.encoding, where, spec.place, wanted)


def _entries(
    ids: Sequence[str], columns: Sequence[Sequence[str]], lines: Sequence[int]
) -> tuple[dict[str, int], list[str]]:
    entry: dict[str, int] = {}
    doubled = []
    for i, one in enumerate(ids):
        j = entry.setdefault(one, i) if one else i
        if any(values[i] != values[j] for values in columns):
            doubled.append(str(lines[i]))
    return entry, doubled


def _problems(
    source: Source, table: Table, columns: dict[str, list[str]], doubled: list[str]
) -> list[str]:
    problems, name = [], source.name
    broken = [str(one.line) for one in table.faults]
    if broken:
        got = f"unreadable rows on {first_of('line', broken)} of {name}"
        problems.append(source.problem("path", "hold a whole row on each line", got))
    if doubled:
        got = f"other values for an id that stands above, on {first_of('line', doubled)} of {name}"
        problems.append(source.problem("id", "have one set of values for each id", got))
    for column, values in columns.items():
        if any(text_fault(one) for one in set(values)):
            got = "a NUL character or half a surrogate pair"
            problems.append(source.problem(f"columns.{column}", "hold text", got))
    return problems
