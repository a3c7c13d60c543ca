"""Figures that are read from a table [stratum, label, decision]: of all rows, or of groups together.

Legend: n examples, c classes, s strata, g groups, r replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from harness.errors import ContractError, must
from harness.stats.cells import RATES, Rate, rate_of
from harness.stats.confusion import STATISTICS, f1_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

Kind = Literal["confusion", "rate", "difference", "ratio", "lowest", "highest", "of-highest", "gap"]

EXTREMES = frozenset({"difference", "ratio", "lowest", "highest", "of-highest"})
"""Kinds that look for the largest or smallest of groups, and so have a corner where two are equal."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is read from a table [s, label, decision].

    Attributes:
        kind: ``confusion``: a statistic of the whole table; ``rate``: one rate of it; over groups
            ``difference`` (largest minus smallest), ``ratio`` (smallest by largest), ``lowest``,
            ``highest``, ``of-highest`` (of one group, by the largest), ``gap`` (group 0 minus group 1).
        names: A key of ``STATISTICS``, ``f1`` or ``precision``; or rates, the worst of which counts.
        classes: Classes that count as positive, one after the other; the worst counts.
        group: Position of the group, for ``of-highest``.
    """

    kind: Kind
    names: tuple[str, ...]
    classes: tuple[int, ...] = ()
    group: int = 0

    def __call__(self, tables: FloatArray, member: NDArray[np.bool_]) -> FloatArray:
        """Return the figure, shape [r]; NaN where it is undefined.

        Args:
            tables: Shape [r, s, c, c], label before decision.
            member: Groups of each stratum, shape [s, g].
        """
        if self.kind == "confusion":
            return self._of_confusion(tables.sum(axis=1))
        if self.kind == "rate":
            return self._rates(tables.sum(axis=1)[:, None])[:, 0, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._over_groups(self.rates(tables, member))

    def rates(self, tables: FloatArray, member: NDArray[np.bool_]) -> FloatArray:
        """Return every rate of every group, shape [r, number of rates, g], of tables [r, s, c, c]."""
        return self._rates(np.einsum("rsij,sg->rgij", tables, member.astype(np.float64)))

    def _over_groups(self, rates: FloatArray) -> FloatArray:
        """Return the figure of rates, shape [r, number of rates, g]."""
        low, high = rates.min(axis=2), rates.max(axis=2)
        found: dict[str, Any] = {
            "difference": lambda: (high - low).max(axis=1),
            "ratio": lambda: (low / high).min(axis=1),
            "lowest": lambda: low.min(axis=1),
            "highest": lambda: high.max(axis=1),
            "of-highest": lambda: rates[:, 0, self.group] / high[:, 0],
            "gap": lambda: rates[:, 0, 0] - rates[:, 0, 1],
        }
        return cast("FloatArray", found[self.kind]())

    def _rates(self, tables: FloatArray) -> FloatArray:
        """Return every rate of every class, shape [r, number of rates, g], of tables [r, g, c, c]."""
        found = []
        for name in self.names:
            for k in self.classes or (0,):
                top, bottom = rate_of(cast("Any", tables), cast("Rate", name), k)
                with np.errstate(divide="ignore", invalid="ignore"):
                    found.append(top / bottom)
        return np.stack(found, axis=1)

    def _of_confusion(self, tables: FloatArray) -> FloatArray:
        name = self.names[0]
        if name in STATISTICS:
            return STATISTICS[name](tables)
        k = self.classes[0]
        right, labelled, decided = tables[:, k, k], tables[:, k].sum(-1), tables[:, :, k].sum(-1)
        if name == "f1":
            return f1_of(np.stack([right, labelled - right, decided - right], axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            share: FloatArray = right / decided
        return share


def figure_value(
    figure: Figure,
    label: IntArray,
    decision: IntArray,
    *,
    n_classes: int,
    stratum: IntArray | None = None,
    member: NDArray[np.bool_] | None = None,
) -> float:
    """Return a figure of one decision about each row; NaN where it is undefined. See ``paired_figure``."""
    groups = np.ones((1, 1), dtype=np.bool_) if member is None else member
    strata = np.zeros(len(label), dtype=np.int64) if stratum is None else stratum
    place = (strata * n_classes + label) * n_classes + decision
    table = np.bincount(place, minlength=len(groups) * n_classes**2).astype(np.float64)
    return float(figure(table.reshape(1, len(groups), n_classes, n_classes), groups)[0])


def check_figure(figure: Figure) -> None:
    """Refuse a figure that does not exist.

    Raises:
        ContractError: If its kind or one of its names is unknown.
    """
    if figure.kind not in get_args(Kind):
        raise ContractError(must("kind", f"be one of {', '.join(get_args(Kind))}", figure.kind))
    of_table = figure.kind == "confusion"
    known = (*STATISTICS, "f1", "precision") if of_table else RATES
    if not figure.names or any(name not in known for name in figure.names):
        raise ContractError(must("names", f"be among {', '.join(known)}", figure.names))
