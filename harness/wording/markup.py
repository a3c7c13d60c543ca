"""HTML that is inert by construction: text is escaped, only ``el`` makes elements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape

from harness.wording.text import LIMIT, one_line

_VOID = frozenset({"meta", "br", "col", "line", "circle", "path", "use"})
_UNIT_GAP = re.compile(r"(?<=\d) (?=(?:%|pp\b|s\b|min\b))")


_SHORT = 100


class Html(str):
    """Markup that is already escaped; only functions of this module make it from text."""

    __slots__ = ()


Child = Html | str | None


def esc(value: object, limit: int = LIMIT) -> Html:
    """Return a value as escaped, visible text of one line; a number keeps its unit beside it."""
    text = str(value)
    return _escaped(text) if len(text) <= min(limit, _SHORT) else _escape(one_line(text, limit))


@lru_cache(maxsize=8192)
def _escaped(text: str) -> Html:
    """Return a short text escaped; most of them (titles, words, class names) come many times."""
    return _escape(one_line(text))


def _escape(line: str) -> Html:
    return Html(escape(_UNIT_GAP.sub("\u00a0", line)))


def el(tag: str, *children: Child, **attributes: str | int | None) -> Html:
    """Return an element; children that are plain text and all attribute values are escaped.

    Attribute names: a final underscore falls away, others become hyphens; None leaves one out.
    """
    start = tag + _attributes(tuple(attributes.items())) if attributes else tag
    if tag in _VOID:
        return Html(f"<{start}/>" if tag in ("line", "circle", "path", "use") else f"<{start}>")
    return Html(f"<{start}>{join(children)}</{tag}>")


@lru_cache(maxsize=8192)
def _attributes(given: tuple[tuple[str, str | int | None], ...]) -> str:
    """Return attributes as they stand in a tag; most elements of a report have those of others."""
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{esc(value)}"'
        for name, value in given
        if value is not None
    )


def join(children: Iterable[Child], between: str = "") -> Html:
    """Return children one after the other; plain text among them is escaped."""
    return Html(
        between.join([c if isinstance(c, Html) else esc(c) for c in children if c is not None])
    )


def trusted(markup: str) -> Html:
    """Mark a literal of this package as markup: style sheet and drawings, never a value."""
    return Html(markup)


def within(rows: Iterable[Html], n_bytes: int) -> list[Html]:
    """Return the rows, from the first, that fit into a number of bytes."""
    kept: list[Html] = []
    for row in rows:
        n_bytes -= len(row.encode())
        if n_bytes < 0:
            break
        kept.append(row)
    return kept
