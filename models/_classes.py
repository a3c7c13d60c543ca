"""What a model decides between, as its files say it, before it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import ModelError, Phrase, must
from models._adapters import read_adapter
from models._folder import check_files
from models._hub import resolve


def named_classes(
    source: str, *, revision: str | None, trust_code: bool, adapter: str | None
) -> tuple[str, ...]:
    """Return the class names of a folder or hub id, in the order of its logits.

    An adapter's own names win over those of its base.

    Raises:
        ModelError: If there is no such model, or it names no classes.
    """
    given = None if adapter is None else read_adapter(adapter)
    if given is not None and given.config.get("task_type") == "CAUSAL_LM":
        # what its lineage may call classes are candidates that it was asked about
        do = "It goes with a language model."
        got = Phrase("one of a language model")
        raise ModelError(must(f"The adapter {given.name}", "be one of a classifier", got, do=do))
    if given is not None and given.classes is not None:
        return given.classes
    where = resolve(source, revision=revision, trust_code=trust_code)
    config = check_files(where, needs_tokenizer=given is None)
    labels = config.get("id2label")
    names = _in_order(labels) if isinstance(labels, Mapping) else _generic(config)
    if len(names) < 2:
        got = Phrase(f"{len(names)} in config.json")
        do = "Give a model that was trained to classify."
        raise ModelError(must(where.name, "name at least two classes (id2label)", got, do=do))
    return names


def _in_order(labels: Mapping[str, Any]) -> tuple[str, ...]:
    if not all(str(index) in labels for index in range(len(labels))):
        return ()
    return tuple(str(labels[str(index)]) for index in range(len(labels)))


def _generic(config: Mapping[str, Any]) -> tuple[str, ...]:
    # transformers leaves the names out where there are two that nobody named
    is_classifier = any(
        str(one).endswith("ForSequenceClassification") for one in config.get("architectures") or ()
    )
    n = int(config.get("num_labels") or 2) if is_classifier else 0
    return tuple(f"LABEL_{index}" for index in range(n))
