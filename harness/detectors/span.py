"""What a detector finds, and what a detector is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One place in a text that holds something personal or secret.

    Attributes:
        start: Position of its first character in the text as it was given.
        stop: Position behind its last character.
        kind: What it is: ``email``, ``phone``, ``card`` ...
        detector: Id of the detector that found it.
        is_checked: Whether a checksum or a register of valid values confirms it.
    """

    start: int
    stop: int
    kind: str
    detector: str
    is_checked: bool = False


@runtime_checkable
class Detector(Protocol):
    """Finds spans in texts; the same texts give the same spans.

    Attributes:
        id: Name in records and reports.
        kinds: Every kind that it can find.
    """

    id: str
    kinds: frozenset[str]

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start; spans of different kinds may overlap."""
        ...
