"""The last layer of a classifier: what goes into it, its weights, and a copy with others.

The layer must be linear, have one output for each class, and read one vector for each input. That is so
for encoders; a decoder applies it to every token. What was found is tried out on each batch: the layer
applied to the features must give the logits.

Legend of shapes: b batch, d features, c classes.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError, Phrase, must
from models._live import save_network
from models._network import bare, is_decoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TOLERANCE = 1e-4


def find_last_layer(network: Any) -> Any | None:
    """Return the module, or None where a network has no such last layer."""
    import torch

    inner = bare(network)
    if is_decoder(inner):
        return None
    found = [
        module
        for module in inner.modules()
        if isinstance(module, torch.nn.Linear) and module.out_features == inner.config.num_labels
    ]
    return found[-1] if found and found[-1].bias is not None else None


def features(network: Any, layer: Any, fed: dict[str, Any]) -> Any:
    """Return what goes into the layer for one batch, shape [b, d], on the CPU, float32.

    Raises:
        ModelError: If the layer is not the one that makes the logits.
    """
    import torch

    seen: list[Any] = []
    handle = layer.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach()))
    try:
        with torch.inference_mode():
            logits = network(**fed).logits
            given = seen[-1] if seen else None
            fits = given is not None and given.dim() == 2
            if fits:
                apart = (layer(given) - logits).abs().max()
                fits = bool(apart <= _TOLERANCE * (1 + logits.abs().max()))
    finally:
        handle.remove()
    if given is None or not fits:
        got = Phrase("a network whose logits come from somewhere else")
        raise ModelError(must("The last linear layer", "make the logits from one vector", got))
    return given.float().cpu()


def _merged(network: Any) -> Any:
    """Fold an adapter into the weights of a network of one's own, in place; others stay as they are."""
    if not any(type(module).__module__.startswith("peft.") for module in network.modules()):
        return network
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import ModulesToSaveWrapper

    for name, module in list(network.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            plain = module.get_base_layer()
        elif isinstance(module, ModulesToSaveWrapper):
            plain = module.modules_to_save["default"]
        else:
            continue
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, plain)
    return network


def layer_values(
    layer: Any, columns: NDArray[np.int64] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return weight [c, d] and bias [c], classes in the order of the task."""
    weight = layer.weight.detach().float().cpu().numpy()
    bias = layer.bias.detach().float().cpu().numpy()
    return (weight, bias) if columns is None else (weight[columns], bias[columns])


def save_with_layer(
    network: Any,
    tokenizer: Any,
    folder: Path,
    *,
    values: tuple[NDArray[np.floating], NDArray[np.floating]],
    columns: NDArray[np.int64] | None,
) -> None:
    """Save a copy of a network, adapters merged, with another last layer; the network stays as it is.

    Args:
        network: The network.
        tokenizer: Its tokenizer.
        folder: Where to; made when missing.
        values: Weight [c, d] and bias [c], classes in the order of the task.
        columns: Position of each class of the task among those of the network; None: the same order.
    """
    import torch

    twin = _merged(copy.deepcopy(network))
    layer = find_last_layer(twin)
    assert layer is not None  # the caller knows that there is one
    order = list(range(layer.out_features)) if columns is None else columns.tolist()
    with torch.no_grad():
        for own, new in zip((layer.weight, layer.bias), values, strict=True):
            placed = torch.empty_like(own)
            placed[order] = torch.tensor(new, dtype=own.dtype, device=own.device)
            own.copy_(placed)
    folder.mkdir(parents=True, exist_ok=True)
    save_network(twin, tokenizer, folder)
