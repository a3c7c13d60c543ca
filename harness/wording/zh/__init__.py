"""Simplified Chinese: what every sentence, measure and fragment is called.

Each module here may hold some of four dicts, which are joined:

* ``PAGE``: id → sentence of the exports and figures (``messages.EN``). One form, ``.other``.
* ``SAID``: id → sentence of records, as given to ``Message.of``.
* ``MEASURES``: key of a measure → (title, reading, blindness).
* ``PHRASES``: English fragment → Chinese; ``{name}`` in the English matches anything.

Templates are those of ``str.format``, with two specs more: ``{n:#}`` is the number inside a fragment
such as ``2 approvals``; ``{words:~}`` is a fragment, or a whole sentence of the evidence, translated;
``{names:&}`` is an enumeration such as ``a, b and c``, as Chinese writes it.
``docs/glossary-zh.md`` says which word stands for which.
"""

from __future__ import annotations

import pkgutil
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from harness.wording.language import recognised

_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
_LONGEST = 600
"""Characters of a fragment that is held against patterns."""
_SENTENCE_END = re.compile(r"(?<=[.?!]) (?=\S)")
_PLACE = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class Chinese:
    """Everything that is written in Chinese.

    Attributes:
        page, said, measures, phrases: See the module.
        patterns: Fragments with something variable in them, the longest first.
    """

    page: dict[str, str]
    said: dict[str, str]
    measures: dict[str, tuple[str, str, str]]
    phrases: dict[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]

    def fill(self, template: str, params: Mapping[str, object]) -> str:
        """Fill a template.

        Raises:
            KeyError: If a parameter is missing.
            ValueError: If a parameter does not fit its format.
        """
        return _FORMATTER.vformat(template, (), params)

    def phrase(self, text: str) -> str:
        """Return a fragment or sentences of the evidence in Chinese; itself where none is known."""
        bare = text.strip()
        if not bare:
            return text
        if whole := self.phrases.get(bare) or recognised(bare):
            return whole
        if len(bare) > _LONGEST:
            return text
        return self._sentences(_SENTENCE_END.split(bare)) or text

    def _sentences(self, pieces: list[str]) -> str | None:
        """Return sentences one after the other, each as short as it can be; None where one is unknown."""
        if not pieces:
            return ""
        for end in range(1, len(pieces) + 1):
            text = " ".join(pieces[:end])
            if head := self.phrases.get(text) or recognised(text) or self._by_pattern(text):
                rest = self._sentences(pieces[end:])
                return None if rest is None else head + rest
        return None

    def _by_pattern(self, text: str) -> str | None:
        for pattern, template in self.patterns:
            if match := pattern.fullmatch(text):
                return self.fill(template, match.groupdict())
        return None


@cache
def chinese() -> Chinese:
    """Return everything that is written in Chinese.

    Raises:
        ValueError: If two modules translate the same thing.
    """
    modules = [import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    page, told, measures, phrases = (
        _joined([getattr(module, name, {}) for module in modules])
        for name in ("PAGE", "SAID", "MEASURES", "PHRASES")
    )
    plain = {english: text for english, text in phrases.items() if "{" not in english}
    return Chinese(page, told, measures, plain, _patterns(phrases))


def _joined(dicts: list[dict[str, Any]]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for one in dicts:
        if twice := joined.keys() & one.keys():
            raise ValueError(f"translated twice: {', '.join(sorted(twice))}")
        joined |= one
    return joined


def _patterns(phrases: dict[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return fragments with placeholders as patterns; what fixes more text is tried first."""
    found = [english for english in phrases if "{" in english]
    found.sort(key=lambda english: -len(re.sub(r"\{\w+\}", "", english)))
    return tuple(
        (re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(one)), re.DOTALL), phrases[one])
        for one in found
    )


class _Formatter(string.Formatter):
    """``str.format`` by name alone, with the specs ``#``, ``~`` and ``&``."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs[key]

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "~":
            return chinese().phrase(str(value))
        if format_spec == "#":
            number = _NUMBER.search(str(value))
            return number[0] if number else str(value)
        if format_spec == "&":
            return _enumerated(str(value))
        return format(value, format_spec)


def _enumerated(text: str) -> str:
    joined = [
        "、".join(map(chinese().phrase, re.split(r", | and ", one))) for one in text.split(" or ")
    ]
    return "或".join(joined)


_FORMATTER = _Formatter()
