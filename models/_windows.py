"""Cutting long inputs into windows that a model can read, without losing a token.

A text that is too long is cut into runs of tokens that overlap. Of a pair, the longer text is cut
and the other one stays; where the other one alone takes more than half of the room, both are cut
to half of it and walked through side by side, the shorter one more slowly.

Legend of shapes: t tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError, must


@dataclass(frozen=True, slots=True)
class Cut:
    """One window, special tokens included.

    Attributes:
        arrays: ``input_ids`` and ``token_type_ids``, t each.
        word_ids: Word of each token in its text; None for special tokens.
        sequences: Text of each token, 0 or 1; None for special tokens.
        offsets: Start and stop of each token in its whole text, in characters.
    """

    arrays: dict[str, list[int]]
    word_ids: list[int | None]
    sequences: list[int | None]
    offsets: list[tuple[int, int]]


def cut(first: Any, second: Any | None, *, tokenizer: Any, room: int, overlap: int) -> list[Cut]:
    """Return the windows of an input, in order.

    Args:
        first: Encoding of the text without special tokens, of any length; it is cut.
        second: Encoding of the second text of a pair.
        tokenizer: Fast tokenizer; it adds the special tokens.
        room: Tokens that a window holds beside special tokens, >= 1.
        overlap: Tokens that neighbouring runs of a text share; at most half of a run.

    Raises:
        UsageError: If the overlap is negative.
    """
    if overlap < 0:
        raise UsageError(must("overlap", "be an integer >= 0", overlap))
    pieces = _pieces(first, second, room, overlap)
    return [_closed(tokenizer, *each) for each in pieces]


def _pieces(
    first: Any, second: Any | None, room: int, overlap: int
) -> Iterator[tuple[Any, Any | None]]:
    if second is None:
        yield from ((each, None) for each in _runs(first, room, overlap))
        return
    n_first, n_second = len(first.ids), len(second.ids)
    half = room // 2
    if n_first + n_second <= room:
        rooms = n_first, n_second
    elif n_second <= min(half, n_first):
        rooms = room - n_second, n_second
    elif n_first <= half:
        rooms = n_first, room - n_first
    else:
        rooms = room - half, half
    ours = _runs(first, rooms[0], overlap)
    theirs = _runs(second, rooms[1], overlap)
    n = max(len(ours), len(theirs))
    for index in range(n):
        yield ours[index * len(ours) // n], theirs[index * len(theirs) // n]


def _runs(encoding: Any, room: int, overlap: int) -> list[Any]:
    """Return an encoding, or the runs it is cut into; each token stands in at least one of them."""
    if len(encoding.ids) <= room:
        return [encoding]
    encoding.truncate(room, stride=min(overlap, room // 2))
    return [encoding, *encoding.overflowing]


def _closed(tokenizer: Any, first: Any, second: Any | None) -> Cut:
    """Add special tokens; which text a token is of is counted, since joining forgets it."""
    encoding = tokenizer.backend_tokenizer.post_process(first, second, True)
    n_first, n_content = len(first.ids), 0
    sequences: list[int | None] = []
    for is_special in encoding.special_tokens_mask:
        sequences.append(None if is_special else int(n_content >= n_first))
        n_content += not is_special
    return Cut(
        {"input_ids": encoding.ids, "token_type_ids": encoding.type_ids},
        encoding.word_ids,
        sequences,
        encoding.offsets,
    )
