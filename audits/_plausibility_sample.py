"""Rows whose rationales can be compared with an explanation, and why the others cannot.

Legend: k rows that are compared, p parts of a row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._explained import part_spans
from audits._rationales import (
    CUT_OFF,
    NO_WORD,
    REASONS,
    Form,
    marked,
    marked_parts,
    read_cell,
    recognised,
)
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext
    from harness.data import Dataset

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

SEARCHED = 20_000
"""Rows of a data set whose rationales are read, at most; drawn at random."""


@dataclass(slots=True)
class Sample:
    """Rows of a data set whose rationales can be compared.

    Attributes:
        dataset: Its name.
        form: Form of the rationales.
        rows: Positions, shape [k].
        marked: Which parts of each are marked, k arrays of shape [p].
        misfit: Position → why its rationale is left out.
        n_read: Rationales that were read.
    """

    dataset: str
    form: Form
    rows: IntArray
    marked: list[BoolArray]
    misfit: dict[int, str] = field(default_factory=dict)
    n_read: int = 0

    def misfits(self, example_id: NDArray[np.object_]) -> list[dict[str, Any]]:
        """Return the rows that are left out, by id."""
        return [
            {"dataset": self.dataset, "example_id": str(example_id[row]), "reason": reason}
            for row, reason in sorted(self.misfit.items())
        ]


def read_sample(ctx: AuditContext, dataset: str) -> Sample | Message:
    """Draw rows whose rationales fit, in the order of the run's sample."""
    rows, options = ctx.rows(dataset), ctx.options
    cells = rows.extra.get("rationale")
    if cells is None:
        return Message.of(
            "plausibility.no-rationales",
            "Not measured: data set {dataset} has no column with the role rationale.",
            dataset=dataset,
        )
    order = ctx.shared_sample(dataset, SEARCHED).tolist()
    texts = {row: text_of(rows.inputs[row], options.of_text) for row in order}
    form = options.rationale_form
    if form == "auto":
        form = recognised([cells[row] for row in order], [texts[row] for row in order])
    if isinstance(form, Message):
        return form
    sample = Sample(dataset, form, np.zeros(0, np.int64), [], n_read=len(order))
    fitting: dict[int, BoolArray] = {}
    for row in order:
        found = marked(form, cells[row], texts[row])
        if found.characters is None:
            sample.misfit[row] = str(found.misfit)
        else:
            fitting[row] = found.characters
    why = _placed(ctx, rows, sample, fitting)
    return sample if why is None else why


def _placed(
    ctx: AuditContext, rows: Dataset, sample: Sample, fitting: dict[int, BoolArray]
) -> Message | None:
    """Find the marked parts of as many rows as are wanted."""
    wanted, waiting = ctx.options.rows, list(fitting)
    chosen: list[int] = []
    text_index = 0 if ctx.options.of_text == "first" else 1
    while waiting and len(chosen) < wanted:
        some, waiting = waiting[: wanted - len(chosen)], waiting[wanted - len(chosen) :]
        inputs = [rows.inputs[row] for row in some]
        items = ctx.prepare(inputs)
        spans = part_spans(ctx, inputs, items)
        if isinstance(spans, Message):
            return spans
        for row, item, table in zip(some, items, spans, strict=True):
            characters = fitting[row]
            own = np.where(table[:, :1] == text_index, table[:, 1:], -1)
            is_marked = marked_parts(characters, own)
            last = int(own[:, 1].max(initial=0))
            if item.is_truncated and characters[last:].any():
                sample.misfit[row] = CUT_OFF
            elif not is_marked.any():
                sample.misfit[row] = NO_WORD
            else:
                chosen.append(row)
                sample.marked.append(is_marked)
    sample.rows = np.array(chosen, dtype=np.int64)
    return None


def text_of(one: str | tuple[str, ...], which: str) -> str:
    """Return the text that an option means: of a pair the first or the second."""
    if isinstance(one, str):
        return one
    return one[0] if which == "first" else one[1]


def share_with_rationale(rows: Dataset) -> float:
    """Return the share of rows that have a rationale, from evenly spaced ones."""
    cells = rows.extra.get("rationale")
    if cells is None or not rows.n:
        return 0.0
    at = np.unique(np.linspace(0, rows.n - 1, min(rows.n, 500)).round()).astype(int)
    return float(np.mean([bool(read_cell(cells[row])) for row in at.tolist()]))


def misfits_said(sample: Sample) -> list[Message]:
    """Say how many rationales are left out and why; nothing where all fit."""
    if not sample.misfit:
        return []
    return [
        Message.of(
            "plausibility.misfits",
            "Of {n_read} rationales {n} are left out: {whys}. rationales.parquet lists them by id.",
            n_read=sample.n_read,
            n=len(sample.misfit),
            whys=_whys(sample),
        )
    ]


def no_fit(sample: Sample) -> Message:
    """Say that no rationale can be compared."""
    return Message.of(
        "plausibility.none-fits",
        "Not measured: none of {n} rationales, read as {form}, can be compared with its text: {whys}. "
        "rationales.parquet lists them by id.",
        n=sample.n_read,
        form=sample.form,
        whys=_whys(sample),
    )


def _whys(sample: Sample) -> str:
    counted = Counter(sample.misfit.values())
    return "; ".join(f"{counted[one]} {REASONS[one]}" for one in REASONS if counted[one])
