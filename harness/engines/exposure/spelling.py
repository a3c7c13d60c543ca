"""Which tokens can come next on the way to a text of a format, whatever pieces the vocabulary has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.canaries import SecretFormat
    from harness.modelling import HasLogProbabilities

_HERE = ""
"""Key of a node of the trie under which the tokens that end there stand."""

_UNDECODED = "\ufffd"
"""Stands for bytes that are no whole character."""


class Vocabulary:
    """The text of each token, as it reads after another one.

    Args:
        model: Whose tokens they are.
    """

    def __init__(self, model: HasLogProbabilities) -> None:
        # read behind an anchor: decoders swallow the space that a first token begins with
        anchor = model.encode("a", is_start=False)
        size = model.next_log_probabilities(
            model.encode("", is_start=True) if len(anchor) == 0 else anchor,
            np.zeros((1, 0), dtype=np.int64),
        ).shape[1]
        before = model.decode(anchor)
        self.texts: list[str] = []
        for token in range(size):
            text = model.decode(np.append(anchor, token))
            is_text = text.startswith(before) and _UNDECODED not in text
            self.texts.append(text[len(before) :] if is_text else "")

    def spelled(self, tokens: Sequence[int]) -> str:
        """Return the text of some tokens that follow others."""
        return "".join(self.texts[token] for token in tokens)


class Spelling:
    """An automaton over the tokens of a vocabulary that accepts the texts of one format.

    A state is how many places of the format are written, and what is begun of the next one.

    Args:
        vocabulary: The tokens.
        layout: The format.
        lead: Text that stands between what the model has read and the secret, and that the first
            token may hold: a space, mostly.
    """

    start = 0

    def __init__(self, vocabulary: Vocabulary, layout: SecretFormat, lead: str) -> None:
        self.vocabulary = vocabulary
        self._places = (*((char,) for char in lead), *layout.places)
        self._begun = [
            {text[:length] for text in place for length in range(1, len(text) + 1)}
            for place in self._places
        ]
        self._states: dict[tuple[int, str], int] = {(0, ""): 0}
        self._keys: list[tuple[int, str]] = [(0, "")]
        self._known: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        alphabet = {char for place in self._places for text in place for char in text}
        self._trie = _trie(vocabulary.texts, alphabet)
        self.final = self._number((len(self._places), ""))

    @property
    def n_characters(self) -> int:
        """Characters of a text, the lead included: more tokens none can have."""
        return sum(len(place[0]) for place in self._places)

    def allowed(self, state: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the tokens that can come next, ascending, and the states that they lead to."""
        found = self._known.get(state)
        if found is None:
            pairs = sorted(self._from(self._keys[state]))
            tokens = np.array([token for token, _ in pairs], dtype=np.int64)
            states = np.array([after for _, after in pairs], dtype=np.int64)
            found = self._known[state] = tokens, states
        return found

    def accepts(self, tokens: Sequence[int]) -> bool:
        """Return whether some tokens spell a text of the format."""
        state = self.start
        for token in tokens:
            ids, after = self.allowed(state)
            place = int(np.searchsorted(ids, token))
            if place == len(ids) or int(ids[place]) != token:
                return False
            state = int(after[place])
        return state == self.final

    def _from(self, key: tuple[int, str]) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        waiting: list[tuple[dict[str, Any], tuple[int, str]]] = [(self._trie, key)]
        while waiting:
            node, at = waiting.pop()
            for char, child in node.items():
                after = None if char == _HERE else self._step(at, char)
                if after is None:
                    continue
                found += [(token, self._number(after)) for token in child.get(_HERE, ())]
                waiting.append((child, after))
        return found

    def _step(self, key: tuple[int, str], char: str) -> tuple[int, str] | None:
        place, begun = key
        if place == len(self._places) or begun + char not in self._begun[place]:
            return None
        if len(begun) + 1 == len(self._places[place][0]):
            return place + 1, ""
        return place, begun + char

    def _number(self, key: tuple[int, str]) -> int:
        if key not in self._states:
            self._states[key] = len(self._keys)
            self._keys.append(key)
        return self._states[key]


def _trie(texts: Sequence[str], alphabet: set[str]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for token, text in enumerate(texts):
        if not text or not alphabet.issuperset(text):
            continue
        node = root
        for char in text:
            node = node.setdefault(char, {})
        node.setdefault(_HERE, []).append(token)
    return root
