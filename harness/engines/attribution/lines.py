"""Straight lines from baselines to inputs: the output along them, and what each token adds to it.

Work is a node: a row and a place on its line, 0 at the baseline and 1 at the input. Nodes of all
rows are packed together by length. What leaves the device is one number for each token, never its
gradient, so memory grows neither with nodes nor with the width of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from harness.engines.batching import Unique
from harness.engines.packing import Budget, in_batches
from harness.errors import ContractError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.engines.attribution.rows import Floats, Rows
    from harness.modelling import HasEmbeddings, Item

Reading = Literal["along", "times-input", "norm"]
"""What is kept of a gradient g at each token: <g, x - baseline>, <g, x>, or its length."""


@dataclass(frozen=True, slots=True)
class Node:
    """A place on the line of a row.

    Attributes:
        row: Position among the rows.
        at: 0 at the baseline, 1 at the input.
        length: Tokens of the row.
    """

    row: int
    at: float
    length: int


class Lines:
    """The lines of some rows; every distinct input and baseline is embedded once.

    Args:
        model: Capability ``embeddings``; everything happens inside its ``differentiating``.
        rows: u of them.
        baselines: What stands at the beginning of each line, u of them, as long as the rows.
        budget: Tokens of a batch.
        is_half: Whether forward passes run in bfloat16; lines are drawn in float32 all the same.
    """

    def __init__(
        self,
        model: HasEmbeddings,
        rows: Rows,
        baselines: Sequence[Item],
        *,
        budget: Budget,
        is_half: bool = False,
    ) -> None:
        self._model = model
        self.rows = rows
        self._budget = budget
        self._is_half = is_half
        unique = Unique.of([*rows.items, *baselines])
        lengths = [item.length for item in unique.items]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self._table = model.embed(unique.items)
        self._inputs = starts[unique.inverse[: rows.n]]
        self._blanks = starts[unique.inverse[rows.n :]]

    def node(self, row: int, at: float) -> Node:
        """Return a place on the line of a row."""
        return Node(row, at, self.rows.items[row].length)

    def outputs(self, nodes: Sequence[Node]) -> Floats:
        """Return f at each node, shape [len(nodes)], without gradients."""
        logits = self.logits(nodes)
        return self.rows.lead(logits, [node.row for node in nodes])

    def logits(self, nodes: Sequence[Node]) -> Floats:
        """Return logits at each node, shape [len(nodes), c], without gradients."""
        import torch

        found: dict[int, Any] = {}

        def compute(batch: list[int]) -> Any:
            here = [nodes[i] for i in batch]
            with torch.no_grad():
                return self._logits(here, self._points(here)[0]).cpu().numpy()

        for batch, answers in in_batches(nodes, self._budget, compute):
            found.update(zip(batch, answers, strict=True))
        return np.array([found[i] for i in range(len(nodes))], dtype=np.float64)

    def slopes(
        self, nodes: Sequence[Node], reading: Reading = "along"
    ) -> Iterator[tuple[int, float, Floats]]:
        """Differentiate f at each node by what stands at each token.

        Yields:
            Position of the node, f there, and one number for each token, shape [t]; 0 for special
            tokens.
        """

        def compute(batch: list[int]) -> tuple[NDArray[Any], NDArray[Any]]:
            return self._differentiated([nodes[i] for i in batch], reading)

        for batch, (outputs, along) in in_batches(nodes, self._budget, compute):
            ends = np.cumsum([nodes[i].length for i in batch])
            for i, output, values in zip(batch, outputs, np.split(along, ends[:-1]), strict=True):
                is_content = self.rows.content[nodes[i].row]
                yield i, float(output), np.where(is_content, values, 0.0).astype(np.float64)

    def _differentiated(
        self, nodes: Sequence[Node], reading: Reading
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        import torch

        points, inputs, blanks = self._points(nodes)
        points.requires_grad_()
        output = self._lead(self._logits(nodes, points), nodes)
        (gradient,) = torch.autograd.grad(output.sum(), points)
        readings: dict[Reading, Callable[[], Any]] = {
            "along": lambda: (gradient * (inputs - blanks)).sum(-1),
            "times-input": lambda: (gradient * inputs).sum(-1),
            "norm": lambda: gradient.norm(dim=-1),
        }
        return output.detach().cpu().numpy(), readings[reading]().cpu().numpy()

    def _points(self, nodes: Sequence[Node]) -> tuple[Any, Any, Any]:
        import torch

        def stacked(starts: NDArray[np.int64]) -> Any:
            places = np.concatenate(
                [np.arange(starts[node.row], starts[node.row] + node.length) for node in nodes]
            )
            return self._table[torch.from_numpy(places).to(self._table.device)]

        inputs, blanks = stacked(self._inputs), stacked(self._blanks)
        lengths = [node.length for node in nodes]
        at = np.repeat(np.array([node.at for node in nodes], dtype=np.float32), lengths)
        share = torch.from_numpy(at).to(inputs.device)[:, None]
        return torch.lerp(blanks, inputs, share), inputs, blanks

    def _logits(self, nodes: Sequence[Node], points: Any) -> Any:
        items = [self.rows.items[node.row] for node in nodes]
        with self._autocast(points.device.type):
            logits = self._model.logits_from_embeddings(items, points)
        if logits.ndim != 2 or len(logits) != len(nodes):
            raise ContractError(
                f"logits must have shape [b={len(nodes)}, c], got {list(logits.shape)} from "
                f"{type(self._model).__name__}."
            )
        return logits.float()

    def _autocast(self, device: str) -> AbstractContextManager[Any]:
        if not self._is_half:
            return nullcontext()
        import torch

        half: AbstractContextManager[Any] = torch.autocast(device, dtype=torch.bfloat16)
        return half

    def _lead(self, logits: Any, nodes: Sequence[Node]) -> Any:
        import torch

        each = [node.row for node in nodes]
        target, runner_up = (
            torch.from_numpy(classes[each]).to(logits.device)[:, None]
            for classes in (self.rows.target, self.rows.runner_up)
        )
        mine = logits.gather(1, target)[:, 0]
        return torch.where(
            target[:, 0] == runner_up[:, 0], mine, mine - logits.gather(1, runner_up)[:, 0]
        )
