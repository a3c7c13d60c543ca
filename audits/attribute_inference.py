"""Does what the model makes of a text give away which group its author or subject belongs to?

A model that was never told of gender or origin may carry it all the same, in what its last layer reads or
even in its answers. Whoever sees these can guess a sensitive attribute of the person. This audit plays that
attacker: a linear model is fitted, five-fold, to guess each group column of the test rows, and judged on
rows that it was not fitted on, all groups weighing the same.

A guess from the model's features proves little by itself: the text may say as much, and so may any network.
So the same is tried without the model (words, character n-grams, lengths, label and the other group
columns: imputation), and with the same network whose weights are shuffled.

Measures, for each test set and group column (slice ``column=*``):

* ``attribute-inference.beyond-base-rate``: balanced accuracy of guesses from what the last layer reads (the logits
  where there is no such layer) minus 1 / groups.
* ``attribute-inference.logits-beyond-base-rate``: the same of guesses from the logits, which is what an interface
  that returns scores gives away.
* ``attribute-inference.beyond-imputation``: guesses from the features minus guesses without the model, on the
  same rows.
* ``attribute-inference.beyond-random``: guesses from the features minus guesses from those of the network with
  shuffled weights.

Groups of fewer than ``min_rows`` rows, rows in several groups and rows without one are left out, and a caveat
says how many. Where rows share clusters, the clusters stay together in a fold and are the units of every
interval. Models of five folds share most of what they are fitted on: the variance is multiplied by 2.25.

What the measures hide: attackers who know more than the rows at hand; attributes that are in no column; and
what is right: where the attribute is what the text is about, a good model must carry it. No guess about a single
row is written.

Source: Song and Shmatikov 2020 (arXiv:1905.11742); Jayaraman and Evans 2022 (arXiv:2209.01292); folds: Nadeau and
Bengio 2003 (doi:10.1023/A:1024068626366).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from audits._attribute_inference_measures import MEASURES
from audits._attribute_inference_notes import (
    cannot_shuffle,
    from_logits,
    no_features,
    no_logits,
    no_texts,
    one_group,
    too_few_clusters,
)
from audits._attribute_inference_planted import planted_context
from audits._clusters import few, shared
from audits._groups import EVERY_VALUE, GroupColumn, GroupOptions, read_columns
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.engines.influence.last_layer import read_features
from harness.engines.membership import N_FOLDS, balanced_accuracy, looks, probe
from harness.modelling import CanBeRandomised
from harness.records import Estimate, Measurement, Message
from harness.stats import folds_inflation, linear_estimate, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_CHUNK = 512
_MOST_VALUES = 50
"""Another column with more values than this is no column of groups and tells single rows apart."""


class Options(GroupOptions):
    """Options of ``attribute-inference``.

    Attributes:
        rows: Test rows that are looked at, a sample, at most.
        min_rows: Groups with fewer rows are left out.
    """

    rows: int = Field(default=5000, ge=50, le=100_000)
    min_rows: int = Field(default=20, ge=5)


def planted(seed: int) -> Trial:
    """Plant a model whose features count names that tell the region, beside one that reads only the matter."""
    return Trial(
        guilty=planted_context(attribute_inference, seed, reads_names=True),
        innocent=planted_context(attribute_inference, seed, reads_names=False),
        rule={
            "measure": "attribute-inference.beyond-base-rate",
            "require": {"at_most": 0.15},
            "slices": {"by": [["region"]]},
        },
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set: one pass as it is, one with shuffled weights."""
    return {name: 2 * min(facts.options.rows, one.n_rows) for name, one in facts.sets.items()}


@audit(
    id="attribute-inference",
    question="Does the model give away which group people belong to?",
    needs={"predictions", "groups"},
    uses={"labels", "logits", "clusters", "rows", "model.items", "model.last-layer"},
    measures=MEASURES,
    options=Options,
    suites={"deep"},
    cost="two forward passes over up to 5,000 rows, one of them with shuffled weights",
    calls=calls,
    planted=planted,
)
def attribute_inference(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield for each group column what features and answers give away."""
    for dataset in ctx.datasets:
        columns = read_columns(ctx.predictions(dataset), ctx.options)
        if all(column.why_not for column in columns):
            desk = None
        else:
            desk = _Desk(ctx, dataset, np.sort(ctx.shared_sample(dataset, ctx.options.rows)))
            desk.read()
        for column in columns:
            if desk is None or column.why_not is not None:
                yield from _nothing(ctx, dataset, column, column.why_not)
            else:
                yield from _column(desk, column)


@dataclass(slots=True)
class _Desk:
    """What is known of the sampled rows, n of them, whatever is guessed about them."""

    ctx: AuditContext
    dataset: str
    rows: IntArray
    features: FloatArray | Message | None = None
    shuffled: FloatArray | Message | None = None

    def read(self) -> None:
        """Run the model over the rows, as it is and with shuffled weights."""
        ctx = self.ctx
        if not ctx.has_model or not ctx.offers("model.last-layer") or not self.has_texts:
            self.features = self.shuffled = no_features()
            return
        self.features = self._features()
        model: object = ctx.last_layer_of
        if not isinstance(model, CanBeRandomised):
            self.shuffled = cannot_shuffle()
            return
        with model.randomised(int(ctx.rng.integers(2**31))):
            self.shuffled = self._features()

    @property
    def has_texts(self) -> bool:
        """Whether the texts of the rows are known."""
        return self.ctx.has_rows(self.dataset) and self.ctx.rows(self.dataset).has_inputs

    @property
    def logits(self) -> FloatArray | Message:
        """Logits, shape [n, c]."""
        logits = self.ctx.predictions(self.dataset).logits
        return no_logits() if logits is None else logits[self.rows].astype(np.float64)

    @property
    def cluster(self) -> NDArray[np.object_] | None:
        """Clusters, shape [n]; None where no two rows share one."""
        cluster = self.ctx.predictions(self.dataset).cluster
        return None if cluster is None else shared(cluster[self.rows])

    def public(self, without: str) -> Any | Message:
        """Return what can be seen without the model, a sparse table of n rows, but for one column."""
        if not self.has_texts:
            return no_texts()
        seen, rows = self.ctx.predictions(self.dataset), self.ctx.rows(self.dataset)
        inputs = [rows.inputs[row] for row in self.rows.tolist()]
        texts = [one if isinstance(one, str) else "\n".join(one) for one in inputs]
        others = [values for name, values in seen.groups.items() if name != without]
        columns = [one for values in others for one in _indicators(values[self.rows])]
        if seen.label is not None:
            columns += _indicators(seen.label[self.rows])
        return looks(texts, columns)

    def _features(self) -> FloatArray:
        ctx, found = self.ctx, []
        inputs = self.ctx.rows(self.dataset).inputs
        for start in range(0, len(self.rows), _CHUNK):
            chosen = self.rows[start : start + _CHUNK].tolist()
            items = ctx.prepare([inputs[row] for row in chosen])
            found.append(read_features(ctx.last_layer_of, items, token_budget=ctx.token_budget))
            ctx.charge(len(items))
        return np.concatenate(found).astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Guessed:
    """Guesses about one column.

    Attributes:
        kind: Group of each row that is guessed about, shape [k].
        cluster: Clusters of these rows, shape [k], or None.
        caveats: What was left out.
    """

    kind: IntArray
    cluster: NDArray[np.object_] | None
    caveats: tuple[Message, ...]

    def gain(self, first: BoolArray, second: BoolArray | None) -> Estimate:
        """Return the balanced accuracy of guesses minus that of others, or of chance."""
        value, influence = balanced_accuracy(first, self.kind)
        if second is None:
            value -= 1 / len(np.unique(self.kind))
        else:
            other = balanced_accuracy(second, self.kind)
            value, influence = value - other[0], influence - other[1]
        units = np.arange(len(self.kind)) if self.cluster is None else self.cluster
        held = [len(np.unique(units[self.kind == one])) for one in np.unique(self.kind)]
        return linear_estimate(
            value,
            influence * math.sqrt(folds_inflation(N_FOLDS)),
            unit="difference",
            range_low=-1.0,
            range_high=1.0,
            cluster=self.cluster,
            units=min(held),
        )


def _column(desk: _Desk, column: GroupColumn) -> Iterator[Measurement]:
    ctx = desk.ctx
    chosen, kind, caveats = _kinds(column, desk.rows, ctx.options.min_rows)
    if len(np.unique(kind)) < 2:
        yield from _nothing(ctx, desk.dataset, column, one_group(column, ctx.options.min_rows))
        return
    cluster = None if desk.cluster is None else desk.cluster[chosen]
    guessed = _Guessed(kind, cluster, (*caveats, *few(cluster)))
    seed = int(ctx.rng.integers(2**31))

    def guess(table: Any | Message) -> BoolArray | Message:
        if isinstance(table, Message):
            return table
        found = probe(table[chosen], kind, seed=seed, cluster=cluster)
        return too_few_clusters() if found is None else found

    by_logits = guess(desk.logits)
    has_features = isinstance(desk.features, np.ndarray)
    by_features = guess(desk.features) if has_features else by_logits
    pairs = {
        "beyond-base-rate": (by_features, None),
        "logits-beyond-base-rate": (by_logits, None),
        "beyond-imputation": (by_features, guess(desk.public(column.name))),
        "beyond-random": (by_features, guess(desk.shuffled)),
    }
    for name, (first, second) in pairs.items():
        lacking = next((one for one in (first, second) if isinstance(one, Message)), None)
        if lacking is not None:
            estimate = undefined(lacking, unit="difference")
        else:
            assert not isinstance(first, Message)  # looked at above
            assert not isinstance(second, Message)
            estimate = guessed.gain(first, second)
        yield ctx.measurement(
            name,
            estimate,
            dataset=desk.dataset,
            where={column.name: EVERY_VALUE},
            share=len(kind) / ctx.predictions(desk.dataset).n,
            caveats=(*guessed.caveats, *(() if has_features else (from_logits(),))),
        )


def _kinds(
    column: GroupColumn, rows: IntArray, least: int
) -> tuple[IntArray, IntArray, tuple[Message, ...]]:
    """Return which of the sampled rows are in one group that is large enough, and in which."""
    grouping = column.grouping
    inside = np.stack([grouping.inside(g)[rows] for g in range(len(grouping.names))], axis=1)
    is_one = inside.sum(axis=1) == 1
    code = inside.argmax(axis=1)
    counts = np.bincount(code[is_one], minlength=len(grouping.names))
    is_kept = is_one & (counts[code] >= least)
    chosen = np.flatnonzero(is_kept)
    left_out = len(rows) - len(chosen)
    caveats: tuple[Message, ...] = ()
    if left_out:
        caveats = (
            Message.of(
                "attribute-inference.left-out",
                "Left out: {n} of {n_rows} rows that are in no group, in several, or in one of fewer than "
                "{least} rows.",
                n=left_out,
                n_rows=len(rows),
                least=least,
            ),
        )
    return chosen, np.unique(code[chosen], return_inverse=True)[1].astype(np.int64), caveats


def _indicators(values: NDArray[Any]) -> list[FloatArray]:
    different = np.unique(values)
    if len(different) > _MOST_VALUES:
        return []
    return [(values == one).astype(np.float64) for one in different]


def _nothing(
    ctx: AuditContext, dataset: str, column: GroupColumn, why: Message | None
) -> Iterator[Measurement]:
    because = why or one_group(column, ctx.options.min_rows)
    for measure in MEASURES:
        yield ctx.measurement(
            measure.key.split(".")[1],
            undefined(because, unit=measure.unit),
            dataset=dataset,
            where={column.name: EVERY_VALUE},
        )
