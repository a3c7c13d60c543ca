"""Look at a table whose columns nobody named yet: every column of its first rows."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data.encoding import known_codec, likely_encoding
from harness.errors import DataError, must
from harness.records import joined

_SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a table.

    Attributes:
        columns: Column → values as text; None where a value is missing. A list is held as
            ``harness.records.members`` takes it apart.
        encoding: Encoding that was used.
        n_rows: Rows that were looked at.
    """

    columns: dict[str, list[str | None]]
    encoding: str
    n_rows: int


def preview(path: Path, *, encoding: str | None = None, limit: int = 20_000) -> Preview:
    """Read the first rows of a table with all their columns.

    Args:
        path: CSV, TSV, JSON Lines or Parquet.
        encoding: Text encoding; None looks for the likely one.
        limit: Rows to look at.

    Raises:
        DataError: If the file is missing, empty, of another format, or has no header.
    """
    if not path.is_file():
        raise DataError(f"FILE must be a readable file, got {str(path)!r}. Check the path.")
    suffix = path.suffix.lower()
    if path.stat().st_size == 0:
        raise DataError(f"FILE must hold a header and rows, got the empty file {path.name}.")
    if encoding is not None and known_codec(encoding) is None:
        what = "be a text codec that Python knows"
        raise DataError(must("encoding", what, encoding, do="For example utf-8 or gb18030."))
    used = encoding or _encoding(path, suffix)
    rows = _READERS.get(suffix, _unknown)(path, used, limit)
    if not rows:
        raise DataError(_no_rows(path, suffix))
    names = list(dict.fromkeys(name for row in rows for name in row))
    if suffix in (".csv", ".tsv") and len(names) == 1:
        _check_separator(path, suffix, names[0])
    return Preview(
        {name: [_text(row.get(name)) for row in rows] for name in names}, used, len(rows)
    )


def _no_rows(path: Path, suffix: str) -> str:
    if _READERS.get(suffix) is not _json_lines:
        return f"FILE must hold a header and at least one row, got none in {path.name}."
    return (
        f"FILE must hold one JSON object on each line (JSON Lines), got no such line in {path.name}. "
        "Write each object of a JSON list on a line of its own."
    )


def _check_separator(path: Path, suffix: str, header: str) -> None:
    """Refuse a header that another separator would split: spreadsheets write CSV with several."""
    expected, word = ("\t", "tabs") if suffix == ".tsv" else (",", "commas")
    for found, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas")):
        if found != expected and found in header:
            advice = " or end its name in .tsv" if found == "\t" else ""
            raise DataError(
                f"FILE must have columns separated by {word}, got {name} in the header of "
                f"{path.name}. Save it with {word}{advice}."
            )


def _encoding(path: Path, suffix: str) -> str:
    if suffix == ".parquet":
        return "utf-8"
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE_BYTES)
    # a cut inside a character must not look like a wrong encoding
    cut = sample.rfind(b"\n")
    found = likely_encoding(sample[: cut + 1] if cut > 0 else sample)
    if found is None:
        raise DataError(
            f"FILE must be text in a known encoding, got {path.name}. Save it as UTF-8."
        )
    return found


def _delimited(path: Path, encoding: str, limit: int) -> list[dict[str, Any]]:
    codec = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        with path.open(encoding=codec, newline="") as stream:
            reader = csv.DictReader(stream, delimiter=delimiter, restval=None)
            rows = list(itertools.islice(reader, limit))
    except (UnicodeDecodeError, csv.Error) as err:
        raise DataError(f"FILE must be readable as {encoding}, got {path.name}: {err}.") from err
    return [{name: value for name, value in row.items() if name} for row in rows]


def _json_lines(path: Path, encoding: str, limit: int) -> list[dict[str, Any]]:
    rows = []
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as stream:
        for line in itertools.islice(stream, limit):
            try:
                row = json.loads(line)
            except ValueError:
                continue  # `assay run` counts and lists such lines
            if isinstance(row, dict):
                rows.append(row)
    return rows


def _parquet(path: Path, encoding: str, limit: int) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batch = next(pq.ParquetFile(path).iter_batches(batch_size=limit), None)
    except (pa.ArrowException, OSError) as err:
        raise DataError(f"FILE must be Parquet, got {path.name}, which is damaged.") from err
    return [] if batch is None else batch.to_pylist()


def _unknown(path: Path, encoding: str, limit: int) -> list[dict[str, Any]]:
    raise DataError(f"FILE must end in one of {', '.join(_READERS)}, got {path.name!r}.")


_READERS = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_lines,
    ".parquet": _parquet,
}


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return joined(str(one) for one in value)
    return value if isinstance(value, str) else str(value)
