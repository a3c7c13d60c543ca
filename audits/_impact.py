"""Impact ratios, and their table in the layout of New York City Local Law 144.

The law asks for the selection rate of every category of sex and of race or ethnicity, alone and
together, each divided by that of the most selected category, with the number of rows in no category. A
category under 2 % may be left out with a reason; its count and rate are still shown. It sets no limit.

Source: 6 RCNY 5-301
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from audits._group_rates import Table
from audits._groups import GroupColumn
from harness.files import write_whole
from harness.records import Message
from harness.stats import GroupCounts, Grouping, exact, undefined, worst_ratio

if TYPE_CHECKING:
    from harness.auditing import AuditContext
    from harness.records import Estimate

SMALL_SHARE = Fraction(2, 100)
"""Categories below this share of the data may be left out with a reason."""

_HEAD = (
    "data_set",
    "columns",
    "category",
    "n_rows",
    "n_selected",
    "selection_rate",
    "impact_ratio",
    "note",
)
_MOST_CATEGORIES = 400

Line = tuple[object, ...]


def impact_ratios(
    counts: GroupCounts, column: GroupColumn | None = None
) -> Iterator[tuple[str, Estimate]]:
    """Yield each group's selection rate divided by the highest one, with its interval.

    The group with the highest rate has the ratio 1 by definition. Groups that the plan leaves out
    are shown but cannot be the highest.

    Args:
        counts: Selected rows and rows of each group.
        column: What the plan says of the groups; None leaves none out.
    """
    best = _best(counts, column) if (counts.trials > 0).sum() > 1 else None
    for k, name in enumerate(counts.names):
        n = int(counts.trials[k])
        if not n:
            why = Message.of("group-metrics.no-rows", "No row is in the group {group}.", group=name)
            yield name, undefined(why, unit="ratio")
        elif best is None:
            why = Message.of(
                "stats.one-group",
                "Fewer than two groups have enough examples that this rate is about, so there is "
                "nothing to compare.",
            )
            yield name, undefined(why, unit="ratio", n=n)
        elif not counts.successes[best]:
            why = Message.of(
                "stats.all-rates-zero",
                "The rate is 0 in every group, so that no ratio can be formed.",
            )
            yield name, undefined(why, unit="ratio", n=n)
        elif k == best:
            yield name, exact(1.0, n=n, unit="ratio")
        else:
            pair = np.zeros(len(counts.names), np.bool_)
            pair[[k, best]] = True
            yield name, worst_ratio(counts.keep(pair, is_complete=True))


def impact_lines(
    dataset: str, table: Table, columns: Sequence[GroupColumn], favourable: int | None
) -> Iterator[Line]:
    """Yield the lines of a data set: every column, and every pair of columns that do not overlap."""
    usable = [one for one in columns if one.grouping.names]
    if favourable is None:
        return
    for column in usable:
        counts = table.counts(column.grouping, "selection-rate", favourable)
        yield from _lines(dataset, column.name, counts, column)
        unknown = column.n_missing + int(column.is_unknown.sum())
        yield (dataset, column.name, "(unknown category)", unknown, "", "", "", "not compared")
    apart = [one for one in usable if not one.grouping.overlaps]
    for left, right in combinations(apart, 2):
        both = _crossed(left, right)
        if len(both.names) <= _MOST_CATEGORIES:
            counts = table.counts(both, "selection-rate", favourable)
            yield from _lines(dataset, f"{left.name} x {right.name}", counts, None)


def write_impact_table(ctx: AuditContext, lines: Sequence[Line]) -> None:
    """Write ``impact-ratio.csv``, where there is anything to write."""
    if not lines:
        return
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    writer.writerows([[_plain(cell) for cell in line] for line in lines])
    write_whole(ctx.artifact("impact-ratio.csv"), out.getvalue())


def _best(counts: GroupCounts, column: GroupColumn | None) -> int | None:
    can = counts.trials > 0
    if column is not None:
        can = can & column.is_compared
    rates = {
        k: Fraction(int(counts.successes[k]), int(counts.trials[k]))
        for k in np.flatnonzero(can).tolist()
    }
    return max(rates, key=lambda k: (rates[k], int(counts.trials[k]), -k)) if rates else None


def _lines(
    dataset: str, columns: str, counts: GroupCounts, column: GroupColumn | None
) -> Iterator[Line]:
    total = int(counts.trials.sum())
    best = _best(counts, column)
    for k, name in enumerate(counts.names):
        x, n = int(counts.successes[k]), int(counts.trials[k])
        if not n:
            continue
        rate, note = Fraction(x, n), ""
        if column is not None and name in column.plan.exclude:
            note = f"left out of comparisons: {column.plan.exclude[name]}"
        elif Fraction(n, total) < SMALL_SHARE:
            note = "under 2 % of the data: may be left out with a reason"
        ratio = ""
        if best is not None and counts.successes[best]:
            most = Fraction(int(counts.successes[best]), int(counts.trials[best]))
            ratio = f"{float(rate / most):.4f}"
        yield (dataset, columns, name, n, x, f"{float(rate):.4f}", ratio, note)


def _crossed(left: GroupColumn, right: GroupColumn) -> Grouping:
    names = [f"{a} x {b}" for a in left.grouping.names for b in right.grouping.names]
    a, b = left.grouping.code, right.grouping.code
    code = np.where((a < 0) | (b < 0), -1, a * len(right.grouping.names) + b)
    return Grouping.exclusive(names, code)


def _plain(cell: object) -> object:
    # what a spreadsheet would run as a formula is marked as text
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell
