"""How tokens go into a causal language model, and how its output head is asked no more than needed.

The head is the dearest layer of a model with a large vocabulary, so the body runs alone and the head
only on the places that are asked for, a few at a time. Where the head is more than a layer (some
models scale or cap what it says), the whole model runs with the other places taken out before it.

Which of the two is right, whether rows can be padded on the left, and whether what was read can be
kept, is tried out once with two short rows, not assumed.

Legend of shapes: b batch, t tokens, m places, v vocabulary, d width.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models._embeddings import FAILURES
from models._feeding import TOLERANCE
from models._network import evaluating, n_positions, readable_inputs
from models._padding import Side, pad

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

_CHUNK_ON_CPU = 2**22
_CHUNK = 2**26
"""Numbers that the output head makes at a time."""

_PROBES = (5, 3)
"""Lengths of the rows that are tried out."""


@dataclass(slots=True)
class Memory:
    """What a model has read, and keeps of it.

    Attributes:
        cache: Keys and values, b rows.
        mask: Which of its places are real, shape [b, t].
        lengths: Real tokens of each row, shape [b].
    """

    cache: Any
    mask: Any
    lengths: Any

    def of(self, rows: Sequence[int] | NDArray[np.int64]) -> Memory:
        """Return a copy with some rows, each as often as named; this one stays as it was."""
        import torch
        from transformers.cache_utils import DynamicLayer

        index = torch.as_tensor(np.asarray(rows), device=self.mask.device)
        cache = copy.copy(self.cache)
        cache.layers = [copy.copy(layer) for layer in self.cache.layers]
        is_plain = all(type(layer) is DynamicLayer for layer in cache.layers)
        if len(self.mask) == 1 and is_plain:
            for layer in cache.layers:  # reading on copies them anyway, once is enough
                layer.keys = layer.keys.expand(len(index), -1, -1, -1)
                layer.values = layer.values.expand(len(index), -1, -1, -1)
        else:
            cache.batch_select_indices(index)
        return Memory(cache, self.mask[index], self.lengths[index])


class LanguageFeeder:
    """A causal language model with what it needs to be fed.

    Args:
        network: The Hugging Face model.
        tokenizer: Its tokenizer.
        dtype: Precision of the weights.

    Attributes:
        network: The Hugging Face model.
        pads_with: Token id that stands where nothing is read; any will do, it is masked.
        positions: Most tokens that it can read; None where it has no such limit.
        is_split: Whether body and head can run apart.
        keeps: Whether it can go on from what it has read, rows padded on the left.
    """

    def __init__(self, network: Any, tokenizer: Any, dtype: str) -> None:
        self.network = network
        own = (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.bos_token_id, 0)
        self.pads_with = int(next(token for token in own if token is not None))
        self.positions = n_positions(network)
        self._reads = readable_inputs(network)
        self._dtype = dtype
        self._chunk = _CHUNK_ON_CPU if str(network.device) == "cpu" else _CHUNK
        self.is_split = False
        self.keeps = False
        self._try_out(len(tokenizer))

    def fed(
        self, rows: Sequence[Ids], side: Side = "right", *, memory: Memory | None = None
    ) -> dict[str, Any]:
        """Return what the network is called with, tensors of shape [b, longest t].

        Args:
            rows: Token ids of each.
            side: Where padding goes; right is always harmless where nothing follows.
            memory: What each row has read before.
        """
        import torch

        padded = pad(
            [{"input_ids": row} for row in rows], side=side, fill={"input_ids": self.pads_with}
        )
        device = self.network.device
        fed = {name: torch.from_numpy(one).to(device) for name, one in padded.items()}
        if memory is not None:
            fed["attention_mask"] = torch.cat([memory.mask, fed["attention_mask"]], dim=1)
            fed["position_ids"] = fed["position_ids"] + memory.lengths[:, None]
        elif side == "right":
            del fed["position_ids"]
        return {name: one for name, one in fed.items() if name in self._reads}

    def read(self, prompts: Sequence[Ids]) -> tuple[Memory, Any]:
        """Read prompts, and return what is kept and the logits after each, shape [b, v]."""
        import torch
        from transformers import DynamicCache

        fed = self.fed(prompts, "left")
        cache = DynamicCache(config=self.network.config)
        places = (np.arange(len(prompts)), np.full(len(prompts), fed["input_ids"].shape[1] - 1))
        logits = torch.cat(list(self.logits(fed, places, cache=cache)))
        mask = fed["attention_mask"]
        return Memory(cache, mask, mask.sum(1)), logits

    def go_on(self, memory: Memory, rows: Sequence[Ids], places: tuple[Ids, Ids]) -> Iterator[Any]:
        """Read on from a memory, which grows by it, and yield logits at places, [some m, v] each."""
        fed = self.fed(rows, memory=memory)
        n_new = fed["input_ids"].shape[1]
        memory.mask = fed["attention_mask"]
        memory.lengths = memory.lengths + memory.mask[:, -n_new:].sum(1)
        yield from self.logits(fed, places, cache=memory.cache)

    def logits(
        self, fed: dict[str, Any], places: tuple[Ids, Ids], *, cache: Any = None
    ) -> Iterator[Any]:
        """Run the network once and yield its logits at places, shape [some m, v], float32.

        Args:
            fed: What ``fed`` returned; ``inputs_embeds`` may stand for the token ids.
            places: Row and column of each, shape [m] both.
            cache: Keys and values of what was read before; it grows.
        """
        import torch

        named = (
            dict(fed, past_key_values=cache, use_cache=True)
            if cache is not None
            else dict(fed, use_cache=False)
        )
        rows, columns = (torch.from_numpy(one).to(self.network.device) for one in places)
        if not self.is_split:
            with _only(self.network, rows, columns):
                yield self.network(**named).logits[0].float()
            return
        hidden = self.network.base_model(**named).last_hidden_state[rows, columns]
        head = self.network.get_output_embeddings()
        n_at_once = max(1, self._chunk // int(self.network.config.get_text_config().vocab_size))
        for piece in hidden.split(n_at_once):
            yield head(piece).float()

    def _try_out(self, n_tokens: int) -> None:
        import torch

        ids = [np.arange(n, dtype=np.int64) % n_tokens for n in _PROBES]
        with evaluating(self.network), torch.inference_mode():
            alone = [self.network(**self.fed([row])).logits[0].float() for row in ids]
            last = torch.stack([one[-1] for one in alone])
            scale = TOLERANCE[self._dtype] * (1 + float(last.abs().max()))
            rows = np.arange(len(ids))
            ends = (rows, np.array([len(row) - 1 for row in ids]))
            self.is_split = True
            self.is_split = self._is_same(last, scale, lambda: self.logits(self.fed(ids), ends))
            self.keeps = self._is_same(last, scale, lambda: self._resumed(ids))

    def _resumed(self, ids: Sequence[Ids]) -> Iterator[Any]:
        """Read the beginnings, keep them twice over, and read the last two tokens of each."""
        memory, _ = self.read([row[:-2] for row in ids])
        rows = np.arange(len(ids))
        for _ in range(2):  # what was kept once can be used again
            found = list(
                self.go_on(memory.of(rows), [row[-2:] for row in ids], (rows, np.ones_like(rows)))
            )
        yield from found

    def _is_same(self, wanted: Any, tolerance: float, ask: Any) -> bool:
        import torch

        try:
            found = torch.cat(list(ask()))
        except FAILURES:
            return False
        distance = float((found - wanted).abs().max())
        return not distance > tolerance  # NaN is the engine's to report


class _only:  # noqa: N801 - used like the functions of contextlib
    """Let the output head see some places alone, as one row."""

    def __init__(self, network: Any, rows: Any, columns: Any) -> None:
        self._head = network.get_output_embeddings()
        self._where = (rows, columns)

    def __enter__(self) -> None:
        def choose(module: Any, args: Any) -> Any:
            return (args[0][self._where][None], *args[1:])

        self._handle = self._head.register_forward_pre_hook(choose)

    def __exit__(self, *problem: object) -> None:
        self._handle.remove()
