"""``lineage.json``: where a model comes from, what it learnt from, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.files import digest_of, sha256_bytes, sha256_file, write_whole
from harness.modelling.weights import weight_files, weights_digest
from harness.records import to_data
from models._folder import LINEAGE
from models.training.options import plain

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.data import Dataset
    from harness.modelling import TrainRequest
    from models._hub import Source
    from models.training.start import Start

SCHEMA = "modelassay/lineage/v1"
PACKAGES = (
    "torch",
    "transformers",
    "tokenizers",
    "accelerate",
    "peft",
    "safetensors",
    "numpy",
)


def request_key(
    request: TrainRequest,
    options: TrainConfig,
    source: Source | None,
    *,
    place: str,
    n_processes: int,
) -> str:
    """Return a digest of everything that the trained weights depend on.

    Args:
        request: What to train.
        options: Its options, resolved.
        source: Its base, when it has one.
        place: Device and precision.
        n_processes: How many processes train together: their number changes the batches.
    """
    return digest_of(
        {
            "schema": SCHEMA,
            "base": weights_digest(source.folder) if source else None,
            "architecture": dict(request.architecture or {}),
            "classes": list(request.task.classes),
            # who is told about a training changes nothing in it
            "options": {name: one for name, one in plain(options).items() if name != "report_to"},
            "handed_in": handed_in(request),
            "n_processes": n_processes,
            "place": place,
            "seed": request.seed,
            "train": _rows_digest(request.train),
            "validation": _rows_digest(request.validation),
            "packages": package_versions(*(["opacus"] if options.private else [])),
        }
    )


def write_lineage(
    folder: Path,
    *,
    request: TrainRequest,
    options: TrainConfig,
    start: Start,
    facts: Mapping[str, Any],
) -> None:
    """Write the lineage beside the weights that it speaks of.

    Args:
        folder: Model folder, complete but for this file.
        request: What was asked for.
        options: Its options, resolved.
        start: What training started from.
        facts: What else only the training knows; ``clock`` (start and end) among it is the only
            content that differs between two equal trainings.
    """
    lineage = {
        "schema_version": SCHEMA,
        "base": start.base,
        "revision": start.revision,
        "base_digest": start.base_digest,
        "architecture": dict(request.architecture) if request.architecture else None,
        "is_new_head": start.is_new_head,
        "task": to_data(request.task),
        "method": options.method,
        "options": plain(options) | {"max_tokens": start.max_tokens},
        "handed_in": handed_in(request),
        "seed": request.seed,
        "train": to_data(request.train.ref),
        "validation": to_data(request.validation.ref),
        "n_parameters": sum(weight.numel() for weight in start.network.parameters()),
        "n_trained_parameters": sum(
            weight.numel() for weight in start.network.parameters() if weight.requires_grad
        ),
        "packages": package_versions(),
        "weights_digest": weights_digest(folder),
        "weight_files": {path.name: sha256_file(path) for path in weight_files(folder)},
        **facts,
    }
    text = json.dumps(lineage, allow_nan=False, ensure_ascii=False, indent=2, sort_keys=True)
    write_whole(folder / LINEAGE, text + "\n")


def handed_in(request: TrainRequest) -> dict[str, Any]:
    """Return name and digest of everything that the caller handed in as an object."""
    trainable = request.trainable
    if isinstance(trainable, str):
        trainable = [trainable]
    patterns = None if trainable is None or callable(trainable) else list(trainable)
    return {
        "objective": _named(request.objective),
        "sampler": _named(request.sampler),
        "trainable": patterns if patterns is not None else _named(trainable),
        "row_values": {
            name: sha256_bytes(
                f"{values.dtype.str} {values.shape} ".encode()
                + np.ascontiguousarray(values).tobytes()
            )
            for name, values in sorted(request.row_values.items())
        },
    }


def _named(one: Any) -> dict[str, str] | None:
    return None if one is None else {"name": one.name, "digest": one.digest}


def package_versions(*further: str) -> dict[str, str]:
    """Return name → version of the packages that the numbers depend on."""
    found = {}
    for name in (*PACKAGES, *further):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _rows_digest(rows: Dataset) -> str:
    digest = hashlib.sha256()
    for one in rows.inputs:
        for text in one if isinstance(one, tuple) else (one,):
            raw = text.encode("utf-8", "surrogatepass")
            digest.update(len(raw).to_bytes(8, "big") + raw)
        digest.update(b"\x00")
    if rows.label is not None:
        digest.update(rows.label.astype("<i8").tobytes())
    return digest.hexdigest()
