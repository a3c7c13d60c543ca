"""What a training step costs: ``models.training`` against a bare PyTorch loop.

    python benchmarks/training.py MODEL TABLE [--text comment] [--label toxic] [--steps 20]
    python benchmarks/training.py MODEL TABLE --language [--text comment] [--steps 20]

One recorded training tells which batches come in which order, from which weights and which state of
torch's generator. The bare loop gets the same batches as finished tensors, and does what a step is made of:
forward, backward, clip, AdamW, schedule. It neither tokenizes nor pads, so the ratio is what
everything else costs, our padding included. Both are timed from the end of the first step to the end of
the last, so imports, loading, tokenizing, validation and saving are in nobody's time. The losses of all
steps must agree within 1e-5, else exit 1.
"""

from __future__ import annotations

import argparse
import copy
import gc
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from interleaved import (
    N_REPETITIONS,
    Taken,
    Work,
    cost_lines,
    existing,
    forget_peak,
    machine_line,
    median_and_range,
    peak_bytes,
    quiet_libraries,
    ratios,
    read_columns,
    take_turns,
)

TOLERANCE = 1e-5
OURS = "models.training"
BARE = "bare loop"


@dataclass(slots=True)
class Recording:
    """What a training started from, what it was fed, and what it lost."""

    network: Any = None
    generator: Any = None
    batches: list[dict[str, Any]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    given = _arguments(argv)
    quiet_libraries()
    print(machine_line())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = read_rows(given.table, given.text, given.label, given.rows)
        recording = Recording()
        with recorded(recording):
            train(given, rows, folder / "recorded")
        lengths = [int(batch["attention_mask"].sum()) for batch in recording.batches]
        print(
            f"{len(lengths)} steps of {given.batch_size} rows, {np.mean(lengths):.0f} real tokens a "
            f"step, at most {given.max_tokens} a row, dropout {given.dropout}"
        )
        bare_losses = bare_loop(recording, given)
        largest = float(np.abs(np.array(bare_losses) - np.array(recording.losses)).max())
        print(
            f"loss from {bare_losses[0]:.4f} to {bare_losses[-1]:.4f}; largest difference between "
            f"the two at any step: {largest:.1e} (allowed: {TOLERANCE:g})"
        )
        if not largest <= TOLERANCE:
            print("The two do not compute the same, so their times say nothing.")
            return 1
        numbers = iter(range(given.repetitions))
        taken, _ = take_turns(
            {
                OURS: lambda: train(given, rows, folder / f"timed-{next(numbers)}"),
                BARE: lambda: bare_loop(recording, given),
            },
            given.repetitions,
            measure=one_step,
        )
    measured = median_and_range(ratios(taken[OURS], taken[BARE]), digits=3)
    print("\n".join(cost_lines(taken)).replace("CPU seconds", "CPU seconds a step"))
    print("\n| CPU seconds a step, median ratio (range) | target | measured |\n|---|---|---|")
    print(f"| {OURS} / {BARE} | <= 1.05 | {measured} |")
    return 0


def read_rows(table: Path, text: str, label: str, n_rows: int) -> tuple[list[str], list[int]]:
    """Return texts and labels (0 for False, no, 0; else 1) of the first rows of a CSV file."""
    texts, labels = read_columns(table, [text, label], n_rows)
    off = {"false", "no", "0", "0.0"}
    return texts, [int(one.lower() not in off) for one in labels]


def train(given: argparse.Namespace, rows: tuple[list[str], list[int]], folder: Path) -> None:
    """Train as a run does, with a few rows of validation."""
    from harness.modelling import TrainRequest
    from harness.records import TARGET, TEXT_GENERATION, Task
    from models.training import train as teach

    texts, labels = rows
    task = Task("text-classification", "text", ("no", "yes"))
    if given.language:
        task = Task(TEXT_GENERATION, "causal-lm", (TARGET,))
    teach(
        TrainRequest(
            task=task,
            train=_dataset("train", texts, labels),
            validation=_dataset("validation", texts[:4], labels[:4]),
            options={
                "max_steps": given.steps,
                "epochs": 1,
                "batch_size": given.batch_size,
                "max_tokens": given.max_tokens,
                "learning_rate": given.learning_rate,
                "weight_decay": given.weight_decay,
                "warmup_share": given.warmup_share,
                "schedule": "linear",
                "dropout": given.dropout,
                "best_checkpoint": False,
                "precision": "float32",
            },
            output=folder / "model",
            workspace=folder / "work",
            seed=0,
            device="cpu",
            base=str(given.model),
        )
    )


def bare_loop(recording: Recording, given: argparse.Namespace) -> list[float]:
    """Train a copy of the recorded start on the recorded batches; returns the losses."""
    import torch
    from transformers import get_scheduler

    network = copy.deepcopy(recording.network).train()
    decayed = [weight for weight in network.parameters() if weight.ndim > 1]
    plain = [weight for weight in network.parameters() if weight.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": given.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        lr=given.learning_rate,
        fused=True,
    )
    n_warm = int(np.ceil(given.warmup_share * given.steps))
    schedule = get_scheduler("linear", optimizer, n_warm, given.steps)
    torch.set_rng_state(recording.generator)
    losses = []
    for batch in recording.batches:
        loss = network(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    return [float(loss) for loss in losses]


@contextmanager
def recorded(recording: Recording) -> Iterator[None]:
    """Write down what the Trainer feeds the network, step by step."""
    import torch
    from transformers import Trainer

    original = Trainer.training_step

    def training_step(trainer: Any, model: Any, inputs: Any, *args: Any, **settings: Any) -> Any:
        if recording.network is None:
            recording.network = copy.deepcopy(model)
            recording.generator = torch.get_rng_state()
        recording.batches.append(as_transformers_takes_it(inputs))
        loss = original(trainer, model, inputs, *args, **settings)
        recording.losses.append(float(loss))
        return loss

    Trainer.training_step = training_step
    try:
        yield
    finally:
        Trainer.training_step = original


def as_transformers_takes_it(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return a batch for a network that works its loss out by itself.

    Labels of a language model stand where they are predicted; transformers shifts them there by itself.
    """
    import torch

    batch = {
        name: values.clone() if isinstance(values, torch.Tensor) else values
        for name, values in inputs.items()
        if name != "target_weight"
    }
    if batch["labels"].ndim > 1:
        batch["labels"] = torch.nn.functional.pad(batch["labels"][:, :-1], (1, 0), value=-100)
    return batch


def one_step(work: Work) -> tuple[Taken, Any]:
    """Measure a training; returns what one step took, the first step left out."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    clock: list[float] = []
    hook = register_optimizer_step_post_hook(lambda *_: clock.append(time.process_time()))
    try:
        gc.collect()
        forget_peak()
        output = work()
    finally:
        hook.remove()
    return Taken((clock[-1] - clock[0]) / (len(clock) - 1), peak_bytes()), output


def _dataset(name: str, texts: list[str], labels: list[int]) -> Any:
    from harness.data import Dataset
    from harness.records import DatasetRef

    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, "0" * 64, len(texts), len(texts), {}),
        example_id=np.array([f"{name}-{i}" for i in range(len(texts))], dtype=object),
        inputs=texts,
        label=np.array(labels, dtype=np.int64),
    )


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=existing, help="folder of an encoder or a language model")
    parser.add_argument("table", type=existing, help="CSV file")
    parser.add_argument("--language", action="store_true", help="the texts themselves are learnt")
    parser.add_argument("--text", default="comment", help="its column of texts")
    parser.add_argument("--label", default="toxic", help="its column of labels")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=20, help="of one training, at least 2")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--warmup-share", type=float, default=0.06)
    parser.add_argument("--dropout", type=float, default=0.0, help="0: cheapest step, so strictest")
    parser.add_argument("--repetitions", type=int, default=N_REPETITIONS)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
