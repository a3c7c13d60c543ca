"""Dataset: rows with roles, in memory, after quarantine and limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.data.identity import content_digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import DatasetRef, GroupPlan, Message


FURTHER = "text."
"""What the columns of a row's texts after the second are called by where rows are written; with its number."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that was set aside.

    Attributes:
        line: Line of the file on which the row starts, from 1; the row number where files have no
            lines (Parquet), from 1.
        reason: One of ``harness.data.REASONS``.
        detail: What exactly is wrong; personal data.
    """

    line: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows of one data set; position i of every array is the same row.

    Attributes:
        ref: Identity and counts for the record.
        example_id: Unique ids, shape [n], str objects.
        inputs: A text, a pair of texts, prompt and completion, or prompt and choices, per row; empty
            texts where ``has_inputs`` is False.
        label: Class ids, shape [n], int64; None without a label role.
        groups: Column → value per row, str objects, shape [n]; ``""`` where missing. A row of
            several groups has them all in one cell, see ``harness.records.members``.
        group_plans: Column of ``groups`` → what is planned of it.
        control: Column → value per row, like groups.
        cluster: Cluster id per row, shape [n], str objects; None without a cluster role.
        extra: Other roles (rationale, member, weight, time, split_by) → values, shape [n], objects.
            Weights are floats, rationales as they stand in the file, the others str.
        quarantined: Rows set aside, in file order. The parts of a split all carry those of the file.
        row_number: Position of each row among all rows that were read, from 0, shape [n], int64;
            None for rows that came from memory.
        left_out: Ids that stand in the file but not here (quarantine, limit, the other side of a
            split); empty without an id role.
        caveats: What a reader must know of these rows, for the record of the run.
        has_inputs: Whether the rows hold what a model would read. Stored predictions can be audited
            without; nothing is ever counted or measured on the empty texts.
    """

    ref: DatasetRef
    example_id: NDArray[np.object_]
    inputs: list[str | tuple[str, ...]]
    label: NDArray[np.int64] | None = None
    groups: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    group_plans: dict[str, GroupPlan] = field(default_factory=dict)
    control: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    cluster: NDArray[np.object_] | None = None
    extra: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    quarantined: tuple[QuarantinedRow, ...] = ()
    row_number: NDArray[np.int64] | None = None
    left_out: frozenset[str] = frozenset()
    caveats: tuple[Message, ...] = ()
    has_inputs: bool = True

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.example_id)


def digest_rows(dataset: Dataset) -> str:
    """Return the content digest: SHA-256 over ids, inputs, labels, groups and roles, in order."""
    pair = bool(dataset.inputs) and isinstance(dataset.inputs[0], tuple)
    columns: dict[str, Sequence[object]] = {"id": dataset.example_id.tolist()}
    if not dataset.has_inputs:
        pass
    elif pair:
        for i in range(len(dataset.inputs[0])):
            columns[f"text.{i}"] = [text[i] for text in dataset.inputs]
    else:
        columns["text"] = dataset.inputs
    if dataset.label is not None:
        columns["label"] = dataset.label.tolist()
    if dataset.cluster is not None:
        columns["cluster"] = dataset.cluster.tolist()
    for role, values in (
        ("groups", dataset.groups),
        ("control", dataset.control),
        ("extra", dataset.extra),
    ):
        columns |= {f"{role}:{name}": values[name].tolist() for name in sorted(values)}
    return content_digest(columns)


def take(
    dataset: Dataset,
    positions: NDArray[np.int64],
    *,
    name: str | None = None,
    limit: int | None = None,
) -> Dataset:
    """Return some rows of a data set as a data set of its own, with its own digest.

    Args:
        dataset: Where the rows are taken from.
        positions: Positions to take, in the order of the new data set, shape [k].
        name: New name; None keeps the old one.
        limit: To be recorded as the size of the sample; None keeps what stands there.
    """
    chosen = np.zeros(dataset.n, dtype=bool)
    chosen[positions] = True
    gone = dataset.example_id[~chosen].tolist() if "id" in dataset.ref.roles else []
    part = replace(
        dataset,
        example_id=dataset.example_id[positions],
        inputs=[dataset.inputs[i] for i in positions.tolist()],
        label=None if dataset.label is None else dataset.label[positions],
        groups={key: values[positions] for key, values in dataset.groups.items()},
        control={key: values[positions] for key, values in dataset.control.items()},
        cluster=None if dataset.cluster is None else dataset.cluster[positions],
        extra={key: values[positions] for key, values in dataset.extra.items()},
        row_number=None if dataset.row_number is None else dataset.row_number[positions],
        left_out=dataset.left_out.union(gone),
    )
    ref = replace(
        dataset.ref,
        name=dataset.ref.name if name is None else name,
        content_digest=digest_rows(part),
        n_rows=part.n,
        limit=dataset.ref.limit if limit is None else limit,
        n_duplicates=0 if dataset.has_inputs else None,
        n_duplicates_of_train=None,
    )
    return replace(part, ref=ref)


def with_duplicates(dataset: Dataset, train: Dataset | None) -> Dataset:
    """Return the data set with its repeated inputs counted in ``ref``.

    Inputs are the same when they are equal character by character; pairs in the same order.

    Args:
        dataset: The data set to count in.
        train: The training set to compare with; None for the training set itself, or without one.

    Undefined when: the rows (or those of ``train``) have no inputs; the counts are then None.
    Blind to: copies that differ in case, spacing or punctuation.
    """
    n_inside, n_of_train = None, None
    if dataset.has_inputs:
        n_inside = _n_repeated(dataset.inputs)
    if dataset.has_inputs and train is not None and train.has_inputs:
        n_of_train = _n_known(dataset.inputs, train.inputs)
    ref = replace(dataset.ref, n_duplicates=n_inside, n_duplicates_of_train=n_of_train)
    return replace(dataset, ref=ref)


def _hashes(inputs: Sequence[object]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, inputs), dtype=np.int64, count=len(inputs))


def _n_repeated(inputs: Sequence[object]) -> int:
    """Count inputs that stand earlier; only those of equal hashes are put into a set."""
    _, inverse, counts = np.unique(_hashes(inputs), return_inverse=True, return_counts=True)
    alike = [inputs[i] for i in np.flatnonzero(counts[inverse] > 1).tolist()]
    return len(alike) - len(set(alike))


def _n_known(inputs: Sequence[object], train: Sequence[object]) -> int:
    """Count inputs that also stand in the training set, in the same way."""
    of_inputs, of_train = _hashes(inputs), _hashes(train)
    shared = np.intersect1d(of_inputs, of_train)
    known = {train[i] for i in np.flatnonzero(np.isin(of_train, shared)).tolist()}
    alike = np.flatnonzero(np.isin(of_inputs, shared)).tolist()
    return sum(inputs[i] in known for i in alike)
