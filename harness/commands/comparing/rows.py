"""The same rows decided by the models of two runs: joined by example id, with groups and clusters.

Rows are the same where the content digest of their data set is. Groups and clusters lie in the personal part of
a bundle; as the rows are the same, that of either run will do.

Legend: n examples, c classes.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import IntegrityError
from harness.evidence import Bundle, look_of
from harness.records import DatasetRef, Message, members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.predictions import Predictions

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    TextArray = NDArray[np.object_]

LEARNT = ("train", "validation")
ROWS = "personal/rows.parquet"


@dataclass(frozen=True)
class Column:
    """One group column of some rows.

    Attributes:
        cells: What each row has, shape [n]; ``""`` where nothing is known.
        of: Groups of each distinct cell.
    """

    cells: TextArray
    of: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def inside(self, group: str) -> BoolArray:
        """Return which rows are in a group, shape [n]."""
        held = {cell for cell, groups in self.of.items() if group in groups}
        return np.array([cell in held for cell in self.cells.tolist()], dtype=np.bool_)

    @cached_property
    def is_known(self) -> BoolArray:
        """Rows whose groups are known, if only that they are in none, shape [n]."""
        return np.array([cell != "" for cell in self.cells.tolist()], dtype=np.bool_)

    @cached_property
    def groups(self) -> list[str]:
        """Every group that occurs, sorted."""
        return sorted({group for groups in self.of.values() for group in groups})


@dataclass(frozen=True, slots=True)
class Rows:
    """One data set, decided twice.

    Attributes:
        dataset: Its name in the first run; ``second_name`` that in the second.
        first, second: Predictions of both runs in the same order.
        columns: Group column → groups of the rows; None where no personal part is at hand.
        cluster: Cluster of each row, shape [n]; None for independent rows.
        is_same_model: Whether both runs say that their model is the same, to the digest, with the same
            threshold, prompt and length.
    """

    dataset: str
    second_name: str
    first: Predictions
    second: Predictions
    columns: dict[str, Column] | None
    cluster: TextArray | None
    is_same_model: bool = False

    @property
    def label(self) -> IntArray | None:
        """True class, shape [n]."""
        return self.first.label

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.first.n

    @property
    def are_equal(self) -> bool:
        """Whether both runs answered alike on every row."""
        a, b = self.first, self.second
        if (a.scores is None) != (b.scores is None) or not np.array_equal(a.decision, b.decision):
            return False
        return a.scores is None or b.scores is None or np.array_equal(a.scores, b.scores)


def paired_rows(first: Bundle, second: Bundle, dataset: str) -> Rows | Message:
    """Return the rows of a test set with the answers of both runs, or why they cannot be paired.

    Args:
        first: A run.
        second: Another one.
        dataset: Test set of the first run.

    Raises:
        IntegrityError: If predictions or rows are not what their seals say.
    """
    mine = _ref(first, dataset)
    other = None if mine is None else _same_rows(second, mine)
    if mine is None or other is None:
        return Message.of(
            "compare.other-rows",
            "Not compared: data set {dataset} does not hold the rows that run {run} was measured on.",
            dataset=dataset,
            run=second.id,
        )
    if first.record.task.classes != second.record.task.classes:
        return Message.of(
            "compare.other-classes",
            "Not compared: run {run} decides between other classes.",
            run=second.id,
        )
    a, b = _predictions(first, dataset), _predictions(second, other.name)
    joined = None if a is None or b is None else _joined(a, b)
    if joined is None:
        return Message.of(
            "compare.no-predictions",
            "Not compared: the stored predictions of runs {first} and {second} are not about the same rows "
            "of data set {dataset}.",
            first=first.id,
            second=second.id,
            dataset=dataset,
        )
    columns, cluster = _personal(first, second, (mine, other), joined[0])
    if "cluster" in mine.roles and cluster is None:
        return Message.of(
            "compare.no-clusters",
            "Not compared: rows of data set {dataset} share clusters, and neither run has its personal "
            "part, which says which.",
            dataset=dataset,
        )
    return Rows(
        dataset=dataset,
        second_name=other.name,
        first=joined[0],
        second=joined[1],
        columns=columns,
        cluster=cluster,
        is_same_model=_identity(first) is not None and _identity(first) == _identity(second),
    )


def _identity(run: Bundle) -> tuple[object, ...] | None:
    """Return what decides every answer of a model; None where its weights are not known."""
    record = run.record
    if record.model.weights_digest is None:
        return None
    longest = (record.config.get("model") or {}).get("max_tokens")
    return look_of(record).model, record.task, longest, record.dtype


def _ref(run: Bundle, name: str) -> DatasetRef | None:
    return next((one for one in run.record.datasets if one.name == name), None)


def _same_rows(run: Bundle, ref: DatasetRef) -> DatasetRef | None:
    found = [
        one
        for one in run.record.datasets
        if one.content_digest == ref.content_digest and one.name not in LEARNT
    ]
    return next((one for one in found if one.name == ref.name), found[0] if found else None)


def _predictions(run: Bundle, name: str) -> Predictions | None:
    return next((one for one in run.predictions() if one.dataset == name), None)


def _joined(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions] | None:
    """Return the second predictions in the order of the first; None where the rows are others."""
    if a.n_classes != b.n_classes or sorted(a.example_id) != sorted(b.example_id):
        return None
    if np.array_equal(a.example_id, b.example_id):
        order = np.arange(a.n)
    else:
        place = {id: row for row, id in enumerate(b.example_id.tolist())}
        order = np.array([place[id] for id in a.example_id.tolist()], dtype=np.int64)
    label = None if b.label is None else b.label[order]
    if a.label is None or label is None:
        if a.label is not label:
            return None
    elif not np.array_equal(a.label, label):
        return None
    return a, replace(
        b,
        example_id=b.example_id[order],
        decision=b.decision[order],
        label=label,
        scores=None if b.scores is None else b.scores[order],
        logits=None,
        truncated=None,
    )


def _personal(
    first: Bundle, second: Bundle, refs: tuple[DatasetRef, DatasetRef], seen: Predictions
) -> tuple[dict[str, Column] | None, TextArray | None]:
    for run, ref in ((first, refs[0]), (second, refs[1])):
        if run.has_personal:
            found = _read(run, ref.name, seen.example_id.tolist())
            if found is not None:
                return found
    return None, None


def _read(
    run: Bundle, dataset: str, ids: list[str]
) -> tuple[dict[str, Column], TextArray | None] | None:
    """Return group columns and clusters in the order of ids; None where a row is gone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = run.read_bytes(ROWS)
    try:
        table = pq.read_table(io.BytesIO(raw))
        table = table.filter(pa.array(np.array(table["dataset"].to_pylist()) == dataset))
        names = [name for name in table.column_names if name.startswith("group:")]
        names += ["cluster"] if "cluster" in table.column_names else []
        known = table["example_id"].to_pylist()
        place = {id: row for row, id in enumerate(known)}
        if any(id not in place for id in ids):
            return None
        order = [place[id] for id in ids]
        columns = {name: table[name].to_pylist() for name in names}
    except (pa.ArrowException, KeyError) as err:
        raise IntegrityError(f"{ROWS} must be a Parquet file of rows, got another one.") from err
    cells = {
        name: np.array(["" if values[row] is None else values[row] for row in order], dtype=object)
        for name, values in columns.items()
        if any(values[row] is not None for row in order)
    }
    cluster = cells.pop("cluster", None)
    return {name.removeprefix("group:"): _column(one) for name, one in cells.items()}, cluster


def _column(cells: TextArray) -> Column:
    distinct = {str(cell) for cell in cells.tolist()}
    lists = {cell: _list(cell) for cell in distinct if cell}
    if lists and all(one is not None for one in lists.values()):
        of = {cell: tuple(one or ()) for cell, one in lists.items()}
    else:
        of = {cell: members(cell) for cell in distinct if cell}
    return Column(cells, of)


def _list(cell: str) -> list[str] | None:
    if not cell.startswith("["):
        return None
    try:
        found: Any = json.loads(cell)
    except ValueError:
        return None
    return found if isinstance(found, list) else None
