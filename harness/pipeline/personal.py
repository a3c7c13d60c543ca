"""The personal part of a bundle: row text and group values, apart from everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.data import Dataset
from harness.files import whole_file, write_whole
from harness.pipeline.inputs import Inputs

if TYPE_CHECKING:
    import pyarrow as pa


def write_personal(folder: Path, inputs: Inputs) -> None:
    """Write ``rows.parquet`` (text, groups, clusters of the test sets) and ``quarantine.json``."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    table = pa.concat_tables(
        [_table(one) for one in inputs.tests.values()], promote_options="default"
    )
    with whole_file(folder / "rows.parquet") as part:
        pq.write_table(table, part, compression="zstd")
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


def _table(one: Dataset) -> pa.Table:
    import pyarrow as pa

    firsts = [
        (text if isinstance(text, str) else text[0]) if one.has_inputs else None
        for text in one.inputs
    ]
    seconds = [None if isinstance(text, str) else text[1] for text in one.inputs]
    columns: dict[str, pa.Array] = {
        "dataset": pa.array([one.ref.name] * one.n, pa.string()),
        "example_id": pa.array(one.example_id, pa.string()),
        "text": pa.array(firsts, pa.string()),
        "pair": pa.array(seconds, pa.string()),
    }
    for kind, found in (("group", one.groups), ("control", one.control)):
        columns |= {
            f"{kind}:{name}": pa.array(values, pa.string()) for name, values in found.items()
        }
    if one.cluster is not None:
        columns["cluster"] = pa.array(one.cluster, pa.string())
    return pa.table(columns)
