"""Method ``reweighting``: what an error costs depends on group and label, or cells are drawn equally.

Legend of shapes: n examples, k cells (group, label), b batch.

Source: Kamiran and Calders 2012, doi:10.1007/s10115-011-0463-8 (independent); Idrissi et al. 2022,
arXiv:2110.14503 (balanced, sampler)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.files import digest_of, sha256_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import FloatArray, IntArray

KINDS = ("independent", "balanced", "sampler")


def independent_weights(groups: NDArray[np.object_], label: IntArray) -> FloatArray:
    """Return weights under which group and label are independent, shape [n], mean 1.

    ``n_group * n_label / (n * n_cell)``. Rows without a group weigh 1.
    """
    known = groups != ""
    weight = np.ones(len(label))
    _, group = np.unique(groups[known].astype(str), return_inverse=True)
    _, of = np.unique(label[known], return_inverse=True)
    table = np.zeros((group.max(initial=0) + 1, of.max(initial=0) + 1))
    np.add.at(table, (group, of), 1)
    expected = np.outer(table.sum(1), table.sum(0)) / max(1, known.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        weight[known] = (expected / table)[group, of]
    weight[known] /= weight[known].mean() if known.any() else 1.0  # a cell may be empty
    return weight


def balanced_weights(cell: IntArray) -> FloatArray:
    """Return weights under which every cell weighs the same, shape [n], mean 1; 1 where cell is -1."""
    weight = np.ones(len(cell))
    known = cell >= 0
    counts = np.bincount(cell[known])
    weight[known] = known.sum() / ((counts > 0).sum() * counts[cell[known]])
    return weight


@dataclass(frozen=True)
class WeightedLoss:
    """Cross entropy, each row times its own weight: mean over the batch of ``weight * loss``."""

    name: str = "weighted-cross-entropy"

    @property
    def digest(self) -> str:
        """Nothing in it changes a weight but its formula."""
        return digest_of([self.name, 1])

    def __call__(self, logits: Any, label: Any, rows: Any, values: Mapping[str, Any]) -> Any:
        """Return the loss; ``values["weight"]`` has shape [b]."""
        import torch

        each = torch.nn.functional.cross_entropy(logits, label, reduction="none")
        return (each * values["weight"].to(each)).mean()


@dataclass(frozen=True)
class BalancedSampler:
    """Draws every cell equally often, with replacement; an epoch is as long as the data.

    Attributes:
        cell: Cell of each row, shape [n]; rows with -1 are one more cell.
    """

    cell: IntArray
    name: str = "cell-balanced"

    @property
    def digest(self) -> str:
        """Over the cells."""
        return digest_of([self.name, 1, sha256_bytes(self.cell.astype("<i8").tobytes())])

    def __len__(self) -> int:
        return len(self.cell)

    def order(self, epoch: int, *, lengths: Sequence[int], seed: int) -> Sequence[int]:
        """Return positions of rows: a cell at random, then one of its rows at random."""
        rng = np.random.default_rng([seed, epoch, 71])
        names, of = np.unique(self.cell, return_inverse=True)
        members = [np.flatnonzero(of == index) for index in range(len(names))]
        drawn = rng.integers(0, len(names), len(self.cell))
        found: list[int] = [int(rng.choice(members[index])) for index in drawn.tolist()]
        return found
