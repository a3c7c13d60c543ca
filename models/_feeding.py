"""How a batch of items goes into a network: padded on the side that changes nothing.

Padding goes to the side on which it changes nothing (encoders: right, decoders: left with their own
position ids); that is tried out once with two short rows, not assumed.

Legend of shapes: b batch, c classes, t tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from models._network import evaluating, is_decoder, padding_of, readable_inputs
from models._padding import Side, pad

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item

TOLERANCE = {"float32": 1e-4, "bfloat16": 0.1, "float16": 0.02}
"""Distance of logits, relative to 1 + the largest, that padding may make."""


class Feeder:
    """A network with what it needs to be fed.

    Args:
        network: The Hugging Face model.
        tokenizer: Its tokenizer.
        dtype: Precision of the weights.

    Attributes:
        network: The Hugging Face model.
        pad_id: Token id that counts as padding.
        pads_with: Token id that padding consists of.
        padding: ``left``, ``right``, or None when rows of different length cannot share a batch.
    """

    def __init__(self, network: Any, tokenizer: Any, dtype: str) -> None:
        self.network = network
        self.pad_id, self._fill = padding_of(network, tokenizer)
        self.pads_with = self._fill["input_ids"]
        self._reads = readable_inputs(network)
        self._dtype = dtype
        self.padding: Side | None = None

    @property
    def side(self) -> Side:
        """Where padding goes; rows of equal length have none."""
        return self.padding or "right"

    def groups(self, items: Sequence[Item]) -> Iterator[list[int]]:
        """Yield positions that can share a forward pass."""
        if self.padding is None:
            by_length: dict[int, list[int]] = {}
            for position, item in enumerate(items):
                by_length.setdefault(item.length, []).append(position)
            yield from by_length.values()
            return
        # decoders look for the last token that is not padding: a row of nothing else has none
        is_alone = [
            self.padding == "left" and bool((item.arrays["input_ids"] == self.pad_id).all())
            for item in items
        ]
        together = [position for position, alone in enumerate(is_alone) if not alone]
        if together:
            yield together
        yield from ([position] for position, alone in enumerate(is_alone) if alone)

    def fed(
        self, rows: Sequence[Mapping[str, NDArray[np.int64]]], side: Side | None = None
    ) -> dict[str, Any]:
        """Return what the network is called with, tensors of shape [b, longest t]."""
        import torch

        side = side or self.side
        padded = pad(rows, side=side, fill=self._fill)
        if side == "right":
            del padded["position_ids"]  # encoders count for themselves, some not from 0
        return {
            name: torch.from_numpy(values).to(self.network.device)
            for name, values in padded.items()
            if name in self._reads
        }

    def logits(
        self, rows: Sequence[Mapping[str, NDArray[np.int64]]], side: Side | None = None
    ) -> NDArray[np.float32]:
        """Return logits of one forward pass in inference mode, shape [b, c], as the network says."""
        import torch

        with torch.inference_mode():
            logits = self.network(**self.fed(rows, side)).logits
        answers: NDArray[np.float32] = logits.float().cpu().numpy()
        return answers

    def try_sides(self, probes: Sequence[Item]) -> None:
        """Try two rows alone and padded together; keep the side that changes nothing."""
        rows = [item.arrays for item in probes]
        sides: tuple[Side, Side] = (
            ("left", "right") if is_decoder(self.network) else ("right", "left")
        )
        with evaluating(self.network):
            alone = np.concatenate([self.logits([row], "right") for row in rows])
            scale = 1 + float(np.abs(alone).max(initial=0))
            for side in sides:
                distance = np.abs(self.logits(rows, side) - alone).max(initial=0)
                if not distance > TOLERANCE[self._dtype] * scale:  # NaN is the engine's to report
                    self.padding = side
                    return
