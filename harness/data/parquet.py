"""Parquet: the wanted columns of one file, or of the shards in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data.arrow import arrow_pieces
from harness.data.source import PIECE, Source, Table, column_problems
from harness.errors import DataError, raise_all

if TYPE_CHECKING:
    import pyarrow as pa


def read_parquet(source: Source, files: Sequence[Path]) -> Iterator[Table]:
    """Yield the wanted columns by pieces, file after file; moments and decimals become text.

    Raises:
        DataError: If a file is damaged or no Parquet, or a column is missing or doubled.
    """
    names = list(dict.fromkeys(source.wanted.values()))
    for file in files:
        hint = f" That is the file {file.name}." if len(files) > 1 else ""
        raise_all(DataError, column_problems(source, _header(source, file), hint=hint))
    yield from arrow_pieces(source, _batches(source, files, names), names)


def _header(source: Source, file: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names: list[str] = pq.read_schema(file).names
    except (pa.ArrowException, OSError) as err:
        raise DataError(_unreadable(source, file)) from err
    return names


def _batches(
    source: Source, files: Sequence[Path], names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in files:
        try:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=PIECE, columns=list(names))
        except (pa.ArrowException, OSError) as err:
            raise DataError(_unreadable(source, path)) from err


def _unreadable(source: Source, file: Path) -> str:
    got = f"a file that cannot be read as such ({file.name})"
    return source.problem("path", "be a Parquet file", got)
