"""Put the usable rows of a table together into a data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.dataset import Dataset, QuarantinedRow
from harness.data.identity import content_ids
from harness.data.reasons import counts
from harness.data.roles import Roles, content_cells
from harness.data.source import Reading
from harness.data.spec import TableSpec
from harness.data.values import as_array
from harness.records import DatasetRef, Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXTRA = ("rationale", "member", "weight", "time", "split_by")


def build(
    spec: TableSpec,
    reading: Reading,
    roles: Roles,
    *,
    kept: NDArray[np.int64],
    quarantined: tuple[QuarantinedRow, ...],
    name: str,
) -> Dataset:
    """Return the data set of the kept rows; its content digest is still to be filled in.

    Args:
        spec: The file and the role of its columns.
        reading: Where the rows came from.
        roles: Values of every role for all rows.
        kept: Positions of the usable rows, shape [n].
        quarantined: The other rows, in file order.
        name: Name of the data set.
    """
    is_whole = len(kept) == len(roles.row)
    rows = None if is_whole else kept.tolist()

    def chosen(values: list[Any]) -> list[Any]:
        return values if rows is None else [values[i] for i in rows]

    def column(role: str) -> NDArray[np.object_]:
        return as_array(chosen(roles.columns[role]))

    def named(kind: str) -> dict[str, NDArray[np.object_]]:
        found = [role for role in roles.columns if role.startswith(f"{kind}:")]
        return {role.removeprefix(f"{kind}:"): column(role) for role in found}

    example_id = column("id") if "id" in roles.columns else _ids(roles, chosen)
    cluster: NDArray[np.object_] | None = None
    caveats: tuple[Message, ...] = ()
    if "cluster" in roles.columns:
        cluster, caveats = _clusters(column("cluster"), example_id, spec)
    if roles.inputs is None:
        caveats = (_no_text(name), *caveats)
    if "weight" in roles.columns:
        caveats = (*caveats, _weights_unused(name, spec))
    return Dataset(
        ref=DatasetRef(
            name=name,
            file=_named(spec, reading),
            file_digest=reading.digest,
            content_digest="",
            n_rows=len(kept),
            n_read=roles.n_read,
            roles=spec.roles(),
            quarantined=counts(quarantined),
            licence=spec.licence,
        ),
        example_id=example_id,
        inputs=[""] * len(kept) if roles.inputs is None else chosen(roles.inputs),
        has_inputs=roles.inputs is not None,
        label=None if roles.label is None else roles.label[kept],
        groups=named("groups"),
        control=named("control"),
        cluster=cluster,
        extra={role: column(role) for role in _EXTRA if role in roles.columns},
        quarantined=quarantined,
        row_number=np.frombuffer(roles.row, dtype=np.int64)[kept],
        left_out=_left_out(roles),
        caveats=caveats,
    )


def _ids(roles: Roles, chosen: Callable[[list[Any]], list[Any]]) -> NDArray[np.object_]:
    cells = content_cells(roles)
    return as_array(content_ids({role: chosen(list(values)) for role, values in cells.items()}))


def _no_text(name: str) -> Message:
    return Message.of(
        "data.no-text",
        "Data set {dataset} has no text column: repeated rows were not looked for, and nothing that "
        "reads the texts was measured.",
        dataset=name,
    )


def _weights_unused(name: str, spec: TableSpec) -> Message:
    return Message.of(
        "data.weights-unused",
        "The weights of data set {dataset} (column {column}) were read and checked, but every row "
        "counts alike: no audit of this version weighs rows.",
        dataset=name,
        column=spec.weight,
    )


def _named(spec: TableSpec, reading: Reading) -> str:
    """Return how the record names the table; a data set of the hub with the commit that was read."""
    if spec.hub is None or reading.revision is None:
        return spec.name
    return spec.name.replace(spec.hub.id, f"{spec.hub.id}@{reading.revision}", 1)


def _left_out(roles: Roles) -> frozenset[str]:
    ids: list[Any] | None = roles.columns.get("id")
    return frozenset() if ids is None else frozenset(ids[i] for i in roles.faults)


def _clusters(
    cluster: NDArray[np.object_], example_id: NDArray[np.object_], spec: TableSpec
) -> tuple[NDArray[np.object_], tuple[Message, ...]]:
    is_missing = cluster == ""
    n_missing = int(is_missing.sum())
    if not n_missing:
        return cluster, ()
    alone = "alone:" + example_id
    caveat = Message.of(
        "data.cluster-missing",
        "{n_missing} of {n} usable rows of {file} have no value in {column}; each counts as a "
        "cluster of its own.",
        n_missing=n_missing,
        n=len(cluster),
        file=spec.name,
        column=spec.cluster,
    )
    return np.where(is_missing, alone, cluster), (caveat,)
