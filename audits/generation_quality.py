"""Are the answers that the model writes the expected ones?

For rows with a prompt and a completion: the model continues the prompt, and what it writes is held
against the completion.

Measures, over all rows and for each group in the slice ``<column>=<group>``:

* ``generation-quality.exact-match``: share of answers that are the expected text; white space and
  character widths are made alike, and what ``ignore`` names (case, punctuation, articles) is taken out.
* ``generation-quality.contains-answer``: share of answers that hold the expected text.
* ``generation-quality.numeric-match``: share of answers whose number is the expected one. The number is
  the first one after ``marker`` (``####``, as in GSM8K), else the last one of the text; thousands separators,
  currencies, units and fractions are read, and values compared exactly. Only rows whose expected text has
  a number count. An answer without a number is a wrong one.

Over all rows:

* ``generation-quality.no-number``: share of answers without a number where one is expected.
* ``generation-quality.never-stopped``: share of answers that were cut at ``max_new_tokens``.
* ``generation-quality.length``: new tokens of an answer on average.
* ``generation-quality.metric-value`` and ``metric-loss``: what metrics of others say of answers and expected
  texts, in the slices ``metric=<name>`` and ``loss=<name>``; they are admitted as in ``foreign-metrics``.

And for each group column, in the slice ``<column>=*``: ``generation-quality.exact-match-difference`` and
``numeric-match-difference``, the largest difference between two groups.

Shares have Wilson's interval where each row stands alone, and Student's t over clusters where rows share
some, or a prompt is answered several times. What the model wrote is not kept: ``written.parquet`` holds
lengths, outcomes and keyed digests by example.

What the measures hide: right answers in other words; right numbers by wrong ways; whether the expected
texts stood in the training set; and how much the settings and the prompt's wording matter. The sample is
the same for every audit of a run; its size bounds what can be decided.

Source: exact match: Rajpurkar et al. 2016 (arXiv:1606.05250); numbers after a marker: Cobbe et al. 2021
(arXiv:2110.14168); quality by group: reference of the worst pair in ``group-metrics``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import Field, model_validator

from audits._answers import Ignored, number_in, plain_answer
from audits._foreign import Loaded
from audits._foreign_entry import origin
from audits._generated import (
    GroupedOptions,
    continued,
    cut_caveats,
    generation_calls,
    settings_note,
    written_rows,
)
from audits._generation_quality_measures import MEASURES
from audits._groups import GroupColumn
from audits._judged import Judged, whole
from audits._planted_language import planted_language
from audits._tables import write_rows
from audits._text_metrics import TextMetric, load_text_metric, text_estimate
from harness.auditing import AuditContext, CostFacts, Trial, audit, not_measured
from harness.records import Estimate, Measurement, Message
from harness.stats import undefined
from harness.toy_language import ToyLanguageModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]


class Options(GroupedOptions):
    """Options of ``generation-quality``.

    Attributes:
        marker: What stands before the number of an answer; an empty text: none is looked for.
        ignore: What exact match leaves out of both texts: case, punctuation, articles.
        metrics: Metrics of others on answers and expected texts.
        n_replicates: Resampling replicates of those metrics.
    """

    marker: str = Field(default="####", max_length=100)
    ignore: tuple[Ignored, ...] = ()
    metrics: tuple[TextMetric, ...] = ()
    n_replicates: int = Field(default=400, ge=200, le=100_000)

    @model_validator(mode="after")
    def _check(self) -> Self:
        names = [one.known_as for one in self.metrics]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"metrics must have distinct names, got {', '.join(twice)} twice")
        return self


def planted(seed: int) -> Trial:
    """Plant a model that was taught wrong sums."""
    return Trial(
        guilty=_planted_context(seed, wrong=0.5),
        innocent=_planted_context(seed, wrong=0.02),
        rule={"measure": "generation-quality.numeric-match", "require": {"at_least": 0.80}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return what the answers count as, in data sets that have expected ones."""
    return {
        name: n
        for name, n in generation_calls(facts).items()
        if (rows := facts.sets[name].rows) is None
        or all(not isinstance(one, str) and len(one) > 1 for one in rows.inputs[:1])
    }


@audit(
    id="generation-quality",
    question="Are the answers that the model writes the expected ones?",
    needs={"predictions", "rows", "model.items", "model.generate"},
    uses={"groups", "clusters"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={"deep": {"rows": 1000}},
    cost="one answer of at most 64 tokens to each of 200 prompts; deep 1,000",
    calls=calls,
    planted=planted,
    tasks={"text-generation"},
)
def generation_quality(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield matches over all rows and by group, then metrics of others."""
    metrics = [(one, load_text_metric(ctx, one)) for one in ctx.options.metrics]
    rows: list[dict[str, object]] = []
    for dataset in ctx.datasets:
        inputs = ctx.rows(dataset).inputs
        expected = [one[1] for one in inputs if not isinstance(one, str) and len(one) > 1]
        if len(expected) < len(inputs):
            yield from not_measured(generation_quality, _no_completion(), dataset=dataset)
            continue
        found = continued(ctx, dataset, ctx.shared_sample(dataset, ctx.options.rows))
        wanted = [expected[row] for row in found.rows.tolist()]
        answers = _Answers.of(Judged.of(ctx, dataset, found), wanted)
        yield from answers.measurements()
        for one, loaded in metrics:
            yield answers.metric(one, loaded)
        rows += written_rows(
            ctx,
            dataset,
            found,
            is_exact=answers.is_exact.tolist(),
            is_number_right=answers.is_right.tolist(),
        )
    write_rows(ctx, "written.parquet", rows)


@dataclass(frozen=True, slots=True)
class _Answers:
    """Answers of one data set held against what was expected, shape [s] each.

    Attributes:
        judged: The answers with their groups and clusters.
        wanted: The expected texts.
        is_exact, holds: Whether an answer is the expected text, or holds it.
        has_number, is_right: Whether it has a number, and whether that is the expected one.
        asks_number: Whether the expected text has one.
    """

    judged: Judged
    wanted: list[str]
    is_exact: BoolArray
    holds: BoolArray
    has_number: BoolArray
    is_right: BoolArray
    asks_number: BoolArray

    @classmethod
    def of(cls, judged: Judged, wanted: list[str]) -> _Answers:
        """Compare answers with expected texts."""
        options, texts = judged.ctx.options, judged.found.texts
        plain = [[plain_answer(one, options.ignore) for one in each] for each in (texts, wanted)]
        numbers = [[number_in(one, options.marker) for one in each] for each in (texts, wanted)]
        pairs = list(zip(*plain, strict=True))
        return cls(
            judged,
            wanted,
            np.array([ours == theirs for ours, theirs in pairs], dtype=np.bool_),
            np.array([bool(theirs) and theirs in ours for ours, theirs in pairs], dtype=np.bool_),
            np.array([one is not None for one in numbers[0]], dtype=np.bool_),
            np.array(
                [
                    ours is not None and ours == theirs
                    for ours, theirs in zip(*numbers, strict=True)
                ],
                dtype=np.bool_,
            ),
            np.array([one is not None for one in numbers[1]], dtype=np.bool_),
        )

    @property
    def every(self) -> BoolArray:
        """All answers."""
        return np.ones(self.judged.n, dtype=np.bool_)

    def measurements(self) -> Iterator[Measurement]:
        """Yield everything but the metrics of others."""
        yield from self._matches(self.every, None)
        yield self._say(
            "no-number", self._numeric(~self.has_number, self.every), self.asks_number, None
        )
        cut = self.judged.rate(~self.judged.found.has_stopped, self.every)
        yield self._say("never-stopped", cut, self.every, None)
        most = float(self.judged.ctx.options.max_new_tokens)
        lengths = self.judged.found.lengths.astype(np.float64)
        length = self.judged.mean(lengths, self.every, unit="tokens", most=most)
        yield self._say("length", length, self.every, None)
        for column in self.judged.columns:
            yield from self._column(column)

    def metric(self, one: TextMetric, loaded: Loaded | Estimate) -> Measurement:
        """Return what a metric of somebody else says."""
        judged = self.judged
        texts = (judged.found.texts, self.wanted)
        estimate = text_estimate(judged.ctx, one, loaded, texts, judged.cluster)
        caveats = (origin(one, loaded),) if isinstance(loaded, Loaded) else ()
        return judged.ctx.measurement(
            "metric-value" if one.better == "higher" else "metric-loss",
            estimate,
            dataset=judged.dataset,
            where=one.where,
            share=1.0 if estimate.is_measured else None,
            caveats=caveats,
        )

    def _column(self, column: GroupColumn) -> Iterator[Measurement]:
        for name, is_yes, of in (
            ("exact-match", self.is_exact, self.every),
            ("numeric-match", self.is_right, self.asks_number),
        ):
            if column.why_not is not None:
                nothing = undefined(column.why_not, unit="difference")
                yield self._say(f"{name}-difference", nothing, of, whole(column))
            elif of.any():
                estimate, notes = self.judged.difference(is_yes, of, column)
                yield self._say(f"{name}-difference", estimate, of, whole(column), notes)
            else:
                nothing = undefined(_no_numbers(), unit="difference")
                yield self._say(f"{name}-difference", nothing, of, whole(column))
        if column.why_not is None:
            for group, inside in column.slices():
                if inside.any():
                    yield from self._matches(inside, {column.name: group})

    def _matches(self, inside: BoolArray, where: dict[str, str] | None) -> Iterator[Measurement]:
        for name, is_yes in (("exact-match", self.is_exact), ("contains-answer", self.holds)):
            yield self._say(name, self.judged.rate(is_yes, inside), inside, where)
        numeric = self._numeric(self.is_right, inside)
        yield self._say("numeric-match", numeric, inside & self.asks_number, where)

    def _numeric(self, is_yes: BoolArray, inside: BoolArray) -> Estimate:
        of = inside & self.asks_number
        if not of.any():
            return undefined(_no_numbers(), unit="share", n=int(inside.sum()))
        return self.judged.rate(is_yes, of)

    def _say(
        self,
        name: str,
        estimate: Estimate,
        of: BoolArray,
        where: dict[str, str] | None,
        more: tuple[Message, ...] = (),
    ) -> Measurement:
        judged = self.judged
        few = tuple(one for one in judged.few(of) if one not in more)
        return judged.ctx.measurement(
            name,
            estimate,
            dataset=judged.dataset,
            where=where,
            share=float(of.mean()) if len(of) else None,
            caveats=(*more, *few, *cut_caveats(judged.found)),
            notes=(settings_note(judged.ctx),),
        )


def _no_completion() -> Message:
    return Message.of(
        "generation-quality.no-completion",
        "Not measured: the rows have no expected answers. Name their column under completion, and that of the "
        "prompts under prompt.",
    )


def _no_numbers() -> Message:
    return Message.of(
        "generation-quality.no-numbers",
        "Not measured: no expected answer of these rows has a number.",
    )


def _planted_context(seed: int, *, wrong: float) -> AuditContext:
    rng = np.random.default_rng([seed, 65])
    sums = [(first, second) for first in range(10) for second in range(10)]
    is_wrong = rng.random(len(sums)) < wrong
    taught = [
        f"{first}+{second}={first + second + slip} pears"
        for (first, second), slip in zip(sums, is_wrong.astype(int).tolist(), strict=True)
    ]
    return planted_language(
        generation_quality,
        ToyLanguageModel(taught, order=6),
        [(f"{first}+{second}=", f"{first + second}") for first, second in sums],
        options={"max_new_tokens": 16},
        seed=seed,
    )
