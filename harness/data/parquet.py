"""Parquet: the wanted columns only."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from harness.data.source import Source, Table, column_problems
from harness.errors import DataError, raise_all

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(source: Source) -> Table:
    """Read the wanted columns; moments and decimals become text.

    Raises:
        DataError: If the file is damaged or no Parquet, or a column is missing or doubled.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(dict.fromkeys(source.wanted.values()))
    try:
        with pq.ParquetFile(source.path) as file:
            raise_all(DataError, column_problems(source, file.schema_arrow.names))
            found = file.read(columns=names)
        columns = {name: arrow_values(found[name]) for name in names}
    except (pa.ArrowException, OSError) as err:
        got = f"a file that cannot be read as such ({source.path.name})"
        raise DataError(source.problem("path", "be a Parquet file", got)) from err
    n = len(found)
    if n == 0:
        raise DataError(source.problem("path", "hold rows", f"none in {source.path.name}"))
    return Table(
        columns=columns, line=array("q", range(1, n + 1)), row=array("q", range(n)), n_read=n
    )


def arrow_values(column: pa.ChunkedArray) -> list[Any]:
    """Return the values of a column as plain Python objects, moments and decimals as text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        # a duration has no text form of its own; its number of ticks stands for it
        column = column.cast(pa.int64() if pa.types.is_duration(kind) else pa.string())
    values: list[Any] = column.to_pylist()
    return values
