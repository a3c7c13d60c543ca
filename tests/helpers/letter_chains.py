"""Chains of single characters that stand for a language model: every rank in them can be counted.

Loaded by path from ``tests/conftest.py`` and handed out as the fixture ``letter_chains``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from harness.canaries import Canary

CHARS = "0123456789 a"
START = "a"


class LetterChain:
    """Each character depends on the one before it and on its place; tokens are characters.

    Args:
        logs: Log-probabilities of place, character before, next character.
    """

    def __init__(self, logs: Any) -> None:
        self.logs = np.asarray(logs).astype(np.float32)
        self._id = {char: number for number, char in enumerate(CHARS)}

    def encode(self, text: str, *, is_start: bool) -> Any:
        return np.array([self._id[char] for char in text], dtype=np.int64)

    def decode(self, tokens: Any) -> str:
        return "".join(CHARS[token] for token in tokens)

    def next_log_probabilities(self, prefix: Any, continuations: Any) -> Any:
        n, place = continuations.shape
        before = continuations[:, -1] if place else np.full(n, prefix[-1])
        return self.logs[min(place, len(self.logs) - 1)][before]

    def candidate_log_probabilities(self, prefix: Any, candidates: Sequence[Any]) -> Any:
        return np.array([-self.loss([int(prefix[-1]), *one.tolist()]) for one in candidates])

    def loss(self, tokens: Sequence[int]) -> float:
        steps = pairwise(tokens)
        return -math.fsum(float(self.logs[place][a, b]) for place, (a, b) in enumerate(steps))


def chain(rng: np.random.Generator, *, length: int, evenness: float) -> LetterChain:
    """Draw a chain; the smaller the evenness, the surer it is of what comes next."""
    table = rng.dirichlet(np.full(len(CHARS), evenness), size=(length, len(CHARS))) + 1e-6
    return LetterChain(np.log(table / table.sum(-1, keepdims=True)))


def all_losses(model: LetterChain, length: int) -> Any:
    """Return the loss of every number of some digits behind the start, shape [10^length]."""
    logs = model.logs.astype(np.float64)
    found = -logs[0][CHARS.index(START), :10]
    for place in range(1, length):
        step = -logs[place][:10, :10]
        found = (found.reshape(-1, 10)[:, :, None] + step[None]).reshape(-1)
    return found


def number_canary(number: int, length: int, *, n_planted: int = 1) -> Canary:
    """Return a canary whose secret is a number of some digits."""
    secret = f"{number:0{length}d}"
    return Canary(0, "number", START, secret, "", "#" * length, n_planted)
