"""What a model can do with its inputs: take parts away, differentiate, say where tokens stand.

Legend of shapes: c classes, p parts, t tokens, d width, b batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.modelling.items import Item, Part


@runtime_checkable
class HasParts(Protocol):
    """Capability ``parts``: inputs can be taken apart."""

    def parts(self, item: Item) -> list[Part]:
        """Return the parts of an item in order; special tokens belong to none."""
        ...

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some parts replaced by what stands for absence."""
        ...


Absence = Literal["mask", "pad"]
"""What stands where a token is taken away without changing the length of an input."""

Removal = Literal["mask", "pad", "delete"]
"""How tokens are taken away; ``mask`` deletes them where a tokenizer has no mask token."""


@runtime_checkable
class HasTokens(Protocol):
    """A model whose inputs can be taken apart token by token, in several ways. No capability: a fact."""

    def without_tokens(self, item: Item, positions: Sequence[int], *, by: Removal = "mask") -> Item:
        """Return the item with the tokens at some positions taken away.

        Args:
            item: The item.
            positions: Token positions that belong to parts; special tokens stay.
            by: What stands where they stood.

        Raises:
            ContractError: If a position holds no token of a part.
        """
        ...


@runtime_checkable
class HasEmbeddings(Protocol):
    """Capability ``embeddings``: logits can be differentiated by what stands at each token.

    Batches are flat: the tokens of b items one after another, without padding, shape [sum of t, d].
    Padding is put in and taken out inside, so nothing can be attributed to it.
    """

    def embed(self, items: Sequence[Item]) -> Any:
        """Return the input embeddings of items, shape [sum of t, d], float32, without a graph."""
        ...

    def logits_from_embeddings(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return logits, shape [b, c], float32, that can be differentiated by the embeddings.

        Args:
            items: One batch. Attention, positions and segments are theirs; their token ids stand
                only for how long each is.
            embeddings: Shape [sum of t, d], float32, on the model's device.
        """
        ...

    def differentiating(self) -> AbstractContextManager[None]:
        """Freeze the parameters and switch dropout off; afterwards all is as it was, whatever happens."""
        ...

    def is_content(self, item: Item) -> NDArray[np.bool_]:
        """Return which tokens belong to a part, shape [t]; special tokens do not."""
        ...

    def filled(self, item: Item, content: Absence | NDArray[np.int64]) -> Item:
        """Return an item of equal length with other content; special tokens keep themselves.

        Args:
            item: The item.
            content: What stands in the place of every content token: ``mask`` (``pad`` where a
                tokenizer has no mask token), ``pad``, or token ids, shape [content tokens].
        """
        ...


@runtime_checkable
class HasSpans(Protocol):
    """A model that can say where in its input a token stands. No capability: a fact."""

    def spans(self, inputs: Sequence[str | tuple[str, ...]]) -> list[NDArray[np.int64]]:
        """Return for each input, as ``prepare`` reads it, a table of shape [t, 3].

        Columns are the text that a token belongs to (0, or 1 for the second of a pair), and where
        it starts and stops there, in characters; -1, -1, -1 for special tokens, and for every token
        of a tokenizer that does not know (slow ones do not).
        """
        ...


@runtime_checkable
class HasWindows(Protocol):
    """A model that can read a long input piece by piece. No capability: a fact."""

    def windows(
        self, one: str | tuple[str, ...], *, overlap: int = 32
    ) -> list[tuple[Item, NDArray[np.int64]]]:
        """Return windows that together hold every token of an input, none of them truncated.

        Args:
            one: An input of any length; of a pair, the longer text is cut and the other one stays,
                unless it is too long itself: then both are cut and walked through side by side.
            overlap: Content tokens that neighbouring windows share; at most half of a window.

        Returns:
            Items, each with its spans, shape [t, 3], in characters of the whole input; one window
            where the input is not too long.

        Raises:
            MethodRefused: If the model does not know where tokens stand.
            UsageError: If the overlap is negative.
        """
        ...


@runtime_checkable
class CanBeRandomised(Protocol):
    """A model whose weights can be drawn anew for a while. No capability: a fact."""

    def randomised(self, seed: int) -> AbstractContextManager[None]:
        """Draw all weights anew; afterwards they are as they were, bit for bit, whatever happens.

        Args:
            seed: Decides what is drawn; global generators stay as they are.
        """
        ...


@runtime_checkable
class CountsUnknown(Protocol):
    """A model that can say how much of its inputs it cannot tell apart. No capability: a fact."""

    def unknown_tokens(self, items: Sequence[Item]) -> tuple[int, int] | None:
        """Return how many tokens stand for what is not known, and how many tokens there are.

        Special tokens are not counted.

        Undefined when: there is no token for what is not known; None then.
        """
        ...

    def unknown_share(self, items: Sequence[Item]) -> float | None:
        """Return the one divided by the other.

        Undefined when: there is no such token, or no token at all; None then.
        """
        ...
