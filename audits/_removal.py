"""Asking a model about inputs with parts taken away, and what that did to its decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext
    from harness.modelling import Item, Part


@dataclass(frozen=True, slots=True)
class Removal:
    """One input with some of its parts taken away.

    Attributes:
        row: Position of the example in its data set.
        part_indexes: Parts that are taken away.
    """

    row: int
    part_indexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What m removals did; the lead of a class is its logit minus the largest other one.

    Attributes:
        drop: What the decided class lost of its lead, shape [m]: the attribution of the removal.
        relative: The same as a share of that lead, shape [m], clipped to -1..1; at 1 the lead is
            gone.
        is_flipped: Whether the decision changed, shape [m].
    """

    drop: NDArray[np.float64]
    relative: NDArray[np.float64]
    is_flipped: NDArray[np.bool_]

    @classmethod
    def between(cls, whole: NDArray[np.float64], gapped: NDArray[np.float64]) -> Effects:
        """Compare logits of whole inputs with those of inputs with gaps, shape [m, c] each."""
        decided = np.argmax(whole, axis=1)
        before, after = lead(whole, decided), lead(gapped, decided)
        drop = before - after
        # a lead of nothing is lost wholly by any drop
        share = np.divide(drop, before, out=np.sign(drop), where=before > 0)
        return cls(drop, np.clip(share, -1.0, 1.0), np.argmax(gapped, axis=1) != decided)


@dataclass(slots=True)
class Inputs:
    """One data set, ready to be asked about.

    Attributes:
        ctx: Context of the audit that asks.
        dataset: Name of the data set.
        items: Prepared inputs, n of them.
        example_id: Ids, shape [n].
        logits: For whole inputs, shape [n, c].
        rows_with: Word → row → indexes of the parts where it stands.
        log: (example id, variant, part indexes) of every removal that was asked about.
    """

    ctx: AuditContext
    dataset: str
    items: list[Item]
    example_id: NDArray[np.object_]
    logits: NDArray[np.float64]
    rows_with: dict[str, dict[int, tuple[int, ...]]]
    log: list[tuple[str, str, tuple[int, ...]]] = field(default_factory=list)

    def parts(self, row: int) -> list[Part]:
        """Return the parts of one input, in order."""
        return self.ctx.parts_of.parts(self.items[row])

    def take_out(self, word: str, rows: NDArray[np.int64]) -> list[Removal]:
        """Return one removal for each row: all occurrences of a word, rows ascending."""
        return [Removal(row, self.rows_with[word][row]) for row in np.sort(rows).tolist()]

    def ask(self, removals: Sequence[Removal], *, stage: str) -> Effects:
        """Ask the model about inputs with gaps.

        An answer is stored under its example and a variant ``<data set>/<stage>-<number>``. One
        variant holds a row once; the removals of a row are numbered in order.
        """
        seen: dict[int, int] = {}
        variants: dict[int, list[int]] = {}
        for position, removal in enumerate(removals):
            number = seen[removal.row] = seen.get(removal.row, -1) + 1
            variants.setdefault(number, []).append(position)
        answers = np.zeros((len(removals), self.logits.shape[1]))
        for number, positions in variants.items():
            answers[positions] = self._ask_variant(
                [removals[position] for position in positions], f"{self.dataset}/{stage}-{number}"
            )
        return Effects.between(self.logits[[removal.row for removal in removals]], answers)

    def _ask_variant(self, removals: Sequence[Removal], variant: str) -> NDArray[np.float32]:
        ids = [str(self.example_id[removal.row]) for removal in removals]
        gapped = [
            self.ctx.parts_of.without(self.items[removal.row], removal.part_indexes)
            for removal in removals
        ]
        self.log += [
            (id, variant, removal.part_indexes) for id, removal in zip(ids, removals, strict=True)
        ]
        return self.ctx.ask(ids, gapped, variant)


def read_inputs(ctx: AuditContext, dataset: str) -> Inputs:
    """Prepare a data set and find where each word stands; needs logits and a model with parts."""
    seen = ctx.predictions(dataset)
    assert seen.logits is not None  # the data set was offered because it has logits
    items = ctx.items(dataset)
    rows_with: dict[str, dict[int, tuple[int, ...]]] = {}
    for row, item in enumerate(items):
        for part in ctx.parts_of.parts(item):
            holders = rows_with.setdefault(part.content, {})
            holders[row] = (*holders.get(row, ()), part.index)
    return Inputs(ctx, dataset, items, seen.example_id, seen.logits.astype(np.float64), rows_with)


def lead(logits: NDArray[np.float64], decided: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the logit of the decided class minus the largest other one, shape [m]."""
    index = np.arange(len(logits))
    others = logits.copy()
    others[index, decided] = -np.inf
    found: NDArray[np.float64] = logits[index, decided] - others.max(axis=1)
    return found
