"""What a long run tells a person while it works: stages, steps, notes. Never part of a record."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """Receives progress; the command line shows it on stderr."""

    def stage(self, name: str) -> None:
        """A stage begins."""
        ...

    def step(self, done: int, total: int) -> None:
        """Work inside the stage went on; units are the stage's own."""
        ...

    def note(self, text: str) -> None:
        """Something that a person should know now."""
        ...

    def end(self, detail: str) -> None:
        """The stage is over; ``detail`` says what came of it."""
        ...


class Quiet:
    """A reporter that says nothing, for notebooks and tests."""

    def stage(self, name: str) -> None:
        """Say nothing."""

    def step(self, done: int, total: int) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def end(self, detail: str) -> None:
        """Say nothing."""
