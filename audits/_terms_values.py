"""What attributions and questions say of the terms of one category: estimates over rows.

Legend: m rows that hold a term of a category.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from audits._agreement import rank_correlation
from audits._clusters import share as share_of
from audits._clusters import shared
from harness.records import Message
from harness.stats import (
    bootstrap_mean,
    bootstrap_statistic,
    linear_estimate,
    paired_difference,
    reestimate,
    undefined,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Estimate
    from harness.stats import Keep

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

ALPHA = 0.05
"""Chance that any category is flagged where share or effect is that of chance, over all categories."""


RESOLUTION = 1e-5
"""Differences below this are rounding of answers in float32, and exceed nothing."""


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers of the rows that hold a term of one category.

    Attributes:
        share: Share of |attribution| on the terms, shape [m]; NaN where there is none to be read.
        words: Share of the parts that are terms, shape [m].
        signed: What the terms add to the class of interest in logits, shape [m]; NaN as in ``share``.
        change, is_flip, control, swapped: See ``Effects``.
        unit: What belongs together, shape [m].
    """

    share: FloatArray
    words: FloatArray
    signed: FloatArray
    change: FloatArray
    is_flip: BoolArray
    control: FloatArray
    swapped: FloatArray
    unit: NDArray[np.object_]

    @property
    def n(self) -> int:
        """Number of rows, m."""
        return len(self.words)

    def take(self, chosen: BoolArray) -> Table:
        """Return the numbers of some rows, chosen by shape [m]."""
        return Table(*(getattr(self, one.name)[chosen] for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Estimator:
    """Turns tables into estimates.

    Attributes:
        rng: Where draws come from.
        keep: Stores replicates.
    """

    rng: np.random.Generator
    keep: Keep | None

    def everything(self, table: Table) -> dict[str, Estimate]:
        """Return every measure of a category."""
        return {
            **self.main(table),
            "signed-mean": signed_mean(table),
            "mask-flips": share_of(table.is_flip, shared(table.unit)),
            "swap-effect": self._mean(table.swapped, table, _no_swap()),
            "agreement": self.agreement(table),
        }

    def main(self, table: Table) -> dict[str, Estimate]:
        """Return the measures that every slice has."""
        return {
            "share": self._mean(table.share, table, _no_share(), unit="share"),
            "lift": lift(table),
            "mask-effect": self._mean(table.change, table, _no_control()),
            "mask-over-control": over_control(table),
        }

    def agreement(self, table: Table) -> Estimate:
        """Return Spearman's rank correlation of share and effect of masking over rows."""
        known = np.isfinite(table.share)
        first, second = table.share[known], table.change[known]
        return bootstrap_statistic(
            lambda rows: rank_correlation(first[rows], second[rows]),
            int(known.sum()),
            rng=self.rng,
            keep=self.keep,
            unit="correlation",
            range_low=-1.0,
            range_high=1.0,
            cluster=shared(table.unit[known]),
        )

    def _mean(
        self, values: FloatArray, table: Table, why: Message, unit: str = "probability"
    ) -> Estimate:
        known = np.isfinite(values)
        if not known.any():
            return undefined(why, unit=unit, n=0)
        return bootstrap_mean(
            np.clip(values[known], 0.0, 1.0),
            rng=self.rng,
            keep=self.keep,
            unit=unit,
            range_low=0.0,
            range_high=1.0,
            cluster=shared(table.unit[known]),
        )


def lift(table: Table) -> Estimate:
    """Return the mean share of attribution divided by the mean share of words; 1 by chance.

    A ratio of means, not a mean of ratios: a term in a long text would outweigh all others.

    Undefined when: no row has a share.
    """
    known = np.isfinite(table.share)
    if not known.any():
        return undefined(_no_share(), unit="ratio")
    share, words = table.share[known], table.words[known]
    value = float(share.mean() / words.mean())
    return linear_estimate(
        value,
        (share - value * words) / words.sum(),
        unit="ratio",
        range_low=0.0,
        range_high=1 / float(words.mean()),  # all attribution on the terms
        cluster=shared(table.unit[known]),
        is_skewed=True,
    )


def signed_mean(table: Table) -> Estimate:
    """Return what the terms of a row add to the class of interest, in logits, mean over rows."""
    known = np.isfinite(table.signed)
    if not known.any():
        return undefined(_no_share(), unit="logits")
    values = table.signed[known]
    mean = float(values.mean())
    return linear_estimate(
        mean,
        (values - mean) / len(values),
        unit="logits",
        range_low=None,
        range_high=None,
        cluster=shared(table.unit[known]),
    )


def over_control(table: Table) -> Estimate:
    """Return how much further scores move without terms than without other words of the same row."""
    known = np.isfinite(table.control)
    if not known.any():
        return undefined(_no_control(), unit="difference")
    first, second = table.change[known], table.control[known]
    return paired_difference(first, second, cluster=shared(table.unit[known]))


def is_flagged(of_lift: Estimate, of_masks: Estimate, n_categories: int) -> bool:
    """Return whether both exceed chance, at an error shared out over the categories.

    Both must, so that the error of either is that of the flag (intersection-union).
    """
    ends = []
    for one, chance in ((of_lift, 1.0), (of_masks, 0.0)):
        if not one.is_measured:
            return False
        moved = reestimate(one, alpha_low=ALPHA / n_categories, alpha_high=ALPHA)
        ends.append(moved.low is not None and moved.low > chance + RESOLUTION)
    return all(ends)


def _no_share() -> Message:
    return Message.of(
        "sensitive-terms.no-share",
        "Not measured: no text has an attribution that can be read, so that there is no share of it.",
    )


def _no_control() -> Message:
    return Message.of(
        "sensitive-terms.no-control",
        "Not measured: no text has as many other words as terms, so that there is nothing to compare with.",
    )


def _no_swap() -> Message:
    return Message.of(
        "sensitive-terms.no-swap",
        "Not measured: the lists offer no other identity for any of these texts.",
    )
