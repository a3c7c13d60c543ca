"""What audits of the score of one class by group have in common: where their measurements stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._groups import EVERY_VALUE, small_group
from harness.engines.prediction import softmax64
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._groups import GroupColumn
    from harness.auditing import AuditContext

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

PLANTED_TASK = Task(kind="text-classification", modality="text", classes=("no", "yes"))
"""What the planted scores of ``planted_scores`` are about."""

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """The question about one data set.

    Attributes:
        ctx: Of the audit.
        dataset: Name of the data set.
        positive: Name of the class of interest.
    """

    ctx: AuditContext
    dataset: str
    positive: str

    def of_column(
        self, measure: str, column: GroupColumn, estimate: Estimate, **more: Any
    ) -> Measurement:
        """Return a measurement of a column as a whole."""
        where = {column.name: EVERY_VALUE}
        return self.ctx.measurement(measure, estimate, dataset=self.dataset, where=where, **more)

    def of_group(
        self,
        measure: str,
        where: tuple[GroupColumn, str],
        rows: BoolArray,
        estimate: Estimate,
        caveats: Sequence[Message] = (),
    ) -> Measurement:
        """Return a measurement of the rows, shape [n], of one value of a column."""
        small = small_group(int(rows.sum()), self.ctx.options.min_group)
        return self.ctx.measurement(
            measure,
            estimate,
            dataset=self.dataset,
            where={where[0].name: where[1]},
            share=float(rows.mean()),
            caveats=(*caveats, *small),
        )

    def nothing(
        self, column: GroupColumn, why: Message, units: Mapping[str, str]
    ) -> Iterator[Measurement]:
        """Yield the reason for every measure (with its unit) of a column that is not compared."""
        for name, unit in units.items():
            yield self.of_column(name, column, undefined(why, unit=unit))


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def planted_scores(lead: FloatArray, label: NDArray[np.int64], region: Any) -> Predictions:
    """Return predictions of two classes from the lead of class 1, shape [n], by region."""
    logits = np.stack([np.zeros(len(lead)), lead], axis=1)
    return Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(len(lead))], dtype=object),
        decision=np.argmax(logits, axis=1).astype(np.int64),
        n_classes=2,
        scores=softmax64(logits),
        label=label,
        groups={"region": region},
    )
