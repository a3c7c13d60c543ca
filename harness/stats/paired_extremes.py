"""Ends of the change of an extreme of groups: worst difference, smallest ratio, lowest or highest rate.

The largest of rates that are truly equal lies above each of them in every sample, so that no reading of
draws of the extreme itself holds its level: where one side has equal groups and the other has not, such ends
miss the truth far more often than alpha. Here every rate of both sides, and every paired change of a rate, is
bounded at once; what follows from all these bounds holds where they hold.

With a and b the rates of both sides, d = a - b and l = log(a / b) of each group, and S the largest difference
of two groups of one rate:

* highest, lowest:  min d <= change <= max d, and between lowest a - highest b and the reverse of their bounds;
* difference:       |change| <= S of the bounds of d, and between the bounds of S(a) and of S(b);
* ratio, of one group by the largest: between the bounds of both quotients, and within the factor exp(S of l) of b.

Each end takes the tighter of both. The one-sided error is shared by 6 K bounds that an end may rest on, K
rates and groups (Bonferroni), so that it errs at most alpha, usually far less.

Blind to: how closely the bounds could be drawn together where many groups agree; an interval is then wider
than it needs to be.

Legend: r replicates, i rates, g groups, K = i g.

Source: union bound; simulated in tests/simulation/test_coverage_paired_extremes.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.estimates import Alphas
from harness.stats.replicates import MIN_TAIL, constants_of, replicate_ends
from harness.stats.table_figures import Figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_BOUNDS = 6
"""Bounds for each rate and group. Most that an end rests on are 4 K + 4, of a quotient's upper end: both ends
of both sides where the data pick the groups, and two of a change; that is at most 6 K from K = 2 on."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of both sides, in draws and as counted.

    Attributes:
        a, b: Draws, shape [r, i, g].
        of_a, of_b: As counted, shape [i, g].
    """

    a: FloatArray
    b: FloatArray
    of_a: FloatArray
    of_b: FloatArray


@dataclass(frozen=True, slots=True)
class _Bound:
    """Simultaneous bounds, each of shape [i, g]."""

    low: FloatArray
    high: FloatArray

    @property
    def spread(self) -> float:
        """Most that two groups of one rate can be apart."""
        return float((self.high.max(axis=1) - self.low.min(axis=1)).max())

    @property
    def least_spread(self) -> float:
        """Least that the two groups farthest apart are apart, of any rate."""
        return float(np.maximum(0.0, self.low.max(axis=1) - self.high.min(axis=1)).max())


def extreme_ends(
    figure: Figure,
    drawn: Callable[[int], Rates],
    constants: dict[str, float],
    alphas: Alphas,
    *,
    more: int,
) -> tuple[float, float]:
    """Return both ends of the change of an extreme.

    Args:
        figure: Of kind ``difference``, ``ratio``, ``lowest``, ``highest`` or ``of-highest``.
        drawn: Gives so many blocks of draws; the first block is always the same.
        constants: Range of the change; ``df`` and ``inflation`` over clusters.
        alphas: One-sided errors.
        more: Blocks that are drawn where one does not reach the tail that is asked for.
    """
    low, high = constants["range_low"], constants["range_high"]
    if constants.get("df") == 0:
        return low, high
    first = drawn(1)
    if not (np.isfinite(first.a).all() and np.isfinite(first.b).all()):
        return low, high
    names = ("df", "inflation")
    extra: dict[str, float] = {name: constants[name] for name in names if name in constants}
    reader = _Reader(first, lambda: drawn(more), extra)
    ends = []
    for alpha in (alphas.low, alphas.high):
        share = alpha / (_BOUNDS * first.a[0].size)
        ends.append(_ends(figure, reader, share))
    return max(low, ends[0][0]), min(high, ends[1][1])


Read = Callable[["FloatArray", "FloatArray"], "FloatArray"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One column of draws: what is read, its position and value, its range, its one-sided error."""

    what: Read
    at: int
    value: float
    edge: float
    share: float


class _Reader:
    """Reads simultaneous bounds from draws; draws more of them once where a tail is too thin."""

    def __init__(self, first: Rates, more: Callable[[], Rates], extra: dict[str, float]) -> None:
        self.first = first
        self._more = more
        self._kept: Rates | None = None
        self._extra = extra

    def of(self, what: Read, edge: float, share: float) -> _Bound:
        """Return bounds of a function of both rates, which lies between -edge and edge."""
        first = what(self.first.a, self.first.b)
        values = what(self.first.of_a[None], self.first.of_b[None])[0]
        flat = first.reshape(len(first), -1)
        ends = [
            self._column(flat[:, i], _Asked(what, i, float(value), edge, share))
            for i, value in enumerate(values.reshape(-1))
        ]
        low, high = np.array(ends).T
        return _Bound(low.reshape(values.shape), high.reshape(values.shape))

    def _column(self, column: FloatArray, asked: _Asked) -> tuple[float, float]:
        edge = asked.edge
        centre = asked.value if np.isfinite(asked.value) else float(np.median(column))
        constants = constants_of(centre, -edge, edge) | self._extra
        alphas = Alphas(asked.share, asked.share)
        low, high = _within(replicate_ends(column, constants, alphas), edge)
        if low > -edge and high < edge:
            return low, high
        many = self._many()
        more = asked.what(many.a, many.b).reshape(len(many.a), -1)[:, asked.at]
        far = _within(replicate_ends(more, constants, alphas), edge)
        # a smaller alpha must never give a tighter bound than the draws of one block did
        ordered = np.sort(column)
        low = min(far[0], float(ordered[MIN_TAIL - 1])) if low <= -edge else low
        high = max(far[1], float(ordered[-MIN_TAIL])) if high >= edge else high
        return low, high

    def _many(self) -> Rates:
        if self._kept is None:
            self._kept = self._more()
        return self._kept


def _within(ends: tuple[float | None, float | None], edge: float) -> tuple[float, float]:
    low, high = ends
    return (-edge if low is None else low), (edge if high is None else high)


def _ends(figure: Figure, reader: _Reader, share: float) -> tuple[float, float]:
    a, b = reader.of(lambda x, _: x, 1.0, share), reader.of(lambda _, y: y, 1.0, share)
    if figure.kind in ("ratio", "of-highest"):
        change = reader.of(_log_ratio, np.inf, share)
        return _of_quotient(figure, _clip(a), _clip(b), change)
    change = reader.of(lambda x, y: x - y, 1.0, share)
    a, b = _clip(a), _clip(b)
    if figure.kind == "difference":
        return (
            max(-change.spread, a.least_spread - b.spread),
            min(change.spread, a.spread - b.least_spread),
        )
    pick = np.max if figure.kind == "highest" else np.min
    return (
        max(float(change.low.min()), float(pick(a.low) - pick(b.high))),
        min(float(change.high.max()), float(pick(a.high) - pick(b.low))),
    )


def _log_ratio(a: FloatArray, b: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):  # a rate that is 0 as counted
        return np.log(a) - np.log(b)


def _of_quotient(figure: Figure, a: _Bound, b: _Bound, change: _Bound) -> tuple[float, float]:
    low_a, high_a = _quotient(figure, a)
    low_b, high_b = _quotient(figure, b)
    factor = change.spread
    # quotients are at most 1, so that a factor of b moves it by at most so much
    shrunk = high_b * float(np.expm1(-factor)) if np.isfinite(factor) else -1.0
    grown = high_b * float(np.expm1(min(factor, 50.0)))
    return max(low_a - high_b, shrunk), min(high_a - low_b, grown)


def _quotient(figure: Figure, one: _Bound) -> tuple[float, float]:
    """Return bounds of a quotient of rates, from 0 to 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if figure.kind == "of-highest":
            group = figure.group
            low = one.low[0, group] / max(one.low[0, group], float(one.high[0].max()))
            high = one.high[0, group] / max(one.high[0, group], float(one.low[0].max()))
            ends = (low, high)
        else:
            lows = one.low.min(axis=1) / one.high.max(axis=1)
            highs = one.high.min(axis=1) / one.low.max(axis=1)
            ends = (float(lows.min()), float(highs.min()))
    low, high = ends
    low = low if np.isfinite(low) else 0.0
    high = high if np.isfinite(high) else 1.0
    return float(min(1.0, max(0.0, low))), float(min(1.0, max(0.0, high)))


def _clip(one: _Bound) -> _Bound:
    return _Bound(np.clip(one.low, 0.0, 1.0), np.clip(one.high, 0.0, 1.0))
