"""What a decision loses as words are taken away: stored points of single rows, averaged to be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

STEPS = 10
"""Into how many equal steps the share of words that were taken is cut."""

RANDOM = "random"
_ENDS: tuple[Literal["without", "kept"], ...] = ("without", "kept")


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean over rows at one step of one ranking.

    Attributes:
        ranking: Method that ranks the words; ``random`` for all random orders together.
        share: Mean share of the words that were taken first, from 0 to 1.
        without: Mean probability of the decided class without them.
        kept: The same with them alone.
        n: Points that were averaged.
    """

    ranking: str
    share: float
    without: float
    kept: float
    n: int


def mean_curves(points: Iterable[Mapping[str, Any]]) -> list[Mean]:
    """Return the mean curve of each ranking, the random control last.

    Args:
        points: Rows of ``curves.parquet`` of the audit faithfulness.
    """
    sums: dict[tuple[str, int], list[float]] = {}
    for point in points:
        ranking = str(point["ranking"])
        ranking = RANDOM if ranking.startswith(RANDOM) else ranking
        share = point["n_taken"] / point["n_words"]
        at = sums.setdefault((ranking, round(STEPS * share)), [0.0, 0.0, 0.0, 0])
        for place, value in enumerate((share, *(point[end] for end in _ENDS), 1)):
            at[place] += value
    order = list(dict.fromkeys(ranking for ranking, _ in sums))
    order.sort(key=lambda ranking: ranking == RANDOM)
    return [
        Mean(ranking, share / n, without / n, kept / n, int(n))
        for ranking in order
        for (own, _), (share, without, kept, n) in sorted(sums.items())
        if own == ranking
    ]
