"""Rows of one pass as tensors, padded to the longest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from models._network import bare, evaluating, is_decoder, padding_of, readable_inputs
from models._padding import Side, pad
from models._tokens import TextEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.data import Dataset
    from harness.modelling import Item
    from models.training.start import Start

Row = tuple["Item", int, int]
"""Item, label, position in train; ``HELD_OUT`` for rows that are not of train."""

HELD_OUT = -1

ROWS = "row_positions"
VALUE = "row_value_"
"""What a batch holds beside the network's inputs: positions of rows, and values of rows by name."""


def encode(start: Start, dataset: Dataset, *, is_train: bool = True) -> list[Row]:
    """Return the rows of a data set, tokenized."""
    encoder = TextEncoder(start.tokenizer, start.max_tokens, readable_inputs(bare(start.network)))
    labels = dataset.label
    assert labels is not None  # refused in run.check_rows
    items = encoder.prepare(dataset.inputs)
    positions = range(len(items)) if is_train else [HELD_OUT] * len(items)
    return list(zip(items, labels.tolist(), positions, strict=True))


class Collator:
    """Makes one batch of rows.

    Args:
        start: The model that is trained.
        values: Name → one value for each row of train.
        with_rows: Whether anybody asks which rows they are.
        with_positions: Whether positions are handed to a network that would count them by itself.
    """

    def __init__(
        self,
        start: Start,
        values: Mapping[str, NDArray[Any]],
        *,
        with_rows: bool,
        with_positions: bool = False,
    ) -> None:
        network = bare(start.network)
        self._side: Side = "left" if is_decoder(network) else "right"
        self._reads = readable_inputs(network)
        if self._side == "right" and not with_positions:
            self._reads -= {"position_ids"}
        _, self._fill = padding_of(network, start.tokenizer)
        self._values = values
        self._with_rows = with_rows

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Return inputs [b, t], ``labels`` [b] and, where asked for, positions and values."""
        import torch

        padded = pad([item.arrays for item, *_ in rows], side=self._side, fill=self._fill)
        tensors = {
            name: torch.from_numpy(values) for name, values in padded.items() if name in self._reads
        }
        tensors["labels"] = torch.tensor([label for _, label, _ in rows])
        positions = [position for *_, position in rows]
        if self._with_rows and HELD_OUT not in positions:
            tensors[ROWS] = torch.tensor(positions)
            for name, values in self._values.items():
                tensors[VALUE + name] = torch.from_numpy(values[positions])
        return tensors


def reads_given_positions(start: Start) -> bool:
    """Return whether a network that is padded on the right answers the same with its positions given.

    Counted by the network itself, they have no batch to clip the gradients of their embeddings in.
    RoBERTa counts from another number, so positions from 0 would be other ones.
    """
    import torch

    network = bare(start.network)
    if "position_ids" not in readable_inputs(network):
        return False
    ids = torch.arange(5)[None] + 1
    with evaluating(network), torch.inference_mode():
        ids = ids.to(network.device)
        own = network(input_ids=ids).logits
        given = network(input_ids=ids, position_ids=torch.arange(5, device=ids.device)[None]).logits
    return bool(torch.equal(own, given))
