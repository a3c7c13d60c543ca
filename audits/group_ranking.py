"""Are the examples of every group ranked as well as all others?

Scores that tell positive from negative examples well on the whole can fail for one group: benign texts
that name it score higher than toxic texts that do not. Three areas under the ROC curve of each
group show where. Positive means: of the class of interest, class 1 of two unless the option ``positive``
names another. The rest of a group are the examples that are known not to be in it. An
example of several groups counts in each of them.

Measures:

* ``group-ranking.auc``: area over all examples.
* ``group-ranking.subgroup-auc``: positive against negative examples of the group. Also for rows without
  a group value (``(missing)``), with an unplanned label (``(unknown)``), or in no group (``(none)``).
* ``group-ranking.bpsn-auc``: positive examples of the rest against negative ones of the group (background
  positive, subgroup negative). Low: benign examples of the group get scores like true positives.
* ``group-ranking.bnsp-auc``: positive examples of the group against negative ones of the rest (background
  negative, subgroup positive). Low: positives of the group are missed.
* ``group-ranking.subgroup-difference``, ``group-ranking.bpsn-difference``,
  ``group-ranking.bnsp-difference``: each of them minus the overall area.
* ``group-ranking.lowest-difference``: the lowest of these differences over all groups of the column and
  the three kinds, in the slice ``column=*``: the measure for a rule such as "no lower than 0.05 below the
  overall area". It passes only if every one of them does; a group with too few positive or negative
  examples leaves it open.
* ``group-ranking.positive-gap``, ``group-ranking.negative-gap``: average equality gaps, how often a positive
  (negative) example of the group scores higher than one of the rest, minus one half. 0: equal.
  Negatives above 0: the group is over-flagged; positives below 0: it is missed.
* ``group-ranking.jigsaw-composite``: the composite of the Jigsaw contest. For reading only.

Intervals are DeLong's, over clusters where the data have some. A difference takes into account which
rows both areas share. Areas of fewer than ``min_events`` positive or negative examples (10) are not
estimable; the measurement says how many there are.

What they hide: calibration and the decision threshold (a ranking can be perfect while all decisions
are wrong), groups that no column names, wrong labels, and pairs of two named groups. With more than
two classes one class at a time is looked at, against all others.

Source: Borkan et al. 2019 (arXiv:1903.04561); DeLong, DeLong and Clarke-Pearson 1988
(doi:10.2307/2531595); clusters: Obuchowski 1997 (doi:10.2307/2533958).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from audits._asked import PLANTED_TASK, Asked, listed, planted_scores
from audits._group_areas import KINDS, GroupAreas, Kind, composite
from audits._group_ranking_measures import MEASURES
from audits._group_rates import clusters_of
from audits._groups import GroupColumn, GroupOptions, read_columns
from audits._interest import class_note, class_of_interest
from harness.auditing import AuditContext, Trial, audit, not_measured
from harness.records import Estimate, Measurement, Message
from harness.stats import SubsetArea, area_difference, lowest_of, undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]

_UNITS = {one.key.partition(".")[2]: one.unit for one in MEASURES}
_BY_COLUMN = {name: unit for name, unit in _UNITS.items() if name != "auc"}


class Options(GroupOptions):
    """Options of ``group-ranking``.

    Attributes:
        min_group: A group with fewer examples carries a caveat. It is reported all the same.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        positive: The class of interest; class 1 of two where none is named.
        min_events: An area of fewer positive or fewer negative examples is not estimable.
    """

    positive: str | None = None
    min_events: int = Field(default=10, ge=5)


def planted(seed: int) -> Trial:
    """Plant a region whose scores are shifted up, so that its negatives rank like others' positives."""
    return Trial(
        guilty=_planted_context(seed, shift=2.0),
        innocent=_planted_context(seed, shift=0.0),
        rule={
            "measure": "group-ranking.lowest-difference",
            "require": {"at_least": -0.05},
            "slices": {"by": [["region"]]},
        },
    )


@audit(
    id="group-ranking",
    question="Are the examples of every group ranked as well as all others?",
    needs={"predictions", "labels", "scores", "groups"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls; about 0.1 s for 5,000 rows and 24 groups",
    planted=planted,
)
def group_ranking(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield the overall area, three areas and two gaps of each group, and the worst of each column."""
    found = class_of_interest(ctx.task, ctx.options.positive, f"audits.{ctx.audit_id}.positive")
    for dataset in ctx.datasets:
        if isinstance(found, Message):
            yield from not_measured(group_ranking, found, dataset=dataset)
            continue
        seen = ctx.predictions(dataset)
        label, scores = seen.label, seen.scores
        # the data set was offered because it has both
        assert label is not None
        assert scores is not None
        areas = GroupAreas.of(
            scores[:, found],
            label == found,
            cluster=clusters_of(seen.cluster)[0],
            least=ctx.options.min_events,
            positive=ctx.task.classes[found],
        )
        asked = _Asked(ctx, dataset, ctx.task.classes[found], areas)
        yield from asked.measurements(read_columns(seen, ctx.options))


@dataclass(slots=True)
class _Compared:
    """Differences of one column that are compared, and what would belong to them."""

    names: list[str] = field(default_factory=list)
    parts: list[Estimate] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    areas: dict[Kind, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


@dataclass(frozen=True, slots=True)
class _Asked(Asked):
    """The question about one data set, with the areas that answer it."""

    areas: GroupAreas

    def measurements(self, columns: list[GroupColumn]) -> Iterator[Measurement]:
        """Yield the overall area and everything about every column."""
        whole = self.areas.whole
        caveats = tuple(one for column in columns for one in column.caveats)
        yield self.ctx.measurement(
            "auc",
            _estimate_of(whole, n=self.areas.n),
            dataset=self.dataset,
            share=1.0,
            caveats=(*self.areas.few_clusters(whole), *caveats),
            notes=(class_note(self.positive),),
        )
        for column in columns:
            if column.why_not is not None:
                yield from self.nothing(column, column.why_not, _BY_COLUMN)
            else:
                yield from self._column(column)

    def _column(self, column: GroupColumn) -> Iterator[Measurement]:
        found = _Compared()
        for value, inside in column.slices():
            if column.is_group(value):
                yield from self._group(column, value, inside, found)
                yield from self._gaps(column, value, inside)
            else:
                area = self.areas.of_group(inside, ~inside, "subgroup")
                yield self._area(column, value, inside, ("subgroup", area))
        yield self._lowest(column, found)
        yield self._composite(column, found)

    def _group(
        self, column: GroupColumn, value: str, inside: BoolArray, found: _Compared
    ) -> Iterator[Measurement]:
        """Yield the three areas of a group and their differences to the whole."""
        left_out, n = column.left_out(value), int(inside.sum())
        for kind in KINDS:
            area = self.areas.of_group(inside, column.outside(value), kind)
            if not n:
                area = column.empty(value)
            yield self._area(column, value, inside, (kind, area))
            difference = self._difference(left_out or area, n)
            yield self.of_group(f"{kind}-difference", (column, value), inside, difference)
            if left_out is not None:
                continue
            if isinstance(area, SubsetArea):
                found.areas[kind].append(area.value)
            name = f"{value} ({kind})"
            if difference.value is None:
                found.lacking.append(name)
            else:
                found.names.append(name)
                found.parts.append(difference)

    def _area(
        self,
        column: GroupColumn,
        value: str,
        inside: BoolArray,
        found: tuple[Kind, SubsetArea | Message],
    ) -> Measurement:
        kind, area = found
        n = int(inside.sum())
        estimate = _of_slice(_estimate_of(area, n=n), n)
        caveats = self.areas.few_clusters(area)
        return self.of_group(f"{kind}-auc", (column, value), inside, estimate, caveats)

    def _difference(self, area: SubsetArea | Message, n: int) -> Estimate:
        whole = self.areas.whole
        if isinstance(area, Message):
            return undefined(area, unit="difference", n=n)
        if isinstance(whole, Message):
            return undefined(whole, unit="difference", n=n)
        found = area_difference(area, whole, self.areas.order, n=n, spread=self.areas.spread)
        return _of_slice(found, n)

    def _gaps(self, column: GroupColumn, value: str, inside: BoolArray) -> Iterator[Measurement]:
        n, rest = int(inside.sum()), column.outside(value)
        for name, is_positive in (("positive-gap", True), ("negative-gap", False)):
            area = self.areas.gap(inside, rest, is_positive=is_positive)
            why = column.left_out(value) or (None if n else column.empty(value))
            area = why or area
            if isinstance(area, Message):
                gap = undefined(area, unit="difference", n=n)
            else:
                gap = _of_slice(area_difference(area, 0.5, self.areas.order, n=n), n)
            caveats = self.areas.few_clusters(area)
            yield self.of_group(name, (column, value), inside, gap, caveats)

    def _lowest(self, column: GroupColumn, found: _Compared) -> Measurement:
        if not found.parts:
            nothing = undefined(self._none(column), unit="difference", n=self.areas.n)
            return self.of_column("lowest-difference", column, nothing)
        estimate = lowest_of(
            found.names,
            found.parts,
            n=self.areas.n,
            is_complete=not found.lacking,
            keep=self.ctx.keep,
        )
        worst = min(range(len(found.parts)), key=lambda at: found.parts[at].value or 0.0)
        group, _, kind = found.names[worst].rpartition(" (")
        note = Message.of(
            "group-ranking.lowest",
            "In the column {column}, the area that is farthest below that of all examples is {kind} of "
            "the group {group}; positive is the class {positive}.",
            column=column.name,
            kind=_WORDS[kind.removesuffix(")")],
            group=group,
            positive=self.positive,
        )
        caveats = _lacking(
            "group-ranking.open",
            "{n} areas of groups of the column {column} are not estimable, so that not all can pass: "
            "{open}.",
            (column, found.lacking),
        )
        return self.of_column("lowest-difference", column, estimate, caveats=caveats, notes=(note,))

    def _composite(self, column: GroupColumn, found: _Compared) -> Measurement:
        whole = self.areas.whole
        if isinstance(whole, Message) or not all(found.areas.values()):
            why = whole if isinstance(whole, Message) else self._none(column)
            nothing = undefined(why, unit="score", n=self.areas.n)
            return self.of_column("jigsaw-composite", column, nothing)
        caveats = _lacking(
            "group-ranking.mean-without",
            "The means leave out {n} areas of groups of the column {column}, which are not estimable: "
            "{open}.",
            (column, found.lacking),
        )
        estimate = composite(self.areas, column, found.areas)
        return self.of_column("jigsaw-composite", column, estimate, caveats=caveats)

    def _none(self, column: GroupColumn) -> Message:
        return Message.of(
            "group-ranking.none-estimable",
            "Not estimable: no group of the column {column} that is compared has enough positive and "
            "negative examples of the class {positive}; what is missing stands at each group.",
            column=column.name,
            positive=self.positive,
        )


_WORDS = {
    "subgroup": "the subgroup AUC",
    "bpsn": "the BPSN AUC (positives of the rest against negatives of the group)",
    "bnsp": "the BNSP AUC (positives of the group against negatives of the rest)",
}


def _estimate_of(area: SubsetArea | Message, *, n: int) -> Estimate:
    if isinstance(area, Message):
        return undefined(area, unit="probability", n=n)
    return area.estimate


def _of_slice(estimate: Estimate, n: int) -> Estimate:
    """Say how many rows the group itself has: n counts those of the rest too."""
    if estimate.evidence is None:
        return estimate
    values = {**estimate.evidence.values, "trials_a": n}
    return replace(estimate, evidence=replace(estimate.evidence, values=values))


def _lacking(id: str, template: str, of: tuple[GroupColumn, list[str]]) -> tuple[Message, ...]:
    column, names = of
    if not names:
        return ()
    return (Message.of(id, template, n=len(names), column=column.name, open=listed(names)),)


def _planted_context(seed: int, *, shift: float) -> AuditContext:
    rng = np.random.default_rng([seed, 19])
    n = 3000
    region = rng.choice(np.array(["north", "south", "west"], dtype=object), size=n)
    label = rng.integers(0, 2, size=n)
    lead = rng.normal(size=n) + 2.0 * label + shift * (region == "north") - 1.0
    scored = planted_scores(lead, label, region)
    return trial_context(group_ranking, task=PLANTED_TASK, predictions=[scored], seed=seed)
