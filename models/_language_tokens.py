"""Rows as items of a language model: what is read, what is scored, and where the row's text stands.

A prompt is tokenized alone, and once more with what follows: the tokens of both together must begin
with those of the prompt. Where white space at the end of a prompt is in the way it moves to the
candidate; where a token would reach across, the candidate is tokenized by itself, which is also what
a generation would have to write.

Legend of shapes: t tokens, k candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from harness.modelling import Item
from models._editing import WORD_IDS, ItemEditor
from models._language_prompts import NOBODY, Asked, Prompter
from models._spans import NOWHERE
from models._tokens import TextInput, encodable
from models._words import words_of_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Task

    Span = tuple[int, int, int]

SEGMENT = "segment"
"""Array of an item: 0 for what is only read, k >= 1 for candidate k."""

N_BYTES = "n_bytes"
"""Array of an item whose candidates are compared by bytes: those of each, on its first token."""

_CHUNK = 500


class _Encoding(NamedTuple):
    """What a tokenizer says of one text; without offsets and words where it does not know them."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    word_ids: list[int | None]

    def after(self, n: int) -> _Encoding:
        return _Encoding(self.ids[n:], self.offsets[n:], self.word_ids[n:])


@dataclass(slots=True)
class _Piece:
    """Tokens with where they stand in the row's texts, and the word that they belong to."""

    ids: list[int]
    spans: list[Span]
    words: list[int]

    @classmethod
    def of_special(cls, ids: list[int]) -> _Piece:
        return cls(ids, [(NOWHERE,) * 3] * len(ids), [NOWHERE] * len(ids))

    def cut(self, start: int, stop: int) -> _Piece:
        return _Piece(self.ids[start:stop], self.spans[start:stop], self.words[start:stop])


@dataclass(slots=True)
class _Row:
    """A row in tokens: what is read, then each candidate."""

    read: _Piece
    scored: list[_Piece]
    is_truncated: bool = False

    @property
    def pieces(self) -> list[_Piece]:
        return [self.read, *self.scored]


class LanguageEncoder(ItemEditor):
    """A tokenizer that knows what is read and what is scored, and marks what it cuts.

    A text begins with the tokens that its tokenizer puts there. Where it puts none, nothing stands
    before the first token of a plain text, so it is only read; an empty prompt becomes the token that
    a text begins or ends with.

    Args:
        tokenizer: Hugging Face tokenizer.
        max_tokens: Tokens that the model reads at once: prompt and one candidate.
        task: What is asked.

    Attributes:
        start: Tokens that every text begins with.

    Raises:
        ModelError: If the tokenizer cannot ask in the way of the task.
    """

    def __init__(self, tokenizer: Any, max_tokens: int, task: Task) -> None:
        super().__init__(tokenizer)
        self.max_tokens = max_tokens
        self._prompter = Prompter(tokenizer, task)
        self._counts_bytes = task.prompting is not None and task.prompting.normalise == "bytes"
        self.start = _start_of(tokenizer)
        self._anchor = self._bare("\n")
        self._adds_space = self._text(self._bare("a")) == " a"

    def prepare(self, inputs: Sequence[TextInput]) -> list[Item]:
        """Turn rows into items, in order; what is too long is cut and marked.

        A prompt loses its beginning, a candidate that is too long by itself its end.
        """
        return [
            item
            for start in range(0, len(inputs), _CHUNK)
            for item in self._items(inputs[start : start + _CHUNK])
        ]

    def spans(self, inputs: Sequence[TextInput]) -> list[NDArray[np.int64]]:
        """Say where the tokens of each row stand; see ``HasSpans``."""
        rows = self._rows([self._prompter(one) for one in inputs])
        return [
            np.array([span for piece in row.pieces for span in piece.spans], dtype=np.int64)
            for row in rows
        ]

    def encode(self, text: str, *, is_start: bool) -> NDArray[np.int64]:
        """Return token ids of a text, shape [t]; see ``HasLogProbabilities``."""
        if is_start:
            return self.encode_many([text])[0]
        return np.array(self._continuing(encodable(text)), dtype=np.int64)

    def encode_many(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return the token ids of whole texts, with what a text begins with; see ``EncodesMany``."""
        found = self._encoded([encodable(text) for text in texts])
        start, alone = self.start, [self._stand_in]
        return [np.array([*start, *one.ids] or alone, dtype=np.int64) for one in found]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; a continuation keeps the space that it begins with."""
        ids = list(tokens)
        if self.start and ids[: len(self.start)] == self.start:
            text = self._text(ids)
            return text[1:] if self._adds_space and text[:1] == " " else text
        before, whole = self._text(self._anchor), self._text([*self._anchor, *ids])
        return whole[len(before) :] if before and whole.startswith(before) else self._text(ids)

    def _text(self, ids: list[int]) -> str:
        tokenizer = self.tokenizer
        return str(
            tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        )

    def _items(self, inputs: Sequence[TextInput]) -> list[Item]:
        asked = [self._prompter(one) for one in inputs]
        rows = self._rows(asked)
        return [self._item_of(one, row) for one, row in zip(asked, rows, strict=True)]

    def _item_of(self, asked: Asked, row: _Row) -> Item:
        sizes = [len(piece.ids) for piece in row.pieces]
        arrays = {
            "input_ids": np.array([one for piece in row.pieces for one in piece.ids]),
            SEGMENT: np.repeat(np.arange(len(sizes)), sizes),
            WORD_IDS: np.array([one for piece in row.pieces for one in piece.words]),
        }
        if self._counts_bytes:
            arrays[N_BYTES] = np.zeros(sum(sizes))
            for k, text in enumerate(asked.candidates, start=1):
                if sizes[k]:
                    arrays[N_BYTES][sum(sizes[:k])] = max(1, len(text.strip().encode()))
        typed = {name: values.astype(np.int64) for name, values in arrays.items()}
        return self.item(typed, is_truncated=row.is_truncated)

    def _rows(self, asked: Sequence[Asked]) -> list[_Row]:
        return [self._fitted(one, row) for one, row in zip(asked, self._split(asked), strict=True)]

    def _split(self, asked: Sequence[Asked]) -> list[_Row]:
        """Tokenize prompts, and candidates after them."""
        prompts = self._encoded([one.prompt for one in asked])
        wholes = iter(
            self._encoded([one.prompt + text for one in asked for text in one.candidates])
        )
        rows = []
        for one, prompt in zip(asked, prompts, strict=True):
            mine = [next(wholes) for _ in one.candidates]
            n = len(prompt.ids)
            fits = all(whole.ids[:n] == prompt.ids for whole in mine)
            if fits or not any(one.candidates):
                after = [whole.after(n) for whole in mine]
            elif one.prompt != one.prompt.rstrip():
                rows += self._split([one.moved()])
                continue
            else:
                after = [_Encoding(self._continuing(text), [], []) for text in one.candidates]
            read = _Piece(prompt.ids, *_of_prompt(one, prompt))
            rows.append(_Row(read, [_of_candidate(one, k, each) for k, each in enumerate(after)]))
        return rows

    def _fitted(self, asked: Asked, row: _Row) -> _Row:
        """Put what a text begins with before a row, and cut what is too long."""
        start = [] if self._prompter.is_chat and not asked.is_plain else self.start
        if not start and not row.read.ids:
            if asked.is_plain and row.scored[0].ids:
                text = row.scored[0]
                row = _Row(text.cut(0, 1), [text.cut(1, len(text.ids))])
            else:
                start = [self._stand_in]
        n_start = len(start)
        longest = max((len(piece.ids) for piece in row.scored), default=0)
        n_read = len(row.read.ids)
        n_kept = min(n_read, max(0 if start else 1, self.max_tokens - n_start - longest))
        room = max(0, self.max_tokens - n_start - n_kept)
        read = row.read.cut(n_read - n_kept, n_read)
        before = _Piece.of_special(start)
        return _Row(
            _Piece(before.ids + read.ids, before.spans + read.spans, _renumbered(before, read)),
            [piece.cut(0, room) for piece in row.scored],
            is_truncated=n_kept < n_read or longest > room,
        )

    def _encoded(self, texts: Sequence[str]) -> list[_Encoding]:
        if not texts:
            return []
        found = self.tokenizer(
            list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False
        )
        if not self.tokenizer.is_fast:
            return [_Encoding(list(ids), [], []) for ids in found["input_ids"]]
        return [_Encoding(one.ids, one.offsets, one.word_ids) for one in found.encodings]

    def _bare(self, text: str) -> list[int]:
        return self._encoded([text])[0].ids

    def _continuing(self, text: str) -> list[int]:
        """Return the tokens of a text that goes on: no space is put before it, as some would."""
        found, n = self._bare("\n" + text), len(self._anchor)
        return found[n:] if n and found[:n] == self._anchor else self._bare(text)


def _of_prompt(asked: Asked, prompt: _Encoding) -> tuple[list[Span], list[int]]:
    """Return spans and words of the tokens of a prompt: those of the row's texts."""
    if len(prompt.offsets) != len(prompt.ids):
        return _Piece.of_special(prompt.ids).spans, _Piece.of_special(prompt.ids).words
    spans = [_place(asked, start, stop) for start, stop in prompt.offsets]
    owners = [None if text == NOWHERE else text for text, _, _ in spans]
    texts = (asked.prompt, asked.prompt if 1 in owners else None)
    return spans, words_of_tokens(prompt.word_ids, owners, prompt.offsets, texts).tolist()


def _place(asked: Asked, start: int, stop: int) -> Span:
    """Return the row's text that a token of the prompt overlaps, and where it stands in it."""
    begin = _begin(asked.prompt, start, stop)
    first = begin if begin < stop else start  # white space alone overlaps by itself
    for low, high, number in asked.places:
        if first < high and stop > low:
            return number, max(begin, low) - low, min(stop, high) - low
    return (NOWHERE,) * 3


def _of_candidate(asked: Asked, k: int, found: _Encoding) -> _Piece:
    """Return a candidate; it is no part of the input, but it may be a text of the row."""
    piece = _Piece.of_special(found.ids)
    owner, lead = asked.owners[k], asked.leads[k] + len(asked.prompt)
    if owner != NOBODY and len(found.offsets) == len(found.ids):
        text = asked.prompt + asked.candidates[k]
        piece.spans = [
            (owner, max(0, _begin(text, start, stop) - lead), max(0, stop - lead))
            for start, stop in found.offsets
        ]
    return piece


def _begin(text: str, start: int, stop: int) -> int:
    """Return where a token begins, white space before it left out."""
    piece = text[start:stop]
    return start + len(piece) - len(piece.lstrip())


def _renumbered(before: _Piece, read: _Piece) -> list[int]:
    """Number the words of a cut prompt from 0."""
    first = min((word for word in read.words if word != NOWHERE), default=0)
    return before.words + [word if word == NOWHERE else word - first for word in read.words]


def _start_of(tokenizer: Any) -> list[int]:
    """Return the tokens that a tokenizer puts before a text."""
    ids = tokenizer("a")["input_ids"]
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    for n in range(len(ids) - len(bare) + 1):
        if ids[n : n + len(bare)] == bare:
            return list(ids[:n])
    return []
