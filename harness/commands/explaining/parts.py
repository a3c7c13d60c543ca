"""From values per part to pieces of the text: where each part stands, and what was not read.

Legend of shapes: p parts, t tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.figures.explained import Span
from harness.modelling import HasSpans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.explaining.values import Input
    from harness.modelling import HasParts, Item

_NOWHERE: Span = (0, 0, 0)


def token_spans(model: object, inputs: Sequence[Input]) -> list[NDArray[np.int64] | None]:
    """Return where the tokens of each input stand, shape [t, 3]; None where a model cannot say."""
    if not isinstance(model, HasSpans):
        return [None for _ in inputs]
    return list(model.spans([one.given for one in inputs]))


def word_spans(
    model: HasParts, item: Item, spans: NDArray[np.int64] | None, texts: Sequence[str]
) -> tuple[tuple[str, ...], list[Span | None]]:
    """Return the texts to draw, and where each word of an item stands in them.

    Where a model cannot say it, the words as the model names them stand in for the text.

    Args:
        model: Whose words they are.
        item: The input.
        spans: Of its tokens, shape [t, 3]; None where they are not known.
        texts: As they were given.
    """
    parts = model.parts(item)
    if spans is None:
        return _stand_in([part.content for part in parts])
    found: list[Span | None] = []
    for part in parts:
        rows = spans[list(part.positions)]
        rows = rows[rows[:, 1] >= 0]
        found.append(_around(rows) if len(rows) else None)
    return tuple(texts), found


def span_of_tokens(spans: NDArray[np.int64]) -> list[Span | None]:
    """Return where each token stands; None for special tokens."""
    return [(int(a), int(b), int(c)) if b >= 0 else None for a, b, c in spans]


def unread_spans(
    spans: NDArray[np.int64] | None, texts: Sequence[str], *, is_truncated: bool
) -> tuple[Span, ...]:
    """Return what the model did not read of each text: all behind its last token."""
    if spans is None or not is_truncated:
        return ()
    found = []
    for index, text in enumerate(texts):
        own = spans[(spans[:, 0] == index) & (spans[:, 1] >= 0)]
        last = int(own[:, 2].max(initial=0))
        if text[last:].strip():
            found.append((index, last, len(text)))
    return tuple(found)


def _around(rows: NDArray[np.int64]) -> Span:
    text = int(rows[0, 0])
    rows = rows[rows[:, 0] == text]
    return text, int(rows[:, 1].min()), int(rows[:, 2].max())


def _stand_in(words: Sequence[str]) -> tuple[tuple[str, ...], list[Span | None]]:
    spans: list[Span | None] = []
    at = 0
    for word in words:
        spans.append((0, at, at + len(word)))
        at += len(word) + 1
    return (" ".join(words),), spans
