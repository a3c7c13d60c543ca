"""Paired differences between two runs, one for each measurement that both have; never an unpaired guess."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.commands.comparing.asked import Asked, Found, not_derived
from harness.commands.comparing.recipes import VERSIONS, recipe_of
from harness.commands.comparing.rows import Rows, paired_rows
from harness.evidence import Bundle
from harness.records import (
    AuditRecord,
    Estimate,
    GroupPlan,
    Measurement,
    Message,
    RunRecord,
    estimate_problems,
)
from harness.stats import exact, undefined

UNIT = "difference"
_SAME = 1e-9
"""What sums in another order may differ by."""


def differences_of(
    first: Bundle, second: Bundle, *, asks: Callable[[Measurement], bool] = lambda one: True
) -> tuple[Measurement, ...]:
    """Return first minus second for every measurement of the first run, paired over the same rows.

    A measurement that cannot be paired has no value and the reason. What another version of an audit, or
    the same with other options, measured in the second run is derived again from its stored
    predictions by the formula of the first.

    Args:
        first: A run.
        second: Another one, e.g. the last release.
        asks: Which measurements of the first run are compared.

    Raises:
        IntegrityError: If predictions or rows are not what their seals say.
    """
    found: list[Measurement] = []
    known: dict[str, Rows | Message] = {}
    others = {
        (one.measure, one.dataset, one.slice): one for one in second.measurements.measurements
    }
    for one in first.measurements.measurements:
        if not asks(one):
            continue
        if one.dataset not in known:
            known[one.dataset] = paired_rows(first, second, one.dataset)
        rows = known[one.dataset]
        other = None
        if isinstance(rows, Rows):
            other = others.get((one.measure, rows.second_name, one.slice))
        estimate, caveats = _difference(first, second, rows, one, other)
        found.append(
            Measurement(one.measure, one.dataset, one.slice, estimate, one.share, caveats=caveats)
        )
    return tuple(found)


def _difference(
    first: Bundle,
    second: Bundle,
    rows: Rows | Message,
    one: Measurement,
    other: Measurement | None,
) -> tuple[Estimate, tuple[Message, ...]]:
    unit = UNIT if one.estimate.unit == "share" else one.estimate.unit
    reason = rows if isinstance(rows, Message) else _why_not(first, second, one, other)
    if reason is not None or isinstance(rows, Message) or other is None:
        return _without(reason or _absent(second, one)), ()
    recipe = recipe_of(one.measure)
    audits = [_audit(run.record, one.measure) for run in (first, second)]
    asked = Asked(
        measure=one.measure,
        slice=one.slice,
        task=first.record.task,
        options=audits[0].options if audits[0] else {},
        plans=plans_of(first.record, one.dataset),
    )
    if recipe is None:
        return _without(not_derived(asked)), ()
    if rows.is_same_model and rows.are_equal:
        return exact(0.0, n=one.estimate.n, unit=unit), ()
    found = recipe(rows, asked)
    if isinstance(found, Message):
        return _without(found), ()
    is_same_formula = _formula(audits[0]) == _formula(audits[1])
    if not _agrees(found, one, other, is_same_formula=is_same_formula):
        return _without(_disagrees(one)), ()
    problems = estimate_problems(found.estimate)
    if problems or not found.estimate.is_measured:
        return _without(found.estimate.why_undefined or _disagrees(one)), ()
    again = () if is_same_formula else (_derived_again(second, audits[1]),)
    return replace(found.estimate, unit=unit), (*found.caveats, *again)


def _why_not(
    first: Bundle, second: Bundle, one: Measurement, other: Measurement | None
) -> Message | None:
    audit = one.measure.partition(".")[0]
    if one.estimate.value is None:
        return one.estimate.why_undefined or _absent(first, one)
    if other is None:
        return _absent(second, one)
    mirrored = VERSIONS.get(audit)
    version = _audit(first.record, one.measure)
    if mirrored is None or version is None or version.version == mirrored:
        return None
    return Message.of(
        "compare.other-version",
        "Not compared: run {run} measured {measure} by version {version} of the audit, and only version "
        "{mirrored} can be derived from stored predictions here.",
        run=first.id,
        measure=one.measure,
        version=version.version,
        mirrored=mirrored,
    )


def plans_of(record: RunRecord, dataset: str) -> dict[str, GroupPlan]:
    """Return what the config of a run plans of the group columns of a data set."""
    data: Mapping[str, Any] = record.config.get("data") or {}
    tests = data.get("test") or {}
    table = tests.get(dataset) or (data.get("train") if data.get("split") else None) or {}
    plans = {}
    for one in table.get("groups") or ():
        if isinstance(one, Mapping):
            values = one.get("values")
            plans[str(one.get("column"))] = GroupPlan(
                values=None if values is None else tuple(map(str, values)),
                reference=one.get("reference"),
                exclude=dict(one.get("exclude") or {}),
                is_list=one.get("separator") is not None,
            )
    return plans


def _audit(record: RunRecord, measure: str) -> AuditRecord | None:
    id = measure.partition(".")[0]
    return next((one for one in record.audits if one.id == id), None)


def _formula(audit: AuditRecord | None) -> tuple[Any, ...]:
    return (None, None) if audit is None else (audit.version, audit.options)


def _agrees(found: Found, one: Measurement, other: Measurement, *, is_same_formula: bool) -> bool:
    """Tell whether a recipe gives what the runs measured: only then it is the formula of the audit."""
    mine, its = one.estimate.value, other.estimate.value
    if not (math.isfinite(found.first) and math.isfinite(found.second)):
        return True  # undefined says so itself
    if mine is None:
        return False
    if not is_same_formula:
        return abs(found.first - mine) < _SAME
    if its is None:
        return False
    return abs((found.first - found.second) - (mine - its)) < _SAME


def _without(why: Message) -> Estimate:
    return undefined(why, unit=UNIT)


def _absent(run: Bundle, one: Measurement) -> Message:
    return Message.of(
        "compare.absent",
        "Not compared: run {run} has no measurement of {measure} on the same slice.",
        run=run.id,
        measure=one.measure,
    )


def _disagrees(one: Measurement) -> Message:
    return Message.of(
        "compare.disagrees",
        "Not compared in pairs: what the stored predictions give for {measure} is not what the runs measured, "
        "so that the difference is about something else.",
        measure=one.measure,
    )


def _derived_again(run: Bundle, audit: AuditRecord | None) -> Message:
    return Message.of(
        "compare.derived-again",
        "Run {run} was measured by version {version} of the audit, or with other options. Its value was "
        "derived again from its stored predictions.",
        run=run.id,
        version=audit.version if audit else "unknown",
    )
