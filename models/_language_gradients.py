"""Log-probabilities of candidates as a function of what stands at each token.

One pass for a whole answer: the log-probability of a text is a sum over its tokens, so its gradient
needs no pass for each. The output head runs on the scored places alone.

Legend of shapes: b batch, t tokens, d width, c candidates, r rows: one for each candidate of an item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.modelling import Item
from models._embeddings import EQUAL, FAILURES, differentiating, embedded, places_of
from models._feeding import TOLERANCE
from models._language_feeding import LanguageFeeder
from models._language_tokens import N_BYTES, SEGMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records.run import Normalise

    Ids = NDArray[np.int64]

_PROBES = ((2, 2), (4, 1))
"""Read and scored tokens of the items that are tried out."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A candidate of an item, with what it follows.

    Attributes:
        cell: Item times c plus candidate, both from 0.
        ids: Token ids, shape [t].
        places: Where these stand among the tokens of all items, shape [t].
        scored: Which of them are scored, as positions.
    """

    cell: int
    ids: Ids
    places: Ids
    scored: Ids


def divisors(item: Item, n_classes: int, normalise: Normalise) -> NDArray[np.float64]:
    """Return what the log-probability of each candidate is divided by, shape [c]."""
    if normalise == "none":
        return np.ones(n_classes)
    segment = item.arrays[SEGMENT]
    counted = item.arrays[N_BYTES] if normalise == "bytes" else np.ones_like(segment)
    sums = np.bincount(segment, weights=counted, minlength=n_classes + 1)[1 : n_classes + 1]
    return np.maximum(sums, 1.0)


class CandidatePath:
    """Computes candidates' log-probabilities with a graph, from embeddings or from token ids.

    Args:
        feeder: The network.
        n_classes: c.
        normalise: What a candidate's log-probability is divided by.
        dtype: Precision of the weights.

    Attributes:
        is_open: Whether embeddings give what token ids give.
        why_not: What stood in the way.
    """

    def __init__(
        self, feeder: LanguageFeeder, n_classes: int, normalise: Normalise, dtype: str
    ) -> None:
        self._feeder = feeder
        self._n_classes = n_classes
        self._normalise = normalise
        self._tolerance = EQUAL if dtype == "float32" else TOLERANCE[dtype]
        self.is_open = False
        self.why_not = ""

    def logits(self, items: Sequence[Item], embeddings: Any = None) -> Any:
        """Return logits, shape [b, c], float32, with a graph.

        Args:
            items: One batch.
            embeddings: What stands at each token, shape [sum of t, d]; None for the token ids.
        """
        import torch

        device = self._feeder.network.device
        rows = [row for row in _rows(items, self._n_classes) if len(row.scored)]
        flat = torch.zeros(len(items) * self._n_classes, device=device)
        if embeddings is not None:
            flat = flat + 0 * embeddings.sum()  # what scores nothing depends on nothing
        if rows:
            fed = self._feeder.fed([row.ids for row in rows])
            if embeddings is not None:
                fed["inputs_embeds"] = self._placed(rows, fed.pop("input_ids"), embeddings)
            cells = np.repeat([row.cell for row in rows], [len(row.scored) for row in rows])
            where = torch.from_numpy(cells).to(device)
            flat = flat.index_add(0, where, self._logs(rows, fed))
        each = [divisors(one, self._n_classes, self._normalise) for one in items]
        scale = torch.from_numpy(np.array(each).reshape(-1)).to(flat)
        return (flat / scale).view(len(items), self._n_classes)

    def try_out(self, n_tokens: int) -> None:
        """Find out whether embeddings can stand for token ids; say so in ``is_open`` or ``why_not``.

        Args:
            n_tokens: Size of the vocabulary.
        """
        try:
            self.why_not = self._problem(n_tokens)
        except FAILURES as err:
            self.why_not = (next(iter(str(err).splitlines()), "") or type(err).__name__)[:200]
        self.is_open = not self.why_not

    def _problem(self, n_tokens: int) -> str:
        import torch

        network = self._feeder.network
        probes = [_probe(*sizes, 0, n_tokens) for sizes in _PROBES]
        others = [_probe(*sizes, n_tokens // 2, n_tokens) for sizes in _PROBES]
        with differentiating(network):
            for asked, answering in ((probes, probes), *(([one], [one]) for one in probes)):
                flat = embedded(network, answering).requires_grad_()
                logits = self.logits(asked, flat)
                wanted = self.logits(answering).detach()
                apart = (logits.detach() - wanted).abs().max() / (1 + wanted.abs().max())
                if apart > self._tolerance:
                    return f"the answers differ by {float(apart):.1e} from those to token ids"
                (gradient,) = torch.autograd.grad(logits.sum(), flat)
                if not bool(gradient.abs().sum() > 0):
                    return "no gradient comes back to the input"
            swapped = self.logits(probes, embedded(network, others)).detach()
            if torch.equal(swapped, self.logits(probes).detach()):
                return "the answers do not depend on the embeddings"
        return ""

    def _logs(self, rows: Sequence[_Row], fed: dict[str, Any]) -> Any:
        """Return the log-probability of each scored token, float32."""
        import torch

        sizes = [len(row.scored) for row in rows]
        places = (
            np.repeat(np.arange(len(rows)), sizes),
            np.concatenate([row.scored for row in rows]) - 1,
        )
        tokens = torch.from_numpy(np.concatenate([row.ids[row.scored] for row in rows]))
        found, done = [], 0
        for logits in self._feeder.logits(fed, places):
            token = tokens[done : done + len(logits), None].to(logits.device)
            found.append(logits.log_softmax(-1).gather(1, token)[:, 0])
            done += len(logits)
        return torch.cat(found)

    def _placed(self, rows: Sequence[_Row], ids: Any, embeddings: Any) -> Any:
        """Put embeddings into a rectangle, shape [r, longest t, d]."""
        import torch

        n_rows, longest = ids.shape
        taken = embeddings[
            torch.from_numpy(np.concatenate([row.places for row in rows])).to(ids.device)
        ]
        places = places_of([len(row.ids) for row in rows], longest, "right").to(ids.device)
        zeros = embeddings.new_zeros((n_rows * longest, embeddings.shape[-1]))
        placed = zeros.index_copy(0, places, taken)
        return placed.view(n_rows, longest, -1).to(self._feeder.network.dtype)


def _rows(items: Sequence[Item], n_classes: int) -> list[_Row]:
    rows, begin = [], 0
    for i, item in enumerate(items):
        segment = item.arrays[SEGMENT]
        for k in range(1, int(segment.max(initial=0)) + 1):
            at = np.flatnonzero((segment == 0) | (segment == k))
            scored = np.flatnonzero(segment[at] == k)
            rows.append(
                _Row(i * n_classes + k - 1, item.arrays["input_ids"][at], begin + at, scored)
            )
        begin += item.length
    return rows


def _probe(n_read: int, n_scored: int, first: int, n_tokens: int) -> Item:
    n = n_read + n_scored
    ids = (first + np.arange(n, dtype=np.int64)) % n_tokens
    segment = (np.arange(n) >= n_read).astype(np.int64)
    arrays = {"input_ids": ids, SEGMENT: segment, N_BYTES: segment}
    return Item(arrays, n, is_truncated=False, key=b"")
