"""What ``reason-codes`` keeps: the reasons of each decision by part and place, without any text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audits._reason_asking import spans_of
from audits._reason_table import UNMAPPED
from harness.files import whole_file

if TYPE_CHECKING:
    from audits._reason_asking import Subject
    from audits._reason_rows import Decision
    from harness.auditing import AuditContext


@dataclass(slots=True)
class Written:
    """Rows of ``reasons.parquet``, one for each named factor, all data sets below each other."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        subject: Subject,
        decisions: Sequence[Decision],
        gains: Sequence[Sequence[float]],
        is_protected: Sequence[Sequence[bool]],
    ) -> None:
        """Add the decisions of one data set."""
        ids = subject.ctx.predictions(subject.dataset).example_id
        for one, gained, protected in zip(decisions, gains, is_protected, strict=True):
            spans = spans_of(subject, one.row)
            for rank, factor in enumerate(one.named):
                places = [spans[at] for at in factor.parts]
                known = [place for place in places if place is not None]
                self.rows.append(
                    {
                        "dataset": subject.dataset,
                        "example_id": str(ids[one.row]),
                        "rank": rank + 1,
                        "reason": _reason(subject, factor.reason),
                        "part_indexes": list(factor.parts),
                        "text_indexes": [place[0] for place in known],
                        "starts": [place[1] for place in known],
                        "stops": [place[2] for place in known],
                        "contribution": factor.contribution,
                        "gain_when_masked": gained[rank],
                        "is_protected": protected[rank],
                        "is_stable": one.is_stable,
                        "verdict": "stable" if one.is_stable else "not stable",
                    }
                )

    def write(self, ctx: AuditContext) -> None:
        """Write the table where it holds something."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self.rows:
            return
        whole = pa.list_(pa.int64())
        kinds = dict.fromkeys(("part_indexes", "text_indexes", "starts", "stops"), whole)
        kinds["reason"] = pa.string()
        table = pa.table(
            {
                name: pa.array([row[name] for row in self.rows], kinds.get(name))
                for name in self.rows[0]
            }
        )
        with whole_file(ctx.artifact("reasons.parquet")) as part:
            pq.write_table(table, part, compression="zstd")


def _reason(subject: Subject, reason: int | None) -> str | None:
    if subject.table is None:
        return None
    return UNMAPPED if reason is None else subject.table.reasons[reason].id
