"""One training from request to folder."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from harness.clock import iso, utc_now
from harness.errors import ModelError, Phrase, must, raise_all
from harness.files import disk_errors
from harness.modelling.weights import weights_digest
from harness.processes import launched
from models._folder import read_lineage
from models._guards import kept_generators, quiet, room
from models._network import pick_device
from models.training.checkpoints import newest_whole
from models.training.classifying import Classifying
from models.training.fit import Fitting, fit
from models.training.lineage import request_key
from models.training.loss import weights_of_classes
from models.training.options import read_options
from models.training.planting import given_rows
from models.training.private import check_private, fit_private
from models.training.publish import publish
from models.training.start import find_base
from models.training.writing import Writing

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.modelling import TrainRequest
    from models.training.lesson import Lesson


def train(request: TrainRequest) -> Path:
    """Fine-tune a classifier or a language model, or train a new one, and write its folder.

    What an earlier call with the same request left in ``request.workspace`` is taken up; on a CPU
    the weights are then byte for byte those of an uninterrupted training with as many threads.
    Started as several processes, each calls this with the same request; the first writes.

    Args:
        request: What to train, on what, how.

    Returns:
        ``request.output``, a Hugging Face folder: weights (of the adapter alone with method lora),
        configuration, tokenizer and ``lineage.json``.

    Raises:
        ModelError: If base, architecture or options cannot be used, or the loss diverges.
        DataError: If there are no labelled rows to learn from or to choose by.
        IncompleteError: If the disk is full, or a step does not fit into memory.
    """
    options = read_options(request.options, request.task.classes, request.task.kind)
    lesson = lesson_of(request, options)
    lesson.check_rows(request)
    check_handed_in(request, options)
    processes = launched()
    if options.private is not None:
        check_private(request, processes.count)
    given = given_rows(request, options)
    own, request = given.own, given.request
    source = find_base(request, options)
    device = pick_device(request.device)
    wanted = options.precision if options.private is None else "float32"
    precision = pick_precision(wanted, device)
    place = f"{device.partition(':')[0]} {precision}"
    key = request_key(request, options, source, place=place, n_processes=processes.count)
    if processes.lead(lambda: is_finished(request.output, key)):
        return request.output
    begun = iso(utc_now())
    with kept_generators(), disk_errors(request.output), room(), quiet():
        fitting = _fitting(request, options, lesson, key=key, device=device, precision=precision)
        seed_everything(fitting.seed)
        # a vocabulary is learnt from the data's own rows: a repeated secret would become a token
        start = lesson.begin(source, own, options)
        teach = fit if options.private is None else fit_private
        facts = teach(start, request.train, request.validation, fitting)
        facts |= {
            "request_digest": key,
            "device": device,
            "precision": precision,
            "n_processes": processes.count,
            "class_weights": _named_weights(request, fitting),
            "clock": {"start": begun, "end": iso(utc_now())},
        }
        facts |= given.facts
        processes.lead(lambda: publish(start, request, options, facts, canaries=given.canaries))
    if processes.is_first:
        for folder in request.workspace.glob("checkpoint-*"):
            shutil.rmtree(folder)
    return request.output


def lesson_of(request: TrainRequest, options: TrainConfig) -> Lesson:
    """Return what the task asks to be taught."""
    return (
        Classifying(request, options)
        if request.task.kind == "text-classification"
        else Writing(request, options)
    )


def _fitting(
    request: TrainRequest,
    options: TrainConfig,
    lesson: Lesson,
    *,
    key: str,
    device: str,
    precision: str,
) -> Fitting:
    label = request.train.label
    processes = launched()

    def newest() -> str | None:
        found = newest_whole(request.workspace, key, request.report)
        return None if found is None else str(found)

    checkpoint = processes.lead(newest)
    return Fitting(
        options=options,
        lesson=lesson,
        name=request.output.name,
        precision=precision,
        device=device,
        seed=request.seed % 2**32,
        workspace=request.workspace,
        logs=request.output.with_name(f"{request.output.name}.logs"),
        key=key,
        checkpoint=None if checkpoint is None else Path(checkpoint),
        report=request.report,
        class_weights=None
        if label is None
        else weights_of_classes(options, label, request.task.classes),
        objective=request.objective,
        sampler=request.sampler,
        row_values=request.row_values,
        processes=processes,
    )


def _named_weights(request: TrainRequest, fitting: Fitting) -> dict[str, float] | None:
    weights = fitting.class_weights
    return None if weights is None else dict(zip(request.task.classes, weights, strict=True))


def check_handed_in(request: TrainRequest, options: TrainConfig) -> None:
    """Refuse objects that do not go together with the options or with the rows.

    Raises:
        ModelError: With every problem.
    """
    problems = _identity_problems(request)
    if request.objective is not None and not problems:
        for name, value in (
            ("class_weights", options.class_weights),
            ("label_smoothing", options.label_smoothing),
        ):
            if value:
                got = Phrase(f"{value} beside the objective {request.objective.name}")
                problems.append(must(f"train.{name}", "be left to the objective", got))
    if request.trainable is not None and options.adapter is not None:
        do = "Leave it out, or train with method full."
        got = Phrase("a choice beside method lora, which trains the adapter and the head")
        problems.append(must("trainable", "be absent", got, do=do))
    for name, values in request.row_values.items():
        if len(values) != request.train.n:
            what = f"have one value for each of {request.train.n} training rows"
            problems.append(must(f"row_values[{name!r}]", what, len(values)))
    raise_all(ModelError, problems)


def _identity_problems(request: TrainRequest) -> list[str]:
    """Say which objects do not say what they are: their trainings could not be told apart."""
    chosen = request.trainable if callable(request.trainable) else None
    problems = []
    for where, one in (
        ("objective", request.objective),
        ("sampler", request.sampler),
        ("trainable", chosen),
    ):
        name, digest = getattr(one, "name", None), getattr(one, "digest", None)
        if one is not None and not (isinstance(name, str) and name and is_sha256(digest)):
            got = Phrase(f"{type(one).__name__} with the name {name!r} and the digest {digest!r}")
            problems.append(must(where, "have a name, and a digest (SHA-256, 64 hex digits)", got))
    if not problems and request.sampler is not None and len(request.sampler) == 0:
        problems.append(must("sampler", "have at least one row in an epoch", 0))
    return problems


def is_sha256(value: object) -> bool:
    """Return whether it is a SHA-256 as it is written in records."""
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


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
