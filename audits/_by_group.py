"""Values of any metric by group: through ``MetricFrame``, each with a bootstrap, then held against each other.

Legend: n rows, g groups, r replicates, u units (rows or clusters).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._foreign_entry import UNIT
from audits._group_rates import clusters_of
from audits._groups import GroupColumn
from audits._metrics import TOLERANCE
from harness.errors import ContractError
from harness.records import Estimate, Evidence, Message
from harness.stats import bootstrap_statistic, few_clusters, undefined, worst_linear_difference
from harness.stats.statistic import draw_units, rows_of_units
from harness.stats.worst_ends import MIN_CLUSTERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.stats import Keep

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

_SHOWN = 6


@dataclass(slots=True)
class Values:
    """One metric on one data set, asked about some of its rows.

    Attributes:
        ask: Positions of rows → the metric; NaN where it is undefined.
        rng: Where draws come from.
        keep: Stores replicates.
        span: Least and most that the metric can be.
        replicates: r.
        cluster: Cluster of each row, shape [n]; None where there are none.
        min_group: Groups with fewer rows are not compared.
    """

    ask: Callable[[IntArray], float]
    rng: np.random.Generator
    keep: Keep
    span: tuple[float | None, float | None]
    replicates: int
    cluster: NDArray[np.object_] | None
    min_group: int
    variances: dict[str, float] = field(default_factory=dict)

    @property
    def code(self) -> IntArray | None:
        """Number of each row's cluster; None where each row stands alone."""
        return clusters_of(self.cluster)[0]

    def of(
        self, rows: IntArray, *, name: str | None = None, framed: float | None = None
    ) -> Estimate:
        """Return the metric of some rows with its bootstrap; keeps the variance under a name."""
        code = self.code

        def keep(drawn: FloatArray, constants: Mapping[str, Any]) -> Evidence:
            if name is not None:
                self.variances[name] = float(drawn.var(ddof=1))
            return self.keep(drawn, constants)

        estimate = bootstrap_statistic(
            lambda chosen: self.ask(rows[chosen]),
            len(rows),
            rng=self.rng,
            keep=keep,
            unit=UNIT,
            range_low=self.span[0],
            range_high=self.span[1],
            cluster=None if code is None else code[rows],
            replicates=self.replicates,
        )
        if framed is not None and estimate.value is not None:
            _agree(framed, estimate.value)
        return estimate


@dataclass(frozen=True, slots=True)
class ByGroup:
    """One group column under one metric."""

    values: Values
    column: GroupColumn

    def framed(self) -> dict[str, float]:
        """Return slice value → the metric, as ``MetricFrame`` has it; NaN where it is undefined.

        Every row has a slice, so that nothing is missing for it. Groups that overlap are asked about one by one.
        """
        slices = {value: np.flatnonzero(rows) for value, rows in self.column.slices()}
        slices = {value: rows for value, rows in slices.items() if len(rows)}
        if not self.column.grouping.overlaps and sum(map(len, slices.values())) <= self._n:
            name = np.full(self._n, "", dtype=object)
            for value, rows in slices.items():
                name[rows] = value
            known = np.flatnonzero(name != "")
            return self._frame(known, name[known])
        found: dict[str, float] = {}
        for value, rows in slices.items():
            found |= self._frame(rows, np.full(len(rows), value, dtype=object))
        return found

    def worst(self, found: Mapping[str, Estimate]) -> tuple[Estimate, tuple[Message, ...]]:
        """Return the largest difference between the groups that can be compared, and who cannot."""
        compared = [name for name in found if self.column.left_out(name) is None]
        covariance, df, caveats = self._covariance(compared)
        if isinstance(covariance, Estimate):
            return covariance, caveats
        usable = [
            name
            for k, name in enumerate(compared)
            if found[name].n >= self.values.min_group
            and found[name].value is not None
            and math.isfinite(covariance[k, k])
            and covariance[k, k] > 0
        ]
        left = [name for name in compared if name not in usable]
        at = [compared.index(name) for name in usable]
        estimate = worst_linear_difference(
            usable,
            [float(found[name].value or 0.0) for name in usable],
            covariance[np.ix_(at, at)],
            n=sum(found[name].n for name in usable),
            unit=UNIT,
            df=df,
            is_complete=not left,
            keep=self.values.keep,
            range_high=self._span,
        )
        return estimate, (*caveats, *self._left(left, found))

    def _covariance(
        self, names: list[str]
    ) -> tuple[FloatArray | Estimate, float, tuple[Message, ...]]:
        """Return the covariance of the values, shape [g, g], and the degrees of freedom."""
        code = self.values.code
        if code is None and not self.column.grouping.overlaps:
            own = [self.values.variances.get(name, math.nan) for name in names]
            return np.diag(own), math.inf, ()
        n_units = self._n if code is None else int(code.max(initial=-1)) + 1
        if code is not None and n_units < MIN_CLUSTERS:
            few = few_clusters(n_units)
            nothing = undefined(few[0], unit=UNIT, n=self._n, low=0.0, high=self._span)
            return nothing, math.inf, few
        drawn = self._together(names, code)
        with np.errstate(invalid="ignore"):
            found = np.atleast_2d(np.cov(drawn, rowvar=False))
        return found, math.inf if code is None else n_units - 1, ()

    def _together(self, names: list[str], code: IntArray | None) -> FloatArray:
        """Draw all groups at once, shape [r, g]: what they share by row or cluster stays shared."""
        units = rows_of_units(self._n, code)
        inside = {name: self.column.inside(name) for name in names}
        drawn = np.full((self.values.replicates, len(names)), math.nan)
        for replicate in drawn:
            rows = draw_units(units, self.values.rng)
            for k, name in enumerate(names):
                own = rows[inside[name][rows]]
                if len(own):
                    replicate[k] = self.values.ask(own)
        return drawn

    def _frame(self, rows: IntArray, names: NDArray[np.object_]) -> dict[str, float]:
        from fairlearn.metrics import MetricFrame

        # it hands on what it is given, row by row: the positions of the rows are enough
        frame = MetricFrame(
            metrics=lambda chosen, _: self.values.ask(np.asarray(chosen, dtype=np.int64)),
            y_true=rows,
            y_pred=rows,
            # of an array with one entry it makes an array without dimensions, and raises
            sensitive_features=names.astype(str).tolist(),
        )
        return {str(name): float(value) for name, value in frame.by_group.items()}

    def _left(self, names: list[str], found: Mapping[str, Estimate]) -> tuple[Message, ...]:
        if not names:
            return ()
        shown = ", ".join(f"{name} ({found[name].n})" for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        return (
            Message.of(
                "metric-by-group.not-compared",
                "Not compared in {column}, so that nothing can pass: {groups}. They have fewer than {least} "
                "examples, no value, or no spread.",
                column=self.column.name,
                groups=shown + more,
                least=self.values.min_group,
            ),
        )

    @property
    def _n(self) -> int:
        return self.column.grouping.n

    @property
    def _span(self) -> float | None:
        low, high = self.values.span
        return None if low is None or high is None else high - low


def _agree(framed: float, value: float) -> None:
    # both asked the same function about the same rows
    if not abs(framed - value) <= TOLERANCE * max(1.0, abs(value)):
        raise ContractError(
            f"A metric by group must be one number, got {framed} from MetricFrame and {value} from its "
            "rows. Please report it, or check whether the metric answers alike when asked twice."
        )
