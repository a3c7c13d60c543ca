"""What ``ctx.attribute`` does: attributions of rows, computed once in a run and kept in its bundle.

Rows are cut into blocks by their position in the order given, never by progress, and every block is
computed by itself: its numbers depend on its rows and on nothing that was computed before, so the
order of audits changes no number, and a run that was killed goes on with the same bytes. A sample
that begins as another one did takes up its blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.attribution_store import (
    ATTRIBUTIONS,
    FORMAT,
    Placed,
    folder_of,
    joined,
    read_shard,
    write_shard,
)
from harness.auditing import GRADIENT
from harness.errors import ContractError, IntegrityError
from harness.files import digest_of, sha256_bytes
from harness.modelling import HasParts, HasSpans
from harness.trials.answers import Answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Attributions, Method
    from harness.auditing import AuditContext
    from harness.modelling import Item, Model

    Engine = Callable[..., Attributions]

BLOCK = 50
"""Rows of a block at first; a sample of 200 rows begins with the blocks of one of 100."""

LARGE_BLOCK = 400
"""Rows of a block from here on: whole data sets are packed with less padding."""


@dataclass(slots=True)
class Attributor:
    """The ``attribute`` of one context.

    Attributes:
        context: Whose rows are explained.
        token_budget: Tokens of one batch.
        kept: Folder beside the bundle where blocks survive a kill; None outside a run.
        engine: What computes; None for ``harness.engines.attribution.attribute``.
        is_used: Whether anything was asked of it.
    """

    context: AuditContext
    token_budget: int
    kept: Path | None = None
    engine: Engine | None = None
    is_used: bool = False

    def __call__(
        self,
        dataset: str,
        rows: NDArray[np.int64],
        method: Method,
        reference: Sequence[Item] | None,
    ) -> Attributions:
        """Return the attributions of rows; see ``AuditContext.attribute``."""
        return self.placed(dataset, rows, method, reference).found

    def of_items(
        self,
        items: Sequence[Item],
        method: Method,
        reference: Sequence[Item] | None,
        logits: NDArray[np.float32] | None,
    ) -> Attributions:
        """Ask the engine and count what it took; see ``AuditContext.attribute_items``."""
        self.is_used = True
        found = (self.engine or _engine())(
            self.context._model,
            items,
            method=method,
            logits=logits,
            token_budget=self.token_budget,
            reference=reference,
        )
        meter = self.context._ask
        if isinstance(meter, Answers):
            n_forwards = int(found.n_forwards.sum()) + (len(items) if logits is None else 0)
            n_gradients = int(found.n_gradients.sum())
            meter.count(GRADIENT * n_gradients + n_forwards, n_gradients + n_forwards)
        return found

    def placed(
        self,
        dataset: str,
        rows: NDArray[np.int64],
        method: Method,
        reference: Sequence[Item] | None,
    ) -> Placed:
        """Return the attributions of rows, with where their parts stand.

        Raises:
            MethodRefused: If the method is refused, or the model does not offer what it needs.
        """
        self.is_used = True
        keys = None if reference is None else [item.key for item in reference]
        place = f"{folder_of(method, keys)}/{dataset}"
        desk = _Desk(self, dataset, method, reference, place)
        first, *others = cuts(len(rows))
        blocks = [desk.block(0, rows[first])]
        # where the first block was not allowed bfloat16, the others do not try it again
        settled = replace(method, precision=blocks[0].found.method.precision)
        desk = replace(desk, method=settled if others else method)
        blocks += [desk.block(index, rows[cut]) for index, cut in enumerate(others, start=1)]
        return joined(blocks)


def has_attributed(context: AuditContext) -> bool:
    """Tell whether an audit asked for attributions."""
    found = context._attribute
    return isinstance(found, Attributor) and found.is_used


def cuts(n: int) -> list[slice]:
    """Cut n positions into blocks: small ones up to 400 rows, then large ones; one for no rows."""
    ends = list(range(BLOCK, min(n, LARGE_BLOCK), BLOCK)) + list(range(LARGE_BLOCK, n, LARGE_BLOCK))
    return [slice(start, stop) for start, stop in zip([0, *ends], [*ends, n], strict=True)]


@dataclass(frozen=True, slots=True)
class _Desk:
    """One request: rows of one data set by one method."""

    attributor: Attributor
    dataset: str
    method: Method
    reference: Sequence[Item] | None
    place: str

    @property
    def context(self) -> AuditContext:
        return self.attributor.context

    @property
    def model(self) -> Model:
        model = self.context._model
        if model is None:
            raise ContractError(self.context._no_model())
        return model

    def block(self, index: int, rows: NDArray[np.int64]) -> Placed:
        """Return one block: from the bundle, from beside it, or computed."""
        dataset = self.context._rows[self.dataset]
        inputs = [dataset.inputs[row] for row in rows.tolist()]
        items = self.model.prepare(inputs)
        logits = self.context._predictions[self.dataset].logits
        asked = None if logits is None else logits[rows]
        key = self._key(rows, items, asked)
        name = f"{self.place}/shard-{index:05d}-{key[:16]}.parquet"
        path = self.context.folder.parent.parent / ATTRIBUTIONS / name
        kept = None if self.attributor.kept is None else self.attributor.kept / name
        found = _stored(path, key)
        if found is None:
            found = None if kept is None else _stored(kept, key)
            if found is None:
                found = self._computed(rows, inputs, items, asked)
                if kept is not None:
                    write_shard(kept, key, found)
            write_shard(path, key, found)
        return found

    def _computed(
        self,
        rows: NDArray[np.int64],
        inputs: Sequence[str | tuple[str, ...]],
        items: list[Item],
        logits: NDArray[np.float32] | None,
    ) -> Placed:
        found = self.attributor.of_items(items, self.method, self.reference, logits)
        return Placed(
            dataset=self.dataset,
            example_id=self.context._predictions[self.dataset].example_id[rows],
            row=rows.astype(np.int64),
            truncated=np.array([item.is_truncated for item in items], dtype=np.bool_),
            found=found,
            spans=_spans(self.model, inputs, items, found),
        )

    def _key(
        self, rows: NDArray[np.int64], items: Sequence[Item], logits: NDArray[np.float32] | None
    ) -> str:
        """Return the digest of everything that can change a byte of a block."""
        model, ids = self.model, self.context._predictions[self.dataset].example_id
        return digest_of(
            {
                "format": FORMAT,
                "model": [model.ref.name, model.ref.weights_digest, model.ref.adapter_digest],
                "computed": [
                    model.device,
                    model.dtype,
                    model.n_classes,
                    self.attributor.token_budget,
                ],
                "method": asdict(self.method),
                "reference": [item.key.hex() for item in self.reference or ()],
                "dataset": self.dataset,
                "rows": rows.tolist(),
                "ids": ids[rows].tolist(),
                "keys": [item.key.hex() for item in items],
                "logits": None if logits is None else sha256_bytes(logits.tobytes()),
            }
        )


def _stored(path: Path, key: str) -> Placed | None:
    """Return a stored block, or None when there is none that can be trusted."""
    if not path.is_file():
        return None
    try:
        return read_shard(path, key)
    except IntegrityError:
        return None


def _spans(
    model: Model, inputs: Sequence[Any], items: Sequence[Item], found: Attributions
) -> NDArray[np.int64] | None:
    """Return where each value stands, shape [sum of p, 3]; None where the model cannot say."""
    if not isinstance(model, HasSpans) or not isinstance(model, HasParts):
        return None
    tables = model.spans(inputs)
    if found.method.unit == "word":
        tables = [
            _of_parts(table, [part.positions for part in model.parts(item)])
            for table, item in zip(tables, items, strict=True)
        ]
    if [len(table) for table in tables] != np.diff(found.starts).tolist():
        raise ContractError(
            f"An attribution by {found.method.unit} must give one value for each of them, got "
            f"{len(found.values)} values for {sum(map(len, tables))}."
        )
    return np.concatenate([np.zeros((0, 3), dtype=np.int64), *tables]).astype(np.int64)


def _of_parts(table: NDArray[np.int64], parts: Sequence[tuple[int, ...]]) -> NDArray[np.int64]:
    """Return text index, first and last character of each part, shape [p, 3]."""
    rows = [
        (table[list(one), 0].max(), table[list(one), 1].min(), table[list(one), 2].max())
        for one in parts
    ]
    return np.array(rows, dtype=np.int64).reshape(len(parts), 3)


def _engine() -> Engine:
    from harness.engines.attribution import attribute

    return attribute
