"""What lies in a model folder, checked before a framework opens it.

Which files there are, that the weights are safetensors with a whole header, that no code and no
adapter slips in, and one digest of all of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import ModelError, Phrase, must, raise_all
from harness.files import sha256_file
from harness.modelling.weights import PICKLES, TOKENIZER_FILES, weight_files, weights_digest
from harness.records import ModelRef
from models._hub import Source

LINEAGE = "lineage.json"
_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


def check_files(source: Source, *, needs_tokenizer: bool = True) -> dict[str, Any]:
    """Check that a folder can be loaded safely.

    Returns:
        The content of its ``config.json``.

    Raises:
        ModelError: With every independent problem.
    """
    problems: list[str] = []
    config = _read_config(source, problems)
    if (source.folder / "adapter_config.json").exists():
        problems.append(
            f"{source.name} must be a whole model, got an adapter (adapter_config.json). "
            "Give it as model.adapter, and its base as model.base."
        )
    problems += _weight_problems(source)
    if needs_tokenizer and not any((source.folder / name).exists() for name in TOKENIZER_FILES):
        problems.append(
            f"{source.name} must hold its tokenizer ({', '.join(TOKENIZER_FILES[:3])} or the like), "
            "got none. Save the tokenizer beside the model with tokenizer.save_pretrained."
        )
    problems += _code_problems(source, config)
    raise_all(ModelError, problems)
    return config


def read_lineage(folder: Path) -> dict[str, Any] | None:
    """Return ``lineage.json`` of a folder, or None where there is none.

    Raises:
        ModelError: If it is damaged.
    """
    path = folder / LINEAGE
    if not path.exists():
        return None
    try:
        lineage = json.loads(path.read_bytes())
    except ValueError as err:
        raise ModelError(
            f"{folder.name}/{LINEAGE} must be JSON, got a damaged file. Train again, or remove it "
            "to audit the model as a given one."
        ) from err
    if not isinstance(lineage, dict):
        raise ModelError(must(f"{folder.name}/{LINEAGE}", "hold a mapping", lineage))
    return lineage


def identify(source: Source, dtype: str) -> ModelRef:
    """Return the identity of a folder; one that was trained here must still be what it was.

    Raises:
        ModelError: If its lineage speaks of other weights.
    """
    digest = weights_digest(source.folder)
    ref = ModelRef("given", source.name, None, source.revision, digest, dtype=dtype)
    lineage = own_lineage(source.folder, source.name, digest)
    if lineage is None:
        return ref
    return replace(
        ref,
        kind="trained",
        base=lineage.get("base"),
        revision=lineage.get("revision"),
        lineage_digest=sha256_file(source.folder / LINEAGE),
        epsilon=spent_epsilon(lineage),
    )


def spent_epsilon(lineage: Mapping[str, Any] | None) -> float | None:
    """Return what the accountant of a private training says that it spent; None without one."""
    private = (lineage or {}).get("private")
    return float(private["epsilon"]) if private else None


def own_lineage(folder: Path, name: str, digest: str) -> dict[str, Any] | None:
    """Return the lineage of a folder with this digest, or None where there is none.

    Raises:
        ModelError: If it speaks of other weights.
    """
    lineage = read_lineage(folder)
    if lineage is not None and lineage.get("weights_digest") != digest:
        raise ModelError(
            f"{name} must have the digest of its {LINEAGE}, "
            f"{str(lineage.get('weights_digest'))[:12]}, got {digest[:12]}: files were changed after "
            f"training. Train again, or remove {LINEAGE} to audit it as a given model."
        )
    return lineage


def _read_config(source: Source, problems: list[str]) -> dict[str, Any]:
    path = source.folder / "config.json"
    try:
        config = json.loads(path.read_bytes())
    except FileNotFoundError:
        problems.append(
            f"{source.name} must hold config.json, got none. "
            "Give the folder that model.save_pretrained wrote."
        )
        return {}
    except ValueError:
        problems.append(
            f"{source.name}/config.json must be JSON, got a damaged file. Save the model again."
        )
        return {}
    if not isinstance(config, dict):
        problems.append(must(f"{source.name}/config.json", "hold a mapping", config))
        return {}
    return config


def _weight_problems(source: Source) -> list[str]:
    files = weight_files(source.folder)
    if not files:
        pickles = [path.name for kind in PICKLES for path in sorted(source.folder.glob(kind))]
        got = f"{pickles[0]}, which can run code when it is opened" if pickles else "no weights"
        do = "Save the model again with model.save_pretrained."
        return [f"{source.name} must hold its weights as safetensors, got {got}. {do}"]
    return _missing_shards(source, files) + [
        problem for path in files if (problem := header_problem(source.name, path))
    ]


def _missing_shards(source: Source, files: list[Path]) -> list[str]:
    index = source.folder / "model.safetensors.index.json"
    if not index.exists() or (source.folder / "model.safetensors").exists():
        return []
    try:
        named = set(json.loads(index.read_bytes())["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{source.name}/{index.name} must map weights to files, got a damaged file."]
    missing = sorted(named - {path.name for path in files})
    if not missing:
        return []
    got = f"none called {missing[0]}{' and others' if len(missing) > 1 else ''}"
    return [
        must(
            source.name,
            f"hold all {len(named)} weight files of its index",
            Phrase(got),
            do="Copy the folder again.",
        )
    ]


def header_problem(name: str, path: Path) -> str | None:
    """Return what is wrong with a safetensors file of a folder called ``name``, or None."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy"):
            return None
    except (SafetensorError, OSError) as err:
        return (
            f"{name}/{path.name} must be a whole safetensors file, got a damaged one "
            f"({str(err).removeprefix('Error while deserializing header: ')[:120]}). "
            "Copy or download it again."
        )


def _code_problems(source: Source, config: dict[str, Any]) -> list[str]:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    auto_map = config.get("auto_map")
    if not auto_map or (not source.trust_code and config.get("model_type") in CONFIG_MAPPING_NAMES):
        return []
    if not source.trust_code:
        problem = "work without code of its own, got auto_map in config.json"
        do = "Read that code, then set trust_code: true and pin the revision."
        return [f"{source.name} must {problem}. {do}"]
    if any("--" in str(target) for target in _flat(auto_map)):
        problem = "bring its own code, got a pointer to another repository in auto_map"
        return [f"{source.name} must {problem}. Download that code into the folder."]
    return []


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value
