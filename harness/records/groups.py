"""Who belongs to which group: what was planned of a group column, and how a row's groups are held.

A cell of a group column is one text. Where groups overlap (a text that names two identities) it
holds all of them, sorted, with U+001F between them; ``members`` takes it apart. Nothing else may
treat such a cell as the name of a group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_BETWEEN = "\x1f"

IN_NONE = _BETWEEN
"""A cell of overlapping groups that is known to be in none of them, unlike ``""``, which is missing."""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What the config says of a group column before anything was predicted.

    Attributes:
        values: Names of its groups, in the order of reports; None takes those that occur.
        reference: Group that the others are compared with; None compares all pairs.
        exclude: Group → why it is left out of comparisons; its rows are counted and reported.
        is_list: Whether a row can be in several of the groups.
    """

    values: tuple[str, ...] | None = None
    reference: str | None = None
    exclude: Mapping[str, str] = field(default_factory=dict)
    is_list: bool = False


def members(cell: str) -> tuple[str, ...]:
    """Return the groups that a cell names: none where it is missing or in none of them."""
    return tuple(cell.split(_BETWEEN)) if cell.strip(_BETWEEN) else ()


def joined(groups: Iterable[str]) -> str:
    """Return the cell of a row that is in some groups; ``IN_NONE`` without any."""
    return _BETWEEN.join(sorted(set(groups))) or IN_NONE


def one_group(text: str) -> str:
    """Return a cell of one group, whatever characters the text holds."""
    return text.replace(_BETWEEN, "\N{SYMBOL FOR UNIT SEPARATOR}") if _BETWEEN in text else text


def names_of(cells: Iterable[str]) -> tuple[str, ...]:
    """Return the groups that occur, sorted."""
    return tuple(sorted({name for cell in set(cells) for name in members(cell)}))


def sizes_of(cells: Sequence[str]) -> dict[str, int]:
    """Return group → rows in it, sorted by name; a row of two groups counts in both."""
    counts: dict[str, int] = {}
    for cell in cells:
        counts[cell] = counts.get(cell, 0) + 1
    sizes = dict.fromkeys(names_of(counts), 0)
    for cell, n in counts.items():
        for name in members(cell):
            sizes[name] += n
    return sizes
