"""Read any table, chosen by its suffix, after its encoding was checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

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
from harness.data.jsonlines import read_json_lines
from harness.data.memory import read_memory
from harness.data.parquet import read_parquet
from harness.data.source import Source, Table, file_problem
from harness.errors import DataError, raise_all
from harness.files import sha256_file

_TEXT_READERS: dict[str, Callable[[Source], Table]] = {
    ".csv": partial(read_delimited, delimiter=","),
    ".tsv": partial(read_delimited, delimiter="\t"),
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json_lines,
}
SUFFIXES = (*_TEXT_READERS, ".parquet")
"""Suffixes that can be read."""


def read_table(source: Source) -> Table:
    """Read the wanted columns of a file, or of a table in memory.

    Raises:
        DataError: If the file is missing, empty, of another format or encoding, or lacks a column.
    """
    if source.memory is not None:
        return read_memory(source, source.memory)
    try:
        problem = file_problem(source, SUFFIXES)
        raise_all(DataError, [problem] if problem else [])
        suffix = source.path.suffix.lower()
        if suffix not in _TEXT_READERS:
            table = read_parquet(source)
            table.file_digest = sha256_file(source.path)
            return table
        digest = _checked(source)
        table = _TEXT_READERS[suffix](source)
    except OSError as err:
        got = f"{source.path.name}: {err.strerror or err}"
        raise DataError(source.problem("path", "be a readable file", got)) from err
    table.file_digest = digest
    return table


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
    return source.problem("encoding", f"fit {source.path.name}", got, do=do)
