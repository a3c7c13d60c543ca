"""Why a row is set aside: a closed list, each reason with the sentence that readers see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.records import Quarantined

if TYPE_CHECKING:
    from harness.data.dataset import QuarantinedRow

REASONS: dict[str, str] = {
    "empty-text": "The text, or one text of the pair, is missing or only white space.",
    "missing-label": "The label is missing.",
    "label-outside-task": "The label is none of the task's classes.",
    "missing-id": "The id is missing.",
    "duplicate-id": "The id stands earlier in the file, on a row with other content.",
    "repeated-row": "The same row, id included, stands earlier in the file.",
    "invalid-weight": "The weight is no finite number >= 0.",
    "not-text": "A value that must be text is of another kind, or is no valid Unicode.",
    "nul-character": "A value holds the NUL character.",
    "ragged-row": "The row has more or fewer cells than the header.",
    "not-json": "The line is no JSON.",
    "not-an-object": "The line is JSON, but no object with named values.",
}
"""Reason id → English sentence."""


def counts(rows: Iterable[QuarantinedRow]) -> tuple[Quarantined, ...]:
    """Return the number of rows for each reason that occurs, sorted by reason."""
    found = Counter(row.reason for row in rows)
    return tuple(Quarantined(reason=reason, n=found[reason]) for reason in sorted(found))


def summary(rows: Sequence[QuarantinedRow]) -> str:
    """Return counts and first lines by reason, without any text of the rows."""
    parts = []
    for one in counts(rows):
        lines = [str(row.line) for row in rows if row.reason == one.reason]
        parts.append(f"{one.reason} {one.n} ({first_of('line', lines)})")
    return ", ".join(parts)


def first_of(noun: str, values: Sequence[str], limit: int = 5) -> str:
    """Return ``line 4`` or ``lines 4, 7, 9, ... (12 in all)``."""
    shown = ", ".join(values[:limit])
    if len(values) > limit:
        return f"{noun}s {shown}, ... ({len(values)} in all)"
    return f"{noun}{'s' if len(values) != 1 else ''} {shown}"
