"""Which tokens form a word.

Legend of shapes: t tokens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# scripts that are written without spaces: there a token is the smallest part that can be named
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)


def words_of_tokens(
    word_ids: Sequence[int | None],
    sequences: Sequence[int | None],
    offsets: list[tuple[int, int]],
    texts: tuple[str, str | None],
) -> NDArray[np.int64]:
    """Number the words of one input from 0, -1 for special tokens."""
    keys: list[tuple[int, int, int] | None] = [
        None if word is None or sequence is None else (sequence, word, 0)
        for word, sequence in zip(word_ids, sequences, strict=True)
    ]
    if _needs_splitting(keys, texts):
        keys = _split_further(keys, offsets, texts)
    return _numbered(keys)


def _needs_splitting(keys: list[Any], texts: tuple[str, str | None]) -> bool:
    if any(text is not None and _UNSPACED.search(text) for text in texts):
        return True
    # some tokenizers (Llama's) have no word boundaries at all: everything is one word
    words = {key for key in keys if key is not None}
    n_tokens = sum(key is not None for key in keys)
    return len(words) <= sum(text is not None for text in texts) and n_tokens > len(words)


def _split_further(
    keys: list[tuple[int, int, int] | None],
    offsets: list[tuple[int, int]],
    texts: tuple[str, str | None],
) -> list[tuple[int, int, int] | None]:
    """Begin a new word also after white space, and at every token of an unspaced script."""
    split: list[tuple[int, int, int] | None] = []
    n_splits = 0
    last: tuple[tuple[int, int, int], int, int] | None = None
    for key, (start, end) in zip(keys, offsets, strict=True):
        if key is None:
            split.append(None)
            last = None
            continue
        if (
            last is not None
            and last[0] == key
            and _begins(texts[key[0]] or "", last[1:], start, end)
        ):
            n_splits += 1
        split.append((key[0], key[1], n_splits))
        last = (key, start, end)
    return split


def _begins(text: str, last: tuple[int, int], start: int, end: int) -> bool:
    before = text[last[0] : last[1]]
    if start < last[1] or not before.strip():
        return False  # a further byte of the same character; white space belongs to what follows
    has_space = text[start : start + 1].isspace() or text[start - 1 : start].isspace()
    touches = before[-1:] + text[start:end].strip()[:1]
    return has_space or _UNSPACED.search(touches) is not None


def _numbered(keys: Sequence[object | None]) -> NDArray[np.int64]:
    numbers = np.full(len(keys), -1, dtype=np.int64)
    n_words = -1
    last: object | None = None
    for position, key in enumerate(keys):
        if key is None:
            continue
        if key != last:
            n_words += 1
            last = key
        numbers[position] = n_words
    return numbers


def renumbered(word_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number words from 0 again, after some of them are gone."""
    return _numbered([None if word < 0 else word for word in word_ids.tolist()])


def one_part_per_token(special_tokens_mask: Sequence[int]) -> NDArray[np.int64]:
    """Number tokens from 0 where nothing is known of words, -1 for special tokens."""
    special = np.asarray(special_tokens_mask, dtype=np.int64)
    return np.where(special == 1, -1, np.cumsum(1 - special) - 1).astype(np.int64)
