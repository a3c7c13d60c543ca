"""Attributions in a bundle: Parquet shards, addressed by example id and position, without any text.

They lie in ``attributions/<12 of the digest of method and reference>/<data set>/``, one row of a
file for each explained row: what was explained, between which two outputs, how sure that is, and a
list of values. Where the model can say it, three more lists place every value in the input: the
text that its part belongs to (0, or 1 for the second of a pair) and the characters where it starts
and stops, so that a reader who has the texts needs no model. -1 stands for special tokens.

Legend of shapes: k rows, p parts of a row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attributions import Attributions, Method
from harness.errors import IntegrityError, must
from harness.files import digest_of, sha256_bytes, sorted_json, whole_file

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

ATTRIBUTIONS = "attributions"
"""Folder of a bundle that holds them."""

FORMAT = "modelassay/attributions/v1"

_WHOLE = ("row", "target", "runner_up", "n_gradients", "n_forwards")
_REAL = ("whole", "blank", "gap", "top_overlap")
_PLACES = ("text_index", "start", "stop")


@dataclass(frozen=True, slots=True)
class Placed:
    """Attributions of rows of one data set, and where their parts stand.

    Attributes:
        dataset: Name of the data set.
        example_id: Ids, shape [k], objects of type str.
        row: Positions among the rows that the audit was given, shape [k].
        truncated: Whether an input was longer than the model reads, shape [k].
        found: The attributions.
        spans: Text index, start and stop of each value, shape [sum of p, 3]; None where the model
            cannot say.
    """

    dataset: str
    example_id: NDArray[np.object_]
    row: NDArray[np.int64]
    truncated: NDArray[np.bool_]
    found: Attributions
    spans: NDArray[np.int64] | None

    def digest(self) -> str:
        """Return one SHA-256 over everything in it."""
        found = self.found
        told = [FORMAT, self.dataset, asdict(found.method), self.spans is not None]
        head = sorted_json([*told, self.example_id.tolist(), found.status.tolist()])
        arrays = [found.starts, found.values, self.row, self.truncated.astype(np.uint8)]
        arrays += [getattr(found, name) for name in (*_WHOLE[1:], *_REAL)]
        arrays += [] if self.spans is None else [self.spans]
        return sha256_bytes(
            b"\x01".join([head, *(np.ascontiguousarray(each).tobytes() for each in arrays)])
        )


def folder_of(method: Method, reference: Sequence[bytes] | None) -> str:
    """Return the folder of a method: 12 hex digits over all that it says and its reference.

    Args:
        method: How attributions are computed.
        reference: Content keys of the reference population, in order; None without one.
    """
    keys = None if reference is None else [key.hex() for key in reference]
    return digest_of({"method": asdict(method), "reference": keys})[:12]


def joined(parts: Sequence[Placed]) -> Placed:
    """Return shards of one data set and method as one, in their order."""
    first = parts[0]
    counts = np.concatenate([np.diff(each.found.starts) for each in parts])
    rest = {
        one.name: np.concatenate([getattr(each.found, one.name) for each in parts])
        for one in fields(Attributions)
        if one.name not in ("method", "starts")
    }
    spans = [each.spans for each in parts if each.spans is not None]
    return Placed(
        dataset=first.dataset,
        example_id=np.concatenate([each.example_id for each in parts]),
        row=np.concatenate([each.row for each in parts]),
        truncated=np.concatenate([each.truncated for each in parts]),
        found=Attributions(
            method=first.found.method,
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            **rest,
        ),
        spans=np.concatenate(spans) if len(spans) == len(parts) else None,
    )


def write_shard(path: Path, key: str, placed: Placed) -> None:
    """Write one shard, whole or not at all.

    Args:
        path: Where to.
        key: Digest of everything that the shard was computed from.
        placed: What it holds.

    Raises:
        IncompleteError: If the disk is full or the place cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = placed.found
    starts = pa.array(found.starts.astype(np.int32))
    spans = placed.spans

    def listed(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
        return pa.ListArray.from_arrays(starts, pa.array(values, kind))

    columns: dict[str, pa.Array] = {"example_id": pa.array(placed.example_id, pa.string())}
    columns["row"] = pa.array(placed.row, pa.int64())
    columns |= {name: pa.array(getattr(found, name), pa.int64()) for name in _WHOLE[1:]}
    columns |= {name: pa.array(getattr(found, name), pa.float64()) for name in _REAL}
    columns["status"] = pa.array(found.status, pa.string())
    columns["truncated"] = pa.array(placed.truncated, pa.bool_())
    columns["values"] = listed(found.values, pa.float64())
    for index, name in enumerate(_PLACES):
        columns[name] = (
            pa.nulls(found.n, pa.list_(pa.int64()))
            if spans is None
            else listed(np.ascontiguousarray(spans[:, index]), pa.int64())
        )
    told = {"format": FORMAT, "key": key, "dataset": placed.dataset, "digest": placed.digest()}
    told["method"] = sorted_json(asdict(found.method)).decode()
    with whole_file(path) as part:
        pq.write_table(pa.table(columns).replace_schema_metadata(told), part, compression="zstd")


def read_shard(path: Path, key: str | None = None) -> Placed:
    """Read one shard and check that it is what it says.

    Args:
        path: Its file.
        key: What it must have been computed from; None for anything.

    Raises:
        IntegrityError: If it is damaged, of another format, or was computed from something else.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        told = {name.decode(): text.decode() for name, text in table.schema.metadata.items()}
        placed = _placed(table, told)
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError, AttributeError) as err:
        raise IntegrityError(f"{path.name} must hold attributions, got a damaged file.") from err
    if told.get("format") != FORMAT:
        raise IntegrityError(must(path.name, f"have the format {FORMAT}", told.get("format")))
    if key is not None and told["key"] != key:
        raise IntegrityError(must(path.name, f"have the key {key}", told["key"]))
    if told["digest"] != placed.digest():
        raise IntegrityError(
            must(path.name, f"have the content digest {told['digest']}", placed.digest())
        )
    return placed


def stored(bundle: Path) -> list[Placed]:
    """Return all attributions of a bundle: one for each method and data set, by folder and name.

    Shards that cover the same rows again, as a longer sample may, give each row once.

    Raises:
        IntegrityError: If a shard is not what it says.
    """
    root = bundle / ATTRIBUTIONS
    groups: dict[Path, list[Placed]] = {}
    for path in sorted(root.glob("*/*/*.parquet")):
        groups.setdefault(path.parent, []).append(read_shard(path))
    return [_each_once(joined(parts)) for _, parts in sorted(groups.items())]


def chosen(placed: Placed, index: NDArray[np.int64]) -> Placed:
    """Return some rows, shape [m], in the order given."""
    found = placed.found
    spots = [np.arange(found.starts[i], found.starts[i + 1]) for i in index.tolist()]
    flat = np.concatenate([np.zeros(0, dtype=np.int64), *spots]).astype(np.int64)
    rest = {
        one.name: getattr(found, one.name)[index]
        for one in fields(Attributions)
        if one.name not in ("method", "starts", "values")
    }
    return Placed(
        dataset=placed.dataset,
        example_id=placed.example_id[index],
        row=placed.row[index],
        truncated=placed.truncated[index],
        found=Attributions(
            method=found.method,
            starts=np.cumsum([0, *map(len, spots)]).astype(np.int64),
            values=found.values[flat],
            **rest,
        ),
        spans=None if placed.spans is None else placed.spans[flat],
    )


def _each_once(placed: Placed) -> Placed:
    first = np.unique(placed.example_id.astype(str), return_index=True)[1]
    return placed if len(first) == placed.found.n else chosen(placed, np.sort(first))


def _placed(table: pa.Table, told: dict[str, str]) -> Placed:
    def column(name: str, kind: type) -> NDArray[Any]:
        values = table[name].combine_chunks().to_numpy(zero_copy_only=False)
        return np.asarray(values).astype(kind)

    values = table["values"].combine_chunks()
    places = [table[name].combine_chunks() for name in _PLACES]
    has_places = not any(each.null_count for each in places)
    flat = [each.flatten().to_numpy(zero_copy_only=False) for each in places]
    found = Attributions(
        method=Method(**json.loads(told["method"])),
        starts=values.offsets.to_numpy(zero_copy_only=False).astype(np.int64),
        values=values.flatten().to_numpy(zero_copy_only=False).astype(np.float64),
        status=column("status", object),
        **{name: column(name, np.int64) for name in _WHOLE[1:]},
        **{name: column(name, np.float64) for name in _REAL},
    )
    return Placed(
        dataset=told["dataset"],
        example_id=column("example_id", object),
        row=column("row", np.int64),
        truncated=column("truncated", np.bool_),
        found=found,
        spans=np.stack(flat, axis=1).astype(np.int64) if has_places else None,
    )
