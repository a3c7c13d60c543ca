"""A modality: what one file under ``models/`` offers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from harness.modelling.items import Model
    from harness.modelling.training import TrainRequest
    from harness.records import Task


@runtime_checkable
class NamesClasses(Protocol):
    """A modality that can say what a model decides between before anybody names a task."""

    def classes_of(
        self,
        source: str,
        *,
        revision: str | None = None,
        trust_code: bool = False,
        adapter: str | None = None,
    ) -> tuple[str, ...]:
        """Return the names of the classes of a folder or hub id, in the order of its logits.

        Raises:
            ModelError: If there is no such model, or it is no classifier.
        """
        ...


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
        adapter: str | None = None,
    ) -> Model:
        """Load a model from a folder or hub id, with an adapter from a folder where one is given.

        Raises:
            ModelError: If it is missing, damaged, or its classes do not fit the task; if the
                adapter belongs to another base, or is shown to change nothing.
        """
        ...

    def train(self, request: TrainRequest) -> Path:
        """Train and return the finished folder; resumes what ``workspace`` holds."""
        ...
