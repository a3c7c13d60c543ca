"""Training on a device: tokens a second, operations, memory."""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from interleaved import forget_peak, peak_bytes, read_columns

N_WARM_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured, on what, with what.

    Attributes:
        model, model_name: Folder of the base, and words for it.
        tables, rows_name: ``train`` and ``test`` → CSV file, and words for them.
        columns: Of text and label.
        sizes: ``train`` and ``test`` → most rows.
        folder: For everything that is made.
        device, device_name: As torch names it, as its driver names it.
        steps, batch_size, max_tokens: Of a training.
    """

    model: Path
    model_name: str
    tables: dict[str, Path]
    rows_name: str
    columns: tuple[str, str]
    sizes: dict[str, int]
    folder: Path
    device: str
    device_name: str
    steps: int
    batch_size: int
    max_tokens: int

    def trained(self, precision: str, method: str) -> Path:
        """Return where a trained model lies."""
        return self.folder / f"trained-{precision}-{method}"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What one training took.

    Attributes:
        precision, method: Of the training.
        why_not: Why there are no figures; then all others are 0.
        n_parameters: Of the network.
        mean_tokens: Real tokens of a row.
        tokens_per_s, steps_per_s: Real tokens and steps a second.
        padding: Padded tokens for each real one.
        flops_per_token: Operations for each padded token, forward and backward; None if unknown.
        flops_per_s: Operations a second; None if unknown.
        peak_bytes: Most memory of the device (of the process on a CPU).
    """

    precision: str
    method: str
    why_not: str = ""
    n_parameters: int = 0
    mean_tokens: float = 0.0
    tokens_per_s: float = 0.0
    steps_per_s: float = 0.0
    padding: float = 0.0
    flops_per_token: float | None = None
    flops_per_s: float | None = None
    peak_bytes: int = 0


@dataclass(slots=True)
class Seen:
    """What was fed, step by step; nothing is read back from the device before the end."""

    network: Any = None
    masks: list[Any] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)


def fit(setting: Setting, precision: str, method: str) -> Fitted:
    """Train once and return what it took."""
    from harness.errors import ModelError

    seen = Seen()
    start_memory(setting.device)
    try:
        with watched(seen, setting):
            train(setting, precision, method)
    except ModelError as err:
        return Fitted(precision, method, why_not=str(err).replace("|", "/"))
    n_warm = max(1, int(N_WARM_SHARE * len(seen.ends)))
    seconds = seen.ends[-1] - seen.ends[n_warm - 1]
    shapes = [tuple(mask.shape) for mask in seen.masks]
    n_real = [int(mask.sum()) for mask in seen.masks]
    n_padded = [rows * length for rows, length in shapes]
    n_steps = len(shapes) - n_warm
    peak = memory(setting.device)
    network = seen.network
    n_operations = training_flops(network, shapes[n_warm:])
    return Fitted(
        precision,
        method,
        n_parameters=sum(weight.numel() for weight in network.parameters()),
        mean_tokens=sum(n_real) / sum(rows for rows, _ in shapes),
        tokens_per_s=sum(n_real[n_warm:]) / seconds,
        steps_per_s=n_steps / seconds,
        padding=sum(n_padded) / sum(n_real),
        flops_per_token=None if n_operations is None else n_operations / sum(n_padded[n_warm:]),
        flops_per_s=None if n_operations is None else n_operations / seconds,
        peak_bytes=peak,
    )


def train(setting: Setting, precision: str, method: str) -> None:
    """Train as a run does."""
    from harness.modelling import TrainRequest
    from harness.records import Task
    from models.text import MODALITY

    texts, labels, classes = read_rows(setting, "train")
    target = setting.trained(precision, method)
    MODALITY.train(
        TrainRequest(
            task=Task("text-classification", "text", classes),
            train=dataset("train", texts, labels),
            validation=dataset("validation", texts[:16], labels[:16]),
            options={
                "method": method,
                "max_steps": setting.steps,
                "epochs": 1,
                "batch_size": setting.batch_size,
                "max_tokens": setting.max_tokens,
                "best_checkpoint": False,
                "precision": precision,
            },
            output=target,
            workspace=target.with_name(f"{target.name}-work"),
            seed=0,
            device=setting.device,
            base=str(setting.model),
        )
    )


def read_rows(setting: Setting, part: str) -> tuple[list[str], list[int], tuple[str, ...]]:
    """Return texts, labels and names of the classes."""
    texts, labels = read_columns(setting.tables[part], setting.columns, None)
    classes = tuple(sorted(set(labels)))
    n_rows = setting.sizes[part]
    return texts[:n_rows], [classes.index(one) for one in labels[:n_rows]], classes


def dataset(name: str, texts: list[str], labels: list[int]) -> Any:
    """Return rows as a data set."""
    from harness.data import Dataset
    from harness.records import DatasetRef

    return Dataset(
        ref=DatasetRef(name, f"{name}.csv", None, "0" * 64, len(texts), len(texts), {}),
        example_id=np.array([f"{name}-{i}" for i in range(len(texts))], dtype=object),
        inputs=texts,
        label=np.array(labels, dtype=np.int64),
    )


@contextmanager
def watched(seen: Seen, setting: Setting) -> Iterator[None]:
    """Keep what the Trainer feeds the network, and when each step ended."""
    from torch.optim.optimizer import register_optimizer_step_post_hook
    from transformers import Trainer

    original = Trainer.training_step
    waits = {max(1, int(N_WARM_SHARE * setting.steps)), setting.steps}

    def training_step(trainer: Any, model: Any, inputs: Any, *args: Any, **settings: Any) -> Any:
        seen.network = model
        seen.masks.append(inputs["attention_mask"])
        return original(trainer, model, inputs, *args, **settings)

    def ended(*_: Any) -> None:
        if len(seen.ends) + 1 in waits:
            wait(setting.device)  # only where the clock is read: else the device works ahead
        seen.ends.append(time.perf_counter())

    hook = register_optimizer_step_post_hook(ended)
    Trainer.training_step = training_step
    try:
        yield
    finally:
        Trainer.training_step = original
        hook.remove()


def training_flops(network: Any, shapes: list[tuple[int, ...]]) -> float | None:
    """Count the operations of forward and backward over batches of these shapes [b, t].

    The network is copied to the meta device, where shapes are computed and numbers are not.

    Returns:
        Operations (a multiplication and an addition are two), or None if they cannot be counted.
    """
    return _count(network, shapes, has_backward=True)


def forward_flops(network: Any, shapes: list[tuple[int, ...]]) -> float | None:
    """Count the operations of forward alone; see ``training_flops``."""
    return _count(network, shapes, has_backward=False)


def _count(network: Any, shapes: list[tuple[int, ...]], *, has_backward: bool) -> float | None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    bare = copy.deepcopy(network).to("meta")
    bare.train(has_backward)
    total = 0.0
    try:
        for shape, times in Counter(shapes).items():
            with FlopCounterMode(display=False) as counter:
                logits = bare(input_ids=torch.zeros(shape, dtype=torch.long, device="meta")).logits
                if has_backward:
                    logits.sum().backward()
            total += times * counter.get_total_flops()
    except (RuntimeError, NotImplementedError, ValueError):
        return None  # an architecture whose forward reads numbers
    return total


def start_memory(device: str) -> None:
    """Let the peak of memory begin anew."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    else:
        forget_peak()


def memory(device: str) -> int:
    """Return the peak of memory: of the device on CUDA, else of the process."""
    import torch

    return torch.cuda.max_memory_allocated() if device.startswith("cuda") else peak_bytes()


def wait(device: str) -> None:
    """Wait until the device has done what it was given."""
    import torch

    if device.startswith("cuda"):
        torch.cuda.synchronize()
    elif device == "mps":
        torch.mps.synchronize()
