"""Do the attributions name the words that the model really uses?

Words of sampled rows are taken away in the order in which a method ranks them, from the one that
speaks most for the decision, and the model is asked again. A ranking is worth something where that
hurts the decided class more than taking away words at random does. Random orders of the same rows are
always computed and stand beside every method as the slice ``method=random``.

Measures, each for every method (slice ``method=<id>``):

* ``faithfulness.comprehensiveness``: what the decided class loses of its probability as the top words
  go (AOPC). ``faithfulness.sufficiency``: what it loses when the top words alone stay.
* ``faithfulness.comprehensiveness-over-random`` and ``faithfulness.sufficiency-over-random``: the same
  minus the mean of random orders of the same row, with an interval over the paired differences. Only
  these say whether a method is better than chance.
* ``faithfulness.naopc-comprehensiveness``, ``faithfulness.naopc-sufficiency``: on up to ``short_rows``
  rows of at most ``short_words`` words, where the ranking stands between the worst and the best order
  of the words that there is (variant every-word). Up to 8 words all orders are known exactly; for
  longer rows the limits are searched for, and widened by every ranking at hand.
* ``faithfulness.sensitivity-correlation``, ``faithfulness.sensitivity-slope``: random sets of words are
  taken away; what they are said to contribute is held against what the lead loses. The slope is 1
  where "contributed 0.3" is literally true.
* ``faithfulness.decision-flip``: share of rows whose decision changes without their top word.
  ``faithfulness.flip-fraction``: the share of words that must go until it changes.
* ``faithfulness.removal-agreement``: on ``removal_rows`` rows, the share for which a ranking beats
  random orders, or does not, whichever way words are taken away.

Every point of every curve lies in ``curves.parquet`` by example id. How words are taken away can change every one of these figures, so each says it: ``variant``
``eraser`` (the top 1, 5, 10, 20 and 50 % of the words, rounded up, and none of them) or ``every-word``
(one after another); ``removal`` ``mask``, ``pad`` or ``delete``. A row whose attributions by a method
did not converge is in none of its figures; a note counts them.

What the measures hide: texts with gaps are unlike what the model learnt from. Values depend on the
model's floor and ceiling and cannot be compared between models. They say nothing about whether a word
is used rightly, nor whether a person would name it.

Source: DeYoung et al. 2020 (ERASER), arXiv:1911.03429; Edin et al. 2024, arXiv:2408.08137; Ancona et al.
2018, arXiv:1711.06104; Serrano and Smith 2019, arXiv:1906.03731
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, field_validator

from audits._attribution import (
    HowOptions,
    manipulable,
    method_problems,
    refused,
    unsigned,
    write_rows,
)
from audits._clusters import few, share
from audits._faithfulness import POINTS, RANDOM, Curves, Sample, agreement, normalised_scores
from audits._faithfulness_calls import scorecard_calls
from audits._faithfulness_measures import MEASURES
from audits._shaped import SaturatedModel, context_of
from harness.auditing import AuditContext, OptionFacts, Trial, audit
from harness.engines.perturbation import (
    least_share_that_flips,
    sensitivity,
    top_word_flips,
)
from harness.errors import MethodRefused
from harness.records import Measurement, Message
from harness.stats import bootstrap_mean, bootstrap_statistic, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.engines.perturbation import Sensitivity
    from harness.records import Estimate

SHARE: dict[str, Any] = {"unit": "share", "ends": (0.0, 1.0)}
"""Unit and range of a mean of shares."""


class Options(HowOptions):
    """Options of ``faithfulness``."""

    methods: tuple[str, ...] = Field(
        default=("integrated-gradients", "occlusion"),
        min_length=1,
        description="Methods that are judged; captum:<class> for a class of captum.attr.",
    )
    rows: int = Field(default=100, ge=1, description="Rows that are judged, at most.")
    random_orders: int = Field(
        default=5, ge=1, description="Random orders of each row that stand for chance."
    )
    variant: Literal["eraser", "every-word"] = Field(
        default="eraser",
        description="Points of a curve: shares of the words, or every word in turn.",
    )
    removal: Literal["mask", "pad", "delete"] = Field(
        default="mask", description="What stands where words stood."
    )

    short_rows: int = Field(
        default=10,
        ge=0,
        description="Short rows that normalised scores are measured on; 0 for none.",
    )
    short_words: int = Field(default=12, ge=2, le=30, description="Most words of a short row.")
    subsets: int = Field(
        default=16, ge=3, description="Random sets of words of each row for sensitivity-n."
    )
    removal_rows: int = Field(
        default=10,
        ge=0,
        description="Rows on which three ways to take words away are compared; 0 for none.",
    )

    @field_validator("methods")
    @classmethod
    def _each_once(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(methods)) != len(methods) or RANDOM in methods:
            raise ValueError("must name each method once; random orders always stand beside them")
        return methods


def planted(seed: int) -> Trial:
    """Plant strong words that saturate: their gradient is nothing, so the method names the others."""
    return Trial(
        guilty=_planted_context(seed, steepness=4.0),
        innocent=_planted_context(seed, steepness=0.0),
        rule={
            "measure": "faithfulness.comprehensiveness-over-random",
            "slices": {"by": [["method"]]},
            "require": {"at_least": 0.0},
        },
    )


def check(facts: OptionFacts) -> list[str]:
    """Say at once which methods are refused."""
    options = facts.options
    return method_problems(facts, [options.chosen(id) for id in options.methods])


@audit(
    id="faithfulness",
    question="Do the attributions name the words that the model really uses?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"model.embeddings", "clusters", "train", "validation"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    by_suite={
        "quick": {
            "methods": ["gradient-x-input", "occlusion"],
            "rows": 40,
            "random_orders": 3,
            "short_rows": 4,
            "subsets": 8,
            "removal_rows": 0,
        },
        "deep": {"rows": 300},
    },
    cost="attributions of 100 rows, and some 60 forward passes for each of them",
    calls=scorecard_calls,
    check=check,
    planted=planted,
)
def faithfulness(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what each method is worth, and what random orders are worth."""
    points: list[tuple[object, ...]] = []
    for dataset in ctx.datasets:
        sample = Sample.of(ctx, dataset, ctx.options.rows)
        for id, err in sample.refused.items():
            why = refused(err)
            for measure in MEASURES:
                yield ctx.measurement(
                    measure.key.split(".")[1],
                    undefined(why, unit=measure.unit),
                    dataset=dataset,
                    where={"method": id},
                )
        card = _Card(sample)
        curves = sample.curves()
        yield from card.curves(curves)
        yield from card.normalised()
        yield from card.sensitivity()
        yield from card.flips(curves)
        yield from card.removals(curves)
        points += sample.points(curves)
    write_rows(ctx, "curves.parquet", POINTS, points)


class _Card:
    """The scorecard of one data set."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.ctx = sample.ctx

    def curves(self, curves: Curves) -> Iterator[Measurement]:
        """Yield comprehensiveness and sufficiency of every method and of chance."""
        for id in (*self.sample.found, RANDOM):
            is_sound = self.sample.is_sound(id)
            for measure, values in curves.scores(id).items():
                yield self.mean(measure, id, values, is_sound, notes=(self._how(),))

    def normalised(self) -> Iterator[Measurement]:
        """Yield where rankings stand between the worst and the best order, on short rows."""
        sample, options = self.sample, self.ctx.options
        n = sample.n_parts
        is_short = (n > 1) & (n <= options.short_words)
        index = np.flatnonzero(is_short)[: options.short_rows]
        found = normalised_scores(sample, index) if len(index) else {}
        for id in (*sample.found, RANDOM):
            for measure in ("comprehensiveness", "sufficiency"):
                values = np.full(len(n), np.nan)
                values[index] = found[id][measure] if id in found else np.nan
                sound = sample.is_sound(id)
                notes = (_short(len(index), options.short_words),)
                yield self.mean(f"naopc-{measure}", id, values, sound, notes=notes, **SHARE)

    def sensitivity(self) -> Iterator[Measurement]:
        """Yield whether values add up to what the absence of words does."""
        sample = self.sample
        for id, found in sample.found.items():
            of = sensitivity(
                self.ctx.parts_of,
                sample.items,
                found,
                ask=self.ctx.ask_many,
                n_subsets=self.ctx.options.subsets,
                removal=self.ctx.options.removal,
            )
            is_sound = sample.is_sound(id)
            yield self.mean(
                "sensitivity-correlation", id, of.correlation, is_sound, unit="correlation"
            )
            yield self._slope(id, of, is_sound)

    def _slope(self, id: str, of: Sensitivity, is_sound: NDArray[np.bool_]) -> Measurement:
        """Return one slope through the subsets of all rows; rows are what is drawn anew."""
        owner = np.repeat(np.arange(len(is_sound)), np.diff(of.starts))
        above = np.bincount(owner, of.attributed * of.changed, minlength=len(is_sound))
        below = np.bincount(owner, of.attributed**2, minlength=len(is_sound))
        is_used = is_sound & (below > 0)
        above, below = above[is_used], below[is_used]
        cluster = None if self.sample.cluster is None else self.sample.cluster[is_used]
        estimate = bootstrap_statistic(
            lambda rows: float(above[rows].sum() / below[rows].sum()) if len(rows) else np.nan,
            int(is_used.sum()),
            rng=self.ctx.rng,
            keep=self.ctx.keep,
            unit="logits per logit",
            cluster=cluster,
        )
        return self.yielded("sensitivity-slope", id, estimate, cluster)

    def flips(self, curves: Curves) -> Iterator[Measurement]:
        """Yield whether decisions change without the top word, and how many words must go."""
        sample, rankings = self.sample, self.sample.rankings()
        for id in (*sample.found, RANDOM):
            name = f"{RANDOM}-0" if id == RANDOM else id
            is_flipped = top_word_flips(
                self.ctx.parts_of,
                sample.items,
                rankings[name],
                logits=sample.logits,
                ask=self.ctx.ask_many,
                removal=self.ctx.options.removal,
            )
            sound = sample.is_sound(id)
            yield self.yielded("decision-flip", id, share(is_flipped, sample.cluster, of=sound))
            curve = curves.random[0] if id == RANDOM else curves.of[id]
            least = np.minimum(1.0, least_share_that_flips(curve))
            yield self.mean("flip-fraction", id, least, sound, **SHARE)

    def removals(self, curves: Curves) -> Iterator[Measurement]:
        """Yield on how many rows all ways to take words away agree about being better than chance."""
        sample, options = self.sample, self.ctx.options
        index = np.flatnonzero(sample.n_parts > 0)[: options.removal_rows]
        alike = agreement(sample, curves, index) if len(index) else {}
        cluster = None if sample.cluster is None else sample.cluster[index]
        for id in sample.found:
            if isinstance(alike, MethodRefused) or id not in alike:
                why = refused(alike) if isinstance(alike, MethodRefused) else _not_asked()
                estimate = undefined(why, unit="share")
            else:
                estimate = share(alike[id], cluster, of=sample.is_sound(id)[index])
            yield self.yielded("removal-agreement", id, estimate, cluster)

    def mean(
        self,
        measure: str,
        id: str,
        values: NDArray[np.float64],
        is_sound: NDArray[np.bool_],
        *,
        notes: tuple[Message, ...] = (),
        unit: str = "difference",
        ends: tuple[float | None, float | None] = (-1.0, 1.0),
    ) -> Measurement:
        """Return the mean of sound rows that have a value, clusters respected.

        Args:
            measure: Measure id.
            id: Method.
            values: Shape [k]; NaN where there is none.
            is_sound: Which rows count, shape [k].
            notes: What else was found.
            unit: Of the values.
            ends: Range of the values.
        """
        sample, is_used = self.sample, is_sound & np.isfinite(values)
        cluster = None if sample.cluster is None else sample.cluster[is_used]
        estimate = bootstrap_mean(
            values[is_used],
            rng=self.ctx.rng,
            keep=self.ctx.keep,
            unit=unit,
            range_low=ends[0],
            range_high=ends[1],
            cluster=cluster,
        )
        return self.yielded(measure, id, estimate, cluster, notes=notes)

    def yielded(
        self,
        measure: str,
        id: str,
        estimate: Estimate,
        cluster: Clusters = None,
        *,
        notes: tuple[Message, ...] = (),
    ) -> Measurement:
        """Return a measurement of a method with what a reader must know first."""
        return self.ctx.measurement(
            measure,
            estimate,
            dataset=self.sample.dataset,
            where={"method": id},
            caveats=(*few(cluster), *self._caveats(id)),
            notes=(*notes, *self._left_out(id)),
        )

    def _caveats(self, id: str) -> tuple[Message, ...]:
        if id == RANDOM:
            return ()
        return (*unsigned(self.sample.found[id].method), manipulable())

    def _how(self) -> Message:
        options = self.ctx.options
        return Message.of(
            "faithfulness.how",
            "Variant {variant}, removal {removal}, by words, {n_orders} random orders a row, "
            "probability of the decided class.",
            variant=options.variant,
            removal=options.removal,
            n_orders=options.random_orders,
        )

    def _left_out(self, id: str) -> tuple[Message, ...]:
        sample = self.sample
        n_empty = int((sample.n_parts == 0).sum())
        n_open = 0 if id == RANDOM else int((sample.found[id].status == "unconverged").sum())
        if not n_empty + n_open:
            return ()
        return (
            Message.of(
                "faithfulness.left-out",
                "Left out of {n} rows: {n_open} whose attributions did not converge, {n_empty} without "
                "a word.",
                n=len(sample.rows),
                n_open=n_open,
                n_empty=n_empty,
            ),
        )


def _short(n: int, short_words: int) -> Message:
    return Message.of(
        "faithfulness.short-rows",
        "Measured on {n} rows of 2 to {short_words} words, variant every-word.",
        n=n,
        short_words=short_words,
    )


def _not_asked() -> Message:
    return Message.of(
        "faithfulness.removals-not-asked",
        "Not measured: removal_rows is 0, or no row has a word.",
    )


def _planted_context(seed: int, *, steepness: float) -> AuditContext:
    rng = np.random.default_rng([seed, 29])
    weights = {f"weak{i}": (0.0, float(w)) for i, w in enumerate(rng.uniform(0.05, 0.15, 12))}
    weights |= {f"strong{i}": (0.0, float(w)) for i, w in enumerate(rng.uniform(1.2, 2.0, 12))}
    model = SaturatedModel(weights, bias=(1.0, 0.0), steepness=steepness)
    texts = [" ".join(rng.choice(sorted(weights), size=8)) for _ in range(30)]
    options = {
        "rows": 24,
        "methods": ["gradient-x-input"],
        "random_orders": 2,
        "short_rows": 2,
        "subsets": 4,
        "removal_rows": 2,
    }
    return context_of(faithfulness, model, texts, seed=seed, options=options)
