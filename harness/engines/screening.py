"""What training rows hold before anything is learnt from them: personal values, secrets, repeats.

Legend: n rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.data.near import is_near_repeat, is_repeat
from harness.detectors import Detector, without_overlaps
from harness.secrecy import normal_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

TextInput = str | tuple[str, ...]

SECRET_KINDS = frozenset({"secret", "cloud-key"})
"""Kinds that open a door, whoever they belong to."""
_CHUNK = 2048


@dataclass(frozen=True, slots=True)
class KindFound:
    """What was found of one kind.

    Attributes:
        kind: Kind.
        per_row: Values in each row, shape [n].
        n_different: Different values.
        n_repeated: Of them, those that stand in several rows.
        most_rows: Rows that the most frequent of them stands in.
    """

    kind: str
    per_row: NDArray[np.int64]
    n_different: int
    n_repeated: int
    most_rows: int

    @property
    def n_values(self) -> int:
        """Values, each occurrence counted."""
        return int(self.per_row.sum())

    @property
    def n_rows(self) -> int:
        """Rows that hold one."""
        return int((self.per_row > 0).sum())


@dataclass(frozen=True, slots=True)
class Screened:
    """What rows hold.

    Attributes:
        n: Rows.
        kinds: What was found, by kind, in alphabetical order; overlapping kinds each count.
        per_row: Places in each row that hold a value of any kind, shape [n]; overlaps count once.
        n_different, n_repeated: Different values at these places, and those that stand in several rows.
        has_secret: Whether a row holds a password, token or key, shape [n].
        repeats: Whether an earlier row is the same, shape [n].
        near_repeats: Whether an earlier row that is kept is nearly the same, for the rows that were
            compared, shape [m].
        most_copies: Rows that the most frequent text stands in.
    """

    n: int
    kinds: tuple[KindFound, ...]
    per_row: NDArray[np.int64]
    n_different: int
    n_repeated: int
    has_secret: NDArray[np.bool_]
    repeats: NDArray[np.bool_]
    near_repeats: NDArray[np.bool_]
    most_copies: int

    @property
    def is_personal(self) -> NDArray[np.bool_]:
        """Whether a row holds a value of any kind, shape [n]."""
        return self.per_row > 0


def screen(
    inputs: Sequence[TextInput],
    detector: Detector,
    *,
    repeated_by: Sequence[TextInput] | None = None,
    compared: NDArray[np.int64] | None = None,
    threshold: float = 0.8,
    ngram: int = 5,
) -> Screened:
    """Look for personal values, secrets and repeats in rows.

    Args:
        inputs: Text, or several texts, of each row.
        detector: Finds the values.
        repeated_by: What makes a row a repeat, where that is not all its texts, for each row.
        compared: Positions of the rows that are compared for near repeats; None compares all.
        threshold: Least Jaccard similarity of near repeats.
        ngram: Characters of an n-gram.
    """
    n = len(inputs)
    found = _Found(n)
    for start in range(0, n, _CHUNK):
        found.add(start, inputs[start : start + _CHUNK], detector)
    chosen = range(n) if compared is None else compared.tolist()
    texts = inputs if repeated_by is None else repeated_by
    near = is_near_repeat([texts[k] for k in chosen], threshold=threshold, ngram=ngram)
    copies = Counter(texts)
    return Screened(
        n=n,
        kinds=found.kinds(),
        per_row=found.per_row,
        n_different=len(found.rows),
        n_repeated=sum(count > 1 for count in found.rows.values()),
        has_secret=found.has_secret,
        repeats=is_repeat(texts),
        near_repeats=near,
        most_copies=max(copies.values(), default=0),
    )


class _Found:
    """Counts that grow from piece to piece."""

    def __init__(self, n: int) -> None:
        self._n = n
        self.per_row = np.zeros(n, dtype=np.int64)
        self.has_secret = np.zeros(n, dtype=np.bool_)
        self.rows: Counter[tuple[str, str]] = Counter()
        self._counts: dict[str, NDArray[np.int64]] = {}
        self._rows: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, start: int, inputs: Sequence[TextInput], detector: Detector) -> None:
        parts = [(one,) if isinstance(one, str) else one for one in inputs]
        spans = iter(detector.find([text for texts in parts for text in texts]))
        for row, texts in enumerate(parts, start):
            seen: set[tuple[str, str]] = set()
            places: set[tuple[str, str]] = set()
            for text in texts:
                own = next(spans)
                alone = without_overlaps(own)
                self.per_row[row] += len(alone)
                places |= {(one.kind, normal_value(text[one.start : one.stop])) for one in alone}
                for one in own:
                    counts = self._counts.setdefault(one.kind, np.zeros(self._n, dtype=np.int64))
                    counts[row] += 1
                    self.has_secret[row] |= one.kind in SECRET_KINDS
                    seen.add((one.kind, normal_value(text[one.start : one.stop])))
            self.rows.update(places)
            for kind, value in seen:
                self._rows[kind][value] += 1

    def kinds(self) -> tuple[KindFound, ...]:
        return tuple(
            KindFound(
                kind=kind,
                per_row=self._counts[kind],
                n_different=len(rows),
                n_repeated=sum(count > 1 for count in rows.values()),
                most_rows=max(rows.values()),
            )
            for kind, rows in sorted(self._rows.items())
        )
