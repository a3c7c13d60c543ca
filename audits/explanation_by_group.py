"""Are explanations as good for one group as for another?

One mean over all rows can hide that decisions about some people are explained well and decisions about others
are not. Three properties of the explanations are given for each group, and how far groups are apart:

    audits:
      explanation-by-group: {method: auto, rows: 200, min_group: 30}

Measures, in ``<column>=<group>`` and, for the differences, in ``<column>=*``:

* ``explanation-by-group.faithfulness``: how much more the probability of the decided class falls when the words
  that the explanation names first go, than when words go in random order: comprehensiveness (AOPC over the
  top 1, 5, 10, 20 and 50 % of the words, masked) minus its mean over random orders of the same row.
* ``explanation-by-group.converged-share``: of the rows that have something to attribute, the share whose attributions
  add up to what the model does.
* ``explanation-by-group.stable-share``: of the same rows, the share whose five highest words stay (overlap of at least
  0.9) when the computation is refined.
* ``explanation-by-group.faithfulness-difference``, ``explanation-by-group.converged-difference``,
  ``explanation-by-group.stable-difference``: the largest difference between two groups. They are made to be decided: the
  end that passes is one-sided for every pair, the end that fails simultaneous over all pairs.

Rows are drawn so that every group has its share. Groups with fewer than ``min_group`` explained rows are not
estimable; they stay in the comparison, and nothing can pass while they do. Faithfulness is that of rows whose
attributions converged; the others are counted. Methods without steps, as occlusion, promise no sum and have no
convergence and no stability. ``rows.parquet`` holds every row by id.

What the measures hide: whether the decisions are right, or fall evenly on groups; differences between groups that the
data does not name; and how people read explanations. Texts of a group can be longer or less like what the
model has learnt from, which makes all three worse without any intent. A small difference says nothing of how good
the explanations are.

Source: explanation quality by group, arXiv:2505.01198; comprehensiveness: DeYoung et al. 2020 (arXiv:1911.03429);
random orders beside it: Edin et al. 2024 (arXiv:2408.08137); ends of differences: Berger 1982
(doi:10.1080/00401706.1982.10487790).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from audits._attribution import sums_say_nothing
from audits._clusters import share as share_of
from audits._explained import (
    converged,
    explain,
    left_out,
    method_of,
    method_problems,
    shared_out,
)
from audits._explanation_measures import MEASURES
from audits._group_means import Means
from audits._group_rates import clusters_of, comparable
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns, small_group
from audits._planted import planted_texts
from audits._tables import write_rows
from harness.attributions import STABLE_TOP, Attributions
from harness.auditing import (
    AuditContext,
    CostFacts,
    OptionFacts,
    SetFacts,
    Trial,
    attribution_calls,
    audit,
)
from harness.engines.perturbation import (
    ERASER_SHARES,
    delta_over_random,
    orders_of,
    points_of,
    random_orders,
    removal_scores,
)
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, members
from harness.stats import group_counts, undefined, worst_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Item

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

SEARCHED = 20_000
"""Rows of a data set among which groups are looked for, at most; drawn at random."""

_RATES = ("converged", "stable")
_UNITS = {one.key.split(".")[1]: one.unit for one in MEASURES}


class Options(GroupOptions):
    """Options of ``explanation-by-group``.

    Attributes:
        min_group: A group with fewer explained rows is not compared.
        max_groups: A column with more groups is taken for an identifier and is not measured.
        rows: Rows that are explained, at most, shared out evenly over the groups of all columns.
        method: Attribution method; ``auto`` takes integrated gradients where the model can be
            differentiated by its inputs, else occlusion.
        random_orders: Random orders of each row that stand for chance.
    """

    rows: int = Field(default=200, ge=1)
    method: str = "auto"
    random_orders: int = Field(default=3, ge=1)


def planted(seed: int) -> Trial:
    """Plant a group whose decisions any of several words carries, so that no single one seems to matter."""
    return Trial(
        guilty=_planted_context(seed, is_guilty=True),
        innocent=_planted_context(seed, is_guilty=False),
        rule={
            "measure": "explanation-by-group.faithfulness-difference",
            "require": {"at_most": 0.15},
            "slices": {"by": [["region"]]},
        },
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set: attributions, and curves of every ranking."""
    options: Options = facts.options
    found = {}
    for name, one in facts.sets.items():
        rows = min(options.rows, one.n_rows) if one.n_groups else 0
        curves = round(rows * (_points(one) * 2 * (1 + options.random_orders) + 1))
        found[name] = attribution_calls(one, method_of(options.method), rows) + curves
    return found


def _points(facts: SetFacts) -> float:
    """Return at how many different points words are taken from a row, on average."""
    points = [len(set(points_of(n, "eraser").tolist())) for n in facts.n_parts]
    return float(np.mean(points)) if points else float(len(ERASER_SHARES))


def option_problems(facts: OptionFacts) -> list[str]:
    """Return what is wrong with the options, as far as config and data can tell."""
    key = "audits.explanation-by-group.method"
    return method_problems(facts, key, [facts.options.method])


@audit(
    id="explanation-by-group",
    question="Are explanations as good for one group as for another?",
    needs={"predictions", "logits", "groups", "rows", "model.logits", "model.parts"},
    uses={"clusters", "model.embeddings"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="attributions of 200 rows, about 55 forward passes each, and 41 more a row for the curves of one "
    "ranking and three random ones: about 19,000 model calls",
    calls=calls,
    planted=planted,
    check=option_problems,
)
def explanation_by_group(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield how good explanations are in every group, and how far groups are apart."""
    table: list[dict[str, Any]] = []
    for dataset in ctx.datasets:
        seen = ctx.predictions(dataset)
        whole = read_columns(seen, ctx.options)
        rows = _drawn(ctx, dataset, [column for column in whole if column.why_not is None])
        if not len(rows):
            for column in whole:
                yield from _nothing(ctx, dataset, column.name, column.why_not or _no_rows(column))
            continue
        found = explain(ctx, dataset, rows, method_of(ctx.options.method, ctx))
        if isinstance(found, Message):
            for column in whole:
                yield from _nothing(ctx, dataset, column.name, column.why_not or found)
            continue
        one = _One.of(ctx, dataset, rows, found)
        for column in whole:
            if column.why_not is not None:
                yield from _nothing(ctx, dataset, column.name, column.why_not)
        for column in read_columns(one.seen, ctx.options):
            if column.name in {held.name for held in whole if held.why_not is None}:
                yield from one.measured(column)
        table += one.rows(seen.example_id[rows])
    write_rows(ctx, "rows.parquet", table)


def _drawn(ctx: AuditContext, dataset: str, columns: Sequence[GroupColumn]) -> IntArray:
    """Draw rows, one of each group in turn, in the order of the run's sample."""
    groups = ctx.predictions(dataset).groups
    names = {column.name: set(column.grouping.names) for column in columns}
    kinds: dict[int, list[str]] = {}
    for row in ctx.shared_sample(dataset, SEARCHED).tolist():
        held = [
            f"{column}={value}"
            for column, known in names.items()
            for value in members(groups[column][row])
            if value in known
        ]
        if held:
            kinds[row] = held
    return np.array(shared_out(kinds, ctx.options.rows), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _One:
    """The explained rows of one data set.

    Attributes:
        ctx, dataset: Where they are from.
        seen: Predictions of these rows alone, k of them.
        found: Their attributions.
        delta: Faithfulness beyond chance, shape [k]; NaN where attributions did not converge.
        cluster: Number of each row's cluster, shape [k]; None where each row stands alone.
    """

    ctx: AuditContext
    dataset: str
    seen: Predictions
    found: Attributions
    delta: FloatArray
    cluster: IntArray | None

    @classmethod
    def of(cls, ctx: AuditContext, dataset: str, rows: IntArray, found: Attributions) -> _One:
        """Ask what happens without the words on top, and without random ones."""
        seen = ctx.predictions(dataset)
        own = Predictions(
            dataset,
            seen.example_id[rows],
            seen.decision[rows],
            seen.n_classes,
            groups={name: values[rows] for name, values in seen.groups.items()},
            group_plans=seen.group_plans,
        )
        delta = np.where(converged(found), _delta(ctx, dataset, rows, found), np.nan)
        cluster = None if seen.cluster is None else seen.cluster[rows]
        return cls(ctx, dataset, own, found, delta, clusters_of(cluster)[0])

    def measured(self, column: GroupColumn) -> Iterator[Measurement]:
        """Yield every group of a column, then its largest differences."""
        means, least = Means(self.delta, self.cluster, self.ctx.keep), self.ctx.options.min_group
        notes = left_out(self.found)
        for value, rows in column.slices():
            if column.is_group(value) and not rows.any():
                estimates = {
                    name: undefined(column.empty(value), unit=_UNITS[name])
                    for name in ("faithfulness", "converged-share", "stable-share")
                }
            else:
                estimates = {"faithfulness": means.of(rows)}
                estimates |= {f"{name}-share": self._share(name, rows) for name in _RATES}
            caveats = (*small_group(int(rows.sum()), least), *means.few(rows))
            for name, estimate in estimates.items():
                yield self._say(name, estimate, {column.name: value}, caveats)
        worst, lacking = means.worst(column, least)
        where = {column.name: EVERY_VALUE}
        yield self._say("faithfulness-difference", worst, where, (*lacking, *column.caveats), notes)
        for name in _RATES:
            yield self._say(
                f"{name}-difference", self._difference(name, column), where, column.caveats
            )

    def rows(self, example_id: NDArray[np.object_]) -> list[dict[str, Any]]:
        """Return every row by id."""
        return [
            {
                "dataset": self.dataset,
                "example_id": str(example_id[i]),
                "method": self.found.method.id,
                "status": str(self.found.status[i]),
                "top_overlap": float(self.found.top_overlap[i]),
                "gap": float(self.found.gap[i]),
                "faithfulness": float(self.delta[i]) if np.isfinite(self.delta[i]) else None,
            }
            for i in range(self.found.n)
        ]

    def _events(self, name: str) -> tuple[BoolArray, BoolArray] | Message:
        """Return successes and trials of a rate, shape [k] each, or why it has none."""
        status = self.found.status.astype(str)
        if (why := sums_say_nothing(self.found.method)) is not None:
            return why  # nor are there levels that could agree
        if (status == "not-checked").all():
            return Message.of(
                "explanation-by-group.no-steps",
                "Not measured: the method {method} has no steps to refine and promises no sum.",
                method=self.found.method.id,
            )
        is_trial = np.isin(status, ("converged", "unconverged"))
        if name == "converged":
            return status == "converged", is_trial
        return self.found.top_overlap >= STABLE_TOP, is_trial

    def _share(self, name: str, rows: BoolArray) -> Estimate:
        events = self._events(name)
        if isinstance(events, Message):
            return undefined(events, unit="share")
        cluster = None if self.cluster is None else self.cluster.astype(object)
        return share_of(events[0], cluster, of=events[1] & rows)

    def _difference(self, name: str, column: GroupColumn) -> Estimate:
        events = self._events(name)
        if isinstance(events, Message):
            return undefined(events, unit="difference")
        counts = group_counts(column.grouping, *events, cluster=self.cluster)
        chosen = comparable(counts, column, self.ctx.options.min_group)
        return worst_difference(chosen, keep=self.ctx.keep)

    def _say(
        self,
        measure: str,
        estimate: Estimate,
        where: dict[str, str],
        caveats: Sequence[Message],
        notes: Sequence[Message] = (),
    ) -> Measurement:
        return self.ctx.measurement(
            measure, estimate, dataset=self.dataset, where=where, caveats=caveats, notes=notes
        )


def _delta(ctx: AuditContext, dataset: str, rows: IntArray, found: Attributions) -> FloatArray:
    """Return comprehensiveness minus that of random orders, shape [k]."""
    seen, data = ctx.predictions(dataset), ctx.rows(dataset)
    assert seen.logits is not None  # the data set was offered because it has logits
    items = ctx.prepare([data.inputs[row] for row in rows.tolist()])

    random = random_orders(
        items,
        [len(found.of(i)) for i in range(found.n)],
        n_orders=ctx.options.random_orders,
        seed=int(ctx.rng.integers(2**31)),
    )
    orders = {"own": orders_of(found)}
    orders |= {f"random-{number}": one for number, one in enumerate(random)}
    curves = removal_scores(ctx.parts_of, items, orders, logits=seen.logits[rows], ask=ctx.ask_many)
    own = curves.pop("own")
    return delta_over_random(own, list(curves.values()))


def _nothing(ctx: AuditContext, dataset: str, column: str, why: Message) -> Iterator[Measurement]:
    for name, unit in _UNITS.items():
        yield ctx.measurement(
            name, undefined(why, unit=unit), dataset=dataset, where={column: EVERY_VALUE}
        )


def _no_rows(column: GroupColumn) -> Message:
    return Message.of(
        "explanation-by-group.no-rows",
        "Not measured: no row of a group of the column {column} could be drawn.",
        column=column.name,
    )


class _OneIsEnough(KeywordModel):
    """A keyword model that hears only the strongest word of texts that hold ``south``."""

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return the sum over words, or their maximum, shape [b, c]."""
        found = super().logits(items)
        bias = np.array(self.bias)
        for position, item in enumerate(items):
            words = [part.content for part in self.parts(item)]
            if "south" in words:
                added = [self.weights.get(word, (0.0, 0.0)) for word in words]
                found[position] = bias + np.max(added, axis=0)
        return found


def _planted_context(seed: int, *, is_guilty: bool) -> AuditContext:
    rng = np.random.default_rng([seed, 47])
    plain, strong = ([f"{kind}{index}" for index in range(6)] for kind in ("word", "bad"))
    weights = dict.fromkeys(plain, (0.0, 0.0))
    weights |= dict.fromkeys(strong, (0.0, 4.0 if is_guilty else 2.0))
    model = (_OneIsEnough if is_guilty else KeywordModel)(weights, bias=(3.0, 0.0))
    region = np.array(["north", "south"] * 30, dtype=object)
    texts = []
    for name in region.tolist():
        two = rng.choice(strong, size=2, replace=False)
        texts.append(" ".join([name, *rng.permutation([*rng.choice(plain, size=5), *two])]))
    return planted_texts(
        explanation_by_group,
        model,
        texts,
        seed=seed,
        options={"method": "occlusion", "random_orders": 1},
        groups={"region": region},
    )
