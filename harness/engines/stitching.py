"""From values of tokens to values of words, sentences and long texts; sums stay what they are.

Everything is addressed by position and by character, never by what stands there.

Legend of shapes: t tokens of an item or window, q addresses of a text, a owners, s sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ShapeError, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Part

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NOBODY = -1
"""Owner of what belongs to no word or sentence: special tokens."""

_SENTENCE_END = re.compile(
    r"""(?: (?<![.!?…]) [.!?…]++ ["'”’)\]}»]*+ (?=\s|\Z)   # a stop before white space
          | [。！？｡]++ [”’」』）】》"')]*+                 # no white space follows a Chinese stop
          | \n                                              # a line ends a sentence, too
        ) \s*+""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Window:
    """Values of one window of a long input.

    Attributes:
        values: Of tokens, shape [t].
        spans: Text, start and stop of each token, shape [t, 3]; -1 for special tokens.
        words: Part of each token within its window, shape [t]; see ``words_of``.
    """

    values: Floats
    spans: Ints
    words: Ints


@dataclass(frozen=True, slots=True)
class Stitched:
    """Values of a long input, each address once.

    Attributes:
        values: Of each address, shape [q], in order of the text.
        spans: Text, start and stop of each address, shape [q, 3].
        words: Word of each address, shape [q], numbered from 0.
        beyond_first: Share of the tokens that the first window does not hold, 0 to 1: what an
            ordinary, truncated answer never saw.
    """

    values: Floats
    spans: Ints
    words: Ints
    beyond_first: float


def words_of(parts: Sequence[Part], n_tokens: int) -> Ints:
    """Return the part of each token of an item, shape [t]; ``NOBODY`` for special tokens."""
    owners = np.full(n_tokens, NOBODY, dtype=np.int64)
    for number, part in enumerate(parts):
        owners[list(part.positions)] = number
    return owners


def sum_by(values: NDArray[np.floating[Any]], owners: Ints, n: int) -> Floats:
    """Return the sum of values of each owner, shape [a]: completeness is kept.

    Args:
        values: Shape [t].
        owners: Word or sentence of each value, shape [t]; ``NOBODY`` is left out.
        n: a.

    Raises:
        ShapeError: If there are not as many owners as values.
    """
    _same(values, owners)
    has_owner = owners != NOBODY
    sums: Floats = np.bincount(
        owners[has_owner], weights=np.asarray(values, dtype=np.float64)[has_owner], minlength=n
    ).astype(np.float64)
    return sums


def spans_by(spans: Ints, owners: Ints, n: int) -> Ints:
    """Return text, first start and last stop of each owner, shape [a, 3].

    Args:
        spans: Of tokens or addresses, shape [t, 3].
        owners: Word or sentence of each, shape [t]; an owner stands in one text only.
        n: a; owners without a token get -1, -1, -1.

    Raises:
        ShapeError: If there are not as many owners as spans.
    """
    _same(spans, owners)
    joined = np.full((n, 3), NOBODY, dtype=np.int64)
    for span, owner in zip(spans.tolist(), owners.tolist(), strict=True):
        if owner == NOBODY or span[0] < 0:
            continue
        _, start, stop = joined[owner].tolist()
        first = span[1] if start < 0 else min(start, span[1])
        joined[owner] = span[0], first, max(stop, span[2])
    return joined


def sentences(*texts: str) -> Ints:
    """Return text, start and stop of each sentence, shape [s, 3]; together they cover every text.

    A sentence ends after . ! ? … with closing quotes and brackets before white space, after
    。 ！ ？ wherever they stand, and at the end of a line. White space belongs to the sentence
    before it. Abbreviations are not known: "e.g. this" is cut.

    Args:
        texts: A text, or both texts of a pair.
    """
    rows = []
    for number, text in enumerate(texts):
        start = 0
        for found in _SENTENCE_END.finditer(text):
            if text[start : found.end()].strip():
                rows.append((number, start, found.end()))
                start = found.end()
        if start < len(text):
            rows.append((number, start, len(text)))
    return np.array(rows, dtype=np.int64).reshape(len(rows), 3)


def sentences_of(spans: Ints, table: Ints) -> Ints:
    """Return the sentence in which each token, word or address begins, shape [t].

    Args:
        spans: Shape [t, 3]; special tokens belong to ``NOBODY``.
        table: Of ``sentences``, shape [s, 3].
    """
    owners = np.full(len(spans), NOBODY, dtype=np.int64)
    for number, (text, start, _) in enumerate(table.tolist()):
        owners[(spans[:, 0] == text) & (spans[:, 1] >= start)] = number
    return owners


def stitch(windows: Sequence[Window]) -> Stitched:
    """Join the values of overlapping windows, so that every content token counts once.

    What several windows hold gets the mean of what they say. An address that a window's edge cuts
    through (several tokens of one character) is taken from the windows that hold all of it. Words go
    on across windows.

    Args:
        windows: In order, at least one.

    Raises:
        ShapeError: If the arrays of a window differ in length.
    """
    sums: dict[tuple[int, int, int], list[tuple[int, float]]] = {}
    goes_on: set[tuple[int, int, int]] = set()
    n_first = 0
    for window in windows:
        _same(window.values, window.spans)
        _same(window.words, window.spans)
        own = _by_address(window)
        for address, (n, total, _) in own.items():
            sums.setdefault(address, []).append((n, total))
        goes_on |= {b for a, b in pairwise(own) if own[a][2] == own[b][2]}
        n_first = n_first or sum(n for n, _, _ in own.values())
    addresses = sorted(sums)
    n_tokens = {address: max(n for n, _ in sums[address]) for address in addresses}
    values = [
        float(np.mean([total for n, total in sums[address] if n == n_tokens[address]]))
        for address in addresses
    ]
    begins = np.array([address not in goes_on for address in addresses], dtype=np.int64)
    n_all = sum(n_tokens.values())
    return Stitched(
        np.array(values, dtype=np.float64),
        np.array(addresses, dtype=np.int64).reshape(len(addresses), 3),
        np.cumsum(begins) - 1,
        1 - n_first / n_all if n_all else 0.0,
    )


def _by_address(window: Window) -> dict[tuple[int, int, int], tuple[int, float, int]]:
    """Return for each address of a window, in order: number of tokens, sum of values, word."""
    found: dict[tuple[int, int, int], tuple[int, float, int]] = {}
    rows = zip(window.spans.tolist(), window.values.tolist(), window.words.tolist(), strict=True)
    for (text, start, stop), value, word in rows:
        if text >= 0:
            n, total, first_word = found.get((text, start, stop), (0, 0.0, word))
            found[text, start, stop] = n + 1, total + value, first_word
    return found


def _same(one: NDArray[Any], other: NDArray[Any]) -> None:
    if len(one) != len(other):
        raise ShapeError(must("Values, spans and owners", f"be t={len(other)} each", len(one)))
