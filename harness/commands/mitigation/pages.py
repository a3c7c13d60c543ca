"""A comparison as a page for others: Markdown and HTML, without figures of groups of few rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.commands.mitigation.exposures import MEASURE as EXPOSURE
from harness.commands.mitigation.screen import comparison_data, file_stem
from harness.commands.mitigation.wording import (
    AXIS_TITLES,
    BESIDE_HEAD,
    BESIDE_NUMBERS,
    HEAD,
    NUMBERS,
    READ_BESIDES,
    READ_ME,
    beside_row,
    besides_of,
    change_row,
    sentences,
    set_title,
)
from harness.commands.page import html_page, html_table, md_table
from harness.files import write_whole
from harness.records import slice_columns
from harness.wording.markup import Html, el
from harness.wording.text import markdown

if TYPE_CHECKING:
    from pathlib import Path

    from harness.commands.mitigation.comparing import Change
    from harness.commands.mitigation.comparison import Comparison


def write_comparison(one: Comparison) -> Path:
    """Write the comparison beside the mitigated model as JSON, Markdown and HTML."""
    text = json.dumps(comparison_data(one), ensure_ascii=False, indent=2, allow_nan=False)
    stem = file_stem(one)
    write_whole(one.folder / f"{stem}.json", text + "\n")
    write_whole(one.folder / f"{stem}.md", comparison_markdown(one))
    path = one.folder / f"{stem}.html"
    write_whole(path, comparison_html(one))
    return path


def comparison_markdown(one: Comparison) -> str:
    """Return the comparison as Markdown; names of groups and classes are escaped."""
    lines = [f"# Mitigation: {markdown(one.mitigation.method)}", ""]
    lines += [f"{markdown(text)}\n" for text in sentences(one)]
    for name in dict.fromkeys(each.dataset for each in one.changes):
        lines += [
            f"## {markdown(set_title(name))}",
            "",
            *md_table(HEAD, _page_rows(one, name)),
            "",
        ]
    for title, rows in _axis_tables(one):
        lines += [f"## {title}", "", *md_table(BESIDE_HEAD, rows), ""]
    lines += [markdown(READ_ME), ""]
    lines += [markdown(READ_BESIDES), ""] if one.shown else []
    lines += [f"* {markdown(text)}" for text in _page_notes(one)]
    return "\n".join(lines) + "\n"


def _hidden(one: Comparison) -> dict[tuple[str, str, str], str]:
    """Return the figures that a page does not show, each with the words for its number of rows.

    Those of groups of few rows; where that is one of a column, the next smallest too, which would give it away.
    """
    families: dict[tuple[str, str, str], list[Change]] = {}
    for each in one.changes:
        columns = slice_columns(each.slice)
        if columns and "*" not in columns.values() and each.measure != EXPOSURE:
            place = (each.dataset, each.measure, ",".join(sorted(columns)))
            families.setdefault(place, []).append(each)
    found = {}
    for family in families.values():
        small = [each for each in family if 0 < each.n < one.least]
        others = sorted((each for each in family if each.n >= one.least), key=lambda each: each.n)
        for each in small:
            found[each.dataset, each.measure, each.slice] = f"fewer than {one.least}"
        for each in others[:1] if len(small) == 1 else []:
            found[each.dataset, each.measure, each.slice] = "not shown"
    return found


def _page_rows(one: Comparison, dataset: str) -> list[list[str]]:
    """Return the rows of a page for others; the terminal and the JSON file of this machine show all."""
    hidden, rows = _hidden(one), []
    for each in one.changes:
        if each.dataset == dataset:
            words = hidden.get((each.dataset, each.measure, each.slice))
            rows.append(
                change_row(each) if words is None else [*change_row(each)[:2], words, *[""] * 4]
            )
    return rows


def _page_notes(one: Comparison) -> list[str]:
    slices = {place[-1] for place in _hidden(one)}
    return [
        "Levelling down, on a group whose figures are not shown."
        if slices & {note.params.get("best"), note.params.get("worst")}
        else note.text
        for note in one.shown_notes or one.notes
    ]


def comparison_html(one: Comparison) -> str:
    """Return the comparison as one HTML page without scripts; everything in it is escaped."""
    parts: list[Html] = [el("h1", f"Mitigation: {one.mitigation.method}")]
    parts += [el("p", text) for text in sentences(one)]
    for name in dict.fromkeys(each.dataset for each in one.changes):
        rows = _page_rows(one, name)
        parts += [el("h2", set_title(name)), html_table(HEAD, rows, NUMBERS)]
    for title, rows in _axis_tables(one):
        parts += [el("h2", title), html_table(BESIDE_HEAD, rows, BESIDE_NUMBERS)]
    parts.append(el("p", READ_ME))
    if one.shown:
        parts.append(el("p", READ_BESIDES))
    parts += [el("p", text, class_="flag") for text in _page_notes(one)]
    return html_page(f"Mitigation of {one.before}", parts)


def _axis_tables(one: Comparison) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield title and rows of what both runs measured, without figures of small groups."""
    for axis, title in AXIS_TITLES.items():
        found = besides_of(one.shown, axis)
        has_sets = len({each.dataset for each in found}) > 1
        if found:
            yield title, [beside_row(each, has_sets=has_sets) for each in found]
