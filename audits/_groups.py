"""Who is in which group, for every audit that compares groups: one reading of a column for all.

Nothing is dropped: rows without a value are the slice ``(missing)``, labels that are not in the plan
the slice ``(unknown)``, and rows of overlapping groups that are in none of them the slice ``(none)``.
A column as a whole is ``*``. A planned group without any row keeps its place, with n = 0.

Legend: n rows, g groups.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from harness.errors import nearest
from harness.records import IN_NONE, GroupPlan, Message, members
from harness.stats import Grouping

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import GuardedPredictions
    from harness.predictions import Predictions

    BoolArray = NDArray[np.bool_]

MISSING, UNKNOWN, IN_NO_GROUP, EVERY_VALUE = "(missing)", "(unknown)", "(none)", "*"
"""Slice values that name no group."""

_RESERVED = (UNKNOWN, IN_NO_GROUP, EVERY_VALUE)
_SHOWN = 5
_SHOWN_CHARS = 30
_Z = 1.6448536269514722  # upper 5 % quantile of the standard normal

State = Literal["estimable", "low-evidence", "not-estimable"]


class GroupOptions(BaseModel):
    """Options that every audit of groups has.

    Attributes:
        min_group: A group with fewer examples carries a caveat. It is reported all the same.
        max_groups: A column with more groups is taken for an identifier and is not measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_group: int = Field(default=30, ge=1)
    max_groups: int = Field(default=50, ge=2)


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """One group column of a data set.

    Attributes:
        name: The column.
        grouping: Its groups, in the order of the plan, or sorted; those without a row too.
        plan: What the config says of it.
        is_missing: Rows without a value, shape [n].
        is_unknown: Rows with a label that is not in the plan, shape [n]; they may be in groups too.
        unknown: Such a label → rows.
        why_not: Why its groups are not compared; None where they are.
        caveats: What a reader must know of the column.
        is_too_wide: Whether it has more groups than ``max_groups``; then none is counted at all.
    """

    name: str
    grouping: Grouping
    plan: GroupPlan
    is_missing: BoolArray
    is_unknown: BoolArray
    unknown: dict[str, int]
    why_not: Message | None = None
    caveats: tuple[Message, ...] = ()
    is_too_wide: bool = False

    @property
    def n_missing(self) -> int:
        """Rows without a value."""
        return int(self.is_missing.sum())

    @property
    def is_known(self) -> BoolArray:
        """Rows whose groups are known, if only that they are in none, shape [n]."""
        known: BoolArray = ~(self.is_missing | self.is_unknown)
        return known

    @property
    def is_compared(self) -> BoolArray:
        """Groups that the plan does not leave out of comparisons, shape [g]."""
        return np.array([name not in self.plan.exclude for name in self.grouping.names], np.bool_)

    @property
    def sizes(self) -> dict[str, int]:
        """Group → rows in it."""
        return dict(zip(self.grouping.names, self.grouping.sizes.tolist(), strict=True))

    def inside(self, group: str) -> BoolArray:
        """Return the rows in a group, shape [n]."""
        return self.grouping.inside(self.grouping.names.index(group))

    def outside(self, group: str) -> BoolArray:
        """Return the rows that are known not to be in a group, shape [n]."""
        rest: BoolArray = self.is_known & ~self.inside(group)
        return rest

    def slices(self) -> Iterator[tuple[str, BoolArray]]:
        """Yield slice value and rows: every group, then what is none, where there are such rows."""
        for group in self.grouping.names:
            yield group, self.inside(group)
        for value, rows in (
            (IN_NO_GROUP, self.is_known & (self.grouping.code < 0)),
            (MISSING, self.is_missing),
            (UNKNOWN, self.is_unknown),
        ):
            if rows.any():
                yield value, rows

    def is_group(self, value: str) -> bool:
        """Return whether a slice value names a group."""
        return value in self.grouping.names

    def empty(self, group: str) -> Message:
        """Return why nothing can be estimated in a planned group without rows."""
        hint = nearest(group, list(self.unknown)).strip()
        return Message.of(
            "groups.planned-group-empty",
            "Not estimable: no row is in the planned group {group} of the column {column}.{hint}",
            group=group,
            column=self.name,
            hint=f" {hint}" if hint else "",
        )

    def left_out(self, group: str) -> Message | None:
        """Return why the plan leaves a group out of comparisons; None where it does not."""
        if group not in self.plan.exclude:
            return None
        return Message.of(
            "groups.excluded",
            "The plan leaves the group {group} of the column {column} out of comparisons: {reason}",
            group=group,
            column=self.name,
            reason=self.plan.exclude[group],
        )


def group_columns(
    seen: GuardedPredictions | Predictions, options: GroupOptions
) -> list[GroupColumn | Message]:
    """Return every group column, or why its groups are not compared (its parameter ``column``).

    Args:
        seen: Predictions with groups.
        options: Of the audit.

    Undefined when: a column has no value, one group only, more groups than ``max_groups``, or a
        planned reference that does not exist.
    """
    return [one.why_not or one for one in read_columns(seen, options)]


def read_columns(
    seen: GuardedPredictions | Predictions, options: GroupOptions
) -> list[GroupColumn]:
    """Return every group column; ``why_not`` says which cannot be compared."""
    return [
        _column(name, values.tolist(), seen.group_plans.get(name, GroupPlan()), options)
        for name, values in seen.groups.items()
    ]


def state_of(
    n: int, *, min_group: int = 30, rate: float = 0.5, tolerance: float = 0.10, alpha_z: float = _Z
) -> State:
    """Say what a group can decide about a rate.

    Args:
        n: Rows of the rate's denominator.
        min_group: Fewer are not estimable.
        rate: Expected rate; 0.5 asks for most rows.
        tolerance: Largest acceptable difference, > 0.
        alpha_z: Quantile of the one-sided error, that of 5 % unless said otherwise.

    Returns:
        ``low-evidence`` where a comparison cannot pass even if the rates are equal: n below
        2 z^2 p (1 - p) / tolerance^2, 135 at a rate of 0.5 and a tolerance of 0.10.
    """
    if n < min_group:
        return "not-estimable"
    return "low-evidence" if n < enough(rate, tolerance, alpha_z) else "estimable"


def enough(rate: float = 0.5, tolerance: float = 0.10, alpha_z: float = _Z) -> float:
    """Return the rows of two equal groups from which a comparison of equal rates can pass."""
    return 2 * alpha_z**2 * rate * (1 - rate) / tolerance**2


def small_group(n: int, limit: int) -> tuple[Message, ...]:
    """Return the caveat of a group with fewer rows than the limit."""
    if n >= limit:
        return ()
    return (
        Message.of(
            "group-error.small-group",
            "The group has {n} examples, fewer than {limit}: the interval is wide.",
            n=n,
            limit=limit,
        ),
    )


def _column(name: str, cells: Sequence[str], plan: GroupPlan, options: GroupOptions) -> GroupColumn:
    distinct = sorted(set(cells))
    number = {cell: k for k, cell in enumerate(distinct)}
    code = np.fromiter(map(number.__getitem__, cells), np.int64, count=len(cells))
    n_rows = np.bincount(code, minlength=len(distinct)).tolist()
    labels = [_labels(cell) for cell in distinct]
    occurring = sorted({label for found in labels for label in found})
    names = list(plan.values) if plan.values is not None else occurring
    why_not = _too_many(name, names, options.max_groups)
    if why_not is not None:
        names = []
    position = {label: k for k, label in enumerate(names)}
    is_in = np.zeros((len(distinct), len(names)), np.bool_)
    unknown: Counter[str] = Counter()
    for k, found in enumerate(labels):
        is_in[k, [position[label] for label in found if label in position]] = True
        if why_not is None:
            unknown.update({label: n_rows[k] for label in found if label not in position})
    column = GroupColumn(
        name=name,
        grouping=_grouping(names, is_in, code),
        plan=plan,
        is_missing=np.array([cell in ("", MISSING) for cell in distinct], np.bool_)[code],
        is_unknown=np.array([not unknown.keys().isdisjoint(one) for one in labels], np.bool_)[code],
        unknown=dict(sorted(unknown.items())),
        is_too_wide=why_not is not None,
    )
    if why_not is not None:
        return replace(column, why_not=why_not)
    why_not = _nothing_to_compare(column) or _no_reference(column, occurring)
    caveats = (*_unknown(column), *_absent(column), *_spellings(name, occurring))
    return replace(column, why_not=why_not, caveats=caveats)


def _labels(cell: str) -> tuple[str, ...]:
    """Return the labels of a cell; one that reads like a slice value of ours is quoted."""
    if cell in ("", MISSING, IN_NONE):
        return ()
    return tuple(f"'{one}'" if one in _RESERVED else one for one in members(cell))


def _grouping(names: Sequence[str], is_in: BoolArray, code: NDArray[np.int64]) -> Grouping:
    """Return the groups of all rows from those of the distinct cells, shape [k, g]."""
    if (is_in.sum(axis=1) <= 1).all():
        own = np.where(is_in.any(axis=1), is_in.argmax(axis=1) if names else -1, -1)
        return Grouping.exclusive(names, own[code] if len(code) else code)
    few = Grouping.overlapping(names, is_in)
    return Grouping(few.names, few.code[code], few.member)


def _too_many(column: str, names: Sequence[str], limit: int) -> Message | None:
    if len(names) <= limit:
        return None
    if all(map(_is_number, names)):
        return Message.of(
            "groups.numbers",
            "Not measured: the column {column} has {n_groups} values, more than max_groups = {limit}, "
            "and all are numbers. Declare bands: a column with values such as 18-29 and 30-44.",
            column=column,
            n_groups=len(names),
            limit=limit,
        )
    return Message.of(
        "group-error.too-many-groups",
        "Not measured: the column {column} has {n_groups} values, more than max_groups = {limit}. "
        "It may be an identifier.",
        column=column,
        n_groups=len(names),
        limit=limit,
    )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _nothing_to_compare(column: GroupColumn) -> Message | None:
    sizes = column.grouping.sizes
    has_rest = bool((column.is_known & (column.grouping.code < 0)).any())
    n_there = int((sizes > 0).sum())
    if n_there == 0 and column.unknown:
        return Message.of(
            "groups.no-planned-value",
            "Not measured: none of the planned groups of the column {column} occurs; what stands "
            "there is {labels}.",
            column=column.name,
            labels=_listed(column.unknown),
        )
    if n_there == 0:
        return Message.of(
            "groups.no-value", "Not measured: the column {column} has no value.", column=column.name
        )
    if n_there == 1 and not has_rest:
        return Message.of(
            "group-error.one-value",
            "Not measured: the column {column} has one known value only, so there is no rest.",
            column=column.name,
        )
    return None


def _no_reference(column: GroupColumn, occurring: Sequence[str]) -> Message | None:
    reference = column.plan.reference
    if reference is None or reference in column.grouping.names:
        return None
    return Message.of(
        "groups.no-reference",
        "Not measured: the planned reference group {reference} is no value of the column {column}."
        "{hint}",
        reference=reference,
        column=column.name,
        hint=nearest(reference, list(occurring)),
    )


def _unknown(column: GroupColumn) -> Iterator[Message]:
    if not column.unknown:
        return
    names = column.grouping.names
    hints = [
        f"{_short(label)!r} may be {close}"
        for label in list(column.unknown)[:_SHOWN]
        if (close := nearest(label, names).removeprefix(" Did you mean ").removesuffix("?"))
    ]
    yield Message.of(
        "groups.unknown-labels",
        "{n} rows of the column {column} have a label that is not in the plan and are counted as "
        "(unknown): {labels}.{hint}",
        n=int(column.is_unknown.sum()),
        column=column.name,
        labels=_listed(column.unknown),
        hint=f" {'; '.join(hints)}." if hints else "",
    )


def _absent(column: GroupColumn) -> Iterator[Message]:
    for group, n in column.sizes.items():
        if not n:
            yield column.empty(group)
    occurring = {*column.grouping.names, *column.unknown}
    for group in column.plan.exclude:
        if group not in occurring:
            yield Message.of(
                "groups.excluded-unknown",
                "The plan leaves the group {group} out, which is no value of the column {column}."
                "{hint}",
                group=group,
                column=column.name,
                hint=nearest(group, sorted(occurring)),
            )


def _spellings(column: str, occurring: Sequence[str]) -> Iterator[Message]:
    alike: dict[str, list[str]] = {}
    for label in occurring:
        plain = unicodedata.normalize("NFKC", label).casefold()
        alike.setdefault(" ".join(plain.split()), []).append(label)
    doubled = [labels for labels in alike.values() if len(labels) > 1]
    if doubled:
        shown = "; ".join(" and ".join(map(repr, map(_short, one))) for one in doubled[:_SHOWN])
        more = len(doubled) - _SHOWN
        yield Message.of(
            "groups.spellings",
            "Labels of the column {column} differ only in case or spacing and are counted apart: "
            "{labels}.",
            column=column,
            labels=shown + (f" and {more} more" if more > 0 else ""),
        )


def _listed(counts: dict[str, int]) -> str:
    shown = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_SHOWN]
    more = len(counts) - len(shown)
    text = ", ".join(f"{_short(label)!r} ({n} row{'s' if n != 1 else ''})" for label, n in shown)
    return text + (f" and {more} more" if more else "")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"
