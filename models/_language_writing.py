"""Continuing prompts: one loop for all rows of a batch, each row drawing by itself.

Rows are padded on the left and finished ones leave the batch. What a row draws is decided by the seed
and the row's key, so that it does not depend on what stands beside it; prompts that are equal are
read once.

Legend of shapes: b batch, v vocabulary, s steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.errors import ModelError, Phrase, must
from harness.modelling import Decoding, Generation
from models._language_feeding import LanguageFeeder, Memory
from models._language_scoring import restricted
from models._language_tokens import SEGMENT, LanguageEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item

    Ids = NDArray[np.int64]


@dataclass(slots=True)
class _Text:
    """A generation that is being written.

    Attributes:
        prompt: Token ids that it continues.
        room: Most tokens that it may have.
        chances: What it draws by, one number in [0, 1) for each step.
    """

    prompt: Ids
    room: int
    chances: NDArray[np.float64]
    tokens: list[int] = field(default_factory=list)
    text: str | None = None
    ended: Literal["stop", "length"] | None = None


class Writer:
    """Writes with one network, in inference mode and without dropout.

    Args:
        feeder: The network.
        encoder: Its tokenizer.
    """

    def __init__(self, feeder: LanguageFeeder, encoder: LanguageEncoder) -> None:
        self._feeder = feeder
        self._encoder = encoder
        self._ends = _ends_of(feeder.network, encoder.tokenizer)

    def of_items(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding,
        max_new_tokens: int,
        seed: int,
        stop: Sequence[str],
    ) -> list[Generation]:
        """Continue one batch of prompts; see ``CanGenerate``.

        Raises:
            ModelError: If the model answers NaN, or a prompt leaves no room for a token.
        """
        texts = [self._begun(one, max_new_tokens, seed) for one in items]
        live = [one for one in texts if one.room]
        for one in texts:
            one.ended = None if one.room else "length"
        memory, logits = self._first(live)
        while live:
            self._write(live, logits, decoding, stop)
            kept = [i for i, one in enumerate(live) if one.ended is None]
            if not kept:
                break
            if memory is not None and len(kept) < len(live):
                memory = memory.of(kept)
            live = [live[i] for i in kept]
            memory, logits = self._next(live, memory)
        return [self._finished(one) for one in texts]

    def _begun(self, item: Item, max_new_tokens: int, seed: int) -> _Text:
        prompt = item.arrays["input_ids"][item.arrays[SEGMENT] == 0]
        limit = self._feeder.positions
        room = max_new_tokens if limit is None else min(max_new_tokens, limit - len(prompt))
        if not len(prompt) or (room < 1 <= max_new_tokens):
            what = f"have 1 to {(limit or 2) - 1} tokens, so that there is room for another one"
            do = "Give the end of it alone."
            raise ModelError(must("A prompt", what, Phrase(f"{len(prompt)}"), do=do))
        rng = np.random.default_rng([seed, int.from_bytes(item.key[:8], "big")])
        return _Text(prompt, room, rng.random(room))

    def _first(self, live: Sequence[_Text]) -> tuple[Memory | None, Any]:
        """Read prompts, those that are equal once."""
        seen: dict[bytes, int] = {}
        rows = [seen.setdefault(one.prompt.tobytes(), len(seen)) for one in live]
        prompts = [live[rows.index(row)].prompt for row in range(len(seen))]
        if not live:
            return None, None
        if not self._feeder.keeps:
            return self._next(live, None)
        memory, logits = self._feeder.read(prompts)
        return memory.of(rows), logits[rows]

    def _next(self, live: Sequence[_Text], memory: Memory | None) -> tuple[Memory | None, Any]:
        """Return the logits of the next token of each, shape [b, v]."""
        import torch

        rows = np.arange(len(live))
        if memory is None:
            whole = [
                np.concatenate([one.prompt, np.array(one.tokens, dtype=np.int64)]) for one in live
            ]
            ends = np.array([len(one) - 1 for one in whole])
            pieces = self._feeder.logits(self._feeder.fed(whole), (rows, ends))
            return None, torch.cat(list(pieces))
        last = [np.array(one.tokens[-1:], dtype=np.int64) for one in live]
        logits = torch.cat(list(self._feeder.go_on(memory, last, (rows, np.zeros_like(rows)))))
        return memory, logits

    def _write(
        self, live: Sequence[_Text], logits: Any, decoding: Decoding, stop: Sequence[str]
    ) -> None:
        """Choose a token for each, and see whether it ends."""
        if not bool(logits.isfinite().any(-1).all()) or bool(logits.isnan().any()):
            what = "answer finite numbers while it writes"
            do = "Its weights are damaged, or its precision is too low: load it in float32."
            raise ModelError(must("The model", what, Phrase("NaN"), do=do))
        chances = np.array([one.chances[len(one.tokens)] for one in live])
        for one, token in zip(live, _chosen(logits, decoding, chances), strict=True):
            if token in self._ends:
                one.ended = "stop"
                continue
            one.tokens.append(token)
            if stop:
                self._stop(one, stop)
            if one.ended is None and len(one.tokens) >= one.room:
                one.ended = "length"

    def _stop(self, one: _Text, stop: Sequence[str]) -> None:
        """End a text where a stop text begins; tokens that reach into it are no part of it."""
        text = self._encoder.decode(one.tokens)
        met = [text.index(each) for each in stop if each in text]
        if not met:
            return
        one.text, one.ended = text[: min(met)], "stop"
        while one.tokens and len(self._encoder.decode(one.tokens)) > min(met):
            one.tokens.pop()

    def _finished(self, one: _Text) -> Generation:
        text = self._encoder.decode(one.tokens) if one.text is None else one.text
        return Generation(np.array(one.tokens, dtype=np.int64), text, one.ended or "length")


def _chosen(logits: Any, decoding: Decoding, chances: NDArray[np.float64]) -> list[int]:
    """Return a token for each row: the likeliest, or one drawn by inverting the distribution."""
    import torch

    if decoding.temperature == 0:
        return [int(token) for token in logits.argmax(-1)]
    sums = restricted(logits.log_softmax(-1), decoding).double().exp().cumsum(-1)
    wanted = torch.from_numpy(chances).to(sums.device)[:, None] * sums[:, -1:]
    # the first place whose sum is above what is wanted has a chance above nothing
    drawn = torch.searchsorted(sums, wanted, right=True)[:, 0].clamp_max(sums.shape[1] - 1)
    return [int(token) for token in drawn]


def _ends_of(network: Any, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that end a text: what the model's files say, or else its tokenizer."""
    known = getattr(getattr(network, "generation_config", None), "eos_token_id", None)
    known = network.config.get_text_config().eos_token_id if known is None else known
    known = tokenizer.eos_token_id if known is None else known
    several = known if isinstance(known, list | tuple) else [known]
    return frozenset(int(token) for token in several if token is not None)
