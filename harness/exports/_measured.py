"""What was measured: per audit, each value with its sentence, interval, n, limit and caveats."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.exports import _view as view
from harness.exports._parts import bullets, num, section
from harness.exports._plot import axis_drawing, interval_drawing, point_kind
from harness.figures.axis import Axis, axis_for
from harness.records import (
    ALL,
    Estimate,
    Finding,
    Measure,
    Measurement,
    Measurements,
    Message,
    Verdict,
)
from harness.wording.language import measure_words, said
from harness.wording.markup import Html, el, join, within
from harness.wording.messages import join_sentences, plural, t
from harness.wording.quantities import (
    level_words,
    n_of,
    of_estimate,
    per_100,
)
from harness.wording.text import LIMIT, NAME_LIMIT, clip, one_line, slice_words

_FOLD_FROM = 16
"""Longer tables are folded; the 15 bins of a reliability curve stay in their order."""
_SHOWN_OF_MANY = 8
_MOST_OF_A_MEASURE = 400
_REMARKS = 12
_BYTES = 800_000
_FIELD = re.compile(r"\{(value|per_100|low|high|n|slice)\}")

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Row:
    """One measurement with the worst finding that judged it, and its row's name."""

    measurement: Measurement
    finding: Finding | None
    name: Html

    @property
    def limit(self) -> float | None:
        return self.finding.limit_value if self.finding else None

    @property
    def estimate(self) -> Estimate:
        return self.measurement.estimate


def measured_section(measurements: Measurements, verdict: Verdict) -> Html:
    """Return the section with every measurement, or as many as a report can carry, and says so."""
    title = t("section.measurements")
    if not measurements.measurements:
        return section(title, "measurements", el("p", t("measured.none")))
    return section(title, "measurements", *measured_blocks(measurements, verdict.findings))


def measured_blocks(
    measurements: Measurements,
    findings: Sequence[Finding],
    *,
    n_bytes: int = _BYTES,
    is_short: bool = False,
) -> list[Html]:
    """Return every measurement, audit by audit, or as many as fit, and how many do not.

    Args:
        measurements: What was measured.
        findings: What was judged of it; their limits are drawn.
        n_bytes: Room for all blocks.
        is_short: Fold the definitions of measures with a single value.
    """
    measures = {measure.key: measure for measure in measurements.measures}
    groups = _by_audit(measurements.measurements)
    blocks = list(_blocks(groups, measures, _judged(findings), is_short=is_short))
    kept = within((html for html, _ in blocks), n_bytes)
    n_left_out = sum(n for _, n in blocks[len(kept) :])
    return [*kept, el("p", plural("measured.left-out", n_left_out))] if n_left_out else kept


def sentence(measure: Measure, measurement: Measurement) -> str:
    """Return the measure's sentence in natural frequencies, filled with one measurement."""
    estimate = measurement.estimate
    if estimate.value is None:
        because = estimate.why_undefined
        return said(because) if because else t("number.not-measured")
    quantity = of_estimate(estimate)
    fields = {
        "value": quantity.value.replace(" pp", " " + t("number.points")),
        "per_100": per_100(estimate.value),
        "low": _end(quantity.low, estimate.unit),
        "high": _end(quantity.high, estimate.unit),
        "n": n_of(estimate),
        "slice": slice_words(measurement.slice, t("slice.all")),
    }
    return clip(_FIELD.sub(lambda match: fields[match[1]], measure_words(measure)[1]))


def _end(number: str, unit: str) -> str:
    gap = {"share": " %", "difference": " " + t("number.points")}.get(unit, "")
    return f"{number}{gap}" if number else t("number.not-measured")


def _judged(findings: Sequence[Finding]) -> dict[Place, Finding]:
    found: dict[Place, Finding] = {}
    for finding in view.ordered(findings):
        # the limit of a change is none of the value, and must not be drawn beside it
        if not view.is_of_change(finding):
            found.setdefault((finding.measure, finding.dataset, finding.slice), finding)
    return found


def _by_audit(
    measurements: Sequence[Measurement],
) -> dict[str, dict[tuple[str, str], list[Measurement]]]:
    audits: dict[str, dict[tuple[str, str], list[Measurement]]] = {}
    for measurement in measurements:
        audit = measurement.measure.partition(".")[0]
        groups = audits.setdefault(audit, {})
        groups.setdefault((measurement.measure, measurement.dataset), []).append(measurement)
    return audits


def _blocks(
    audits: Mapping[str, Mapping[tuple[str, str], list[Measurement]]],
    measures: Mapping[str, Measure],
    judged: Mapping[Place, Finding],
    *,
    is_short: bool,
) -> Iterator[tuple[Html, int]]:
    for audit, groups in audits.items():
        heading = el("p", one_line(audit, NAME_LIMIT), class_="eyebrow audit")
        singles = [group[0] for group in groups.values() if len(group) == 1]
        if singles:
            table = _singles(singles, measures, judged, is_short=is_short)
            yield join((heading, table)), len(singles)
            heading = Html("")
        for (key, dataset), group in groups.items():
            if len(group) > 1:
                block = _forest(_measure(key, measures), dataset, _rows(group, judged))
                yield join((heading, block)), len(group)
                heading = Html("")


def _measure(key: str, measures: Mapping[str, Measure]) -> Measure | None:
    return measures.get(key)


def _rows(group: Sequence[Measurement], judged: Mapping[Place, Finding]) -> list[_Row]:
    return [_Row(m, judged.get((m.measure, m.dataset, m.slice)), _slice_name(m)) for m in group]


def _slice_name(measurement: Measurement) -> Html:
    words = slice_words(measurement.slice, t("slice.all"))
    if measurement.share is None or measurement.slice == ALL:
        return el("span", words)
    share = f"{100 * measurement.share:.1f} %" if math.isfinite(measurement.share) else "?"
    return join((el("span", words), el("div", t("plot.share", share=share), class_="under")))


def _singles(
    group: Sequence[Measurement],
    measures: Mapping[str, Measure],
    judged: Mapping[Place, Finding],
    *,
    is_short: bool,
) -> Html:
    """Return one table for the measures that have a single value."""
    rows = [_single_row(row, measures) for row in _rows(group, judged)]
    axis = _common_axis(rows)
    definitions = el("div", *_definitions(rows, measures), class_="under definitions")
    if is_short:
        definitions = el("details", el("summary", t("card.definitions")), definitions)
    return el(
        "section",
        _table_of(rows, axis, kind="forest singles", label=t("measured.several")),
        bullets(_remarks(rows)),
        definitions,
        class_="block",
    )


def _common_axis(rows: Sequence[_Row]) -> Axis | None:
    """Return the whole range for shares; else an axis where all rows have the same unit."""
    units = {row.estimate.unit for row in rows}
    if "share" in units:
        return Axis(0.0, 1.0, "share")
    limits = [row.limit for row in rows if row.limit is not None]
    return axis_for((r.estimate for r in rows), limits, units.pop()) if len(units) == 1 else None


def _single_row(row: _Row, measures: Mapping[str, Measure]) -> _Row:
    measure, m = measures.get(row.measurement.measure), row.measurement
    title = measure_words(measure)[0] if measure else m.measure
    lines = [
        el("div", title, class_="rule"),
        el("div", view.where(m.slice, m.dataset)),
        el("div", sentence(measure, m), class_="small") if measure else None,
    ]
    return replace(row, name=join(lines))


def _definitions(rows: Sequence[_Row], measures: Mapping[str, Measure]) -> Iterator[Html]:
    by_measure: dict[str, list[_Row]] = {}
    for row in rows:
        by_measure.setdefault(row.measurement.measure, []).append(row)
    for key, same in by_measure.items():
        measure = measures.get(key)
        title = measure_words(measure)[0] if measure else key
        words = t("measured.of", title=one_line(title, NAME_LIMIT))
        yield el("p", join_sentences([words, _small_print(same, measure)]))


def _forest(measure: Measure | None, dataset: str, rows: list[_Row]) -> Html:
    key = rows[0].measurement.measure
    title = measure_words(measure)[0] if measure else one_line(key, NAME_LIMIT)
    caption = t("measured.caption", title=title, data=one_line(dataset, NAME_LIMIT))
    shown, folded = _split(rows, measure)
    n_more = len(folded) - _MOST_OF_A_MEASURE
    limits = [row.limit for row in rows if row.limit is not None]
    axis = axis_for((row.estimate for row in rows), limits, rows[0].estimate.unit)
    return el(
        "section",
        el("h3", caption),
        *(el("p", words) for words in _headlines(measure, rows)),
        _table_of(shown, axis, kind="forest", label=caption),
        _fold(folded[:_MOST_OF_A_MEASURE], axis, caption),
        el("p", plural("measured.left-out", n_more)) if n_more > 0 else None,
        bullets(_remarks(rows)),
        el("p", _small_print(rows, measure), class_="under"),
        class_="block",
    )


def _split(rows: list[_Row], measure: Measure | None) -> tuple[list[_Row], list[_Row]]:
    """Keep short tables whole; of long ones show the whole data set and the worst slices first."""
    if len(rows) <= _FOLD_FROM:
        return rows, []
    sign = -1 if measure and measure.better == "lower" else 1

    def badness(row: _Row) -> tuple[bool, bool, float]:
        value = row.estimate.value
        known = value is not None and math.isfinite(value)
        return (row.measurement.slice != ALL, not known, sign * value if known and value else 0.0)

    rows = sorted(rows, key=badness)
    return rows[:_SHOWN_OF_MANY], rows[_SHOWN_OF_MANY:]


def _fold(rows: list[_Row], axis: Axis | None, label: str) -> Html | None:
    if not rows:
        return None
    summary = el("summary", plural("measured.more", len(rows)))
    return el("details", summary, _table_of(rows, axis, kind="forest", label=label))


def _headlines(measure: Measure | None, rows: Sequence[_Row]) -> Iterator[str]:
    """Yield the sentence of the whole data set, and that of the worst slice."""
    if measure is None:
        return
    known = [row for row in rows if row.estimate.value is not None]
    slices = [row for row in known if row.measurement.slice != ALL]
    yield from (sentence(measure, r.measurement) for r in known if r.measurement.slice == ALL)
    if slices:
        pick = max if measure.better == "lower" else min
        worst = pick(slices, key=lambda row: row.estimate.value or 0.0)
        yield sentence(measure, worst.measurement)


def _table_of(rows: Sequence[_Row], axis: Axis | None, *, kind: str, label: str) -> Html:
    unit = axis.unit if axis else ""
    limits = {r.limit for r in rows if r.limit is not None and r.estimate.unit == unit}
    limit = limits.pop() if len(limits) == 1 else None
    name = t("measured.column-slice" if kind == "forest" else "measured.column-measure")
    head = [el("th", name, scope="col", class_="name")]
    if axis:
        head.append(el("th", axis_drawing(axis, limit), scope="col", class_="plot"))
    head.append(el("th", t("measured.column-value"), scope="col", class_="value"))
    head.append(el("th", t("measured.column-n"), scope="col", class_="n end"))
    return el(
        "table",
        el("thead", el("tr", *head)),
        el("tbody", *(_table_row(row, axis) for row in rows)),
        class_=kind,
        aria_label=label,
    )


def _table_row(row: _Row, axis: Axis | None) -> Html:
    estimate = row.estimate
    quantity = of_estimate(estimate, row.limit)
    cells = [el("th", row.name, scope="row")]
    if axis:
        outcome = row.finding.outcome if row.finding else None
        drawing = (
            interval_drawing(estimate, axis, limit=row.limit, kind=point_kind(outcome))
            if estimate.unit == axis.unit
            else None
        )
        cells.append(el("td", drawing, class_="plot"))
    gap = " " if quantity.interval else ""
    cells.append(el("td", num(quantity.value), gap, num(quantity.interval)))
    return el("tr", *cells, el("td", num(n_of(estimate)), class_="end"))


def _small_print(rows: Sequence[_Row], measure: Measure | None) -> str:
    levels = dict.fromkeys(_level_and_method(row.estimate) for row in rows)
    lines = [t("measured.level", level=level, method=method) for level, method in levels]
    if measure:
        lines.append(t(f"measured.better.{measure.better}"))
        lines.append(t("measured.blind", blind_to=_phrase(measure_words(measure)[2])))
        lines.append(t("measured.source", source=_phrase(measure.source)))
    return join_sentences(lines)


def _phrase(text: str) -> str:
    return one_line(text, LIMIT // 2).rstrip(".。")


def _level_and_method(estimate: Estimate) -> tuple[str, str]:
    return level_words(estimate.alpha_low, estimate.alpha_high), estimate.method


def _remarks(rows: Iterable[_Row]) -> list[str]:
    """Say every remark once, with the slices that it is about."""
    about: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        for id, message in _remarks_of(row.measurement):
            key = id, one_line(said(message), LIMIT)
            about.setdefault(key, {})[slice_words(row.measurement.slice, t("slice.all"))] = None
    lines = []
    for (id, text), (first, *others) in about.items():
        where = plural("slice.and-more", len(others), first=first) if others else first
        lines.append(t(id, where=where, text=text))
    if n_more := len(lines[_REMARKS:]):
        return [*lines[:_REMARKS], plural("measured.remarks-more", n_more)]
    return lines


def _remarks_of(m: Measurement) -> Iterator[tuple[str, Message]]:
    if m.estimate.why_undefined:
        yield "measured.reason", m.estimate.why_undefined
    yield from (("measured.caveat", message) for message in m.caveats)
    yield from (("measured.note", message) for message in m.notes)
