"""Gradients of the loss of each example, from one forward and one backward pass.

A layer's gradient is a product of what came in and what came back; kept apart by example, both give
the gradient of each. That holds for layers that treat examples apart from each other, which is
known of a few kinds and then checked: two sums over examples must be the ordinary gradients. Where it
is not, or where the kind is not known, the example is differentiated alone.

Legend of shapes: b batch, t everything between the batch and the last dimension.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Gradients = dict[str, Any]
"""Name of a parameter → tensor of shape [b, *shape of the parameter]."""


class Collected(Gradients):
    """Gradients as they come back; later passes through the same graph are not collected."""

    is_complete = False


_TOLERANCE = 1e-4
"""Largest relative distance between a sum over examples and the ordinary gradient."""

_NOTHING = 1e-6
"""Share of the largest gradient below which one is rounding (that of a key's bias is zero)."""


def gradients_of_losses(
    network: Any, names: Sequence[str], losses: Callable[[], Any], n_examples: int
) -> Gradients:
    """Return the gradient of each loss for each parameter.

    Args:
        network: Left as it was: flags, hooks, and gradients of its parameters.
        names: Parameters.
        losses: Runs the network on a batch and returns its losses, shape [b].
        n_examples: b.
    """
    import torch

    weights = dict(network.named_parameters())
    wanted = [weights[name] for name in names]
    with only_required(network, names), torch.enable_grad():
        found = Collected()
        with _hooked(network, set(names), found, n_examples):
            each = losses()
            total = torch.autograd.grad(each.sum(), wanted, retain_graph=True, allow_unused=True)
        found.is_complete = True
        # other weights for each example: a layer that mixes or swaps them is caught, too
        scale = torch.linspace(0.5, 1.5, n_examples, dtype=each.dtype, device=each.device)
        mixed = torch.autograd.grad(
            (each * scale).sum(), wanted, retain_graph=True, allow_unused=True
        )
        floor = _NOTHING * max(
            (float(one.abs().max()) for one in total if one is not None), default=0
        )
        alone = {}
        for name, one, whole, other in zip(names, wanted, total, mixed, strict=True):
            if whole is None:  # the loss does not depend on it
                found[name] = torch.zeros((n_examples, *one.shape), device=each.device)
            elif name not in found or not _adds_up(found[name], whole, other, scale, floor):
                alone[name] = one
        found |= _one_by_one(each, alone)
    return {name: found[name].detach() for name in names}


@contextmanager
def only_required(network: Any, names: Sequence[str]) -> Iterator[None]:
    """Mark some parameters, and only these, as wanted; afterwards leave the marks as they were."""
    chosen = set(names)
    before = [(weight, weight.requires_grad) for weight in network.parameters()]
    for name, weight in network.named_parameters():
        weight.requires_grad_(name in chosen)
    try:
        yield
    finally:
        for weight, flag in before:
            weight.requires_grad_(flag)


@contextmanager
def _hooked(network: Any, names: set[str], found: Collected, n_examples: int) -> Iterator[None]:
    handles = []
    for prefix, module in network.named_modules():
        rule = _rule_for(module)
        own = {
            kind: f"{prefix}.{kind}" if prefix else kind
            for kind, _ in module.named_parameters(recurse=False)
        }
        own = {kind: name for kind, name in own.items() if name in names}
        if rule is not None and own:
            handles.append(module.register_forward_hook(_watch(rule, own, found, n_examples)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


Rule = Callable[[Any, Any, Any], dict[str, Any]]
"""(module, input [b, t, ...], gradient of its output [b, t, ...]) → kind → gradient [b, ...]."""


def _watch(rule: Rule, own: dict[str, str], found: Collected, n_examples: int) -> Any:
    def hook(module: Any, args: Any, output: Any) -> Any:
        given, told_apart = args[0].detach(), None
        if not output.requires_grad:
            return None
        if given.shape[0] == output.shape[0] == 1 < n_examples and _is_embedding(module):
            # positions stand once for the whole batch: each example gets a copy of its own
            given = given.expand(n_examples, *given.shape[1:])
            output = told_apart = output.expand(n_examples, *output.shape[1:])
        if not given.shape[0] == output.shape[0] == n_examples:
            return None

        def arrived(gradient: Any) -> None:
            if found.is_complete:
                return
            for kind, value in rule(module, given, gradient.detach()).items():
                if kind in own:
                    name = own[kind]
                    found[name] = found[name] + value if name in found else value

        output.register_hook(arrived)
        return told_apart

    return hook


def _is_embedding(module: Any) -> bool:
    import torch

    return isinstance(module, torch.nn.Embedding)


def _rule_for(module: Any) -> Rule | None:
    import torch
    from transformers.pytorch_utils import Conv1D

    rules: dict[type, Rule] = {
        torch.nn.Linear: _linear,
        Conv1D: _turned_linear,
        torch.nn.LayerNorm: _layer_norm,
        torch.nn.Embedding: _embedding,
    }
    return rules.get(type(module))


def _linear(module: Any, given: Any, back: Any) -> dict[str, Any]:
    given, back = _flat(given), _flat(back)
    return {"weight": back.transpose(1, 2) @ given, "bias": back.sum(1)}


def _turned_linear(module: Any, given: Any, back: Any) -> dict[str, Any]:
    given, back = _flat(given), _flat(back)
    return {"weight": given.transpose(1, 2) @ back, "bias": back.sum(1)}


def _layer_norm(module: Any, given: Any, back: Any) -> dict[str, Any]:
    import torch

    normal = torch.nn.functional.layer_norm(given, module.normalized_shape, eps=module.eps)
    between = tuple(range(1, given.dim() - len(module.normalized_shape)))
    return {
        "weight": (back * normal).sum(between) if between else back * normal,
        "bias": back.sum(between) if between else back,
    }


def _embedding(module: Any, given: Any, back: Any) -> dict[str, Any]:
    import torch

    n, width = given.shape[0], back.shape[-1]
    ids, back = given.reshape(n, -1), _flat(back)
    if module.padding_idx is not None:
        back = back * (ids != module.padding_idx)[..., None]
    weight = torch.zeros((n, module.num_embeddings, width), dtype=back.dtype, device=back.device)
    return {"weight": weight.scatter_add_(1, ids[..., None].expand(-1, -1, width), back)}


def _flat(tensor: Any) -> Any:
    return tensor.reshape(tensor.shape[0], -1, tensor.shape[-1])


def _adds_up(each: Any, whole: Any, other: Any, scale: Any, floor: float) -> bool:
    import torch

    # relative to the parts: they may be large and cancel each other
    size = float(each.abs().sum(0).max())
    weighted = torch.tensordot(scale.to(each.dtype), each, dims=1)
    farthest = max(float((each.sum(0) - whole).abs().max()), float((weighted - other).abs().max()))
    return farthest <= _TOLERANCE * size + floor


def _one_by_one(losses: Any, weights: dict[str, Any]) -> Gradients:
    import torch

    if not weights:
        return {}
    rows = [
        torch.autograd.grad(loss, list(weights.values()), retain_graph=True, allow_unused=True)
        for loss in losses
    ]
    return {
        name: torch.stack([_or_zero(row[i], weight) for row in rows])
        for i, (name, weight) in enumerate(weights.items())
    }


def _or_zero(gradient: Any, weight: Any) -> Any:
    import torch

    return torch.zeros_like(weight) if gradient is None else gradient
