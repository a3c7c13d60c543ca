"""``lineage.json``: where a model comes from, what it learnt from, and how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.files import digest_of, sha256_file, write_whole
from harness.records import to_data
from models._folder import LINEAGE, weight_files, weights_digest

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.modelling import TrainRequest
    from models._hub import Source
    from models.training.options import TrainOptions
    from models.training.start import Start

SCHEMA = "modelassay/lineage/v1"
PACKAGES = ("torch", "transformers", "tokenizers", "accelerate", "safetensors", "numpy")


def request_key(
    request: TrainRequest, options: TrainOptions, source: Source | None, place: str
) -> str:
    """Return a digest of everything that the trained weights depend on.

    Args:
        request: What to train.
        options: Its options, resolved.
        source: Its base, when it has one.
        place: Device and precision.
    """
    return digest_of(
        {
            "schema": SCHEMA,
            "base": weights_digest(source.folder) if source else None,
            "architecture": dict(request.architecture or {}),
            "classes": list(request.task.classes),
            "options": asdict(options),
            "place": place,
            "seed": request.seed,
            "train": _rows_digest(request.train),
            "validation": _rows_digest(request.validation),
            "packages": package_versions(),
        }
    )


def write_lineage(
    folder: Path,
    *,
    request: TrainRequest,
    options: TrainOptions,
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
        "options": asdict(options) | {"max_tokens": start.max_tokens},
        "seed": request.seed,
        "train": to_data(request.train.ref),
        "validation": to_data(request.validation.ref),
        "n_parameters": sum(weight.numel() for weight in start.network.parameters()),
        "packages": package_versions(),
        "weights_digest": weights_digest(folder),
        "weight_files": {path.name: sha256_file(path) for path in weight_files(folder)},
        **facts,
    }
    text = json.dumps(lineage, allow_nan=False, ensure_ascii=False, indent=2, sort_keys=True)
    write_whole(folder / LINEAGE, text + "\n")


def package_versions() -> dict[str, str]:
    """Return name → version of the packages that the numbers depend on."""
    found = {}
    for name in PACKAGES:
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
