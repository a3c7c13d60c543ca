"""What is taught: the class of a text, or the text itself. Everything else of a training is shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.data import Dataset
    from harness.modelling import TrainRequest
    from models._hub import Source
    from models.training.fit import Fitting
    from models.training.start import Start

WEIGHT = "target_weight"
"""What a batch of a language model holds beside inputs and labels: the weight of each target."""


class Loss(Protocol):
    """What a step minimises.

    Attributes:
        is_scaled: Whether passes are already parts of the mean of their step.
    """

    @property
    def is_scaled(self) -> bool:
        """Whether passes are already parts of the mean of their step."""
        ...

    def total(self, batches: Sequence[Mapping[str, Any]]) -> Any:
        """Return the total weight of the batches of one step, a scalar tensor, or None."""
        ...

    def __call__(self, logits: Any, inputs: dict[str, Any], total: Any) -> Any:
        """Return the part of the loss that lies in this pass; total None: the mean of the pass."""
        ...


class Lesson(Protocol):
    """What a training teaches."""

    def check_rows(self, request: TrainRequest) -> None:
        """Refuse data that nothing can be learnt from.

        Raises:
            DataError: With every problem.
        """
        ...

    def begin(self, source: Source | None, request: TrainRequest, options: TrainConfig) -> Start:
        """Build the model that is trained; what is drawn at random follows torch's generator."""
        ...

    def encode(self, start: Start, dataset: Dataset, fitting: Fitting) -> list[Any]:
        """Return the training rows, tokenized: (what has a ``length``, label, position)."""
        ...

    def held_out(self, start: Start, dataset: Dataset) -> list[Any]:
        """Return the validation rows, tokenized."""
        ...

    def collator(self, start: Start, fitting: Fitting) -> Callable[[Sequence[Any]], dict[str, Any]]:
        """Return what makes a batch of rows."""
        ...

    def loss(self, fitting: Fitting) -> Loss:
        """Return what a step minimises."""
        ...

    def each(self, output: Any, inputs: dict[str, Any]) -> Any:
        """Return the loss of each row by itself, shape [b]: no row changes what another weighs."""
        ...

    def evaluate(self, output: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Return the mean loss of a validation batch, and what its figures need of it."""
        ...

    def figures(self, answers: Any) -> dict[str, float]:
        """Return the figures on all validation rows, the one that chooses among them."""
        ...

    def line(self, metrics: Mapping[str, float]) -> str:
        """Return what a person is told of these figures."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return what the lineage should know of the rows."""
        ...
