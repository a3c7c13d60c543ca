"""How likely whole texts are to a language model, long ones window by window.

Legend: n texts, t tokens, w window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.modelling import Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasLogProbabilities

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]
    Ask = Callable[[Sequence[Item]], NDArray[np.float32]]

Text = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoredTexts:
    """What a model says of texts; only what it scored is counted.

    Attributes:
        nats: Minus the log-probability of each text, shape [n].
        tokens, n_bytes, n_characters: How much of each was scored, shape [n].
        n_windows: Windows that each was read in, shape [n].
        is_cut: Whether a part of a text was never scored, shape [n].
    """

    nats: FloatArray
    tokens: IntArray
    n_bytes: IntArray
    n_characters: IntArray
    n_windows: IntArray
    is_cut: NDArray[np.bool_]


def scored_texts(
    model: HasLogProbabilities,
    inputs: Sequence[Text],
    items: Sequence[Item],
    logits: NDArray[np.float32],
    ask: Ask,
) -> ScoredTexts:
    """Return what a model says of texts.

    A plain text that is longer than the model reads is read in windows that overlap by half, so that
    each token is scored once, after at least half a window of context. A completion whose prompt was
    cut counts as it was read.

    Args:
        model: Knows its tokens.
        inputs: Texts, or prompts with their completions.
        items: The same, prepared.
        logits: Log-probability of each item in nats, shape [n, 1].
        ask: Returns the same of further items.
    """
    parts = {
        row: found
        for row, item in enumerate(items)
        if item.is_truncated and (found := windows(model, inputs[row], item))
    }
    asked = [one for found in parts.values() for one in found]
    answers = ask(asked)[:, 0].astype(np.float64) if asked else np.zeros(0)
    nats = -logits[:, 0].astype(np.float64)
    counts = np.zeros((len(items), 4), dtype=np.int64)
    place = 0
    for row, item in enumerate(items):
        read = parts.get(row, [item])
        if row in parts:
            nats[row] = -answers[place : place + len(read)].sum()
            place += len(read)
        text = _what_was_scored(
            model, inputs[row], item, is_cut=item.is_truncated and row not in parts
        )
        tokens = sum(int((one.arrays["segment"] > 0).sum()) for one in read)
        counts[row] = tokens, len(text.encode("utf-8", "replace")), len(text), len(read)
    cut = [item.is_truncated and row not in parts for row, item in enumerate(items)]
    return ScoredTexts(
        nats, counts[:, 0], counts[:, 1], counts[:, 2], counts[:, 3], np.array(cut, dtype=np.bool_)
    )


def windows(model: HasLogProbabilities, text: Text, item: Item) -> list[Item]:
    """Return windows over a text that was cut; none where it is no plain text, or was cut elsewhere.

    Each begins with the tokens that every text begins with, and is as long as the item. The token that
    ends a text is not among them.
    """
    if not isinstance(text, str):
        return []
    ids = model.encode(text, is_start=True)
    width, n_start = item.length, len(ids) - len(model.encode(text, is_start=False))
    room = width - n_start
    if room < 2 or not np.array_equal(ids[: width - 1], item.arrays["input_ids"][: width - 1]):
        return []
    begin, body = ids[:n_start], ids[n_start:]
    found = [_window(begin, body[:room], n_read=0 if n_start else 1)]
    step = room // 2
    for scored in range(room, len(body), step):
        first = scored - (room - step)
        found.append(_window(begin, body[first : first + room], n_read=room - step))
    return found


def expected_windows(lengths: Sequence[int], n_characters: Sequence[int]) -> float:
    """Return windows beyond the first of a text on average, from rows that were looked at.

    Args:
        lengths: Tokens of each, cut at what the model reads.
        n_characters: Characters of each.
    """
    tokens, characters = np.array(lengths, np.float64), np.array(n_characters, np.float64)
    if not len(tokens):
        return 0.0
    width = tokens.max()
    is_whole = tokens < width
    if not is_whole.any() or width < 4:
        return 0.0
    per_character = tokens[is_whole].sum() / max(1.0, characters[is_whole].sum())
    beyond = np.where(is_whole, 0.0, np.maximum(0.0, characters * per_character - width))
    return float(np.ceil(beyond / (width // 2)).mean())


def _window(begin: IntArray, body: IntArray, *, n_read: int) -> Item:
    ids = np.concatenate([begin, body]).astype(np.int64)
    segment = np.ones(len(ids), dtype=np.int64)
    segment[: len(begin) + n_read] = 0
    raw = b"window|" + ids.tobytes() + b"|" + segment.tobytes()
    key = hashlib.sha256(raw).digest()
    return Item({"input_ids": ids, "segment": segment}, len(ids), is_truncated=False, key=key)


def _what_was_scored(model: HasLogProbabilities, text: Text, item: Item, *, is_cut: bool) -> str:
    ids, segment = item.arrays["input_ids"], item.arrays["segment"]
    if is_cut:
        return model.decode(ids[segment > 0])
    if not isinstance(text, str):
        return text[1]
    # the first token of a text is only read where no other one begins it
    return text.removeprefix(model.decode(ids[segment == 0]))
