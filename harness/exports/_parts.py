"""Small pieces that several parts of the HTML report are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from harness.exports._marks import Mark
from harness.wording.markup import Child, Html, el, join

_ONE_LINE = 40


@lru_cache(maxsize=64)
def icon(mark: Mark) -> Html:
    """Return the drawing of a mark; the word stands beside it, so it is silent."""
    return el("svg", el("use", href=f"#i-{mark.icon}"), class_="icon", aria_hidden="true")


@lru_cache(maxsize=256)
def mark_label(mark: Mark) -> Html:
    """Return icon and word, framed as the mark says."""
    frame = (" framed" if mark.is_outlined else "") + (" dashed" if mark.is_dashed else "")
    return el("span", icon(mark), el("span", mark.word), class_=f"mark {mark.tone}{frame}")


@lru_cache(maxsize=8192)
def num(text: str) -> Html:
    """Return a number in figures of equal width, on one line, with a real minus sign."""
    kind = "num" if len(text) <= _ONE_LINE else "num long"
    return el("span", text.replace("-", "\u2212"), class_=kind)


def code(text: str) -> Html:
    """Return a digest, a key or a command."""
    return el("code", text)


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Return term and description side by side; pairs without a description fall away."""
    cells = [join((el("dt", term), el("dd", value))) for term, value in pairs if value]
    return el("dl", *cells, class_="facts")


def strip(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Return short facts in one row, each under its term."""
    cells = [el("div", el("dt", term), el("dd", value)) for term, value in pairs if value]
    return el("dl", *cells, class_="strip")


def bullets(items: Iterable[Child]) -> Html:
    """Return a list; nothing for no items."""
    lines = [el("li", item) for item in items]
    return el("ul", *lines, class_="list") if lines else Html("")


def table(head: Sequence[str], rows: Iterable[Sequence[Child]], *, label: str, kind: str) -> Html:
    """Return a table with named columns whose first cell names the row, under a heading."""
    top = el("tr", *(el("th", name, scope="col") for name in head))
    body = (
        el("tr", el("th", first, scope="row"), *(el("td", cell) for cell in rest))
        for first, *rest in rows
    )
    return el("table", el("thead", top), el("tbody", *body), class_=kind, aria_label=label)


def section(title: str, id: str, *children: Child) -> Html:
    """Return a section that begins a new printed page."""
    return el("section", el("h2", title), *children, class_="section", id=id)


def part(title: str, *children: Child) -> Html:
    """Return a part of a page under its heading."""
    return el("section", el("h2", title), *children, class_="part")
