"""A whole table with every column: read, changed, and written in the format that it came in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data.encoding import reading_codec
from harness.data.preview import preview
from harness.errors import DataError, must, raise_all

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]
_SHOWN = 5
_FIELD_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Whole:
    """A table.

    Attributes:
        suffix: Its format, such as ``.csv``.
        encoding: Encoding of the text formats.
        names: Columns in order.
        rows: Column → cell, for each row.
        newline: What ends a line of a delimited file.
        schema: Types of a Parquet file.
    """

    suffix: str
    encoding: str
    names: tuple[str, ...]
    rows: list[Row]
    newline: str = "\n"
    schema: pa.Schema | None = None

    def kept(self, is_kept: Sequence[bool]) -> Whole:
        """Return the table with some of its rows."""
        pairs = zip(self.rows, is_kept, strict=True)
        return replace(self, rows=[row for row, keep in pairs if keep])


def read_whole(path: Path, encoding: str | None = None) -> Whole:
    """Read a table with all its columns and rows.

    Args:
        path: CSV, TSV, JSON Lines or Parquet.
        encoding: Encoding of a text format; None looks for the likely one.

    Raises:
        DataError: If it cannot be read whole: a row that is not read could not be cleaned.
    """
    looked = preview(path, encoding=encoding, limit=1)
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return _parquet(path)
        with path.open(encoding=reading_codec(looked.encoding), newline="") as stream:
            text = stream.read()
    except (UnicodeDecodeError, LookupError) as err:
        what = f"be {looked.encoding} from beginning to end"
        do = "Name its encoding with --encoding, or save it as UTF-8."
        raise DataError(must("FILE", what, path.name, do=do)) from err
    if suffix in {".csv", ".tsv"}:
        return _delimited(path, text, looked.encoding)
    return _json_lines(path, text, looked.encoding)


def write_whole_table(table: Whole, path: Path) -> None:
    """Write a table in its format and encoding."""
    if table.schema is not None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(table.rows, schema=table.schema), path)
        return
    if table.suffix in {".csv", ".tsv"}:
        stream = io.StringIO(newline="")
        delimiter = "\t" if table.suffix == ".tsv" else ","
        writer = csv.writer(stream, delimiter=delimiter, lineterminator=table.newline)
        writer.writerow(table.names)
        writer.writerows([row[name] for name in table.names] for row in table.rows)
        text = stream.getvalue()
    else:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.rows)
    path.write_bytes(text.encode(table.encoding))


def texts_in(cell: Any) -> list[str]:
    """Return the texts of a cell, those inside lists and objects too."""
    if isinstance(cell, str):
        return [cell]
    if isinstance(cell, dict):
        cell = list(cell.values())
    return [text for one in cell for text in texts_in(one)] if isinstance(cell, list) else []


def changed(cell: Any, change: Callable[[str], str]) -> Any:
    """Return a cell with every text changed, also inside lists and objects."""
    if isinstance(cell, str):
        return change(cell)
    if isinstance(cell, list):
        return [changed(one, change) for one in cell]
    if isinstance(cell, dict):
        return {name: changed(one, change) for name, one in cell.items()}
    return cell


def _delimited(path: Path, text: str, encoding: str) -> Whole:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        lines = [
            row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row
        ]
    except csv.Error as err:
        raise DataError(must("FILE", "be a delimited table", path.name, do=str(err))) from err
    finally:
        csv.field_size_limit(before)
    names = tuple(lines[0])
    if len(set(names)) < len(names):
        raise DataError(must("FILE", "name each column once", f"a column twice in {path.name}"))
    bad = [number for number, row in enumerate(lines[1:], 2) if len(row) != len(names)]
    what = f"have {len(names)} cells like the header"
    raise_all(
        DataError,
        [
            must(f"Row {number} of {path.name}", what, len(lines[number - 1]))
            for number in bad[:_SHOWN]
        ],
    )
    head = text[: text.find("\n") + 1]
    return Whole(
        suffix=path.suffix.lower(),
        encoding=encoding,
        names=names,
        rows=[dict(zip(names, row, strict=True)) for row in lines[1:]],
        newline="\r\n" if head.endswith("\r\n") else "\n",
    )


def _json_lines(path: Path, text: str, encoding: str) -> Whole:
    rows: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:  # the line itself is not shown: it may be what is to be cleaned
            do = "Mend or remove it."
            problems.append(
                must(f"Line {number} of {path.name}", "be a JSON object", "another", do=do)
            )
    raise_all(DataError, problems[:_SHOWN])
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return Whole(path.suffix.lower(), encoding, names, rows)


def _parquet(path: Path) -> Whole:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    names = tuple(table.column_names)
    return Whole(".parquet", "utf-8", names, table.to_pylist(), schema=table.schema)
