"""The prediction engine: every example once, in batches of equal length, whatever the memory.

``predict`` answers in memory; ``predict_sharded`` also keeps what it has on disk and resumes after
a kill. Both ask the model only for ``logits`` and know nothing of any framework.

Legend of shapes: n examples, c classes, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.batching import MAX_PADDING, Unique, batches, default_budget
from harness.engines.packing import Budget, in_batches
from harness.errors import ContractError, ModelError, ShapeError, UsageError, must
from harness.files import digest_of, sha256_bytes, whole_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item, Model

__all__ = [
    "MAX_PADDING",
    "batches",
    "decide",
    "decide_at",
    "default_budget",
    "predict",
    "predict_sharded",
    "softmax64",
]

Progress = Callable[[int, int], None]
"""Called with (examples answered, examples in all)."""

DEFAULT_SHARD_SIZE = 2048

_FORMAT = "modelassay/shard/v1"
_N_NAMED = 5


def predict(
    model: Model,
    items: Sequence[Item],
    *,
    token_budget: int,
    ids: Sequence[str] | None = None,
    on_progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Ask a model for the logits of every item; items with equal keys are computed once.

    Out of memory halves the budget and goes on, down to single items.

    Args:
        model: Anything with the capability ``logits``.
        items: Inputs, n of them, in any order of length.
        token_budget: Padded tokens of one batch, >= 1.
        ids: Example ids, n of them, to name examples in errors; positions are named without.
        on_progress: Told after every batch.

    Returns:
        Logits, shape [n, c], float32, finite, row i for item i. The same items and budget give the
        same bytes; another budget gives the same logits within 1e-5 in float32.

    Raises:
        ModelError: If logits are not finite.
        ContractError: If the model returns another shape than [b, c].
        IncompleteError: If the memory does not hold a single item.
        ShapeError: If there are not as many ids as items.
    """
    _same_length(items, ids)
    unique = Unique.of(items)
    tell = _Teller(unique.n_copies, on_progress)
    answers = _answers(model, unique.items, Budget(token_budget), tell)
    logits = answers[unique.inverse]
    _refuse_non_finite(logits, ids)
    return logits


def predict_sharded(
    model: Model,
    items: Sequence[Item],
    ids: Sequence[str],
    *,
    folder: Path,
    token_budget: int,
    shard_size: int = DEFAULT_SHARD_SIZE,
    on_progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Like ``predict``, keeping finished shards in a folder and reusing those that lie there.

    Shards are cut by position, never by progress, so a resumed call returns the same bytes as an
    uninterrupted one. A shard that is damaged, or that belongs to other items, another model or
    another budget, is computed again.

    Args:
        model: Anything with the capability ``logits``.
        items: Inputs, n of them.
        ids: Example ids, n of them.
        folder: Where shards lie; made when missing.
        token_budget: Padded tokens of one batch, >= 1.
        shard_size: Distinct items in one shard, >= 1.
        on_progress: Told after every batch and every reused shard.

    Returns:
        Logits, shape [n, c], float32, finite, row i for item i.

    Raises:
        ModelError: If logits are not finite.
        ContractError: If the model returns another shape than [b, c].
        IncompleteError: If the memory does not hold a single item, or the disk is full.
        ShapeError: If there are not as many ids as items.
    """
    _same_length(items, ids)
    if shard_size < 1:
        raise UsageError(must("shard_size", "be an integer >= 1", shard_size))
    unique = Unique.of(items)
    tell = _Teller(unique.n_copies, on_progress)
    budget = Budget(token_budget)
    answers = np.empty((len(unique.items), model.n_classes), dtype=np.float32)
    for index, start in enumerate(range(0, len(unique.items), shard_size)):
        part = unique.items[start : start + shard_size]
        first_ids = [ids[position] for position in unique.first[start : start + shard_size]]
        key = _shard_key(model, part, first_ids, token_budget)
        path = folder / f"shard-{index:05d}-{key[:16]}.bin"
        logits = _read_shard(path, key, (len(part), model.n_classes))
        if logits is None:
            logits = _answers(model, part, budget, tell.shifted(start))
            _write_shard(path, key, logits)
        else:
            tell.shifted(start)(range(len(part)))
        answers[start : start + len(part)] = logits
    all_logits = answers[unique.inverse]
    _refuse_non_finite(all_logits, ids)
    return all_logits


def softmax64(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return class probabilities, shape [n, c], float64, rows sum to 1; no overflow for any size."""
    wide = np.asarray(logits, dtype=np.float64)
    powers = np.exp(wide - wide.max(axis=-1, keepdims=True))
    scores: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return scores


def decide(logits: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class with the largest logit, shape [n], int64; the lower id when two are equal."""
    decision: NDArray[np.int64] = np.argmax(logits, axis=-1).astype(np.int64)
    return decision


def decide_at(scores: NDArray[np.floating], at: float, *, position: int) -> NDArray[np.int64]:
    """Return the class by one threshold, shape [n], int64: ``position`` where its score reaches it.

    Args:
        scores: Probabilities of two classes, shape [n, 2].
        at: Threshold, 0 to 1.
        position: Class that it belongs to, 0 or 1.
    """
    return np.where(scores[:, position] >= at, position, 1 - position).astype(np.int64)


class _Teller:
    """Counts answered examples, copies included."""

    def __init__(self, n_copies: NDArray[np.int64], on_progress: Progress | None) -> None:
        self._n_copies = n_copies
        self._total = int(n_copies.sum())
        self._n_done = 0
        self._on_progress = on_progress

    def __call__(self, positions: Sequence[int], start: int = 0) -> None:
        self._n_done += int(self._n_copies[np.asarray(positions, dtype=np.int64) + start].sum())
        if self._on_progress is not None:
            self._on_progress(self._n_done, self._total)

    def shifted(self, start: int) -> Callable[[Sequence[int]], None]:
        return lambda positions: self(positions, start)


def _answers(
    model: Model, items: Sequence[Item], budget: Budget, tell: Callable[[Sequence[int]], None]
) -> NDArray[np.float32]:
    answers = np.empty((len(items), model.n_classes), dtype=np.float32)

    def ask(batch: list[int]) -> NDArray[np.float32]:
        logits = model.logits([items[position] for position in batch])
        if logits.shape != (len(batch), model.n_classes):
            expected = f"[b={len(batch)}, c={model.n_classes}]"
            raise ContractError(
                f"logits must have shape {expected}, got {list(logits.shape)} from "
                f"{type(model).__name__}."
            )
        return logits.astype(np.float32, copy=False)

    for batch, logits in in_batches(items, budget, ask):
        answers[batch] = logits
        tell(batch)
    return answers


def _refuse_non_finite(logits: NDArray[np.float32], ids: Sequence[str] | None) -> None:
    bad = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if not len(bad):
        return
    named = [repr(ids[i]) if ids is not None else str(i) for i in bad[:_N_NAMED].tolist()]
    more = ", ..." if len(bad) > _N_NAMED else ""
    kind = "ids" if ids is not None else "positions"
    raise ModelError(
        f"logits must be finite numbers, got NaN or infinity for {len(bad)} of {len(logits)} "
        f"examples ({kind} {', '.join(named)}{more}). Check the weights, or audit in float32."
    )


def _same_length(items: Sequence[Item], ids: Sequence[str] | None) -> None:
    if ids is not None and len(ids) != len(items):
        raise ShapeError(f"ids must have shape [n={len(items)}], got [{len(ids)}].")


def _shard_key(model: Model, part: Sequence[Item], ids: Sequence[str], token_budget: int) -> str:
    return digest_of(
        {
            "format": _FORMAT,
            "model": [model.ref.name, model.ref.weights_digest, model.ref.adapter_digest],
            "computed": [model.device, model.dtype, model.n_classes, token_budget],
            "ids": list(ids),
            "keys": [item.key.hex() for item in part],
        }
    )


def _write_shard(path: Path, key: str, logits: NDArray[np.float32]) -> None:
    payload = logits.astype("<f4").tobytes()
    with whole_file(path) as part:
        part.write_bytes(_shard_head(key, payload) + payload)


def _read_shard(path: Path, key: str, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return a stored shard, or None when there is none that can be trusted."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    n_bytes = shape[0] * shape[1] * 4
    payload = raw[len(raw) - n_bytes :]
    if len(raw) < n_bytes or raw[: len(raw) - n_bytes] != _shard_head(key, payload):
        return None
    return np.frombuffer(payload, dtype="<f4").reshape(shape).astype(np.float32)


def _shard_head(key: str, payload: bytes) -> bytes:
    return f"{_FORMAT} {key} {sha256_bytes(payload)}\n".encode()
