"""Where tokens stand in the text that they were made from, by the tokenizer's offsets.

Legend of shapes: t tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOWHERE = -1
"""Stands in every column of a token that belongs to no text."""


def token_spans(
    offsets: Sequence[tuple[int, int]],
    sequences: Sequence[int | None],
    texts: tuple[str, str | None],
) -> NDArray[np.int64]:
    """Return text, start and stop of each token, shape [t, 3]; -1 for special tokens.

    White space at the beginning of a token is no part of its span: some tokenizers count it in,
    others do not. A token of white space alone stands, empty, where it ends.

    Args:
        offsets: Start and stop of each token in its text, in characters.
        sequences: Text of each token, None for special tokens.
        texts: The text, or both texts of a pair.
    """
    rows = [
        (NOWHERE,) * 3 if text is None else (text, *_trimmed(texts[text] or "", start, stop))
        for text, (start, stop) in zip(sequences, offsets, strict=True)
    ]
    # an empty text of a tokenizer without special tokens is read as one stand-in
    return np.array(rows or [(NOWHERE,) * 3], dtype=np.int64)


def _trimmed(text: str, start: int, stop: int) -> tuple[int, int]:
    piece = text[start:stop]
    return start + len(piece) - len(piece.lstrip()), stop
