"""JSON Lines: one object a line, its names are the columns."""

from __future__ import annotations

import json
from typing import Any

from harness.data.dataset import QuarantinedRow
from harness.data.encoding import reading_codec
from harness.data.source import Source, Table, column_problems
from harness.errors import DataError, raise_all

_MAX_NAMES = 1000


def read_json_lines(source: Source) -> Table:
    """Read the wanted names of every object; a name that an object lacks is missing (None).

    Lines that are no JSON, or no object, are faults; blank lines are no rows.

    Raises:
        DataError: If no line is an object, or no object has a wanted name.
    """
    names = dict.fromkeys(source.wanted.values())
    table = Table(columns={name: [] for name in names})
    pairs = [(table.columns[name].append, name) for name in names]
    seen: dict[str, None] = {}
    with source.path.open(encoding=reading_codec(source.encoding)) as stream:
        for number, text in enumerate(stream, start=1):
            line = text.removeprefix("\ufeff") if number == 1 else text
            if not line.strip():
                continue
            found = _object(line, number)
            if isinstance(found, QuarantinedRow):
                table.faults.append(found)
            else:
                if len(seen) < _MAX_NAMES and not found.keys() <= seen.keys():
                    seen.update(dict.fromkeys(found))
                for append, name in pairs:
                    append(found.get(name))
                table.line.append(number)
                table.row.append(table.n_read)
            table.n_read += 1
    _refuse_useless(source, table, list(seen))
    return table


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


def _refuse_useless(source: Source, table: Table, seen: list[str]) -> None:
    name = source.path.name
    if table.n_read == 0:
        raise DataError(source.problem("path", "hold a table", f"only blank lines in {name}"))
    if not table.row:
        got = f"none on the {table.n_read} lines of {name}"
        do = "Write each row as one line of JSON, {...}, without a list around them."
        raise DataError(source.problem("path", "hold a JSON object on each line", got, do=do))
    # a wanted name past the cap still counts when any object has a value for it
    seen += [
        name for name, values in table.columns.items() if any(one is not None for one in values)
    ]
    raise_all(DataError, column_problems(source, list(dict.fromkeys(seen))))
