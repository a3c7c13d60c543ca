"""Rows of a bundle, a page at a time: DuckDB reads the Parquet files, nothing is loaded whole.

Positions in ``predictions.parquet`` of the rows that match are kept for each filter and order, four bytes
a row, so that any page, the last one too, is read by position. Names of columns never come from a request:
what is sorted by is one of a list, and values are parameters.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from harness.records import members, slice_columns

PAGE = 100
"""Rows of a page."""

Sort = Literal["row", "id", "score-low", "score-high", "loss"]
SORTS: tuple[Sort, ...] = ("row", "loss", "score-low", "score-high", "id")

_ORDERS: dict[Sort, str] = {
    "row": "row",
    "id": "example_id, row",
    "score-low": "score ASC NULLS LAST, row",
    "score-high": "score DESC NULLS LAST, row",
    "loss": "of_label ASC NULLS LAST, row",
}
_BASE = """
    SELECT file_row_number AS row, dataset, example_id, label, decision, truncated,
           scores[decision + 1] AS score, scores[label + 1] AS of_label
    FROM read_parquet($predictions, file_row_number = true)
"""
_MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows, and in which order.

    Attributes:
        dataset: Test set.
        group: Slice such as ``gender=female``; empty for everybody. Asks for the personal part.
        label, decision: Class; None for any.
        is_wrong: Only rows that are not decided as labelled.
        text: What the text must contain, whatever its case; empty for any. Asks for the personal part.
        low, high: Range of the score of what was decided.
        ids: Only these examples; None for all.
        sort: One of ``SORTS``; ``loss`` begins where the label had the lowest score.
    """

    dataset: str
    group: str = ""
    label: int | None = None
    decision: int | None = None
    is_wrong: bool = False
    text: str = ""
    low: float = 0.0
    high: float = 1.0
    ids: tuple[str, ...] | None = None
    sort: Sort = "row"


@st.cache_resource(max_entries=6, show_spinner=False)
def positions(path: str, digest: str, asked: Asked) -> NDArray[np.int32]:
    """Return the positions of the rows that match, in order, shape [n].

    Args:
        path: Folder of the bundle.
        digest: Of everything that may be read, so that a row that was erased is not found any more.
        asked: Which rows.
    """
    del digest
    where, given = _where(Path(path), asked)
    order = _ORDERS[asked.sort]
    query = f"SELECT row FROM ({_BASE}) WHERE {where} ORDER BY {order}"
    with _database() as one:
        found = one.execute(query, {"predictions": _predictions(path), **given}).fetchnumpy()["row"]
    places = np.ascontiguousarray(found, dtype=np.int32)
    places.setflags(write=False)  # all sessions share it
    return places


def page_of(path: Path, found: NDArray[np.int32], number: int) -> list[dict[str, Any]]:
    """Return the rows of one page, in order: position, id, label, decision, score, ...

    Args:
        path: Folder of the bundle.
        found: From ``positions``.
        number: 1, 2, 3, ...
    """
    return rows_at(path, found[(number - 1) * PAGE : number * PAGE])


def rows_at(path: Path, wanted: NDArray[np.int32]) -> list[dict[str, Any]]:
    """Return rows by position, in the order asked for."""
    if not len(wanted):
        return []
    places = [int(one) for one in wanted]
    query = f"SELECT * FROM ({_BASE}) WHERE row BETWEEN $first AND $last AND row IN (SELECT unnest($rows))"
    given = {
        "predictions": _predictions(str(path)),
        "first": min(places),
        "last": max(places),
        "rows": places,
    }
    rows = {row["row"]: row for row in _dicts(query, given)}
    return [rows[place] for place in places if place in rows]


def texts_of(path: Path, dataset: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    """Return id → text, pair, groups and cluster of some examples; those erased are not in it."""
    if not ids or not _rows_file(path).is_file():
        return {}
    query = """
        SELECT * FROM read_parquet($rows)
        WHERE dataset = $dataset AND example_id IN (SELECT unnest($ids))
    """
    given = {"rows": str(_rows_file(path)), "dataset": dataset, "ids": ids}
    return {row["example_id"]: row for row in _dicts(query, given)}


def scores_of(path: Path, dataset: str, example: str) -> dict[str, Any] | None:
    """Return everything that was stored of one answer; None for an unknown example."""
    query = """
        SELECT * FROM read_parquet($predictions) WHERE dataset = $dataset AND example_id = $example
    """
    given = {"predictions": _predictions(str(path)), "dataset": dataset, "example": example}
    return next(iter(_dicts(query, given)), None)


def beside(path: Path, file: str, dataset: str, example: str) -> list[dict[str, Any]]:
    """Return the rows that an audit stored about one example.

    Args:
        path: Folder of the bundle.
        file: Parquet file below it with the columns ``dataset`` and ``example_id``.
        dataset: Test set.
        example: Id.
    """
    full = path / file
    if not full.is_file():
        return []
    query = "SELECT * FROM read_parquet($file) WHERE dataset = $dataset AND example_id = $example"
    return _dicts(query, {"file": str(full), "dataset": dataset, "example": example})


def attributions_of(path: Path, dataset: str, example: str) -> list[dict[str, Any]]:
    """Return what was attributed to the parts of one example, with the folder of each method."""
    files = sorted(
        str(one) for one in path.glob(f"attributions/*/{_plain(dataset)}/shard-*.parquet")
    )
    if not files:
        return []
    query = """
        SELECT * FROM read_parquet($files, filename = true, union_by_name = true)
        WHERE example_id = $example
    """
    return _dicts(query, {"files": files, "example": example})


@st.cache_data(max_entries=32, show_spinner=False)
def group_names(path: str, digest: str, dataset: str) -> dict[str, list[str]]:
    """Return group column → groups that occur in a test set, sorted; none without the personal part."""
    del digest
    return {
        column: sorted({name for cell in cells for name in _members(cell)})
        for column, cells in _cells(Path(path), dataset).items()
    }


@st.cache_data(max_entries=32, show_spinner=False)
def confusion(path: str, digest: str, n_classes: int) -> dict[str, list[list[int]]]:
    """Return data set → counts of its rows, shape [c, c]: label down, decision across.

    Args:
        path: Folder of the bundle.
        digest: Of the run.
        n_classes: Number of classes, c. Rows without a label are not counted.
    """
    del digest
    query = """
        SELECT dataset, label, decision, count(*) AS n FROM read_parquet($predictions)
        WHERE label BETWEEN 0 AND $last AND decision BETWEEN 0 AND $last
        GROUP BY ALL ORDER BY ALL
    """
    found: dict[str, list[list[int]]] = {}
    for row in _dicts(query, {"predictions": _predictions(path), "last": n_classes - 1}):
        table = found.setdefault(row["dataset"], [[0] * n_classes for _ in range(n_classes)])
        table[row["label"]][row["decision"]] = row["n"]
    return found


def _where(path: Path, asked: Asked) -> tuple[str, dict[str, Any]]:
    steps, given = ["dataset = $dataset"], {"dataset": asked.dataset}
    plain: list[tuple[bool, str, dict[str, Any]]] = [
        (asked.label is not None, "label = $label", {"label": asked.label}),
        (asked.decision is not None, "decision = $decision", {"decision": asked.decision}),
        (asked.is_wrong, "label IS NOT NULL AND label <> decision", {}),
        (asked.low > 0, "score >= $low", {"low": asked.low}),
        (asked.high < 1, "score <= $high", {"high": asked.high}),
        (
            asked.ids is not None,
            "example_id IN (SELECT unnest($ids))",
            {"ids": [*(asked.ids or ())]},
        ),
    ]
    for is_set, step, more in plain:
        if is_set:
            steps.append(step)
            given |= more
    personal, more = _personal(path, asked)
    if personal:
        rows = "SELECT example_id FROM read_parquet($rows) WHERE dataset = $dataset"
        steps.append(f"example_id IN ({rows} AND {' AND '.join(personal)})")
        given |= {"rows": str(_rows_file(path)), **more}
    return " AND ".join(steps), given


def _personal(path: Path, asked: Asked) -> tuple[list[str], dict[str, Any]]:
    steps: list[str] = []
    given: dict[str, Any] = {}
    if asked.text:
        steps.append(
            "(contains(lower(text), lower($text)) OR contains(lower(coalesce(pair, '')), lower($text)))"
        )
        given["text"] = asked.text
    cells = _cells(path, asked.dataset) if asked.group else {}
    for i, (column, value) in enumerate(_groups(asked.group).items()):
        if column not in cells:
            steps.append("false")
            continue
        # the name of a column is one that the file has, quoted as SQL asks for
        quoted = '"' + f"group:{column}".replace('"', '""') + '"'
        steps.append(f"coalesce({quoted}, '') IN (SELECT unnest($group{i}))")
        given[f"group{i}"] = [
            cell for cell in cells[column] if value in _members(cell) or (not value and not cell)
        ]
    return steps, given


def _groups(slice: str) -> dict[str, str]:
    if not slice:
        return {}
    try:
        return slice_columns(slice)
    except ValueError:
        return {"": slice}  # no column has this name: nothing matches


@lru_cache(maxsize=64)
def _cells_kept(file: str, _time: int, dataset: str) -> dict[str, list[str]]:
    with _database() as one:
        names = [
            row[0]
            for row in one.execute(
                "SELECT name FROM parquet_schema($rows)", {"rows": file}
            ).fetchall()
            if str(row[0]).startswith("group:")
        ]
        found = {}
        for name in names:
            quoted = '"' + name.replace('"', '""') + '"'
            query = (
                f"SELECT DISTINCT coalesce({quoted}, '') FROM read_parquet($rows) "
                f"WHERE dataset = $dataset LIMIT {_MOST_CELLS}"
            )
            rows = one.execute(query, {"rows": file, "dataset": dataset}).fetchall()
            found[name.removeprefix("group:")] = sorted(str(row[0]) for row in rows)
    return found


def _cells(path: Path, dataset: str) -> dict[str, list[str]]:
    file = _rows_file(path)
    return _cells_kept(str(file), file.stat().st_mtime_ns, dataset) if file.is_file() else {}


def _members(cell: str) -> tuple[str, ...]:
    """Return the groups of a cell: a list in JSON, or names joined as records join them."""
    if cell.startswith("["):
        try:
            found = json.loads(cell)
        except ValueError:
            found = None
        if isinstance(found, list):
            return tuple(map(str, found))
    return members(cell)


def _dicts(query: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    with _database() as one:
        found = one.execute(query, given)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _database() -> Any:
    """Open a database in memory that reads files and downloads nothing."""
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "threads": 2,
            "memory_limit": "512MB",
            "temp_directory": "",  # rows are written nowhere else
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "lock_configuration": True,
        },
    )


def _predictions(path: str) -> str:
    return str(Path(path) / "predictions.parquet")


def _rows_file(path: Path) -> Path:
    return path / "personal" / "rows.parquet"


def _plain(name: str) -> str:
    """Return a name that no glob reads as a pattern."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
