"""The lesson of a causal language model: what follows what stands before.

Plain texts are learnt whole; of a prompt and its completion, or of a question and its right answer,
only the completion is. Validation is the mean loss of all scored tokens, in nats.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.errors import DataError, ModelError, Phrase, must, raise_all
from models._language_tokens import SEGMENT, LanguageEncoder
from models._network import bare, readable_inputs
from models.training.language_start import begin_language, kept_nothing
from models.training.lesson import WEIGHT
from models.training.passages import (
    Counted,
    Pack,
    Passage,
    Row,
    arrays_of,
    cut_all,
    packed,
    rows_of,
)
from models.training.score import LOSS
from models.training.token_loss import TokenLoss, nats_per_token, sums_of, token_losses

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.data import Dataset
    from harness.modelling import TrainRequest
    from harness.records import Task
    from models._hub import Source
    from models.training.fit import Fitting
    from models.training.lesson import Loss
    from models.training.start import Start


_NO_CUT = 2**31
"""Longer than any text: windows are cut here."""

_CHUNK = 500


class Writing:
    """See ``Lesson``.

    Args:
        request: What is trained.
        options: Its options, resolved.

    Raises:
        ModelError: If something was handed in that only classifiers can use.
    """

    def __init__(self, request: TrainRequest, options: TrainConfig) -> None:
        self._task = request.task
        self._options = options
        self._counted: dict[str, Any] = {}
        if request.objective is not None:
            got = Phrase(f"{request.objective.name} for a language model")
            raise ModelError(must("objective", "be absent", got, do="It is told of classes."))

    def check_rows(self, request: TrainRequest) -> None:
        """Refuse data without rows, or without labels where the right answer is learnt."""
        problems = []
        n_classes = len(request.task.classes)
        for name, rows in (("train", request.train), ("validation", request.validation)):
            if rows.n == 0:
                problems.append(must(f"data.{name}", "hold rows", Phrase("none")))
            elif request.task.is_deciding and rows.label is None:
                got = Phrase("rows without labels")
                problems.append(must(f"data.{name}", "say which answer is right", got))
            elif request.task.is_deciding and not _within(rows.label, n_classes):
                what = f"lie in 0..{n_classes - 1}"
                problems.append(must(f"Labels of data.{name}", what, Phrase("others")))
        raise_all(DataError, problems)

    def begin(self, source: Source | None, request: TrainRequest, options: TrainConfig) -> Start:
        """Build a language model."""
        return begin_language(source, request, options)

    def encode(self, start: Start, dataset: Dataset, fitting: Fitting) -> list[Row]:
        """Return packs of windows.

        Raises:
            DataError: If there is no token to learn.
            ModelError: If a sampler was handed in, and its rows are none of ours.
        """
        # a row that became several windows would be protected as one of them only
        first_only = self._options.private is not None
        passages, counted = self._passages(start, dataset, first_only=first_only)
        if not passages:
            got = Phrase(f"none in {counted.n_texts} rows")
            raise DataError(must("data.train", "hold a token to be learnt", got))
        if fitting.sampler is not None and (self._options.packing or len(passages) != dataset.n):
            got = Phrase(
                "packs" if self._options.packing else f"{len(passages)} windows of {dataset.n} rows"
            )
            raise ModelError(must("sampler", "draw rows that are learnt whole", got))
        room = start.max_tokens
        packs = (
            packed(passages, room, fitting.seed)
            if self._options.packing
            else [Pack((one,)) for one in passages]
        )
        self._counted = asdict(counted) | {"n_sequences": len(packs)}
        if counted.n_cut:
            fitting.report(_cut(counted, room, first_only=first_only))
        return rows_of(packs)

    def held_out(self, start: Start, dataset: Dataset) -> list[Row]:
        """Return the windows of the validation rows."""
        passages, counted = self._passages(start, dataset)
        if not passages:
            got = Phrase(f"none in {counted.n_texts} rows")
            raise DataError(must("data.validation", "hold a token to be predicted", got))
        return rows_of([Pack((one,)) for one in passages])

    def collator(self, start: Start, fitting: Fitting) -> Callable[[Sequence[Row]], dict[str, Any]]:
        """Return what makes a batch of rows."""
        return _Collator(start, is_per_sequence=self._options.is_per_sequence)

    def loss(self, fitting: Fitting) -> Loss:
        """Return the loss of tokens."""
        return TokenLoss(self._options.label_smoothing)

    def each(self, output: Any, inputs: dict[str, Any]) -> Any:
        """Return the mean over the tokens of each passage; a row holds one of them."""
        smoothing = self._options.label_smoothing
        losses = token_losses(output.logits, inputs["labels"], smoothing)
        return (losses * inputs[WEIGHT]).sum(1)

    def evaluate(self, output: Any, inputs: dict[str, Any]) -> tuple[Any, Any]:
        """Return the mean loss of a batch, and sum and number of scored tokens of its rows."""
        sums = sums_of(output.logits, inputs["labels"])
        total = sums.sum(0)
        return total[0] / total[1], sums

    def figures(self, answers: Any) -> dict[str, float]:
        """Return the mean loss of all scored tokens."""
        return nats_per_token(answers)

    def line(self, metrics: Mapping[str, float]) -> str:
        """Return what a person is told of it."""
        loss = metrics[LOSS]
        perplexity = f"{math.exp(loss):.2f}" if loss < 20 else "beyond counting"
        return f"validation loss {loss:.4f} nats per token (perplexity {perplexity})"

    def facts(self) -> dict[str, Any]:
        """Return how many texts became how many windows and sequences."""
        return {"texts": self._counted}

    def _passages(
        self, start: Start, dataset: Dataset, *, first_only: bool = False
    ) -> tuple[list[Passage], Counted]:
        return cut_all(
            sequences(start, self._task, dataset),
            max_tokens=start.max_tokens,
            end=start.tokenizer.eos_token_id,
            first_only=first_only,
        )


def sequences(start: Start, task: Task, dataset: Dataset) -> Iterator[Passage]:
    """Return each row as tokens, as it is scored, with what is to be learnt of it.

    Where several candidates may follow, the right one is learnt; the others are not seen.
    """
    encoder = LanguageEncoder(start.tokenizer, _NO_CUT, task)
    label = dataset.label if task.is_deciding else None
    for at in range(0, dataset.n, _CHUNK):
        items = encoder.prepare(dataset.inputs[at : at + _CHUNK])
        for index, item in enumerate(items, start=at):
            segment = item.arrays[SEGMENT]
            right = 1 if label is None else int(label[index]) + 1
            is_target = segment == right
            kept = is_target | (segment == 0)
            is_target[0] = False  # nothing stands before it
            yield Passage(item.arrays["input_ids"][kept], is_target[kept])


class _Collator:
    def __init__(self, start: Start, *, is_per_sequence: bool) -> None:
        network = bare(start.network)
        self._reads = readable_inputs(network)
        self._constant = kept_nothing(network)
        self._pad = start.tokenizer.pad_token_id or 0
        self._is_per_sequence = is_per_sequence

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        import torch

        batch = arrays_of(rows, pad=self._pad, is_per_sequence=self._is_per_sequence)
        # packs are told by positions alone, and only without a mask
        unread = "attention_mask" if any(len(pack.passages) > 1 for pack, *_ in rows) else ""
        inputs = {"input_ids", "position_ids", "attention_mask"}
        tensors = {
            name: torch.from_numpy(one)
            for name, one in batch.items()
            if name != unread and (name in self._reads or name not in inputs)
        }
        return tensors | self._constant


def _within(label: Any, n_classes: int) -> bool:
    return bool(label.min() >= 0 and label.max() < n_classes)


def _cut(counted: Counted, room: int, *, first_only: bool) -> str:
    how = (
        "only the first window of each is learnt, as a row is what is protected"
        if first_only
        else "they are cut into windows, or lose the beginning of their prompt"
    )
    return (
        f"{counted.n_cut} of {counted.n_texts} training texts are longer than {room} tokens: {how}; "
        f"{counted.n_passages} passages in all."
    )
