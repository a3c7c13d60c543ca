"""The Hugging Face Trainer, set up so that the same inputs give the same weights.

Every epoch has its own order of rows, drawn from (seed, epoch) alone; rows of similar length stand
together; the state after each epoch is kept, so a training that was killed goes on as if it had not
been.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ModelError
from models._network import is_decoder, padding_of, readable_inputs
from models._tokens import Side, TextEncoder, pad
from models.training.checkpoints import mark_whole
from models.training.score import LOSS, scores_of

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.modelling import Item
    from models.training.options import TrainOptions
    from models.training.start import Start

Row = tuple["Item", int]

_BATCHES_PER_POOL = 50


@dataclass(frozen=True, slots=True)
class Fitting:
    """What ``fit`` needs beside the model.

    Attributes:
        options: Resolved options.
        precision: ``float32``, ``bfloat16`` or ``float16``.
        device: Where to compute.
        seed: 0 <= seed < 2**32.
        workspace: Folder of checkpoints.
        key: Whose checkpoints they are.
        checkpoint: Where to go on from; None for the beginning.
        report: Told one line per epoch.
    """

    options: TrainOptions
    precision: str
    device: str
    seed: int
    workspace: Path
    key: str
    checkpoint: Path | None
    report: Callable[[str], None]


def fit(start: Start, train: Dataset, validation: Dataset, fitting: Fitting) -> dict[str, Any]:
    """Train ``start.network`` in place.

    Returns:
        ``curve`` (one entry per epoch), ``n_steps``, ``chosen_step``: facts for the lineage.

    Raises:
        ModelError: If the loss is no longer a finite number.
    """
    encoder = TextEncoder(start.tokenizer, start.max_tokens, readable_inputs(start.network))
    rows = _rows(encoder, train)
    # the order of validation rows changes no figure; by length they need little padding
    held_out = sorted(_rows(encoder, validation), key=lambda row: row[0].length)
    trainer = _trainer(start, rows, held_out, fitting)
    trainer.train(resume_from_checkpoint=str(fitting.checkpoint) if fitting.checkpoint else None)
    state = trainer.state
    best = fitting.options.best_checkpoint
    return {
        "curve": _curve(state.log_history),
        "n_steps": state.global_step,
        "chosen_step": state.best_global_step if best else state.global_step,
    }


def epoch_order(lengths: Sequence[int], batch_size: int, seed: tuple[int, int]) -> list[int]:
    """Return the order of rows in one epoch: shuffled, rows of similar length in one batch.

    Rows are shuffled, cut into pools of 50 batches, sorted by length inside each pool, and the
    batches are shuffled again, the shorter last one staying at the end.

    Args:
        lengths: Tokens of each row.
        batch_size: Rows of one step.
        seed: Seed and epoch.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(lengths))
    pool = batch_size * _BATCHES_PER_POOL
    pools = [shuffled[i : i + pool] for i in range(0, len(shuffled), pool)]
    order = [int(row) for one in pools for row in sorted(one, key=lambda row: -lengths[row])]
    cut = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    last = [cut.pop()] if cut and len(cut[-1]) < batch_size else []
    mixed = [cut[i] for i in rng.permutation(len(cut))]
    return [row for batch in (*mixed, *last) for row in batch]


def _rows(encoder: TextEncoder, dataset: Dataset) -> list[Row]:
    labels = dataset.label
    assert labels is not None  # refused in run.check_rows
    return list(zip(encoder.prepare(dataset.inputs), labels.tolist(), strict=True))


def _trainer(start: Start, rows: list[Row], held_out: list[Row], fitting: Fitting) -> Any:
    from transformers import PrinterCallback, ProgressCallback, Trainer

    class OrderedTrainer(Trainer):  # type: ignore[misc]
        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            lengths = [item.length for item, _ in rows]
            return _Order(lengths, fitting.options.batch_size, fitting.seed)

    trainer = OrderedTrainer(
        model=start.network,
        args=_arguments(fitting, len(rows)),
        data_collator=_Collator(start),
        train_dataset=rows,
        eval_dataset=held_out,
        compute_metrics=scores_of,
        preprocess_logits_for_metrics=_only_logits,
        callbacks=[_watch(fitting)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def _arguments(fitting: Fitting, n_rows: int) -> Any:
    from transformers import TrainingArguments

    options = fitting.options
    n_steps = options.max_steps or math.ceil(
        math.ceil(n_rows / options.batch_size) * options.epochs
    )
    arguments = TrainingArguments(
        output_dir=str(fitting.workspace),
        num_train_epochs=options.epochs,
        max_steps=options.max_steps or -1,
        learning_rate=options.learning_rate,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=options.eval_batch_size,
        weight_decay=options.weight_decay,
        warmup_steps=math.ceil(options.warmup_share * n_steps),
        lr_scheduler_type=options.schedule,
        label_smoothing_factor=options.label_smoothing,
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        logging_nan_inf_filter=False,
        save_total_limit=2,
        load_best_model_at_end=options.best_checkpoint,
        metric_for_best_model=LOSS,
        greater_is_better=False,
        seed=fitting.seed,
        bf16=fitting.precision == "bfloat16",
        fp16=fitting.precision == "float16",
        use_cpu=fitting.device == "cpu",
        dataloader_pin_memory=fitting.device.startswith("cuda"),
        remove_unused_columns=False,
        label_names=["labels"],
        report_to="none",
        disable_tqdm=True,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # one device: several would change the batches, and so the weights
    return arguments


class _Order:
    """Sampler: ``epoch_order`` of the epoch that the Trainer says."""

    def __init__(self, lengths: list[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(epoch_order(self._lengths, self._batch_size, (self._seed, self._epoch)))


class _Collator:
    """Rows of one step as tensors, padded to the longest."""

    def __init__(self, start: Start) -> None:
        self._side: Side = "left" if is_decoder(start.network) else "right"
        self._reads = readable_inputs(start.network)
        if self._side == "right":
            self._reads -= {"position_ids"}
        _, self._fill = padding_of(start.network, start.tokenizer)

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        import torch

        padded = pad([item.arrays for item, _ in rows], side=self._side, fill=self._fill)
        tensors = {
            name: torch.from_numpy(values) for name, values in padded.items() if name in self._reads
        }
        return tensors | {"labels": torch.tensor([label for _, label in rows])}


def _only_logits(output: Any, labels: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


def _watch(fitting: Fitting) -> Any:
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]
        """Marks whole checkpoints, says how it goes, stops when the numbers are no longer any."""

        def __init__(self) -> None:
            self.bar: Any = None

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if sys.stderr.isatty():
                from tqdm import tqdm  # type: ignore[import-untyped]

                self.bar = tqdm(
                    total=state.max_steps, initial=state.global_step, desc="train", unit="step"
                )

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if self.bar is not None:
                self.bar.update(state.global_step - self.bar.n)

        def on_evaluate(
            self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any
        ) -> None:
            if not math.isfinite(metrics[LOSS]):
                raise ModelError(
                    f"The validation loss must be a finite number, got {metrics[LOSS]} after step "
                    f"{state.global_step}. Lower train.learning_rate, or train in float32."
                )
            line = _line(state, metrics)
            if self.bar is not None:
                self.bar.set_postfix_str(line, refresh=False)
            else:
                fitting.report(line)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            mark_whole(fitting.workspace / f"checkpoint-{state.global_step}", fitting.key)

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if self.bar is not None:
                self.bar.close()

    return Watch()


def _line(state: Any, metrics: dict[str, float]) -> str:
    return (
        f"epoch {state.epoch:g} of {state.num_train_epochs:g}: validation loss {metrics[LOSS]:.4f}, "
        f"accuracy {metrics['eval_accuracy']:.3f}, "
        f"balanced accuracy {metrics['eval_balanced_accuracy']:.3f}"
    )


def _curve(history: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    """Return one entry per epoch: step, training loss, and what validation said."""
    by_step: dict[int, dict[str, float]] = {}
    for entry in history:
        step = int(entry["step"])
        if "loss" in entry or LOSS in entry:
            row = by_step.setdefault(step, {"step": step, "epoch": entry["epoch"]})
            names = {"loss": "train_loss", LOSS: "validation_loss"}
            names |= {
                f"eval_{name}": f"validation_{name}" for name in ("accuracy", "balanced_accuracy")
            }
            row |= {new: entry[old] for old, new in names.items() if old in entry}
    return [by_step[step] for step in sorted(by_step)]
