"""What the engines know of a model: items and capabilities, never a framework.

A modality is one file under ``models/``. It offers a ``Modality``; loading gives a ``Model`` with the
capabilities that it has. Engines and audits ask for capabilities, never "is this text?".

Legend of shapes: n examples, c classes, p parts, t tokens, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.data import Dataset
    from harness.records import ModelRef, Task

CAPABILITIES = (
    "logits",
    "parts",
    "embeddings",
    "log-probabilities",
    "generate",
    "train",
    "per-example-gradients",
    "perturb",
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

    def prepare(self, inputs: Sequence[str | tuple[str, str]]) -> list[Item]:
        """Turn raw inputs into items, in order; truncation is marked on the item, never silent."""
        ...

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return logits, shape [b, c], for one batch, in inference mode, model left as it was."""
        ...


@runtime_checkable
class HasParts(Protocol):
    """Capability ``parts``: inputs can be taken apart."""

    def parts(self, item: Item) -> list[Part]:
        """Return the parts of an item in order; special tokens belong to none."""
        ...

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some parts replaced by what stands for absence."""
        ...


@runtime_checkable
class CountsUnknown(Protocol):
    """A model that can say how much of its inputs it cannot tell apart. No capability: a fact."""

    def unknown_share(self, items: Sequence[Item]) -> float | None:
        """Return the share of tokens, special ones apart, that stand for what is not known.

        Undefined when: there is no such token, or no token at all; None then.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train, on what, how.

    Attributes:
        base: Folder or hub id; None when ``architecture`` is given.
        architecture: Shape of a new model, built from a config; its tokenizer is learnt from train.
        revision: Commit of a hub base.
        options: The ``train`` section of the config, as plain data.
        output: Folder of the finished model.
        workspace: Folder for checkpoints; what lies there is resumed.
        validation: Held-out rows; never the test set.
    """

    task: Task
    train: Dataset
    validation: Dataset
    options: Mapping[str, Any]
    output: Path
    workspace: Path
    seed: int
    device: str = "auto"
    base: str | None = None
    revision: str | None = None
    architecture: Mapping[str, Any] | None = None
    report: Callable[[str], None] = field(default=lambda text: None)


@runtime_checkable
class SavesLive(Protocol):
    """A modality that can save a model which is in memory, so that what is measured has a digest."""

    def save_live(self, model: Any, tokenizer: Any, folder: Path) -> None:
        """Save a live model and its tokenizer into an existing folder; the model stays as it was.

        Raises:
            ModelError: If loading the folder would not give what was saved.
        """
        ...


@runtime_checkable
class Modality(Protocol):
    """One file under ``models/``; the module holds it as ``MODALITY``.

    Attributes:
        id: e.g. ``text``.
        tasks: Kinds of task that it handles.
    """

    id: str
    tasks: frozenset[str]

    def load(
        self,
        source: str,
        *,
        task: Task,
        device: str = "auto",
        dtype: str = "float32",
        revision: str | None = None,
        trust_code: bool = False,
        max_tokens: int | None = None,
    ) -> Model:
        """Load a model from a folder or hub id.

        Raises:
            ModelError: If it is missing, damaged, or its classes do not fit the task.
        """
        ...

    def train(self, request: TrainRequest) -> Path:
        """Train and return the finished folder; resumes what ``workspace`` holds."""
        ...
