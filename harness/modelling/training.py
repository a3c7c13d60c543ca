"""What is trained, on what, how.

Legend of shapes: n examples, c classes, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.data import Dataset
    from harness.records import Task


class Recorded(Protocol):
    """An object of the caller's that changes what is trained: it says what it is.

    Attributes:
        name: For people, kebab-case.
        digest: SHA-256 over everything in it that can change a weight: two objects with equal
            digests must do the same. It is part of the identity of the training, so a changed
            object trains again and does not take up the other's checkpoints.
    """

    @property
    def name(self) -> str:
        """Name for people, kebab-case."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 over everything that can change a weight."""
        ...


@runtime_checkable
class Objective(Recorded, Protocol):
    """What training minimises, instead of the cross entropy.

    Mitigation uses it for reweighting by group (values of the row: its group's weight), for
    adversaries and for penalties on differences between groups of a batch; an influence
    estimate for leaving rows out (weight 0). It is called for each pass on each process; the
    passes of one step are averaged, so a loss should be a mean over the rows of its batch.
    Validation, early stopping and the choice of the checkpoint keep the plain cross entropy.
    """

    def __call__(self, logits: Any, label: Any, rows: Any, values: Mapping[str, Any]) -> Any:
        """Return a scalar loss whose gradient reaches ``logits``.

        Args:
            logits: Shape [b, c], float32, classes in the order of the task.
            label: True class, shape [b], int64.
            rows: Position of each row in ``TrainRequest.train``, shape [b], int64.
            values: ``TrainRequest.row_values`` of these rows: name → shape [b] or [b, ...].
        """
        ...


@runtime_checkable
class Sampler(Recorded, Protocol):
    """In which order, and how often, rows are met in an epoch, instead of a shuffle.

    Mitigation uses it to draw groups equally often. The order is cut into batches of
    ``batch_size`` rows as it stands; several processes take the batches in turn. Private training
    draws batches of random size, which an order cannot say: it walks over its own batches and
    takes ``per_example_gradients`` of each.
    """

    def __len__(self) -> int:
        """Return the number of rows of an epoch, the same in each."""
        ...

    def order(self, epoch: int, *, lengths: Sequence[int], seed: int) -> Sequence[int]:
        """Return positions of rows; a function of its arguments alone.

        Args:
            epoch: From 0.
            lengths: Tokens of each row of train.
            seed: The run's.
        """
        ...


@runtime_checkable
class Trainable(Recorded, Protocol):
    """Which parameters are trained, where names and patterns do not suffice."""

    def __call__(self, name: str) -> bool:
        """Return whether the parameter of this name is trained."""
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
        objective: Instead of the cross entropy; excludes class weights and label smoothing.
        sampler: Instead of a shuffle.
        trainable: Names or patterns (``classifier.*``, ``*.bias``) of the parameters that are
            trained, or a predicate; everything else is frozen. None trains what the method trains.
        row_values: Name → one value for each row of train, shape [n] or [n, ...], for the objective.
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
    objective: Objective | None = None
    sampler: Sampler | None = None
    trainable: Sequence[str] | Trainable | None = None
    row_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    report: Callable[[str], None] = field(default=lambda text: None)
