"""Small cells: what is not shown of groups with few rows in what leaves the house.

A *cell* is a slice of a group or control column, such as ``religion=none``, also where it is one of
rows without a value. Its figures are not shown where they rest on fewer than k rows; neither are
sentences that name such a group together with numbers. Where one hidden cell of a column could be
computed from the total, the next smallest is hidden too, along every column of an intersection.

This works on the nouns, before any renderer, so that no format can forget it. The bundle keeps all.

A figure of a whole column, such as a worst difference, is not shown where it is made of a hidden
cell's rate.

Blind to: the numerator of a figure over k or more rows; the ends of a whole column's interval; a
total that was published elsewhere; outcomes, which stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from harness.exports.cells import (
    Cell,
    closed,
    columns_of,
    counts_in,
    figure_size,
    group_columns,
    is_whole,
    numbers_in,
    parts_of,
    sizes_of,
    split,
    successes_of,
    worst_pair,
    worst_parts,
)
from harness.records import (
    Estimate,
    Finding,
    Measurement,
    Measurements,
    Message,
    RunRecord,
    Verdict,
    WaiverUse,
)
from harness.wording.quantities import FEW, HIDDEN

DEFAULT = 10
"""Least rows of a figure that ``assay report`` shows where the config says nothing."""

_NAMING = ("column", "group", "slice")
_NO_CELLS = ("limit", "least", "n_groups", "n_classes", "n_needed", "wrong")
"""Parameters that are no number of rows: limits, numbers of other things, numerators of an n."""

Place = tuple[str, str, str]
"""Measure, data set, slice."""


def least_cell(run: RunRecord) -> int:
    """Return the least rows of a figure that a run's config lets out of the house."""
    section = run.config.get("report")
    found = section.get("min_cell") if isinstance(section, dict) else None
    return found if isinstance(found, int) else DEFAULT


def without_small_cells(
    run: RunRecord, measurements: Measurements, verdict: Verdict, least: int
) -> tuple[Measurements, Verdict]:
    """Return what may be shown of a run and its verdict.

    Args:
        run: Says which columns hold groups.
        measurements: What it measured.
        verdict: What a policy concluded.
        least: k; a figure of fewer rows is not shown. 0 and 1 show everything.
    """
    if least < 2:
        return measurements, verdict
    hidden = _hidden(run, measurements, least)
    return (
        replace(
            measurements, measurements=tuple(map(hidden.measurement, measurements.measurements))
        ),
        replace(
            verdict,
            findings=tuple(map(hidden.finding, verdict.findings)),
            not_tested=tuple(map(hidden.message, verdict.not_tested)),
            waivers=hidden.waivers(verdict),
        ),
    )


def measurements_shown(
    run: RunRecord, measurements: Measurements, least: int
) -> tuple[Measurement, ...]:
    """Return what a run measured as it may be shown; see ``without_small_cells``."""
    if least < 2:
        return measurements.measurements
    return tuple(map(_hidden(run, measurements, least).measurement, measurements.measurements))


def run_shown(run: RunRecord, measurements: Measurements, least: int) -> RunRecord:
    """Return what is recorded of a run as it may be shown: reasons and caveats may name a small group.

    Args:
        run: As it was sealed.
        measurements: What it measured.
        least: See ``without_small_cells``.
    """
    if least < 2:
        return run
    hidden = _hidden(run, measurements, least)
    audits = tuple(
        replace(one, because=hidden.message(one.because)) if one.because else one
        for one in run.audits
    )
    return replace(run, audits=audits, caveats=_once(map(hidden.message, run.caveats)))


def _hidden(run: RunRecord, measurements: Measurements, least: int) -> _Hidden:
    hidden = _Hidden(least)
    for dataset in run.datasets:
        columns = group_columns(dataset.roles)
        own = [m for m in measurements.measurements if m.dataset == dataset.name]
        hidden.look(own, columns, dataset.n_rows)
    return hidden


@dataclass(slots=True)
class _Hidden:
    """What is hidden: places, each with its sentence, and the cells whose every figure is hidden."""

    least: int
    places: dict[Place, Message] = field(default_factory=dict)
    cells: set[Cell] = field(default_factory=set)
    pattern: re.Pattern[str] | None = None

    def look(self, own: Iterable[Measurement], columns: Collection[str], n_rows: int) -> None:
        """Find what to hide among the measurements of one data set."""
        found = [(m, *split(m.slice, columns)) for m in own]
        parts = [(m, cell, other) for m, cell, other in found if cell and not is_whole(cell)]
        sizes = sizes_of(parts, n_rows)
        slices = closed(sizes, self.least, {})
        self.cells |= slices.keys()
        self.pattern = None  # names of the data sets before are known, those of this one are not
        families: dict[tuple[str, Cell], dict[Cell, Measurement]] = {}
        for m, cell, other in parts:
            families.setdefault((m.measure, other), {})[cell] = m
        for family in families.values():
            of_figure = {cell: figure_size(m) for cell, m in family.items()}
            for cell, id in closed(of_figure, self.least, slices).items():
                self._hide(family[cell], id)
        for m, cell, _ in found:
            if is_whole(cell):
                self._look_at_whole(m, cell, {one: sizes[one] for one in slices})

    def _look_at_whole(self, m: Measurement, cell: Cell, slices: Mapping[Cell, int]) -> None:
        """Hide a figure of a whole column that is one of a small cell under another name."""
        count, pair = successes_of(m.estimate), worst_pair(m.estimate)
        if 0 < count < self.least or any(0 < n < self.least for n in pair.values()):
            self._hide(m, FEW)
        elif any(map(self._names_hidden, [*pair, *worst_parts(m.estimate)])) or any(
            size == count and columns_of(one) <= columns_of(cell) for one, size in slices.items()
        ):
            self._hide(m, HIDDEN)

    def _hide(self, m: Measurement, id: str) -> None:
        self.places[m.measure, m.dataset, m.slice] = self._sentence(id)

    def measurement(self, m: Measurement) -> Measurement:
        """Return a measurement as it may be shown."""
        because = self.places.get((m.measure, m.dataset, m.slice))
        if because is None:
            return replace(
                m,
                estimate=self._estimate(m.estimate),
                caveats=_once(map(self.message, m.caveats)),
                notes=_once(map(self.message, m.notes)),
            )
        e = m.estimate
        nothing = Estimate(
            value=None,
            low=None,
            high=None,
            n=0,
            unit=e.unit,
            method="none",
            alpha_low=e.alpha_low,
            alpha_high=e.alpha_high,
            why_undefined=because,
        )
        return replace(m, estimate=nothing, share=None, caveats=(), notes=())

    def finding(self, finding: Finding) -> Finding:
        """Return a finding as it may be shown; its outcome stays."""
        because = self.places.get((finding.measure, finding.dataset, finding.slice))
        if because is None:
            return replace(finding, because=self.message(finding.because))
        expires = {k: v for k, v in finding.because.params.items() if k == "expires"}
        return replace(
            finding,
            value=None,
            low=None,
            high=None,
            n=None,
            n_needed=None,
            because=replace(because, params=because.params | expires),
        )

    def waivers(self, verdict: Verdict) -> tuple[WaiverUse, ...] | None:
        """Return the waivers as they may be shown: what became of one may be told in numbers."""
        if verdict.waivers is None:
            return None
        return tuple(replace(one, because=self.message(one.because)) for one in verdict.waivers)

    def message(self, message: Message) -> Message:
        """Return a sentence as it may be shown: none that names a hidden group with numbers."""
        params = message.params
        numbers = {
            key: value
            for key, value in params.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        texts = [value for value in params.values() if isinstance(value, str)]
        is_small = any(
            isinstance(value, int) and 0 < value < self.least
            for key, value in numbers.items()
            if key not in _NO_CELLS
        ) or any(0 < n < self.least for text in texts for n in counts_in(text))
        names_a_cell = any(key.startswith(_NAMING) for key in params)
        tells_numbers = bool(numbers) or any(counts_in(text) for text in texts)
        if (is_small and names_a_cell) or (tells_numbers and any(map(self._names_hidden, texts))):
            return self._sentence(FEW)
        return message

    def _names_hidden(self, text: str) -> bool:
        """Return whether a text holds the name of a hidden group, or of a slice in a hidden cell."""
        if not self.cells:
            return False
        if self.pattern is None:
            names = sorted({cell[0][1] for cell in self.cells if len(cell) == 1})
            words = "|".join(map(re.escape, names)) or "(?!)"  # without a name nothing is found
            self.pattern = re.compile(rf"(?<!\w)({words})(?!\w)")
        named = [part.strip().partition("=") for part in text.split(",") if "=" in part]
        cell = tuple(sorted((column, value) for column, _, value in named))
        return self.pattern.search(text) is not None or any(
            one in self.cells for one in parts_of(cell)
        )

    def _estimate(self, estimate: Estimate) -> Estimate:
        why = estimate.why_undefined
        if why is not None:
            estimate = replace(estimate, why_undefined=self.message(why))
        evidence = estimate.evidence
        if evidence is None or "groups" not in evidence.values:
            return estimate
        # a table of counts by group: what is drawn from it would show small cells. Figures show the
        # groups' own counts, never those of single clusters or of rows that groups share
        counts = numbers_in(evidence.values.get("trials"))
        names = {str(name) for name in numbers_in(evidence.values["groups"])}
        if any(map(self._names_hidden, names)) or any(
            isinstance(n, int) and 0 < n < self.least for n in counts
        ):
            return replace(estimate, evidence=None)
        return estimate

    def _sentence(self, id: str) -> Message:
        texts = {
            FEW: "Not shown: it rests on fewer than {k} rows.",
            HIDDEN: "Not shown: with it, a figure of fewer than {k} rows could be computed.",
        }
        return Message.of(id, texts[id], k=self.least)


def _once(messages: Iterable[Message]) -> tuple[Message, ...]:
    found: dict[str, Message] = {}
    for one in messages:
        found.setdefault(one.text, one)
    return tuple(found.values())
