"""Texts as items: tokens without padding, and the words they belong to.

Legend of shapes: n examples, p parts, t tokens, b batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MethodRefused, Phrase, must
from harness.modelling import Item
from models._editing import WORD_IDS, ItemEditor
from models._spans import NOWHERE, token_spans
from models._windows import cut
from models._words import one_part_per_token, words_of_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

TextInput = str | tuple[str, ...]

_CHUNK = 1000


class TextEncoder(ItemEditor):
    """A tokenizer that marks what it cuts and knows which tokens form a word.

    Args:
        tokenizer: Hugging Face tokenizer, fast or slow.
        max_tokens: Longest item, special tokens included.
        inputs: Names of arrays that the model reads.
    """

    def __init__(self, tokenizer: Any, max_tokens: int, inputs: frozenset[str]) -> None:
        super().__init__(tokenizer)
        self.max_tokens = max_tokens
        self._inputs = inputs

    def prepare(self, inputs: Sequence[TextInput]) -> list[Item]:
        """Tokenize texts and pairs, in order; nothing is padded, cuts are marked."""
        items: list[Item | None] = [None] * len(inputs)
        for wants_pair in (False, True):
            where = [i for i, one in enumerate(inputs) if isinstance(one, tuple) is wants_pair]
            for start in range(0, len(where), _CHUNK):
                chunk = where[start : start + _CHUNK]
                for position, item in zip(
                    chunk, self._chunk([inputs[i] for i in chunk]), strict=True
                ):
                    items[position] = item
        return [item for item in items if item is not None]

    def spans(self, inputs: Sequence[TextInput]) -> list[NDArray[np.int64]]:
        """Say where tokens stand; see ``HasSpans``. -1 throughout where a tokenizer does not know."""
        if not self.tokenizer.is_fast:
            return [np.full((item.length, 3), NOWHERE) for item in self.prepare(inputs)]
        found = []
        for one in inputs:
            texts = _clean(one)
            second = None if texts[1] is None else [texts[1]]
            encoding = self._encode([texts[0]], second, truncation=True).encodings[0]
            found.append(token_spans(encoding.offsets, encoding.sequence_ids, texts))
        return found

    def windows(self, one: TextInput, *, overlap: int) -> list[tuple[Item, NDArray[np.int64]]]:
        """Cut an input into windows; see ``HasWindows``.

        Raises:
            MethodRefused: If the tokenizer does not know where tokens stand.
            UsageError: If the overlap is negative.
        """
        if not self.tokenizer.is_fast:
            got = Phrase(f"{type(self.tokenizer).__name__}, which is not")
            do = "Save the model with its tokenizer.json, or read long texts cut off."
            raise MethodRefused(must("The tokenizer", "be a fast one for windows", got, do=do))
        texts = _clean(one)
        first, second = (None if text is None else self._bare(text) for text in texts)
        room = self.max_tokens - self.tokenizer.num_special_tokens_to_add(second is not None)
        fed = [name for name in self.tokenizer.model_input_names if name in self._inputs]
        return [
            (
                self.item(
                    {n: np.asarray(each.arrays[n], dtype=np.int64) for n in fed if n in each.arrays}
                    | {
                        WORD_IDS: words_of_tokens(
                            each.word_ids, each.sequences, each.offsets, texts
                        )
                    },
                    is_truncated=False,
                ),
                token_spans(each.offsets, each.sequences, texts),
            )
            for each in cut(first, second, tokenizer=self.tokenizer, room=room, overlap=overlap)
        ]

    def _chunk(self, inputs: Sequence[TextInput]) -> list[Item]:
        pairs = [_clean(one) for one in inputs]
        first = [one for one, _ in pairs]
        second = [two for _, two in pairs if two is not None] or None
        encoded = self._encode(first, second, truncation=True)
        rows = range(len(inputs))
        if self.tokenizer.is_fast:
            truncated = [bool(encoded.encodings[i].overflowing) for i in rows]
            words = [
                words_of_tokens(one.word_ids, one.sequence_ids, one.offsets, pairs[i])
                for i, one in zip(rows, encoded.encodings, strict=True)
            ]
        else:
            whole = self._encode(first, second, truncation=False)["input_ids"]
            truncated = [len(whole[i]) > len(encoded["input_ids"][i]) for i in rows]
            words = [one_part_per_token(encoded["special_tokens_mask"][i]) for i in rows]
        fed = [name for name in encoded if name in self._inputs and name != "attention_mask"]
        return [
            self.item(
                {name: np.asarray(encoded[name][i], dtype=np.int64) for name in fed}
                | {WORD_IDS: words[i]},
                is_truncated=truncated[i],
            )
            for i in rows
        ]

    def _bare(self, text: str) -> Any:
        """Return the encoding of a text of any length, without special tokens."""
        return self.tokenizer(
            [text], add_special_tokens=False, truncation=False, verbose=False
        ).encodings[0]

    def _encode(self, first: list[str], second: list[str] | None, *, truncation: bool) -> Any:
        return self.tokenizer(
            first,
            second,
            truncation=truncation,
            max_length=self.max_tokens if truncation else None,
            padding=False,
            return_attention_mask=False,
            return_special_tokens_mask=not self.tokenizer.is_fast,
            verbose=False,
        )


def _clean(one: TextInput) -> tuple[str, str | None]:
    first, second = one if isinstance(one, tuple) else (one, None)
    return encodable(first), None if second is None else encodable(second)


def encodable(text: str) -> str:
    """Return a text that can be written as UTF-8; the same text where it already can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        # a lone half of a surrogate pair, as JSON may hold it, is nothing a tokenizer can read
        return text.encode("utf-8", "replace").decode()
    return text
