"""The lesson of a classifier: which class a text belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.errors import DataError, Phrase, must, raise_all
from models.training.collate import Collator, Row, encode, reads_given_positions
from models.training.loss import Asked, CrossEntropy
from models.training.score import LOSS, scores_of
from models.training.start import begin

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.data import Dataset
    from harness.modelling import TrainRequest
    from models._hub import Source
    from models.training.fit import Fitting
    from models.training.lesson import Loss
    from models.training.start import Start


class Classifying:
    """See ``Lesson``.

    Args:
        request: What is trained.
        options: Its options, resolved.
    """

    def __init__(self, request: TrainRequest, options: TrainConfig) -> None:
        self._classes = request.task.classes
        self._options = options
        self._plain = CrossEntropy(None, 0.0)

    def check_rows(self, request: TrainRequest) -> None:
        """Refuse data without labels, or with labels that the task does not have."""
        problems = []
        n_classes = len(request.task.classes)
        for name, rows in (("train", request.train), ("validation", request.validation)):
            if rows.n == 0 or rows.label is None:
                got = Phrase("no rows" if rows.n == 0 else "rows without labels")
                problems.append(must(f"data.{name}", "hold labelled rows", got))
            elif rows.label.min() < 0 or rows.label.max() >= n_classes:
                wrong = int(rows.label.min() if rows.label.min() < 0 else rows.label.max())
                problems.append(must(f"Labels of data.{name}", f"lie in 0..{n_classes - 1}", wrong))
        raise_all(DataError, problems)

    def begin(self, source: Source | None, request: TrainRequest, options: TrainConfig) -> Start:
        """Build a classifier."""
        return begin(source, request, options)

    def encode(self, start: Start, dataset: Dataset, fitting: Fitting) -> list[Row]:
        """Return the training rows, tokenized."""
        return encode(start, dataset)

    def held_out(self, start: Start, dataset: Dataset) -> list[Row]:
        """Return the validation rows, tokenized."""
        return encode(start, dataset, is_train=False)

    def collator(self, start: Start, fitting: Fitting) -> Callable[[Sequence[Row]], dict[str, Any]]:
        """Return what makes a batch of rows."""
        return Collator(
            start,
            fitting.row_values,
            with_rows=fitting.objective is not None,
            with_positions=self._options.private is not None and reads_given_positions(start),
        )

    def loss(self, fitting: Fitting) -> Loss:
        """Return the weighted cross entropy, or the caller's objective."""
        if fitting.objective is not None:
            return Asked(fitting.objective)
        return CrossEntropy(fitting.class_weights, fitting.options.label_smoothing)

    def each(self, output: Any, inputs: dict[str, Any]) -> Any:
        """Return the cross entropy of each row, times the weight of its class."""
        import torch

        logits = output.logits.float()
        weights = self._options.class_weights
        costs = None
        if isinstance(weights, dict):
            costs = logits.new_tensor([weights.get(name, 1.0) for name in self._classes])
        return torch.nn.functional.cross_entropy(
            logits,
            inputs["labels"],
            weight=costs,
            label_smoothing=self._options.label_smoothing,
            reduction="none",
        )

    def evaluate(self, output: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Return the plain cross entropy of a batch, and its logits."""
        return self._plain(output.logits, inputs, None), output.logits

    def figures(self, answers: Any) -> dict[str, float]:
        """Return cross entropy, accuracy and balanced accuracy."""
        return scores_of(answers)

    def line(self, metrics: Mapping[str, float]) -> str:
        """Return what a person is told of these figures."""
        return (
            f"validation loss {metrics[LOSS]:.4f}, accuracy {metrics['eval_accuracy']:.3f}, "
            f"balanced accuracy {metrics['eval_balanced_accuracy']:.3f}"
        )

    def facts(self) -> dict[str, Any]:
        """Return nothing: the rows are those of the data set."""
        return {}
