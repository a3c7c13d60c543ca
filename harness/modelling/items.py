"""Inputs that are ready to be batched, their parts, and the model that answers them.

Legend of shapes: n examples, c classes, p parts, t tokens, b batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.records import ModelRef


CAPABILITIES = (
    "logits",
    "parts",
    "embeddings",
    "log-probabilities",
    "generate",
    "train",
    "per-example-gradients",
    "perturb",
    "last-layer",
)
"""Every capability a modality may name. Only those it names may be called."""


@dataclass(frozen=True, slots=True)
class Item:
    """One input, ready to be batched.

    Attributes:
        arrays: Name → array of shape [t], int64, for example ``input_ids``.
        length: Cost in tokens; items of equal length batch without padding.
        is_truncated: Whether the input was longer than the model reads.
        key: Content key; equal keys get equal logits and are computed once.
    """

    arrays: Mapping[str, NDArray[np.int64]]
    length: int
    is_truncated: bool
    key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an input that can be taken away, addressed by position.

    Attributes:
        index: Position among the parts of its item, from 0.
        positions: Token positions that it covers.
        content: What stands there, for comparing parts of different items; personal data.
    """

    index: int
    positions: tuple[int, ...]
    content: str


@runtime_checkable
class Model(Protocol):
    """A loaded model.

    Attributes:
        ref: Identity for the record.
        capabilities: Which of ``CAPABILITIES`` it has.
        n_classes: c.
        device, dtype: Where and in which precision it computes, e.g. ``cpu`` and ``float32``.
    """

    ref: ModelRef
    capabilities: frozenset[str]
    n_classes: int
    device: str
    dtype: str

    def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
        """Turn raw inputs into items, in order; truncation is marked on the item, never silent."""
        ...

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return logits, shape [b, c], for one batch, in inference mode, model left as it was."""
        ...
