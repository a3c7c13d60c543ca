"""Tables of an audit as Parquet files among its artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.files import whole_file

if TYPE_CHECKING:
    from harness.auditing import AuditContext


def write_rows(ctx: AuditContext, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with equal keys as a table; nothing where there are none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if rows:
        with whole_file(ctx.artifact(name)) as part:
            pq.write_table(pa.Table.from_pylist(list(rows)), part, compression="zstd")
