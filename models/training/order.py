"""The order of rows in an epoch: shuffled from (seed, epoch) alone, similar lengths together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import index
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ContractError

if TYPE_CHECKING:
    from harness.modelling import Sampler

_BATCHES_PER_POOL = 50


def epoch_order(lengths: Sequence[int], batch_size: int, seed: tuple[int, int]) -> list[int]:
    """Return the order of rows in one epoch: shuffled, rows of similar length in one batch.

    Rows are shuffled, cut into pools of 50 batches, sorted by length inside each pool, and the
    batches are shuffled again, the shorter last one staying at the end.

    Args:
        lengths: Tokens of each row.
        batch_size: Rows of one pass.
        seed: Seed and epoch.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(lengths))
    pool = batch_size * _BATCHES_PER_POOL
    pools = [shuffled[i : i + pool] for i in range(0, len(shuffled), pool)]
    order = [int(row) for one in pools for row in sorted(one, key=lambda row: -lengths[row])]
    cut = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
    last = [cut.pop()] if cut and len(cut[-1]) < batch_size else []
    mixed = [cut[i] for i in rng.permutation(len(cut))]
    return [row for batch in (*mixed, *last) for row in batch]


class Order:
    """The sampler that the Trainer asks: the caller's, or ``epoch_order``.

    Args:
        lengths: Tokens of each row.
        batch_size: Rows of one pass.
        seed: The run's.
        sampler: The caller's.
    """

    def __init__(
        self, lengths: Sequence[int], batch_size: int, seed: int, sampler: Sampler | None = None
    ) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._sampler = sampler
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of this epoch from now on."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths) if self._sampler is None else len(self._sampler)

    def __iter__(self) -> Iterator[int]:
        if self._sampler is None:
            return iter(epoch_order(self._lengths, self._batch_size, (self._seed, self._epoch)))
        return iter(self._drawn(self._sampler))

    def _drawn(self, sampler: Sampler) -> list[int]:
        given = list(sampler.order(self._epoch, lengths=self._lengths, seed=self._seed))
        n = len(self._lengths)
        wrong = [row for row in given if not _is_position(row, n)]
        if len(given) != len(sampler) or wrong:
            got = f"{wrong[0]!r} among them" if wrong else f"{len(given)}"
            raise ContractError(
                f"The sampler {sampler.name} must give {len(sampler)} positions among 0..{n - 1} in "
                f"epoch {self._epoch}, got {got}."
            )
        return [index(row) for row in given]


def _is_position(row: object, n: int) -> bool:
    """Return whether it is a whole number, of Python or an array's, among 0..n-1."""
    try:
        return 0 <= index(row) < n  # type: ignore[arg-type]
    except TypeError:
        return False
