"""From the columns of a table to the values of each role, and the rows that have to be set aside.

A table comes in pieces. What a role keeps of a piece is what the data set needs: values that occur
again and again share one object, labels are numbers, and a piece is forgotten before the next.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.dataset import QuarantinedRow
from harness.data.source import Table
from harness.data.spec import TableSpec
from harness.data.values import MISSING, as_group, as_text, as_value, class_id, text_fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fault = tuple[str, str]


@dataclass(slots=True)
class Roles:
    """Values of every role for all rows of a table, and which rows are faulty.

    Attributes:
        inputs: The texts, n of them; None without the role.
        label: Class ids, shape [n]; None without the role.
        outside: Labels that are no class of the task, as they stand in the table, for messages.
        columns: Role, or ``groups:name`` and ``control:name`` → values as text, n of each; rationale
            as it stands, weight as float.
        faults: Position among the rows of the table → reason and detail, the first that was found.
        line: Line on which each row starts, n of them.
        row: Position of each row among all that were read, n of them.
        list_columns: Group columns with a cell that was a list.
        padded: Group column → label → cells with white space around it.
        bare: Group column → labels of cells without any.
        broken: Rows that are no rows.
        n_read: Rows read, broken ones among them.
    """

    inputs: list[str | tuple[str, ...]] | None
    label: NDArray[np.int64] | None = None
    outside: list[str] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)
    line: array[int] = field(default_factory=lambda: array("q"))
    row: array[int] = field(default_factory=lambda: array("q"))
    list_columns: set[str] = field(default_factory=set)
    padded: dict[str, Counter[str]] = field(default_factory=dict)
    bare: dict[str, set[str]] = field(default_factory=dict)
    broken: list[QuarantinedRow] = field(default_factory=list)
    n_read: int = 0


class RoleReader:
    """Reads every role, piece by piece, and notes every row that cannot be used.

    Repeated ids are not looked for; see ``note_repeated_ids``.

    Args:
        spec: Which column has which role.
        lookup: Text → class id, see ``class_lookup``.
    """

    def __init__(self, spec: TableSpec, lookup: Mapping[str, int]) -> None:
        wanted = {role: column for role, column in spec.single_roles().items() if role != "label"}
        wanted |= {f"groups:{column}": column for column in spec.own_groups}
        wanted |= {f"control:{column}": column for column in spec.control}
        self._spec = spec
        self._lookup = lookup
        self._wanted = wanted
        self._memo: dict[str, dict[Any, str]] = {role: {} for role in wanted}
        self._classes: dict[str, int] = {}
        self._label = array("q")
        self._roles = Roles(
            inputs=None if spec.text is None else [], columns={role: [] for role in wanted}
        )

    def add(self, table: Table) -> None:
        """Read one piece; its columns are emptied on the way."""
        roles, start = self._roles, len(self._roles.line)
        roles.line.extend(table.line)
        roles.row.extend(table.row)
        roles.broken.extend(table.faults)
        roles.n_read += table.n_read
        self._add_inputs(table, start)
        for role, column in self._wanted.items():
            self._add_column(role, table.columns[column], column, start)
        if self._spec.label is not None:
            self._add_labels(table.columns[self._spec.label], self._spec.label, start)
        table.columns.clear()

    def finished(self) -> Roles:
        """Return what was read."""
        if self._spec.label is not None:
            self._roles.label = np.frombuffer(self._label, dtype=np.int64).copy()
        return self._roles

    def _add_inputs(self, table: Table, start: int) -> None:
        columns = [table.columns[name] for name in self._spec.text_columns]
        if self._roles.inputs is None:
            return
        found = columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))
        for i, one in enumerate(found, start=start):
            fault = _input_fault(one)
            if fault:
                self._roles.faults[i] = fault
        self._roles.inputs.extend(found)

    def _add_column(self, role: str, cells: Sequence[Any], column: str, start: int) -> None:
        texts = self._texts(role, cells)
        for i, text in enumerate(texts, start=start):
            fault = None if text.isascii() and "\0" not in text else text_fault(text)
            if fault:
                self._note(i, fault, f"column {column}")
            elif role == "id" and not text:
                self._note(i, "missing-id", f"column {column}")
        values: Sequence[Any] = texts
        if role == "weight":
            values = [self._weight(text, column, i) for i, text in enumerate(texts, start=start)]
        elif role == "rationale":
            values = cells
        self._roles.columns[role].extend(values)

    def _texts(self, role: str, cells: Sequence[Any]) -> list[str]:
        if role in ("id", "rationale", "weight", "time"):
            return list(map(as_text, cells))
        if not role.startswith("groups:"):
            return shared_values(cells, self._memo[role], as_value)
        column = role.removeprefix("groups:")
        if column not in self._roles.list_columns and has_lists(cells):
            self._roles.list_columns.add(column)
        separator = self._spec.separators.get(column)
        if separator is None:
            self._note_spaces(column, cells)
        read = partial(as_group, separator=separator)
        return shared_values(cells, self._memo[role], read)

    def _note_spaces(self, column: str, cells: Sequence[Any]) -> None:
        distinct = {cell for cell in cells if type(cell) is str}
        padded = {cell for cell in distinct if cell != cell.strip()}
        self._roles.bare.setdefault(column, set()).update(distinct - padded)
        if padded:
            found = self._roles.padded.setdefault(column, Counter())
            found.update(cell.strip() for cell in cells if type(cell) is str and cell in padded)

    def _weight(self, text: str, column: str, position: int) -> float:
        try:
            weight = float(text)
        except ValueError:
            weight = math.nan
        if not (math.isfinite(weight) and weight >= 0):
            self._note(position, "invalid-weight", f"{text[:30]!r} in column {column}")
        return weight

    def _add_labels(self, cells: Sequence[Any], column: str, start: int) -> None:
        known = self._classes
        for i, cell in enumerate(cells, start=start):
            text = as_text(cell)
            found = known.get(text)
            if found is None:
                found = known[text] = class_id(text, self._lookup)
            self._label.append(found)
            if found >= 0:
                continue
            if found == MISSING:
                self._note(i, "missing-label", f"column {column}")
            else:
                self._roles.outside.append(text)
                self._note(i, "label-outside-task", f"{text[:30]!r} in column {column}")

    def _note(self, position: int, reason: str, detail: str) -> None:
        self._roles.faults.setdefault(position, (reason, detail))


def has_lists(cells: Sequence[object]) -> bool:
    """Return whether a cell of a group column holds several values, or could."""
    kinds = (list, tuple, set, frozenset, np.ndarray)
    return any(issubclass(kind, kinds) for kind in set(map(type, cells)))


def shared_values(
    cells: Sequence[Any], memo: dict[Any, str], read: Callable[[object], str]
) -> list[str]:
    """Return cells as text; cells that are equal, in this piece or an earlier one, share a text.

    Args:
        cells: As they stand in the table.
        memo: Text → itself, kept from piece to piece.
        read: Cell → text.
    """
    found = []
    for cell in cells:
        # most cells are texts that were seen before; 1 and True are equal keys, texts are not
        known = memo.get(cell) if type(cell) is str else None
        if known is None:
            text = read(cell)
            known = memo.setdefault(text, text)
            if type(cell) is str and cell != text:
                memo[cell] = known
        found.append(known)
    return found


def note_repeated_ids(roles: Roles, cells: Mapping[str, Sequence[Any]]) -> None:
    """Note rows whose id stands on an earlier usable row.

    Args:
        roles: Where the faults go.
        cells: Role → values that make up the content of a row.
    """
    ids = roles.columns["id"]
    first: dict[str, int] = {}
    for i in _candidates(ids):
        if i in roles.faults:
            continue
        j = first.setdefault(ids[i], i)
        if j == i:
            continue
        same = all(values[i] == values[j] for values in cells.values())
        reason = "repeated-row" if same else "duplicate-id"
        roles.faults[i] = (reason, f"id {ids[i]}")


def content_cells(roles: Roles) -> dict[str, Sequence[Any]]:
    """Return role → values of everything that makes up the content of a row, except its id."""
    cells: dict[str, Sequence[Any]] = {} if roles.inputs is None else {"inputs": roles.inputs}
    if roles.label is not None:
        cells["label"] = roles.label.tolist()
    return cells | {role: values for role, values in roles.columns.items() if role != "id"}


def _candidates(ids: Sequence[str]) -> list[int]:
    """Return positions whose id may stand twice: those of equal hashes, far fewer than all."""
    hashes = np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids))
    _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    return np.flatnonzero(counts[inverse] > 1).tolist()


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
