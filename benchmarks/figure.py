"""One figure that was aimed at: what came out, and whether it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure beside its target.

    Attributes:
        what: A few words.
        measured: What came out, with its unit.
        target: What was aimed at.
        is_reached: Whether it was reached.
        same: How it was seen that contenders did the same work; empty where there is one contender.
    """

    what: str
    measured: str
    target: str
    is_reached: bool
    same: str = ""


def figure_lines(figures: Sequence[Figure]) -> list[str]:
    """Return a Markdown table of figures."""
    lines = ["| figure | measured | target | reached | the same work |", "|---|---|---|---|---|"]
    for one in figures:
        reached = "yes" if one.is_reached else "no"
        lines.append(
            f"| {one.what} | {one.measured} | {one.target} | {reached} | {one.same or '-'} |"
        )
    return lines
