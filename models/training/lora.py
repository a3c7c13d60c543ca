"""A low-rank adapter on a base: where it goes, and which weights must be saved with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError, Phrase, must, nearest, raise_all
from models._guards import quiet_peft
from models._network import bare

if TYPE_CHECKING:
    from harness.config.training import LoraConfig

_ATTENTION = re.compile(r"att(n|ention)", re.IGNORECASE)
_N_NAMED = 12


def add_adapter(
    network: Any, options: LoraConfig, drawn: Iterable[str], *, is_language: bool = False
) -> Any:
    """Put a fresh adapter on a base; only it and a classifier's head are trained from now on.

    Args:
        network: The base with a head for the task.
        options: The ``lora`` section.
        drawn: Names of weights that the base lacks and that were freshly drawn.
        is_language: Whether it is a causal language model: its head is the base's own and stays.

    Returns:
        A peft model around ``network``.

    Raises:
        ModelError: If there is nothing that the adapter could be put on.
    """
    import peft
    from transformers.pytorch_utils import Conv1D

    head = head_modules(network, drawn)
    targets = target_modules(network, options.target_modules, head)
    is_turned = any(
        isinstance(module, Conv1D) and _fits_one(name, targets)
        for name, module in network.named_modules()
    )
    config = peft.LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=targets,
        fan_in_fan_out=is_turned,
        modules_to_save=None if is_language else head,
        task_type=peft.TaskType.CAUSAL_LM if is_language else peft.TaskType.SEQ_CLS,
        base_model_name_or_path=None,
    )
    with quiet_peft():
        return peft.get_peft_model(network, config)


def head_modules(network: Any, drawn: Iterable[str]) -> list[str]:
    """Return the modules that are trained as a whole and saved with the adapter.

    That is everything beside the body, whatever the architecture calls it, and every part of the
    body whose weights were freshly drawn: left out of the adapter's file, it would be drawn anew
    on loading, and every decision would be chance.
    """
    body = network.base_model_prefix
    head = [
        name
        for name, module in network.named_children()
        if name != body and next(module.parameters(), None) is not None
    ]
    lost = {key.rpartition(".")[0] for key in drawn if key.startswith(f"{body}.")}
    return head + sorted(lost)


def target_modules(network: Any, wanted: list[str] | str, head: list[str]) -> list[str]:
    """Return the names of the linear layers that get an adapter.

    Args:
        network: The base.
        wanted: Names, or ``auto``: peft's own choice for the architecture, else the linear layers
            of its attention blocks.
        head: Modules that are trained as a whole.

    Raises:
        ModelError: If a name fits no linear layer, or no attention block is found.
    """
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING as KNOWN

    linear = linear_layers(network, head)
    kind = network.config.model_type
    if wanted != "auto":
        names = list(wanted)
        raise_all(ModelError, [_unknown(one, linear) for one in names if not _fits(one, linear)])
        return names
    known = KNOWN.get(kind)
    if isinstance(known, list) and all(_fits(one, linear) for one in known):
        return list(known)
    inside = [name for name in linear if _ATTENTION.search(name.rpartition(".")[0])]
    if not inside:
        got = Phrase(f"none in {kind}. Its linear layers are {_leaves(linear)}")
        do = "Name those that shall get an adapter."
        what = "find the attention blocks of the base"
        raise ModelError(must("train.lora.target_modules auto", what, got, do=do))
    leaves = {name.rpartition(".")[2] for name in inside}
    outside = {name.rpartition(".")[2] for name in linear if name not in set(inside)}
    return inside if leaves & outside else sorted(leaves)


def linear_layers(network: Any, without: Iterable[str] = ()) -> list[str]:
    """Return the names of all linear layers beside those of some modules."""
    import torch
    from transformers.pytorch_utils import Conv1D

    left_out = tuple(without)
    return [
        name
        for name, module in bare(network).named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D)
        and not any(name == one or name.startswith(f"{one}.") for one in left_out)
    ]


def _fits(name: str, linear: list[str]) -> bool:
    return any(_fits_one(one, [name]) for one in linear)


def _fits_one(layer: str, names: list[str]) -> bool:
    return any(layer == name or layer.endswith(f".{name}") for name in names)


def _unknown(name: str, linear: list[str]) -> str:
    leaves = sorted({one.rpartition(".")[2] for one in linear})
    do = nearest(name, leaves).strip() or f"They are called {_leaves(linear)}."
    return must("train.lora.target_modules", "name linear layers of the base", name, do=do)


def _leaves(linear: list[str]) -> str:
    leaves = sorted({one.rpartition(".")[2] for one in linear})
    return ", ".join(leaves[:_N_NAMED]) + (", ..." if len(leaves) > _N_NAMED else "")
