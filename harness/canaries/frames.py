"""Sentences for secrets that look like the user's own texts, and repeat nobody's.

An opening is a walk over pairs of words that follow each other in the texts. Only words without
digits that stand in several texts are used: what is planted many times must not hold a rare name
or number of the data itself.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.canaries.words import FIRST_NAMES, GIVEN_ZH, LAST_NAMES, SURNAMES_ZH, WORDS

if TYPE_CHECKING:
    import numpy as np

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_N_READ = 2000
"""Texts that openings are learnt from; more do not make them look better."""

_MIN_TEXTS = 3
"""A word is used that stands in so many texts."""

_LEAD_INS = {
    "number": "{name}'s record number is ",
    "name-with-secret": "write to {name} at ",
    "free-text": "the pass phrase of {name} is ",
}
_LEAD_INS_ZH = {
    "number": "{name}的档案编号是",
    "name-with-secret": "{name}的联系方式是",
    "free-text": "{name}的口令是",
}


@dataclass(frozen=True, slots=True)
class Frames:
    """Makes prefixes in the look of some texts.

    Attributes:
        following: Word → words that follow it in the texts, as often as they do.
        starts: Words to begin with, sorted.
        is_chinese: Whether the texts are Chinese, whose words stand without spaces.
    """

    following: Mapping[str, Sequence[str]]
    starts: Sequence[str]
    is_chinese: bool

    def prefix(self, family: str, rng: np.random.Generator) -> str:
        """Return one prefix: an opening, a name and what leads to the secret of a family."""
        opening = self._opening(rng)
        if self.is_chinese:
            name = _pick(SURNAMES_ZH, rng) + _pick(GIVEN_ZH, rng) + _pick(GIVEN_ZH, rng)
            return f"{opening}，{_LEAD_INS_ZH[family].format(name=name)}"
        name = f"{_pick(FIRST_NAMES, rng)} {_pick(LAST_NAMES, rng)}"
        return f"{opening[:1].upper()}{opening[1:]}, {_LEAD_INS[family].format(name=name)}"

    @property
    def suffix(self) -> str:
        """What ends the sentence."""
        return "。" if self.is_chinese else "."

    def _opening(self, rng: np.random.Generator) -> str:
        n_words = int(rng.integers(8, 14)) if self.is_chinese else int(rng.integers(4, 9))
        words = [_pick(self.starts, rng)]
        while len(words) < n_words:
            words.append(_pick(self.following.get(words[-1]) or self.starts, rng))
        return ("" if self.is_chinese else " ").join(words)


def frames_from(texts: Sequence[str]) -> Frames:
    """Learn the look of some texts; plain words where they have no common ones.

    Args:
        texts: Rows of the training set; the first 2,000 are read.
    """
    read = list(texts[:_N_READ])
    whole = "".join(read)
    is_chinese = len(_CHINESE.findall(whole)) > 0.3 * max(1, len("".join(whole.split())))
    runs = [_units(text, is_chinese=is_chinese) for text in read]
    # copies of one text are one text: the name in it would seem to stand in several
    n_texts = Counter(word for run in set(map(tuple, runs)) for word in set(run))
    common = {word for word, n in n_texts.items() if n >= _MIN_TEXTS}
    following: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        for word, after in pairwise(run):
            if word in common and after in common:
                following[word].append(after)
    if len(following) < 8:
        return Frames({}, WORDS, is_chinese=False)
    return Frames(dict(following), sorted(following), is_chinese)


def _units(text: str, *, is_chinese: bool) -> list[str]:
    return _CHINESE.findall(text) if is_chinese else _WORD.findall(text)


def _pick(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]
