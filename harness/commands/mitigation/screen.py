"""What ``assay mitigate`` answers: on a terminal, as JSON, as a Markdown and an HTML table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.exports.tables import one_line, slice_words, table, wrapped
from harness.files import write_whole
from harness.records import slice_columns, to_data
from harness.wording.markup import Html, el, join, trusted
from harness.wording.text import markdown

if TYPE_CHECKING:
    from pathlib import Path

    from harness.commands.mitigation.carrying import Comparison
    from harness.commands.mitigation.comparing import Change
    from harness.commands.mitigation.offers import Offers

HEAD = ("measure", "where", "n", "before", "after", "change", "90 % interval")
_NUMBERS = frozenset({2, 3, 4, 5, 6})
READ_ME = (
    "Change is after minus before on the same test rows; each end of its interval errs in 5 of 100 "
    "cases by itself, and many are shown. It is a comparison, not a verdict: the gate of the "
    "mitigated run judges."
)
_CSS = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;text-align:left;"
    "border-bottom:1px solid #ccc}td.num,th.num{text-align:right;font-variant-numeric:tabular-nums}"
    ".flag{border-left:4px solid #b45309;padding-left:.6rem}"
)


def offers_data(offers: Offers) -> dict[str, Any]:
    """Return the offers for ``--json``."""
    return {
        "schema_version": "modelassay/mitigation-offers/v1",
        "run": offers.run,
        "name": offers.name,
        "model": {"name": offers.model, "kind": offers.kind},
        "groups": offers.groups,
        "concerns": [asdict(one) for one in offers.concerns],
        "methods": [
            {
                "id": one.method.id,
                "title": one.method.title,
                "cost": one.method.cost,
                "needs_group_to_decide": one.method.needs_group,
                "is_offered": not one.why_not,
                "why_not": list(one.why_not),
                "options": {
                    name: {"default": option.default, "about": option.about}
                    for name, option in one.method.options.items()
                },
            }
            for one in offers.offers
        ],
    }


def render_offers(offers: Offers, width: int) -> str:
    """Return the offers as plain text, ending in a line break."""
    kind = "stored predictions" if offers.kind == "predictions" else f"{offers.kind} model"
    lines = wrapped(f"Run {offers.run}: {one_line(offers.name)}, {kind} {offers.model}", width)
    for column, sets in offers.groups.items():
        where = ", ".join(f"{name} {n} values" for name, n in sets.items())
        lines += wrapped(f"group {one_line(column)}: {where}", width)
    lines += ["", *_concerns(offers, width), "", "Methods, the gentlest first:"]
    for number, one in enumerate(offers.offers, 1):
        mark = "" if not one.why_not else "  not offered"
        lines += ["", f"{number}. {one.method.id}{mark}"]
        decides = "needed" if one.method.needs_group else "not needed"
        text = f"{one.method.title}. Cost: {one.method.cost}. Group to decide: {decides}."
        lines += [f"   {line}" for line in wrapped(text, width - 3)]
        lines += [f"   {line}" for why in one.why_not for line in wrapped(why, width - 3)]
        named = ", ".join(
            f"{name}={'(of the run)' if option.default is None else option.default}"
            for name, option in one.method.options.items()
        )
        lines += [f"   {line}" for line in wrapped(f"Options: {named}", width - 3)]
    lines += ["", *wrapped("Nothing was run. Carry one out with:", width)]
    lines.append(f"  assay mitigate {offers.run} --method METHOD [--group COLUMN]")
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _concerns(offers: Offers, width: int) -> Iterator[str]:
    if not offers.concerns:
        yield "No finding about groups failed or stayed open in the newest gate."
    for one in offers.concerns:
        yield from wrapped(f"{one.outcome}: {one_line(one.rule)}. {one.because}", width)


def comparison_data(one: Comparison) -> dict[str, Any]:
    """Return the comparison for ``--json`` and for its file."""
    return {
        "schema_version": "modelassay/mitigation/v1",
        "before": {"run": one.before, "run_digest": one.before_digest, "verdict": one.verdicts[0]},
        "after": {"run": one.after, "run_digest": one.after_digest, "verdict": one.verdicts[1]},
        "mitigation": to_data(one.mitigation),
        "positive": one.positive,
        "validation": {
            "before": asdict(one.fitted.before),
            "candidates": [asdict(each) for each in one.fitted.candidates],
            "chosen": one.fitted.chosen,
        },
        "changes": [
            {
                "measure": each.measure,
                "dataset": each.dataset,
                "slice": each.slice,
                "n": each.n,
                "before": each.before,
                "after": each.after,
                "change": to_data(each.estimate),
            }
            for each in one.changes
        ],
        "n_looks": one.n_looks,
        "notes": [to_data(note) for note in one.notes],
        "folder": str(one.folder),
    }


def render_comparison(one: Comparison, width: int) -> str:
    """Return the comparison as plain text, ending in a line break."""
    lines = [line for text in _sentences(one) for line in wrapped(text, width)]
    for name in dict.fromkeys(each.dataset for each in one.changes):
        shown = [each for each in one.changes if each.dataset == name and _on_screen(one, each)]
        rows = [HEAD, *map(_row, shown)]
        lines += ["", f"Test set {one_line(name)}", *table(rows, width, right=_NUMBERS)]
    lines += ["", *(line for why in _unknown(one) for line in wrapped(why, width))]
    lines += wrapped(READ_ME, width)
    lines += [line for note in one.notes for line in wrapped(note.text, width)]
    lines += [f"run         {one.run}", f"comparison  {one.folder}/{file_stem(one)}.html"]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _on_screen(one: Comparison, change: Change) -> bool:
    """Return whether a terminal shows it: all of it stands in the files."""
    is_whole = "difference" in change.measure or change.slice == "all"
    is_own = slice_columns(change.slice).keys() == {one.mitigation.group}
    return is_whole or (is_own and change.measure in (one.mitigation.constraint, "error-rate"))


def _unknown(one: Comparison) -> list[str]:
    """Return the reasons why some intervals are not known, each once."""
    whys = (each.estimate.why_undefined for each in one.changes)
    texts = dict.fromkeys(why.text for why in whys if why is not None)
    return [f"Not known: {text}" for text in texts]


def write_comparison(one: Comparison) -> Path:
    """Write the comparison beside the mitigated model as JSON, Markdown and HTML."""
    text = json.dumps(comparison_data(one), ensure_ascii=False, indent=2, allow_nan=False)
    stem = file_stem(one)
    write_whole(one.folder / f"{stem}.json", text + "\n")
    write_whole(one.folder / f"{stem}.md", comparison_markdown(one))
    path = one.folder / f"{stem}.html"
    write_whole(path, comparison_html(one))
    return path


def file_stem(one: Comparison) -> str:
    """Return how the files of a comparison are called, without their ending."""
    return f"comparison-{one.after}"


def comparison_markdown(one: Comparison) -> str:
    """Return the comparison as Markdown; names of groups and classes are escaped."""
    lines = [f"# Mitigation: {markdown(one.mitigation.method)}", ""]
    lines += [f"{markdown(text)}\n" for text in _sentences(one)]
    for name in dict.fromkeys(each.dataset for each in one.changes):
        lines += [f"## Test set {markdown(name)}", "", _md_row(HEAD), _md_row(["---"] * len(HEAD))]
        lines += [_md_row(row) for row in _page_rows(one, name)]
        lines.append("")
    lines += [markdown(READ_ME), ""]
    lines += [f"* {markdown(text)}" for text in _page_notes(one)]
    return "\n".join(lines) + "\n"


def _hidden(one: Comparison) -> dict[tuple[str, str, str], str]:
    """Return the figures that a page does not show, each with the words for its number of rows.

    Those of groups of few rows; where that is one of a column, the next smallest too, which would give it away.
    """
    families: dict[tuple[str, str, str], list[Change]] = {}
    for each in one.changes:
        columns = slice_columns(each.slice)
        if columns and "*" not in columns.values():
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
            rows.append(_row(each) if words is None else [*_row(each)[:2], words, *[""] * 4])
    return rows


def _page_notes(one: Comparison) -> list[str]:
    slices = {place[-1] for place in _hidden(one)}
    return [
        "Levelling down, on a group whose figures are not shown."
        if slices & {note.params.get("best"), note.params.get("worst")}
        else note.text
        for note in one.notes
    ]


def _md_row(cells: Sequence[str]) -> str:
    shown = [cell if cell == "---" else markdown(cell) for cell in cells]
    return f"| {' | '.join(shown)} |"


def comparison_html(one: Comparison) -> str:
    """Return the comparison as one HTML page without scripts; everything in it is escaped."""
    parts: list[Html] = [el("h1", f"Mitigation: {one.mitigation.method}")]
    parts += [el("p", text) for text in _sentences(one)]
    for name in dict.fromkeys(each.dataset for each in one.changes):
        rows = _page_rows(one, name)
        parts += [el("h2", f"Test set {name}"), _html_table(rows)]
    parts.append(el("p", READ_ME))
    parts += [el("p", text, class_="flag") for text in _page_notes(one)]
    head = join(
        [
            el("meta", charset="utf-8"),
            el("title", f"Mitigation of {one.before}"),
            el("style", trusted(_CSS)),
        ]
    )
    body = el("html", el("head", head), el("body", el("main", join(parts))), lang="en")
    return f"<!doctype html>{body}\n"


def _html_table(rows: Sequence[Sequence[str]]) -> Html:
    def cell(tag: str, at: int, text: str) -> Html:
        scope = "col" if tag == "th" else None
        return el(tag, text, class_="num" if at in _NUMBERS else None, scope=scope)

    head = el("tr", *(cell("th", at, text) for at, text in enumerate(HEAD)))
    body = [el("tr", *(cell("td", at, text) for at, text in enumerate(row))) for row in rows]
    return el("table", el("thead", head), el("tbody", join(body)))


def _sentences(one: Comparison) -> list[str]:
    what, chosen, was = one.mitigation, one.fitted.candidates[one.fitted.chosen], one.fitted.before
    aimed = f"{what.constraint} by {what.group} (class {one.positive})"
    differences = f"{_point(was.difference)} before, {_point(chosen.difference)} after"
    accuracy = f"{_point(was.balanced_accuracy)} before, {_point(chosen.balanced_accuracy)} after"
    verdicts = [verdict or "not judged" for verdict in one.verdicts]
    n = one.fitted.facts.get("n_tried", len(one.fitted.candidates))
    found = [
        f"Run {one.before} mitigated by {what.method} for {aimed} is run {one.after}.",
        f"Chosen on validation among {n}: {chosen.name}. Worst difference {differences}.",
        f"Balanced accuracy on validation: {accuracy}.",
        f"Verdict before: {verdicts[0]}; after: {verdicts[1]}.",
    ]
    if what.acknowledgement:
        found.append(f"Acknowledged: {what.acknowledgement}")
    return found


def _row(one: Change) -> list[str]:
    estimate = one.estimate
    change = "" if estimate.value is None else f"{estimate.value:+.3f}"
    ends = (
        "not known"
        if estimate.low is None or estimate.high is None
        else f"{estimate.low:+.3f} to {estimate.high:+.3f}"
    )
    where = "all" if one.slice == "all" else slice_words(one.slice, "all")
    return [one.measure, where, str(one.n), _point(one.before), _point(one.after), change, ends]


def _point(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
