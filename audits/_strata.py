"""Who is comparable with whom: strata of equal control features, and one group against a reference in them.

Legend: n rows, s strata.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from audits._groups import GroupColumn
from harness.errors import nearest
from harness.records import Message
from harness.stats import stratum_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import GuardedPredictions
    from harness.predictions import Predictions

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]


class StrataOptions(Protocol):
    """What reading strata needs to know."""

    @property
    def controls(self) -> tuple[str, ...]:
        """Control features to use; all if none is named."""
        ...

    @property
    def max_strata(self) -> int:
        """More are not measured."""
        ...


@dataclass(frozen=True, slots=True)
class Strata:
    """Rows with equal values of all control features.

    Attributes:
        columns: Control features.
        values: Their values in each stratum, s of them.
        code: Stratum of each row, shape [n]; -1 where a value is missing.
    """

    columns: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    code: IntArray

    def where(self, stratum: int) -> dict[str, str]:
        """Return column → value of a stratum."""
        return dict(zip(self.columns, self.values[stratum], strict=True))

    def largest(self, at_most: int) -> list[int]:
        """Return the strata with most rows, in their own order."""
        sizes = np.bincount(self.code[self.code >= 0], minlength=len(self.values))
        return sorted(np.argsort(-sizes, kind="stable")[:at_most].tolist())

    @property
    def caveats(self) -> tuple[Message, ...]:
        """Return how many rows have no stratum."""
        missing = int((self.code < 0).sum())
        if not missing:
            return ()
        return (
            Message.of(
                "strata.missing-controls",
                "{n} of {total} rows have no value of a control feature ({columns}), so that nobody "
                "is comparable with them: they do not enter.",
                n=missing,
                total=len(self.code),
                columns=", ".join(self.columns),
            ),
        )


def read_strata(seen: GuardedPredictions | Predictions, options: StrataOptions) -> Strata | Message:
    """Return the strata of a data set, or why it has none that can be used."""
    offered = seen.controls
    chosen = options.controls or tuple(offered)
    for name in chosen:
        if name not in offered:
            return Message.of(
                "strata.no-control",
                "Not measured: {name} is no control feature of the data set (it has {known}).{hint}",
                name=name,
                known=", ".join(offered),
                hint=nearest(name, list(offered)),
            )
    cells = np.stack([offered[name].astype(object) for name in chosen], axis=1)
    rows = [tuple(str(value) for value in row) for row in cells.tolist()]
    known = sorted({row for row in rows if all(row)})
    if not known:
        return Message.of(
            "strata.no-value",
            "Not measured: no row has a value of every control feature ({columns}).",
            columns=", ".join(chosen),
        )
    if len(known) > options.max_strata:
        return Message.of(
            "strata.too-many",
            "Not measured: the control features ({columns}) form {n_strata} strata, more than max_strata "
            "= {limit}. Declare bands: a column with values such as short, medium and long.",
            columns=", ".join(chosen),
            n_strata=len(known),
            limit=options.max_strata,
        )
    number = {row: k for k, row in enumerate(known)}
    code = np.array([number.get(row, -1) for row in rows], dtype=np.int64)
    return Strata(chosen, tuple(known), code)


def reference_of(column: GroupColumn) -> str:
    """Return the planned reference group, else the largest group that the plan does not leave out."""
    if column.plan.reference is not None:
        return column.plan.reference
    sizes = {name: n for name, n in column.sizes.items() if name not in column.plan.exclude}
    return max(
        sizes or column.sizes or {"": 0}, key=lambda name: (sizes or column.sizes or {"": 0})[name]
    )


@dataclass(frozen=True)
class Pair:
    """One group and the reference, with everything that one rate needs to know of them.

    Attributes:
        group: The group.
        strata: Of all rows.
        is_success, is_trial: Event and denominator of the rate, shape [n].
        sides: Whether each row is in the group, and in the reference, shape [n] each.
        cluster: Cluster of each row, shape [n]; None where rows are independent.
        is_independent: Whether rows are independent: no clusters, and no row of the column in the
            reference and in another group, be it this one or not.
    """

    group: str
    strata: Strata
    is_success: BoolArray
    is_trial: BoolArray
    sides: tuple[BoolArray, BoolArray]
    cluster: IntArray | None
    is_independent: bool

    @cached_property
    def table(self) -> IntArray:
        """Successes and trials of group and reference in each stratum, shape [s, 4]."""
        happened, stratum, sides, _ = self.rows
        short = stratum_table(happened, stratum, sides)
        table = np.zeros((len(self.strata.values), 4), np.int64)
        table[: len(short)] = short
        return table

    @cached_property
    def rows(
        self,
    ) -> tuple[BoolArray, IntArray, tuple[BoolArray, BoolArray], IntArray | None]:
        """Event, stratum, sides and cluster of the rows that count."""
        kept = self.is_trial & (self.strata.code >= 0) & (self.sides[0] | self.sides[1])
        return (
            self.is_success[kept],
            self.strata.code[kept],
            (self.sides[0][kept], self.sides[1][kept]),
            None if self.cluster is None else self.cluster[kept],
        )

    @property
    def n(self) -> int:
        """Trials of both."""
        return int(self.table[:, [1, 3]].sum())

    @property
    def share(self) -> float:
        """Share of all rows that are in the group."""
        return float(self.sides[0].mean())

    @property
    def is_shared(self) -> BoolArray:
        """Whether each stratum holds both, shape [s]."""
        shared: BoolArray = (self.table[:, 1] > 0) & (self.table[:, 3] > 0)
        return shared

    @property
    def plain(self) -> float | None:
        """Difference without regard to strata; None where one of the two has no trial."""
        x1, n1, x0, n0 = self.table.sum(axis=0).tolist()
        return x1 / n1 - x0 / n0 if n1 and n0 else None

    def caveats(self, reference: str) -> tuple[Message, ...]:
        """Return what could not be compared."""
        held = (self.table[:, 1] > 0) | (self.table[:, 3] > 0)
        lost = held & ~self.is_shared
        if not lost.any():
            return ()
        return (
            Message.of(
                "strata.one-sided",
                "{lost} of {n_strata} strata hold examples of one of the two only: {n_group} of "
                "{of_group} examples of the group {group} and {n_reference} of {of_reference} of the "
                "reference {reference} have nobody to be compared with.",
                lost=int(lost.sum()),
                n_strata=int(held.sum()),
                n_group=int(self.table[lost, 1].sum()),
                of_group=int(self.table[:, 1].sum()),
                group=self.group,
                n_reference=int(self.table[lost, 3].sum()),
                of_reference=int(self.table[:, 3].sum()),
                reference=reference,
            ),
        )
