"""Items that can be taken apart and filled anew, whatever they were made from.

Legend of shapes: p parts, t tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, Phrase, must
from harness.modelling import Absence, Item, Part, Removal
from models._words import renumbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[np.int64]]

WORD_IDS = "word_ids"
"""Array of an item that the model never sees: part of each token, -1 for special tokens."""


class ItemEditor:
    """Knows which tokens of an item form a word, and what stands for absence.

    Args:
        tokenizer: Hugging Face tokenizer, fast or slow.
    """

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._contents: dict[tuple[int, ...], str] = {}

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

    def _gapped(self, item: Item, gone: NDArray[np.bool_], stand_in: int | None) -> Item:
        """Put a token where others stood, or delete those where it is None."""
        arrays = dict(item.arrays)
        if stand_in is not None:
            arrays["input_ids"] = np.where(gone, np.int64(stand_in), arrays["input_ids"])
        else:
            arrays = {name: values[~gone] for name, values in arrays.items()}
            arrays[WORD_IDS] = renumbered(arrays[WORD_IDS])
        return self.item(arrays, is_truncated=item.is_truncated)

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
        return self.item({**item.arrays, "input_ids": ids}, is_truncated=item.is_truncated)

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

    def item(self, arrays: Arrays, *, is_truncated: bool) -> Item:
        """Return arrays of shape [t] as an item, its key over all that a model reads."""
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
