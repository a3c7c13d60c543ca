"""Which measurements a rule is held against, and what should be there and is not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from harness.errors import nearest
from harness.gate.facts import UNNAMED, WAYS, Facts, Size, columns_of, names_groups
from harness.gate.sentences import readable_slice
from harness.policy import EVERY, Rule
from harness.records import ALL, Estimate, Measurement, Message, Outcome, slice_columns, slice_name


class Pick(NamedTuple):
    """One (data set, slice) that a rule is about.

    Attributes:
        measurement: What is judged; None when there is nothing to judge.
        outcome, because: Set when the pick needs no judging.
        columns: Columns of the slice; ``()`` for all examples.
        size: How large the slice is, as far as known.
    """

    dataset: str
    slice: str
    measurement: Measurement | None = None
    outcome: Outcome | None = None
    because: Message | None = None
    columns: tuple[str, ...] = ()
    size: Size | None = None

    @property
    def estimate(self) -> Estimate | None:
        """The measurement's estimate, where there is a measurement."""
        return self.measurement.estimate if self.measurement is not None else None


def picks(rule: Rule, facts: Facts) -> Iterator[Pick]:
    """Yield every pick of a rule, each (data set, slice) once.

    A rule without ``slices`` is about all examples. A rule with slices is about every slice over
    its columns that the measure has, and every such slice that another measure of the same data set
    has: what one audit found and another left out is not measured, not absent. A way to measure, as
    ``method=random`` beside a comparison with chance, belongs to the measures that have it.
    """
    carriers = facts.shelf.get(rule.measure, {})
    audit_id = rule.measure.partition(".")[0]
    if audit_id in facts.broken:
        yield Pick("", ALL, outcome="error", because=_broken(audit_id, facts.broken[audit_id]))
    elif not carriers:
        yield Pick("", ALL, outcome="not-measured", because=_absent(rule, facts))
    for dataset in (rule.datasets or tuple(carriers)) if carriers else ():
        items = carriers.get(dataset, [])
        if not items:
            yield _missing(rule, dataset, ALL)
        elif rule.kind == "present_for":
            yield from _presence(rule, facts, dataset)
        elif rule.slices is None:
            yield _pick_one(rule, dataset, ALL, facts)
        else:
            yield from _sliced(rule, facts, dataset)


def _sliced(rule: Rule, facts: Facts, dataset: str) -> Iterator[Pick]:
    items = facts.shelf[rule.measure][dataset]
    yield from _malformed(items)
    asked = rule.slices.by if rule.slices else EVERY
    own = {columns_of(item.slice) for item in items}
    combinations = _every(own, facts, dataset) if asked == EVERY else asked
    mine = facts.by_slice[rule.measure][dataset].keys()
    if not own.intersection(combinations):
        yield _no_slices(rule, dataset, items)
        return
    declared = facts.groups.get(dataset, ())
    for columns in combinations:
        known = facts.slices.get(dataset, {}).get(columns, {})
        # a measure of whole columns, as a difference between all groups, has no value for one group
        is_whole = any(n in mine for n in known) and all(_is_whole(n) for n in known if n in mine)
        is_own = is_whole or not WAYS.isdisjoint({*columns}.difference(declared))
        expected = {
            n: size for n, size in known.items() if n in mine or (names_groups(n) and not is_own)
        }
        for name, size in expected.items():
            yield _pick_one(rule, dataset, name, facts, columns=columns, size=size)
        if not expected:
            yield _no_combination(rule, dataset, columns)


@lru_cache(maxsize=4096)
def _is_whole(name: str) -> bool:
    return "*" in slice_columns(name).values()


def _every(
    own: set[tuple[str, ...] | None], facts: Facts, dataset: str
) -> tuple[tuple[str, ...], ...]:
    """Return the combinations that ``every`` stands for.

    Those that the measure has; when declared group columns are among them, all declared ones.
    """
    combinations = {columns for columns in own if columns}
    declared = {(column,) for column in facts.groups.get(dataset, ())}
    return tuple(sorted(combinations | declared if combinations & declared else combinations))


def _presence(rule: Rule, facts: Facts, dataset: str) -> Iterator[Pick]:
    items = facts.shelf[rule.measure][dataset]
    yield from _malformed(items)
    known = facts.slices.get(dataset, {})
    own = {columns_of(item.slice) for item in items}
    asked = _every(own, facts, dataset) if rule.present_for == EVERY else rule.present_for
    if not asked:
        yield _no_slices(rule, dataset, items)
    wanted: dict[str, tuple[str, ...]] = {}
    for columns in asked:
        wanted.update(_required(columns, known))
    for name, columns in wanted.items():
        if "=*" in name:
            yield from _covered(rule, dataset, name, items)
        else:
            yield _pick_one(rule, dataset, name, facts, columns=columns)


def _required(
    columns: tuple[str, ...], known: dict[tuple[str, ...], dict[str, Size]]
) -> dict[str, tuple[str, ...]]:
    """Name what must be present over some columns.

    Every slice over just these columns that any measure knows, and for each known category of each
    column at least one slice that holds it, written ``race=Asian,sex=*``.
    """
    required = {name: columns for name in known.get(columns, {}) if names_groups(name)}
    for column in columns:
        for category in _categories(column, known):
            parts = (
                slice_name({name: category}) if name == column else _any_of((name,))
                for name in columns
            )
            required.setdefault(",".join(parts), columns)
    if not required:
        required[_any_of(columns)] = columns
    return required


def _categories(column: str, known: dict[tuple[str, ...], dict[str, Size]]) -> list[str]:
    found = (
        slice_columns(name)[column]
        for columns in known
        if column in columns
        for name in known[columns]
    )
    return [category for category in dict.fromkeys(found) if category not in UNNAMED]


def _covered(rule: Rule, dataset: str, pattern: str, items: list[Measurement]) -> Iterator[Pick]:
    """Yield a pick only when no measured slice matches a pattern such as ``race=Asian,sex=*``."""
    parts = pattern.split(",")
    for item in items:
        if item.estimate.is_measured and columns_of(item.slice):
            given = item.slice.split(",")
            if len(given) == len(parts) and all(map(_matches, given, parts)):
                return
    yield _missing(rule, dataset, pattern)


def _matches(given: str, part: str) -> bool:
    return given.startswith(part[:-1]) if part.endswith("=*") else given == part


def _pick_one(
    rule: Rule,
    dataset: str,
    name: str,
    facts: Facts,
    *,
    columns: tuple[str, ...] = (),
    size: Size | None = None,
) -> Pick:
    found = facts.by_slice[rule.measure][dataset].get(name, [])
    if len(found) == 1:
        return Pick(dataset, name, measurement=found[0], columns=columns, size=size)
    if found:
        because = Message.of(
            "gate.measured-twice",
            "{measure} stands {times} times for the same slice of data set {dataset}; "
            "which one counts is not known.",
            measure=rule.measure,
            times=len(found),
            dataset=dataset,
        )
        return Pick(dataset, name, outcome="error", because=because, columns=columns)
    items = facts.shelf[rule.measure][dataset]
    missing = _only_slices(rule, dataset, items) if name == ALL else _missing(rule, dataset, name)
    return Pick(
        dataset, name, outcome="not-measured", because=missing.because, columns=columns, size=size
    )


def _only_slices(rule: Rule, dataset: str, items: list[Measurement]) -> Pick:
    """All examples have no such measurement: where slices have one, say how a rule is about them."""
    measured = [item.slice for item in items if item.estimate.is_measured]
    if not measured:
        return _missing(rule, dataset, ALL)
    because = Message.of(
        "gate.only-slices-measured",
        "{measure} was not measured for all examples of data set {dataset}, only for slices, such as "
        "{slice}. A rule that is about every slice says so: slices: {{by: every}}.",
        measure=rule.measure,
        dataset=dataset,
        slice=readable_slice(measured[0]),
    )
    return Pick(dataset, ALL, outcome="not-measured", because=because)


def _missing(rule: Rule, dataset: str, name: str) -> Pick:
    because = Message.of(
        "gate.slice-not-measured",
        "{measure} was not measured for {slice} of data set {dataset}.",
        measure=rule.measure,
        slice="all examples" if name == ALL else f"slice {name}",
        dataset=dataset,
    )
    return Pick(dataset, name, outcome="not-measured", because=because)


def _no_slices(rule: Rule, dataset: str, items: list[Measurement]) -> Pick:
    """Nothing of what the rule is about was measured: give the audit's own reason where it has one."""
    reasons = [
        item.estimate.why_undefined
        for item in items
        if item.slice == ALL and not item.estimate.is_measured and item.estimate.why_undefined
    ]
    if reasons:
        return Pick(dataset, ALL, outcome="not-measured", because=reasons[0])
    because = Message.of(
        "gate.no-slices",
        "{measure} was measured on data set {dataset} for none of the slices that the rule is about.",
        measure=rule.measure,
        dataset=dataset,
    )
    return Pick(dataset, ALL, outcome="not-measured", because=because)


def _no_combination(rule: Rule, dataset: str, columns: tuple[str, ...]) -> Pick:
    # inconclusive and not "not-measured": other parts of the same rule were measured and judged
    because = Message.of(
        "gate.columns-not-measured",
        "{measure} was not measured over {columns} on data set {dataset}, which the rule asks for "
        "too; a part of it has no answer.",
        measure=rule.measure,
        columns=" and ".join(columns),
        dataset=dataset,
    )
    return Pick(dataset, _any_of(columns), outcome="inconclusive", because=because, columns=columns)


def _any_of(columns: tuple[str, ...]) -> str:
    # a star cannot stand in a slice's name, where it is percent-encoded
    return ",".join(f"{slice_name({column: ''})}*" for column in columns)


def _malformed(items: list[Measurement]) -> Iterator[Pick]:
    for name in dict.fromkeys(item.slice for item in items if columns_of(item.slice) is None):
        because = Message.of(
            "gate.unknown-slice",
            "{slice} is not the name of a slice, so what was measured is not known.",
            slice=name or "(empty)",
        )
        yield Pick(items[0].dataset, name, outcome="error", because=because)


def _broken(audit_id: str, reason: Message | None) -> Message:
    return Message.of(
        "gate.audit-error",
        "Audit {audit} ended in error, so its measurements may not be whole. {reason}",
        audit=audit_id,
        reason=reason.text if reason else "",
    )


def _absent(rule: Rule, facts: Facts) -> Message:
    known = list(facts.measures) if facts.measures is not None else list(facts.shelf)
    silent = facts.silent.get(rule.measure.partition(".")[0])
    if silent is not None:
        return silent
    # a measure of quite another audit is no misspelling: that audit did not run, or does not exist
    audit = rule.measure.partition(".")[0]
    alike = [one for one in known if nearest(audit, [one.partition(".")[0]])]
    hint = "" if rule.measure in known else nearest(rule.measure, alike)
    return Message.of(
        "gate.measure-absent",
        "The run holds no measurement of {measure}.{hint}",
        measure=rule.measure,
        hint=hint,
    )
