"""Sorted bars of the attributions of one input, on the scale that its heat map has.

The strongest parts first, then what all others add, what special tokens add, and what the method leaves
unexplained, the base value that all of it is added to, and the lead that comes of it. These bars have no interval: an attribution of one input is computed, not estimated from a
sample; the caption says so. Where a method draws at random, a whisker is its range over seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.figures.drawing import WIDTH, Drawing, box, drawing, line, name_at, words
from harness.figures.explained import Explained, Piece, strongest
from harness.figures.shades import ATTRIBUTION_CSS, kind_of
from harness.wording.markup import Html
from harness.wording.messages import plural, t
from harness.wording.quantities import signed
from harness.wording.text import NAME_LIMIT, one_line

_ROW = 19.0
_TOP = 34.0
_LEFT, _RIGHT = 262.0, 678.0
_MIDDLE = (_LEFT + _RIGHT) / 2
_NAME_WIDTH = 200.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the drawing.

    Attributes:
        label: What it is, for readers.
        where: Position, from 1, of a part; empty for the others.
        value: In logits.
        kind: ``for``, ``against``, ``plain`` or ``rest``.
        low, high: Range over seeds; None without one.
        is_unsure: Whether that range holds 0.
    """

    label: str
    where: str
    value: float
    kind: str
    low: float | None = None
    high: float | None = None
    is_unsure: bool = False


def bars_of(one: Explained, *, top: int) -> list[Bar]:
    """Return the bars of one input: its strongest parts, the rest, special tokens, and the gap.

    Args:
        one: The decision.
        top: Parts that have a bar of their own.
    """
    shown = strongest(one, top)
    bars = [_bar(one, piece) for piece in shown]
    n_more = len(one.pieces) - len(shown)
    if n_more:
        rest = sum(piece.value for piece in one.pieces) - sum(piece.value for piece in shown)
        bars.append(Bar(plural(f"explain.rest-{one.card.unit}", n_more), "", rest, "rest"))
    if one.n_special:
        bars.append(Bar(plural("explain.special", one.n_special), "", one.special, "rest"))
    if one.blank is not None:
        bars.append(Bar(t("explain.unexplained"), "", one.unexplained, "rest"))
        bars.append(Bar(t("explain.base-value"), "", one.blank, "rest"))
    bars.append(Bar(one.said("explain.lead"), "", one.whole, "rest"))
    return bars


def is_cut(bar: Bar, reach: float) -> bool:
    """Return whether a bar is longer than the scale, so that its end must be marked as cut."""
    return abs(bar.value) > reach * 1.0005


def bar_drawing(one: Explained, scale: float, *, top: int) -> Drawing:
    """Return the bars as a drawing with a common axis.

    Args:
        one: The decision.
        scale: Value of a bar that fills its half, the same for everything on a page; a longer bar
            (a sum of many parts) is cut and says its number.
        top: Parts that have a bar of their own.
    """
    bars = bars_of(one, top=top)
    reach = scale if scale > 0 else max((abs(bar.value) for bar in bars), default=1.0) or 1.0
    height = _TOP + _ROW * len(bars) + 8
    shapes = [*_axis(one, reach, height)]
    for row, bar in enumerate(bars):
        shapes += _drawn(bar, _TOP + _ROW * row, reach)
    about = t("explain.bars-about", n=len(one.pieces), total=signed(one.total))
    title = t("explain.bars", name=one_line(one.name, NAME_LIMIT))
    return drawing(shapes, height=height, title=title, about=about, rules=ATTRIBUTION_CSS)


def _bar(one: Explained, piece: Piece) -> Bar:
    kind = kind_of(piece.value, is_signed=one.is_signed) if one.is_relied_on else "plain"
    return Bar(
        one.words(piece) or t(f"explain.nameless-{one.card.unit}"),
        str(piece.index + 1),
        piece.value,
        kind,
        piece.low,
        piece.high,
        piece.is_unsure,
    )


def _axis(one: Explained, reach: float, height: float) -> Iterator[Html]:
    yield line(_MIDDLE, _TOP - 6, _MIDDLE, height - 4, "zero-line")
    yield words(signed(-reach), _LEFT, 24, kind="soft")
    yield words("0", _MIDDLE, 24, anchor="middle", kind="soft")
    yield words(signed(reach), _RIGHT, 24, anchor="end", kind="soft")
    if one.is_signed:
        runner_up, target = one.sides
        yield name_at(f"← {runner_up}", _MIDDLE - 10, 10, _MIDDLE - _LEFT, anchor="end")
        yield name_at(f"{target} →", _MIDDLE + 10, 10, _RIGHT - _MIDDLE)


def _drawn(bar: Bar, y: float, reach: float) -> Iterator[Html]:
    middle = y + _ROW / 2
    label = one_line(bar.label, 200).strip() or t("explain.blank-part")
    yield words(bar.where, 30, middle + 4, anchor="end", kind="soft")
    yield name_at(label, 38, middle + 4, _NAME_WIDTH)
    end = _place(bar.value, reach)
    left, width = min(end, _MIDDLE), abs(end - _MIDDLE)
    kind = f"{bar.kind} unsure" if bar.is_unsure else bar.kind
    if width >= 0.1:
        yield box(left, y + 3, width, _ROW - 7, kind)
    if bar.low is not None and bar.high is not None:
        yield line(
            _place(bar.low, reach), middle - 0.5, _place(bar.high, reach), middle - 0.5, "reach"
        )
    cut = " »" if is_cut(bar, reach) else ""
    yield words(f"{signed(bar.value)}{cut}", WIDTH - 6, middle + 4, anchor="end")


def _place(value: float, reach: float) -> float:
    share = max(-1.0, min(1.0, value / reach))
    return _MIDDLE + share * (_RIGHT - _MIDDLE)
