"""Texts that are nearly the same: exact Jaccard similarity of sets of character n-grams.

Characters, not words, so that it works for scripts without spaces. Nothing is left to chance and
nothing is missed: two sets that share a part t of their union must share one of their rarest n-grams
(the prefix of length n - ceil(t * n) + 1 in the order of rarity), so only rows that do are compared.

Legend: n rows, g n-grams of one row.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grams = NDArray[np.signedinteger]

TextInput = str | tuple[str, ...]

MAX_CHARACTERS = 4000
"""Longer texts are compared by their first so many characters."""

_EPS = 1e-9
_MIX = np.uint64(0x9E3779B97F4A7C15)


def has_near_duplicate(
    rows: Sequence[TextInput],
    pool: Sequence[TextInput],
    *,
    threshold: float,
    ngram: int,
) -> NDArray[np.bool_]:
    """Return for each row whether the pool holds a text at least so similar, shape [n].

    Texts are compared in lower case, compatibility characters unified (NFKC), runs of white space as
    one blank. Rows without any character are similar to nothing.

    Args:
        rows: Texts or pairs to look up.
        pool: Texts or pairs to look them up in.
        threshold: Least Jaccard similarity, above 0, at most 1.
        ngram: Characters of an n-gram, >= 1; shorter texts are one n-gram.
    """
    known: dict[str, bool] = {}
    asked = [normal(one) for one in rows]
    there = set(map(normal, pool))
    distinct = [text for text in dict.fromkeys(asked) if text]
    known |= {text: True for text in distinct if text in there}
    wanted = [text for text in distinct if text not in known]
    found = _search(
        [grams(text, ngram) for text in wanted],
        [grams(text, ngram) for text in sorted(there) if text],
        threshold,
    )
    known |= dict(zip(wanted, found, strict=True))
    return np.array([known.get(text, False) for text in asked], dtype=np.bool_)


def is_repeat(rows: Sequence[TextInput]) -> NDArray[np.bool_]:
    """Return for each row whether an earlier one holds the same texts, shape [n]."""
    seen: set[TextInput] = set()
    found = np.zeros(len(rows), dtype=np.bool_)
    for index, one in enumerate(rows):
        found[index] = one in seen
        seen.add(one)
    return found


def is_near_repeat(
    rows: Sequence[TextInput], *, threshold: float = 0.8, ngram: int = 5
) -> NDArray[np.bool_]:
    """Return for each row whether an earlier one that is kept is at least so similar, shape [n].

    Rows that are none are kept, so no two kept rows are similar, and every other row is similar to a
    kept one before it. Texts are compared as in ``has_near_duplicate``; rows without any character
    repeat each other.

    Args:
        rows: Texts, pairs, prompts with what follows.
        threshold: Least Jaccard similarity, above 0, at most 1.
        ngram: Characters of an n-gram, >= 1; shorter texts are one n-gram.
    """
    place: dict[str, int] = {}
    texts = [normal(one) for one in rows]
    first = np.array([place.setdefault(text, i) for i, text in enumerate(texts)], dtype=np.int64)
    found: NDArray[np.bool_] = first != np.arange(len(rows))
    distinct = [i for i in np.flatnonzero(~found).tolist() if texts[i]]
    if not distinct:
        return found
    sets, _ = _by_rarity([grams(texts[i], ngram) for i in distinct], [])
    index = _Postings(sets, threshold)
    mark = np.zeros(max(int(row[-1]) for row in sets) + 1, dtype=np.bool_)
    kept = np.zeros(len(sets), dtype=np.bool_)
    for number, (place_of, row) in enumerate(zip(distinct, sets, strict=True)):
        found[place_of] = _has(row, index, mark, threshold, kept)
        kept[number] = not found[place_of]  # what is left out keeps nothing else out
    # exact repeats of a row that was left out are repeats already
    return found


def normal(one: TextInput) -> str:
    """Return what is compared of a text; the parts of a pair stay apart."""
    parts = (one,) if isinstance(one, str) else one
    plain = (unicodedata.normalize("NFKC", part[:MAX_CHARACTERS]).lower() for part in parts)
    return "\x1f".join(" ".join(part.split()) for part in plain).strip("\x1f")


def grams(text: str, ngram: int) -> Grams:
    """Return the distinct n-grams of a text as numbers, ascending, shape [g]."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    width = min(ngram, len(codes))
    mixed = np.zeros(len(codes) - width + 1, dtype=np.uint64)
    for offset in range(width):
        mixed = (mixed + codes[offset : offset + len(mixed)] + np.uint64(1)) * _MIX
        mixed ^= mixed >> np.uint64(29)
    found: Grams = np.unique(mixed.view(np.int64))
    return found


def _search(rows: list[Grams], pool: list[Grams], threshold: float) -> list[bool]:
    """Return for each set whether the pool holds one at least so similar."""
    if not rows or not pool:
        return [False] * len(rows)
    rows, pool = _by_rarity(rows, pool)
    index = _Postings(pool, threshold)
    mark = np.zeros(max(int(each.max()) for each in (*rows, *pool)) + 1, dtype=np.bool_)
    return [_has(each, index, mark, threshold) for each in rows]


def _by_rarity(rows: list[Grams], pool: list[Grams]) -> tuple[list[Grams], list[Grams]]:
    """Rename n-grams so that rare ones have small numbers; sets stay sorted."""
    everything = np.concatenate([*rows, *pool])
    _, inverse, counts = np.unique(everything, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int32)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(counts), dtype=np.int32)
    named = np.split(rank[inverse], np.cumsum([len(each) for each in (*rows, *pool)])[:-1])
    ordered = [np.sort(each) for each in named]
    return ordered[: len(rows)], ordered[len(rows) :]


class _Postings:
    """The pool laid out flat, and which of its sets hold an n-gram in their prefix."""

    def __init__(self, pool: list[Grams], threshold: float) -> None:
        self.sizes = np.array([len(each) for each in pool])
        self.flat = np.concatenate(pool)
        self.starts = np.cumsum(self.sizes) - self.sizes
        prefixes = [each[: _prefix(len(each), threshold)] for each in pool]
        lengths = np.array([len(each) for each in prefixes])
        tokens, owners = np.concatenate(prefixes), np.repeat(np.arange(len(pool)), lengths)
        order = np.argsort(tokens, kind="stable")
        self._tokens, self._owners = tokens[order], owners[order]

    def candidates(self, row: Grams, threshold: float) -> NDArray[np.int64]:
        """Return the sets that share a prefix n-gram with a row and are of a possible size."""
        prefix = row[: _prefix(len(row), threshold)]
        begins = np.searchsorted(self._tokens, prefix, side="left")
        ends = np.searchsorted(self._tokens, prefix, side="right")
        spans = [self._owners[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)]
        found = np.unique(np.concatenate(spans)) if spans else np.zeros(0, dtype=np.int64)
        sizes = self.sizes[found]
        least, most = threshold * len(row) - _EPS, len(row) / threshold + _EPS
        fitting: NDArray[np.int64] = found[(sizes >= least) & (sizes <= most)]
        return fitting


def _has(
    row: Grams,
    index: _Postings,
    mark: NDArray[np.bool_],
    threshold: float,
    kept: NDArray[np.bool_] | None = None,
) -> bool:
    """Return whether a set has a similar one in the pool, or among those of the pool that are kept."""
    candidates = index.candidates(row, threshold)
    if kept is not None:
        candidates = candidates[kept[candidates]]
    mark[row] = True
    try:
        for some in _chunks(candidates):
            sizes = index.sizes[some]
            ends = np.cumsum(sizes)
            places = np.arange(ends[-1]) + np.repeat(index.starts[some] - (ends - sizes), sizes)
            shared = np.add.reduceat(mark[index.flat[places]], ends - sizes, dtype=np.int64)
            if (shared >= threshold * (len(row) + sizes - shared) - _EPS).any():
                return True
    finally:
        mark[row] = False
    return False


def _chunks(found: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    # most rows that have a near-duplicate have it among the first few: no need to compare with all
    size, start = 16, 0
    while start < len(found):
        yield found[start : start + size]
        start, size = start + size, min(size * 8, 2048)


def _prefix(size: int, threshold: float) -> int:
    return size - math.ceil(threshold * size - _EPS) + 1
