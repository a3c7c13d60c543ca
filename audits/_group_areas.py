"""Areas under the ROC curve of a group and of what is known not to be in it, from one sort.

Legend: n examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from harness.records import Estimate, Message
from harness.stats import ScoreOrder, SubsetArea, few_clusters, linear_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._groups import GroupColumn

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]

Kind = Literal["subgroup", "bpsn", "bnsp"]
KINDS: tuple[Kind, ...] = ("subgroup", "bpsn", "bnsp")
"""Which examples are compared: those of the group, or one side of them with one side of the rest."""

_POWER = -5.0


@dataclass(frozen=True, slots=True)
class GroupAreas:
    """Scores and labels of a data set, ready for the areas of any group.

    Attributes:
        order: Its scores, sorted once.
        is_positive: Examples of the class of interest, shape [n].
        whole: The area of all examples, or why there is none.
        spread: Influence of each example on it, shape [n]; zeros without an area.
        least: Positive and negative examples that an area takes at least.
        positive: Name of the class of interest.
    """

    order: ScoreOrder
    is_positive: BoolArray
    whole: SubsetArea | Message
    spread: FloatArray
    least: int
    positive: str

    @classmethod
    def of(
        cls,
        score: FloatArray,
        is_positive: BoolArray,
        *,
        cluster: NDArray[np.int64] | None,
        least: int,
        positive: str,
    ) -> GroupAreas:
        """Sort scores, shape [n], and measure the area of all examples."""
        order = ScoreOrder.of(score, cluster)
        bare = cls(order, is_positive, _nothing_yet(), np.zeros(order.n), least, positive)
        whole = bare._area(is_positive, ~is_positive, ("all examples", "all examples"))
        spread = bare.spread if isinstance(whole, Message) else whole.spread(order.n)
        return cls(order, is_positive, whole, spread, least, positive)

    @property
    def n(self) -> int:
        """Examples."""
        return self.order.n

    def of_group(self, inside: BoolArray, rest: BoolArray, kind: Kind) -> SubsetArea | Message:
        """Return an area of a group, or how many examples it lacks.

        Args:
            inside: Examples in the group, shape [n].
            rest: Examples that are known not to be in it, shape [n].
            kind: Which of them are compared.
        """
        group, others = "the group", "the rest"
        positive, at = (rest, others) if kind == "bpsn" else (inside, group)
        negative, other_at = (rest, others) if kind == "bnsp" else (inside, group)
        return self._area(positive & self.is_positive, negative & ~self.is_positive, (at, other_at))

    def gap(self, inside: BoolArray, rest: BoolArray, *, is_positive: bool) -> SubsetArea | Message:
        """Return how often an example of the group scores higher than one of the rest of its class."""
        of_class = self.is_positive if is_positive else ~self.is_positive
        one, other = np.flatnonzero(inside & of_class), np.flatnonzero(rest & of_class)
        if min(len(one), len(other)) < self.least:
            return Message.of(
                "group-ranking.too-few-to-compare",
                "Not estimable: the group has {n_group} and the rest {n_rest} {kind} examples of the class "
                "{positive}; at least {least} of each are needed.",
                n_group=len(one),
                n_rest=len(other),
                kind="positive" if is_positive else "negative",
                positive=self.positive,
                least=self.least,
            )
        return self.order.area(one, other)

    def few_clusters(self, area: SubsetArea | Message) -> tuple[Message, ...]:
        """Return the caveat of an area over too few clusters of positives, or of negatives."""
        if self.order.cluster is None or isinstance(area, Message):
            return ()
        of = self.order.cluster[area.rows]
        return few_clusters(min(len(np.unique(one)) for one in (of[: area.m], of[area.m :])))

    def _area(
        self, positive: BoolArray, negative: BoolArray, where: tuple[str, str]
    ) -> SubsetArea | Message:
        one, other = np.flatnonzero(positive), np.flatnonzero(negative)
        if min(len(one), len(other)) >= self.least:
            return self.order.area(one, other)
        return Message.of(
            "group-ranking.too-few",
            "Not estimable: there are {n_positive} positive examples ({where_positive}) and {n_negative} "
            "negative ones ({where_negative}) of the class {positive}; at least {least} of each are "
            "needed.",
            n_positive=len(one),
            where_positive=where[0],
            n_negative=len(other),
            where_negative=where[1],
            positive=self.positive,
            least=self.least,
        )


def jigsaw_weights(areas: Sequence[float]) -> list[float]:
    """Return how much the power mean (p = -5) of areas moves with each of them."""
    mean, g = power_mean(areas), len(areas)
    # of an area of 0 the limit: the mean is then proportional to it
    return [(mean / one) ** (1 - _POWER) / g if one > 0 else g ** (-1 / _POWER) for one in areas]


def power_mean(areas: Sequence[float]) -> float:
    """Return the power mean with p = -5 of areas: close to the lowest of them."""
    if min(areas) <= 0:
        return 0.0
    return float(np.mean(np.asarray(areas) ** _POWER) ** (1 / _POWER))


def composite(
    areas: GroupAreas, column: GroupColumn, values: Mapping[Kind, Sequence[float]]
) -> Estimate:
    """Return a quarter of the overall area and of each kind's power mean, with its interval.

    Args:
        areas: Of the data set, with an overall area.
        column: Its groups.
        values: Kind → estimable areas of the compared groups, in the order of the groups.
    """
    assert isinstance(areas.whole, SubsetArea)
    value = 0.25 * areas.whole.value + sum(0.25 * power_mean(values[kind]) for kind in KINDS)
    influence = 0.25 * areas.spread
    for kind in KINDS:
        left = iter(jigsaw_weights(values[kind]))
        for group in column.grouping.names:
            if column.left_out(group) is not None:
                continue
            found = areas.of_group(column.inside(group), column.outside(group), kind)
            if isinstance(found, SubsetArea):
                influence[found.rows] += 0.25 * next(left) * found.influence
    return linear_estimate(
        value,
        influence,
        unit="score",
        range_low=0.0,
        range_high=1.0,
        cluster=areas.order.cluster,
    )


def _nothing_yet() -> Message:
    return Message.of("group-ranking.not-yet", "The area of all examples is not measured yet.")
