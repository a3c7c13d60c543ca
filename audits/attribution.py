"""What do the decisions rest on, and are the figures that say so complete?

Every word of sampled rows gets an attribution: what it adds to the lead of the decided class over
the runner-up, in logits. Both classes are those of the whole input. The default method is
integrated gradients from an input of equal length whose words are masked: the values of a row must
add up to f(input) - f(masked input). What is missing is the completeness gap. Nodes are added until
the gap is at most 5 % or the five strongest words stay the same; a row that never gets there is
*unconverged*; one whose masked input gives the same answer within 0.1 logits has *nothing to
attribute*: its gap says nothing.

Of a language model that decides nothing it is what each word of the prompt adds to the log-probability,
in nats, of the text that follows; all tokens of that text in one pass.

Measures:

* ``attribution.converged-share``: of the rows with something to attribute, the share whose values
  converged. The others are listed by id in ``unconverged.parquet`` and stand in no mean below.
* ``attribution.completeness-gap``: mean of |gap| / |f(input) - f(masked input)| over the rows with
  something to attribute, each cut at 1.
* ``attribution.nothing-to-attribute-share``: share of rows whose decision stays what it is without
  any of their words, as for the class that a model names by default. They are listed by id in
  ``nothing-to-attribute.parquet``.
* ``attribution.truncated-share``: share of rows whose text was longer than the model reads.
  Attributions cover what was read. With ``windows: true`` such rows are explained once more, in windows
  that overlap and together hold all of the text, and stitched in ``long-texts.parquet``.
* ``attribution.punctuation-mass``: mean share of the attribution (without signs) that lies on parts
  without a letter or digit. Special tokens never get any: they stand in the masked input, too.

The attributions themselves lie in ``attributions/`` of the bundle by example id and position, never
by text, with the characters that each value stands for. The audits of one run share them.

What the measures hide: that values add up does not make them right; see ``faithfulness``. Complete
methods can spread a value over words that do nothing by themselves. A model can be trained to show
any attribution beside the same decisions.

Cost: a gradient takes as long as three forward passes; 18 gradients a row are reckoned for adaptive
nodes. Methods that promise no completeness (gradient-x-input, occlusion, lime) have no gap, and the
first three measures say so; values of shapley-sampling and kernel-shap add up by construction, and the
first two measures are not claimed of them.

Source: Sundararajan, Taly and Yan 2017, arXiv:1703.01365; what a gap says: captum's convergence
delta, Kokhlikyan et al. 2020, arXiv:2009.07896
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from audits._attribution import (
    HowOptions,
    Sampled,
    is_wordless,
    manipulable,
    method_problems,
    refused,
    sums_say_nothing,
    unsigned,
    write_rows,
)
from audits._clusters import few, share
from audits._shaped import SaturatedModel, context_of
from audits._windows import COLUMNS as WINDOW_COLUMNS
from audits._windows import WINDOWS, long_rows
from harness.auditing import AuditContext, CostFacts, OptionFacts, Trial, attribution_calls, audit
from harness.errors import MethodRefused
from harness.records import DECIDING, TEXT_GENERATION, Measure, Measurement, Message
from harness.stats import bootstrap_mean, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from audits._windows import Long
    from harness.attributions import Attributions, Method
    from harness.records import Estimate

MUCH = 0.3
"""Share of attribution on punctuation from which a note warns."""

_SOURCE = "Sundararajan, Taly and Yan 2017, arXiv:1703.01365"

_COLUMNS = ("dataset", "example_id", "whole", "blank", "gap", "top_overlap", "n_gradients")


def _measure(
    id: str, title: str, better: Literal["higher", "lower"], reads_as: str, blind_to: str
) -> Measure:
    return Measure(
        key=f"attribution.{id}",
        title=title,
        unit="share",
        better=better,
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=_SOURCE,
    )


MEASURES = (
    _measure(
        "converged-share",
        "Rows whose attributions converged",
        "higher",
        "Of 100 rows with something to attribute, about {per_100} have values that add up or no "
        "longer change their order.",
        "Whether values that add up are right.",
    ),
    _measure(
        "completeness-gap",
        "Completeness gap",
        "lower",
        "Of 100 parts of what was to be explained, about {per_100} stay unexplained.",
        "Errors of single words that cancel each other, and rows with nothing to attribute.",
    ),
    _measure(
        "nothing-to-attribute-share",
        "Rows with nothing to attribute",
        "lower",
        "Of 100 rows, about {per_100} are decided as they would be without any of their words.",
        "Whether that decision is right.",
    ),
    _measure(
        "truncated-share",
        "Rows that were cut",
        "lower",
        "Of 100 rows, about {per_100} are longer than the model reads.",
        "What stands in the part that was cut.",
    ),
    _measure(
        "punctuation-mass",
        "Attribution on punctuation",
        "lower",
        "Of 100 parts of attribution, about {per_100} lie on signs without a letter or digit.",
        "Words without meaning; signs that carry meaning, as an exclamation mark can.",
    ),
)


class Options(HowOptions):
    """Options of ``attribution``."""

    method: str = Field(
        default="integrated-gradients",
        description="Method, or captum:<class> for a class of captum.attr.",
    )
    rows: int = Field(default=200, ge=1, description="Rows that are explained, at most.")
    windows: bool = Field(
        default=False,
        description="Explain rows that were cut once more, in windows that hold all of their text.",
    )


def planted(seed: int) -> Trial:
    """Plant words that saturate: a few nodes on the path never meet what they do."""
    return Trial(
        guilty=_planted_context(seed, steepness=60.0),
        innocent=_planted_context(seed, steepness=0.0),
        rule={"measure": "attribution.converged-share", "require": {"at_least": 0.9}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return what the attributions of the samples cost."""
    options = facts.options
    method = options.chosen(options.method)
    found = {}
    for name, one in facts.sets.items():
        n = min(options.rows, one.n_rows)
        # rows that are cut are as long as the longest, and nothing else is known of them
        longest = max(one.lengths, default=0)
        n_cut = n * float(np.mean([each == longest for each in one.lengths or (0,)]))
        n_windows = round(n_cut * WINDOWS) if options.windows else 0
        paid = attribution_calls(one, method, n)
        found[name] = paid + round(paid * n_windows / max(n, 1)) + n_windows
    return found


def check(facts: OptionFacts) -> list[str]:
    """Say at once when a method is refused."""
    return method_problems(facts, [facts.options.chosen(facts.options.method)])


@audit(
    id="attribution",
    question="What do the decisions rest on?",
    tasks=DECIDING | {TEXT_GENERATION},
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"model.embeddings", "clusters", "train", "validation"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={"deep": {"rows": 1000}},
    cost="about 18 gradients for each of 200 rows, each as long as three forward passes",
    calls=calls,
    check=check,
    planted=planted,
)
def attribution(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield how complete the attributions of sampled rows are, and how much of them says nothing."""
    method: Method = ctx.options.chosen(ctx.options.method)
    unconverged: list[tuple[object, ...]] = []
    empty: list[tuple[object, ...]] = []
    long: list[tuple[object, ...]] = []
    for dataset in ctx.datasets:
        of = Sampled.of(ctx, dataset, ctx.options.rows)
        is_cut = _cut(of)
        try:
            found = of.explained(method)
            stitched = long_rows(of, method, is_cut) if ctx.options.windows else None
        except MethodRefused as err:
            for measure in MEASURES:
                if not measure.key.endswith("truncated-share"):
                    why = undefined(refused(err), unit="share")
                    yield ctx.measurement(measure.key.split(".")[1], why, dataset=dataset)
            yield _truncated(of, is_cut, None)
            continue
        yield _truncated(of, is_cut, stitched)
        long += [] if stitched is None else stitched.rows
        seen = _Seen(of, found)
        yield from seen.completeness()
        yield seen.nothing()
        yield seen.punctuation()
        unconverged += seen.listed("unconverged")
        empty += seen.listed("nothing-to-attribute")
    write_rows(ctx, "unconverged.parquet", _COLUMNS, unconverged)
    write_rows(ctx, "nothing-to-attribute.parquet", _COLUMNS, empty)
    write_rows(ctx, "long-texts.parquet", WINDOW_COLUMNS, long)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Attributions of the sampled rows of one data set."""

    of: Sampled
    found: Attributions

    @property
    def ctx(self) -> AuditContext:
        """The audit's context."""
        return self.of.ctx

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.of.dataset

    @property
    def cluster(self) -> Clusters:
        """Clusters where rows share some, shape [k]."""
        return self.of.cluster

    def completeness(self) -> Iterator[Measurement]:
        """Yield the share that converged and the gap, of rows with something to attribute."""
        status = self.found.status
        is_checked = (status == "converged") | (status == "unconverged")
        empty_sums = sums_say_nothing(self.found.method)
        if empty_sums is not None or not is_checked.any():
            why = undefined(empty_sums or _nothing_checked(self.found), unit="share")
            for measure in ("converged-share", "completeness-gap"):
                yield self.ctx.measurement(measure, why, dataset=self.dataset)
            return
        cluster = None if self.cluster is None else self.cluster[is_checked]
        more: dict[str, Any] = {"dataset": self.dataset, "caveats": few(cluster)}
        converged = share(status[is_checked] == "converged", cluster)
        yield self.ctx.measurement(
            "converged-share", converged, notes=(_spent(self.found),), **more
        )
        change = np.abs(self.found.whole - self.found.blank)[is_checked]
        gap = np.minimum(1.0, np.abs(self.found.gap[is_checked]) / change)
        yield self.ctx.measurement("completeness-gap", self._mean(gap, cluster), **more)

    def nothing(self) -> Measurement:
        """Return the share of rows with nothing to attribute."""
        status = self.found.status
        estimate = share(status == "nothing-to-attribute", self.cluster)
        if (status == "not-checked").any():
            estimate = undefined(_no_blank(self.found), unit="share", n=self.found.n)
        return self.ctx.measurement(
            "nothing-to-attribute-share",
            estimate,
            dataset=self.dataset,
            caveats=few(self.cluster),
        )

    def punctuation(self) -> Measurement:
        """Return how much of the attribution lies on parts without a letter or digit."""
        ctx, found = self.ctx, self.found
        items = self.of.items
        owner = np.repeat(np.arange(found.n), np.diff(found.starts))
        is_sign = np.array(
            [is_wordless(part.content) for item in items for part in ctx.parts_of.parts(item)],
            dtype=np.bool_,
        )
        size = np.abs(found.values)
        total = np.bincount(owner, size, minlength=found.n)
        signs = np.bincount(owner, size * is_sign, minlength=found.n)
        is_used = (total > 0) & (found.status != "unconverged")
        cluster = None if self.cluster is None else self.cluster[is_used]
        mass = self._mean(np.clip(signs[is_used] / total[is_used], 0.0, 1.0), cluster)
        warned = mass.value is not None and mass.value > MUCH
        return ctx.measurement(
            "punctuation-mass",
            mass,
            dataset=self.dataset,
            caveats=(*few(cluster), *unsigned(found.method), manipulable()),
            notes=(*((_much(),) if warned else ()), *_left_out(found)),
        )

    def listed(self, status: str) -> list[tuple[object, ...]]:
        """Return the rows of one status, for the artifact."""
        found, ids = self.found, self.ctx.predictions(self.dataset).example_id[self.of.rows]
        return [
            (
                self.dataset,
                str(ids[i]),
                float(found.whole[i]),
                float(found.blank[i]),
                float(found.gap[i]),
                float(found.top_overlap[i]),
                int(found.n_gradients[i]),
            )
            for i in np.flatnonzero(found.status == status).tolist()
        ]

    def _mean(self, values: NDArray[np.float64], cluster: Clusters) -> Estimate:
        return bootstrap_mean(
            values,
            rng=self.ctx.rng,
            keep=self.ctx.keep,
            unit="share",
            range_low=0.0,
            range_high=1.0,
            cluster=cluster,
        )


def _cut(of: Sampled) -> NDArray[np.bool_]:
    cut = of.ctx.predictions(of.dataset).truncated
    return np.zeros(len(of.rows), dtype=np.bool_) if cut is None else cut[of.rows]


def _truncated(of: Sampled, is_cut: NDArray[np.bool_], stitched: Long | None) -> Measurement:
    return of.ctx.measurement(
        "truncated-share",
        share(is_cut, of.cluster),
        dataset=of.dataset,
        caveats=few(of.cluster),
        notes=_cut_notes(of, int(is_cut.sum()), stitched),
    )


def _cut_notes(of: Sampled, n_cut: int, stitched: Long | None) -> tuple[Message, ...]:
    if stitched is not None:
        return (
            Message.of(
                "attribution.windows",
                "{n} rows that were cut were explained in {n_windows} windows, {n_left_out} of which "
                "decide between other classes and are left out; the other measures are about what "
                "the model read at first.",
                n=n_cut,
                n_windows=stitched.n_windows,
                n_left_out=stitched.n_left_out,
            ),
        )
    if not n_cut:
        return ()
    return (
        Message.of(
            "attribution.cut",
            "What stands behind the cut of {n} rows has no attribution. windows: true explains it, where "
            "the model can read a text in windows.",
            n=n_cut,
        ),
    )


def _nothing_checked(found: Attributions) -> Message:
    if (found.status == "nothing-to-attribute").all():
        return Message.of(
            "attribution.nothing-checked",
            "Not measured: none of {n} rows has anything to attribute.",
            n=found.n,
        )
    return Message.of(
        "attribution.no-completeness",
        "Not measured: the method {method} does not promise that its values add up to anything.",
        method=found.method.id,
    )


def _no_blank(found: Attributions) -> Message:
    return Message.of(
        "attribution.no-blank",
        "Not measured: the method {method} does not ask what is decided without any word.",
        method=found.method.id,
    )


def _spent(found: Attributions) -> Message:
    return Message.of(
        "attribution.spent",
        "{n_unconverged} of {n} rows did not converge and {n_empty} have nothing to attribute; both "
        "are listed by id. A row took {median:.4g} gradients in the median, {most} at most.",
        n=found.n,
        n_unconverged=int((found.status == "unconverged").sum()),
        n_empty=int((found.status == "nothing-to-attribute").sum()),
        median=float(np.median(found.n_gradients)) if found.n else 0.0,
        most=int(found.n_gradients.max(initial=0)),
    )


def _left_out(found: Attributions) -> tuple[Message, ...]:
    n = int((found.status == "unconverged").sum())
    if not n:
        return ()
    return (
        Message.of(
            "attribution.left-out",
            "{n} rows whose attributions did not converge are left out of this mean.",
            n=n,
        ),
    )


def _much() -> Message:
    return Message.of(
        "attribution.much-on-punctuation",
        "More than 30 % of the attribution lies on punctuation: look at rows before you read words.",
    )


def _planted_context(seed: int, *, steepness: float) -> AuditContext:
    rng = np.random.default_rng([seed, 23])
    weights = {f"word{i}": (0.0, float(w)) for i, w in enumerate(rng.uniform(0.4, 1.6, 20))}
    model = SaturatedModel(weights, bias=(1.0, 0.0), steepness=steepness)
    texts = [" ".join(rng.choice(sorted(weights), size=8)) for _ in range(60)]
    return context_of(attribution, model, texts, seed=seed, options={"rows": 50, "steps": 8})
