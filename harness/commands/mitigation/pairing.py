"""Method ``counterfactual-augmentation``: every text with another identity, and both answered alike.

loss = cross entropy over texts and counterfactuals + strength * mean |f(x) - f(x')|, with f the logits
around their mean, summed over classes: for two classes the distance of the log odds.

The label of a counterfactual is that of its text. That is wrong where the identity itself decides
(a stereotype, a fact about a group): leave such words out of the list.

Legend of shapes: n texts, m texts with counterfactuals, b batch, c classes.

Source: Garg et al. 2019, arXiv:1809.10610
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data.dataset import digest_rows
from harness.files import digest_of, sha256_bytes

if TYPE_CHECKING:
    from harness.commands.mitigation.teaching import IntArray
    from harness.data import Dataset

Text = str | tuple[str, ...]
Swap = Callable[[Text], Text | None]
"""A text → the text with another identity; None where it names none."""


def swap_by(lists: Sequence[str], seed: int) -> Swap:
    """Return a swap by word lists: one of the possible counterfactuals, chosen by text and seed.

    Args:
        lists: ``en``, ``zh`` or paths of lists.
        seed: The run's.

    Raises:
        ConfigError: If a list cannot be read.
    """
    from harness.swaps import Swapper, read_word_list

    swapper = Swapper([read_word_list(one) for one in lists])

    def swap(text: Text) -> Text | None:
        found = swapper.counterfactuals(text)
        if not found:
            return None
        raw = sha256_bytes(f"{seed}\x00{text!r}".encode("utf-8", "surrogatepass"))
        return found[int(raw[:12], 16) % len(found)].text

    return swap


def augmented(rows: Dataset, swap: Swap) -> tuple[Dataset, IntArray]:
    """Return the rows with a counterfactual below for each that has one, and who belongs together.

    Args:
        rows: Training rows.
        swap: Text → counterfactual.

    Returns:
        The rows, shape [n + m]; and the pair of each row, shape [n + m], -1 without a partner.
    """
    made = [
        (row, other) for row, text in enumerate(rows.inputs) if (other := swap(text)) is not None
    ]
    source = np.array([row for row, _ in made], dtype=np.int64)
    label = rows.label
    assert label is not None  # checked before anything is fitted
    ids = [f"{one}~counterfactual" for one in rows.example_id[source].tolist()]
    both = replace(
        rows,
        example_id=np.concatenate([rows.example_id, np.array(ids, dtype=object)]),
        inputs=[*rows.inputs, *(other for _, other in made)],
        label=np.concatenate([label, label[source]]),
        groups={},
        control={},
        cluster=None,
        extra={},
        row_number=None,
    )
    ref = replace(
        rows.ref,
        n_rows=both.n,
        content_digest=digest_rows(both),
        n_duplicates=None,
        n_duplicates_of_train=None,
    )
    pair = np.full(both.n, -1, dtype=np.int64)
    pair[source] = np.arange(len(made))
    pair[rows.n :] = np.arange(len(made))
    return replace(both, ref=ref), pair


@dataclass(frozen=True)
class PairedLoss:
    """Cross entropy and the distance between the two answers of each pair in the batch.

    Attributes:
        strength: Weight of the distance; 0 leaves augmentation alone.
    """

    strength: float
    name: str = "logit-pairing"

    @property
    def digest(self) -> str:
        """Over the strength."""
        return digest_of([self.name, 1, self.strength])

    def __call__(self, logits: Any, label: Any, rows: Any, values: Mapping[str, Any]) -> Any:
        """Return the loss; ``values["pair"]`` has shape [b], -1 for rows without a partner."""
        import torch

        loss = torch.nn.functional.cross_entropy(logits, label)
        pair = values["pair"].to(logits.device)
        order = torch.argsort(pair, stable=True)
        first, second = order[:-1], order[1:]
        together = (pair[first] == pair[second]) & (pair[first] >= 0)
        if not bool(together.any()):
            return loss
        around = logits - logits.mean(dim=1, keepdim=True)
        apart = (around[first[together]] - around[second[together]]).abs().sum(dim=1)
        return loss + self.strength * apart.mean()


@dataclass(frozen=True)
class PairSampler:
    """Shuffles so that the two rows of a pair stand in one batch, whatever its even size.

    Everything moves in twos: a pair, or two rows without a partner; a single one that is left comes last.

    Attributes:
        pair: Pair of each row, shape [n], -1 without a partner.
    """

    pair: IntArray
    name: str = "pairs-together"

    @property
    def digest(self) -> str:
        """Over the pairs."""
        return digest_of([self.name, 1, sha256_bytes(self.pair.astype("<i8").tobytes())])

    def __len__(self) -> int:
        return len(self.pair)

    def order(self, epoch: int, *, lengths: Sequence[int], seed: int) -> Sequence[int]:
        """Return positions of rows, each once."""
        rng = np.random.default_rng([seed, epoch, 73])
        alone = rng.permutation(np.flatnonzero(self.pair < 0))
        paired = np.flatnonzero(self.pair >= 0)
        twos = paired[np.argsort(self.pair[paired], kind="stable")].reshape(-1, 2)
        last = alone[len(alone) - len(alone) % 2 :]
        twos = np.concatenate([twos, alone[: len(alone) - len(alone) % 2].reshape(-1, 2)])
        order: list[int] = [*rng.permutation(twos).reshape(-1).tolist(), *last.tolist()]
        return order
