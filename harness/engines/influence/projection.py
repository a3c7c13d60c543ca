"""A seeded sparse projection: long gradients become short ones whose products stay nearly the same.

Each entry of a gradient is added to a few of the m numbers, with a random sign. The product of two
projected gradients is on average the product of the two, with a standard error of about
|u| |v| sqrt(2 / m) at most. The table that says where an entry goes is drawn once for each parameter.
Gradients of no more than m entries are kept as they are.

Legend of shapes: b batch, q entries of a parameter, m numbers that are kept, s places of an entry.

Source: Kane and Nelson 2014 (sparse Johnson-Lindenstrauss, arXiv:1012.1577).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]

PLACES = 4
"""Places that an entry goes to; more make the products a little more even, and cost as much more."""


class SparseProjection:
    """Turns gradients by parameter into rows of m numbers.

    Args:
        n_dims: m.
        seed: Of the tables; with the name of a parameter it decides everything.
    """

    def __init__(self, n_dims: int = 2048, *, seed: int = 0) -> None:
        if n_dims < PLACES:
            raise UsageError(must("n_dims", f"be an integer >= {PLACES}", n_dims))
        self.n_dims = n_dims
        self._seed = seed
        self._tables: dict[str, Any] = {}

    def __call__(self, gradients: Mapping[str, FloatArray]) -> FloatArray:
        """Return projected gradients, shape [b, m], float32.

        Args:
            gradients: Parameter → gradients of b examples, shape [b, *shape of the parameter].
        """
        flat = {name: one.reshape(len(one), -1) for name, one in gradients.items()}
        n_rows = len(next(iter(flat.values())))
        total = np.zeros((n_rows, self.n_dims), dtype=np.float64)
        n_entries = sum(one.shape[1] for one in flat.values())
        if n_entries <= self.n_dims:
            total[:, :n_entries] = np.concatenate(list(flat.values()), axis=1)
            return total.astype(np.float32)
        for name, one in flat.items():
            total += (self._table(name, one.shape[1]) @ one.T).T
        return total.astype(np.float32)

    def _table(self, name: str, q: int) -> Any:
        """Return the table of a parameter, sparse, shape [m, q]."""
        if name not in self._tables:
            from scipy.sparse import csr_array

            digest = hashlib.sha256(name.encode()).digest()
            rng = np.random.default_rng([self._seed, int.from_bytes(digest[:8], "big")])
            # one place in each of s equal parts: an entry never meets itself
            part = self.n_dims // PLACES
            places = rng.integers(part, size=(PLACES, q)) + part * np.arange(PLACES)[:, None]
            signs = rng.integers(2, size=(PLACES, q)).astype(np.float32) * 2 - 1
            entries = np.broadcast_to(np.arange(q), (PLACES, q))
            self._tables[name] = csr_array(
                ((signs / np.sqrt(PLACES)).ravel(), (places.ravel(), entries.ravel())),
                shape=(self.n_dims, q),
                dtype=np.float32,
            )
        return self._tables[name]
