"""Which n-grams of some texts stand in other texts, word for word: a rolling-hash index.

Texts are arrays of whole numbers: token ids, or characters (``characters``). The hash of an n-gram is a
polynomial modulo 2^64, so that the hashes of all n-grams come from one running sum. Hashes only say
where to look: n-grams with equal hashes are told apart by comparing them, in the index and in every
answer, so there is no false hit and none is lost.

Legend of shapes: d texts, t tokens of a text, u tokens of all texts, g different n-grams, m n-grams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ShapeError, UsageError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]
    HashArray = NDArray[np.uint64]

MOST_PLACES = 1000
"""Places of one n-gram that ``runs`` follows; an n-gram of more is boilerplate, and its first ones do."""

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
_MODULUS = 1 << 64
_PAIRS = 1 << 21
"""Pairs of places that are looked at together: bounds the memory."""

_SIEVE = 16
"""Cells of the sieve for each n-gram of the index: one in so many unknown n-grams passes it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a text that stands in an indexed text; it cannot be made longer on either side.

    Attributes:
        start: Where it begins in the text.
        length: Tokens that are equal, at least n.
        source: Position of the indexed text, from 0.
        source_start: Where it begins there.
    """

    start: int
    length: int
    source: int
    source_start: int


class OverlapIndex:
    """Every n-gram of some texts.

    Args:
        texts: Token ids or characters of each text, shape [t]; shorter ones than n hold no n-gram.
        n: Length of an n-gram, >= 1.

    Attributes:
        n: Length of an n-gram.
        n_tokens: Tokens of all indexed texts.
        n_grams: Different n-grams, g.

    Raises:
        UsageError: If n is no integer >= 1.
        ShapeError: If a text is no array of shape [t].
    """

    def __init__(self, texts: Sequence[IntArray], *, n: int) -> None:
        if not (isinstance(n, int) and n >= 1):
            raise UsageError(must("The length of an n-gram", "be an integer >= 1", n))
        self.n = n
        self._flat = _Flat.of(texts)
        self.n_tokens = self._flat.n_tokens
        place, hashed = self._flat.grams(n)
        order = np.argsort(hashed, kind="stable")  # equal n-grams stay in the order of the texts
        self._place, hashed = place[order], hashed[order]
        self._gram = self._told_apart(hashed)
        by_gram = np.argsort(self._gram, kind="stable")
        self._place = self._place[by_gram]
        first = np.flatnonzero(np.diff(self._gram[by_gram], prepend=-1))
        self._first = np.append(first, len(place))
        self.n_grams = len(first)
        # n-grams of one hash that differ stand beside each other
        self._hash = hashed[by_gram][first]
        self._sieve, self._shift = _sieve(self._hash)

    def hits(self, texts: Sequence[IntArray]) -> list[BoolArray]:
        """Return which n-grams of each text stand in an indexed text, shape [max(0, t - n + 1)]."""
        flat = _Flat.of(texts)
        place, gram = self._looked_up(flat)
        is_hit = np.zeros(len(flat.tokens), dtype=np.bool_)
        is_hit[place[gram >= 0]] = True
        return [
            is_hit[start : start + max(0, length - self.n + 1)]
            for start, length in zip(flat.start.tolist(), flat.length.tolist(), strict=True)
        ]

    def runs(self, texts: Sequence[IntArray]) -> list[list[Run]]:
        """Return the runs of at least n tokens that each text shares with indexed texts.

        Of an n-gram that stands in more than ``MOST_PLACES`` places, the first ones are followed:
        what is told of it is then a lower bound. Runs are ordered by start, then source.
        """
        flat = _Flat.of(texts)
        found: list[list[Run]] = [[] for _ in texts]
        for here, there, length in self._runs(flat):
            text, source = flat.owner(here), self._flat.owner(there)
            start, source_start = here - flat.start[text], there - self._flat.start[source]
            columns = (text, start, length, source, source_start)
            for to, *run in zip(*(one.tolist() for one in columns), strict=True):
                found[to].append(Run(*run))
        return [sorted(one, key=lambda run: (run.start, run.source, -run.length)) for one in found]

    def longest(self, texts: Sequence[IntArray]) -> IntArray:
        """Return the tokens of the longest run of each text, shape [d]; 0 where none has n tokens."""
        flat = _Flat.of(texts)
        longest = np.zeros(len(texts), dtype=np.int64)
        for here, _, length in self._runs(flat):
            np.maximum.at(longest, flat.owner(here), length)
        return longest

    def _told_apart(self, hashed: HashArray) -> IntArray:
        """Return the number of the n-gram at each place, shape [m], hashes sorted.

        N-grams of one hash are compared with the first of them; those that differ, with the first
        of the rest, and so on: one round unless hashes collide.
        """
        block = np.cumsum(np.diff(hashed, prepend=hashed[:1]) != 0)
        gram = np.full(len(hashed), -1, dtype=np.int64)
        left, n_found = np.arange(len(hashed)), 0
        while len(left):
            is_first = np.diff(block[left], prepend=-1) != 0
            first = left[np.flatnonzero(is_first)[np.cumsum(is_first) - 1]]
            is_equal = self._flat.equal(self._place[left], self._flat, self._place[first], self.n)
            gram[left[is_equal]] = n_found + np.cumsum(is_first)[is_equal] - 1
            n_found += int(is_first.sum())
            left = left[~is_equal]
        # numbered by hash, so that n-grams of one hash follow each other
        _, smallest = np.unique(gram, return_index=True)
        number = np.empty(len(smallest), dtype=np.int64)
        number[np.argsort(smallest, kind="stable")] = np.arange(len(smallest))
        return number[gram] if len(gram) else gram

    def _looked_up(self, flat: _Flat) -> tuple[IntArray, IntArray]:
        """Return where the n-grams of texts begin, shape [m], and which of the index each is, or -1."""
        place, hashed = flat.grams(self.n)
        gram = np.full(len(place), -1, dtype=np.int64)
        if not self.n_grams:
            return place, gram
        left = np.flatnonzero(self._sieve[(hashed >> self._shift).astype(np.int64)])
        at = np.searchsorted(self._hash, hashed[left])
        while len(left):
            is_there = at < self.n_grams
            is_there[is_there] = self._hash[at[is_there]] == hashed[left[is_there]]
            left, at = left[is_there], at[is_there]
            source = self._place[self._first[at]]
            is_equal = flat.equal(place[left], self._flat, source, self.n)
            gram[left[is_equal]] = at[is_equal]
            left, at = left[~is_equal], at[~is_equal] + 1  # the next n-gram of the same hash
        return place, gram

    def _runs(self, flat: _Flat) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
        """Yield runs of whole texts at a time: where they begin here and there, and their lengths."""
        place, gram = self._looked_up(flat)
        place, gram = place[gram >= 0], gram[gram >= 0]
        if not len(place):
            return
        n_places = np.minimum(np.diff(self._first)[gram], MOST_PLACES)
        ends = np.append(np.flatnonzero(np.diff(flat.owner(place))) + 1, len(place))
        total = np.concatenate([[0], np.cumsum(n_places)])[ends]
        start, done = 0, 0
        for k, end in enumerate(ends.tolist()):
            if k + 1 < len(ends) and total[k + 1] - done <= _PAIRS:
                continue
            counts = n_places[start:end]
            there = self._place[np.repeat(self._first[gram[start:end]], counts) + _counted(counts)]
            yield _joined(np.repeat(place[start:end], counts), there, self.n)
            start, done = end, int(total[k])


def characters(text: str) -> IntArray:
    """Return the characters of a text as numbers, shape [t]."""
    raw = text.encode("utf-32-le", "surrogatepass")
    return np.frombuffer(raw, dtype="<u4").astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Flat:
    """Texts one after another with a gap behind each, so that nothing reaches into the next.

    Attributes:
        tokens: Shape [u + d].
        start: Where each text begins, shape [d].
        length: Tokens of each, shape [d].
    """

    tokens: IntArray
    start: IntArray
    length: IntArray

    @classmethod
    def of(cls, texts: Sequence[IntArray]) -> _Flat:
        """Put texts one after another."""
        for text in texts:
            if np.ndim(text) != 1:
                raise ShapeError(f"A text must have shape [t], got {list(np.shape(text))}.")
        length = np.array([len(text) for text in texts], dtype=np.int64)
        start = np.cumsum(length + 1) - (length + 1)
        tokens = np.zeros(int(length.sum()) + len(length), dtype=np.int64)
        for text, begin in zip(texts, start.tolist(), strict=True):
            tokens[begin : begin + len(text)] = text
        return cls(tokens, start, length)

    @property
    def n_tokens(self) -> int:
        """Tokens of all texts."""
        return int(self.length.sum())

    def owner(self, place: IntArray) -> IntArray:
        """Return the text that places lie in, shape of the places."""
        return np.searchsorted(self.start, place, side="right") - 1

    def grams(self, n: int) -> tuple[IntArray, HashArray]:
        """Return where n-grams begin and their hashes, shape [m] each."""
        counts = np.maximum(self.length - n + 1, 0)
        place = np.repeat(self.start, counts) + _counted(counts)
        if not len(place):
            return place, np.zeros(0, dtype=np.uint64)
        return place, _rolling(self.tokens, n)[place]

    def equal(self, places: IntArray, other: _Flat, others: IntArray, n: int) -> BoolArray:
        """Return whether n tokens are equal from each place on, shape of the places."""
        is_equal = np.ones(len(places), dtype=np.bool_)
        is_other = np.flatnonzero((places != others) | (self.tokens is not other.tokens))
        for offset in range(n):
            same = self.tokens[places[is_other] + offset] == other.tokens[others[is_other] + offset]
            if not same.all():
                is_equal[is_other[~same]] = False
                is_other = is_other[same]
        return is_equal


def _rolling(tokens: IntArray, n: int) -> HashArray:
    """Return the hash of the n tokens from each place on, shape [u - n + 1].

    With powers of an odd base a stretch of the running sum is the hash times a power; the inverse
    base takes that away.
    """
    size = len(tokens)
    powers = _powers(_BASE, size)
    summed = np.zeros(size + 1, dtype=np.uint64)
    np.cumsum(_mixed(tokens) * powers, out=summed[1:])
    window = summed[n:] - summed[:-n]
    return _mixed_hash(window * _powers(pow(_BASE, -1, _MODULUS), size)[: len(window)])


def _powers(base: int, size: int) -> HashArray:
    powers = np.full(size, base, dtype=np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _mixed(tokens: IntArray) -> HashArray:
    """Spread small numbers over 64 bits."""
    return _mixed_hash(tokens.astype(np.uint64) + np.uint64(_BASE))


def _mixed_hash(values: HashArray) -> HashArray:
    # splitmix64's finaliser: every bit of the input reaches the high bits, by which the sieve goes
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _sieve(hashed: HashArray) -> tuple[BoolArray, np.uint64]:
    """Return a table that says no for most hashes that are not there, and the shift into it."""
    bits = max(1, int(_SIEVE * len(hashed)).bit_length())
    shift = np.uint64(64 - bits)
    table = np.zeros(1 << bits, dtype=np.bool_)
    table[(hashed >> shift).astype(np.int64)] = True
    return table, shift


def _counted(counts: IntArray) -> IntArray:
    """Return 0, 1, ... for each count, one after another, shape [sum of the counts]."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _joined(here: IntArray, there: IntArray, n: int) -> tuple[IntArray, IntArray, IntArray]:
    """Join pairs of places that follow each other in both texts to runs."""
    order = np.lexsort((here, there - here))
    here, there = here[order], there[order]
    is_start = np.ones(len(here), dtype=np.bool_)
    is_start[1:] = (np.diff(here) != 1) | (np.diff(there) != 1)
    start = np.flatnonzero(is_start)
    return here[start], there[start], np.diff(np.append(start, len(here))) + n - 1
