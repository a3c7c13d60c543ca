"""What was measured by one group column of one data set."""

from __future__ import annotations

from dataclasses import dataclass

from harness.figures.families import Family, Whole
from harness.figures.rules import Link


@dataclass(frozen=True, slots=True)
class Column:
    """One group column of one data set, with what was measured by it."""

    dataset: str
    columns: tuple[str, ...]
    families: tuple[Family, ...]
    links: tuple[list[Link], ...]
    wholes: tuple[Whole, ...]

    @property
    def id(self) -> str:
        """What the URL calls it."""
        return f"{'*'.join(self.columns)}@{self.dataset}"
