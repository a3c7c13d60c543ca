"""Digests of rows: ids from content, one digest over a data set, and seeded order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 1 << 16
_PREFIX = 32


def as_bytes(value: Any) -> bytes:
    """Return bytes that differ for different plain values (JSON, sorted keys)."""
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str
    ).encode()


def content_ids(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return an id for each row: 32 hex digits of its content, ``-``, its occurrence number.

    The same row twice gets ``-0`` and ``-1``; moving rows about keeps the ids of distinct rows.

    Args:
        columns: Role → values, all of the same length.
    """
    head = hashlib.sha256(as_bytes(list(columns)))
    keys = bytearray()
    for cells in zip(*columns.values(), strict=True):
        digest = head.copy()
        digest.update(as_bytes(cells))
        keys += digest.digest()[: _PREFIX // 2]
    numbers = _occurrences(np.frombuffer(keys, dtype=np.uint64).reshape(-1, 2))
    text = keys.hex()
    return [f"{text[i * _PREFIX : (i + 1) * _PREFIX]}-{k}" for i, k in enumerate(numbers.tolist())]


def content_digest(columns: Mapping[str, Sequence[Any]]) -> str:
    """Return one SHA-256 over named columns, in order of names given and of rows.

    Texts go in as their lengths and their characters, other values as JSON, so that no two
    different tables give the same bytes.
    """
    digest = hashlib.sha256(b"modelassay/rows/v1")
    for name, values in columns.items():
        digest.update(as_bytes([name, len(values)]))
        for start in range(0, len(values), _BLOCK):
            block = values[start : start + _BLOCK]
            texts = [one if isinstance(one, str) else f"\x00{_json(one)}" for one in block]
            lengths = np.fromiter(map(len, texts), dtype="<i8", count=len(texts))
            digest.update(lengths.tobytes())
            digest.update("".join(texts).encode())
    return digest.hexdigest()


def order_keys(ids: Sequence[str], *, seed: int, purpose: Sequence[str]) -> NDArray[np.uint64]:
    """Return a seeded pseudo-random number for each id, shape [n].

    The number depends on the seed, the purpose and the id alone: neither on the order of the rows
    nor on the version of a random number library.

    Source: SHA-256, first 8 bytes, big-endian.
    """
    head = hashlib.sha256(as_bytes([seed, *purpose]))
    keys = np.empty(len(ids), dtype=np.uint64)
    for i, one in enumerate(ids):
        digest = head.copy()
        digest.update(one.encode())
        keys[i] = int.from_bytes(digest.digest()[:8], "big")
    return keys


def _occurrences(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how often each row of keys, shape [n, 2], stands above itself, shape [n]."""
    n = len(keys)
    order = np.lexsort((np.arange(n), keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    is_new = np.ones(n, dtype=bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.maximum.accumulate(np.where(is_new, np.arange(n), 0))
    numbers = np.empty(n, dtype=np.int64)
    numbers[order] = np.arange(n) - first
    return numbers


def _json(value: Any) -> str:
    return as_bytes(value).decode()
