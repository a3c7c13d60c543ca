"""Lists of identity words: categories, identities, and their words in each grammatical form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from harness.errors import ConfigError, must, raise_all
from harness.files import sha256_bytes
from harness.yamlfile import YamlFile, read_list

BUILTIN = ("en", "zh")
"""Names of the lists that come with the package."""

PLAIN = "word"
"""Form of an identity that is written as one word only."""

_KEYS = ("name", "with_people")


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity and its words.

    Attributes:
        name: How slices name it.
        category: What it is one of, e.g. ``religion``.
        words: Form → words; the first is put in, all are found.
        with_people: Forms that are ordinary words too, and count only beside a word for people.
    """

    name: str
    category: str
    words: Mapping[str, tuple[str, ...]]
    with_people: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FormContext:
    """Where a word that could have several forms has this one.

    Attributes:
        after: It stands right after one of these words.
        then: With ``after``: no word follows, or one of these; empty for any.
    """

    after: frozenset[str]
    then: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WordList:
    """Identity words of one language; words for comparison are in lower case.

    Attributes:
        name: Builtin name, or name of the file.
        sha256: Of the file.
        has_boundaries: Whether words are set apart, as in English; not in Chinese.
        identities: All of them, in the order of the file.
        other_words: Longer words in which an identity word is no identity word.
        blocked: Category → words; a text that holds one is not swapped in that category.
        context: Form → where it is meant.
        people: Words for people; directly before one an adjective is meant.
        persons: Phrases after which a word is said of a person.
        not_after: Words after which a word is no identity word.
        exact_case: Words that count only as they are written.
        articles: Word → ``a`` or ``an`` where its first letter does not say it.
    """

    name: str
    sha256: str
    has_boundaries: bool
    identities: tuple[Identity, ...]
    other_words: tuple[str, ...] = ()
    blocked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    context: Mapping[str, FormContext] = field(default_factory=dict)
    people: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    not_after: frozenset[str] = frozenset()
    exact_case: frozenset[str] = frozenset()
    articles: Mapping[str, str] = field(default_factory=dict)

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the categories, in the order of the file."""
        return tuple(dict.fromkeys(one.category for one in self.identities))


def read_word_list(ref: str | Path, *, base: Path | None = None) -> WordList:
    """Read a list: ``en`` or ``zh`` for those of the package, else the path of a YAML file.

    Args:
        ref: Name or path.
        base: Folder that a relative path starts from.

    Raises:
        ConfigError: With everything that is wrong in the file, each with ``file:line``.
    """
    packaged = {one: Path(__file__).with_name(f"identity_{one}.yaml") for one in BUILTIN}
    model, file, name = read_list(ref, _File, packaged=packaged, base=base, error=ConfigError)
    identities = tuple(_identities(model))
    raise_all(ConfigError, _problems(model, identities, file))
    return _word_list(model, identities, file, name=name)


_Word = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"\S")]
_Words = list[_Word]


class _Context(BaseModel):
    model_config = ConfigDict(extra="forbid")

    after: _Words = Field(min_length=1)
    then: _Words = Field(default_factory=list)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: str = ""
    boundaries: Literal["words", "none"] = "words"
    categories: dict[
        _Word, Annotated[list[_Word | dict[_Word, _Word | _Words]], Field(min_length=1)]
    ]
    other_words: _Words = Field(default_factory=list)
    blocked: dict[str, _Words] = Field(default_factory=dict)
    context: dict[str, _Context] = Field(default_factory=dict)
    people: _Words = Field(default_factory=list)
    persons: _Words = Field(default_factory=list)
    not_after: _Words = Field(default_factory=list)
    exact_case: _Words = Field(default_factory=list)
    article_a: _Words = Field(default_factory=list)
    article_an: _Words = Field(default_factory=list)


def _identities(model: _File) -> Iterator[Identity]:
    for category, entries in model.categories.items():
        for entry in entries:
            if isinstance(entry, str):
                yield Identity(entry.lower(), category, {PLAIN: (entry,)})
                continue
            words = {
                form: (word,) if isinstance(word, str) else tuple(word)
                for form, word in entry.items()
                if form not in _KEYS
            }
            first = next((each[0] for each in words.values() if each), "")
            name = entry.get("name", first)
            apart = entry.get("with_people", [])
            yield Identity(
                name if isinstance(name, str) and "name" in entry else str(name).lower(),
                category,
                words,
                frozenset([apart] if isinstance(apart, str) else apart),
            )


def _problems(model: _File, identities: tuple[Identity, ...], file: YamlFile) -> list[str]:
    problems = []
    places = [
        (category, number)
        for category, each in model.categories.items()
        for number in range(len(each))
    ]
    seen: dict[str, tuple[str, int]] = {}
    names: dict[tuple[str, str], tuple[str, int]] = {}
    for place, one in zip(places, identities, strict=True):
        where, at = _named(place), file.place(("categories", *place))
        words = [word for each in one.words.values() for word in each]
        if not words:
            do = "For example {adjective: Muslim, nouns: Muslims}."
            problems.append(
                must(where, "hold a word in some form", dict(one.words), place=at, do=do)
            )
        strangers = sorted(one.with_people - set(one.words))
        if strangers:
            what = f"name forms of this entry ({', '.join(one.words)})"
            problems.append(must(f"{where}.with_people", what, strangers[0], place=at))
        for word in dict.fromkeys(word.lower() for word in words):
            other = seen.setdefault(word, place)
            if other != place:
                do = f"It also stands at {_named(other)}: keep one of the two."
                problems.append(must(where, "hold words of no other entry", word, place=at, do=do))
        other = names.setdefault((one.category, one.name), place)
        if other != place:
            do = f"The entry at {_named(other)} has it: write another name."
            problems.append(
                must(f"{where}.name", "stand once in its category", one.name, place=at, do=do)
            )
    for category in model.blocked:
        if category not in model.categories:
            what = f"name a category of the list ({', '.join(model.categories)})"
            at = file.place(("blocked", category))
            problems.append(must("blocked", what, category, place=at))
    for category, entries in model.categories.items():
        if len(entries) < 2:
            at = file.place(("categories", category))
            do = "One alone has nothing to be swapped with."
            problems.append(
                must(
                    f"categories.{category}",
                    "hold at least 2 identities",
                    len(entries),
                    place=at,
                    do=do,
                )
            )
    return problems


def _named(place: tuple[str, int]) -> str:
    return f"categories.{place[0]}[{place[1]}]"


def _word_list(
    model: _File, identities: tuple[Identity, ...], file: YamlFile, *, name: str
) -> WordList:
    articles = {word.lower(): "a" for word in model.article_a}
    return WordList(
        name=name,
        sha256=sha256_bytes(file.raw),
        has_boundaries=model.boundaries == "words",
        identities=identities,
        other_words=tuple(model.other_words),
        blocked={category: _lower(words) for category, words in model.blocked.items()},
        context={
            form: FormContext(_lower(one.after), _lower(one.then))
            for form, one in model.context.items()
        },
        people=_lower(model.people),
        persons=_lower(model.persons),
        not_after=_lower(model.not_after),
        exact_case=frozenset(model.exact_case),
        articles=articles | {word.lower(): "an" for word in model.article_an},
    )


def _lower(words: _Words) -> frozenset[str]:
    return frozenset(re.sub(r"\s+", " ", word.lower()) for word in words)
