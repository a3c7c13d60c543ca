"""Which columns are texts, and a cell with its column's name beside it where it is a bare number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from harness.commands.cleaning.tables import Whole, texts_in
from harness.commands.init.columns import profile
from harness.data.preview import Preview
from harness.errors import UsageError, must, nearest

_BARE = re.compile(r"[0-9+(][0-9 ().+/-]{5,30}")
_LOOKED_AT = 2000


def text_columns(table: Whole, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the columns whose texts are read: those asked for, else all.

    Raises:
        UsageError: If there is no such column.
    """
    for name in asked:
        if name not in table.names:
            what = f"be one of {', '.join(table.names)}"
            do = nearest(name, table.names).strip()
            raise UsageError(must("--text", what, name, do=do))
    return tuple(asked) or table.names


def compared_columns(table: Whole, asked: Sequence[str]) -> tuple[str, ...]:
    """Return the columns by which rows are repeats: those asked for, else the prose, else all."""
    if asked:
        return tuple(asked)
    some = table.rows[:_LOOKED_AT]
    shown = {
        name: [" ".join(texts_in(row.get(name))) or None for row in some] for name in table.names
    }
    prose = [one.name for one in profile(Preview(shown, table.encoding, len(some))) if one.is_prose]
    return tuple(prose) or table.names


def compared_texts(table: Whole, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return what rows are compared by."""
    return [tuple(_shown(row.get(name)) for name in names) for row in table.rows]


def _shown(cell: Any) -> str:
    return cell if isinstance(cell, str) else " ".join(texts_in(cell)) or str(cell)


def in_column(name: str, text: str) -> tuple[str, int]:
    """Return what a detector reads for a cell, and how much of it stands before the cell.

    A bare number says what it is by its column alone: ``phone`` and 9498777106.
    """
    if _BARE.fullmatch(text):
        return f"{name}: {text}", len(name) + 2
    return text, 0
