"""A toy model whose answers are known by hand, for planted defects, tests and notebooks; no torch."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.modelling import Absence, Item, Part, Removal
from harness.records import ModelRef

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GONE = "\x00"
_GONE_ID = zlib.crc32(_GONE.encode())
_WORD_OF = {_GONE_ID: _GONE}
"""Number of a word → the word, for every word that was met; a number says nothing else."""


class KeywordModel:
    """A toy model whose answers are known by hand: each word adds its weights to the logits.

    Words are separated by blanks. A word that was taken away adds nothing. Needs no torch, but for
    the capability ``embeddings``: there the embedding of a word is its weights.

    Args:
        weights: Word → one weight for each class.
        bias: Logits of a text without known words, one for each class.
    """

    def __init__(self, weights: Mapping[str, Sequence[float]], bias: Sequence[float]) -> None:
        self.weights = {word: tuple(each) for word, each in weights.items()}
        self.bias = tuple(bias)
        self.n_classes = len(self.bias)
        self.ref = ModelRef(kind="given", name="keywords")
        self.capabilities = frozenset({"logits", "parts", "embeddings", "last-layer"})
        self.device = "cpu"
        self.dtype = "float32"

    def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
        """Turn texts into items; pairs are joined by a blank."""
        joined = (one if isinstance(one, str) else " ".join(one) for one in inputs)
        return [self._item(text.split()) for text in joined]

    def spans(self, inputs: Sequence[str | tuple[str, ...]]) -> list[NDArray[np.int64]]:
        """Return where each word stands, shape [t, 3]: text, start and stop."""
        return [_word_spans((one,) if isinstance(one, str) else one) for one in inputs]

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return the bias plus the weights of all words, shape [b, c]."""
        silent = [0.0] * self.n_classes
        totals = [
            np.sum([self.bias, *(self.weights.get(word, silent) for word in _words(item))], axis=0)
            for item in items
        ]
        return np.array(totals, dtype=np.float32).reshape(len(items), self.n_classes)

    def last_features(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return how often each known word stands in a text, shape [b, known words]."""
        place = {word: index for index, word in enumerate(self.weights)}
        counts = np.zeros((len(items), len(place)), dtype=np.float32)
        for row, item in enumerate(items):
            for word in _words(item):
                if word in place:
                    counts[row, place[word]] += 1
        return counts

    def last_layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the weights of the words, shape [c, known words], and the bias [c]."""
        weights = np.array(list(self.weights.values()), dtype=np.float32)
        return weights.reshape(-1, self.n_classes).T, np.array(self.bias, dtype=np.float32)

    def parts(self, item: Item) -> list[Part]:
        """Return one part for each word that is still there; the index is the word's position."""
        return [
            Part(index, (index,), word)
            for index, word in enumerate(_words(item))
            if word not in ("", _GONE)
        ]

    def without_tokens(self, item: Item, positions: Sequence[int], *, by: Removal = "mask") -> Item:
        """Return the item with some words taken away: a word is a token, and all ways are one."""
        return self.without(item, positions)

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some words taken away; the others keep their positions."""
        gone = set(part_indexes)
        return self._item(
            [_GONE if index in gone else word for index, word in enumerate(_words(item))]
        )

    def embed(self, items: Sequence[Item]) -> Any:
        """Return the weights of the words as tensors, shape [sum of t, c]."""
        import torch

        silent = (0.0,) * self.n_classes
        rows = [self.weights.get(word, silent) for item in items for word in _words(item)]
        return torch.tensor(rows, dtype=torch.float32).reshape(len(rows), self.n_classes)

    def logits_from_embeddings(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return the bias plus the sums of what stands in each text, shape [b, c]."""
        import torch

        owner = torch.arange(len(items)).repeat_interleave(
            torch.tensor([item.length for item in items], dtype=torch.int64)
        )
        bias = torch.tensor(self.bias, dtype=torch.float32).repeat(len(items), 1)
        return bias.index_add(0, owner, embeddings)

    @contextmanager
    def differentiating(self) -> Iterator[None]:
        """Let gradients be taken; there are no parameters to freeze."""
        import torch

        with torch.inference_mode(False), torch.enable_grad():
            yield

    def is_content(self, item: Item) -> NDArray[np.bool_]:
        """Return which words are still there, shape [t]."""
        return np.array([word not in ("", _GONE) for word in _words(item)], dtype=np.bool_)

    def filled(self, item: Item, content: Absence | NDArray[np.int64]) -> Item:
        """Return an item with other words, by ``input_ids`` of items that this model prepared."""
        new = iter(() if isinstance(content, str) else [_WORD_OF[i] for i in content.tolist()])
        return self._item(
            [
                (next(new, _GONE) if is_there else word)
                for word, is_there in zip(_words(item), self.is_content(item), strict=True)
            ]
        )

    def _item(self, words: Sequence[str]) -> Item:
        text = " ".join(words)
        ids = [_id_of(word) for word in words] or [_GONE_ID]
        _WORD_OF.update(zip(ids, words, strict=False))
        return Item(
            arrays={
                "code_points": np.array([ord(char) for char in text], dtype=np.int64),
                "input_ids": np.array(ids, dtype=np.int64),
            },
            length=len(ids),
            is_truncated=False,
            key=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(),
        )


def _id_of(word: str) -> int:
    """Return a number for a word that does not depend on which words were met before."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _word_spans(texts: Sequence[str]) -> NDArray[np.int64]:
    rows = [
        (number, *found.span())
        for number, text in enumerate(texts)
        for found in re.finditer(r"\S+", text)
    ]
    # an input without words is one token long
    return np.array(rows or [(-1, -1, -1)], dtype=np.int64)


def _words(item: Item) -> list[str]:
    return "".join(map(chr, item.arrays["code_points"].tolist())).split(" ")
