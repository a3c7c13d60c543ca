"""A page for others without scripts: one table style, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence

from harness.wording.markup import Html, el, join, trusted
from harness.wording.text import markdown

_CSS = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;text-align:left;"
    "border-bottom:1px solid #ccc}td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}"
    ".flag{border-left:4px solid #b45309;padding-left:.6rem}"
)


def html_page(title: str, parts: Sequence[Html]) -> str:
    """Return a whole page."""
    head = join([el("meta", charset="utf-8"), el("title", title), el("style", trusted(_CSS))])
    body = el("html", el("head", head), el("body", el("main", join(parts))), lang="en")
    return f"<!doctype html>{body}\n"


def html_table(
    head_words: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: frozenset[int] = frozenset(),
) -> Html:
    """Return a table; ``numbers`` are the columns that are set flush right."""

    def cell(tag: str, at: int, text: str) -> Html:
        scope = "col" if tag == "th" else None
        return el(tag, text, class_="num" if at in numbers else None, scope=scope)

    head = el("tr", *(cell("th", at, text) for at, text in enumerate(head_words)))
    body = [el("tr", *(cell("td", at, text) for at, text in enumerate(row))) for row in rows]
    return el("table", el("thead", head), el("tbody", join(body)))


def md_row(cells: Sequence[str]) -> str:
    """Return one row of a Markdown table, its cells escaped."""
    return f"| {' | '.join(map(markdown, cells))} |"


def md_table(head_words: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    rule = f"| {' | '.join(['---'] * len(head_words))} |"
    return [md_row(head_words), rule, *map(md_row, rows)]
