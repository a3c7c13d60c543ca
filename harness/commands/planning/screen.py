"""The plan as plain text: tables that fit the terminal, and sentences below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from harness.commands.planning.deciding import Decidable
from harness.commands.planning.groups import GroupDecision
from harness.commands.planning.planning import DataFacts, PlanReport, StageCost
from harness.exports.tables import (
    number,
    one_line,
    size_words,
    slice_words,
    table,
    time_words,
    wrapped,
)
from harness.records import to_data

SHOWN = 14
"""Lines of what the data can decide; the others are counted, and stand in ``--json``."""

_BASIS = {
    "probe": "the model on 32 rows",
    "trial": "the audit on part of the rows",
    "steps": "a few steps",
    "finished": "",
    "none": "",
}
_STATE = {
    "too-small-to-pass": "never: too few rows",
    "reported-only": "reported, not judged",
    "not-known": "not known yet",
}


def as_data(report: PlanReport) -> dict[str, Any]:
    """Return the plan for ``--json``; times in seconds, sizes in bytes, None where not known."""
    data = asdict(report)
    data["notes"] = [to_data(note) for note in report.notes]
    total = {
        "seconds": report.seconds,
        "memory_bytes": report.memory_bytes,
        "disk_bytes": report.disk_bytes,
    }
    return {"schema_version": "modelassay/plan/v1", **data, "total": total}


def render(report: PlanReport, width: int) -> str:
    """Return the screen, ending in a line break."""
    lines = [
        *_head(report, width),
        "",
        *_costs(report, width),
        "",
        *_decides(report, width),
        *_compares(report, width),
        *(line for note in report.notes for line in wrapped(note.text, width)),
    ]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _head(report: PlanReport, width: int) -> Iterator[str]:
    names = map(one_line, (report.name, report.model, report.policy, report.device))
    yield from wrapped("{}: model {}, policy {}, device {}".format(*names), width)
    for one in report.data:
        yield from wrapped(_data_words(one), width)


def _data_words(one: DataFacts) -> str:
    words = [f"{one_line(one.name)}: {number(one.n_rows)} rows"]
    if one.n_aside:
        words.append(f"{number(one.n_aside)} set aside")
    if one.tokens is not None:
        words.append(
            f"{one.tokens[0]:.0f} tokens a row, 95 of 100 rows at most {one.tokens[1]:.0f}"
        )
    return ", ".join(words)


def _costs(report: PlanReport, width: int) -> Iterator[str]:
    head = ("stage", "rows", "model calls", "time", "memory", "disk", "time from")
    rows = [_cost_row(one) for one in report.stages]
    total = (
        "in all",
        "",
        "",
        time_words(report.seconds),
        size_words(report.memory_bytes),
        size_words(report.disk_bytes),
        "",
    )
    yield from table([head, *rows, total], width, right=frozenset({1, 2, 3, 4, 5}))
    unknown = [one.stage for one in report.stages if one.seconds is None]
    if unknown:
        yield from wrapped(f"Not in the sum, because not known: {', '.join(unknown)}.", width)
    if report.budget_minutes is not None:
        yield from wrapped(_budget_words(report), width)


def _cost_row(one: StageCost) -> tuple[str, ...]:
    rows = number(one.n_rows) if one.n_of is None else f"{number(one.n_rows)} of {number(one.n_of)}"
    calls = "-" if one.n_calls is None else number(one.n_calls)
    return (
        one.stage,
        rows,
        f"{calls} steps" if one.stage == "train" else calls,
        time_words(one.seconds),
        size_words(one.memory_bytes),
        size_words(one.disk_bytes),
        _BASIS[one.basis],
    )


def _budget_words(report: PlanReport) -> str:
    cut = [one.stage for one in report.stages if one.n_of is not None]
    if not cut:
        return f"The budget of {report.budget_minutes:g} minutes suffices for all rows."
    return (
        f"The budget of {report.budget_minutes:g} minutes does not suffice for all rows: "
        f"{', '.join(cut)} would be measured on samples, or not at all where there are 0 rows."
    )


def _decides(report: PlanReport, width: int) -> Iterator[str]:
    if not report.decides:
        yield "No blocking rule has a limit that this data could be held against."
        return
    yield from wrapped(
        "What the data can decide (blocking rules; between the two values a finding is "
        "inconclusive). The last column is how often a model would pass whose errors fall evenly, "
        f"on {100 * report.error_rate:g} of 100 rows:",
        width,
    )
    head = ("rule", "where", "n", "limit", "passes at", "fails at", "even errors pass")
    shown = report.decides[:SHOWN]
    is_alone = len({one.dataset for one in report.decides}) == 1
    rows = [_decide_row(one, is_alone=is_alone) for one in shown]
    yield from table([head, *rows], width, right=frozenset({2, 4, 5}))
    if len(report.decides) > SHOWN:
        yield f"  and {len(report.decides) - SHOWN} more, which --json lists"
    yield from _too_few(report, width)
    yield from _too_small(report, width)


def _decide_row(one: Decidable, *, is_alone: bool) -> tuple[str, ...]:
    where = slice_words(one.slice, one_line(one.dataset))
    if one.slice != "all" and not is_alone:
        where = f"{where} ({one_line(one.dataset)})"
    state = _STATE.get(one.state) or f"{100 * (one.chance or 0.0):.0f} of 100 times"
    return (
        one_line(one.rule),
        where,
        number(one.n),
        one.limit,
        _value(one.passes_at, one),
        _value(one.fails_at, one),
        state,
    )


def _value(value: float | None, one: Decidable) -> str:
    if value is not None:
        return f"{value:.3f}"
    return "-" if one.state == "not-known" else "never"


def _compares(report: PlanReport, width: int) -> Iterator[str]:
    if not report.compares:
        return
    yield ""
    yield from wrapped(
        "Comparisons of groups (blocking and warning rules): the smallest group and the examples of it "
        "that the rate is about; how often a model that treats all groups alike would pass; how many "
        "such examples each group needs for 80 of 100 times, and how many are missing over all groups:",
        width,
    )
    head = (
        "rule",
        "where",
        "limit",
        "smallest",
        "equal pass",
        "each needs",
        "missing",
    )
    shown = report.compares[:SHOWN]
    rows = [_compare_row(one) for one in shown]
    yield from table([head, *rows], width, right=frozenset({5, 6}))
    if len(report.compares) > SHOWN:
        yield f"  and {len(report.compares) - SHOWN} more, which --json lists"
    if any(one.is_clustered for one in report.compares):
        yield from wrapped(
            "Rows share clusters. The figures are those of independent rows; with clusters more are "
            "needed, and at least 10 clusters.",
            width,
        )


def _compare_row(one: GroupDecision) -> tuple[str, ...]:
    name, n = one.smallest
    needs = "too many" if one.n_each is None else f"{number(one.n_each)} {one.what}"
    missing = "-" if one.n_more is None else number(one.n_more)
    return (
        one_line(one.rule),
        slice_words(one.slice, one_line(one.dataset)),
        one.limit,
        f"{one_line(name)} ({number(n)})",
        f"{100 * one.chance:.0f} of 100",
        needs,
        missing,
    )


def _too_few(report: PlanReport, width: int) -> Iterator[str]:
    few = [one for one in report.decides if one.n_needed is not None]
    if few:
        names = ", ".join(
            f"{slice_words(one.slice, one_line(one.dataset))} ({one.rule}, n = {number(one.n_needed)})"
            for one in few
            if one.n_needed is not None
        )
        yield from wrapped(f"What such a model would get, more rows would decide: {names}.", width)


def _too_small(report: PlanReport, width: int) -> Iterator[str]:
    small = [one for one in report.decides if one.state == "too-small-to-pass"]
    if small:
        names = ", ".join(
            f"{slice_words(one.slice, one_line(one.dataset))} ({one.rule}, n = {number(one.n)})"
            for one in small
        )
        yield from wrapped(f"Too few rows to ever pass, however good the model is: {names}.", width)
