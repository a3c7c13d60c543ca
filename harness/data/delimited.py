"""CSV and TSV, with the line on which every row starts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING

from harness.data.dataset import QuarantinedRow
from harness.data.encoding import reading_codec
from harness.data.source import PIECE, Source, Table, column_problems
from harness.errors import DataError, raise_all

if TYPE_CHECKING:
    from _csv import Reader

_FIELD_LIMIT = 2**31 - 1  # the largest that every platform takes
_SEPARATORS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


def read_delimited(source: Source, delimiter: str) -> Iterator[Table]:
    """Yield the wanted columns of a delimited file whose first row is the header, by pieces.

    Rows whose number of cells differs from the header's are faults; blank lines are no rows.

    Raises:
        DataError: If there is no header, a column is missing or doubled, or a quote is never closed.
    """
    codec = reading_codec(source.encoding)
    with _long_fields(), source.path.open(encoding=codec, newline="") as stream:
        end = _End()
        first = stream.readline().removeprefix("\ufeff")
        reader = csv.reader(chain([first], stream, end.reached()), delimiter=delimiter)
        try:
            header = _header(source, reader, delimiter)
            n_read = 0
            for table in _rows(source, reader, header, end):
                n_read += table.n_read
                yield table
        except csv.Error as err:
            raise DataError(_unreadable(source, reader.line_num, str(err))) from err
        if n_read == 0:
            got = f"only a header in {source.name}"
            raise DataError(source.problem("path", "hold rows", got))


class _End:
    """Notices whether the file ran out while a row was still being read."""

    def __init__(self) -> None:
        self.is_reached = False

    def reached(self) -> Iterator[str]:
        self.is_reached = True
        yield from ()


def _header(source: Source, reader: Reader, delimiter: str) -> list[str]:
    header = [name.strip() for name in next(filter(None, reader), [])]
    if not header:
        got = f"only blank lines in {source.name}"
        raise DataError(source.problem("path", "hold a table", got))
    hint = ""
    if len(header) == 1:
        other = next((one for one in _SEPARATORS if one != delimiter and one in header[0]), None)
        if other:
            hint = (
                f" The header holds no {_SEPARATORS[delimiter]} but a {_SEPARATORS[other]}: "
                f"save the file with {_SEPARATORS[delimiter]}s, or with the other suffix."
            )
    raise_all(DataError, column_problems(source, header, hint=hint))
    return header


def _rows(source: Source, reader: Reader, header: list[str], end: _End) -> Iterator[Table]:
    names = dict.fromkeys(source.wanted.values())
    table = Table(columns={name: [] for name in names})
    pairs = [(table.columns[name].append, header.index(name)) for name in names]
    width, last, n, started = len(header), reader.line_num, 0, 0
    for cells in reader:
        start, last = last + 1, reader.line_num
        if end.is_reached:
            raise DataError(_open_quote(source, start, last))
        if not cells:
            continue
        if len(cells) == width:
            for append, i in pairs:
                append(cells[i])
            table.line.append(start)
            table.row.append(n)
        else:
            detail = f"{len(cells)} cells, the header has {width}"
            table.faults.append(QuarantinedRow(start, "ragged-row", detail))
        n += 1
        if n - started == PIECE:
            table.n_read, started = PIECE, n
            yield table
            table = Table(columns={name: [] for name in names})
            pairs = [(table.columns[name].append, header.index(name)) for name in names]
    table.n_read = n - started
    if table.n_read:
        yield table


def _open_quote(source: Source, start: int, last: int) -> str:
    return source.problem(
        "path",
        "close every quote",
        f"one in the row that starts on line {start} of {source.name} and runs to the end of "
        f"the file, line {last}",
        do='Close it, or write a quote inside a quoted cell twice ("").',
    )


def _unreadable(source: Source, line: int, why: str) -> str:
    return source.problem("path", "be a table", f"{why} on line {line} of {source.name}")


@contextmanager
def _long_fields() -> Iterator[None]:
    """Lift the size limit of a cell while a file is read."""
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)
