"""A folder that holds a table: written by ``datasets`` (``save_to_disk``), or shards of Parquet.

Such folders are read with pyarrow alone: their rows are Arrow streams, and what their columns mean
stands in JSON beside them. Nothing that lies in them is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data.arrow import arrow_pieces
from harness.data.parquet import read_parquet
from harness.data.source import PIECE, Reading, Source, column_problems
from harness.errors import DataError, nearest, raise_all
from harness.files import digest_of, sha256_file

if TYPE_CHECKING:
    import pyarrow as pa

STATE = "state.json"
INFO = "dataset_info.json"
PARTS = "dataset_dict.json"


@dataclass(frozen=True, slots=True)
class ArrowFolder:
    """Arrow streams and what their columns mean.

    Attributes:
        files: The streams, in order.
        classes: Column of class ids → their names.
        digested: Every file that says what the rows are.
    """

    files: tuple[Path, ...]
    classes: dict[str, list[str]] = field(default_factory=dict)
    digested: tuple[Path, ...] = ()


def open_folder(source: Source) -> Reading:
    """Open a folder that holds a table.

    Raises:
        DataError: If it holds none, or several and ``split`` does not name one.
    """
    folder = source.path
    if (folder / PARTS).is_file():
        return _open_saved(source, folder / _part(source, folder))
    if (folder / STATE).is_file():
        if source.split is not None:
            got = f"{source.split!r}, and {folder.name} holds one data set"
            raise DataError(source.problem("split", "be left out", got))
        return _open_saved(source, folder)
    files = _shards(source, folder)
    return Reading(read_parquet(source, files), digest_files(folder, files))


def digest_files(folder: Path, files: Sequence[Path]) -> str:
    """Return one SHA-256 over files of a folder: their names below it and their bytes."""
    return digest_of({path.relative_to(folder).as_posix(): sha256_file(path) for path in files})


def read_arrow(source: Source, found: ArrowFolder) -> Reading:
    """Read Arrow streams as one table, memory-mapped, a piece at a time."""
    names = list(dict.fromkeys(source.wanted.values()))
    pieces = arrow_pieces(source, _batches(source, found.files, names), names, found.classes)
    return Reading(pieces, digest_files(found.files[0].parent, found.digested or found.files))


def class_names_of(features: Any) -> dict[str, list[str]]:
    """Return column → class names from the ``features`` of a ``dataset_info.json``."""
    if not isinstance(features, dict):
        return {}
    return {
        name: [str(one) for one in kind["names"]]
        for name, kind in features.items()
        if isinstance(kind, dict)
        and kind.get("_type") == "ClassLabel"
        and isinstance(kind.get("names"), list)
    }


def pick_split(source: Source, known: Sequence[str]) -> str:
    """Return the split that is meant: the one that is named, or the only one.

    Raises:
        DataError: If none is named although there are several, or another one is.
    """
    split = source.split
    if split is None and len(known) == 1:
        return known[0]
    if split is None or split not in known:
        do = nearest(split or "", known).strip()
        got = "none" if split is None else repr(split)
        raise DataError(source.problem("split", f"be one of {', '.join(known)}", got, do=do))
    return split


def _part(source: Source, folder: Path) -> str:
    parts = _json(source, folder / PARTS).get("splits")
    known = [one for one in parts if isinstance(one, str)] if isinstance(parts, list) else []
    # a name from a file must not lead out of the folder
    known = [one for one in known if "/" not in one and "\\" not in one and one not in ("", "..")]
    if not known:
        raise DataError(source.problem("path", "hold a data set", f"no split in {folder.name}"))
    return pick_split(source, known)


def _open_saved(source: Source, folder: Path) -> Reading:
    data = _json(source, folder / STATE).get("_data_files")
    names = [one.get("filename") for one in data] if isinstance(data, list) else []
    files = tuple(folder / Path(str(name)).name for name in names)
    absent = [path.name for path in files if not path.is_file()]
    if absent or not files:
        got = f"no {', '.join(absent) or 'data file'} in {folder.name}"
        do = "The copy is not whole; save it again."
        raise DataError(source.problem("path", "hold every file of its data set", got, do=do))
    info = folder / INFO
    classes = class_names_of(_json(source, info).get("features")) if info.is_file() else {}
    digested = (*files, info) if info.is_file() else files
    return read_arrow(source, ArrowFolder(files, classes, digested))


def _json(source: Source, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        got = f"a damaged {path.name} in {path.parent.name}"
        raise DataError(source.problem("path", "be a folder that datasets wrote", got))
    return found


def _shards(source: Source, folder: Path) -> list[Path]:
    files = sorted(path for path in folder.glob("*.parquet") if not path.name.startswith("."))
    if source.split is not None and files:
        known = sorted({path.stem.split("-")[0] for path in files})
        wanted = pick_split(source, known)
        files = [path for path in files if path.stem.split("-")[0] == wanted]
    if not files:
        do = "Or write hub: for a data set of the Hugging Face hub."
        what = "be a file, a folder that datasets wrote with save_to_disk, or one of Parquet files"
        raise DataError(source.problem("path", what, f"the folder {folder}", do=do))
    return files


def _batches(
    source: Source, files: Sequence[Path], names: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    for path in files:
        try:
            with pa.memory_map(str(path)) as stream, pa.ipc.open_stream(stream) as reader:
                raise_all(DataError, column_problems(source, reader.schema.names))
                for batch in reader:
                    for start in range(0, batch.num_rows, PIECE):
                        yield batch.select(list(names)).slice(start, PIECE)
        except (pa.ArrowException, OSError) as err:
            got = f"a damaged {path.name}"
            raise DataError(source.problem("path", "be readable", got)) from err
