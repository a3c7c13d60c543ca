"""The shape of one way to write one kind of value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """An expression, what confirms it, and a hint.

    Attributes:
        kind: Kind of what it finds.
        regex: Expression for ``re`` in ASCII mode.
        hint: A simpler expression, without looking around, that occurs wherever ``regex`` does.
        check: How many characters of a candidate are a value; None: all of them.
        is_checked: Whether ``check`` is a checksum or a register.
        longest: No match, with what stands around it, has more characters.
    """

    kind: str
    regex: str
    hint: str
    check: Callable[[str], int] | None = None
    is_checked: bool = False
    longest: int = 640
