"""Inputs of language models that are no rows: some tokens to read, and some to be scored after them.

Legend of shapes: t tokens, n items.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.modelling import Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasLogProbabilities

    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read, and what is scored after it.

    Attributes:
        prefix: Token ids, shape [t], at least one.
        target: Token ids, shape [t], at least one.
    """

    prefix: IntArray
    target: IntArray

    def item(self) -> Item:
        """Return it as an item of a language model."""
        ids = np.concatenate([self.prefix, self.target])
        segment = np.repeat([0, 1], [len(self.prefix), len(self.target)]).astype(np.int64)
        return _item(ids, segment)

    def prompt(self) -> Item:
        """Return what is read alone."""
        return prompt_item(self.prefix)


def prompt_item(prefix: IntArray) -> Item:
    """Return a prompt alone."""
    return _item(prefix, np.zeros(len(prefix), dtype=np.int64))


def asked_in_words(model: HasLogProbabilities, prompt: str, value: str) -> Asked | None:
    """Return a value after a prompt, tokenized as one text; None where nothing is left to read.

    A token that reaches across the border belongs to the value.
    """
    before = model.encode(prompt, is_start=True)
    whole = model.encode(prompt + value, is_start=True)
    shared = n_shared(before, whole)
    if not 0 < shared < len(whole):
        return None
    return Asked(whole[:shared], whole[shared:])


def n_shared(first: IntArray, second: IntArray) -> int:
    """Return how many tokens two texts begin with alike."""
    n = min(len(first), len(second))
    differs = np.flatnonzero(first[:n] != second[:n])
    return int(differs[0]) if len(differs) else n


def start_tokens(model: HasLogProbabilities) -> IntArray:
    """Return what a text begins with, shape [t]: never empty."""
    return model.encode("", is_start=True)


def last_tokens(model: HasLogProbabilities, before: IntArray, k: int) -> IntArray:
    """Return the last k tokens of a context after what a text begins with; never more than it has."""
    start = start_tokens(model)
    if len(before) <= k or len(before) <= len(start):
        return before
    return np.concatenate([start, before[-min(k, len(before) - len(start)) :]])


def most_tokens(model: object) -> int | None:
    """Return how many tokens a model reads at once; None where it does not say."""
    found = getattr(model, "max_tokens", None)
    return found if isinstance(found, int) else None


def fits(model: object, asked: Sequence[Asked | None]) -> list[bool]:
    """Return which of them there are and fit into what the model reads at once."""
    most = most_tokens(model)
    return [
        one is not None and (most is None or len(one.prefix) + len(one.target) <= most)
        for one in asked
    ]


def _item(ids: IntArray, segment: IntArray) -> Item:
    raw = ids.astype("<i8").tobytes() + b"|" + segment.astype("<i8").tobytes()
    key = hashlib.sha256(raw).digest()
    return Item({"input_ids": ids, "segment": segment}, len(ids), False, key)
