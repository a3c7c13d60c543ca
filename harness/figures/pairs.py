"""The pair matrix: for every two groups the limit that can pass (above the diagonal) and that can fail (below).

It shows what the two ends of a worst-group estimate are made of: the largest entry above the diagonal
of a difference is its high end, the largest entry below its low end; of a ratio the smallest ones. Recomputed
from the evidence, at the levels of the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ContractError, IntegrityError
from harness.figures.drawing import WIDTH, box, drawing, name_lines, name_width, words
from harness.figures.figure import Figure, Value
from harness.figures.rules import Link
from harness.records import Message, Param
from harness.wording.markup import Html
from harness.wording.messages import t
from harness.wording.quantities import plain, quantity_of
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.stats import Read

FEWEST_GROUPS, MOST_GROUPS = 3, 12
"""Two groups are one pair, which the sentence tells; nobody compares 78 pairs by eye."""

_CELL, _HEIGHT, _TOP, _NAMES = 58, 30, 24, 200

HEAD = (
    "first", "second", "first_value", "second_value", "value", "passing_limit", "failing_limit",
    "place",
)  # fmt: skip
"""Columns of the numbers of a pair matrix."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two groups, by their places in the drawing; None where they are not compared."""

    first: int
    second: int
    passing: float | None
    failing: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Groups from the highest value to the lowest, then those without one."""

    names: tuple[str, ...]
    values: tuple[float | None, ...]
    pairs: tuple[_Pair, ...]
    unit: str
    limit: float | None

    @property
    def is_ratio(self) -> bool:
        return self.unit == "ratio"

    def is_beyond(self, end: float | None) -> bool:
        if end is None or self.limit is None:
            return False
        return end < self.limit if self.is_ratio else end > self.limit

    def place(self, pair: _Pair) -> str:
        """Return what a pair says about the limit."""
        if pair.passing is None or pair.failing is None:
            return "not-compared"
        if self.limit is None:
            return "no-limit"
        if self.is_beyond(pair.failing):
            return "outside"
        return "open" if self.is_beyond(pair.passing) else "within"

    def shown(self, number: float | None) -> str:
        if number is None:
            return t("figure.not-measured")
        return quantity_of(number, self.unit, self.limit)


def pair_matrix(link: Link, *, title: str, key: str, read: Read | None) -> Figure | None:
    """Return the matrix of a difference or a ratio; None for 2 or more than 12 groups, or without evidence.

    Args:
        link: The estimate with what its evidence says.
        title: Of the figure.
        key: Of the figure.
        read: Loads what does not stand in the evidence itself; None where there is no bundle.
    """
    matrix = _read(link, read)
    if matrix is None:
        return None
    n_far = sum(matrix.place(pair) == "outside" for pair in matrix.pairs)
    about = t("pairs.about", n=len(matrix.names), n_pairs=len(matrix.pairs), n_far=n_far)
    height = _TOP + _HEIGHT * len(matrix.names) + 6
    picture = drawing(_shapes(matrix), height=height, title=title, about=about)
    return Figure(
        kind="pairs",
        key=key,
        title=title,
        captions=tuple(_captions(matrix, link)),
        head=HEAD,
        rows=tuple(_row(matrix, pair) for pair in matrix.pairs),
        shown_head=tuple(
            t(f"pairs.{name}")
            for name in ("first", "second", "value", "passing", "failing", "place")
        ),
        shown=tuple(_shown(matrix, pair) for pair in matrix.pairs),
        svg=picture.svg,
        html=picture.html,
    )


def _read(link: Link, read: Read | None) -> _Matrix | None:
    table, estimate = link.worst.table, link.whole.estimate
    n_groups = len(table.sides) + len(table.absent)
    if (
        link.worst.kind not in ("difference", "ratio")
        or not FEWEST_GROUPS <= n_groups <= MOST_GROUPS
    ):
        return None
    # numpy is needed from here on, and only here
    from harness.stats import pair_limits

    try:
        limits = pair_limits(estimate, table=link.worst.at, read=read)
    except (ContractError, IntegrityError):
        # the table of clusters lies in a file that is not at hand; a changed one is for ``verify`` to tell
        return None
    values = {side.name: side.value for side in table.sides}
    order = sorted(
        range(len(limits.names)),
        key=lambda k: (limits.names[k] not in values, -values.get(limits.names[k], 0.0), k),
    )
    names = tuple(limits.names[k] for k in order)
    is_ratio = link.worst.kind == "ratio"
    pairs = []
    for a, i in enumerate(order):
        for b, j in enumerate(order[a + 1 :], a + 1):
            ends = (float(limits.passing[i, j]), float(limits.failing[i, j]))
            known = [end if math.isfinite(end) else None for end in ends]
            both = values.get(names[a]), values.get(names[b])
            pairs.append(_Pair(a, b, known[0], known[1], _apart(*both, is_ratio=is_ratio)))
    found = tuple(values.get(name) for name in names)
    return _Matrix(names, found, tuple(pairs), link.worst.kind, link.tolerance)


def _apart(high: float | None, low: float | None, *, is_ratio: bool) -> float | None:
    if high is None or low is None or (is_ratio and high == 0):
        return None
    return low / high if is_ratio else high - low


def _shapes(matrix: _Matrix) -> Iterator[Html]:
    left = name_width((f"{name} 12" for name in matrix.names), most=_NAMES) + 26
    width = min(_CELL, (WIDTH - left - 2) / len(matrix.names))
    for k, name in enumerate(matrix.names):
        middle = _TOP + _HEIGHT * k + _HEIGHT / 2
        yield from name_lines(name, 0, middle, left - 30)
        yield words(str(k + 1), left - 8, middle + 4, anchor="end", kind="soft")
        yield words(str(k + 1), left + width * (k + 0.5), _TOP - 8, anchor="middle", kind="soft")
    framed = []
    for pair in matrix.pairs:
        for row, column, end, kind in (
            (pair.first, pair.second, pair.passing, "open"),
            (pair.second, pair.first, pair.failing, "far"),
        ):
            x, y = left + width * column, _TOP + _HEIGHT * row
            yield box(x, y, width, _HEIGHT, "cell")
            text = matrix.shown(end).removesuffix(" pp")
            label = words(text, x + width / 2, y + _HEIGHT / 2 + 4, anchor="middle")
            if matrix.is_beyond(end):
                framed += [box(x + 2, y + 2, width - 4, _HEIGHT - 4, kind), label]
            else:
                yield label
    yield from framed


def _row(matrix: _Matrix, pair: _Pair) -> tuple[Value, ...]:
    return (
        matrix.names[pair.first],
        matrix.names[pair.second],
        matrix.values[pair.first],
        matrix.values[pair.second],
        pair.value,
        pair.passing,
        pair.failing,
        matrix.place(pair),
    )


def _shown(matrix: _Matrix, pair: _Pair) -> tuple[str, ...]:
    return (
        one_line(matrix.names[pair.first], NAME_LIMIT),
        one_line(matrix.names[pair.second], NAME_LIMIT),
        matrix.shown(pair.value),
        matrix.shown(pair.passing),
        matrix.shown(pair.failing),
        t(f"pairs.is-{matrix.place(pair)}"),
    )


def _captions(matrix: _Matrix, link: Link) -> Iterator[Message]:
    estimate, finding = link.whole.estimate, link.whole.finding
    alphas: Sequence[float] = (estimate.alpha_high, estimate.alpha_low)
    passing, failing = alphas[::-1] if matrix.is_ratio else alphas
    levels = {"passing": f"{100 * (1 - passing):.4g} %", "failing": f"{100 * (1 - failing):.4g} %"}
    yield _say("pairs.ratio" if matrix.is_ratio else "pairs.difference", **levels)
    if matrix.limit is not None and finding is not None:
        limit, rule = plain(matrix.limit, matrix.unit), one_line(finding.rule, NAME_LIMIT)
        yield _say("pairs.limit", limit=limit, rule=rule)
    if any(pair.passing is None for pair in matrix.pairs):
        yield _say("pairs.dash")
    if len(link.worst.tables) > 1:
        yield _say("pairs.one-of", n=len(link.worst.tables))
    if not link.worst.is_complete:
        yield _say("pairs.incomplete")


def _say(id: str, **params: Param) -> Message:
    return Message(id, t(id, **params), dict(params))
