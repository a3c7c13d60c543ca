"""A comparison on a terminal, as Markdown, as HTML and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from harness.commands.axes import AXES
from harness.commands.comparing.table import Comparison, Line, worse_for
from harness.commands.comparing.words import (
    HEAD,
    TITLES,
    Block,
    blocks,
    changed_text,
    facts,
    read_me,
    side_rows,
    worse_texts,
)
from harness.commands.page import html_page, html_table, md_table
from harness.exports.tables import one_line, table, wrapped
from harness.records import Estimate, to_data
from harness.wording.markup import Html, el
from harness.wording.text import markdown

_RIGHT = frozenset({1, 2})


def sentences(one: Comparison) -> list[str]:
    """Return what is said beside the tables: decisions that changed, worse for whom, what is not compared."""
    return [
        *map(changed_text, one.changes),
        *worse_texts(one),
        *(note.text for note in one.notes),
    ]


def render_screen(one: Comparison, width: int, *, is_whole: bool = False) -> str:
    """Return the comparison as plain text, ending in a line break."""
    lines = [*table(side_rows(one), width), ""]
    lines += [
        line for each in one.sides for line in wrapped(f"{each.letter}  {facts(each)}", width)
    ]
    lines += ["", *(line for text in sentences(one) for line in wrapped(text, width))]
    for axis in AXES:
        found, n_more = blocks(one, axis, is_whole=is_whole)
        if not found:
            continue
        lines += ["", TITLES[axis].upper(), *_block_lines(found, width)]
        lines += [f"{n_more} more: --all"] if n_more else []
    lines += ["", *(line for text in read_me(one) for line in wrapped(text, width))]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _block_lines(found: list[Block], width: int) -> list[str]:
    """Return titles and rows, the rows of all blocks in the same columns."""
    rows = [HEAD, *(row for block in found for row in block.rows)]
    shown = [f"  {line}" for line in table(rows, width - 2)]
    lines, at = [shown[0]], 1
    for block in found:
        lines += [one_line(block.title, width), *shown[at : at + len(block.rows)]]
        at += len(block.rows)
    return lines


def render_markdown(one: Comparison) -> str:
    """Return the comparison as Markdown; everything that came from data is escaped."""
    lines = ["# Runs compared", "", *md_table(*_split(side_rows(one))), ""]
    lines += [f"* {markdown(f'{each.letter}: {facts(each)}')}" for each in one.sides]
    lines += ["", *(f"{markdown(text)}\n" for text in sentences(one))]
    for axis in AXES:
        found, _ = blocks(one, axis, is_whole=True)
        if found:
            rows = [[block.title, *row] for block in found for row in block.rows]
            lines += [f"## {TITLES[axis]}", "", *md_table(["measure", *HEAD], rows), ""]
    lines += [markdown(text) for text in read_me(one)]
    return "\n".join(lines) + "\n"


def render_html(one: Comparison) -> str:
    """Return the comparison as one HTML page without scripts; everything in it is escaped."""
    parts: list[Html] = [el("h1", "Runs compared"), html_table(*_split(side_rows(one)))]
    parts += [el("p", f"{each.letter}: {facts(each)}") for each in one.sides]
    parts += [el("p", text, class_="flag") for text in sentences(one)]
    for axis in AXES:
        found, _ = blocks(one, axis, is_whole=True)
        if found:
            rows = [[block.title, *row] for block in found for row in block.rows]
            parts.append(el("h2", TITLES[axis]))
            parts.append(html_table(["measure", *HEAD], rows, numbers=frozenset({2, 3})))
    parts += [el("p", text) for text in read_me(one)]
    return html_page("Runs compared", parts)


def _split(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    return rows[0], rows[1:]


def comparison_data(one: Comparison) -> dict[str, Any]:
    """Return the comparison for ``--json``."""
    return {
        "schema_version": "modelassay/comparison/v1",
        "baseline": one.sides[0].run,
        "runs": [
            asdict(each)
            | {
                "cost": None if each.cost is None else to_data(each.cost),
                "latency_ms": None if each.cost is None else each.cost.latency_ms,
            }
            for each in one.sides
        ],
        "measures": [_line(one, line) for line in one.lines],
        "decisions": [asdict(each) for each in one.changes],
        "worse_for": [
            {
                "run": letter,
                "dataset": line.dataset,
                "slice": line.slice,
                "errors": _estimate(found),
            }
            for letter, line, found in worse_for(one)
        ],
        "notes": [to_data(note) for note in one.notes],
        "multiplicity": {"method": "benjamini-hochberg", "rate": 0.05, "n": one.n_compared},
        "min_cell": one.least,
    }


def _line(one: Comparison, line: Line) -> dict[str, Any]:
    letters = [side.letter for side in one.sides]
    return {
        "measure": line.measure,
        "dataset": line.dataset,
        "slice": line.slice,
        "about": line.axis,
        "better": line.better,
        "values": dict(zip(letters, map(_estimate, line.values), strict=True)),
        "differences": dict(zip(letters[1:], map(_estimate, line.differences[1:]), strict=True)),
        "ways": dict(zip(letters[1:], line.ways[1:], strict=True)),
    }


def _estimate(one: Estimate | None) -> dict[str, Any] | None:
    """Return an estimate without its evidence, which stands in the runs."""
    if one is None:
        return None
    data: dict[str, Any] = to_data(one)
    return {name: value for name, value in data.items() if name != "evidence"}


def _json(one: Comparison) -> str:
    import json

    text = json.dumps(comparison_data(one), ensure_ascii=False, indent=2, allow_nan=False)
    return text + "\n"


FORMATS: dict[str, Callable[[Comparison], str]] = {
    "md": render_markdown,
    "html": render_html,
    "json": _json,
}
