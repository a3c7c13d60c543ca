"""Arrow tables: what Parquet files, folders of ``datasets`` and data frames have in common."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.data.source import Source, Table
from harness.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

ClassNames = Mapping[str, Sequence[str]]
"""Column of class ids → their names, where the file says them (``datasets.ClassLabel``)."""


def arrow_pieces(
    source: Source,
    batches: Iterable[pa.RecordBatch | pa.Table],
    names: Sequence[str],
    classes: ClassNames | None = None,
) -> Iterator[Table]:
    """Yield the wanted columns of batches that follow each other; a row's number is its line.

    Raises:
        DataError: If there is no row at all.
    """
    start = 0
    for batch in batches:
        n = batch.num_rows
        if not n:
            continue
        columns = {name: arrow_values(batch.column(name)) for name in names}
        for name, known in (classes or {}).items():
            if name in columns:
                columns[name] = class_names(columns[name], known)
        yield Table(
            columns=columns,
            line=array("q", range(start + 1, start + n + 1)),
            row=array("q", range(start, start + n)),
            n_read=n,
        )
        start += n
    if not start:
        raise DataError(source.problem("path", "hold rows", f"none in {source.name}"))


def arrow_values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Return the values of a column as plain objects; None (or NaN) where they are missing.

    Moments and decimals become text. Numbers in single precision stay NumPy's, whose text is 0.1
    where that of the nearest Python number is 0.10000000149011612: the same number then reads the
    same from a CSV and from Parquet.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        # a duration has no text form of its own; its number of ticks stands for it
        column = column.cast(pa.int64() if pa.types.is_duration(kind) else pa.string())
    elif pa.types.is_float32(kind) or pa.types.is_float16(kind):
        return list(_numpy(column))
    values: list[Any] = column.to_pylist()
    return values


def class_names(ids: Sequence[Any], names: Sequence[str]) -> list[str | None]:
    """Return the names that class ids stand for; None for -1, which means unlabelled."""
    return [names[one] if one is not None and 0 <= one < len(names) else None for one in ids]


def _numpy(column: Any) -> Any:
    import pyarrow as pa

    return (
        column.to_numpy()
        if isinstance(column, pa.ChunkedArray)
        else column.to_numpy(zero_copy_only=False)
    )
