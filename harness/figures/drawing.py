"""SVG by hand: shapes with absolute places, text that is escaped, one style sheet for all figures.

The same elements serve twice: inside a page whose style sheet holds ``FIGURE_CSS`` (and may set the
colours anew, for dark ground), and as a file of its own that carries the sheet with it. Places are rounded
to a tenth, so that the same numbers give the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.wording.markup import Html, el, join, trusted
from harness.wording.palette import LIGHT
from harness.wording.text import cells, cut, one_line, wrap

WIDTH = 760
_CELL = 6.7
"""Width of one column of text at 12 px; a Chinese character fills two."""

_RULES = """
.fig{display:block;width:100%;max-width:760px;height:auto;font-size:12px;
font-family:var(--sans,"Segoe UI","Helvetica Neue",Arial,"Noto Sans","Liberation Sans","PingFang SC",
"Microsoft YaHei","Noto Sans CJK SC",sans-serif)}
.fig text{fill:INK}
.fig .soft{fill:MUTED;font-size:11px}
.fig .grid{stroke:LINE;stroke-width:1}
.fig .band{fill:BLUE-TINT;stroke:BLUE;stroke-width:.75;stroke-dasharray:2 2}
.fig .whole{stroke:RULE;stroke-width:1.25;stroke-dasharray:5 3}
.fig .bar{stroke:INK;stroke-width:2}
.fig .dot{fill:INK;stroke:PAPER;stroke-width:1}
.fig .hollow{fill:PAPER;stroke:INK;stroke-width:1.75}
.fig .cell{fill:none;stroke:LINE;stroke-width:1}
.fig .far{fill:VERMILION-TINT;stroke:VERMILION-INK;stroke-width:2.25}
.fig .open{fill:AMBER-TINT;stroke:AMBER-INK;stroke-width:1.5;stroke-dasharray:4 2}
.fig .curve{fill:none;stroke:RULE;stroke-width:1.25}
.fig .curve.wide{stroke-dasharray:5 3}
.fig .strong{font-weight:600}
"""


def _with_colours(rules: str) -> str:
    for name in sorted(LIGHT, key=len, reverse=True):
        rules = rules.replace(name.upper(), f"var(--{name},{LIGHT[name]})")
    return rules


FIGURE_CSS = _with_colours(_RULES)
"""Rules for every figure; colours are those of the report where it sets them."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished drawing: for a page with the style sheet, and as a file of its own."""

    html: Html
    svg: str


def drawing(
    shapes: Iterable[Html], *, height: float, title: str, about: str, rules: str = ""
) -> Drawing:
    """Return the drawing of some shapes.

    Args:
        shapes: From the functions of this module.
        height: In the units of ``WIDTH``.
        title: What it shows, for those who cannot see it.
        about: One sentence that sums it up.
        rules: What the style sheet of a file of its own must hold beside ``FIGURE_CSS``.
    """
    inner = join((el("title", title), el("desc", about), *shapes))
    size = {"viewBox": f"0 0 {WIDTH} {at(height)}", "width": str(WIDTH), "height": at(height)}
    page = el("svg", inner, class_="fig", role="img", aria_label=title, **size)
    sheet = el("style", trusted(f".fig{{background:{LIGHT['paper']}}}{FIGURE_CSS}{rules}"))
    own = el(
        "svg",
        sheet,
        inner,
        xmlns="http://www.w3.org/2000/svg",
        class_="fig",
        role="img",
        aria_label=title,
        **size,
    )
    return Drawing(page, f"{own}\n")


def at(place: float) -> str:
    """Return a place with one decimal at most."""
    text = f"{place:.1f}"
    return text.removesuffix(".0")


def words(
    text: str, x: float, y: float, *, anchor: str = "start", kind: str = "", full: str = ""
) -> Html:
    """Return a text; ``full`` is what stands behind a text that was cut."""
    hint = el("title", full) if full and full != text else None
    return el(
        "text",
        text,
        hint,
        x=at(x),
        y=at(y),
        text_anchor=None if anchor == "start" else anchor,
        class_=kind or None,
    )


def name_at(name: str, x: float, y: float, width: float, *, anchor: str = "start") -> Html:
    """Return a name on one line, cut with an ellipsis to a width; the whole stands in its tooltip."""
    full = one_line(name, 200)
    return words(cut(full, max(4, int(width / _CELL))), x, y, anchor=anchor, full=full)


def name_lines(name: str, x: float, y: float, width: float) -> list[Html]:
    """Return a name around a middle line, on two lines where it needs them: names may differ at the end."""
    full, room = one_line(name, 200), max(4, int(width / _CELL))
    lines = wrap(full, room)
    if len(lines) < 2:
        return [words(full, x, y + 4)]
    first, second = lines[0], cut(" ".join(lines[1:]), room)
    return [words(first, x, y - 3, full=full), words(second, x, y + 10, full=full)]


def name_width(names: Iterable[str], *, most: float) -> float:
    """Return the width that names need, at most ``most``."""
    longest = max((cells(one_line(name, 200)) for name in names), default=0)
    return min(most, max(60.0, longest * _CELL + 4))


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    """Return a straight line."""
    return el("line", x1=at(x1), y1=at(y1), x2=at(x2), y2=at(y2), class_=kind)


def dot(x: float, y: float, kind: str, *, radius: float = 4.5, hint: str = "") -> Html:
    """Return a disc, or a ring for the kind ``hollow``."""
    if hint:
        place = {"cx": at(x), "cy": at(y), "r": at(radius)}
        return el("g", el("title", hint), el("circle", class_=kind, **place))
    return el("circle", cx=at(x), cy=at(y), r=at(radius), class_=kind)


def box(x: float, y: float, width: float, height: float, kind: str) -> Html:
    """Return a rectangle."""
    x2, y2 = at(x + width), at(y + height)
    return el("path", d=f"M{at(x)} {at(y)}H{x2}V{y2}H{at(x)}Z", class_=kind)


def curve(points: Iterable[tuple[float, float]], kind: str) -> Html:
    """Return a line through points."""
    return el("path", d="M" + "L".join(f"{at(x)} {at(y)}" for x, y in points), class_=kind)
