"""A toy model whose answers are known by hand, for planted defects, tests and notebooks; no torch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.modelling import Item, Part, Removal
from harness.records import ModelRef

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GONE = "\x00"


class KeywordModel:
    """A toy model whose answers are known by hand: each word adds its weights to the logits.

    Words are separated by blanks. A word that was taken away adds nothing. Needs no torch.

    Args:
        weights: Word → one weight for each class.
        bias: Logits of a text without known words, one for each class.
    """

    def __init__(self, weights: Mapping[str, Sequence[float]], bias: Sequence[float]) -> None:
        self.weights = {word: tuple(each) for word, each in weights.items()}
        self.bias = tuple(bias)
        self.n_classes = len(self.bias)
        self.ref = ModelRef(kind="given", name="keywords")
        self.capabilities = frozenset({"logits", "parts", "last-layer"})
        self.device = "cpu"
        self.dtype = "float32"

    def prepare(self, inputs: Sequence[str | tuple[str, str]]) -> list[Item]:
        """Turn texts into items; pairs are joined by a blank."""
        joined = (one if isinstance(one, str) else " ".join(one) for one in inputs)
        return [_keyword_item(text.split()) for text in joined]

    def spans(self, inputs: Sequence[str | tuple[str, str]]) -> list[NDArray[np.int64]]:
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
        return _keyword_item(
            [_GONE if index in gone else word for index, word in enumerate(_words(item))]
        )


def _word_spans(texts: Sequence[str]) -> NDArray[np.int64]:
    rows = [
        (number, *found.span())
        for number, text in enumerate(texts)
        for found in re.finditer(r"\S+", text)
    ]
    # an input without words is one token long
    return np.array(rows or [(-1, -1, -1)], dtype=np.int64)


def _keyword_item(words: Sequence[str]) -> Item:
    text = " ".join(words)
    code_points = np.array([ord(char) for char in text], dtype=np.int64)
    return Item(
        arrays={"code_points": code_points},
        length=max(1, len(words)),
        is_truncated=False,
        key=hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest(),
    )


def _words(item: Item) -> list[str]:
    return "".join(map(chr, item.arrays["code_points"].tolist())).split(" ")
