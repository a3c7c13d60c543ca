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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from audits._group_areas import KINDS, GroupAreas, Kind, composite, jigsaw_weights
from audits._group_ranking_measures import MEASURES
from audits._group_rates import clusters_of
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns, small_group
from audits._interest import class_note, class_of_interest
from harness.auditing import AuditContext, Trial, audit, not_measured
from harness.engines.prediction import softmax64
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import SubsetArea, area_difference, lowest_of, undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]

_UNITS = {one.key.partition(".")[2]: one.unit for one in MEASURES}


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
    suites={"standard", "deep"},
    cost="no model calls; 0.2 s of CPU for 5,000 rows and 24 groups",
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
        yield from _Asked(ctx, dataset, areas).measurements(
            read_columns(seen, ctx.options), share_of=seen.n
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question about one data set."""

    ctx: AuditContext
    dataset: str
    areas: GroupAreas

    def measurements(self, columns: list[GroupColumn], *, share_of: int) -> Iterator[Measurement]:
        whole = self.areas.whole
        caveats = self.areas.few_clusters(whole)
        for column in columns:
            caveats = (*caveats, *column.caveats)
        note = class_note(self.areas.positive)
        yield self.ctx.measurement(
            "auc",
            _estimate_of(whole, "auc", n=share_of),
            dataset=self.dataset,
            share=1.0,
            caveats=caveats,
            notes=(note,),
        )
        for column in columns:
            if column.why_not is not None:
                yield from self._nothing(column, column.why_not)
            else:
                yield from self._column(column)

    def _nothing(self, column: GroupColumn, why: Message) -> Iterator[Measurement]:
        for name, unit in _UNITS.items():
            if name != "auc":
                yield self._of_column(name, column, undefined(why, unit=unit))

    def _of_column(
        self, measure: str, column: GroupColumn, estimate: Estimate, **more: Any
    ) -> Measurement:
        return self.ctx.measurement(
            measure, estimate, dataset=self.dataset, where={column.name: EVERY_VALUE}, **more
        )

    def _column(self, column: GroupColumn) -> Iterator[Measurement]:
        names: list[str] = []
        parts: list[Estimate] = []
        lacking: list[str] = []
        values: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
        for value, inside in column.slices():
            if not column.is_group(value):
                yield self._area(column, value, inside, "subgroup")[0]
                continue
            compared = column.left_out(value) is None
            for kind in KINDS:
                measurement, area = self._area(column, value, inside, kind)
                difference = self._difference(column, value, inside, area)
                yield measurement
                yield self._of_group(f"{kind}-difference", column, value, inside, difference)
                if compared and isinstance(area, SubsetArea):
                    values[kind].append(area.value)
                if not compared:
                    continue
                name = f"{value} ({kind})"
                if difference.value is None:
                    lacking.append(name)
                else:
                    names.append(name)
                    parts.append(difference)
            yield from self._gaps(column, value, inside)
        yield self._lowest(column, names, parts, lacking)
        yield self._composite(column, values, lacking)

    def _area(
        self, column: GroupColumn, value: str, inside: BoolArray, kind: Kind
    ) -> tuple[Measurement, SubsetArea | Message]:
        rest = column.outside(value) if column.is_group(value) else ~inside
        area: SubsetArea | Message = self.areas.of_group(inside, rest, kind)
        if column.is_group(value) and not inside.any():
            area = column.empty(value)
        name, n = f"{kind}-auc", int(inside.sum())
        estimate = _of_slice(_estimate_of(area, name, n=n), n)
        caveats = self.areas.few_clusters(area)
        return self._of_group(name, column, value, inside, estimate, caveats=caveats), area

    def _of_group(
        self,
        measure: str,
        column: GroupColumn,
        value: str,
        inside: BoolArray,
        estimate: Estimate,
        *,
        caveats: tuple[Message, ...] = (),
    ) -> Measurement:
        return self.ctx.measurement(
            measure,
            estimate,
            dataset=self.dataset,
            where={column.name: value},
            share=float(inside.mean()),
            caveats=(*caveats, *small_group(int(inside.sum()), self.ctx.options.min_group)),
        )

    def _difference(
        self, column: GroupColumn, value: str, inside: BoolArray, area: SubsetArea | Message
    ) -> Estimate:
        n, whole = int(inside.sum()), self.areas.whole
        why = column.left_out(value)
        if why is None and isinstance(area, Message):
            why = area
        if why is None and isinstance(whole, Message):
            why = whole
        if why is not None or isinstance(area, Message) or isinstance(whole, Message):
            assert why is not None  # a message is the reason
            return undefined(why, unit="difference", n=n)
        found = area_difference(area, whole, self.areas.order, n=n, spread=self.areas.spread)
        return _of_slice(found, n)

    def _gaps(self, column: GroupColumn, value: str, inside: BoolArray) -> Iterator[Measurement]:
        n, rest = int(inside.sum()), column.outside(value)
        for name, is_positive in (("positive-gap", True), ("negative-gap", False)):
            area = self.areas.gap(inside, rest, is_positive=is_positive)
            why = column.left_out(value) or (area if isinstance(area, Message) else None)
            if not n:
                why = column.empty(value)
            if why is not None or isinstance(area, Message):
                assert why is not None  # a message is the reason
                gap = undefined(why, unit="difference", n=n)
            else:
                gap = _of_slice(area_difference(area, 0.5, self.areas.order, n=n), n)
            yield self._of_group(
                name, column, value, inside, gap, caveats=self.areas.few_clusters(area)
            )

    def _lowest(
        self, column: GroupColumn, names: list[str], parts: list[Estimate], lacking: list[str]
    ) -> Measurement:
        if not parts:
            why = _none_estimable(column, lacking)
            return self._of_column(
                "lowest-difference", column, undefined(why, unit="difference", n=self.areas.n)
            )
        estimate = lowest_of(
            names, parts, n=self.areas.n, is_complete=not lacking, keep=self.ctx.keep
        )
        worst = min(range(len(parts)), key=lambda at: parts[at].value or 0.0)
        group, _, kind = names[worst].rpartition(" (")
        note = Message.of(
            "group-ranking.lowest",
            "In the column {column}, the area that is farthest below that of all examples is {kind} of "
            "the group {group}; positive is the class {positive}.",
            column=column.name,
            kind=_WORDS[kind.removesuffix(")")],
            group=group,
            positive=self.areas.positive,
        )
        return self._of_column(
            "lowest-difference", column, estimate, caveats=_open(column, lacking), notes=(note,)
        )

    def _composite(
        self, column: GroupColumn, values: dict[Kind, list[float]], lacking: list[str]
    ) -> Measurement:
        whole = self.areas.whole
        if isinstance(whole, Message) or not all(values.values()):
            why = whole if isinstance(whole, Message) else _none_estimable(column, lacking)
            nothing = undefined(why, unit="score", n=self.areas.n)
            return self._of_column("jigsaw-composite", column, nothing)
        weights = {kind: jigsaw_weights(values[kind]) for kind in KINDS}
        estimate = composite(self.areas, column, values, weights)
        return self._of_column(
            "jigsaw-composite", column, estimate, caveats=_left_out(column, lacking)
        )


_WORDS = {
    "subgroup": "the subgroup AUC",
    "bpsn": "the BPSN AUC (positives of the rest against negatives of the group)",
    "bnsp": "the BNSP AUC (positives of the group against negatives of the rest)",
}


def _estimate_of(area: SubsetArea | Message, measure: str, *, n: int) -> Estimate:
    if isinstance(area, Message):
        return undefined(area, unit=_UNITS[measure], n=n)
    return area.estimate


def _of_slice(estimate: Estimate, n: int) -> Estimate:
    """Say how many rows the group itself has: n counts those of the rest too."""
    if estimate.evidence is None:
        return estimate
    values = {**estimate.evidence.values, "trials_a": n}
    return replace(estimate, evidence=replace(estimate.evidence, values=values))


def _none_estimable(column: GroupColumn, lacking: list[str]) -> Message:
    return Message.of(
        "group-ranking.none-estimable",
        "Not estimable: no group of the column {column} has enough positive and negative examples; what "
        "is missing stands at each group. Open: {open}.",
        column=column.name,
        open=_listed(lacking),
    )


def _open(column: GroupColumn, lacking: list[str]) -> tuple[Message, ...]:
    if not lacking:
        return ()
    return (
        Message.of(
            "group-ranking.open",
            "{n} areas of groups of the column {column} are not estimable, so that not all can pass: "
            "{open}.",
            n=len(lacking),
            column=column.name,
            open=_listed(lacking),
        ),
    )


def _left_out(column: GroupColumn, lacking: list[str]) -> tuple[Message, ...]:
    if not lacking:
        return ()
    return (
        Message.of(
            "group-ranking.mean-without",
            "The means leave out {n} areas of groups of the column {column}, which are not estimable: "
            "{open}.",
            n=len(lacking),
            column=column.name,
            open=_listed(lacking),
        ),
    )


def _listed(names: list[str], shown: int = 6) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def _planted_context(seed: int, *, shift: float) -> AuditContext:
    rng = np.random.default_rng([seed, 19])
    n = 3000
    region = rng.choice(np.array(["north", "south", "west"], dtype=object), size=n)
    label = rng.integers(0, 2, size=n)
    lead = rng.normal(size=n) + 2.0 * label + shift * (region == "north")
    logits = np.stack([np.zeros(n), lead - 1.0], axis=1)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=np.argmax(logits, axis=1).astype(np.int64),
        n_classes=2,
        scores=softmax64(logits),
        label=label,
        groups={"region": region},
    )
    task = Task(kind="text-classification", modality="text", classes=("no", "yes"))
    return trial_context(group_ranking, task=task, predictions=[predictions], seed=seed)
