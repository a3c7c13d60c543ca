"""Twins: for each example the same text with something changed, in a second table with the same ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.data.reasons import first_of
from harness.data.source import Source
from harness.data.tables import read_table
from harness.data.values import as_texts, text_fault
from harness.errors import DataError, raise_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.data.dataset import Dataset

_SHOWN_CHARS = 30


@dataclass(frozen=True, slots=True)
class TwinsSpec:
    """A table of twins.

    Attributes:
        path: The file, any format that a data set may have.
        id: Its id column; values equal those of the data set's ``id`` column.
        text: Column of the text, or two columns for pairs; None where it holds answers only.
        encoding: Codec of the text formats.
        where: Path of the table in the config, for messages.
        place: ``file:line`` of the table in the config, for messages.
    """

    path: Path
    id: str
    text: tuple[str, ...] = ()
    encoding: str = "utf-8"
    where: str = "pairs"
    place: str = ""


@dataclass(frozen=True, slots=True)
class Twins:
    """Twins of some rows of a data set.

    Attributes:
        position: Rows of the data set that have a twin, ascending, shape [k].
        inputs: Text of each twin, or pair of texts, k of them; empty where the table holds none.
    """

    position: NDArray[np.int64]
    inputs: list[str | tuple[str, ...]]


def read_twins(spec: TwinsSpec, dataset: Dataset) -> Twins:
    """Read the twins of a data set; rows without a twin are left out.

    Raises:
        DataError: If the data set has no ids, the table cannot be read whole or lacks a column, an id
            stands twice or is none of the data set, no id has a twin, or a text is missing.
    """
    names = dict(zip(("text", "pair"), spec.text, strict=False))
    wanted = {f"{spec.where}.{key}": column for key, column in {"id": spec.id, **names}.items()}
    source = Source(spec.path, spec.encoding, spec.where, spec.place, wanted)
    problems = id_problems(dataset)
    try:
        table = read_table(source)
    except DataError as err:
        raise DataError(*problems, *err.problems) from err
    if table.faults:
        broken = first_of("line", [str(one.line) for one in table.faults])
        got = f"unreadable rows on {broken} of {source.name}"
        problems.append(source.problem("path", "hold a whole row on each line", got))
    raise_all(DataError, problems)
    position = _positions(source, as_texts(table.columns[spec.id]), dataset)
    order = np.argsort(position, kind="stable")
    order = order[position[order] >= 0]  # twins of rows that were set aside, sampled or split away
    texts = [
        [one if isinstance(one, str) else "" for one in table.columns[name]] for name in spec.text
    ]
    _check_texts(source, texts, table.line)
    rows = list(zip(*texts, strict=True))
    inputs: list[str | tuple[str, ...]] = [
        rows[i][0] if len(rows[i]) == 1 else (rows[i][0], rows[i][1]) for i in order if rows
    ]
    return Twins(position[order], inputs)


def id_problems(dataset: Dataset) -> list[str]:
    """Say that the rows of a data set cannot be found again in another table, or nothing."""
    if "id" in dataset.ref.roles:
        return []
    what = "Name the column of unique ids: twins are matched by id."
    return [f"data.{dataset.ref.name}.id must be given. {what}"]


def _positions(source: Source, ids: Sequence[str], dataset: Dataset) -> NDArray[np.int64]:
    """Return the row of the data set for each twin; -1 where that row was set aside or cut away."""
    row = {id: i for i, id in enumerate(dataset.example_id.tolist())}
    unknown = [_shown(one) for one in ids if one not in row and one not in dataset.left_out]
    doubled = [_shown(one) for one, n in Counter(ids).items() if n > 1]
    problems = []
    if unknown:
        what = f"hold only ids of the data set {dataset.ref.name}"
        got = f"{len(unknown)} others of {len(ids)} in {source.name} ({first_of('id', unknown)})"
        problems.append(source.problem("id", what, got))
    if doubled:
        got = (
            f"more than one row for {len(doubled)} ids in {source.name} ({first_of('id', doubled)})"
        )
        problems.append(source.problem("id", "stand on one row each", got))
    raise_all(DataError, problems)
    position = np.array([row.get(one, -1) for one in ids], dtype=np.int64)
    if not (position >= 0).any():
        got = f"none of its {dataset.n} ids in {source.name}"
        raise DataError(source.problem("id", f"hold ids of the data set {dataset.ref.name}", got))
    return position


def _check_texts(source: Source, texts: Sequence[Sequence[str]], line: Sequence[int]) -> None:
    problems = []
    for key, column in zip(("text", "pair"), texts, strict=False):
        bad = [
            str(line[i]) for i, text in enumerate(column) if not text.strip() or text_fault(text)
        ]
        if bad:
            got = f"an empty or damaged one on {first_of('line', bad)} of {source.name}"
            problems.append(source.problem(key, "hold a text on each row", got))
    raise_all(DataError, problems)


def _shown(id: str) -> str:
    return repr(id[:_SHOWN_CHARS])
