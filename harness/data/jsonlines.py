"""JSON Lines: one object a line, its names are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.data.dataset import QuarantinedRow
from harness.data.encoding import reading_codec
from harness.data.source import PIECE, Source, Table, column_problems
from harness.errors import DataError, raise_all

_MAX_NAMES = 1000


def read_json_lines(source: Source) -> Iterator[Table]:
    """Yield the wanted names of every object, by pieces; a name that an object lacks is None.

    Lines that are no JSON, or no object, are faults; blank lines are no rows.

    Raises:
        DataError: If no line is an object, or no object has a wanted name.
    """
    names = dict.fromkeys(source.wanted.values())
    seen = _Seen()
    table, n_read = Table(columns={name: [] for name in names}), 0
    with source.path.open(encoding=reading_codec(source.encoding)) as stream:
        for number, text in enumerate(stream, start=1):
            line = text.removeprefix("\ufeff") if number == 1 else text
            if not line.strip():
                continue
            found = _object(line, number)
            if isinstance(found, QuarantinedRow):
                table.faults.append(found)
            else:
                seen.note(found)
                for name in names:
                    table.columns[name].append(found.get(name))
                table.line.append(number)
                table.row.append(n_read)
            n_read += 1
            table.n_read += 1
            if table.n_read == PIECE:
                seen.keep(table)
                yield table
                table = Table(columns={name: [] for name in names})
    seen.keep(table)
    _refuse_useless(source, seen, n_read)
    if table.n_read:
        yield table


class _Seen:
    """Names that objects have: the first thousand, and every wanted one that had a value."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.n_objects = 0

    def note(self, found: dict[str, Any]) -> None:
        self.n_objects += 1
        if len(self.names) < _MAX_NAMES and not found.keys() <= self.names.keys():
            self.names.update(dict.fromkeys(found))

    def keep(self, table: Table) -> None:
        # a wanted name past the cap still counts when any object has a value for it
        for name, values in table.columns.items():
            if name not in self.names and any(one is not None for one in values):
                self.names[name] = None


def _object(line: str, number: int) -> dict[str, Any] | QuarantinedRow:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as err:
        return QuarantinedRow(number, "not-json", f"{err.msg} at column {err.colno}")
    except (ValueError, RecursionError) as err:  # numbers too long, nesting too deep
        return QuarantinedRow(number, "not-json", type(err).__name__)
    if not isinstance(found, dict):
        return QuarantinedRow(number, "not-an-object", f"a {type(found).__name__}")
    return found


def _refuse_useless(source: Source, seen: _Seen, n_read: int) -> None:
    name = source.name
    if n_read == 0:
        raise DataError(source.problem("path", "hold a table", f"only blank lines in {name}"))
    if not seen.n_objects:
        got = f"none on the {n_read} lines of {name}"
        do = "Write each row as one line of JSON, {...}, without a list around them."
        raise DataError(source.problem("path", "hold a JSON object on each line", got, do=do))
    raise_all(DataError, column_problems(source, list(seen.names)))
