"""Reason tables: which words or phrases stand for which reason, read from a YAML file of the user's.

    reasons:
      late-payments:
        says: Late or missed payments
        words: [late, overdue, past due, 逾期]
        patterns: ["miss(ed|es)"]
      income: {words: [income, salary]}

A word or phrase matches the parts that it is read as, case apart; the longest one first. A pattern
matches one whole word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from harness.errors import ConfigError, must, raise_all
from harness.yamlfile import YamlFile, read_yaml, validation_problems

UNMAPPED = "unmapped"
"""Reason id of a word that no reason of the table holds."""

_LONGEST_PATTERN = 200

Split = Callable[[str], Sequence[str]]
"""Text → the words that the model reads it as."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a table.

    Attributes:
        id: Its name in artifacts and rules.
        says: What it says to a reader; the id where the table says nothing.
        words: Words and phrases.
        patterns: Regular expressions of one whole word.
    """

    id: str
    says: str
    words: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A table, ready to be held against the words of a row.

    Attributes:
        reasons: The table.
        phrases: Words of each phrase in lower case, with the position of its reason; the longest
            first.
        patterns: Compiled patterns, with the position of their reason.
    """

    reasons: tuple[Reason, ...]
    phrases: tuple[tuple[tuple[str, ...], int], ...]
    patterns: tuple[tuple[re.Pattern[str], int], ...]

    def assign(self, words: Sequence[str]) -> list[int | None]:
        """Return for each word of a row the position of its reason, or None."""
        lower = tuple(word.lower() for word in words)
        found: list[int | None] = [None] * len(lower)
        for phrase, reason in self.phrases:
            width = len(phrase)
            for start in range(len(lower) - width + 1):
                span = slice(start, start + width)
                if lower[span] == phrase and all(one is None for one in found[span]):
                    found[span] = [reason] * width
        for at, word in enumerate(words):
            if found[at] is None:
                hits = (reason for one, reason in self.patterns if one.fullmatch(word))
                found[at] = next(hits, None)
        return found


def read_reasons(path: Path) -> tuple[Reason, ...]:
    """Read a table.

    Raises:
        ConfigError: With everything that is wrong in the file, each with ``file:line``.
    """
    file = read_yaml(path, error=ConfigError)
    try:
        model = _File.model_validate(file.data)
    except ValidationError as err:
        known = [*_File.model_fields, *_Entry.model_fields]
        raise ConfigError(*validation_problems(err, file, known=known)) from err
    raise_all(ConfigError, _problems(model, file))
    return tuple(
        Reason(id, one.says or id, tuple(one.words), tuple(one.patterns))
        for id, one in model.reasons.items()
    )


def matcher(reasons: Sequence[Reason], split: Split) -> Matcher:
    """Make a table ready for a model that reads texts as certain words."""
    phrases = [
        (tuple(word.lower() for word in split(phrase)), at)
        for at, one in enumerate(reasons)
        for phrase in one.words
    ]
    return Matcher(
        tuple(reasons),
        tuple(sorted((one for one in phrases if one[0]), key=lambda one: -len(one[0]))),
        tuple(
            (re.compile(pattern, re.IGNORECASE), at)
            for at, one in enumerate(reasons)
            for pattern in one.patterns
        ),
    )


_Word = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_Pattern = Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_PATTERN)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    says: Annotated[str, StringConstraints(max_length=200)] = ""
    words: list[_Word] = Field(default_factory=list)
    patterns: list[_Pattern] = Field(default_factory=list)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reasons: dict[str, _Entry] = Field(min_length=1)


def _problems(model: _File, file: YamlFile) -> list[str]:
    problems = []
    holder: dict[str, str] = {}
    for id, entry in model.reasons.items():
        at = file.place(("reasons", id))
        if id == UNMAPPED:
            do = "That is what words without a reason are called."
            problems.append(must(f"reasons.{id}", "have another name", id, place=at, do=do))
        if not _ID.fullmatch(id):
            what = "have a name of lower-case letters, digits and hyphens"
            do = "Write what a reader sees under says."
            problems.append(must("A reason", what, id, place=at, do=do))
        if not entry.words and not entry.patterns:
            do = "For example {words: [overdue, past due]}."
            problems.append(must(f"reasons.{id}", "hold words or patterns", {}, place=at, do=do))
        problems += list(_pattern_problems(id, entry.patterns, file))
        for number, word in enumerate(entry.words):
            key = " ".join(word.lower().split())
            other = holder.setdefault(key, id)
            if other != id:
                do = f"It also stands in reasons.{other}: keep one of the two."
                place = file.place(("reasons", id, "words", number))
                what = "hold words of no other reason"
                problems.append(must(f"reasons.{id}.words", what, word, place=place, do=do))
    return problems


def _pattern_problems(id: str, patterns: Sequence[str], file: YamlFile) -> Iterable[str]:
    for number, pattern in enumerate(patterns):
        try:
            re.compile(pattern)
        except re.error as err:
            place = file.place(("reasons", id, "patterns", number))
            what = f"be a regular expression ({err})"
            yield must(f"reasons.{id}.patterns", what, pattern, place=place)
