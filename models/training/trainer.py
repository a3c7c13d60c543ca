"""The Hugging Face Trainer, told everything that it would otherwise decide by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from models.training.collate import ROWS, VALUE
from models.training.lesson import WEIGHT
from models.training.order import Order
from models.training.score import LOSS
from models.training.watch import watch

if TYPE_CHECKING:
    from models.training.fit import Fitting
    from models.training.start import Start

_N_LOGGED = 100
"""Entries of the history over a whole training, beside those at the ends of epochs."""


def make_trainer(
    start: Start, rows: Sequence[Any], held_out: Sequence[Any], fitting: Fitting
) -> Any:
    """Return a Trainer that trains ``start.network`` in place.

    Args:
        start: The model.
        rows: Training rows.
        held_out: Validation rows.
        fitting: How.
    """
    from transformers import PrinterCallback, ProgressCallback, Trainer

    lengths = [item.length for item, *_ in rows]
    order = Order(lengths, fitting.options.batch_size, fitting.seed, fitting.sampler)
    lesson = fitting.lesson
    loss = lesson.loss(fitting)

    class OrderedTrainer(Trainer):  # type: ignore[misc]
        loss_is_scaled_for_ga = loss.is_scaled

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return order

        def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: Any) -> Any:
            batches = list(islice(epoch_iterator, num_batches))
            total = loss.total(batches) if batches else None
            if total is not None and self.args.world_size > 1:
                # gradients of processes are averaged: each process counts its share of the total
                total = self.accelerator.reduce(total, reduction="mean")
            return batches, total

        def compute_loss(
            self,
            model: Any,
            inputs: dict[str, Any],
            return_outputs: bool = False,  # noqa: FBT001, FBT002 - transformers' signature
            num_items_in_batch: Any = None,
        ) -> Any:
            output = model(**fed(inputs))
            if model.training:
                return loss(output.logits, inputs, num_items_in_batch)
            found, kept = lesson.evaluate(output, inputs)
            return (found, {"kept": kept}) if return_outputs else found

        def floating_point_ops(self, inputs: dict[str, Any]) -> int:
            return 0  # nobody reads the sum, and counting parameters at every pass takes time

    trainer = OrderedTrainer(
        model=start.network,
        args=_arguments(fitting, len(order)),
        data_collator=lesson.collator(start, fitting),
        train_dataset=rows,
        eval_dataset=held_out,
        compute_metrics=lesson.figures,
        callbacks=[watch(fitting, log_every(fitting, len(order)))],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    return trainer


def fed(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a batch the network reads."""
    return {
        name: value
        for name, value in inputs.items()
        if name not in ("labels", ROWS, WEIGHT) and not name.startswith(VALUE)
    }


def n_steps(fitting: Fitting, n_rows: int) -> int:
    """Return how many steps the whole training has, as the Trainer counts them."""
    options = fitting.options
    if options.max_steps is not None:
        return options.max_steps
    n_passes = math.ceil(math.ceil(n_rows / options.batch_size) / fitting.processes.count)
    return math.ceil(math.ceil(n_passes / options.gradient_accumulation) * options.epochs)


def log_every(fitting: Fitting, n_rows: int) -> int:
    """Return the number of steps between two entries of the history."""
    return max(1, math.ceil(n_steps(fitting, n_rows) / _N_LOGGED))


def _arguments(fitting: Fitting, n_rows: int) -> Any:
    from transformers import TrainingArguments

    options = fitting.options
    arguments = TrainingArguments(
        output_dir=str(fitting.workspace),
        num_train_epochs=options.epochs,
        max_steps=fitting.ended_at or options.max_steps or -1,
        learning_rate=options.learning_rate,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=options.eval_batch_size,
        gradient_accumulation_steps=options.gradient_accumulation,
        weight_decay=options.weight_decay,
        max_grad_norm=options.max_gradient_norm,
        warmup_steps=math.ceil(options.warmup_share * n_steps(fitting, n_rows)),
        lr_scheduler_type=options.schedule,
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
        report_to=list(options.report_to) or "none",
        run_name=fitting.name,
        disable_tqdm=True,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # one device: several would change the batches, and so the weights
    return arguments
