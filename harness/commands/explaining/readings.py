"""Values of the parts of one input, with where they stand: by word, token or sentence.

Legend of shapes: r seeds, p parts, t tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.stitching import sentences, sentences_of, sum_by
from harness.figures.explained import Piece, Span

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Reading:
    """What one input says, part by part.

    Attributes:
        texts: The texts that places are places of.
        places: Where each part stands; None where that is not known.
        values: Attributions, one row for each seed, shape [r, p].
        checked: By the method that cross-checks, shape [p]; None without one.
        positions: Position of each part among the parts, or tokens, of the input, shape [p].
        special: What special tokens add together.
    """

    texts: tuple[str, ...]
    places: tuple[Span | None, ...]
    values: NDArray[np.float64]
    checked: NDArray[np.float64] | None
    positions: tuple[int, ...]
    special: float = 0.0

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The parts as they are drawn; a range where there are several seeds."""
        has_range = len(self.values) > 1
        rows = zip(self.positions, self.places, self.values.T, strict=True)
        return tuple(
            Piece(
                index=position,
                span=place,
                value=float(values.mean()),
                low=float(values.min()) if has_range else None,
                high=float(values.max()) if has_range else None,
                checked=None if self.checked is None else float(self.checked[at]),
            )
            for at, (position, place, values) in enumerate(rows)
        )


def without_special(reading: Reading) -> Reading:
    """Return a reading by token without the tokens that stand nowhere; their sum is kept apart."""
    kept = [at for at, place in enumerate(reading.places) if place is not None]
    special = float(reading.values.mean(axis=0).sum() - reading.values[:, kept].mean(axis=0).sum())
    return replace(
        reading,
        places=tuple(reading.places[at] for at in kept),
        values=reading.values[:, kept],
        checked=None if reading.checked is None else reading.checked[kept],
        positions=tuple(reading.positions[at] for at in kept),
        special=special,
    )


def by_sentence(reading: Reading) -> Reading:
    """Return the sums over sentences, so that completeness is kept; sentences without a part fall away."""
    table = sentences(*reading.texts)
    spans = np.array([place or (-1, -1, -1) for place in reading.places], dtype=np.int64)
    owners = sentences_of(spans.reshape(-1, 3), table)
    n = len(table)
    kept = [at for at in range(n) if (owners == at).any()]
    sums = np.stack([sum_by(values, owners, n) for values in reading.values])[:, kept]
    checked = None if reading.checked is None else sum_by(reading.checked, owners, n)[kept]
    places = [_trimmed(reading.texts, table[at].tolist()) for at in kept]
    return replace(
        reading,
        places=tuple(places),
        values=sums,
        checked=checked,
        positions=tuple(range(len(kept))),
    )


def _trimmed(texts: Sequence[str], row: list[int]) -> Span:
    text, start, stop = row
    return text, start, start + len(texts[text][start:stop].rstrip())
