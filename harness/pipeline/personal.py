"""The personal part of a bundle: row text and group values, apart from everything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import Dataset
from harness.files import write_whole
from harness.pipeline.inputs import Inputs
from harness.predictions import blocks_of, write_blocks

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def write_personal(folder: Path, inputs: Inputs) -> None:
    """Write ``rows.parquet`` (text, groups, clusters of the test sets) and ``quarantine.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    tests = list(inputs.tests.values())
    columns = list(dict.fromkeys(name for one in tests for name in _columns(one)))
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
    """Return the columns that not every test set has → values, shape [n]."""
    columns = {
        f"{kind}:{name}": values
        for kind, found in (("group", one.groups), ("control", one.control))
        for name, values in found.items()
    }
    return columns if one.cluster is None else columns | {"cluster": one.cluster}


def _table(one: Dataset, columns: Sequence[str], rows: slice) -> pa.Table:
    import pyarrow as pa

    inputs, example_id = one.inputs[rows], one.example_id[rows]
    texts = [(text, None) if isinstance(text, str) else text for text in inputs]
    own, n = _columns(one), len(inputs)

    def strings(values: Any) -> pa.Array:
        return pa.array(values, pa.string())

    nothing = pa.nulls(n, pa.string())
    return pa.table(
        {
            "dataset": strings([one.ref.name] * n),
            "example_id": strings(example_id),
            "text": strings([text for text, _ in texts]) if one.has_inputs else nothing,
            "pair": strings([pair for _, pair in texts]),
            **{name: strings(own[name][rows]) if name in own else nothing for name in columns},
        }
    )
