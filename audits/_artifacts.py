"""Tables that an audit leaves in its folder of the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.files import whole_file

if TYPE_CHECKING:
    from harness.auditing import AuditContext


def write_rows(
    ctx: AuditContext, name: str, rows: Sequence[tuple[Any, ...]], columns: Sequence[str]
) -> None:
    """Write rows as Parquet; nothing where there are none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if rows:
        table = pa.table(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
        with whole_file(ctx.artifact(name)) as part:
            pq.write_table(table, part, compression="zstd")
