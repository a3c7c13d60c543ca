"""Synonyms: lists of words that may stand in each other's place, and texts with some of them replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from harness.edits.edit import Edit, like, replaced, some
from harness.errors import ConfigError, must, raise_all
from harness.files import sha256_bytes
from harness.yamlfile import YamlFile, read_list

if TYPE_CHECKING:
    from numpy.random import Generator

BUILTIN = ("en", "zh")
"""Names of the lists that come with the package."""

_Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"\S")]


# equal only to itself: what is made of a list is remembered by it
@dataclass(frozen=True, eq=False)
class Synonyms:
    """Words of one language and what may stand in their place.

    Attributes:
        name: Builtin name, or name of the file.
        sha256: Of the file.
        language: Of its words; empty where the file does not say.
        has_boundaries: Whether words are set apart, as in English; not in Chinese.
        words: Word in lower case → words that may stand in its place, at least one.
    """

    name: str
    sha256: str
    language: str
    has_boundaries: bool
    words: Mapping[str, tuple[str, ...]]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds every word of the list, the longest first; upper and lower case alike."""
        ordered = sorted(self.words, key=lambda word: (-len(word), word))
        either = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered) or r"(?!)"
        # a word beside a hyphen or an apostrophe is part of a longer one
        bounded = rf"(?<![\w'’@#.-])(?:{either})(?![\w'’@-]|\.\w)"
        return re.compile(bounded if self.has_boundaries else either, re.IGNORECASE)

    def of(self, written: str) -> tuple[str, ...]:
        """Return what may stand in the place of a word, in the case in which it is written."""
        key = re.sub(r"\s+", " ", written).lower()
        return tuple(like(word, written) for word in self.words.get(key, ()))


def read_synonyms(ref: str | Path, *, base: Path | None = None) -> Synonyms:
    """Read a list: ``en`` or ``zh`` for those of the package, else the path of a YAML file.

    Args:
        ref: Name or path.
        base: Folder that a relative path starts from.

    Raises:
        ConfigError: With everything that is wrong in the file, each with ``file:line``.
    """
    packaged = {one: Path(__file__).with_name(f"synonyms_{one}.yaml") for one in BUILTIN}
    model, file, name = read_list(ref, _File, packaged=packaged, base=base, error=ConfigError)
    raise_all(ConfigError, _problems(model, file))
    return Synonyms(
        name=name,
        sha256=sha256_bytes(file.raw),
        language=model.language,
        has_boundaries=model.boundaries == "words",
        words={_plain(word): tuple(others) for word, others in model.synonyms.items()},
    )


def synonym_edit(lists: Sequence[Synonyms]) -> Edit:
    """Return the edit that replaces some words of the lists: one in ``ONE_IN``, at most ``MOST``."""
    return Edit(
        "synonyms",
        "some words replaced by synonyms from a list",
        "any",
        partial(_with_synonyms, lists=tuple(lists)),
        tuple(dict.fromkeys(one.language for one in lists if one.language)),
        is_drawn=True,
    )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: str = ""
    boundaries: Literal["words", "none"] = "words"
    synonyms: dict[_Word, Annotated[list[_Word], Field(min_length=1)]] = Field(min_length=1)


def _problems(model: _File, file: YamlFile) -> list[str]:
    problems, seen = [], dict[str, str]()
    for word, others in model.synonyms.items():
        at = file.place(("synonyms", word))
        if _plain(word) in seen:
            do = f"It stands there as {seen[_plain(word)]!r} too: keep one of the two."
            problems.append(must("synonyms", "hold each word once", word, place=at, do=do))
        seen[_plain(word)] = word
        if _plain(word) in map(_plain, others):
            what = "name other words than the word itself"
            problems.append(must(f"synonyms.{word}", what, list(others), place=at))
    return problems


def _plain(word: str) -> str:
    return re.sub(r"\s+", " ", word.strip()).lower()


def _with_synonyms(text: str, rng: Generator, *, lists: tuple[Synonyms, ...]) -> str:
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    for one in lists:
        for hit in one.pattern.finditer(text):
            if all(hit.end() <= start or stop <= hit.start() for start, stop in found):
                found[hit.span()] = one.of(hit.group())
    chosen = some(sorted(found), rng)
    # the generator draws for every span, so that what one gets does not hang on the others' choices
    return replaced(
        text, [(span, found[span][int(rng.integers(len(found[span])))]) for span in chosen]
    )
