"""The personal part of a bundle: row text and group values, apart from everything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import FURTHER, Dataset
from harness.data.values import as_array
from harness.files import write_whole
from harness.pipeline.inputs import Inputs
from harness.predictions import blocks_of, write_blocks
from harness.records import members

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def write_personal(folder: Path, inputs: Inputs) -> None:
    """Write ``rows.parquet`` (text, groups, clusters of the test sets) and ``quarantine.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    tests = list(inputs.tests.values())
    columns = list(dict.fromkeys(name for one in tests for name in _columns(one) | _further(one)))
    write_blocks(
        folder / "rows.parquet",
        (_table(one, columns, rows) for one in tests for rows in blocks_of(one.n)),
    )
    quarantine = {
        one.ref.name: [
            {"line": row.line, "reason": row.reason, "detail": row.detail}
            for row in one.quarantined
        ]
        for one in inputs.all
    }
    write_whole(
        folder / "quarantine.json",
        json.dumps(quarantine, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
    )


def _columns(one: Dataset) -> dict[str, NDArray[np.object_]]:
    """Return the columns that not every test set has → values, shape [n].

    Rows of several groups hold them as a JSON list: a column has one type in all test sets.
    """
    columns = {
        f"group:{name}": _as_lists(values) if _is_list(one, name) else values
        for name, values in one.groups.items()
    }
    columns |= {f"control:{name}": values for name, values in one.control.items()}
    return columns if one.cluster is None else columns | {"cluster": one.cluster}


def _further(one: Dataset) -> dict[str, NDArray[np.object_]]:
    """Return the choices of a row after the first, which stands beside the text."""
    n_texts = max((len(text) for text in one.inputs if isinstance(text, tuple)), default=0)
    return {f"{FURTHER}{k}": as_array([text[k] for text in one.inputs]) for k in range(2, n_texts)}


def _is_list(one: Dataset, name: str) -> bool:
    plan = one.group_plans.get(name)
    return plan is not None and plan.is_list


def _as_lists(cells: NDArray[np.object_]) -> NDArray[np.object_]:
    texts = {
        cell: json.dumps(members(cell), ensure_ascii=False) if cell else ""
        for cell in set(cells.tolist())
    }
    return as_array([texts[cell] for cell in cells.tolist()])


def _table(one: Dataset, columns: Sequence[str], rows: slice) -> pa.Table:
    import pyarrow as pa

    inputs, example_id = one.inputs[rows], one.example_id[rows]
    texts = [(text, None) if isinstance(text, str) else text for text in inputs]
    own, n = _columns(one) | _further(one), len(inputs)

    def strings(values: Any) -> pa.Array:
        return pa.array(values, pa.string())

    nothing = pa.nulls(n, pa.string())
    return pa.table(
        {
            "dataset": strings([one.ref.name] * n),
            "example_id": strings(example_id),
            "text": strings([text[0] for text in texts]) if one.has_inputs else nothing,
            "pair": strings([text[1] for text in texts]),
            **{name: strings(own[name][rows]) if name in own else nothing for name in columns},
        }
    )
