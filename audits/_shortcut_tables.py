"""What ``shortcuts`` keeps beside its measurements: words, the rows that hold them, every question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audits._shortcut_notes import name_of, verdict_of
from audits._shortcut_verdicts import Tried, effect, flip_rate, score_change
from harness.files import whole_file

if TYPE_CHECKING:
    from audits._shortcut_rows import Rows
    from audits._shortcut_trial import Bench
    from harness.auditing import AuditContext

EXAMPLES = 20
"""Rows that are listed of each word."""


@dataclass(slots=True)
class Tables:
    """Rows of the tables, all data sets below each other; no text, and words only by the rule of names."""

    words: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)
    insertions: list[dict[str, Any]] = field(default_factory=list)

    def add(self, ctx: AuditContext, rows: Rows, tried: Sequence[Tried], bench: Bench) -> None:
        """Add one data set."""
        ids = ctx.predictions(rows.dataset).example_id
        for one in tried:
            self.words.append({"dataset": rows.dataset, **_of_word(ctx, one)})
            for row in rows.holders.get(one.of.word, ())[:EXAMPLES]:
                parts = rows.where(one.of.word, int(row))
                self.examples.append(
                    {
                        "dataset": rows.dataset,
                        "word": one.of.number,
                        "example_id": str(ids[row]),
                        "part_indexes": list(parts),
                    }
                )
        names = ("example_id", "variant", "word", "text_index", "character", "part_indexes")
        self.insertions += [
            {"dataset": rows.dataset, **dict(zip(names, (*entry[:5], list(entry[5])), strict=True))}
            for entry in bench.log
        ]

    def write(self, ctx: AuditContext) -> None:
        """Write the tables that hold something."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for name in ("words", "examples", "insertions"):
            rows = getattr(self, name)
            if rows:
                table = pa.table({key: _array(pa, rows, key) for key in rows[0]})
                with whole_file(ctx.artifact(f"{name}.parquet")) as part:
                    pq.write_table(table, part, compression="zstd")


def _array(pa: Any, rows: list[dict[str, Any]], key: str) -> Any:
    kinds = {"part_indexes": pa.list_(pa.int64()), "name": pa.string(), "is_in_data": pa.bool_()}
    floats = {"z", "p_data", "mean_attribution", "p_value", "q_value", "mean_drop"}
    kind = kinds.get(
        key, pa.float64() if key in floats or key.endswith(("_low", "_high")) else None
    )
    return pa.array([row[key] for row in rows], kind)


def _of_word(ctx: AuditContext, one: Tried) -> dict[str, Any]:
    of, push = one.of, one.of.push
    flips, beyond, change = flip_rate(one.held), effect(one.held), score_change(one.held)
    return {
        "word": of.number,
        "name": name_of(of),
        "verdict": verdict_of(one),
        "kind": of.kind,
        "class": ctx.task.classes[of.position],
        "rank": one.rank,
        "n_rows": of.n_rows,
        "n_data_rows": of.n_data_rows,
        "z": of.z,
        "p_data": of.p_data,
        "is_in_data": of.is_in_data,
        "n_attributed": 0 if push is None else push.n,
        "n_top": 0 if push is None else int(push.n_top),
        "mean_attribution": None if push is None else float(push.mean_push()[of.position]),
        "n_inserted": len(one.held.row),
        "n_flips": int(one.held.flips.sum()),
        "n_control_flips": int(one.held.control_flips.sum()),
        "n_unreadable": one.held.n_unreadable,
        "flip_rate_low": flips.low,
        "flip_rate_high": flips.high,
        "effect_low": beyond.low,
        "effect_high": beyond.high,
        "score_change_low": change.low,
        "score_change_high": change.high,
        "p_value": one.p_value,
        "q_value": one.q_value,
        "is_found": one.is_found,
        "n_masked": len(one.masked.row),
        "n_masked_flips": int(one.masked.flips.sum()),
        "mean_drop": float(one.masked.drop.mean()) if len(one.masked.drop) else None,
    }
