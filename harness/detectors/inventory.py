"""Exact search for many known values at once: what a run knows of its training set, in any text.

Values are found as written, in any case and width, and card numbers, ids and phones also with other
separators. A text is cut into words once; only where a word begins a known value the text is looked up in
the lengths that such values have, so the time does not grow with the number of values.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from harness.detectors.normalising import normalise, placed
from harness.detectors.scanning import resolve
from harness.detectors.span import Span

_WORDS = re.compile(r"[0-9A-Za-z]+|[^\x00-\x7f]")
_RUNS = re.compile(r"[0-9](?:[ .()/-]{0,2}[0-9])+")
MIN_DIGITS = 7
"""Numbers with fewer digits are found with their own separators only, unless told otherwise."""


class Inventory:
    """Known values and where they stand; a detector of them.

    Args:
        values: Kind → values.
        min_digits: Numbers with fewer digits are found with their own separators only.

    Attributes:
        n_values: Different values.

    Blind to: values that are written otherwise than by case, width and separators of digits.
    """

    id = "inventory"

    def __init__(
        self, values: Mapping[str, Iterable[str]], *, min_digits: int = MIN_DIGITS
    ) -> None:
        self.kinds = frozenset(values)
        self._lengths: dict[str, set[int]] = defaultdict(set)
        self._kinds: dict[str, list[str]] = defaultdict(list)
        self._digits: dict[int, dict[str, str]] = defaultdict(dict)
        known = {(kind, _plain(one)) for kind, some in values.items() for one in some}
        for kind, value in sorted(known):
            first = _WORDS.search(value)
            if first is not None:
                # a value that begins with a sign is found from its first word on
                rest = value[first.start() :]
                self._lengths[first[0]].add(len(rest))
                self._kinds[rest].append(kind)
            digits = re.sub(r"[ .()/+-]", "", value)
            if digits.isdigit() and len(digits) >= min_digits:
                self._digits[len(digits)].setdefault(digits, kind)
        self.n_values = len(known)

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Span]:
        plain, places = normalise(text)
        lower = plain.lower() if plain.isascii() else "".join(map(_lowered, plain))
        found = [*self._written(lower), *self._numbers(plain)]
        return [
            Span(*placed(one.start, one.stop, places), one.kind, one.detector, one.is_checked)
            for one in resolve(found)
        ]

    def _written(self, text: str) -> Iterable[Span]:
        for word in _WORDS.finditer(text):
            for length in self._lengths.get(word[0], ()):
                stop = word.start() + length
                kinds = self._kinds.get(text[word.start() : stop], ())
                if kinds and not _runs_on(text, stop):
                    yield from (Span(word.start(), stop, kind, self.id, True) for kind in kinds)

    def _numbers(self, text: str) -> Iterable[Span]:
        if not self._digits:
            return
        for run in _RUNS.finditer(text):
            at = [place for place, sign in enumerate(run[0], run.start()) if sign.isdigit()]
            digits = "".join(text[place] for place in at)
            for length, known in self._digits.items():
                for first in range(len(digits) - length + 1):
                    kind = known.get(digits[first : first + length])
                    if kind is not None:
                        yield Span(at[first], at[first + length - 1] + 1, kind, self.id, True)


def _plain(value: str) -> str:
    return "".join(map(_lowered, normalise(value)[0])).strip()


def _lowered(sign: str) -> str:
    lower = sign.lower()
    return lower if len(lower) == 1 else sign


def _runs_on(text: str, stop: int) -> bool:
    """Whether a word goes on where a value ends, so that it is another value."""
    return (
        stop < len(text)
        and text[stop].isascii()
        and text[stop].isalnum()
        and text[stop - 1].isascii()
        and text[stop - 1].isalnum()
    )
