"""Do multiple-choice answers rest on the question, or on how the answers are put?

A candidate is scored by its log-likelihood after the question. Long candidates are less likely than
short ones, common ones likelier than rare ones; and where answers are listed and named by letters, the
place in the list counts. None of that is knowledge.

Measures:

* ``choice-scoring.accuracy``, in the slices ``normalise=none``, ``tokens``, ``bytes`` (what the log-likelihood is
  divided by) and ``answer-prior`` (minus the log-likelihood of the candidate without the question, on a
  sample). The task's own way stands in a note; a result that holds in one way only is no finding.
* ``choice-scoring.answer-only-accuracy``: control: the same candidates without the question.
* ``choice-scoring.longest-answer-accuracy``: control without any model: always the longest candidate.
* ``choice-scoring.gain-over-answer-only``: accuracy with the question minus without, on the same rows.
* ``choice-scoring.letter-accuracy``: the candidates are listed under the question as A, B, ... and the
  letters are scored; every rotation of the list is asked, and the mean over all is given.
* ``choice-scoring.order-flip-rate``: share of questions whose answer changes with the rotation.
* ``choice-scoring.position-share``, in the slices ``position=A``, ...: share of decisions for a place. Every
  candidate stands in every place equally often, so that anything but an even share is a lean to places.
* ``choice-scoring.position-lean``: the largest distance of such a share from an even one.

All but accuracy in its first three slices are measured on ``rows`` questions. The unit of every interval
is the question, or its cluster; the rotations of a question are one unit.

What the measures hide: whether the questions were part of pre-training; other prompts; answers that are
right by elimination, which the answers alone can allow. Small models cannot read lists: their letters are
chance, and only the first part then says something.

Source: Holtzman et al. 2021 (arXiv:2104.08315); Brown et al. 2020 (arXiv:2005.14165); order: Zheng et al. 2024
(arXiv:2309.03882), Pezeshkpour and Hruschka 2024 (arXiv:2308.11483); answers alone: Balepur et al. 2024
(arXiv:2402.12483).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._choice_scoring_measures import MEASURES
from audits._clusters import few, share, shared
from audits._planted_language import planted_language
from harness.auditing import AuditContext, CostFacts, Trial, audit, not_measured
from harness.records import Estimate, Measurement, Message
from harness.stats import farthest_of, linear_estimate, paired_difference
from harness.toy_language import ToyLanguageModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.modelling import Item

    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]

WAYS = ("none", "tokens", "bytes")


class Options(BaseModel):
    """Options of ``choice-scoring``.

    Attributes:
        rows: Questions that are asked again, the same sample for every audit; fewer are all.
        instead: What stands in the place of the question where the answers stand alone.
        listed: What follows the question and its list; the letters follow it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=300, ge=1)
    instead: str = "Answer:"
    listed: str = "Answer:"


def planted(seed: int) -> Trial:
    """Plant a model that likes one answer, whatever is asked."""
    return Trial(
        guilty=_planted_context(seed, knows=False),
        innocent=_planted_context(seed, knows=True),
        rule={"measure": "choice-scoring.gain-over-answer-only", "require": {"at_least": 0.20}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return one call without the question, and one for each rotation of the list."""
    return {
        name: min(facts.options.rows, one.n_rows) * (1 + facts.n_classes)
        for name, one in facts.sets.items()
    }


@audit(
    id="choice-scoring",
    question="Do multiple-choice answers rest on the question, or on how the answers are put?",
    needs={"predictions", "labels", "logits", "rows", "model.logits"},
    uses={"clusters"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={"deep": {"rows": 2000}},
    cost="for each of 300 questions one call without it, and one for each rotation of its answers; deep 2,000",
    calls=calls,
    planted=planted,
    tasks={"multiple-choice"},
)
def choice_scoring(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield accuracies by way, controls, and what the order does."""
    for dataset in ctx.datasets:
        n_choices = len(ctx.task.classes)
        if n_choices > len(ascii_uppercase):
            yield from not_measured(choice_scoring, _too_many(n_choices), dataset=dataset)
            continue
        questions = _Questions.read(ctx, dataset)
        yield from questions.by_way()
        yield from questions.without_question()
        yield from questions.in_every_order()


@dataclass(frozen=True, slots=True)
class _Questions:
    """The questions of one data set, n of them with c candidates each.

    Attributes:
        choices: Candidates of each.
        label: Shape [n].
        totals: Log-likelihood of each candidate, not divided, shape [n, c].
        sizes: Way → what it divides by, shape [n, c].
        sample: Questions that are asked again, shape [k].
    """

    ctx: AuditContext
    dataset: str
    choices: list[tuple[str, ...]]
    label: IntArray
    totals: FloatArray
    sizes: dict[str, FloatArray]
    sample: IntArray
    cluster: NDArray[np.object_] | None

    @classmethod
    def read(cls, ctx: AuditContext, dataset: str) -> _Questions:
        """Read questions and their log-likelihoods, and undo what the task divides them by."""
        seen, inputs = ctx.predictions(dataset), ctx.rows(dataset).inputs
        # the data set was offered because it has both
        assert seen.logits is not None
        assert seen.label is not None
        choices = [tuple(one[1:]) for one in inputs]
        sizes = _sizes(choices, ctx.items(dataset))
        sample = np.sort(ctx.shared_sample(dataset, ctx.options.rows))
        totals = seen.logits.astype(np.float64) * sizes[_way_of(ctx)]
        return cls(ctx, dataset, choices, seen.label, totals, sizes, sample, shared(seen.cluster))

    def by_way(self) -> Iterator[Measurement]:
        """Yield accuracy by what log-likelihoods are divided by, and that of the longest answer."""
        every = np.arange(len(self.label))
        for way in WAYS:
            right = self._right(self.totals / self.sizes[way], every)
            yield self._say("accuracy", self._share(right, every), every, {"normalise": way})
        longest = self._right(self.sizes["bytes"], every)
        yield self._say("longest-answer-accuracy", self._share(longest, every), every)

    def without_question(self) -> Iterator[Measurement]:
        """Yield what the candidates alone say."""
        rows, way = self.sample, _way_of(self.ctx)
        asked = [(self.ctx.options.instead, *self.choices[row]) for row in rows.tolist()]
        items = self.ctx.prepare(asked)
        sizes = _sizes([one[1:] for one in asked], items)
        alone = self._ask(items, rows, "answers-only") * sizes[way]
        prior = self._right(self.totals[rows] - alone, rows)
        yield self._say("accuracy", self._share(prior, rows), rows, {"normalise": "answer-prior"})
        without = self._right(alone / sizes[way], rows)
        yield self._say("answer-only-accuracy", self._share(without, rows), rows)
        with_it = self._right(self.totals[rows] / self.sizes[way][rows], rows)
        gain = paired_difference(with_it, without, cluster=self._of(rows))
        yield self._say("gain-over-answer-only", gain, rows)

    def in_every_order(self) -> Iterator[Measurement]:
        """Yield what the order of a list of answers does."""
        rows, c = self.sample, self.totals.shape[1]
        letters = tuple(ascii_uppercase[:c])
        picked = np.zeros((len(rows), c), dtype=np.int64)
        place = np.zeros((len(rows), c), dtype=np.int64)
        inputs = self.ctx.rows(self.dataset).inputs
        for turn in range(c):
            # candidate j stands in place (j + turn) % c
            order = [(position - turn) % c for position in range(c)]
            asked = [
                (self._listed(inputs[row][0], [self.choices[row][j] for j in order]), *letters)
                for row in rows.tolist()
            ]
            logits = self._ask(self.ctx.prepare(asked), rows, f"order-{turn}")
            place[:, turn] = logits.argmax(axis=1)
            picked[:, turn] = np.array(order)[place[:, turn]]
        units, repeated = self._of(rows, always=True), np.repeat(rows, c)
        assert units is not None  # asked for always
        right = (picked == self.label[rows][:, None]).reshape(-1)
        by_row = np.repeat(units, c)
        yield self._say("letter-accuracy", share(right, by_row), repeated)
        flipped = (picked != picked[:, :1]).any(axis=1)
        yield self._say("order-flip-rate", self._share(flipped, rows), rows)
        yield from self._places(place, letters, by_row)

    def _places(
        self, place: IntArray, letters: Sequence[str], by_row: NDArray[np.object_]
    ) -> Iterator[Measurement]:
        c = len(letters)
        flat, rows = place.reshape(-1), np.repeat(self.sample, c)
        parts = []
        for position, letter in enumerate(letters):
            is_here = flat == position
            yield self._say("position-share", share(is_here, by_row), rows, {"position": letter})
            parts.append(_lean(is_here, c, by_row, range_low=-1.0))
        if all(one.method == "linear" for one in parts):
            lean = farthest_of(letters, parts, n=len(flat), keep=self.ctx.keep)
        else:
            # every question chooses a place equally often: what is farthest away stands for all
            worst = max(range(c), key=lambda k: abs(parts[k].value or 0.0))
            lean = _lean(flat == worst, c, by_row, range_low=0.0)
        yield self._say("position-lean", lean, rows)

    def _listed(self, question: str, choices: Sequence[str]) -> str:
        lines = [f"{ascii_uppercase[k]}. {one.strip()}" for k, one in enumerate(choices)]
        return "\n".join([question, *lines, self.ctx.options.listed])

    def _ask(self, items: Sequence[Item], rows: IntArray, variant: str) -> FloatArray:
        ids = self.ctx.predictions(self.dataset).example_id[rows].tolist()
        logits = self.ctx.ask(ids, items, f"{self.dataset}/{variant}")
        return logits.astype(np.float64)

    def _right(self, worth: FloatArray, rows: IntArray) -> BoolArray:
        found: BoolArray = worth.argmax(axis=1) == self.label[rows]
        return found

    def _share(self, is_yes: BoolArray, rows: IntArray) -> Estimate:
        return share(is_yes, self._of(rows))

    def _of(self, rows: IntArray, *, always: bool = False) -> NDArray[np.object_] | None:
        """Return the clusters of rows; the rows themselves where they share none and units are asked for."""
        if self.cluster is not None:
            return self.cluster[rows]
        ids = self.ctx.predictions(self.dataset).example_id
        return ids[rows] if always else None

    def _say(
        self, name: str, estimate: Estimate, rows: IntArray, where: dict[str, str] | None = None
    ) -> Measurement:
        note = Message.of(
            "choice-scoring.way",
            "The task divides log-likelihoods by {way}.",
            way={"none": "nothing"}.get(_way_of(self.ctx), _way_of(self.ctx)),
        )
        return self.ctx.measurement(
            name,
            estimate,
            dataset=self.dataset,
            where=where,
            share=len(np.unique(rows)) / len(self.label),
            caveats=few(self._of(rows)),
            notes=(note,),
        )


def _way_of(ctx: AuditContext) -> str:
    return ctx.task.prompting.normalise if ctx.task.prompting is not None else "none"


def _sizes(choices: Sequence[Sequence[str]], items: Sequence[Item]) -> dict[str, FloatArray]:
    """Return what log-likelihoods are divided by, shape [n, c] each."""
    n, c = len(choices), len(choices[0]) if choices else 0
    tokens = np.ones((n, c), dtype=np.float64)
    n_bytes = np.ones((n, c), dtype=np.float64)
    for row, (mine, item) in enumerate(zip(choices, items, strict=True)):
        segment = item.arrays["segment"]
        for k, choice in enumerate(mine):
            tokens[row, k] = max(1, int((segment == k + 1).sum()))
            n_bytes[row, k] = max(1, len(choice.strip().encode("utf-8", "replace")))
    return {"none": np.ones((n, c)), "tokens": tokens, "bytes": n_bytes}


def _too_many(n_choices: int) -> Message:
    return Message.of(
        "choice-scoring.too-many",
        "Not measured: answers are named by the letters A to Z, and there are {n_choices}.",
        n_choices=n_choices,
    )


def _lean(
    is_here: BoolArray, n_places: int, units: NDArray[np.object_], *, range_low: float
) -> Estimate:
    """Return how far the share of a place is from an even one; without its sign where it has none."""
    mean = float(is_here.mean()) if len(is_here) else 0.0
    apart = mean - 1 / n_places
    return linear_estimate(
        apart if range_low < 0 else abs(apart),
        (is_here - mean) * (1.0 if range_low < 0 or apart >= 0 else -1.0) / max(1, len(is_here)),
        unit="difference",
        range_low=range_low,
        range_high=1.0,
        cluster=units,
    )


def _planted_context(seed: int, *, knows: bool) -> AuditContext:
    rng = np.random.default_rng([seed, 66])
    colours, ends = ("red", "blue", "green"), ("an", "ot", "ul", "ep", "im", "ox")
    things = [f"{first}{second}" for first in "bcdfghjklm" for second in ends]
    label = rng.integers(0, 3, size=len(things))
    taught = [
        f"the {thing} is {colours[k] if knows else 'blue'}"
        for thing, k in zip(things, label.tolist(), strict=True)
    ]
    model = ToyLanguageModel(taught, order=8, n_classes=3, alphabet="ABCredbluegreen.:\nAnswer")
    return planted_language(
        choice_scoring,
        model,
        [(f"the {thing} is", *(f" {one}" for one in colours)) for thing in things],
        classes=colours,
        label=label,
        seed=seed,
    )
