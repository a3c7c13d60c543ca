"""Runs side by side against one of them: what each measured, paired differences, and whose decisions changed.

Figures of groups of few rows are left out before anything is compared, as ``assay report`` leaves them out.
Nothing here judges: better and worse are words about a measure, not about a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.commands.axes import AXES, Axis, axis_of
from harness.commands.comparing.differences import differences_of
from harness.commands.comparing.rows import LEARNT, Rows, paired_rows
from harness.commands.comparing.significance import Way, ways_of
from harness.commands.proving import open_verified
from harness.errors import Phrase, UsageError, must
from harness.exports.small_cells import least_cell, measurements_shown
from harness.records import Cost, Estimate, Measure, Measurement, Message
from harness.wording.quantities import is_withheld

if TYPE_CHECKING:
    from harness.evidence import Bundle

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Key = tuple[str, str, str]
"""Measure, data set, slice."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the runs.

    Attributes:
        letter: By which the table calls it; A is the baseline.
        run, digest: Its id, and the SHA-256 of its seal.
        name, model, weights_digest: As its record says.
        device: What it ran on.
        epsilon: Of a private training; None where it was none.
        cost: What its predictions cost; None where nobody asked a model, or no record was kept.
        verdicts: Policy → verdict of the newest gate by it.
    """

    letter: str
    run: str
    digest: str
    name: str
    model: str
    weights_digest: str | None
    device: str
    epsilon: float | None
    cost: Cost | None
    verdicts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One measure on one slice of one data set.

    Attributes:
        measure, dataset, slice: As in the measurements of the baseline.
        title, better, axis: Of the measure.
        values: Of each run; None where it has none, or only about other rows, which stand in a line of their
            own.
        differences: Of each run, minus the baseline over the same rows; None for the baseline.
        ways: What the differences say, all of the table taken together.
    """

    measure: str
    dataset: str
    slice: str
    title: str
    better: Literal["higher", "lower"]
    axis: Axis
    values: tuple[Estimate | None, ...]
    differences: tuple[Estimate | None, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Decisions of one run that are others than the baseline's, on the same rows.

    Attributes:
        letter, dataset: Which run; data set of the baseline.
        n, changed: Rows, and how many of them are decided otherwise.
        lost, won: Of these, decided as labelled only before, and only now; None without labels.
    """

    letter: str
    dataset: str
    n: int
    changed: int
    lost: int | None
    won: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``assay compare`` shows.

    Attributes:
        sides: The runs, the baseline first.
        lines: Every measure that any of them has.
        changes: For each run and data set with the same rows.
        notes: What cannot be compared, and what a reader must know.
        n_compared: Differences that better and worse were decided among.
        least: Rows of the smallest group whose figures are shown.
    """

    sides: tuple[Side, ...]
    lines: tuple[Line, ...]
    changes: tuple[Changed, ...]
    notes: tuple[Message, ...]
    n_compared: int
    least: int


def compare(
    refs: Sequence[str], runs: Path, *, baseline: str | None = None, least: int | None = None
) -> Comparison:
    """Compare runs with one of them.

    Args:
        refs: Two or more runs: paths, ids, unique prefixes, or ``latest``.
        runs: Where runs lie.
        baseline: Which of them the others are compared with, or a further one; None takes the first.
        least: Rows of the smallest group whose figures are shown; None takes what the runs' configs say.

    Raises:
        UsageError: If fewer than two different runs are named.
        IntegrityError: If one of them is not what its seal says.
    """
    opened = [open_verified(ref, runs)[0] for ref in ([baseline] if baseline else []) + [*refs]]
    first = {one.digest: one for one in reversed(opened)}  # of copies, the one that was named first
    bundles = [first[digest] for digest in dict.fromkeys(one.digest for one in opened)]
    if len(bundles) < 2:
        got = Phrase(f"{len(opened)} times the same run" if len(opened) > 1 else "one run")
        do = "assay list runs shows what there is; --baseline RUN says what to compare with."
        raise UsageError(must("RUN", "name two different runs or more", got, do=do))
    if len(bundles) > len(LETTERS):
        raise UsageError(must("RUN", f"name at most {len(LETTERS)} runs", len(bundles)))
    k = max(least_cell(one.record) for one in bundles) if least is None else least
    rows = {
        (letter, name): paired_rows(one, bundles[0], name)
        for letter, one in zip(LETTERS[1:], bundles[1:], strict=False)
        for name in _tests(one)
    }
    named = [_names(letter, rows) for letter in LETTERS[: len(bundles)]]
    lines, n_compared = _lines(bundles, named, k)
    is_deciding = bundles[0].record.task.is_deciding
    return Comparison(
        sides=tuple(_side(*one) for one in zip(LETTERS, bundles, strict=False)),
        lines=lines,
        changes=tuple(
            _changed(at, one) for at, one in rows.items() if is_deciding and isinstance(one, Rows)
        ),
        notes=(*_named_twice(refs, opened[-len(refs) :]), *_notes(bundles, rows)),
        n_compared=n_compared,
        least=k,
    )


def _names(letter: str, rows: Mapping[tuple[str, str], Rows | Message]) -> dict[str, str]:
    """Return test set of a run → what the table calls it: as the baseline does where the rows are the same."""
    return {
        name: one.second_name if isinstance(one, Rows) else f"{name} of {letter}"
        for (other, name), one in rows.items()
        if other == letter
    }


def _lines(
    bundles: Sequence[Bundle], named: Sequence[Mapping[str, str]], least: int
) -> tuple[tuple[Line, ...], int]:
    measures: dict[str, Measure] = {
        one.key: one for bundle in reversed(bundles) for one in bundle.measurements.measures
    }
    values = [
        {
            _key(one, names): one.estimate
            for one in measurements_shown(run.record, run.measurements, least)
        }
        for run, names in zip(bundles, named, strict=True)
    ]
    paired = [
        _paired(run, bundles[0], names, (own, values[0]))
        for run, names, own in zip(bundles[1:], named[1:], values[1:], strict=True)
    ]
    ways, n_compared = ways_of(
        [
            (side, key, estimate, measures[key[0]].better)
            for side, found in enumerate(paired)
            for key, estimate in found.items()
        ]
    )
    keys = dict.fromkeys(key for side in values for key in side)
    found = []
    for key in keys:
        own = tuple(side.get(key) for side in values)
        if all(one is None or not (one.is_measured or is_withheld(one)) for one in own):
            continue  # nobody measured it: that much stands in each report
        measure = measures[key[0]]
        others = range(len(paired))
        found.append(
            Line(
                *key,
                title=measure.title,
                better=measure.better,
                axis=axis_of(key[0]),
                values=own,
                differences=(None, *(paired[side].get(key) for side in others)),
                ways=("baseline", *(ways.get((side, key), "not paired") for side in others)),
            )
        )
    return tuple(sorted(found, key=lambda one: AXES.index(one.axis))), n_compared


def _paired(
    run: Bundle,
    baseline: Bundle,
    names: Mapping[str, str],
    values: tuple[dict[Key, Estimate], dict[Key, Estimate]],
) -> dict[Key, Estimate]:
    """Return the paired differences that may be shown: where both values may."""

    def is_shown(one: Measurement) -> bool:
        mine, its = (side.get(_key(one, names)) for side in values)
        return mine is not None and not is_withheld(mine) and (its is None or not is_withheld(its))

    found = differences_of(run, baseline, asks=is_shown)
    return {_key(one, names): one.estimate for one in found if one.estimate.value is not None}


def _key(one: Measurement, names: Mapping[str, str]) -> Key:
    return one.measure, names.get(one.dataset, one.dataset), one.slice


def _side(letter: str, run: Bundle) -> Side:
    record = run.record
    verdicts: dict[str, str] = {
        f"{one.verdict.policy.id} {one.verdict.policy.version}": one.verdict.verdict
        for one in run.gates()
    }
    return Side(
        letter=letter,
        run=run.id,
        digest=run.digest,
        name=record.name,
        model=record.model.name,
        weights_digest=record.model.weights_digest,
        device=record.device,
        epsilon=record.model.epsilon,
        cost=record.cost,
        verdicts=verdicts,
    )


def _tests(run: Bundle) -> list[str]:
    return [one.name for one in run.record.datasets if one.name not in LEARNT]


def _changed(place: tuple[str, str], rows: Rows) -> Changed:
    first, second = rows.first.decision, rows.second.decision
    lost = won = None
    if rows.label is not None:
        lost = int(((second == rows.label) & (first != rows.label)).sum())
        won = int(((first == rows.label) & (second != rows.label)).sum())
    return Changed(*place, n=rows.n, changed=int((first != second).sum()), lost=lost, won=won)


def _named_twice(refs: Sequence[str], opened: Sequence[Bundle]) -> Iterator[Message]:
    """Say of runs that are named twice, as where a folder was copied, that they stand in the table once."""
    first: dict[str, str] = {}
    for ref, one in zip(refs, opened, strict=True):
        if one.digest in first:
            yield Message.of(
                "compare.named-twice",
                "{ref} is the same run as {first}, byte for byte, and stands in the table once.",
                ref=ref,
                first=first[one.digest],
            )
        first.setdefault(one.digest, ref)


def _notes(
    bundles: Sequence[Bundle], rows: dict[tuple[str, str], Rows | Message]
) -> tuple[Message, ...]:
    notes = [
        Message.of(
            "compare.set-not-comparable",
            "{letter}, data set {dataset}: not comparable. {why}",
            letter=letter,
            dataset=name,
            why=one.text,
        )
        for (letter, name), one in rows.items()
        if isinstance(one, Message)
    ]
    notes += [
        Message.of(
            "compare.other-learnt-rows",
            "{letter}: other rows in {dataset} than A. Figures about them stand side by side, each about "
            "its own rows.",
            letter=letter,
            dataset=ref.name,
        )
        for letter, one in zip(LETTERS[1:], bundles[1:], strict=False)
        for ref in one.record.datasets
        if ref.name in LEARNT
        and ref.content_digest not in {own.content_digest for own in bundles[0].record.datasets}
    ]
    devices = {one.record.device for one in bundles if one.record.cost is not None}
    if len(devices) > 1:
        notes.append(
            Message.of(
                "compare.other-devices",
                "Times were taken on different devices ({devices}) and say little about the models.",
                devices=", ".join(sorted(devices)),
            )
        )
    return tuple(notes)


def worse_for(one: Comparison) -> list[tuple[str, Line, Estimate]]:
    """Return letter, line and difference wherever the error rate of a group rose beyond chance."""
    return [
        (side.letter, line, difference)
        for line in one.lines
        if line.measure == "group-error.error-rate" and line.slice != "all"
        for side, way, difference in zip(one.sides, line.ways, line.differences, strict=True)
        if way == "worse" and difference is not None
    ]
