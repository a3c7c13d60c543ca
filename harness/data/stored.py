"""Stored predictions: a table of scores or decisions, matched to the rows of a data set."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.dataset import Dataset, QuarantinedRow
from harness.data.reasons import first_of
from harness.data.roles import shared_values
from harness.data.source import Reading, Source
from harness.data.spec import PredictionsSpec
from harness.data.tables import open_table
from harness.data.values import (
    as_text,
    class_ids,
    class_lookup,
    shown_classes,
    shown_values,
)
from harness.errors import DataError, nearest, raise_all
from harness.records import Message, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUM_TOLERANCE = 1e-3
"""How far the scores of a row may be from 1 in sum without any reason being seen."""

_SAID = 1e-5
"""Scores of a row that are farther from 1 in sum than this are named in the record."""

_END_TOLERANCE = 1e-6  # a softmax in single precision can end at 1.0000001


@dataclass(frozen=True, slots=True)
class StoredPredictions:
    """Stored predictions in the order of a data set's rows.

    Attributes:
        decision: Class per row, shape [n], int64.
        scores: Class probabilities, shape [n, c], float64, rows sum to 1; None for hard decisions.
        file: Name of the file.
        file_digest: SHA-256 of the file; None where the table was in memory.
        caveats: What a reader must know of them.
    """

    decision: NDArray[np.int64]
    scores: NDArray[np.float64] | None
    file: str
    file_digest: str | None
    caveats: tuple[Message, ...] = ()


def load_predictions_table(
    spec: PredictionsSpec, dataset: Dataset, task: Task
) -> StoredPredictions:
    """Read stored predictions for the rows of a data set.

    Rows are matched by position where both are columns of one file, else by id where both name an
    ``id`` column, else by position where the files hold equally many rows. Rows of the table whose
    example was set aside, sampled away or split away are left alone. Without a decision column the
    decision is the class of the highest score, the first of them in a tie.

    Args:
        spec: The file and its columns.
        dataset: What was predicted.
        task: Its classes give the order of the scores.

    Raises:
        DataError: With every problem at once: the file, its columns, rows that cannot be matched,
            scores that are no probabilities, decisions that are no classes.
    """
    source = Source(
        spec.path,
        spec.encoding,
        spec.where,
        spec.place,
        spec.wanted(),
        spec.memory,
        split=spec.split,
    )
    problems = _spec_problems(source, spec, dataset, task)
    try:
        reading = open_table(source)
        table = _compact(reading, spec)
    except DataError as err:
        raise DataError(*problems, *err.problems) from err
    raise_all(DataError, problems)
    is_same_file = reading.digest is not None and reading.digest == dataset.ref.file_digest
    where = _match(source, spec, table, dataset, is_same_file=is_same_file)
    rows = _Rows(source, table, where)
    scores, decision = None, None
    is_by_position = spec.id is None and not is_same_file
    caveats = [_by_position(source, dataset)] if is_by_position else []
    if spec.scores is not None:
        scores = _attempt(problems, lambda: _scores(rows, spec.scores or (), caveats))
    if spec.decision is not None:
        decision = _attempt(problems, lambda: _decisions(rows, spec, task))
    raise_all(DataError, problems)
    if decision is None:
        assert scores is not None  # one of the two columns is given; see _spec_problems
        decision = scores.argmax(axis=1).astype(np.int64)
    return StoredPredictions(decision, scores, spec.name, reading.digest, tuple(caveats))


@dataclass(slots=True)
class _Compact:
    """A table of predictions as numbers, gathered from its pieces.

    Attributes:
        numbers: Column of scores → numbers, NaN where a cell holds none.
        texts: Column of ids or decisions → text of each row.
        line, row: Where each row stands, see ``Table``.
        faults: Rows that are no rows.
        n_read: Rows read, faulty ones among them.
    """

    numbers: dict[str, NDArray[np.float64]]
    texts: dict[str, list[str]]
    line: NDArray[np.int64]
    row: NDArray[np.int64]
    faults: list[QuarantinedRow]
    n_read: int


def _compact(reading: Reading, spec: PredictionsSpec) -> _Compact:
    blocks: dict[str, list[NDArray[np.float64]]] = {name: [] for name in spec.scores or ()}
    texts: dict[str, list[str]] = {name: [] for name in (spec.id, spec.decision) if name}
    line, row, memo = array("q"), array("q"), dict[Any, str]()
    faults: list[QuarantinedRow] = []
    n_read = 0
    for piece in reading.pieces:
        for name, found in blocks.items():
            found.append(_numbers(piece.columns[name]))
        if spec.id is not None:
            texts[spec.id].extend(map(as_text, piece.columns[spec.id]))
        if spec.decision is not None:  # a few words again and again
            cells = piece.columns[spec.decision]
            texts[spec.decision].extend(shared_values(cells, memo, as_text))
        line.extend(piece.line)
        row.extend(piece.row)
        faults += piece.faults
        n_read += piece.n_read
    return _Compact(
        numbers={name: np.concatenate(found) for name, found in blocks.items()},
        texts=texts,
        line=np.array(line, dtype=np.int64),
        row=np.array(row, dtype=np.int64),
        faults=faults,
        n_read=n_read,
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table, and which of its rows belong to the data set, in the data set's order."""

    source: Source
    table: _Compact
    position: NDArray[np.int64]

    def texts(self, name: str) -> list[str]:
        values = self.table.texts[name]
        return [values[i] for i in self.position.tolist()]

    def lines(self, bad: NDArray[np.bool_]) -> str:
        numbers = sorted(self.table.line[self.position[bad]].tolist())
        return f"{first_of('line', [str(one) for one in numbers])} of {self.source.name}"


def _attempt(problems: list[str], read: Callable[[], NDArray[Any]]) -> NDArray[Any] | None:
    try:
        return read()
    except DataError as err:
        problems.extend(err.problems)
        return None


def _spec_problems(
    source: Source, spec: PredictionsSpec, dataset: Dataset, task: Task
) -> list[str]:
    problems = []
    c = len(task.classes)
    if spec.scores is None and spec.decision is None:
        problems.append(source.problem("scores", "be given, or decision", "neither of them"))
    if spec.scores is not None and len(spec.scores) != c and not (len(spec.scores) == 1 and c == 2):
        what = f"name one column for each of the {c} classes ({shown_classes(task.classes)})"
        do = "One column is enough for two classes: the probability of class 1." if c == 2 else ""
        problems.append(source.problem("scores", what, f"{len(spec.scores)} columns", do=do))
    if spec.scores is not None and len(set(spec.scores)) != len(spec.scores):
        problems.append(source.problem("scores", "name each column once", repr(list(spec.scores))))
    for raw, name in (spec.label_values or {}).items():
        if name not in task.classes:
            what = f"name a class of the task ({shown_classes(task.classes)})"
            do = nearest(name, task.classes).strip()
            problems.append(source.problem(f"label_values.{raw}", what, repr(name), do=do))
    if spec.id is not None and "id" not in dataset.ref.roles:
        what = f"match an id column of the data set {dataset.ref.name}"
        do = f"Give the id column of {dataset.ref.file} too, or leave out id to match by row."
        problems.append(source.problem("id", what, f"{spec.id!r} and no id there", do=do))
    return problems


def _match(
    source: Source,
    spec: PredictionsSpec,
    table: _Compact,
    dataset: Dataset,
    *,
    is_same_file: bool,
) -> NDArray[np.int64]:
    """Return the position in the table of every row of the data set, shape [n]."""
    if spec.id is not None and not is_same_file:
        return _match_by_id(source, table.texts[spec.id], dataset)
    if dataset.row_number is None or (not is_same_file and table.n_read != dataset.ref.n_read):
        what = f"hold one row for each of the {dataset.ref.n_read} rows of {dataset.ref.file}"
        do = "Or name an id column in both, to match rows by id."
        got = f"{table.n_read} rows in {source.name}"
        raise DataError(source.problem("path", what, got, do=do))
    position = np.full(table.n_read, -1, dtype=np.int64)
    position[table.row] = np.arange(len(table.row))
    found: NDArray[np.int64] = position[dataset.row_number]
    if (found < 0).any():
        broken = [str(one.line) for one in table.faults]
        got = f"unreadable rows on {first_of('line', broken)} of {source.name}"
        raise DataError(source.problem("path", "hold a whole row for each example", got))
    return found


def _match_by_id(source: Source, ids: Sequence[str], dataset: Dataset) -> NDArray[np.int64]:
    wanted = dataset.example_id.tolist()
    entry = {one: i for i, one in enumerate(ids)}
    known = set(wanted)
    missing = [repr(one[:30]) for one in wanted if one not in entry]
    unknown = [repr(one[:30]) for one in entry if one not in known and one not in dataset.left_out]
    problems = []
    if missing:
        what = f"hold every id of the data set {dataset.ref.name}"
        got = f"no row for {len(missing)} of {len(wanted)} ids ({first_of('id', missing)})"
        problems.append(source.problem("id", what, got))
    if unknown:
        what = f"hold only ids of {dataset.ref.file}"
        got = f"{len(unknown)} others ({first_of('id', unknown)})"
        problems.append(source.problem("id", what, got))
    if len(entry) < len(ids):
        doubled = _doubled(ids, known)
        if doubled:
            got = f"more than one row for {len(doubled)} ids ({first_of('id', doubled)})"
            problems.append(source.problem("id", "stand on one row each", got))
    raise_all(DataError, problems)
    return np.array([entry[one] for one in wanted], dtype=np.int64)


def _doubled(ids: Sequence[str], known: set[str]) -> list[str]:
    seen: set[str] = set()
    doubled: dict[str, None] = {}
    for one in ids:
        if one in seen and one in known:
            doubled[repr(one[:30])] = None
        seen.add(one)
    return list(doubled)


def _scores(rows: _Rows, columns: Sequence[str], caveats: list[Message]) -> NDArray[np.float64]:
    """Return probabilities, shape [n, c], rows that sum to 1; say where they had to be made so."""
    scores = np.column_stack([rows.table.numbers[name][rows.position] for name in columns])
    bad = _any_in_row(~np.isfinite(scores))
    if bad.any():
        got = f"cells that are none on {rows.lines(bad)}"
        raise DataError(rows.source.problem("scores", "be finite numbers", got))
    bad = _any_in_row((scores < -_END_TOLERANCE) | (scores > 1 + _END_TOLERANCE))
    if bad.any():
        got = f"numbers outside on {rows.lines(bad)}"
        do = "Logits are no probabilities; apply softmax first."
        raise DataError(rows.source.problem("scores", "lie between 0 and 1", got, do=do))
    scores = scores.clip(0.0, 1.0)
    if scores.shape[1] == 1:
        return np.column_stack([1.0 - scores[:, 0], scores[:, 0]])
    total = scores.sum(axis=1, keepdims=True)
    off = np.abs(total - 1.0)
    decimals = printed_decimals(scores) if (off > _SAID).any() else None
    # each of c numbers can be half a unit of its last digit away from what was computed
    rounding = 0.0 if decimals is None else scores.shape[1] * 0.5 * 10.0**-decimals
    bad = _any_in_row(off > max(SUM_TOLERANCE, rounding) + _END_TOLERANCE)
    if bad.any():
        what = f"sum to 1 in each row, within {max(SUM_TOLERANCE, rounding):g}"
        got = f"other sums on {rows.lines(bad)}"
        raise DataError(rows.source.problem("scores", what, got))
    if (off > _SAID).any():
        is_explained = bool(off.max() <= rounding + _END_TOLERANCE)
        caveats.append(_normalised(off, decimals if is_explained else None, rows.source.name))
    return np.asarray(scores / total, dtype=np.float64)


def printed_decimals(scores: NDArray[np.float64]) -> int | None:
    """Return the decimals that all scores were rounded to, from 2 to 4; None where they have more.

    Args:
        scores: Numbers from 0 to 1, shape [n, c]; decimals of fewer digits count as filled with 0.
    """
    for decimals in (2, 3, 4):
        units = scores * 10.0**decimals
        # single precision keeps seven digits, so three of them are left to tell a whole number
        if bool((np.abs(units - np.rint(units)) < 1e-3).all()):
            return decimals
    return None


def _by_position(source: Source, dataset: Dataset) -> Message:
    return Message.of(
        "data.matched-by-position",
        "The predictions in {file} belong to the rows of data set {dataset} by their position, as no "
        "id column is named: rows in another order would be paired wrongly.",
        file=source.name,
        dataset=dataset.ref.name,
    )


def _normalised(off: NDArray[np.float64], decimals: int | None, file: str) -> Message:
    n_off, most = int((off > _SAID).sum()), float(off.max())
    if decimals is None:
        return Message.of(
            "data.scores-off",
            "The scores of {n} of {n_rows} rows in {file} do not sum to 1, at most {off} away from "
            "it; each row was divided by its sum.",
            n=n_off,
            n_rows=len(off),
            file=file,
            off=f"{most:.2g}",
        )
    return Message.of(
        "data.scores-rounded",
        "The scores of {n} of {n_rows} rows in {file} do not sum to 1, at most {off} away from it, as "
        "rounding to {decimals} decimals explains; each row was divided by its sum.",
        n=n_off,
        n_rows=len(off),
        file=file,
        off=f"{most:.2g}",
        decimals=decimals,
    )


def _any_in_row(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(mask.any(axis=1))


def _numbers(cells: Sequence[Any]) -> NDArray[np.float64]:
    if {type(cell) for cell in cells} <= {str, float, int}:
        try:
            return np.array(cells, dtype=object).astype(np.float64)
        except (ValueError, OverflowError):
            pass  # some cell holds no number: look at each
    found = np.empty(len(cells))
    for i, cell in enumerate(cells):
        try:
            found[i] = np.nan if cell is None or isinstance(cell, bool) else float(cell)
        except (TypeError, ValueError, OverflowError):
            found[i] = np.nan
    return found


def _decisions(rows: _Rows, spec: PredictionsSpec, task: Task) -> NDArray[np.int64]:
    """Return class ids, shape [n]."""
    texts = rows.texts(spec.decision or "")
    found = class_ids(texts, class_lookup(task.classes, spec.label_values))
    bad = found < 0
    if bad.any():
        what = f"hold the task's classes ({shown_classes(task.classes)}) or their ids"
        outside = [texts[i] for i in np.flatnonzero(bad).tolist()]
        got = f"{shown_values(outside)} on {rows.lines(bad)}"
        raise DataError(rows.source.problem("decision", what, got))
    return found
