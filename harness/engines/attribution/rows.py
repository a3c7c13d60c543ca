"""Distinct rows with the question that is asked of each, and what was found about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.attributions import Attributions, Method, Status
from harness.engines.perturbation.targets import explained_classes, leads
from harness.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasEmbeddings, HasParts, Item

    Floats = NDArray[np.float64]
    Indexes = NDArray[np.int64]

_N_NAMED = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """Distinct rows and what is asked of each: how far the target leads, in logits.

    Attributes:
        items: u of them.
        content: Which tokens of each belong to a part, shape [t] each.
        target: Class that is explained, shape [u].
        runner_up: Class that it leads over, shape [u]; the same where its own logit is explained.
        whole: f(x), shape [u].
    """

    items: list[Item]
    content: list[NDArray[np.bool_]]
    target: Indexes
    runner_up: Indexes
    whole: Floats

    @property
    def n(self) -> int:
        """Number of distinct rows, u."""
        return len(self.items)

    def take(self, positions: Sequence[int]) -> Rows:
        """Return some of the rows, in the order given."""
        return Rows(
            [self.items[i] for i in positions],
            [self.content[i] for i in positions],
            self.target[positions],
            self.runner_up[positions],
            self.whole[positions],
        )

    def lead(self, logits: NDArray[np.floating], positions: Sequence[int]) -> Floats:
        """Return f for logits of shape [m, c], given by some rows, shape [m]."""
        return leads(logits, self.target[positions], self.runner_up[positions])


def asked_of(
    model: HasEmbeddings, items: Sequence[Item], logits: NDArray[np.floating], method: Method
) -> tuple[Rows, Indexes]:
    """Return the distinct rows among items, and which of them each item is, shape [n].

    Args:
        model: Says which tokens are content.
        items: n of them.
        logits: Of the whole items, shape [n, c].
        method: Whose target is asked for.
    """
    seen: dict[bytes, int] = {}
    first: list[int] = []
    contents: list[NDArray[np.bool_]] = []
    inverse = np.empty(len(items), dtype=np.int64)
    for position, item in enumerate(items):
        content = model.is_content(item)
        # equal tokens may be content in one text and special in another
        inverse[position] = seen.setdefault(item.key + content.tobytes(), len(first))
        if inverse[position] == len(first):
            first.append(position)
            contents.append(content)
    target, runner_up = explained_classes(logits[first], method.target)
    whole = leads(logits[first], target, runner_up)
    return Rows([items[i] for i in first], contents, target, runner_up, whole), inverse


@dataclass(slots=True)
class Found:
    """What was found about u distinct rows; filled in chunk by chunk.

    Attributes:
        values: Contribution of each token, shape [t] each; special tokens 0.
        blank, gap, status, top_overlap, n_gradients, n_forwards: As in ``Attributions``.
    """

    values: list[Floats]
    blank: Floats
    gap: Floats
    status: list[Status]
    top_overlap: Floats
    n_gradients: Indexes
    n_forwards: Indexes

    @classmethod
    def nothing(cls, rows: Rows) -> Found:
        """Return what is known before anything was asked."""
        return cls(
            [np.zeros(item.length) for item in rows.items],
            rows.whole.copy(),
            np.zeros(rows.n),
            ["not-checked"] * rows.n,
            np.ones(rows.n),
            np.zeros(rows.n, dtype=np.int64),
            np.zeros(rows.n, dtype=np.int64),
        )


def chunks(rows: Rows, n_tokens: int) -> Iterator[list[int]]:
    """Yield positions of rows of similar length, at most so many tokens together, or one row."""
    order = sorted(range(rows.n), key=lambda i: (-rows.items[i].length, i))
    chunk: list[int] = []
    held = 0
    for position in order:
        length = rows.items[position].length
        if chunk and held + length > n_tokens:
            yield chunk
            chunk, held = [], 0
        chunk.append(position)
        held += length
    if chunk:
        yield chunk


def written(
    model: HasParts,
    items: Sequence[Item],
    *,
    rows: Rows,
    found: Found,
    which: Indexes,
    method: Method,
) -> Attributions:
    """Return what was found as attributions of n items, by word or token.

    Raises:
        ModelError: If a value is not a finite number.
    """
    values = [found.values[u] for u in which]
    if method.unit == "word":
        values = [in_words(model, item, one) for item, one in zip(items, values, strict=True)]
    _refuse_non_finite(values)
    return Attributions(
        method=method,
        starts=np.concatenate([[0], np.cumsum([len(one) for one in values])]).astype(np.int64),
        values=np.concatenate([*values, np.zeros(0)]),
        target=rows.target[which],
        runner_up=rows.runner_up[which],
        whole=rows.whole[which],
        blank=found.blank[which],
        gap=found.gap[which],
        status=np.array([found.status[u] for u in which], dtype=object),
        top_overlap=found.top_overlap[which],
        n_gradients=found.n_gradients[which],
        n_forwards=found.n_forwards[which],
    )


def in_words(model: HasParts, item: Item, values: Floats) -> Floats:
    """Return the sum over the tokens of each part, shape [p]; nothing is lost, special tokens hold 0."""
    return np.array([values[list(part.positions)].sum() for part in model.parts(item)], dtype=float)


def _refuse_non_finite(values: Sequence[Floats]) -> None:
    bad = [position for position, one in enumerate(values) if not np.isfinite(one).all()]
    if bad:
        named = ", ".join(map(str, bad[:_N_NAMED])) + (", ..." if len(bad) > _N_NAMED else "")
        raise ModelError(
            f"Attributions must be finite numbers, got NaN or infinity for {len(bad)} of "
            f"{len(values)} rows (positions {named}). Check the weights, or attribute in float32."
        )
