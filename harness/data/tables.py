"""Read any table: a file by its suffix, a folder, a data set of the hub, or one in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from harness.data.delimited import read_delimited
from harness.data.encoding import (
    BadByte,
    check_file,
    is_damaged_utf8,
    known_codec,
    looks_wide,
    propose,
    sample_around,
)
from harness.data.folders import open_folder
from harness.data.hub import open_hub
from harness.data.jsonlines import read_json_lines
from harness.data.memory import read_memory
from harness.data.parquet import read_parquet
from harness.data.source import Reading, Source, Table, file_problem
from harness.errors import DataError, raise_all
from harness.files import sha256_file

_TEXT_READERS: dict[str, Callable[[Source], Iterator[Table]]] = {
    ".csv": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json_lines,
}
SUFFIXES = (*_TEXT_READERS, ".parquet")
"""Suffixes that can be read."""


def open_table(source: Source) -> Reading:
    """Open a file, a folder, a data set of the hub or a table in memory; rows come in pieces.

    Raises:
        DataError: If it is missing, empty, of another format or encoding. While the pieces are gone
            through: if a column is lacking, or what comes later cannot be read.
    """
    try:
        found = _opened(source)
    except OSError as err:
        raise DataError(_unreadable(source, err)) from err
    return replace(found, pieces=_guarded(source, found.pieces))


def read_table(source: Source) -> Table:
    """Read a whole table; for those that are small beside the rows.

    Raises:
        DataError: As ``open_table``, and while its pieces are gone through.
    """
    whole = Table(columns={})
    for piece in open_table(source).pieces:
        for name, values in piece.columns.items():
            whole.columns.setdefault(name, []).extend(values)
        whole.line.extend(piece.line)
        whole.row.extend(piece.row)
        whole.faults.extend(piece.faults)
        whole.n_read += piece.n_read
    return whole


def table_digest(path: Path, *, split: str | None = None) -> str:
    """Return the digest of a file or folder as ``open_table`` finds it, without reading its rows."""
    if not path.is_dir():
        return sha256_file(path)
    return open_folder(Source(path, "utf-8", "path", "", {}, split=split)).digest or ""


def _opened(source: Source) -> Reading:
    if source.memory is not None:
        return Reading(read_memory(source, source.memory))
    if source.hub is not None:
        return open_hub(source, source.hub)
    if source.path.is_dir():
        return open_folder(source)
    problem = file_problem(source, SUFFIXES)
    raise_all(DataError, [problem] if problem else [])
    if source.split is not None:
        got = f"{source.split!r}, and {source.path.name} is one table"
        raise DataError(source.problem("split", "be left out", got))
    suffix = source.path.suffix.lower()
    if suffix not in _TEXT_READERS:
        return Reading(read_parquet(source, [source.path]), sha256_file(source.path))
    digest = _checked(source)
    return Reading(_TEXT_READERS[suffix](source), digest)


def _guarded(source: Source, pieces: Iterator[Table]) -> Iterator[Table]:
    try:
        yield from pieces
    except OSError as err:
        raise DataError(_unreadable(source, err)) from err


def _unreadable(source: Source, err: OSError) -> str:
    got = f"{source.name}: {err.strerror or err}"
    return source.problem("path", "be a readable file", got)


def _checked(source: Source) -> str:
    """Return the digest of a text file that is in its encoding."""
    if known_codec(source.encoding) is None:
        got, do = repr(source.encoding), "For example utf-8 or gb18030."
        raise DataError(source.problem("encoding", "be a text codec that Python knows", got, do=do))
    digest, bad = check_file(source.path, source.encoding)
    with source.path.open("rb") as stream:
        head = stream.read(4096)
    if bad is None and looks_wide(head) and not _is_wide(source.encoding):
        bad = BadByte(head.index(0), 1)
    if bad is not None:
        raise DataError(_wrong_encoding(source, bad))
    return digest


def _is_wide(encoding: str) -> bool:
    return (known_codec(encoding) or "").startswith(("utf-16", "utf-32"))


def _wrong_encoding(source: Source, bad: BadByte) -> str:
    on_line = "" if bad.line is None else f" on line {bad.line}"
    got = f"{source.encoding!r}, which fails at byte {bad.position}{on_line}"
    proposed = propose(source.path, bad.position)
    do = f"Write encoding: {proposed}." if proposed else "Save the file as UTF-8."
    is_utf8 = known_codec(source.encoding) == "utf-8"
    if is_utf8 and is_damaged_utf8(sample_around(source.path, bad.position)):
        do = "The file is UTF-8 apart from few damaged bytes; repair or remove that row."
    return source.problem("encoding", f"fit {source.name}", got, do=do)
