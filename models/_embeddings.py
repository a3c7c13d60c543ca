"""Logits as a function of what stands at each token, so that they can be differentiated by it.

Most networks take embeddings in the place of token ids; BART and T5 do not, there the output of
the embedding layer is exchanged while ids are fed. Which of the two works is tried out once, with
probes, against the answers to plain ids; where neither does, the reason is kept.

Legend of shapes: b batch, t tokens, d width, c classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from models._feeding import TOLERANCE, Feeder
from models._gradients import only_required
from models._guards import kept_generators, quiet
from models._network import evaluating

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item

EQUAL = 1e-5
"""Largest distance of logits from embeddings to logits from ids, relative to 1 + the largest."""

Way = Callable[[dict[str, Any], Any], Any]
"""(what the network is called with and ``network``, embeddings [b, longest t, d]) → logits [b, c]."""

FAILURES = (RuntimeError, ValueError, TypeError, AttributeError, LookupError, NotImplementedError)
"""What architectures raise when they are asked in a way that is not theirs."""


class EmbeddingPath:
    """Feeds embeddings to a network.

    Args:
        feeder: The network and how batches go into it.
        columns: Position of each class of the task among those of the network; None: the same order.
        n_classes: c.
        dtype: Precision of the weights.

    Attributes:
        is_open: Whether the self-test found a way.
        why_not: What stood in the way; empty where one was found.
    """

    def __init__(
        self, feeder: Feeder, columns: NDArray[np.int64] | None, *, n_classes: int, dtype: str
    ) -> None:
        self._feeder = feeder
        self._columns = columns
        self._n_classes = n_classes
        self._tolerance = EQUAL if dtype == "float32" else TOLERANCE[dtype]
        self._ways: tuple[Way, ...] = (_by_input, _by_hook)
        self._way: Way = _by_input
        self.is_open = False
        self.why_not = ""

    def embed(self, items: Sequence[Item]) -> Any:
        """Return the input embeddings of items, shape [sum of t, d], float32, without a graph."""
        return embedded(self._feeder.network, items)

    def logits(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return logits, shape [b, c], float32, with a graph down to the embeddings."""
        import torch

        if not items:
            return embeddings.new_zeros((0, self._n_classes))
        ends = np.cumsum([item.length for item in items])
        order: list[int] = []
        answers = []
        for group in self._feeder.groups(items):
            pieces = [embeddings[ends[i] - items[i].length : ends[i]] for i in group]
            whole = len(group) == len(items)
            flat = embeddings if whole else torch.cat(pieces)
            answers.append(self._one_pass([items[i] for i in group], flat))
            order += group
        logits = answers[0] if len(answers) == 1 else torch.cat(answers)[np.argsort(order)]
        return logits if self._columns is None else logits[:, self._columns]

    def differentiating(self) -> AbstractContextManager[None]:
        """Freeze the parameters and switch dropout off; afterwards all is as it was."""
        return differentiating(self._feeder.network)

    def try_out(self, probes: Sequence[Item], others: Sequence[Item]) -> None:
        """Look for a way to feed embeddings, and say so in ``is_open`` or ``why_not``.

        A way must give the answers of plain ids, alone and padded together; the embeddings of other
        items must give the answers of these; and it must give gradients.

        Args:
            probes: Two short items of different length.
            others: Items of the same lengths with other content.
        """
        reasons = []
        for way in self._ways:
            self._way = way
            try:
                reason = self._problem(probes, others)
            except FAILURES as err:
                reason = next(iter(str(err).splitlines()), "") or type(err).__name__
            if not reason:
                self.is_open = True
                return
            reasons.append(reason)
        self.why_not = reasons[0][:200]

    def _problem(self, probes: Sequence[Item], others: Sequence[Item]) -> str:
        import torch

        cases = [(probes, probes), (probes, others), *(([one], [one]) for one in probes)]
        with self.differentiating():
            for asked, answering in cases:
                flat = self.embed(answering).requires_grad_()
                logits = self.logits(asked, flat)
                distance = self._distance(logits, answering)
                if distance > self._tolerance:
                    return f"the answers differ by {distance:.1e} from those to token ids"
                (gradient,) = torch.autograd.grad(logits.sum(), flat, allow_unused=True)
                if gradient is None or not bool(gradient.abs().sum() > 0):
                    return "no gradient comes back to the input"
        return ""

    def _distance(self, logits: Any, items: Sequence[Item]) -> float:
        ids = np.empty(tuple(logits.shape), dtype=np.float32)
        for group in self._feeder.groups(items):
            found = self._feeder.logits([items[i].arrays for i in group])
            ids[group] = found if self._columns is None else found[:, self._columns]
        apart = np.abs(logits.detach().cpu().numpy() - ids).max(initial=0)
        return float(apart / (1 + np.abs(ids).max(initial=0)))

    def _one_pass(self, items: Sequence[Item], flat: Any) -> Any:
        fed = self._feeder.fed([item.arrays for item in items])
        n_rows, longest = fed["input_ids"].shape
        width = flat.shape[-1]
        if n_rows * longest == len(flat):
            placed = flat
        else:
            places = places_of([item.length for item in items], longest, self._feeder.side)
            zeros = flat.new_zeros((n_rows * longest, width))
            placed = zeros.index_copy(0, places.to(flat.device), flat)
        network = self._feeder.network
        placed = placed.view(n_rows, longest, width).to(network.dtype)
        return self._way({"network": network, **fed}, placed).float()


def embedded(network: Any, items: Sequence[Item]) -> Any:
    """Return the input embeddings of items, shape [sum of t, d], float32, without a graph."""
    import torch

    layer = network.get_input_embeddings()
    ids = np.concatenate([item.arrays["input_ids"] for item in items] or [np.zeros(0, int)])
    with torch.inference_mode(False), torch.no_grad(), evaluating(network):
        found = layer(torch.from_numpy(ids).to(network.device)[None])
        return found[0].detach().float()


@contextmanager
def differentiating(network: Any) -> Iterator[None]:
    """Freeze the parameters of a network and switch dropout off; afterwards all is as it was."""
    import torch

    with (
        quiet(),
        kept_generators(),
        evaluating(network),
        only_required(network, ()),
        torch.inference_mode(False),
        torch.enable_grad(),
    ):
        yield


def places_of(lengths: Sequence[int], longest: int, side: str) -> Any:
    """Return where the tokens of rows stand in a rectangle of b x longest, shape [sum of t]."""
    import torch

    rows = [
        np.arange(length) + i * longest + (longest - length if side == "left" else 0)
        for i, length in enumerate(lengths)
    ]
    return torch.from_numpy(np.concatenate(rows))


def _by_input(fed: dict[str, Any], embeddings: Any) -> Any:
    named = {name: value for name, value in fed.items() if name not in {"network", "input_ids"}}
    return fed["network"](inputs_embeds=embeddings, **named).logits


def _by_hook(fed: dict[str, Any], embeddings: Any) -> Any:
    """Feed ids, and exchange what the embedding layer makes of them."""
    named = {name: value for name, value in fed.items() if name != "network"}
    network, ids = fed["network"], fed["input_ids"]

    def exchange(module: Any, args: Any, output: Any) -> Any:
        import torch

        given = args[0] if args else None
        if given is None or given.shape != ids.shape:
            return None
        if torch.equal(given, ids):
            return embeddings.to(output.dtype)
        if torch.equal(given[:, 1:], ids[:, :-1]):
            # a decoder beside an encoder reads the same input, moved by one
            return torch.cat([output[:, :1], embeddings[:, :-1].to(output.dtype)], dim=1)
        return None

    handles = [one.register_forward_hook(exchange) for one in _layers_of(network)]
    try:
        return network(**named).logits
    finally:
        for handle in handles:
            handle.remove()


def _layers_of(network: Any) -> list[Any]:
    """Return the embedding layer and every other module that reads from the same weight."""
    layer = network.get_input_embeddings()
    weight = getattr(layer, "weight", None)
    shared = [
        module
        for module in network.modules()
        if module is not layer
        and "weight" in getattr(module, "_parameters", {})
        and module._parameters["weight"] is weight
        and hasattr(module, "num_embeddings")
    ]
    return [layer, *shared]
