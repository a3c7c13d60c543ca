"""Do differences between groups remain among comparable examples?

Groups can differ in what they bring: topics, lengths, grades. Examples with the same values of the
control features (``data.test.control``) form a stratum, and every group is compared with a
reference group within strata only. The reference is the one that the plan of the group column names, else the
largest group; a note says which. Several control features form strata together.

Three rates are compared for the class of interest (class 1 of two classes, else every class in turn, in
``label=<name>``; the option ``positive`` names one): the share decided as it (selection rate), the share
of its examples that were found (tpr), the share of the other examples that were taken for it (fpr).

Measures:

* ``conditional-disparity.selection-rate-difference``, ``tpr-difference``, ``fpr-difference``: rate of the
  group minus rate of the reference. In the slice ``race=B`` over all strata together (Mantel-Haenszel
  common difference, Sato's variance), in ``grade=3,race=B`` within one stratum. Below 0: the group has
  the lower rate.
* ``conditional-disparity.selection-rate-odds-ratio``, ``tpr-odds-ratio``, ``fpr-odds-ratio``: odds of
  the group divided by odds of the reference, over all strata together (Mantel-Haenszel common odds
  ratio, variance of Robins, Breslow and Greenland).
* ``conditional-disparity.worst-selection-rate-difference``, ``worst-tpr-difference``,
  ``worst-fpr-difference``: the largest size of the differences of all groups, in ``race=*``. Its ends
  answer one question each, as those of every worst-group difference: the high end may pass without
  correction, the low end is simultaneous over groups. A rule should bound this measure, because a
  signed difference can only be bounded on one side.

Nothing is dropped in silence: strata in which the group or the reference has no example cannot be compared
and are counted in a caveat, with the examples in them; so are examples without a value of a control
feature. A note says where the difference among comparable examples points in another direction than the
plain difference (Simpson's paradox), and in how many strata the group is above and below the reference.

Clusters, and groups of which an example can have several: the same differences, with a spread from
influence values by cluster or by example. There is no odds ratio then, because its variance treats
all examples as independent. Fewer than 10 clusters decide nothing.

What the measures hide: whether the control feature is itself a product of unequal treatment (then
conditioning on it hides what one looks for), comparable examples that nobody recorded, differences that
turn from stratum to stratum and cancel, and wrong labels.

Source: Mantel and Haenszel 1959 (doi:10.1093/jnci/22.4.719); Sato 1989 (doi:10.2307/2531710); Robins,
Breslow and Greenland 1986 (doi:10.2307/2531052); control features as in Fairlearn's ``MetricFrame``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from audits._group_rates import clusters_of
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns
from audits._strata import Pair, Strata, read_strata, reference_of
from audits._strata_notes import (
    about_class,
    cannot_compare,
    no_odds_of_clusters,
    notes_of,
    unknown_class,
)
from harness.auditing import AuditContext, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import (
    Rate,
    common_difference,
    common_difference_of_rows,
    common_odds_ratio,
    event_of,
    few_clusters,
    newcombe,
    undefined,
    worst_common_difference,
)
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import GuardedPredictions

    BoolArray = NDArray[np.bool_]

_RATES: dict[Rate, tuple[str, str]] = {
    "selection-rate": ("Selection rate", "were decided as the class"),
    "tpr": ("True positive rate", "of the class were found"),
    "fpr": ("False positive rate", "of other classes were taken for the class"),
}
_MH = "Mantel and Haenszel 1959, doi:10.1093/jnci/22.4.719"
_BLIND = "Whether the control features are themselves a product of unequal treatment; wrong labels."


def _measures() -> Iterator[Measure]:
    for rate, (title, words) in _RATES.items():
        yield Measure(
            key=f"conditional-disparity.{rate}-difference",
            title=f"{title} minus that of the reference, comparable examples",
            unit="difference",
            better="lower",
            range_low=-1.0,
            range_high=1.0,
            reads_as=f"Of 100 comparable examples ({{slice}}), about {{per_100}} more {words} than in the "
            "reference group (below 0: fewer).",
            blind_to=f"{_BLIND} Differences that turn from stratum to stratum cancel.",
            source=f"{_MH}; variance: Sato 1989, doi:10.2307/2531710",
        )
    for rate, (title, words) in _RATES.items():
        yield Measure(
            key=f"conditional-disparity.{rate}-odds-ratio",
            title=f"Odds ratio of the {title.lower()} to the reference, comparable examples",
            unit="odds ratio",
            better="lower",
            range_low=0.0,
            range_high=None,
            reads_as=f"The odds that comparable examples ({{slice}}) {words} are {{value}} times those of "
            "the reference group; 1 is no difference.",
            blind_to=f"{_BLIND} How frequent the event is: odds ratios of rare events look large.",
            source=f"{_MH}; variance: Robins, Breslow and Greenland 1986, doi:10.2307/2531052",
        )
    for rate, (title, words) in _RATES.items():
        yield Measure(
            key=f"conditional-disparity.worst-{rate}-difference",
            title=f"Largest difference of the {title.lower()} to the reference, comparable examples",
            unit="difference",
            better="lower",
            range_low=0.0,
            range_high=1.0,
            reads_as=f"Of 100 comparable examples ({{slice}}), about {{per_100}} more or fewer {words} in the "
            "group that is farthest from the reference.",
            blind_to=f"{_BLIND} Groups that share no stratum with the reference leave it undecided.",
            source=f"{_MH}; intersection-union: Berger 1982, doi:10.1080/00401706.1982.10487790",
        )


MEASURES = tuple(_measures())


class Options(GroupOptions):
    """Options of ``conditional-disparity``.

    Attributes:
        min_group: A group with fewer examples carries a caveat. It is reported all the same.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        positive: Class of interest; class 1 of two classes, every class in turn of more, if none is named.
        controls: Control features to use; all if none is named.
        max_strata: More strata than this are not measured: declare bands.
        max_reported: Strata that are reported one by one, largest first; all enter the common figures.
    """

    positive: str | None = None
    controls: tuple[str, ...] = ()
    max_strata: int = Field(default=1000, ge=2)
    max_reported: int = Field(default=20, ge=0)


def planted(seed: int) -> Trial:
    """Plant a group that is selected less often in every grade; the innocent one only has other grades."""
    return Trial(
        guilty=_planted_context(seed, gap=0.25),
        innocent=_planted_context(seed, gap=0.0),
        rule={
            "measure": "conditional-disparity.worst-selection-rate-difference",
            "require": {"at_most": 0.10},
            "slices": {"by": [["group"]]},
        },
    )


@audit(
    id="conditional-disparity",
    question="Do differences between groups remain among comparable examples?",
    needs={"predictions", "groups", "controls"},
    uses={"labels", "clusters"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="no model calls; 5,000 rows take about 0.1 seconds, 0.4 with clusters",
    planted=planted,
)
def conditional_disparity(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield, by group column, class and rate, every group against the reference."""
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        strata = read_strata(seen, ctx.options)
        for column in read_columns(seen, ctx.options):
            classes = _classes(ctx)
            why = column.why_not
            why = why or (classes if isinstance(classes, Message) else None)
            why = why or (strata if isinstance(strata, Message) else None)
            if why is not None or isinstance(strata, Message) or isinstance(classes, Message):
                assert why is not None
                yield from _nothing(ctx, dataset, column, why)
                continue
            for positive in classes:
                for rate in _RATES:
                    one = _One(ctx, dataset, column, strata, positive, rate)
                    yield from one.measurements()


@dataclass(frozen=True, slots=True)
class _One:
    """One rate of one class, for one group column of one data set."""

    ctx: AuditContext
    dataset: str
    column: GroupColumn
    strata: Strata
    positive: int
    rate: Rate

    @property
    def seen(self) -> GuardedPredictions:
        return self.ctx.predictions(self.dataset)

    @property
    def reference(self) -> str:
        return reference_of(self.column)

    @property
    def has_labels(self) -> bool:
        return self.rate == "selection-rate" or self.seen.label is not None

    def measurements(self) -> Iterator[Measurement]:
        """Yield every group against the reference, pooled and by stratum, then the worst of them."""
        found: dict[str, Estimate] = {}
        compared = {
            group: inside
            for group, inside in self.column.slices()
            if self.column.is_group(group) and group != self.reference
        }
        # one method for the whole column: its largest difference cannot be told from two
        is_overlapping = self._is_overlapping(compared)
        for group, inside in compared.items():
            pair = self._pair(group, inside, is_overlapping=is_overlapping)
            difference = self._difference(pair)
            if self.column.left_out(group) is None:
                found[group] = difference
            yield self._measurement(
                f"{self.rate}-difference", difference, {self.column.name: group}, pair
            )
            odds = self._odds(pair, difference)
            yield self._measurement(
                f"{self.rate}-odds-ratio", odds, {self.column.name: group}, pair
            )
            yield from self._by_stratum(pair)
        worst = worst_common_difference(found)
        if not self.has_labels:
            worst = undefined(self._no_labels(), unit="difference")
        elif not found:
            worst = undefined(cannot_compare(self.column.name, self.reference), unit="difference")
        where = {self.column.name: EVERY_VALUE}
        yield self._measurement(f"worst-{self.rate}-difference", worst, where, None)

    def _is_overlapping(self, compared: dict[str, BoolArray]) -> bool:
        """Return whether a group that is compared shares rows with the reference."""
        reference = self.column.inside(self.reference)
        return any(
            bool((inside & reference).any())
            for group, inside in compared.items()
            if self.column.left_out(group) is None
        )

    def _pair(self, group: str, inside: BoolArray, *, is_overlapping: bool) -> Pair | None:
        """Return the group and the reference; None where the rate needs labels that are not there."""
        if not self.has_labels:
            return None
        seen = self.seen
        label = np.zeros(seen.n, np.int64) if seen.label is None else seen.label
        happened, is_trial = event_of(self.rate, label, seen.decision, self.positive)
        sides = (inside, self.column.inside(self.reference))
        cluster, _ = clusters_of(seen.cluster)
        is_independent = cluster is None and not is_overlapping
        return Pair(group, self.strata, happened, is_trial, sides, cluster, is_independent)

    def _difference(self, pair: Pair | None) -> Estimate:
        if pair is None:
            return undefined(self._no_labels(), unit="difference")
        why = self.column.left_out(pair.group)
        if why is not None:
            return undefined(why, unit="difference", n=pair.n)
        if pair.is_independent:
            return common_difference(pair.table)
        happened, stratum, sides, cluster = pair.rows
        return common_difference_of_rows(happened, stratum, sides, cluster=cluster)

    def _odds(self, pair: Pair | None, difference: Estimate) -> Estimate:
        if pair is None or difference.why_undefined is not None:
            assert difference.why_undefined is not None
            return undefined(difference.why_undefined, unit="odds ratio", n=difference.n)
        if not pair.is_independent:
            return undefined(no_odds_of_clusters(), unit="odds ratio", n=difference.n)
        return common_odds_ratio(pair.table)

    def _by_stratum(self, pair: Pair | None) -> Iterator[Measurement]:
        if pair is None or self.column.left_out(pair.group) is not None:
            return
        for k in self.strata.largest(self.ctx.options.max_reported):
            x1, n1, x0, n0 = (int(count) for count in pair.table[k])
            if not n1 or not n0:
                continue  # counted in the caveat of the common figure
            if pair.is_independent:
                estimate = newcombe(x1, n1, x0, n0)
            else:
                happened, stratum, sides, cluster = pair.rows
                own = stratum == k
                estimate = common_difference_of_rows(
                    happened[own],
                    np.zeros(int(own.sum()), np.int64),
                    (sides[0][own], sides[1][own]),
                    cluster=None if cluster is None else cluster[own],
                )
            where = self.strata.where(k) | {self.column.name: pair.group}
            yield self._measurement(f"{self.rate}-difference", estimate, where, None)

    def _measurement(
        self, name: str, estimate: Estimate, where: dict[str, str], pair: Pair | None
    ) -> Measurement:
        named = self.ctx.task.classes[self.positive]
        # several classes of interest stand in slices of their own; of one the note alone says which
        several = self.ctx.options.positive is None and len(self.ctx.task.classes) > 2
        of_class = {self._label_key: named} if several else {}
        notes: tuple[Message, ...] = (
            about_class(_RATES[self.rate][0].lower(), named, self.column.name, self.reference),
        )
        caveats: tuple[Message, ...] = self.strata.caveats
        n_clusters = clusters_of(self.seen.cluster)[1]
        if n_clusters is not None:
            caveats += few_clusters(n_clusters)
        if pair is not None:
            caveats += pair.caveats(self.reference)
            notes += notes_of(pair, self.reference)
        if where.get(self.column.name) == EVERY_VALUE:
            caveats += self.column.caveats
        return self.ctx.measurement(
            name,
            estimate,
            dataset=self.dataset,
            where=of_class | where,
            share=None if pair is None else pair.share,
            caveats=caveats,
            notes=notes,
        )

    @property
    def _label_key(self) -> str:
        # a group column or a control feature may itself be called label
        return "class" if "label" in (self.column.name, *self.strata.columns) else "label"

    def _no_labels(self) -> Message:
        return Message.of(
            "conditional-disparity.no-labels",
            "Not measured: the {rate} needs labels, and the data set has none.",
            rate=_RATES[self.rate][0].lower(),
        )


def _classes(ctx: AuditContext) -> list[int] | Message:
    """Return the ids of the classes of interest, or why there is none."""
    named, classes = ctx.options.positive, ctx.task.classes
    if named is not None:
        return [classes.index(named)] if named in classes else unknown_class(named, classes)
    return [1] if len(classes) == 2 else list(range(len(classes)))


def _nothing(
    ctx: AuditContext, dataset: str, column: GroupColumn, why: Message
) -> Iterator[Measurement]:
    for measure in MEASURES:
        yield ctx.measurement(
            measure.key.split(".")[1],
            undefined(why, unit=measure.unit),
            dataset=dataset,
            where={column.name: EVERY_VALUE},
            caveats=column.caveats,
        )


def _planted_context(seed: int, *, gap: float) -> AuditContext:
    rng = np.random.default_rng([seed, 11])
    n = 4000
    group = rng.choice(np.array(["a", "b", "c"], dtype=object), size=n, p=[0.5, 0.3, 0.2])
    # the groups have different grades, and the grade decides: a plain difference without any wrong
    grade = np.minimum(rng.integers(0, 3, size=n) + (group == "a"), 2)
    rate = np.array([0.2, 0.45, 0.7])[grade] - gap * 0.8 * (group == "b") * (grade > 0)
    decision = (rng.random(n) < np.clip(rate - 0.1 * gap * (group == "b"), 0, 1)).astype(np.int64)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=decision,
        n_classes=2,
        label=(rng.random(n) < 0.5).astype(np.int64),
        groups={"group": group},
        controls={"grade": np.array([str(one) for one in grade.tolist()], dtype=object)},
    )
    task = Task(kind="text-classification", modality="text", classes=("reject", "invite"))
    return trial_context(conditional_disparity, task=task, predictions=[predictions], seed=seed)
