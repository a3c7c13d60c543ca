"""Texts of a language model as training rows: windows of long texts, and packs of short ones.

A text ends with the token that ends texts, so that a model learns to stop. What is longer than the
context is cut into windows, each beginning with the last token of the one before, so every token is
a target once. A prompt that leaves no room for its completion loses its beginning.

Legend of shapes: t tokens.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Passage:
    """What is read in one go, unseen by anything beside it.

    Attributes:
        ids: Tokens, shape [t].
        is_target: Whether a token is to be learnt, shape [t]; never the first.
    """

    ids: NDArray[np.int64]
    is_target: NDArray[np.bool_]

    @property
    def length(self) -> int:
        """Tokens."""
        return len(self.ids)

    @property
    def n_targets(self) -> int:
        """Tokens that are to be learnt."""
        return int(self.is_target.sum())


@dataclass(frozen=True, slots=True)
class Pack:
    """Passages that share one sequence of a batch."""

    passages: tuple[Passage, ...]

    @property
    def length(self) -> int:
        """Tokens."""
        return sum(one.length for one in self.passages)


Row = tuple[Pack, int, int]
"""Pack, 0, position: the form of the rows of other lessons."""


def ended(passage: Passage, end: int | None) -> Passage:
    """Return a passage that ends with a token, which is a target too; None changes nothing."""
    if end is None or (passage.length and passage.ids[-1] == end):
        return passage
    return Passage(np.append(passage.ids, end), np.append(passage.is_target, True))


def windows(passage: Passage, max_tokens: int) -> list[Passage]:
    """Cut a passage into windows of at most ``max_tokens``; those without a target are left out."""
    targets = np.flatnonzero(passage.is_target)
    if not len(targets):
        return []
    if passage.length <= max_tokens:
        return [passage]
    if passage.length - targets[0] < max_tokens:  # what is to be learnt fits: the prompt gives way
        return [_part(passage, passage.length - max_tokens, passage.length)]
    starts = range(0, passage.length - 1, max_tokens - 1)
    cut = (_part(passage, at, min(at + max_tokens, passage.length)) for at in starts)
    return [one for one in cut if one.is_target.any()]


def _part(passage: Passage, start: int, stop: int) -> Passage:
    is_target = passage.is_target[start:stop].copy()
    is_target[0] = False  # nothing stands before it here; it was a target in the window before
    return Passage(passage.ids[start:stop], is_target)


def packed(passages: Sequence[Passage], max_tokens: int, seed: int) -> list[Pack]:
    """Put passages into packs of at most ``max_tokens``: each into the fullest that has room.

    Args:
        passages: Each at most ``max_tokens`` long.
        max_tokens: Room of a pack.
        seed: Decides which passages of equal length stand together.
    """
    shuffled = np.random.default_rng(seed).permutation(len(passages)).tolist()
    packs: list[list[Passage]] = []
    rooms: list[tuple[int, int]] = []  # room left and pack, ascending
    for index in sorted(shuffled, key=lambda i: -passages[i].length):
        one = passages[index]
        at = bisect.bisect_left(rooms, (one.length, -1))
        if at == len(rooms):
            packs.append([one])
            room, pack = max_tokens, len(packs) - 1
        else:
            room, pack = rooms.pop(at)
            packs[pack].append(one)
        if room > one.length:
            bisect.insort(rooms, (room - one.length, pack))
    return [Pack(tuple(pack)) for pack in packs]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many texts became how many passages.

    Attributes:
        n_texts, n_passages, n_targets: Texts, passages, tokens that are to be learnt.
        n_cut: Texts of several windows, and prompts that lost their beginning.
    """

    n_texts: int
    n_passages: int
    n_targets: int
    n_cut: int


def cut_all(
    whole: Iterator[Passage], *, max_tokens: int, end: int | None, first_only: bool = False
) -> tuple[list[Passage], Counted]:
    """Return all windows of all texts, and how many there were.

    Args:
        whole: Texts.
        max_tokens: Longest window.
        end: Token that ends a text.
        first_only: Whether only the first window of each text is learnt from.
    """
    found: list[Passage] = []
    n_texts = n_cut = 0
    for text in whole:
        n_texts += 1
        closed = ended(text, end)
        n_cut += closed.length > max_tokens
        cut = windows(closed, max_tokens)
        found += cut[:1] if first_only else cut
    n_targets = sum(one.n_targets for one in found)
    return found, Counted(n_texts, len(found), n_targets, n_cut)


def rows_of(packs: Sequence[Pack]) -> list[Row]:
    """Return packs as rows of a training."""
    return [(pack, 0, position) for position, pack in enumerate(packs)]


def arrays_of(rows: Sequence[Row], *, pad: int, is_per_sequence: bool) -> dict[str, NDArray[Any]]:
    """Return a batch, padded on the right to its longest row, shapes [b, t].

    Args:
        rows: Packs.
        pad: Token that fills.
        is_per_sequence: Whether the targets of a passage weigh 1 together, or 1 each.

    Returns:
        ``input_ids``; ``labels``: the token that should follow, -100 where none is learnt;
        ``target_weight``; ``position_ids``, counted from 0 in each passage; ``attention_mask``.
    """
    shape = len(rows), max(pack.length for pack, *_ in rows)
    found: dict[str, NDArray[Any]] = {
        "input_ids": np.full(shape, pad, dtype=np.int64),
        "labels": np.full(shape, -100, dtype=np.int64),
        "target_weight": np.zeros(shape, dtype=np.float32),
        "position_ids": np.zeros(shape, dtype=np.int64),
        "attention_mask": np.zeros(shape, dtype=np.int64),
    }
    for i, (pack, *_) in enumerate(rows):
        at = 0
        for one in pack.passages:
            stop = at + one.length
            found["input_ids"][i, at:stop] = one.ids
            found["labels"][i, at : stop - 1] = np.where(one.is_target, one.ids, -100)[1:]
            weight = 1 / one.n_targets if is_per_sequence else 1.0
            found["target_weight"][i, at : stop - 1] = one.is_target[1:] * weight
            found["position_ids"][i, at:stop] = np.arange(one.length)
            at = stop
        found["attention_mask"][i, :at] = 1
        found["position_ids"][i, at:] = np.arange(shape[1] - at)  # padding: a passage of its own
    return found
