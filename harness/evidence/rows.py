"""Taking one example out of the files of a personal part."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import IntegrityError, Phrase, UsageError, must
from harness.files import write_whole

if TYPE_CHECKING:
    import pyarrow as pa

ID = "example_id"
ERASED = "[erased]"
"""What stands for a sentence about a row that was set aside, when it names what was erased."""


@dataclass(slots=True)
class Gone:
    """What was taken out so far.

    Attributes:
        n_rows: How many rows.
        values: Texts, group values and id of them: personal data, never written.
    """

    n_rows: int = 0
    values: set[str] = field(default_factory=set)


def take_out(source: Path, target: Path, example: str, gone: Gone) -> bool:
    """Write a file again without an example; tables come before documents, which may quote them.

    Args:
        source: A Parquet or JSON file.
        target: Where to; not written when the file does not hold the example.
        example: Its id.
        gone: What was taken out, added to here.

    Returns:
        Whether anything was taken out.

    Raises:
        UsageError: If the file is of a kind that cannot be searched.
        IntegrityError: If it cannot be read.
    """
    if source.suffix == ".parquet":
        return _from_table(source, target, example, gone)
    if source.suffix == ".json":
        return _from_document(source, target, example, gone)
    do = "Erase the whole personal part: assay erase RUN --all"
    what = "be a Parquet or JSON file, to be searched for an example"
    raise UsageError(must(f"personal/{source.name}", what, Phrase("another kind"), do=do))


def _from_table(source: Path, target: Path, example: str, gone: Gone) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from harness.predictions import write_blocks

    try:
        with pq.ParquetFile(source) as file:
            if ID not in file.schema_arrow.names:
                return False
            ids = file.read([ID]).column(0)
            found = int(pc.sum(pc.equal(ids, example)).as_py() or 0)
            if not found:
                return False
            metadata = {
                key.decode(): value.decode()
                for key, value in (file.schema_arrow.metadata or {}).items()
                if not key.startswith(b"ARROW:")
            }
            write_blocks(target, _kept(file, example, gone), metadata or None)
    except pa.ArrowException as err:
        raise IntegrityError(
            must(f"personal/{source.name}", "be a Parquet file", Phrase("something else"))
        ) from err
    gone.n_rows += found
    return True


def _kept(file: Any, example: str, gone: Gone) -> Iterator[pa.Table]:
    import pyarrow.compute as pc

    for number in range(file.num_row_groups):
        table = file.read_row_group(number)
        is_it = pc.fill_null(pc.equal(table[ID], example), False)
        for row in table.filter(is_it).to_pylist():
            gone.values |= {value for value in row.values() if isinstance(value, str) and value}
        yield table.filter(pc.invert(is_it))


def _from_document(source: Path, target: Path, example: str, gone: Gone) -> bool:
    try:
        old = json.loads(source.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as err:
        raise IntegrityError(
            must(f"personal/{source.name}", "be JSON", Phrase("something else"))
        ) from err
    # a text of one word would be found in half of all sentences; group values stand there by the dozen
    long = {value for value in gone.values if len(value) >= 12}
    quoted = re.compile("|".join(re.escape(one) for one in sorted(long, key=len, reverse=True)))
    named = re.compile(rf"(?<![\w-]){re.escape(example)}(?![\w-])")
    new = _without(
        old, example, lambda text: bool((long and quoted.search(text)) or named.search(text))
    )
    if new == old:
        return False
    write_whole(target, json.dumps(new, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return True


def _without(data: Any, example: str, tells_of: Any) -> Any:
    if isinstance(data, list):
        kept = [one for one in data if not (isinstance(one, dict) and one.get(ID) == example)]
        return [_without(one, example, tells_of) for one in kept]
    if isinstance(data, dict):
        return {
            name: ERASED
            if name == "detail" and isinstance(value, str) and tells_of(value)
            else _without(value, example, tells_of)
            for name, value in data.items()
        }
    return data
