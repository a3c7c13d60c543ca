"""Predictions: what a model answered for every example of a data set, written once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import IntegrityError, ShapeError
from harness.files import sha256_bytes, whole_file

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from harness.records import GroupPlan, Message

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]
    LogitArray = NDArray[np.float32]
    BoolArray = NDArray[np.bool_]
    TextArray = NDArray[np.object_]

_FORMAT = "modelassay/predictions/v1"

BLOCK = 100_000
"""Rows that are written at a time."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """Answers for one data set; row i of every array belongs to ``example_id[i]``.

    Attributes:
        dataset: Name of the data set.
        example_id: Unique ids, shape [n], objects of type str.
        decision: Class after threshold or argmax, shape [n], int64, 0 <= decision < c.
        n_classes: c.
        scores: Class probabilities, shape [n, c], float64, rows sum to 1; None for hard decisions.
        logits: Before softmax, shape [n, c], float32; None where only scores or decisions are known.
        label: True class, shape [n], int64; None without labels.
        groups: Column → group value per example, each shape [n], objects of type str; ``""`` where
            the value is missing. A row of several groups has them all in one cell, see
            ``harness.records.members``.
        group_plans: Group column → what was planned of it.
        controls: Control feature column → value per example, like groups; each cell is one value.
        cluster: Cluster id per example, shape [n], objects of type str; None without clusters.
        truncated: Whether the input was longer than the model reads, shape [n], bool.
        caveats: What a reader must know of these answers, for the record of the run.
    """

    dataset: str
    example_id: TextArray
    decision: IntArray
    n_classes: int
    scores: FloatArray | None = None
    logits: LogitArray | None = None
    label: IntArray | None = None
    groups: dict[str, TextArray] = field(default_factory=dict)
    group_plans: dict[str, GroupPlan] = field(default_factory=dict)
    controls: dict[str, TextArray] = field(default_factory=dict)
    cluster: TextArray | None = None
    truncated: BoolArray | None = None
    caveats: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        n, c = len(self.example_id), self.n_classes
        shapes: list[tuple[str, NDArray[Any] | None, tuple[int, ...]]] = [
            ("decision", self.decision, (n,)),
            ("scores", self.scores, (n, c)),
            ("logits", self.logits, (n, c)),
            ("label", self.label, (n,)),
            ("cluster", self.cluster, (n,)),
            ("truncated", self.truncated, (n,)),
            *((f"groups.{name}", values, (n,)) for name, values in self.groups.items()),
            *((f"controls.{name}", values, (n,)) for name, values in self.controls.items()),
        ]
        problems = [
            f"{name} must have shape {list(shape)}, got {list(array.shape)}."
            for name, array, shape in shapes
            if array is not None and array.shape != shape
        ]
        if problems:
            raise ShapeError(*problems)

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.example_id)

    def digest(self) -> str:
        """Return one SHA-256 over ids, labels, decisions, scores and logits, in order."""
        parts = [_FORMAT.encode(), self.dataset.encode(), str(self.n_classes).encode()]
        parts.append("\x00".join(self.example_id.tolist()).encode())
        for array, kind in (
            (self.label, "<i8"),
            (self.decision, "<i8"),
            (self.scores, "<f8"),
            (self.logits, "<f4"),
            (self.truncated, "<u1"),
        ):
            parts.append(
                b"-" if array is None else np.ascontiguousarray(array).astype(kind).tobytes()
            )
        return sha256_bytes(b"\x01".join(sha256_bytes(part).encode() for part in parts))


def write_predictions(path: Path, sets: list[Predictions]) -> dict[str, str]:
    """Write the predictions of all data sets into one Parquet file; group values are not in it.

    Returns:
        Content digest per data set, also stored in the file's metadata.
    """
    digests = {one.dataset: one.digest() for one in sets}
    metadata = {"format": _FORMAT, **{f"digest:{name}": value for name, value in digests.items()}}
    metadata |= {f"classes:{one.dataset}": str(one.n_classes) for one in sets}
    blocks = (_to_table(one, rows) for one in sets for rows in blocks_of(one.n))
    write_blocks(path, blocks, metadata)
    return digests


def blocks_of(n: int) -> Iterator[slice]:
    """Cut n rows into blocks; one empty block where there is no row."""
    for start in range(0, max(n, 1), BLOCK):
        yield slice(start, start + BLOCK)


def write_blocks(
    path: Path, blocks: Iterable[pa.Table], metadata: dict[str, str] | None = None
) -> None:
    """Write tables of one schema below each other into a Parquet file, one in memory at a time.

    Raises:
        IncompleteError: If the disk is full or the place cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with whole_file(path) as part, ExitStack() as stack:
        writer = None
        for block in blocks:
            table = block.replace_schema_metadata(metadata)
            if writer is None:
                new = pq.ParquetWriter(part, table.schema, compression="zstd")
                writer = stack.enter_context(new)
            writer.write_table(table)
    # what is freed would stay with Arrow, and the audits come next
    pa.default_memory_pool().release_unused()


def read_predictions(path: Path) -> list[Predictions]:
    """Read what ``write_predictions`` wrote, without groups and clusters, and check its digests.

    Raises:
        IntegrityError: If the file is damaged, of another format, or not what its digest says.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as err:
        raise IntegrityError(
            f"{path.name} must be a Parquet file of predictions, got a damaged file."
        ) from err
    metadata = {
        key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()
    }
    if metadata.get("format") != _FORMAT:
        raise IntegrityError(
            f"{path.name} must have the format {_FORMAT}, got {metadata.get('format')!r}."
        )
    names = np.array(table["dataset"].to_pylist(), dtype=object)
    sets = []
    for key, digest in metadata.items():
        if not key.startswith("digest:"):
            continue
        name = key.removeprefix("digest:")
        one = _from_table(
            table.filter(pa.array(names == name)), name, int(metadata[f"classes:{name}"])
        )
        if one.digest() != digest:
            raise IntegrityError(
                f"{path.name} must have the content digest {digest} for {name!r}, got {one.digest()}."
            )
        sets.append(one)
    return sets


def _to_table(one: Predictions, rows: slice) -> pa.Table:
    import pyarrow as pa

    example_id = one.example_id[rows]
    n, c = len(example_id), one.n_classes

    def vector(array: NDArray[Any] | None, kind: pa.DataType) -> pa.Array:
        return pa.nulls(n, kind) if array is None else pa.array(array[rows], kind)

    def matrix(array: NDArray[np.floating] | None, kind: pa.DataType) -> pa.Array:
        if array is None:
            return pa.nulls(n, pa.list_(kind))
        offsets = pa.array(np.arange(0, n * c + 1, c, dtype=np.int32))
        return pa.ListArray.from_arrays(
            offsets, pa.array(np.ascontiguousarray(array[rows]).ravel(), kind)
        )

    return pa.table(
        {
            "dataset": pa.array([one.dataset] * n, pa.string()),
            "example_id": pa.array(example_id, pa.string()),
            "label": vector(one.label, pa.int64()),
            "decision": vector(one.decision, pa.int64()),
            "scores": matrix(one.scores, pa.float64()),
            "logits": matrix(one.logits, pa.float32()),
            "truncated": vector(one.truncated, pa.bool_()),
        }
    )


def _from_table(table: pa.Table, name: str, n_classes: int) -> Predictions:
    def vector(column: str, kind: type) -> Any:
        data = table[column].combine_chunks()
        if len(data) and data.null_count == len(data):
            return None
        return data.to_numpy(zero_copy_only=False).astype(kind)

    def matrix(column: str, kind: type) -> Any:
        data = table[column].combine_chunks()
        if data.null_count == len(data):
            return None
        return data.flatten().to_numpy(zero_copy_only=False).astype(kind).reshape(-1, n_classes)

    return Predictions(
        dataset=name,
        example_id=np.array(table["example_id"].to_pylist(), dtype=object),
        decision=table["decision"].to_numpy().astype(np.int64),
        n_classes=n_classes,
        scores=matrix("scores", np.float64),
        logits=matrix("logits", np.float32),
        label=vector("label", np.int64),
        truncated=vector("truncated", np.bool_),
    )
