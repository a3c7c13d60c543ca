"""What a comparison says, once for every format: blocks of rows, each with its head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.commands.axes import Axis
from harness.commands.comparing.table import Changed, Comparison, Line, Side, worse_for
from harness.exports.tables import one_line, size_words
from harness.records import ALL, Estimate, Message
from harness.wording.quantities import count, is_withheld, of_estimate
from harness.wording.text import slice_words

TITLES: dict[Axis, str] = {
    "utility": "Quality",
    "fairness": "Groups",
    "leakage": "What is given away of training rows",
    "other": "Everything else",
}
HEAD = ("", "value", "minus A", "")
_WHOLE = "%2A"
"""Stands in the slice of a column as a whole: the worst of its groups."""
MOST = 10
"""Measures of one kind that are shown unless all are asked for."""


@dataclass(frozen=True, slots=True)
class Block:
    """One measure.

    Attributes:
        title: Its title, slice and data set.
        rows: For each run that has it: letter, value, difference, word.
    """

    title: str
    rows: tuple[tuple[str, str, str, str], ...]


def side_rows(one: Comparison) -> list[list[str]]:
    """Return the runs, with their head: what they are, what they cost, what policies said."""
    rows = [["", "run", "name", "model"]]
    return [*rows, *([each.letter, each.run, each.name, each.model] for each in one.sides)]


def facts(one: Side) -> str:
    """Return what is known of a run beside its measures."""
    parts = [] if one.weights_digest is None else [f"weights {one.weights_digest[:12]}"]
    parts += [] if one.epsilon is None else [f"epsilon {one.epsilon:.3g}"]
    if one.cost is not None:
        parts.append(f"latency_ms {one.cost.latency_ms:.3g} for a row in batches, {one.device}")
        if one.cost.peak_memory_bytes is not None:
            parts.append(f"memory at most {size_words(one.cost.peak_memory_bytes)}")
    parts += [f"{policy}: {word}" for policy, word in one.verdicts.items()]
    return "; ".join(map(one_line, parts))


def blocks(one: Comparison, axis: Axis, *, is_whole: bool) -> tuple[list[Block], int]:
    """Return the measures of one kind, and how many more there are.

    Args:
        one: The comparison.
        axis: What they are about.
        is_whole: Show all; else those of all rows and of whole columns, and what became worse.
    """
    own = [line for line in one.lines if line.axis == axis and not _is_of_the_rows(line)]
    chosen = own if is_whole else sorted(filter(_is_shown, own), key=_order)[:MOST]
    has_sets = len({line.dataset for line in one.lines}) > 1
    return [_block(one, line, has_sets=has_sets) for line in chosen], len(own) - len(chosen)


def _is_of_the_rows(line: Line) -> bool:
    """Tell a figure of the rows from one of the models: it is the same for all, and nothing is paired."""
    first = line.values[0]
    is_shown = first is not None and first.is_measured
    return is_shown and all(one == first for one in line.values) and not any(line.differences)


def _is_shown(line: Line) -> bool:
    if "worse" in line.ways:
        return True
    is_whole = line.slice == ALL or _WHOLE in line.slice
    return is_whole and (line.axis != "other" or "better" in line.ways)


def _order(line: Line) -> tuple[bool, bool]:
    is_beside = line.slice != ALL if line.axis != "fairness" else _WHOLE not in line.slice
    return not {"better", "worse"} & {*line.ways}, is_beside


def _block(one: Comparison, line: Line, *, has_sets: bool) -> Block:
    where = [] if line.slice == ALL else [slice_words(line.slice, "all")]
    where += [f"on {line.dataset}"] if has_sets else []
    title = ", ".join([line.title, *map(one_line, where)])
    rows = []
    for side, value, difference, way in zip(
        one.sides, line.values, line.differences, line.ways, strict=True
    ):
        if value is None:
            continue
        word = "" if way == "baseline" or is_withheld(value) else way
        rows.append((side.letter, _text(value), signed_text(difference), word))
    return Block(title, tuple(rows))


def _text(estimate: Estimate) -> str:
    """Return value and interval; a probability is a number from 0 to 1 and needs no unit."""
    bare = replace(estimate, unit="") if estimate.unit == "probability" else estimate
    return of_estimate(bare).text


def signed_text(difference: Estimate | None) -> str:
    """Return a difference with its sign and interval; nothing where there is none."""
    if difference is None or difference.value is None:
        return ""
    text = _text(difference)
    return f"+{text}" if difference.value > 0 else text


def changed_text(one: Changed) -> str:
    """Say how many decisions are others than the baseline's, and which way they went."""
    message = Message.of(
        "compare.changed",
        "{letter} decides {changed} of {n} rows of {dataset} otherwise than A.",
        letter=one.letter,
        changed=count(one.changed),
        n=count(one.n),
        dataset=one.dataset,
    )
    if one.lost is None or one.won is None:
        return message.text
    way = Message.of(
        "compare.changed-way",
        "Decided as labelled by A alone: {lost}; by {letter} alone: {won}.",
        letter=one.letter,
        lost=count(one.lost),
        won=count(one.won),
    )
    return f"{message.text} {way.text}"


def worse_texts(one: Comparison) -> Iterator[str]:
    """Say for which groups errors rose beyond chance."""
    for letter, line, difference in worse_for(one):
        yield Message.of(
            "compare.worse-for",
            "Worse for {slice} with {letter}: errors {difference} ({dataset}).",
            slice=slice_words(line.slice, "all"),
            letter=letter,
            difference=signed_text(difference),
            dataset=line.dataset,
        ).text


def read_me(one: Comparison) -> list[str]:
    """Say how to read the table."""
    found = [
        Message.of(
            "compare.read-me",
            "Differences are over the same rows, each minus A, with ends at level 95 % each. Better and "
            "worse: of all such words on average at most 5 of 100 are by chance (Benjamini-Hochberg over "
            "{n} differences). Not paired: the measure does not follow from stored predictions alone, or "
            "there is no paired method for it yet (calibration error, area of several classes).",
            n=one.n_compared,
        )
    ]
    if one.least > 1:
        found.append(
            Message.of(
                "compare.small-cells",
                "Figures of groups of fewer than {k} rows are not shown.",
                k=one.least,
            )
        )
    return [each.text for each in found]
