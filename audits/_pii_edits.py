"""Rows with another person's values in the place of those that a detector found, and with other words.

A value is replaced wherever it stands in its row. Beside each such version stands a control: a run
of other words of the same text, about as long, is replaced by a run of another row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._extraction_values import settled
from harness.detectors import REPLACED, replacement
from harness.secrecy import normal_value

if TYPE_CHECKING:
    from harness.detectors import Span

Text = str | tuple[str, ...]
Place = tuple[int, int, int]
"""Text of a row, start, stop."""

_UNIT = re.compile("[\u3400-\u9fff]|[^\\s\u3400-\u9fff]+")
"""A word, or one sign of a script that is written without spaces."""

_TRIES = 8


@dataclass(frozen=True, slots=True, repr=False)
class Entity:
    """One value of a row.

    Attributes:
        kind: Of the value.
        places: Where it stands, in the texts of the row.
        normal: As digests read it.
        length: Signs of its first place.
    """

    kind: str
    places: tuple[Place, ...]
    normal: str
    length: int


@dataclass(frozen=True, slots=True, repr=False)
class Version:
    """One replacement and its control.

    Attributes:
        kind: Of the value that was replaced.
        name: Tells versions of a row apart.
        edited: The row with another value.
        control: The row with other words; None where it has no run of words to spare.
    """

    kind: str
    name: str
    edited: Text
    control: Text | None


def entities_of(spans: Sequence[Sequence[Span]], row: Text) -> list[Entity]:
    """Return the values of a row that can be replaced, each once.

    Args:
        spans: What was found in each text of the row.
        row: Its text or texts.
    """
    texts = (row,) if isinstance(row, str) else row
    found: dict[tuple[str, str], list[Place]] = {}
    for number, (text, of_text) in enumerate(zip(texts, spans, strict=True)):
        for span in settled(of_text):
            if span.kind in REPLACED:
                key = span.kind, normal_value(text[span.start : span.stop])
                found.setdefault(key, []).append((number, span.start, span.stop))
    return [
        Entity(kind, tuple(places), normal, places[0][2] - places[0][1])
        for (kind, normal), places in found.items()
    ]


def versions_of(
    row: Text,
    entities: Sequence[Entity],
    others: Sequence[tuple[Text, Sequence[Entity]]],
    *,
    tried: Sequence[Entity],
    draws: int,
    rng: np.random.Generator,
) -> Iterator[Version]:
    """Yield versions of a row.

    Args:
        row: Its text or texts.
        entities: Its values.
        others: Rows that runs of words are taken from, with their values.
        tried: Values among its own that are replaced, each by itself.
        draws: Times that each is replaced.
        rng: Where the draws come from.
    """
    taken = _places(entities)
    for number, entity in enumerate(tried):
        for draw in range(draws):
            value = _other_value(entity, rng)
            if value is None:
                continue
            edited = _put(row, [(place, value) for place in entity.places])
            control = _control(row, taken, entity.length, others, rng)
            yield Version(entity.kind, f"{number}-{draw}", edited, control)


def _other_value(entity: Entity, rng: np.random.Generator) -> str | None:
    for _ in range(_TRIES):
        value = replacement(entity.kind, rng)
        if normal_value(value) != entity.normal:
            return value
    return None


def _places(entities: Sequence[Entity]) -> list[Place]:
    return [place for entity in entities for place in entity.places]


def _control(
    row: Text,
    taken: Sequence[Place],
    length: int,
    others: Sequence[tuple[Text, Sequence[Entity]]],
    rng: np.random.Generator,
) -> Text | None:
    """Replace a run of words that holds no value by a run of another row."""
    for _ in range(_TRIES):
        own = _run(row, taken, length, rng)
        if own is None:
            return None
        other, known = others[int(rng.integers(len(others)))]
        foreign = _run(other, _places(known), length, rng)
        if foreign is None:
            continue
        words = _at(other, foreign)
        if words != _at(row, own):
            return _put(row, [(own, words)])
    return None


def _run(row: Text, taken: Sequence[Place], length: int, rng: np.random.Generator) -> Place | None:
    """Draw a run of words of about some length that touches no place that is taken."""
    texts = (row,) if isinstance(row, str) else row
    starts = [
        (number, unit.start())
        for number, text in enumerate(texts)
        for unit in _UNIT.finditer(text)
        if not _touches(taken, number, unit.start(), unit.end())
    ]
    if not starts:
        return None
    number, start = starts[int(rng.integers(len(starts)))]
    stop = start
    for unit in _UNIT.finditer(texts[number], start):
        if stop - start >= length or _touches(taken, number, unit.start(), unit.end()):
            break
        stop = unit.end()
    return number, start, stop


def _touches(taken: Sequence[Place], number: int, start: int, stop: int) -> bool:
    return any(one[0] == number and one[1] < stop and start < one[2] for one in taken)


def _at(row: Text, place: Place) -> str:
    text = row if isinstance(row, str) else row[place[0]]
    return text[place[1] : place[2]]


def _put(row: Text, changes: Sequence[tuple[Place, str]]) -> Text:
    """Return a row with other content in some places."""
    texts = [row] if isinstance(row, str) else list(row)
    for (number, start, stop), content in sorted(changes, reverse=True):
        texts[number] = texts[number][:start] + content + texts[number][stop:]
    return texts[0] if isinstance(row, str) else tuple(texts)
