"""The same text with another identity: counterfactuals, and the skeleton that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.swaps.finding import Finder, Found, opens
from harness.swaps.wordlist import Identity, WordList

MASK = "[identity]"
"""What stands in a skeleton for any identity word."""

Text = str | tuple[str, ...]
"""A text, or a pair of texts that belong together."""

_PARTS = (
    "\x1f"  # stands in no text that was read: rows with control characters are rare and harmless
)


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A text with one identity put in the place of another, everywhere in it.

    Attributes:
        text: The new text; a pair where the original is one.
        category: Of both identities.
        source, target: Names of the identity that stood there and of the one that stands there now.
        n_swapped: Words that were swapped.
    """

    text: Text
    category: str
    source: str
    target: str
    n_swapped: int


class Swapper:
    """Swaps identities in texts, by one or several word lists.

    Every word of the source identity in a text is swapped, each for the target's word of the same
    form; where the target has no such word, or stands in the text already, there is no such
    counterfactual. Upper and lower case are kept, and ``a`` or ``an`` follows the new word. A swap
    that would read differently (its words joined with their neighbours into another word of the list)
    is not offered, so the skeleton of a counterfactual is that of its original.

    Args:
        lists: Lists, the first first: where two find words in one place, the first has it.

    Blind to: names of persons, pronouns, and everything else that says an identity without a word of
    the list.
    """

    def __init__(self, lists: Sequence[WordList]) -> None:
        self.lists = tuple(lists)
        self._finders = [Finder(one) for one in lists]
        self._by_category: dict[str, list[Identity]] = {}
        for one in lists:
            for identity in one.identities:
                self._by_category.setdefault(identity.category, []).append(identity)
        self._articles = {word: each for one in lists for word, each in one.articles.items()}

    @property
    def categories(self) -> tuple[str, ...]:
        """Categories of all lists."""
        return tuple(self._by_category)

    def find(self, text: str) -> list[Found]:
        """Return the identity words of a text, in order, none inside another."""
        if len(self._finders) == 1:
            return self._finders[0].find(text)
        found: list[Found] = []
        for finder in self._finders:
            found += [
                one
                for one in finder.find(text)
                if all(one.stop <= other.start or other.stop <= one.start for other in found)
            ]
        return sorted(found, key=lambda one: one.start)

    def identities(self, text: Text) -> set[tuple[str, str]]:
        """Return (category, identity) of every identity that a text names."""
        return {
            (one.identity.category, one.identity.name)
            for part in _parts(text)
            for one in self.find(part)
        }

    def skeleton(self, text: Text) -> str:
        """Return the text with every identity word, and the article before it, masked."""
        return _PARTS.join(_masked(part, self.find(part)) for part in _parts(text))

    def counterfactuals(self, text: Text) -> list[Counterfactual]:
        """Return every text that differs in one identity, in the order of the text and the lists."""
        parts = _parts(text)
        found = [self.find(part) for part in parts]
        present = list(
            {
                (one.identity.category, one.identity.name): one.identity
                for each in found
                for one in each
            }.values()
        )
        if not present:
            return []
        blocked = {
            name for part in parts for finder in self._finders for name in finder.blocked(part)
        }
        skeleton = _PARTS.join(map(_masked, parts, found))
        names = {(one.category, one.name) for one in present}
        return [
            made
            for source in present
            if source.category not in blocked
            for target in self._by_category[source.category]
            if (target.category, target.name) not in names
            and (made := self._swapped(parts, found, source, target)) is not None
            and self.skeleton(made.text) == skeleton
        ]

    def swap(self, text: Text, source: str, target: str) -> Text | None:
        """Return the text with one identity in the place of another, or None where there is no such."""
        made = (
            one
            for one in self.counterfactuals(text)
            if (one.source, one.target) == (source, target)
        )
        first = next(made, None)
        return None if first is None else first.text

    def _swapped(
        self, parts: tuple[str, ...], found: list[list[Found]], source: Identity, target: Identity
    ) -> Counterfactual | None:
        new, n_swapped = [], 0
        for part, each in zip(parts, found, strict=True):
            mine = [one for one in each if one.identity is source]
            words = [_fitting(one, target) for one in mine]
            if None in words:
                return None
            n_swapped += len(mine)
            new.append(self._written(part, mine, [word for word in words if word is not None]))
        text = new[0] if len(new) == 1 else tuple(new)
        return Counterfactual(text, source.category, source.name, target.name, n_swapped)

    def _written(self, text: str, found: list[Found], words: list[str]) -> str:
        pieces, done = [], 0
        for one, word in zip(found, words, strict=True):
            dressed = _dressed(word, one, text)
            if one.article is not None:
                start, stop = one.article
                pieces += [
                    text[done:start],
                    self._article(word, text[start:stop]),
                    text[stop : one.start],
                ]
            else:
                pieces.append(text[done : one.start])
            pieces.append(dressed)
            done = one.stop
        return "".join([*pieces, text[done:]])

    def _article(self, word: str, old: str) -> str:
        """Return ``a`` or ``an`` for a word, in the case of the old one."""
        new = self._articles.get(word.lower()) or ("an" if word[0].lower() in "aeiou" else "a")
        if old.isupper() and len(old) > 1:
            return new.upper()
        return new.capitalize() if old[0].isupper() else new


def _parts(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def _masked(text: str, found: Sequence[Found]) -> str:
    pieces, done = [], 0
    for one in found:
        if one.article is not None:
            start, stop = one.article
            pieces += [
                text[done:start],
                "A" if text[start].isupper() else "a",
                text[stop : one.start],
            ]
        else:
            pieces.append(text[done : one.start])
        pieces.append(MASK)
        done = one.stop
    return "".join([*pieces, text[done:]])


def _fitting(one: Found, target: Identity) -> str | None:
    """Return the one word of the target that has every form that the found word may have here."""
    words = {target.words[form][0] if form in target.words else None for form in one.forms}
    word = words.pop() if len(words) == 1 else None
    is_held_back = bool(one.forms & target.with_people) and not one.is_beside_people
    return None if is_held_back else word


def _dressed(word: str, one: Found, text: str) -> str:
    """Return a word in the case of the one that it replaces."""
    old = text[one.start : one.stop]
    if old == one.word:
        return _capital(word) if old[:1].isupper() and opens(text, one.start) else word
    if old.isupper() and len(old) > 1:
        return word.upper()
    if old.islower():
        return word.lower()
    return _capital(word) if old[:1].isupper() else word


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
