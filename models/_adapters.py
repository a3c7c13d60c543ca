"""Adapters: put on the base that they were trained for, and shown to be at work.

A model whose adapter was never switched on answers as its base does, and nothing says so. So the
loader counts tensors both ways (each in the file has a place, each place is filled from the file),
and then asks the model with and without: the adapter must change logits, and so must its low-rank
part alone, because a head that was saved beside it would hide that the rest is dead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ModelError, Phrase, must, raise_all
from harness.files import sha256_file
from harness.modelling.weights import weight_files, weights_digest
from harness.records import Message
from models._folder import header_problem, own_lineage
from models._guards import quiet, quiet_peft, reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models._hub import Source

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

_LEAST = 1e-6
"""Difference of logits, relative to their size, below which float32 could not tell."""

_BY_WORD = (
    "The adapter {adapter} records no digest of its base; it says that it was trained on {named}, and "
    "was put on {base}. Nothing shows that it belongs there."
)
_N_NAMED = 4
_FIXED = (
    "No",
    "The parcel came late and nobody answered; I am not happy with it.",
    "Thank you, everything is fine.",
    "你好，我的包裹还没有到，请尽快回复。",
)
_ROW_TOKENS = 12


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter folder that can be read.

    Attributes:
        folder: Where it lies.
        name: Of the folder.
        config: Content of ``adapter_config.json``.
        lineage: Content of ``lineage.json``; None for adapters trained elsewhere.
        digest: SHA-256 over weights, configuration and tokenizer.
    """

    folder: Path
    name: str
    config: dict[str, Any]
    lineage: dict[str, Any] | None
    digest: str

    @property
    def base(self) -> str:
        """What it says that it was trained on."""
        return str((self.lineage or {}).get("base") or self.config.get("base_model_name_or_path"))

    @property
    def classes(self) -> tuple[str, ...] | None:
        """Names of its classes in order; None where nobody wrote them down."""
        task = (self.lineage or {}).get("task") or {}
        return tuple(task["classes"]) if task.get("classes") else None


def read_adapter(source: str) -> Adapter:
    """Check an adapter folder before a framework opens it.

    Raises:
        ModelError: With every problem: missing or damaged files, another kind of adapter.
    """
    folder = Path(source).expanduser()
    name = folder.resolve().name
    if not (folder / ADAPTER_CONFIG).is_file():
        is_model = (folder / "config.json").is_file()
        got = Phrase("a whole model" if is_model else "none" if folder.is_dir() else "no folder")
        do = "Give it as model.base." if is_model else "Check the path."
        raise ModelError(must(f"The adapter {source}", f"hold {ADAPTER_CONFIG}", got, do=do))
    problems = []
    try:
        config = json.loads((folder / ADAPTER_CONFIG).read_bytes())
    except ValueError:
        config = None
    if not isinstance(config, dict):
        problems.append(f"{name}/{ADAPTER_CONFIG} must hold a mapping, got a damaged file.")
    elif config.get("peft_type") != "LORA":
        problems.append(must(f"The adapter {name}", "be of the type LORA", config.get("peft_type")))
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        got = Phrase("none")
        do = "Save it with save_pretrained; pickled weights are not opened."
        problems.append(must(f"The adapter {name}", f"hold {ADAPTER_WEIGHTS}", got, do=do))
    elif (problem := header_problem(name, weights)) is not None:
        problems.append(problem)
    raise_all(ModelError, problems)
    digest = weights_digest(folder)
    return Adapter(folder, name, config, own_lineage(folder, name, digest), digest)


def check_base(adapter: Adapter, base: Source, base_digest: str) -> tuple[Message, ...]:
    """Refuse a base that is not the one which the adapter's lineage, or its config, names.

    An adapter trained elsewhere has a name to give and no digest. Where a folder of that name is at
    hand, its weights decide.

    Returns:
        What a reader must know: that only another name is known.

    Raises:
        ModelError: Naming both.
    """
    recorded = (adapter.lineage or {}).get("base_digest")
    if recorded is not None and recorded != base_digest:
        raise ModelError(
            f"The adapter {adapter.name} must have the base that it was trained on "
            f"({adapter.base}, digest {str(recorded)[:12]}), got {base.name} with the digest "
            f"{base_digest[:12]}. Give that base, or train the adapter again on this one."
        )
    if recorded is not None:
        return ()
    named = str(adapter.config.get("base_model_name_or_path") or "")
    folder = Path(named).expanduser()
    here = _weights(folder) if named else []
    if here and here != _weights(base.folder):
        raise ModelError(
            f"The adapter {adapter.name} must have the base that it was trained on ({named}), got "
            f"{base.name}, whose weights differ. Give that base, or, if it was trained on other "
            f"weights than those in {named}, correct base_model_name_or_path in {ADAPTER_CONFIG}."
        )
    if here or folder.name == Path(base.name).name:
        return ()
    word = Message.of(
        "adapter.base-by-word",
        _BY_WORD,
        adapter=adapter.name,
        named=named or "a base without a name",
        base=base.name,
    )
    return (word,)


def _weights(folder: Path) -> list[list[str]]:
    return [[path.name, sha256_file(path)] for path in weight_files(folder)]


def saved_modules(adapter: Adapter) -> list[str]:
    """Return the modules that the adapter brings whole, such as the head."""
    named = list(adapter.config.get("modules_to_save") or [])
    if adapter.config.get("task_type") == "SEQ_CLS":
        named += ["classifier", "score"]  # peft adds them by itself
    return named


def attach(network: Any, adapter: Adapter, base: Source) -> Any:
    """Put an adapter on a network, in place, every tensor accounted for.

    Args:
        network: The base, with as many classes as the adapter.
        adapter: What ``read_adapter`` returned.
        base: Where the base comes from.

    Returns:
        The same network; only what the adapter trained is still marked as trainable.

    Raises:
        ModelError: If the adapter does not belong to this base.
    """
    import peft
    from safetensors.torch import load_file

    where = f"The adapter {adapter.name}"
    with quiet(), reading(where, "Save it again with save_pretrained."):
        config = peft.LoraConfig.from_pretrained(str(adapter.folder))
        tensors = load_file(adapter.folder / ADAPTER_WEIGHTS)
    config.base_model_name_or_path = network.name_or_path
    config.inference_mode = False
    try:
        with quiet_peft():
            wrapped = peft.get_peft_model(network, config, autocast_adapter_dtype=False)
    except ValueError as err:
        raise ModelError(
            _misfit(adapter, base, f"target modules that it lacks ({_targets(config)})")
        ) from err
    places = peft.get_peft_model_state_dict(wrapped, save_embedding_layers=False)
    tensors = _without_copies(wrapped, tensors, places)
    raise_all(ModelError, _tensor_problems(adapter, base, tensors, places))
    raise_all(ModelError, _number_problems(adapter, tensors))
    peft.set_peft_model_state_dict(wrapped, tensors)
    placed = peft.get_peft_model_state_dict(wrapped, save_embedding_layers=False)
    lost = [name for name, one in tensors.items() if not _is_same(placed[name], one)]
    if lost:
        raise ModelError(_misfit(adapter, base, f"weights that did not arrive: {_listed(lost)}"))
    return wrapped.get_base_model()


def probe_texts(tokenizer: Any) -> list[str]:
    """Return texts that every vocabulary has words for: fixed ones, and some made of its tokens.

    A Chinese base knows no English word and sees the fixed texts as a row of unknowns.
    """
    special = set(tokenizer.all_special_ids)
    ids = [one for one in sorted(set(tokenizer.get_vocab().values())) if one not in special]
    n_rows = 4
    step = max(1, len(ids) // (n_rows * _ROW_TOKENS))
    spread = ids[::step]
    rows = [spread[row::n_rows][: _ROW_TOKENS - 2 * row] for row in range(n_rows)]
    made = [str(tokenizer.decode(row)).strip() for row in rows]
    return [*_FIXED, *(text for text in made if text)]


def prove(
    network: Any,
    ask: Callable[[], NDArray[np.float32]],
    *,
    adapter: Adapter,
    base: Source,
    base_has_head: bool,
) -> dict[str, Any]:
    """Show that an adapter is at work.

    Args:
        network: With its adapter on.
        ask: Returns the logits of the probe rows, shape [n, c].
        adapter: What is at work, for messages.
        base: What it is put on, for messages.
        base_has_head: Whether the base came with a trained head.

    Returns:
        ``n_rows``; ``max_logit_difference``: between base with adapter and base alone;
        ``max_logit_difference_low_rank``: between the same with and without the low-rank part,
        saved modules such as the head kept; ``base_has_head``: without one the base alone answers
        by a freshly drawn head. Rounded to four digits.

    Raises:
        ModelError: If one of the two differences is nothing.
    """
    with_it = ask()
    with switched_off(network, saved=False):
        without_low_rank = ask()
    with switched_off(network, saved=True):
        alone = ask()
    least = _LEAST * (1 + float(np.abs(with_it).max(initial=0)))
    whole, part = _distance(with_it, alone), _distance(with_it, without_low_rank)
    if not part > least:  # NaN is no proof either
        kept = " (the saved head differs, the low-rank part is dead)" if whole > least else ""
        raise ModelError(
            f"The adapter {adapter.name} must change the logits of {base.name}, got a difference of "
            f"at most {part:.3g} on {len(with_it)} probe rows{kept}. Likely its matrices B are still "
            "zero: it was saved before training, trained at a learning rate that moved nothing, or "
            "saved without its weights. Train it again, or audit the base alone."
        )
    return {
        "n_rows": len(with_it),
        "max_logit_difference": float(f"{whole:.4g}"),
        "max_logit_difference_low_rank": float(f"{part:.4g}"),
        "base_has_head": base_has_head,
    }


def is_dead(network: Any) -> bool:
    """Return whether a live network has an adapter whose low-rank part adds nothing anywhere."""
    from peft.tuners.lora import LoraLayer

    layers = [module for module in network.modules() if isinstance(module, LoraLayer)]
    return bool(layers) and not any(
        bool(layer.get_delta_weight(name).any())
        for layer in layers
        if not layer.disable_adapters
        for name in layer.active_adapters
        if name in layer.lora_A or name in layer.lora_embedding_A
    )


@contextmanager
def switched_off(network: Any, *, saved: bool) -> Iterator[None]:
    """Let a network answer without the low-rank part of its adapter.

    Args:
        network: With an adapter.
        saved: Switch off the modules that were saved whole, too: the base alone.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import AuxiliaryTrainingWrapper

    kinds = (BaseTunerLayer, AuxiliaryTrainingWrapper) if saved else (BaseTunerLayer,)
    # peft's own switch also changes which weights are marked as trainable
    on = [
        module
        for module in network.modules()
        if isinstance(module, kinds) and not module._disable_adapters
    ]
    for module in on:
        module._disable_adapters = True
    try:
        yield
    finally:
        for module in on:
            module._disable_adapters = False


def _without_copies(
    wrapped: Any, tensors: dict[str, Any], places: dict[str, Any]
) -> dict[str, Any]:
    """Leave out embeddings of the base that peft saves beside an adapter on them, bit for bit."""
    own = wrapped.state_dict()
    return {
        name: one
        for name, one in tensors.items()
        if name in places or name not in own or not _is_same(own[name], one)
    }


def _tensor_problems(
    adapter: Adapter, base: Source, tensors: dict[str, Any], places: dict[str, Any]
) -> list[str]:
    homeless = sorted(tensors.keys() - places.keys())
    empty = sorted(places.keys() - tensors.keys())
    shapes = [
        f"{name} {list(tensors[name].shape)} instead of {list(places[name].shape)}"
        for name in sorted(tensors.keys() & places.keys())
        if tensors[name].shape != places[name].shape
    ]
    problems = []
    if homeless:
        problems.append(f"tensors without a place in it: {_listed(homeless)}")
    if empty:
        problems.append(f"no weights for {_listed(empty)}")
    if shapes:
        problems.append(f"other shapes: {_listed(shapes)}")
    return [_misfit(adapter, base, one) for one in problems]


def _number_problems(adapter: Adapter, tensors: dict[str, Any]) -> list[str]:
    broken = sorted(name for name, one in tensors.items() if not bool(one.isfinite().all()))
    if not broken:
        return []
    got = Phrase(f"NaN or infinity in {_listed(broken)}")
    do = "Its training diverged, or the file is damaged: train it again, or copy it again."
    return [must(f"The adapter {adapter.name}", "hold finite weights", got, do=do)]


def _misfit(adapter: Adapter, base: Source, got: str) -> str:
    return must(
        f"The adapter {adapter.name}",
        f"fit the base {base.name}",
        Phrase(got),
        do=f"It says that it was trained on {adapter.base}; give that base and as many classes as "
        "it was trained for.",
    )


def _targets(config: Any) -> str:
    targets = config.target_modules
    return targets if isinstance(targets, str) else _listed(sorted(targets or []))


def _is_same(placed: Any, given: Any) -> bool:
    import torch

    return bool(torch.equal(placed.cpu(), given.to(placed.dtype)))


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max(initial=0))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else ""
    return ", ".join(names[:_N_NAMED]) + more
