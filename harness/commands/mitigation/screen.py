"""A mitigated run beside the run before: on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.commands.mitigation.exposures import MEASURE as EXPOSURE
from harness.commands.mitigation.wording import (
    AXIS_TITLES,
    BESIDE_HEAD,
    BESIDE_NUMBERS,
    HEAD,
    NUMBERS,
    READ_BESIDES,
    READ_ME,
    besides_of,
    change_row,
    sentences,
    set_title,
    short_row,
)
from harness.exports.tables import one_line, table, wrapped
from harness.records import ALL, slice_columns, to_data

if TYPE_CHECKING:
    from harness.commands.mitigation.besides import Beside
    from harness.commands.mitigation.comparing import Change
    from harness.commands.mitigation.comparison import Comparison

_MOST = 24
"""Measures of one kind that a terminal shows; all of them stand in the files."""


def comparison_data(one: Comparison) -> dict[str, Any]:
    """Return the comparison for ``--json`` and for its file."""
    return {
        "schema_version": "modelassay/mitigation/v1",
        "before": {"run": one.before, "run_digest": one.before_digest, "verdict": one.verdicts[0]},
        "after": {"run": one.after, "run_digest": one.after_digest, "verdict": one.verdicts[1]},
        "mitigation": to_data(one.mitigation),
        "positive": one.positive,
        "validation": _validation(one),
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
        "measures": [_beside(each) for each in one.besides],
        "rules": [asdict(each) for each in one.turns],
        "n_looks": one.n_looks,
        "notes": [to_data(note) for note in one.notes],
        "folder": str(one.folder),
    }


def _validation(one: Comparison) -> dict[str, Any] | None:
    if one.fitted is None:
        return None
    return {
        "before": asdict(one.fitted.before),
        "candidates": [asdict(each) for each in one.fitted.candidates],
        "chosen": one.fitted.chosen,
    }


def _beside(one: Beside) -> dict[str, Any]:
    return {
        "measure": one.measure,
        "dataset": one.dataset,
        "slice": one.slice,
        "about": one.axis,
        "before": None if one.before is None else to_data(one.before),
        "after": None if one.after is None else to_data(one.after),
        "change": {"value": one.change, "low": one.low, "high": one.high, "is_paired": False},
        "way": one.way,
    }


def render_comparison(one: Comparison, width: int) -> str:
    """Return the comparison as plain text, ending in a line break."""
    lines = [line for text in sentences(one) for line in wrapped(text, width)]
    for name in dict.fromkeys(each.dataset for each in one.changes):
        shown = [each for each in one.changes if each.dataset == name and _on_screen(one, each)]
        rows = [HEAD, *map(change_row, shown)]
        lines += ["", set_title(one_line(name)), *table(rows, width, right=NUMBERS)]
    lines += _measures(one, width)
    lines += ["", *(line for why in _unknown(one) for line in wrapped(why, width))]
    lines += wrapped(READ_ME, width)
    lines += [line for note in one.notes for line in wrapped(note.text, width)]
    lines += [f"run         {one.run}", f"comparison  {one.folder}/{file_stem(one)}.html"]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _measures(one: Comparison, width: int) -> Iterator[str]:
    """Yield the tables of what both runs measured: of leakage always, of the rest after a training."""
    is_told = False
    for axis, title in AXIS_TITLES.items():
        found = besides_of(one.besides, axis)
        if not found or (axis != "leakage" and one.mitigation.train is None):
            continue
        is_told = True
        has_sets = len({each.dataset for each in found}) > 1
        found.sort(key=_is_open)
        rows = [BESIDE_HEAD, *(short_row(each, has_sets=has_sets) for each in found[:_MOST])]
        yield from ("", title, *table(rows, width, right=BESIDE_NUMBERS))
        if len(found) > _MOST:
            yield f"  {len(found) - _MOST} more stand in the files."
    if is_told:
        yield from ("", *wrapped(READ_BESIDES, width))


def _is_open(one: Beside) -> tuple[bool, bool]:
    """Sort what changed beyond chance, and what is about all rows, to the front."""
    return one.way not in ("better", "worse"), one.slice != ALL


def _on_screen(one: Comparison, change: Change) -> bool:
    """Return whether a terminal shows it: all of it stands in the files."""
    if change.measure == EXPOSURE:
        return True
    is_whole = "difference" in change.measure or change.slice == "all"
    is_own = slice_columns(change.slice).keys() == {one.mitigation.group}
    return is_whole or (is_own and change.measure in (one.mitigation.constraint, "error-rate"))


def _unknown(one: Comparison) -> list[str]:
    """Return the reasons why some intervals are not known, each once."""
    whys = (each.estimate.why_undefined for each in one.changes)
    texts = dict.fromkeys(why.text for why in whys if why is not None)
    return [f"Not known: {text}" for text in texts]


def file_stem(one: Comparison) -> str:
    """Return how the files of a comparison are called, without their ending."""
    return f"comparison-{one.after}"
