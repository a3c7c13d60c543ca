"""Are scores right as probabilities in every group?

Scores that are right on the whole can be too high for one group and too low for another. Whoever reads
a score, or sets a threshold on it, then treats the two differently. Looked at is the score of one
class: class 1 of two, unless the option ``positive`` names another. Examples of that class are positive.

Measures:

* ``group-calibration.mean-score-error``: mean score minus share of positives, over all examples and in
  each group, with its sign. Above 0: the scores announce more positives than there are. Also for rows
  without a group value (``(missing)``), with an unplanned label (``(unknown)``), or in no group (``(none)``).
* ``group-calibration.ece``: expected calibration error in bins of equal mass of the group's own scores,
  corrected for noise as in the audit ``calibration``. A calibrated model gives about 0, in a small group too.
* ``group-calibration.brier``: mean squared distance between score and outcome, from 0 to 1.
* ``group-calibration.largest-error``: the largest ``mean-score-error`` of any group, whatever its sign, in the
  slice ``column=*``: the measure for a rule such as "at most 0.05 in every group".
* ``group-calibration.error-difference``: the largest difference between the ``mean-score-error`` of two
  groups, in the slice ``column=*``. The end of the interval that can pass is the worst of the one-sided
  limits of all pairs, the end that can fail is simultaneous. Rows and clusters that groups share are
  counted as shared. A plan's reference group is compared as any other.
* ``group-calibration.multi-accuracy``: over all groups and bins of scores, the largest error times the share of
  all examples in that group and bin, in the slice ``column=*``. To be read, not judged: noise
  makes the value too large.

The reliability curve of every group stands in ``reliability.json``.

A group with fewer than ``min_group`` examples (30), or fewer than ``min_events`` positive or negative
ones (10), is not estimable: the measurement says how many there are, and what is decided over
all groups cannot pass. Where the data names clusters, the cluster is the unit; fewer than 10
clusters with positives, or with negatives, decide nothing.

What they hide: scores that are wrong for some examples of a group in one direction and for others in
the other (``ece`` shows it by score, no measure by anything else), wrong labels, groups that no column
names, and whether scores tell examples apart.

Source: Hebert-Johnson et al. 2018 (arXiv:1711.08513); Pleiss et al. 2017 (arXiv:1709.02012); calibration
error: Kumar, Liang and Ma 2019 (arXiv:1909.10155), with the correction in ``harness.stats.absolute``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from audits._asked import PLANTED_TASK, Asked, listed, planted_scores
from audits._bins import curve_json, equal_mass, reliability
from audits._group_calibration_measures import MEASURES
from audits._group_errors import Errors
from audits._group_rates import clusters_of
from audits._groups import GroupColumn, GroupOptions, read_columns
from audits._interest import class_note, class_of_interest
from harness.auditing import AuditContext, Trial, audit, not_measured
from harness.files import write_whole
from harness.records import Estimate, Measurement, Message
from harness.stats import (
    absolute_sum_estimates,
    farthest_of,
    linear_parts,
    undefined,
    worst_linear_difference,
)
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]

_UNITS = {one.key.partition(".")[2]: one.unit for one in MEASURES}
_BY_GROUP = ("mean-score-error", "ece", "brier")
_BY_COLUMN = ("largest-error", "error-difference", "multi-accuracy")


class Options(GroupOptions):
    """Options of ``group-calibration``.

    Attributes:
        min_group: A group with fewer examples is not estimable.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        positive: The class of interest; class 1 of two where none is named.
        min_events: A group with fewer positive or fewer negative examples is not estimable.
        n_bins: Bins of equal mass.
        n_replicates: Resampling replicates of the calibration error.
    """

    positive: str | None = None
    min_events: int = Field(default=10, ge=5)
    n_bins: int = Field(default=15, ge=2, le=100)
    n_replicates: int = Field(default=2000, ge=200, le=100_000)


def planted(seed: int) -> Trial:
    """Plant a region whose scores are shifted up although its outcomes are those of all others."""
    return Trial(
        guilty=_planted_context(seed, shift=1.0),
        innocent=_planted_context(seed, shift=0.0),
        rule={
            "measure": "group-calibration.error-difference",
            "require": {"at_most": 0.05},
            "slices": {"by": [["region"]]},
        },
    )


@audit(
    id="group-calibration",
    question="Are scores right as probabilities in every group?",
    needs={"predictions", "labels", "scores", "groups"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="no model calls; about 0.1 s for 5,000 rows and 24 groups",
    planted=planted,
)
def group_calibration(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield the errors of the scores over all and by group, and the worst of every column."""
    found = class_of_interest(ctx.task, ctx.options.positive, f"audits.{ctx.audit_id}.positive")
    curves: list[dict[str, Any]] = []
    for dataset in ctx.datasets:
        if isinstance(found, Message):
            yield from not_measured(group_calibration, found, dataset=dataset)
            continue
        seen = ctx.predictions(dataset)
        label, scores = seen.label, seen.scores
        # the data set was offered because it has both
        assert label is not None
        assert scores is not None
        errors = Errors.of(
            scores[:, found], label == found, clusters_of(seen.cluster)[0], ctx.options.n_bins
        )
        asked = _Asked(ctx, dataset, ctx.task.classes[found], errors, curves)
        yield from asked.measurements(read_columns(seen, ctx.options))
    text = json.dumps({"format": "modelassay/reliability/v1", "curves": curves}, indent=1)
    write_whole(ctx.artifact("reliability.json"), text + "\n")


@dataclass(slots=True)
class _Compared:
    """Groups of one column that can be compared, and those that would belong to it."""

    rows: dict[str, BoolArray] = field(default_factory=dict)
    means: dict[str, Estimate] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked(Asked):
    """The question about one data set, with the errors that answer it."""

    errors: Errors
    curves: list[dict[str, Any]]

    def measurements(self, columns: list[GroupColumn]) -> Iterator[Measurement]:
        """Yield everything about the data set; nothing of all rows where no column is compared."""
        caveats = tuple(one for column in columns for one in column.caveats)
        reasons = [column.why_not for column in columns if column.why_not is not None]
        everyone = np.ones(self.errors.n, dtype=np.bool_)
        why = reasons[0] if len(reasons) == len(columns) else self._too_few(everyone)
        for name in _BY_GROUP:
            estimate = undefined(why, unit=_UNITS[name]) if why else self._estimate(name, everyone)
            yield self.ctx.measurement(
                name,
                estimate,
                dataset=self.dataset,
                share=1.0,
                caveats=(*caveats, *self.errors.few_clusters(everyone)),
                notes=(class_note(self.positive),),
            )
        for column in columns:
            if column.why_not is not None:
                yield from self.nothing(column, column.why_not, _UNITS)
            else:
                yield from self._column(column)

    def _column(self, column: GroupColumn) -> Iterator[Measurement]:
        found = _Compared()
        for value, rows in column.slices():
            why = self._too_few(rows)
            if column.is_group(value) and not rows.any():
                why = column.empty(value)
            for name in _BY_GROUP:
                estimate = (
                    self._estimate(name, rows) if why is None else self._none(why, name, rows)
                )
                if name == "mean-score-error":
                    self._place(found, column, value, rows=rows, estimate=estimate)
                few = self.errors.few_clusters(rows) if estimate.value is not None else ()
                yield self.of_group(name, (column, value), rows, estimate, few)
            if why is None:
                self._draw(column, value, rows)
        for name, estimate in self._whole(found).items():
            notes = self._notes(name, column, found)
            yield self.of_column(
                name, column, estimate, caveats=_open(column, found.lacking), notes=notes
            )

    def _place(
        self,
        found: _Compared,
        column: GroupColumn,
        value: str,
        *,
        rows: BoolArray,
        estimate: Estimate,
    ) -> None:
        """Put a group where it belongs: compared, lacking, or out of the comparison by plan."""
        if not column.is_group(value) or column.left_out(value) is not None:
            return
        if estimate.value is None or self.errors.few_clusters(rows):
            found.lacking.append(value)
        else:
            found.rows[value], found.means[value] = rows, estimate

    def _whole(self, found: _Compared) -> Mapping[str, Estimate]:
        """Return the measures of a whole column."""
        n = int(np.any(list(found.rows.values()), axis=0).sum()) if found.rows else 0
        if not found.rows:
            why = Message.of(
                "group-calibration.none-estimable",
                "Not estimable: no group has enough positive and negative examples to be compared.",
            )
            return {name: undefined(why, unit=_UNITS[name]) for name in _BY_COLUMN}
        names, is_complete = list(found.rows), not found.lacking
        # groups of which everything came as announced vary by nothing, and have another method
        means = {name: one for name, one in found.means.items() if one.method == "linear"}
        values, covariance, df = self.errors.covariance(list(found.rows.values()))
        cells, parts = self._cells(found)
        shared: dict[str, Any] = {"n": n, "is_complete": is_complete, "keep": self.ctx.keep}
        return {
            "largest-error": farthest_of(
                list(means),
                list(means.values()),
                **{**shared, "is_complete": is_complete and len(means) == len(names)},
            ),
            "error-difference": worst_linear_difference(
                names, values, covariance, unit="difference", df=df, **shared
            ),
            "multi-accuracy": farthest_of(cells, parts, **shared),
        }

    def _cells(self, found: _Compared) -> tuple[list[str], list[Estimate]]:
        """Return every (group, bin) with its part of the error of all examples."""
        names_of_cells: list[str] = []
        parts: list[Estimate] = []
        for name, rows in found.rows.items():
            noisy, bins = self.errors.shares_of_all(rows)
            names_of_cells += [f"{name}, bin {k + 1}" for k in bins.tolist()]
            parts += linear_parts(
                noisy,
                units=self.errors.units(rows),
                unit="share",
                is_clustered=self.errors.cluster is not None,
            )
        return names_of_cells, parts

    def _estimate(self, name: str, rows: BoolArray) -> Estimate:
        if name == "mean-score-error":
            return self.errors.mean_error(rows)
        if name == "brier":
            return self.errors.brier(rows)
        few = self.errors.few_clusters(rows)
        if few:
            return undefined(few[0], unit="share", n=int(rows.sum()), low=0.0, high=1.0)
        parts = self.errors.binned(rows, self.ctx.options.n_bins)
        return absolute_sum_estimates(
            parts,
            rng=self.ctx.rng,
            keep=self.ctx.keep,
            unit="share",
            replicates=self.ctx.options.n_replicates,
        )[0]

    def _none(self, why: Message, name: str, rows: BoolArray) -> Estimate:
        return undefined(why, unit=_UNITS[name], n=int(rows.sum()))

    def _too_few(self, rows: BoolArray) -> Message | None:
        """Return why nothing can be estimated of some rows; None where there are enough."""
        n_positive, n_negative = self.errors.events(rows)
        least, least_events = self.ctx.options.min_group, self.ctx.options.min_events
        if n_positive + n_negative >= least and min(n_positive, n_negative) >= least_events:
            return None
        return Message.of(
            "group-calibration.too-few",
            "Not estimable: there are {n_positive} positive and {n_negative} negative examples of the "
            "class {positive}; {least} in all and {least_events} of each are needed.",
            n_positive=n_positive,
            n_negative=n_negative,
            positive=self.positive,
            least=least,
            least_events=least_events,
        )

    def _notes(self, name: str, column: GroupColumn, found: _Compared) -> tuple[Message, ...]:
        if name == "multi-accuracy" or not found.means:
            return ()
        means = {group: one.value or 0.0 for group, one in found.means.items()}
        if name == "largest-error":
            group = max(means, key=lambda one: abs(means[one]))
            return (
                Message.of(
                    "group-calibration.largest",
                    "In the column {column}, the mean score of the class {positive} is farthest from the "
                    "outcomes in the group {group}, where it is too {direction}.",
                    column=column.name,
                    positive=self.positive,
                    group=group,
                    direction="high" if means[group] > 0 else "low",
                ),
            )
        return (
            Message.of(
                "group-calibration.pair",
                "In the column {column}, the scores of the class {positive} are highest beside the "
                "outcomes in the group {high} and lowest in the group {low}.",
                column=column.name,
                positive=self.positive,
                high=max(means, key=means.__getitem__),
                low=min(means, key=means.__getitem__),
            ),
        )

    def _draw(self, column: GroupColumn, value: str, rows: BoolArray) -> None:
        score, is_positive = self.errors.score[rows], self.errors.is_positive[rows]
        cluster = None if self.errors.cluster is None else self.errors.cluster[rows]
        bins = equal_mass(score, self.ctx.options.n_bins)
        curve = reliability(score, is_positive, bins, cluster)
        about = {"column": column.name, "value": value, "score_of": self.positive}
        self.curves.append(curve_json(curve, dataset=self.dataset, **about))


def _open(column: GroupColumn, lacking: list[str]) -> tuple[Message, ...]:
    if not lacking:
        return ()
    return (
        Message.of(
            "group-calibration.open",
            "{n} groups of the column {column} are not estimable, so that not all can pass: {groups}.",
            n=len(lacking),
            column=column.name,
            groups=listed(lacking),
        ),
    )


def _planted_context(seed: int, *, shift: float) -> AuditContext:
    rng = np.random.default_rng([seed, 23])
    n = 3000
    region = rng.choice(np.array(["north", "south", "west"], dtype=object), size=n)
    lead = rng.normal(scale=1.5, size=n)
    label = (rng.random(n) < 1 / (1 + np.exp(-lead))).astype(np.int64)
    scored = planted_scores(lead + shift * (region == "north"), label, region)
    return trial_context(group_calibration, task=PLANTED_TASK, predictions=[scored], seed=seed)
