"""A model of which two classes are looked at, so that two inputs are explained by the same lead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attributions import UNSIGNED_METHODS, Attributions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item, Model

Pair = tuple[int, int]
"""The class that is explained, and the one that it leads over."""

_FORWARDED = (
    "prepare", "parts", "without", "without_tokens", "embed", "differentiating", "is_content",
    "filled", "spans", "windows", "unknown_tokens", "unknown_share",
)  # fmt: skip


def of_two(model: Model, pair: Pair) -> Model:
    """Return a model that answers for two classes only: whatever it decides is between them.

    It offers what the model offers, as far as attributions need it; nothing of the model is changed.

    Args:
        model: Whose logits are looked at.
        pair: Two of its classes.
    """
    columns = list(pair)
    able: Any = model

    def logits(self: Any, items: Sequence[Item]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = able.logits(items)[:, columns]
        return found

    def from_embeddings(self: Any, items: Sequence[Item], embeddings: Any) -> Any:
        return able.logits_from_embeddings(items, embeddings)[:, columns]

    # made of what is there, because protocols are told apart by the methods that a class has
    body: dict[str, Any] = {name: _forward(name) for name in _FORWARDED if hasattr(able, name)}
    body["logits"] = logits
    if hasattr(able, "logits_from_embeddings"):
        body["logits_from_embeddings"] = from_embeddings
    made: Any = type("OfTwo", (), body)()
    made.inner, made.n_classes = able, 2
    for name in ("ref", "capabilities", "device", "dtype"):
        setattr(made, name, getattr(able, name))
    two: Model = made
    return two


def turned_to(found: Attributions, pair: Pair, *, is_of_two: bool) -> Attributions:
    """Return attributions that are all about one lead: of the first class of a pair over the second.

    The lead of one class over another is minus the lead of the other over the one, and so is every
    attribution of it; a method without signs has none to turn.

    Args:
        found: About this pair of classes, in either order.
        pair: The classes.
        is_of_two: Whether classes are numbered within the pair (0 and 1).
    """
    first = 0 if is_of_two else pair[0]
    sign = np.where(found.target == first, 1.0, -1.0)
    is_signed = found.method.id not in UNSIGNED_METHODS
    return replace(
        found,
        values=found.values * np.repeat(sign, np.diff(found.starts)) if is_signed else found.values,
        target=np.full(found.n, pair[0], dtype=np.int64),
        runner_up=np.full(found.n, pair[1], dtype=np.int64),
        whole=found.whole * sign,
        blank=found.blank * sign,
        gap=found.gap * sign,
    )


def _forward(name: str) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **options: Any) -> Any:
        return getattr(self.inner, name)(*args, **options)

    return call
