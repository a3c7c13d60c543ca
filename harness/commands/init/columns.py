"""What each column of a table looks like."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from harness.data.preview import Preview
from harness.records import names_of

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")

_SEPARATORS = ("|", ";")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: As in the header.
        n_present: Rows that have a value.
        values: Distinct values, most frequent first.
        mean_length: Mean number of characters of a value.
        is_numeric: Whether every value is a number.
        is_share: Whether every value is a number from 0 to 1.
        is_unique: Whether no value stands twice.
        is_prose: Whether at least half of the values hold several words, or are written without
            spaces between them as Chinese is.
    """

    name: str
    n_present: int
    values: tuple[str, ...]
    mean_length: float
    is_numeric: bool
    is_share: bool
    is_unique: bool
    is_prose: bool

    @property
    def n_distinct(self) -> int:
        """Number of distinct values."""
        return len(self.values)

    @property
    def separator(self) -> str | None:
        """What stands between several values of one cell of a text; None where nothing seems to."""
        if self.is_numeric:
            return None
        for one in _SEPARATORS:
            cut = [value for value in self.values if one in value]
            if len(cut) > 1 and len(self._parts(one)) < self.n_distinct:
                return one
        return None

    @property
    def n_groups(self) -> int:
        """Number of groups, taking cells of several values apart."""
        if self.separator is not None:
            return len(self._parts(self.separator))
        return len(names_of(self.values))

    def _parts(self, separator: str) -> set[str]:
        parts = {part.strip() for value in self.values for part in value.split(separator)}
        return parts - {""}

    def is_called(self, *words: str) -> bool:
        """True when one of the words stands in the name, apart from case and separators."""
        name = self.name.lower()
        parts = re.split(r"[^a-z0-9\u4e00-\u9fff]+", name)
        # a word of an unspaced script, or a long one, may stand inside a name
        return any(
            word in parts or ((len(word) > 4 or _UNSPACED.match(word)) and word in name)
            for word in words
        )


def profile(table: Preview) -> list[Column]:
    """Describe every column of a table."""
    return [_column(name, values) for name, values in table.columns.items()]


def is_share(value: str) -> bool:
    """Return whether a value is a number from 0 to 1."""
    return _is_number(value) and 0 <= float(value) <= 1


def _is_number(value: str) -> bool:
    return _NUMBER.fullmatch(value.strip()) is not None


def _column(name: str, values: list[str | None]) -> Column:
    present = [value for value in values if value is not None]
    counted = Counter(present)
    is_numeric = bool(present) and all(map(_is_number, counted))
    return Column(
        name=name,
        n_present=len(present),
        values=tuple(value for value, _ in counted.most_common()),
        mean_length=sum(map(len, present)) / len(present) if present else 0.0,
        is_numeric=is_numeric,
        is_share=bool(present) and all(map(is_share, counted)),
        is_unique=bool(present) and len(counted) == len(present),
        is_prose=2 * sum(map(_is_prose, present)) >= max(len(present), 1),
    )


def _is_prose(value: str) -> bool:
    return len(value.split()) > 2 or sum(_UNSPACED.match(one) is not None for one in value) > 2
