"""Where identity words stand in a text.

Legend: a span is [start, stop) in characters of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from harness.swaps.wordlist import Identity, WordList

_TOKEN = re.compile(r"\w+(?:['’]\w+)*")
_GAP = r"(?:[ \t]+|-)"
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\.[a-z]")
_LATIN = r"[A-Za-z0-9]"


@dataclass(frozen=True, slots=True)
class Found:
    """An identity word in a text.

    Attributes:
        start, stop: Its span.
        identity: Whose word it is.
        forms: Forms that it may have here, at least one.
        word: How the list writes it.
        article: Span of an ``a`` or ``an`` right before it, or None.
        is_beside_people: Whether it stands directly before a word for people, or is said of a person.
    """

    start: int
    stop: int
    identity: Identity
    forms: frozenset[str]
    word: str
    article: tuple[int, int] | None = None
    is_beside_people: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One word of a list: whose it is; None for words that hold an identity word by chance."""

    word: str
    identity: Identity | None
    forms: frozenset[str] = frozenset()


class Finder:
    """Finds the words of one list, the longest first, never one inside another.

    Args:
        words: The list.
    """

    def __init__(self, words: WordList) -> None:
        self.words = words
        self._entries: dict[str, _Entry] = {
            _key(one): _Entry(one, None) for one in words.other_words
        }
        for identity in words.identities:
            forms: dict[str, set[str]] = {}
            for form, each in identity.words.items():
                for word in each:
                    forms.setdefault(word, set()).add(form)
            self._entries |= {
                _key(word): _Entry(word, identity, frozenset(has)) for word, has in forms.items()
            }

    def find(self, text: str) -> list[Found]:
        """Return the identity words of a text, in order."""
        if self.words.has_boundaries:
            return list(self._apart(text))
        return [
            Found(hit.start(), hit.end(), entry.identity, entry.forms, entry.word)
            for hit in self._letters.finditer(text)
            if (entry := self._entries[_key(hit.group())]).identity is not None
        ]

    def blocked(self, text: str) -> frozenset[str]:
        """Return the categories in which a text must not be swapped."""
        if not self.words.blocked:
            return frozenset()
        held = {token.lower() for token in _TOKEN.findall(text)}
        return frozenset(name for name, words in self.words.blocked.items() if words & held)

    @cached_property
    def _letters(self) -> re.Pattern[str]:
        """The pattern of a list without boundaries; Latin letters keep theirs."""
        words = sorted(
            (entry.word for entry in self._entries.values()), key=lambda one: (-len(one), one)
        )
        return re.compile("|".join(map(_bounded, words)) or r"(?!)")

    @cached_property
    def _by_first(self) -> dict[str, list[tuple[re.Pattern[str], _Entry]]]:
        """First token of a word → what may follow it, the longest first."""
        found: dict[str, list[tuple[re.Pattern[str], _Entry]]] = {}
        for key, entry in self._entries.items():
            first, *rest = key.split(" ")
            tail = "".join(_GAP + re.escape(one) for one in rest) + r"(?!\w)"
            found.setdefault(first, []).append((re.compile(tail, re.IGNORECASE), entry))
        for each in found.values():
            each.sort(key=lambda pair: -len(pair[1].word))
        return found

    def _apart(self, text: str) -> Iterator[Found]:
        tokens, reach = _tokens(text), 0
        for i, (start, token) in enumerate(tokens):
            first = token if token in self._by_first else token.removesuffix("'s")
            for tail, entry in self._by_first.get(first, ()) if start >= reach else ():
                hit = tail.match(text, start + len(first))
                if hit is None:
                    continue
                if entry.identity is None:
                    reach = hit.end()
                    break
                before, after = (
                    tokens[:i],
                    [one for one in tokens[i : i + 8] if one[0] >= hit.end()],
                )
                found = self._judged(text, (start, hit.end()), entry, before[-3:], after[:1])
                if found is not None:
                    reach = hit.end()
                    yield found
                    break

    def _judged(
        self,
        text: str,
        span: tuple[int, int],
        entry: _Entry,
        before: list[tuple[int, str]],
        after: list[tuple[int, str]],
    ) -> Found | None:
        """Say what a word is in its place; None where it is no identity word there."""
        assert entry.identity is not None  # the caller has looked
        start, stop = span
        if text[start - 1 : start] == "@" or _ADDRESS.match(text, stop):
            return None
        last = _joined(text, before, start)
        if last and last[-1] in self.words.not_after:
            return None
        following = after[0][1] if after and not text[stop : after[0][0]].strip(" \t") else ""
        is_beside = following in self.words.people or any(
            " ".join(last[-k:]) in self.words.persons for k in (1, 2)
        )
        if entry.word in self.words.exact_case and not is_beside:
            # in lower case, or where a sentence opens, it may be another word
            written = text[start:stop]
            if written not in (entry.word, entry.word.upper()) or opens(text, start):
                return None
        forms = entry.forms if is_beside else entry.forms - entry.identity.with_people
        if not forms:
            return None
        forms = self._meant(forms, last, following, is_owner=bool(_POSSESSIVE.match(text, stop)))
        article = None
        if last and last[-1] in ("a", "an"):
            article = before[-1][0], before[-1][0] + len(last[-1])
        return Found(start, stop, entry.identity, forms, entry.word, article, is_beside)

    def _meant(
        self, forms: frozenset[str], last: list[str], following: str, *, is_owner: bool
    ) -> frozenset[str]:
        """Choose among several forms by the words around; all of them where nothing tells."""
        if len(forms) == 1:
            return forms
        if is_owner and "adjective" in forms:
            return forms - {"adjective"}
        if following in self.words.people and "adjective" in forms:
            return frozenset({"adjective"})
        for form, context in self.words.context.items():
            if form not in forms or not last or last[-1] not in context.after:
                continue
            if not context.then or not following or following in context.then:
                return frozenset({form})
        return forms


def opens(text: str, start: int) -> bool:
    """Return whether a sentence begins at a place."""
    before = text[:start].rstrip(" \t\"'“‘(*")
    return not before or before[-1] in ".!?\n:"


def _tokens(text: str) -> list[tuple[int, str]]:
    """Return (start, word in lower case) of the words of a text."""
    return [(hit.start(), hit.group().lower().replace("’", "'")) for hit in _TOKEN.finditer(text)]


def _joined(text: str, before: list[tuple[int, str]], start: int) -> list[str]:
    """Return the words right before a place, as far as only blanks stand between them."""
    words: list[str] = []
    for at, token in reversed(before):
        if text[at + len(token) : start].strip(" \t"):
            break
        words.insert(0, token)
        start = at
    return words


def _key(word: str) -> str:
    return re.sub(r"[\s-]+", " ", word.strip()).lower()


def _bounded(word: str) -> str:
    start = rf"(?<!{_LATIN})" if re.match(_LATIN, word) else ""
    stop = rf"(?!{_LATIN})" if re.search(_LATIN + "$", word) else ""
    return start + re.escape(word) + stop
