"""Rows that grow token by token behind one prefix, with what they have read kept.

Legend of shapes: k rows, v vocabulary, w wanted tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models._language_feeding import LanguageFeeder, Memory

    Ids = NDArray[np.int64]
    Floats = NDArray[np.float32]

_BYTES_ON_CPU = 2**28
_BYTES = 2**31
"""What all rows together may keep of what they have read."""

_GROWTH = 32
"""Tokens that a row is reckoned to grow by."""


class LanguageSteps:
    """See ``harness.modelling.TokenSteps``.

    Args:
        feeder: The network.
        prefix: What stands before every row.
        asking: Enters the state in which the network is asked.
    """

    def __init__(
        self,
        feeder: LanguageFeeder,
        prefix: Ids,
        asking: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._feeder = feeder
        self._asking = asking
        with asking():
            self._start, self._logits = feeder.read([prefix])
        self._memory = self._start
        of_token = _kept_bytes(self._start) / len(prefix)
        most = _BYTES_ON_CPU if str(feeder.network.device) == "cpu" else _BYTES
        self.most_rows = max(1, int(most / (of_token * (len(prefix) + _GROWTH))))
        limit = feeder.positions
        self.most_steps = None if limit is None else limit - len(prefix)

    def first(self, wanted: Ids) -> Floats:
        """Return the log-probabilities of some tokens right after the prefix, shape [1, w]."""
        self._memory = self._start
        with self._asking():
            return _picked(self._logits, wanted)

    def next(self, parents: Ids, tokens: Ids, wanted: Ids) -> Floats:
        """Let rows grow by one token, and return the log-probabilities of what follows, shape [k, w]."""
        with self._asking():
            memory = self._kept(parents)
            places = (np.arange(len(tokens)), np.zeros(len(tokens), dtype=np.int64))
            pieces = self._feeder.go_on(memory, list(tokens[:, None]), places)
            found = np.concatenate([_picked(logits, wanted) for logits in pieces])
        self._memory = memory
        return found

    def _kept(self, parents: Ids) -> Memory:
        """Return what the parents have read; nothing is copied where each row has one heir."""
        n = len(self._memory.lengths)
        is_same = len(parents) == n and bool((parents == np.arange(n)).all())
        return (
            self._memory
            if is_same and self._memory is not self._start
            else self._memory.of(parents)
        )


def _picked(logits: Any, wanted: Ids) -> Floats:
    import torch

    where = torch.from_numpy(wanted).to(logits.device)
    logs: Floats = logits.log_softmax(-1)[:, where].cpu().numpy()
    return logs


def _kept_bytes(memory: Memory) -> int:
    layers = memory.cache.layers
    kept: int = sum(one.keys.nbytes + one.values.nbytes for one in layers)
    return max(1, kept)
