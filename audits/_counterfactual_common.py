"""What every comparison of ``counterfactual`` is made of: answers, units, and who is left out.

Legend: n rows of a data set, m comparisons, c classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._counterfactual_options import Options, Symmetric
from harness.engines.prediction import decide, softmax64
from harness.records import Message, members

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext, GuardedPredictions
    from harness.data import Dataset
    from harness.modelling import Item
    from harness.swaps import Swapper

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Text = str | tuple[str, ...]
Name = tuple[str, str]
"""Category and identity."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers about some texts.

    Attributes:
        decision: Shape [m].
        scores: Shape [m, c]; None for hard decisions.
    """

    decision: IntArray
    scores: FloatArray | None

    @classmethod
    def of_logits(cls, logits: NDArray[np.float32]) -> Answers:
        """Return the answers that logits, shape [m, c], stand for."""
        return cls(decide(logits), softmax64(logits))


@dataclass(slots=True)
class Comparison:
    """Texts and their counterfactuals.

    Attributes:
        row: Row of each original, shape [m].
        removed, added: Identities that only the original names, and only the counterfactual, m each.
        variant: What was done to each text, m of them.
        before, after: Answers about the originals and about the counterfactuals.
        unit: What belongs together, shape [m].
        unit_is: ``cluster``, ``template`` or ``row``.
        notes: What else a reader should know.
    """

    row: IntArray
    removed: list[tuple[Name, ...]]
    added: list[tuple[Name, ...]]
    variant: list[str]
    before: Answers
    after: Answers
    unit: NDArray[np.object_]
    unit_is: str
    notes: list[Message] = field(default_factory=list)


def asked(
    ctx: AuditContext,
    seen: GuardedPredictions,
    row: IntArray,
    texts: Sequence[Text],
    variant: Sequence[str],
) -> Answers:
    """Ask the model about new texts; one variant holds a row once."""
    return asked_items(ctx, seen, row, ctx.prepare(texts), variant)


def asked_items(
    ctx: AuditContext,
    seen: GuardedPredictions,
    row: IntArray,
    items: Sequence[Item],
    variant: Sequence[str],
) -> Answers:
    """Ask the model about prepared inputs; one variant holds a row once."""
    ids = [str(seen.example_id[at]) for at in row.tolist()]
    return Answers.of_logits(ctx.ask(ids, items, list(variant)))


def cut_off(ctx: AuditContext, originals: Sequence[Text], texts: Sequence[Text]) -> BoolArray:
    """Return which counterfactuals differ only behind what the model reads of them, shape [m]."""
    cut = np.zeros(len(texts), dtype=np.bool_)
    if not ctx.has_model or not len(texts):
        return cut
    after = ctx.prepare(texts)
    at = [i for i, item in enumerate(after) if item.is_truncated]
    if at:
        before = ctx.prepare([originals[i] for i in at])
        cut[at] = [one.key == after[i].key for one, i in zip(before, at, strict=True)]
    return cut


def all_cut_off(n: int) -> Message:
    return Message.of(
        "counterfactual.all-cut-off",
        "Not measured: in all {n} counterfactuals what differs lies behind what the model reads of a text, so "
        "that no decision could change. Raise max_tokens to compare them.",
        n=n,
    )


def cut_off_message(n_cut: int) -> list[Message]:
    """Return that counterfactuals were left out, where some were."""
    if not n_cut:
        return []
    return [
        Message.of(
            "counterfactual.cut-off",
            "{n_cut} counterfactuals more are left out: what differs lies behind what the model reads of the "
            "text, so that no decision could change. Raise max_tokens to compare them.",
            n_cut=n_cut,
        )
    ]


def known(seen: GuardedPredictions, row: IntArray) -> Answers:
    return Answers(seen.decision[row], None if seen.scores is None else seen.scores[row])


def symmetric_rows(rows: Dataset, options: Options) -> BoolArray:
    """Return which rows are compared, shape [n]."""
    symmetric = options.symmetric
    if not isinstance(symmetric, Symmetric):
        return np.ones(rows.n, dtype=np.bool_)
    values = {**rows.control, **rows.groups}[symmetric.column]
    wanted = set(symmetric.values)
    is_in = [not wanted.isdisjoint(members(cell)) for cell in values.tolist()]
    return np.array(is_in, dtype=np.bool_)


def units_of(
    rows: Dataset, seen: GuardedPredictions, row: IntArray, swapper: Swapper
) -> tuple[NDArray[Any], str]:
    """Return what each comparison belongs to: the cluster, else the text with identities masked."""
    if seen.cluster is not None:
        return seen.cluster[row], "cluster"
    if not rows.has_inputs:
        return row.astype(object), "row"
    skeleton = {at: swapper.skeleton(rows.inputs[at]) for at in set(row.tolist())}
    found = np.empty(len(row), dtype=object)
    found[:] = [skeleton[at] for at in row.tolist()]
    return found, "template"


def option_path(name: str, base: Path | None) -> Path:
    return (base or Path()) / Path(name).expanduser()


def lists_message(swapper: Swapper) -> Message:
    shown = ", ".join(f"{one.name} (SHA-256 {one.sha256[:12]})" for one in swapper.lists)
    return Message.of("counterfactual.lists", "Identity words are those of {lists}.", lists=shown)
