"""Tables that are in memory: data frames, ``datasets`` tables, lists of rows, arrays of scores.

Nothing here imports pandas or ``datasets``: an object of a library that was never imported cannot
be handed over, so it is enough to ask ``sys.modules``.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.arrow import arrow_values, class_names
from harness.data.identity import content_digest
from harness.data.source import Source, Table, column_problems
from harness.errors import DataError, Phrase, must, raise_all

if TYPE_CHECKING:
    import pyarrow as pa

KINDS = (
    "a pandas.DataFrame, a datasets.Dataset, a pyarrow.Table or another table that Arrow can read, "
    "or a list of dicts"
)
"""What can be a table in memory, for messages."""


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """A table in memory whose columns are read one by one, when they are wanted.

    Attributes:
        kind: Name of its type.
        header: Names of the columns, in order; a name may stand twice, which readers refuse.
        n_rows: Number of rows.
        read: Position of a column → its values as plain Python objects, None where missing.
    """

    kind: str
    header: tuple[str, ...]
    n_rows: int
    read: Callable[[int], list[Any]]

    @property
    def label(self) -> str:
        """How records and messages call it in place of a file name."""
        return f"{self.kind} (memory)"

    def column(self, name: str) -> list[Any]:
        """Return the values of a column; the name must stand in the header."""
        return self.read(self.header.index(name))

    def digest(self, names: Sequence[str]) -> str:
        """Return one SHA-256 over some columns, as ``content_digest`` computes it."""
        return content_digest({name: self.column(name) for name in names})


def memory_table(data: Any, *, where: str) -> MemoryTable:
    """Wrap a table that is in memory; nothing is copied yet.

    Args:
        data: One of ``KINDS``.
        where: What messages call it, e.g. the name of an argument.

    Raises:
        DataError: If it is of another kind, or a row of a list is no dict.
    """
    pandas, datasets = sys.modules.get("pandas"), sys.modules.get("datasets")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _frame(data)
    if datasets is not None and isinstance(data, datasets.Dataset):
        return _hf_dataset(data)
    if hasattr(data, "__arrow_c_stream__"):
        return _arrow(data)
    if isinstance(data, list | tuple) and (not data or isinstance(data[0], Mapping)):
        return _rows(data, where)
    if datasets is not None and isinstance(data, datasets.IterableDataset):
        do = "Write it to a file, or take rows: datasets.Dataset.from_list(list(data.take(5000)))."
        raise DataError(must(where, f"be {KINDS}", Phrase("an IterableDataset"), do=do))
    raise DataError(must(where, f"be {KINDS}", Phrase(_kind_of(data))))


def read_memory(source: Source, table: MemoryTable) -> Iterator[Table]:
    """Yield the wanted columns of a table in memory, in one piece.

    Raises:
        DataError: If there are no rows, or a column is missing or doubled.
    """
    raise_all(DataError, column_problems(source, list(table.header)))
    n = table.n_rows
    if n == 0:
        raise DataError(source.problem("path", "hold rows", f"none in {table.label}"))
    names = dict.fromkeys(source.wanted.values())
    yield Table(
        columns={name: table.column(name) for name in names},
        line=array("q", range(1, n + 1)),
        row=array("q", range(n)),
        n_read=n,
    )


def plain_value(value: Any) -> Any:
    """Return a cell as a plain Python object; None where it is missing (NaN, NaT, NA)."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and math.isnan(value):
        return None
    # pandas.NaT and pandas.NA are the only values of their kinds
    return None if type(value).__name__ in ("NaTType", "NAType") else value


def _frame(data: Any) -> MemoryTable:
    import pyarrow as pa

    def read(position: int) -> list[Any]:
        series = data.iloc[:, position]
        try:
            return arrow_values(pa.chunked_array([pa.Array.from_pandas(series)]))
        except (pa.ArrowException, TypeError):  # objects of several kinds in one column
            return [plain_value(value) for value in series.tolist()]

    return MemoryTable("DataFrame", tuple(map(str, data.columns)), len(data), read)


def _hf_dataset(data: Any) -> MemoryTable:
    names = list(data.column_names)

    def read(position: int) -> list[Any]:
        name = names[position]
        values = arrow_values(data.select_columns([name]).with_format("arrow")[:][name])
        classes = getattr(data.features[name], "names", None)
        if classes is None or not all(isinstance(one, str) for one in classes):
            return values
        # ids of a ClassLabel mean what its names say, not what another list of classes says
        return class_names(values, classes)

    return MemoryTable("Dataset", tuple(names), len(data), read)


def _arrow(data: Any) -> MemoryTable:
    import pyarrow as pa

    found: pa.Table = pa.table(data)
    return MemoryTable(
        type(data).__name__,
        tuple(found.column_names),
        found.num_rows,
        lambda position: arrow_values(found.column(position)),
    )


def _rows(data: Sequence[Any], where: str) -> MemoryTable:
    bad = [(i, row) for i, row in enumerate(data) if not isinstance(row, Mapping)]
    if bad:
        i, row = bad[0]
        raise DataError(must(f"{where}[{i}]", "be a dict, as the first row", Phrase(_kind_of(row))))
    names = list(dict.fromkeys(name for row in data for name in row))

    def read(position: int) -> list[Any]:
        return [plain_value(row.get(names[position])) for row in data]

    return MemoryTable("list", tuple(map(str, names)), len(data), read)


def _kind_of(value: Any) -> str:
    if isinstance(value, list | tuple) and value:
        return f"a {type(value).__name__} of {type(value[0]).__name__}"
    name = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
