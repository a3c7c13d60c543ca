"""Plain tables for the terminal: aligned, no wider than it, with no text that could act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.wording.text import NAME_LIMIT, cells, cut, fit, slice_words, wrap
from harness.wording.text import one_line as _one_line

__all__ = [
    "number",
    "one_line",
    "size_words",
    "slice_words",
    "table",
    "time_words",
    "wrapped",
]

_GAP = "  "
_MIN_WIDTH = 60
_NARROWEST = 8
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def table(
    rows: Sequence[Sequence[str]], width: int, *, right: frozenset[int] = frozenset()
) -> Iterator[str]:
    """Yield one line for each row; where the terminal is too narrow, the widest columns are cut.

    Args:
        rows: Cells; every row as many.
        width: Columns of the terminal.
        right: Columns that are set flush right: numbers.
    """
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    room = max(width, _MIN_WIDTH) - len(_GAP) * len(widths)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    for row in rows:
        fitted = [
            _flush(cell, w) if column in right else fit(cell, w)
            for column, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield (_GAP + _GAP.join(fitted)).rstrip()


def wrapped(text: str, width: int) -> list[str]:
    """Return a sentence as lines of at most the terminal's width."""
    return wrap(text, max(width, _MIN_WIDTH))


def one_line(text: str, limit: int = NAME_LIMIT) -> str:
    """Return a name as one visible line."""
    return _one_line(text, limit)


def number(n: int) -> str:
    """Return a count with thousands separators."""
    return f"{n:,}"


def time_words(seconds: float | None) -> str:
    """Return minutes, seconds below two of them, ``not known`` for None."""
    if seconds is None:
        return "not known"
    if seconds < 119.5:
        return "< 1 s" if 0 < seconds < 0.5 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:,.1f} min" if minutes < 100 else f"{minutes:,.0f} min"


def size_words(n_bytes: int | None) -> str:
    """Return a size in the largest unit of which there is one, ``not known`` for None."""
    if n_bytes is None:
        return "not known"
    for unit, name in _UNITS:
        if n_bytes >= unit:
            return (
                f"{n_bytes / unit:.1f} {name}"
                if n_bytes < 100 * unit
                else f"{n_bytes / unit:.0f} {name}"
            )
    return f"{n_bytes} B"


def _flush(text: str, width: int) -> str:
    short = cut(text, width)
    return " " * max(0, width - cells(short)) + short
