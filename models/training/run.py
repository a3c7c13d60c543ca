"""One training from request to folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.clock import iso, utc_now
from harness.errors import DataError, ModelError, Phrase, must, raise_all
from harness.files import disk_errors
from models._folder import read_lineage, weights_digest
from models._guards import kept_generators, quiet, room
from models._network import pick_device
from models.training.checkpoints import newest_whole
from models.training.fit import Fitting, fit
from models.training.lineage import request_key, write_lineage
from models.training.options import TrainOptions
from models.training.start import Start, begin, find_base

if TYPE_CHECKING:
    from harness.modelling import TrainRequest


def train(request: TrainRequest) -> Path:
    """Fine-tune a classifier, or train a new one, and write it as a Hugging Face folder.

    What an earlier call with the same request left in ``request.workspace`` is taken up; on a CPU
    the weights are then byte for byte those of an uninterrupted training with as many threads.

    Args:
        request: What to train, on what, how.

    Returns:
        ``request.output``: weights, configuration, tokenizer and ``lineage.json``.

    Raises:
        ModelError: If base, architecture or options cannot be used, or the loss diverges.
        DataError: If there are no labelled rows to learn from or to choose by.
        IncompleteError: If the disk is full, or a step does not fit into memory.
    """
    options = TrainOptions.of(request.options)
    check_rows(request)
    source = find_base(request)
    device = pick_device(request.device)
    precision = pick_precision(options.precision, device)
    key = request_key(request, options, source, f"{device.partition(':')[0]} {precision}")
    if is_finished(request.output, key):
        return request.output
    begun = iso(utc_now())
    with kept_generators(), disk_errors(request.output), room(), quiet():
        fitting = Fitting(
            options=options,
            precision=precision,
            device=device,
            seed=request.seed % 2**32,
            workspace=request.workspace,
            key=key,
            checkpoint=newest_whole(request.workspace, key),
            report=request.report,
        )
        seed_everything(fitting.seed)
        start = begin(source, request, options)
        facts = fit(start, request.train, request.validation, fitting)
        facts |= {"request_digest": key, "device": device, "precision": precision}
        clock = {"start": begun, "end": iso(utc_now())}
        _publish(start, request, options, facts | {"clock": clock})
    for folder in request.workspace.glob("checkpoint-*"):
        shutil.rmtree(folder)
    return request.output


def check_rows(request: TrainRequest) -> None:
    """Refuse data that nothing can be learnt from.

    Raises:
        DataError: With every problem.
    """
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


def pick_precision(wanted: str, device: str) -> str:
    """Return the precision of the forward passes; weights are kept in float32 in any case.

    Raises:
        ModelError: If the device cannot compute in it.
    """
    import torch

    on_cuda = device.startswith("cuda")
    if wanted == "auto":
        return "bfloat16" if on_cuda and torch.cuda.is_bf16_supported() else "float32"
    if wanted == "float16" and not on_cuda:
        do = "Use auto, float32 or bfloat16."
        raise ModelError(must("train.precision", f"be possible on {device}", wanted, do=do))
    return wanted


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch."""
    from transformers import set_seed

    set_seed(seed)


def is_finished(output: Path, key: str) -> bool:
    """Return whether the folder holds what this request would train.

    Raises:
        ModelError: If it holds something else.
    """
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return False
    lineage = read_lineage(output) if output.is_dir() else None
    if lineage is not None and lineage.get("request_digest") == key:
        return bool(lineage.get("weights_digest") == weights_digest(output))
    raise ModelError(
        f"The output folder {output} must be new or empty, got a folder with something else in it. "
        "Choose another folder, or remove it."
    )


def _publish(
    start: Start, request: TrainRequest, options: TrainOptions, facts: dict[str, Any]
) -> None:
    """Write the folder beside its place and move it there in one step."""
    request.output.parent.mkdir(parents=True, exist_ok=True)
    for left in request.output.parent.glob(f".{request.output.name}.*.part"):
        shutil.rmtree(left)  # of a call that was killed
    part = request.output.with_name(f".{request.output.name}.{os.getpid()}.part")
    try:
        part.mkdir()
        start.network.to("cpu").eval().save_pretrained(part)
        start.tokenizer.model_max_length = start.max_tokens
        if start.tokenizer.is_fast:
            # otherwise the cut of the last batch is saved as a property of the tokenizer
            start.tokenizer.backend_tokenizer.no_truncation()
            start.tokenizer.backend_tokenizer.no_padding()
        start.tokenizer.save_pretrained(part)
        write_lineage(part, request=request, options=options, start=start, facts=facts)
        if request.output.exists():
            request.output.rmdir()  # empty: see is_finished
        part.replace(request.output)
    finally:
        shutil.rmtree(part, ignore_errors=True)
