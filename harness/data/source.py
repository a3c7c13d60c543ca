"""What holds a table: what is wrong with it, and what every reader hands on."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data.spec import HubTable, table_name
from harness.errors import Phrase, must, nearest

if TYPE_CHECKING:
    from harness.data.dataset import QuarantinedRow
    from harness.data.memory import MemoryTable

PIECE = 50_000
"""Rows that a reader hands on at a time: the memory of a reader is that of one piece."""

_SHOWN_COLUMNS = 30
_SHOWN_CHARS = 30
_SHOWN_WORDS = 4


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read, and how messages name it.

    Attributes:
        path: The file or folder.
        encoding: Codec of the text formats.
        where: Path in the config.
        place: ``file:line`` in the config.
        wanted: Key path in the config → column that must be there.
        memory: The table itself, where it is in memory.
        hub: The data set of the hub, where it comes from there.
        split: Which part of a folder or hub data set.
    """

    path: Path
    encoding: str
    where: str
    place: str
    wanted: Mapping[str, str]
    memory: MemoryTable | None = None
    hub: HubTable | None = None
    split: str | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        return table_name(self.path, self.hub, self.split)

    def problem(self, key: str, what: str, got: str, *, do: str = "") -> str:
        """Write a problem of one key of this table."""
        return must(f"{self.where}.{key}", what, Phrase(got), place=self.place, do=do)


@dataclass(slots=True)
class Table:
    """A piece of the wanted columns, or all of them, and where each row stands.

    Attributes:
        columns: Column → values as they stand there, n of each.
        line: Line on which each row starts, from 1 (Parquet: row number, from 1), n of them.
        row: Position of each row among all that were read, from 0, n of them.
        faults: Rows that are no rows.
        n_read: Rows read, faulty ones among them.
    """

    columns: dict[str, list[Any]]
    line: array[int] = field(default_factory=lambda: array("q"))
    row: array[int] = field(default_factory=lambda: array("q"))
    faults: list[QuarantinedRow] = field(default_factory=list)
    n_read: int = 0


@dataclass(slots=True)
class Reading:
    """A table that was opened.

    Attributes:
        pieces: Its rows, a piece at a time, in order; can be gone through once.
        digest: SHA-256 of the file, or over the files; None where the table was in memory.
        revision: Commit of a hub data set.
    """

    pieces: Iterator[Table]
    digest: str | None = None
    revision: str | None = None


def file_problem(source: Source, suffixes: Iterable[str]) -> str | None:
    """Say why a path cannot be a table, or nothing."""
    path = source.path
    if not path.is_file():
        return source.problem("path", "be a readable file", repr(str(path)), do=_neighbour(path))
    if path.suffix.lower() not in suffixes:
        return source.problem(
            "path",
            f"end in one of {', '.join(suffixes)}",
            repr(path.name),
            do="The suffix chooses the format.",
        )
    if path.stat().st_size == 0:
        return source.problem("path", "hold a table", f"the empty file {path.name}")
    return None


def column_problems(source: Source, header: Sequence[str], *, hint: str = "") -> list[str]:
    """Name every wanted column that the header lacks, and every name that stands there twice."""
    problems = []
    doubled = sorted({name for name in header if name and header.count(name) > 1})
    if doubled:
        problems.append(
            source.problem(
                "path",
                "name each column once",
                f"{shown_columns(doubled)} more than once in {source.name}",
                do="Rename or remove the repeated columns.",
            )
        )
    for key, column in source.wanted.items():
        if column in header:
            continue
        problems.append(
            must(
                key,
                f"name a column of {source.name}",
                column,
                place=source.place,
                do=f"{nearest(column, list(filter(_is_name, header)))} The columns are: {shown_columns(header)}.{hint}".strip(),
            )
        )
    return problems


def shown_columns(names: Sequence[str]) -> str:
    """List column names for a message; what is too long to be a name is not shown."""
    shown = [
        repr(name) if _is_name(name) else f"<{len(name)} characters>"
        for name in names[:_SHOWN_COLUMNS]
    ]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _is_name(name: str) -> bool:
    # a file without a header has its first row there, and a text must not enter a message
    return len(name) <= _SHOWN_CHARS and len(name.split()) <= _SHOWN_WORDS


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return f"The folder {path.parent} does not exist."
    return nearest(path.name, sorted(one.name for one in path.parent.iterdir())).strip()
