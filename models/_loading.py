"""From a folder, or a base and an adapter, to a network that fits the task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError, nearest, raise_all
from harness.files import sha256_file
from harness.modelling.weights import TOKENIZER_FILES
from harness.records import Message
from models._adapters import Adapter, attach, check_base, read_adapter, saved_modules
from models._folder import LINEAGE, check_files, identify, spent_epsilon
from models._guards import kept_generators
from models._heads import class_columns, classes_of_base, head_problems
from models._hub import Source, resolve
from models._network import DTYPES, Loaded, check_vocabulary, load_network, load_tokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.records import ModelRef, Task

_BY_POSITION = (
    "The adapter {adapter} does not say which classes it knows; its logits were taken in the order "
    "of the task."
)

_OF_BASE = (
    "The adapter {adapter} does not say which classes it knows; names and order were taken from its "
    "base {base}."
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A network that fits the task, and what is known of it.

    Attributes:
        network, tokenizer: Hugging Face objects; the adapter is part of the network.
        ref: Identity, yet without proof and number of parameters.
        columns: Logit column of each class, shape [c], or None.
        notes: What a reader must know.
        base: Where it, or its base, comes from.
        adapter: What was put on it.
        base_has_head: Whether the base came with a trained head.
    """

    network: Any
    tokenizer: Any
    ref: ModelRef
    columns: NDArray[np.int64] | None
    notes: tuple[Message, ...]
    base: Source
    adapter: Adapter | None
    base_has_head: bool


def open_model(
    source: str,
    *,
    task: Task,
    dtype: str,
    revision: str | None,
    trust_code: bool,
    adapter: str | None,
) -> Opened:
    """Load a classifier and check it against the task.

    Raises:
        ModelError: If it is missing, damaged, untrained, or does not fit the task; or if the
            adapter does not belong to it.
    """
    check_dtype(dtype)
    given = read_adapter(adapter) if adapter is not None else None
    where = base_of(source, given, revision=revision, trust_code=trust_code)
    speaks = tokenizer_source(where, given)
    config = check_files(where, needs_tokenizer=speaks is where)
    ref = identify(where, dtype)
    tokenizer = load_tokenizer(speaks)
    if given is None:
        with kept_generators():
            loaded = load_network(where, dtype)
        raise_all(ModelError, head_problems(where.name, loaded))
        columns, notes = class_columns(where.name, loaded.network.config, task)
    else:
        known = check_base(given, where, ref.weights_digest or "")
        loaded, columns, notes = _adapted(where, given, task, dtype, classes_of_base(config, task))
        notes = (*known, *notes)
        ref = adapted_ref(ref, given)
    check_vocabulary(where.name, loaded.network, tokenizer)
    prefix = f"{loaded.network.base_model_prefix}."
    drawn = loaded.missing | loaded.misfit
    has_head = not any(not key.startswith(prefix) for key in drawn)
    return Opened(loaded.network, tokenizer, ref, columns, notes, where, given, has_head)


def check_dtype(dtype: str) -> None:
    """Refuse a precision that models are not loaded in.

    Raises:
        ModelError: If it is none of ``DTYPES``.
    """
    if dtype not in DTYPES:
        raise ModelError(
            f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}.{nearest(dtype, DTYPES)}"
        )


def tokenizer_source(base: Source, adapter: Adapter | None) -> Source:
    """Return the folder that the tokenizer is read from: the adapter's where it brings one."""
    if adapter is None or not any((adapter.folder / name).exists() for name in TOKENIZER_FILES):
        return base
    return replace(base, folder=adapter.folder, name=adapter.name)


def base_of(
    source: str, adapter: Adapter | None, *, revision: str | None, trust_code: bool
) -> Source:
    """Find a model, or the base of an adapter.

    Raises:
        ModelError: If there is none; with an adapter, naming what it was trained on.
    """
    try:
        return resolve(source, revision=revision, trust_code=trust_code)
    except ModelError as err:
        if adapter is None:
            raise
        raise ModelError(
            f"The base of the adapter {adapter.name} must be there. {err} "
            f"The adapter says that it was trained on {adapter.base}."
        ) from err


def _adapted(
    where: Source, adapter: Adapter, task: Task, dtype: str, of_base: tuple[str, ...] | None
) -> tuple[Loaded, NDArray[np.int64] | None, tuple[Message, ...]]:
    import torch

    settings: dict[str, Any] = {}
    brings_head = bool(saved_modules(adapter))
    if adapter.classes is not None or brings_head:
        by_position = [f"LABEL_{i}" for i in range(len(task.classes))]
        # merging it would leave the names of the base; unmerged it must decide the same
        names = dict(enumerate(adapter.classes or of_base or by_position))
        settings = {
            "num_labels": len(names),
            "id2label": names,
            "label2id": {name: index for index, name in names.items()},
            "problem_type": "single_label_classification",
        }
    with kept_generators():
        torch.manual_seed(0)  # a head that is drawn, and replaced, is the same in every process
        loaded = load_network(where, dtype, **settings)
        columns, notes = class_columns(adapter.name, loaded.network.config, task)
        raise_all(ModelError, head_problems(where.name, _without_saved(loaded, adapter)))
        network = attach(loaded.network, adapter, where)
    if adapter.classes is None and brings_head:
        note = (
            Message.of("adapter.classes-by-position", _BY_POSITION, adapter=adapter.name)
            if of_base is None
            else Message.of(
                "adapter.classes-of-base", _OF_BASE, adapter=adapter.name, base=where.name
            )
        )
        notes = (*notes, note)
    return loaded._replace(network=network), columns, notes


def _without_saved(loaded: Loaded, adapter: Adapter) -> Loaded:
    """Return what is missing beside the modules that the adapter brings."""
    saved = tuple(saved_modules(adapter))

    def brought(key: str) -> bool:
        steps = key.split(".")
        return any(".".join(steps[:n]).endswith(saved) for n in range(1, len(steps)))

    return loaded._replace(
        missing=frozenset(key for key in loaded.missing if not brought(key)),
        misfit=frozenset(key for key in loaded.misfit if not brought(key)),
    )


def adapted_ref(ref: ModelRef, adapter: Adapter) -> ModelRef:
    """Return the identity of a base with an adapter on it."""
    lineage = adapter.folder / LINEAGE if adapter.lineage is not None else None
    return replace(
        ref,
        kind="given" if lineage is None else "trained",
        name=adapter.name,
        base=ref.name,
        adapter_digest=adapter.digest,
        lineage_digest=None if lineage is None else sha256_file(lineage),
        epsilon=spent_epsilon(adapter.lineage),
    )
