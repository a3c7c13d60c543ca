"""From the columns of a table to the values of each role, and the rows that have to be set aside."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.source import Table
from harness.data.spec import TableSpec
from harness.data.values import MISSING, OUTSIDE, as_texts, class_ids, text_fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fault = tuple[str, str]


@dataclass(slots=True)
class Roles:
    """Values of every role for all rows of a table, and which rows are faulty.

    Attributes:
        inputs: The texts, n of them; None without the role.
        label: Class ids, shape [n]; None without the role.
        label_text: Labels as they stand in the table, for messages.
        columns: Role, or ``groups:name`` and ``control:name`` → values as text, n of each; rationale
            as it stands, weight as float.
        faults: Position among the rows of the table → reason and detail, the first that was found.
    """

    inputs: list[str | tuple[str, str]] | None
    label: NDArray[np.int64] | None = None
    label_text: list[str] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)


def read_roles(table: Table, spec: TableSpec, lookup: Mapping[str, int]) -> Roles:
    """Read every role and note every row that cannot be used, except repeated ids.

    Args:
        table: Columns as read; emptied on the way, to save memory.
        spec: Which column has which role.
        lookup: Text → class id, see ``class_lookup``.
    """
    roles = Roles(inputs=_inputs(table, spec))
    for i, one in enumerate(roles.inputs or ()):
        fault = _input_fault(one)
        if fault:
            roles.faults[i] = fault
    _add_columns(roles, table, spec)
    if spec.label is not None:
        roles.label_text = as_texts(table.columns[spec.label])
        roles.label = class_ids(roles.label_text, lookup)
        _note_labels(roles, roles.label, spec.label)
    if "id" in roles.columns:
        for i, one in enumerate(roles.columns["id"]):
            if not one:
                roles.faults.setdefault(i, ("missing-id", f"column {spec.id}"))
    table.columns.clear()
    return roles


def note_repeated_ids(roles: Roles, cells: Mapping[str, Sequence[Any]]) -> None:
    """Note rows whose id stands on an earlier usable row.

    Args:
        roles: Where the faults go.
        cells: Role → values that make up the content of a row.
    """
    first: dict[str, int] = {}
    for i, one in enumerate(roles.columns["id"]):
        if i in roles.faults:
            continue
        j = first.setdefault(one, i)
        if j == i:
            continue
        same = all(values[i] == values[j] for values in cells.values())
        reason = "repeated-row" if same else "duplicate-id"
        roles.faults[i] = (reason, f"id {one}")


def content_cells(roles: Roles) -> dict[str, Sequence[Any]]:
    """Return role → values of everything that makes up the content of a row, except its id."""
    cells: dict[str, Sequence[Any]] = {} if roles.inputs is None else {"inputs": roles.inputs}
    if roles.label is not None:
        cells["label"] = roles.label.tolist()
    return cells | {role: values for role, values in roles.columns.items() if role != "id"}


def _inputs(table: Table, spec: TableSpec) -> list[Any] | None:
    if spec.text is None:
        return None
    if isinstance(spec.text, str):
        return list(table.columns[spec.text])
    first, second = spec.text
    return list(zip(table.columns[first], table.columns[second], strict=True))


def _input_fault(one: Any) -> Fault | None:
    for text in one if isinstance(one, tuple) else (one,):
        if text is None:
            return "empty-text", "missing"
        if not isinstance(text, str):
            return "not-text", f"a {type(text).__name__}"
        if not text or text.isspace():
            return "empty-text", "only white space" if text else "empty"
        if fault := text_fault(text):
            return fault, "in the text"
    return None


def _add_columns(roles: Roles, table: Table, spec: TableSpec) -> None:
    wanted = {role: column for role, column in spec.single_roles().items() if role != "label"}
    wanted |= {f"groups:{column}": column for column in spec.own_groups}
    wanted |= {f"control:{column}": column for column in spec.control}
    for role, column in wanted.items():
        texts = as_texts(table.columns[column])
        unsound = {text: fault for text in set(texts) if (fault := text_fault(text))}
        if unsound:
            for i, text in enumerate(texts):
                if text in unsound:
                    roles.faults.setdefault(i, (unsound[text], f"column {column}"))
        if role == "weight":
            roles.columns[role] = _weights(texts, column, roles.faults)
        else:
            roles.columns[role] = table.columns[column] if role == "rationale" else texts


def _weights(texts: Sequence[str], column: str, faults: dict[int, Fault]) -> list[float]:
    weights = []
    for i, text in enumerate(texts):
        try:
            weight = float(text)
        except ValueError:
            weight = math.nan
        if not (math.isfinite(weight) and weight >= 0):
            faults.setdefault(i, ("invalid-weight", f"{text[:30]!r} in column {column}"))
        weights.append(weight)
    return weights


def _note_labels(roles: Roles, label: NDArray[np.int64], column: str) -> None:
    for i in np.flatnonzero(label < 0).tolist():
        if label[i] == MISSING:
            roles.faults.setdefault(i, ("missing-label", f"column {column}"))
        elif label[i] == OUTSIDE:
            shown = roles.label_text[i][:30]
            roles.faults.setdefault(i, ("label-outside-task", f"{shown!r} in column {column}"))
