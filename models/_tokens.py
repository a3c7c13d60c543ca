"""Texts as items: tokens without padding, and the words they belong to.

Legend of shapes: n examples, p parts, t tokens, b batch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, MethodRefused, Phrase, must
from harness.modelling import Absence, Item, Part, Removal
from models._spans import NOWHERE, token_spans
from models._windows import cut
from models._words import one_part_per_token, renumbered, words_of_tokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.int64]]

TextInput = str | tuple[str, ...]
WORD_IDS = "word_ids"
"""Array of an item that the model never sees: part of each token, -1 for special tokens."""

_CHUNK = 1000


class TextEncoder:
    """A tokenizer that marks what it cuts and knows which tokens form a word.

    Args:
        tokenizer: Hugging Face tokenizer, fast or slow.
        max_tokens: Longest item, special tokens included.
        inputs: Names of arrays that the model reads.
    """

    def __init__(self, tokenizer: Any, max_tokens: int, inputs: frozenset[str]) -> None:
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self._inputs = inputs
        self._contents: dict[tuple[int, ...], str] = {}

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

    def parts(self, item: Item) -> list[Part]:
        """Return the words of an item in order; special tokens belong to none."""
        where: list[list[int]] = []
        for position, index in enumerate(item.arrays[WORD_IDS].tolist()):
            while index >= len(where):
                where.append([])
            if index >= 0:
                where[index].append(position)
        ids = item.arrays["input_ids"].tolist()
        return [
            Part(index, tuple(positions), self._content(tuple(ids[i] for i in positions)))
            for index, positions in enumerate(where)
        ]

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Replace the tokens of some parts by the mask token; delete them where there is none.

        With a mask token the other parts keep their indexes and positions. Without one (GPT-2,
        Llama) a stand-in would be read as a word, so the tokens go and later parts move up.

        Raises:
            ContractError: If a part does not exist.
        """
        word_ids = item.arrays[WORD_IDS]
        n_parts = int(word_ids.max(initial=-1)) + 1
        beyond = [index for index in part_indexes if not 0 <= index < n_parts]
        if beyond:
            raise ContractError(f"A part must be among 0..{n_parts - 1}, got {beyond[0]}.")
        gone = np.isin(word_ids, np.asarray(part_indexes, dtype=np.int64))
        return self._gapped(item, gone, self.tokenizer.mask_token_id)

    def without_tokens(
        self, item: Item, positions: Sequence[int], *, by: Removal = "mask", pads_with: int = 0
    ) -> Item:
        """Take tokens of parts away; see ``HasTokens``.

        Args:
            item: The item.
            positions: Token positions.
            by: What stands where they stood.
            pads_with: Token id of padding where the tokenizer knows none.

        Raises:
            ContractError: If a position holds no token of a part.
        """
        is_content = self.is_content(item)
        gone = np.zeros(item.length, dtype=np.bool_)
        wrong = [at for at in positions if not 0 <= at < item.length or not is_content[at]]
        if wrong:
            raise ContractError(f"A position must hold a token of a part, got {wrong[0]}.")
        gone[np.asarray(positions, dtype=np.int64)] = True
        own = self.tokenizer
        if by == "pad":
            return self._gapped(
                item, gone, pads_with if own.pad_token_id is None else own.pad_token_id
            )
        return self._gapped(item, gone, own.mask_token_id if by == "mask" else None)

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
                self._item(
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

    def _gapped(self, item: Item, gone: NDArray[np.bool_], stand_in: int | None) -> Item:
        """Put a token where others stood, or delete those where it is None."""
        arrays = dict(item.arrays)
        if stand_in is not None:
            arrays["input_ids"] = np.where(gone, np.int64(stand_in), arrays["input_ids"])
        else:
            arrays = {name: values[~gone] for name, values in arrays.items()}
            arrays[WORD_IDS] = renumbered(arrays[WORD_IDS])
        return self._item(arrays, is_truncated=item.is_truncated)

    def is_content(self, item: Item) -> NDArray[np.bool_]:
        """Return which tokens belong to a part, shape [t]; special tokens do not."""
        return item.arrays[WORD_IDS] >= 0

    def filled(
        self, item: Item, content: Absence | NDArray[np.int64], *, pads_with: int = 0
    ) -> Item:
        """Return an item of equal length with other content; special tokens keep themselves.

        Args:
            item: The item.
            content: ``mask`` (padding where there is no mask token), ``pad``, or token ids, shape
                [content tokens].
            pads_with: Token id of padding where the tokenizer knows none.

        Raises:
            ContractError: If there are not as many ids as content tokens.
        """
        where = np.flatnonzero(self.is_content(item))
        if isinstance(content, str):
            by: Removal = "pad" if self.tokenizer.mask_token_id is None else content
            return self.without_tokens(item, where.tolist(), by=by, pads_with=pads_with)
        if content.shape != where.shape:
            what = f"be {len(where)} token ids, one for each content token"
            raise ContractError(must("content", what, Phrase(f"shape {list(content.shape)}")))
        ids = item.arrays["input_ids"].copy()
        ids[where] = content
        return self._item({**item.arrays, "input_ids": ids}, is_truncated=item.is_truncated)

    def unknown_tokens(self, items: Sequence[Item]) -> tuple[int, int] | None:
        """Count in what was prepared; a tokenizer of bytes has no unknown token, the answer is None."""
        unknown = self.tokenizer.unk_token_id
        # GPT-2 calls the end of a text its unknown token, and never writes it for one
        if unknown is None or unknown == self.tokenizer.eos_token_id:
            return None
        n_unknown = n_tokens = 0
        for item in items:
            is_word = item.arrays[WORD_IDS] >= 0
            n_tokens += int(is_word.sum())
            n_unknown += int((item.arrays["input_ids"][is_word] == unknown).sum())
        return n_unknown, n_tokens

    def unknown_share(self, items: Sequence[Item]) -> float | None:
        """Return the share of unknown tokens; None where there are none to count."""
        n_unknown, n_tokens = self.unknown_tokens(items) or (0, 0)
        return n_unknown / n_tokens if n_tokens else None

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
            self._item(
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

    def _item(self, arrays: Arrays, *, is_truncated: bool) -> Item:
        if not len(arrays["input_ids"]):
            # tokenizers without special tokens make nothing of an empty text
            arrays = {name: np.zeros(1, dtype=np.int64) for name in arrays}
            arrays["input_ids"] += self._stand_in
            arrays[WORD_IDS] -= 1
        digest = hashlib.blake2b(digest_size=16)
        for name in sorted(arrays.keys() - {WORD_IDS}):
            digest.update(name.encode() + b"\x00" + arrays[name].tobytes())
        return Item(arrays, len(arrays["input_ids"]), is_truncated, digest.digest())

    @property
    def _stand_in(self) -> int:
        own = self.tokenizer
        known = (own.bos_token_id, own.eos_token_id, own.unk_token_id, own.pad_token_id, 0)
        return int(next(token for token in known if token is not None))

    def _content(self, ids: tuple[int, ...]) -> str:
        if ids not in self._contents:
            text = self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
            self._contents[ids] = str(text).strip()
        return self._contents[ids]


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
