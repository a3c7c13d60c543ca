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
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from harness.records import (
    Estimate,
    Finding,
    Measurement,
    Measurements,
    Message,
    RunRecord,
    Verdict,
    WaiverUse,
    slice_columns,
)
from harness.wording.quantities import FEW, HIDDEN

DEFAULT = 10
"""Least rows of a figure that ``assay report`` shows where the config says nothing."""

_WHOLE = "*"
_MOST_COLUMNS = 4
_NAMING = ("column", "group", "slice")
_NO_CELLS = ("limit", "least", "n_groups", "n_classes", "n_needed", "wrong")
"""Parameters that are no number of rows: limits, numbers of other things, numerators of an n."""

_WORST_OF_VALUES = ("worst-linear", "lowest-of", "highest-of", "farthest-of")
"""Methods of figures of a whole column that are made of values of its groups and not of counts."""

Cell = tuple[tuple[str, str], ...]
"""Column and value of each group column of a slice, sorted."""
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


def _hidden(run: RunRecord, measurements: Measurements, least: int) -> _Hidden:
    hidden = _Hidden(least)
    for dataset in run.datasets:
        columns = _columns(dataset.roles)
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
        found = [(m, *_split(m.slice, columns)) for m in own]
        parts = [(m, cell, other) for m, cell, other in found if cell and not _is_whole(cell)]
        sizes = _sizes(parts, n_rows)
        slices = _closed(sizes, self.least, {})
        self.cells |= slices.keys()
        self.pattern = None  # names of the data sets before are known, those of this one are not
        families: dict[tuple[str, Cell], dict[Cell, Measurement]] = {}
        for m, cell, other in parts:
            families.setdefault((m.measure, other), {})[cell] = m
        for family in families.values():
            of_figure = {cell: _figure_size(m) for cell, m in family.items()}
            for cell, id in _closed(of_figure, self.least, slices).items():
                self._hide(family[cell], id)
        for m, cell, _ in found:
            if _is_whole(cell):
                self._look_at_whole(m, cell, {one: sizes[one] for one in slices})

    def _look_at_whole(self, m: Measurement, cell: Cell, slices: Mapping[Cell, int]) -> None:
        """Hide a figure of a whole column that is one of a small cell under another name."""
        count, pair = _successes(m.estimate), _worst_pair(m.estimate)
        if 0 < count < self.least or any(0 < n < self.least for n in pair.values()):
            self._hide(m, FEW)
        elif any(map(self._names_hidden, [*pair, *_worst_parts(m.estimate)])) or any(
            size == count and _columns_of(one) <= _columns_of(cell) for one, size in slices.items()
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
        ) or any(0 < n < self.least for text in texts for n in _counts_in(text))
        names_a_cell = any(key.startswith(_NAMING) for key in params)
        tells_numbers = bool(numbers) or any(_counts_in(text) for text in texts)
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
            one in self.cells for one in _parts(cell)
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
        counts = _numbers(evidence.values.get("trials"))
        names = {str(name) for name in _numbers(evidence.values["groups"])}
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


def _columns(roles: Mapping[str, str | list[str]]) -> set[str]:
    found: set[str] = set()
    for role in ("groups", "control"):
        named = roles.get(role, [])
        found |= {named} if isinstance(named, str) else set(named)
    return found


def _split(name: str, columns: Collection[str]) -> tuple[Cell, Cell]:
    """Return the group columns of a slice and the others."""
    try:
        values = slice_columns(name)
    except ValueError:  # a damaged bundle may hold anything
        return (), ()
    items = sorted(values.items())
    own = tuple(item for item in items if item[0] in columns)
    return own, tuple(item for item in items if item[0] not in columns)


def _is_whole(cell: Cell) -> bool:
    return any(value == _WHOLE for _, value in cell)


def _sizes(cells: Iterable[tuple[Measurement, Cell, Cell]], n_rows: int) -> dict[Cell, int]:
    """Return the rows of each cell: from its share of all rows, else the most that a figure has."""
    by_share: dict[Cell, int] = {}
    most: dict[Cell, int] = {}
    for m, cell, other in cells:
        if m.share is not None and not other:
            rows = round(m.share * n_rows)
            by_share[cell] = min(rows, by_share.get(cell, rows))
        most[cell] = max(_units(m.estimate), most.get(cell, 0))
    return most | by_share


def _closed(sizes: Mapping[Cell, int], least: int, hidden: Mapping[Cell, str]) -> dict[Cell, str]:
    """Return the cells to hide, each with the id of its sentence.

    Args:
        sizes: Rows of each cell.
        least: k.
        hidden: Cells that are hidden whole, with others that keep them from being computed.
    """
    found = {cell: hidden[cell] for cell in sizes if cell in hidden}
    found |= {cell: FEW for cell, size in sizes.items() if 0 < size < least}
    families = _families(sizes)
    before = -1
    while before != len(found):
        before = len(found)
        for family in families:
            gone = [cell for cell in family if cell in found]
            shown = [cell for cell in family if cell not in found and sizes[cell] > 0]
            if len(gone) == 1 and gone[0] not in hidden and shown:
                found[min(shown, key=lambda cell: (sizes[cell], cell))] = HIDDEN
        # what makes up a hidden cell would give it away
        for cell in sizes:
            if cell not in found and any(part in found for part in _parts(cell)):
                found[cell] = HIDDEN
    return found


def _families(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Return the cells that add up to one total: equal in all columns but one."""
    families: dict[tuple[str, Cell], list[Cell]] = {}
    for cell in cells:
        for column, value in cell:
            rest = tuple(item for item in cell if item != (column, value))
            families.setdefault((column, rest), []).append(cell)
    return [family for _, family in sorted(families.items())]


def _counts_in(text: str) -> list[int]:
    """Return the counts of a list such as ``deaf (6), blind (1,300)``."""
    return [int(one.replace(",", "")) for one in re.findall(r"\((\d[\d,]*)(?=[ )])", text)]


def _parts(cell: Cell) -> Iterator[Cell]:
    """Yield a cell and the cells that hold it: those of some of its columns."""
    for n in range(1, min(len(cell), _MOST_COLUMNS) + 1):
        yield from combinations(cell, n)


def _columns_of(cell: Cell) -> set[str]:
    return {column for column, _ in cell}


def _figure_size(m: Measurement) -> int:
    """Return how many rows a figure rests on; 0 where it shows none."""
    e = m.estimate
    if e.unit == "count" and e.value is not None:
        return round(e.value)
    return _units(e) if e.is_measured else 0


def _numbers(value: object) -> list[object]:
    """Return the items of a list, however deep; nothing of what is no list."""
    if not isinstance(value, list):
        return []
    return [item for one in value for item in (_numbers(one) if isinstance(one, list) else [one])]


def _successes(estimate: Estimate) -> int:
    values = estimate.evidence.values if estimate.evidence else {}
    found = values.get("successes")
    return found if isinstance(found, int) else 0


def _worst_pair(estimate: Estimate) -> dict[str, int]:
    """Return the two groups whose rates a worst difference or ratio is made of, with their trials."""
    values = estimate.evidence.values if estimate.evidence else {}
    names = [str(one) for one in _numbers(values.get("groups"))]
    tables = [_table(values.get(key), len(names)) for key in ("successes", "trials")]
    found: dict[str, int] = {}
    widest = -1.0
    for successes, trials in zip(*tables, strict=False):
        rates = {g: x / n for g, (x, n) in enumerate(zip(successes, trials, strict=True)) if n}
        if not rates:
            continue
        ends = (min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__))
        if rates[ends[1]] - rates[ends[0]] > widest:
            widest = rates[ends[1]] - rates[ends[0]]
            found = {names[g]: trials[g] for g in ends}
    return found


def _worst_parts(estimate: Estimate) -> list[str]:
    """Return the parts that a worst value is, or lies between, where they are no counts; else all."""
    if estimate.method not in _WORST_OF_VALUES or estimate.evidence is None:
        return []
    values = estimate.evidence.values
    names, value = [str(one) for one in _numbers(values.get("groups"))], estimate.value
    point = _figures(values.get("values"))
    if names and len(point) == len(names):
        ranked = sorted(range(len(names)), key=point.__getitem__)
        return [names[ranked[0]], names[ranked[-1]]]
    keys, table = _numbers(values.get("keys")), _figures(values.get("parts"))
    if "value" not in keys or value is None or len(table) != len(keys) * len(names):
        return names  # a table in a file of the bundle; which part it is cannot be told from here
    off = [abs(abs(one) - abs(value)) for one in table[keys.index("value") :: len(keys)]]
    return [name for name, one in zip(names, off, strict=True) if one == min(off)]


def _figures(value: object) -> list[float]:
    return [float(one) for one in _numbers(value) if isinstance(one, int | float)]


def _table(value: object, n_groups: int) -> list[list[int]]:
    """Return counts by class and group; empty where they are none."""
    rows = value if isinstance(value, list) else []
    whole = [row for row in rows if isinstance(row, list) and len(row) == n_groups]
    return [row for row in whole if all(isinstance(n, int) for n in row)]


def _units(estimate: Estimate) -> int:
    """Return the rows of the slice itself: of a difference of two groups those of the first."""
    values = estimate.evidence.values if estimate.evidence else {}
    own = values.get("trials_a")
    return own if isinstance(own, int) else estimate.n


def _once(messages: Iterable[Message]) -> tuple[Message, ...]:
    found: dict[str, Message] = {}
    for one in messages:
        found.setdefault(one.text, one)
    return tuple(found.values())
