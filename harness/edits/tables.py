"""The package's own tables of letters: look-alikes, keys side by side, two ways to write a character."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness.yamlfile import read_yaml


@cache
def keyboard() -> dict[str, str]:
    """Return letter → letters of the keys beside it, on the same row."""
    found: dict[str, str] = {}
    for row in _letters()["keyboard_rows"]:
        for left, right in pairwise(row):
            found[left] = found.get(left, "") + right
            found[right] = found.get(right, "") + left
    return found


@cache
def look_alikes(kind: str) -> dict[str, str]:
    """Return Latin letter → letter of another alphabet (``cyrillic``, ``greek``) that looks like it."""
    return dict(_pairs(_letters()[kind]))


@cache
def full_width() -> dict[str, str]:
    """Return ASCII character → its full-width form, letters, digits and marks."""
    return {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)}


@cache
def radicals() -> dict[str, str]:
    """Return Chinese character → the radical sign of Unicode that is drawn the same way."""
    signs = map(chr, [*range(0x2F00, 0x2FD6), 0x2E9F, 0x2EF3])
    return {unicodedata.normalize("NFKC", sign): sign for sign in signs}


@cache
def traditional() -> dict[str, str]:
    """Return simplified character → its only traditional one."""
    return dict(_pairs(_letters()["traditional"]))


@cache
def similar_characters() -> dict[str, str]:
    """Return Chinese character → another one that is read for it by mistake."""
    found: dict[str, str] = {}
    for left, right in _pairs(_letters()["similar"]):
        found |= {left: right, right: left}
    return found


@cache
def ascii_marks() -> dict[str, str]:
    """Return Chinese punctuation mark → the ASCII one that is typed in its place."""
    return dict(_letters()["ascii_marks"])


@cache
def contractions() -> dict[str, str]:
    """Return two words, in lower case → their contraction."""
    return dict(_letters()["contractions"])


@cache
def expansions() -> dict[str, str]:
    """Return contraction, in lower case → the two words that it stands for."""
    both = contractions() | _letters()["written_out"]
    return {short.lower(): long for long, short in both.items()}


def _pairs(written: str) -> list[tuple[str, str]]:
    return [(pair[0], pair[1]) for pair in written.split()]


@cache
def _letters() -> Any:
    return read_yaml(Path(__file__).with_name("letters.yaml")).data
