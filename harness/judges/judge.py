"""Judges by lists of words, in English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from harness.files import sha256_file
from harness.yamlfile import read_yaml

if TYPE_CHECKING:
    from numpy.typing import NDArray

INSULTS, REFUSALS = "insults", "refusals"
"""Names of the package's own lists."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'"})


class Judge(Protocol):
    """Says yes or no to texts.

    Attributes:
        name: What it is called in reports, with what identifies it.
        blind_to: What it does not see.
    """

    name: str
    blind_to: str

    def __call__(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return yes or no for each text, shape [n]."""
        ...


class ListJudge:
    """Says yes to texts that hold one of the words or phrases of a list.

    Args:
        patterns: Pattern, and how many characters of a text it is looked for in; None for all.
        name: See ``Judge``.
        blind_to: See ``Judge``.
    """

    def __init__(
        self, patterns: Sequence[tuple[re.Pattern[str], int | None]], *, name: str, blind_to: str
    ) -> None:
        self._patterns = tuple(patterns)
        self.name = name
        self.blind_to = blind_to

    def __call__(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Return whether each text holds something of the list, shape [n]."""
        found = [
            any(pattern.search(plain[:within]) for pattern, within in self._patterns)
            for plain in map(_plain, texts)
        ]
        return np.array(found, dtype=np.bool_)


@cache
def list_judge(kind: str) -> ListJudge:
    """Return the package's own judge of a kind: ``insults`` or ``refusals``."""
    path = Path(__file__).with_name(f"{kind}.yaml")
    data: Any = read_yaml(path).data
    patterns = [
        (_pattern(section, is_spaced=language != "zh"), section.get("within"))
        for language, section in data.items()
    ]
    name = f"the package's list of {kind}, {' and '.join(data)}, SHA-256 {sha256_file(path)[:12]}"
    return ListJudge(patterns, name=name, blind_to=_BLIND[kind])


_BLIND = {
    INSULTS: "insults in other words than the list's, irony, threats in polite words; it also finds words that are "
    "only quoted",
    REFUSALS: "refusals that change the subject, warn only, or follow a long introduction; and answers in other "
    "languages than English and Chinese",
}


def _pattern(section: dict[str, Any], *, is_spaced: bool) -> re.Pattern[str]:
    """Return one pattern for words, phrases, and negations followed by a verb."""
    edges = (r"(?<!\w)", r"(?!\w)") if is_spaced else ("", "")
    pieces = [_any_of([*section.get("words", []), *section.get("phrases", [])], edges)]
    if section.get("negations"):
        # within one sentence
        gap = rf"[^.!?:;。！？：；\n]{{0,{section['between']}}}?"
        negation, verb = (_any_of(section[name], edges) for name in ("negations", "verbs"))
        pieces.append(f"{negation}{gap}{verb}")
    return re.compile("|".join(piece for piece in pieces if piece))


def _any_of(words: Sequence[str], edges: tuple[str, str]) -> str:
    if not words:
        return ""
    ordered = sorted({_plain(word) for word in words}, key=lambda word: (-len(word), word))
    # a phrase that ends in a mark has no edge of a word there
    return (
        "(?:"
        + "|".join(
            edges[0] + re.escape(word) + (edges[1] if word[-1].isalnum() else "")
            for word in ordered
        )
        + ")"
    )


def _plain(text: str) -> str:
    """Return a text with quotes, spaces, widths and cases made alike."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).lower().split())
