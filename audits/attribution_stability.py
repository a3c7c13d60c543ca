"""Do attributions stay the same when nothing that matters has changed?

An attribution that names other words after a change of case, for another seed, or by another method
of good standing is no ground to act on. Compared are the five strongest words of a row, by position
(of five words or fewer the first half).

Measures:

* ``attribution-stability.edit-overlap``: texts are edited so that their meaning stays (``edits``).
  Where the decision stays, too, and its probability moves by at most ``tolerance``, the overlap
  (Jaccard) of the strongest words before and after. Once over all edits, once for each (slice
  ``edit=<id>``). Edits that the tokenizer undoes, or that change the number of words, are counted in
  a note and compared with nothing (``edits.parquet`` holds the pairs by example id); an edit that changes a decision is the business of ``robustness``.
* ``attribution-stability.seed-overlap``: for each sampling method (slice ``method=<id>``), the overlap
  between seeds, on ``seed_rows`` rows.
* ``attribution-stability.randomisation-similarity``: the weights of the model are drawn anew and put
  back afterwards, bit for bit. Attributions that stay alike (rank correlation of their sizes) explain
  the text and not the model. Pass or fail only: a low value is necessary and ranks no methods.
* ``attribution-stability.agreement-top``, ``attribution-stability.agreement-rank`` and
  ``attribution-stability.agreement-sign``: for each pair of methods (slice ``methods=<id>+<id>``),
  overlap of the strongest words, rank correlation of all values, and the share of words that both say
  speak for, or both say speak against the decision.

What the measures hide: methods can agree and be wrong together, and an attribution can be stable and
wrong; see ``faithfulness``. Rows whose attributions did not converge are in no mean. Methods often
disagree: the figures are there to be known, not to choose the method that one likes.

Source: stability: Yeh et al. 2019, arXiv:1901.09392; randomisation: Adebayo et al. 2018,
arXiv:1810.03292, and Hedström et al. 2024, arXiv:2405.02383; that it ranks no methods: Binder et al.
2022, arXiv:2211.12486; agreement: Krishna et al. 2022, arXiv:2202.01602
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, field_validator

from audits._agreement import overlap, rank_correlation, sign_agreement
from audits._attribution import (
    HowOptions,
    Sampled,
    manipulable,
    method_problems,
    refused,
    write_rows,
)
from audits._clusters import few
from audits._shaped import context_of
from audits._stability import Edited, compared, edited, joined, over_seeds, randomised
from audits._stability_measures import AGREEMENT, MEASURES
from harness.auditing import (
    AuditContext,
    CostFacts,
    OptionFacts,
    SetFacts,
    Trial,
    attribution_calls,
    audit,
)
from harness.edits import edits as known_edits
from harness.errors import MethodRefused
from harness.keywords import KeywordModel
from harness.records import Measurement, Message
from harness.stats import bootstrap_mean, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.attributions import Attributions, Method


class Options(HowOptions):
    """Options of ``attribution-stability``."""

    method: str = Field(
        default="integrated-gradients",
        description="Method that is tried under edits and with other weights.",
    )
    rows: int = Field(default=50, ge=1, description="Rows that are compared, at most.")
    edits: tuple[str, ...] = Field(
        default=("title-case", "double-space", "typo-swap", "spaced-characters"),
        description="Edits that keep the meaning; see robustness for all of them.",
    )
    tolerance: float = Field(
        default=0.05, gt=0, le=1, description="Most that the probability may move by an edit."
    )
    seed_methods: tuple[str, ...] = Field(
        default=("kernel-shap",), description="Sampling methods that are tried with several seeds."
    )
    seeds: int = Field(default=2, ge=2, description="Seeds of each sampling method.")
    seed_rows: int = Field(default=20, ge=1, description="Rows of each seed, at most.")
    random_rows: int = Field(
        default=20, ge=0, description="Rows that are explained with other weights; 0 for none."
    )
    methods: tuple[str, ...] = Field(
        default=("integrated-gradients", "occlusion", "gradient-x-input"),
        description="Methods that are compared with each other.",
    )

    @field_validator("edits")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [one.id for one in known_edits()]
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"must name edits among {', '.join(known)}, got {unknown}")
        return names

    @field_validator("methods", "seed_methods")
    @classmethod
    def _each_once(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(methods)) != len(methods):
            raise ValueError("must name each method once")
        return methods


def planted(seed: int) -> Trial:
    """Plant a model that decides alike in capitals, but by the other word of every pair."""
    return Trial(
        guilty=_planted_context(seed, is_swapped=True),
        innocent=_planted_context(seed, is_swapped=False),
        rule={"measure": "attribution-stability.edit-overlap", "require": {"at_least": 0.6}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return what attributions of rows, edited rows and other weights cost."""
    return {name: _calls(one, facts.options) for name, one in facts.sets.items()}


def _calls(facts: SetFacts, options: Options) -> int:
    main = options.chosen(options.method)
    n = min(options.rows, facts.n_rows)
    ids = {options.method, *options.methods}
    total = sum(attribution_calls(facts, options.chosen(id), n) for id in ids)
    total += len(options.edits) * (n + attribution_calls(facts, main, n))
    n_seeded = min(options.seed_rows, facts.n_rows)
    for id in options.seed_methods:
        total += options.seeds * attribution_calls(facts, options.chosen(id), n_seeded)
    n_random = min(options.random_rows, n)
    return total + n_random + attribution_calls(facts, main, n_random)


def check(facts: OptionFacts) -> list[str]:
    """Say at once which methods are refused."""
    options = facts.options
    ids = sorted({options.method, *options.methods, *options.seed_methods})
    return method_problems(facts, [options.chosen(id) for id in ids])


@audit(
    id="attribution-stability",
    question="Do attributions stay the same when nothing that matters has changed?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"model.embeddings", "clusters", "train", "validation"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={"deep": {"rows": 150, "seed_rows": 50, "random_rows": 50}},
    cost="attributions of 50 rows by three methods, of four edited versions of each, and of 20 rows "
    "with other seeds and other weights",
    calls=calls,
    check=check,
    planted=planted,
)
def attribution_stability(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield how alike attributions are before and after changes that should not matter."""
    pairs: list[tuple[object, ...]] = []
    for dataset in ctx.datasets:
        card = _Card(ctx, dataset, Sampled.of(ctx, dataset, ctx.options.rows), pairs)
        method = ctx.options.chosen(ctx.options.method)
        try:
            found = card.rows.explained(method)
        except MethodRefused as err:
            for measure in ("edit-overlap", "randomisation-similarity"):
                yield card.nothing(measure, refused(err))
        else:
            yield from card.edits(found, method)
            yield card.weights(found, method)
        yield from card.seeds()
        yield from card.agreement()
    write_rows(ctx, "edits.parquet", ("dataset", "example_id", "edit", "overlap"), pairs)


@dataclass(frozen=True, slots=True)
class _Card:
    """What is yielded about one data set."""

    ctx: AuditContext
    dataset: str
    rows: Sampled
    pairs: list[tuple[object, ...]]

    def edits(self, before: Attributions, method: Method) -> Iterator[Measurement]:
        """Yield the overlap under all edits, then under each."""
        options = self.ctx.options
        found = {id: edited(self.rows, id, before, method) for id in options.edits}
        ids = self.ctx.predictions(self.dataset).example_id[self.rows.rows]
        self.pairs.extend(
            (self.dataset, str(ids[i]), id, value)
            for id, one in found.items()
            for i, value in zip(one.index.tolist(), one.values.tolist(), strict=True)
        )
        yield self._edited("all edits", list(found.values()), None)
        for id, one in found.items():
            yield self._edited(id, [one], {"edit": id})

    def _edited(self, name: str, found: list[Edited], where: dict[str, str] | None) -> Measurement:
        values, cluster = joined(found, self.rows.cluster)
        note = Message.of(
            "attribution-stability.edited",
            "{name}: {n_made} texts changed. Not compared: {n_same} that the tokenizer reads as before, "
            "{n_moved} whose decision or probability moved, {n_apart} with another number of words, "
            "{n_open} that did not converge or have one word.",
            name=name,
            n_made=sum(one.n_made for one in found),
            n_same=sum(one.n_same for one in found),
            n_moved=sum(one.n_moved for one in found),
            n_apart=sum(one.n_apart for one in found),
            n_open=sum(one.n_open for one in found),
        )
        if not len(values):
            return self.nothing("edit-overlap", _no_pairs(), where, notes=(note,))
        return self.mean("edit-overlap", values, cluster, where=where, notes=(note,))

    def seeds(self) -> Iterator[Measurement]:
        """Yield the overlap between seeds of every sampling method."""
        options = self.ctx.options
        for id in options.seed_methods:
            where = {"method": id}
            try:
                values = over_seeds(self.rows, options.chosen(id), options.seed_rows)
            except MethodRefused as err:
                yield self.nothing("seed-overlap", refused(err), where)
                continue
            yield self.rows_mean("seed-overlap", values, where=where)

    def weights(self, before: Attributions, method: Method) -> Measurement:
        """Return how alike attributions of trained and random weights are."""
        n = self.ctx.options.random_rows
        if not n:
            return self.nothing("randomisation-similarity", _not_tried())
        found = randomised(self.rows, before, method, n)
        if found is None:
            return self.nothing("randomisation-similarity", _fixed_weights())
        return self.rows_mean("randomisation-similarity", found, unit="correlation")

    def agreement(self) -> Iterator[Measurement]:
        """Yield how far each pair of methods agrees."""
        found: dict[str, Attributions] = {}
        why: dict[str, MethodRefused] = {}
        for id in self.ctx.options.methods:
            try:
                found[id] = self.rows.explained(self.ctx.options.chosen(id))
            except MethodRefused as err:
                why[id] = err
        kinds = (overlap, rank_correlation, sign_agreement)
        for one, other in combinations(self.ctx.options.methods, 2):
            where = {"methods": f"{one}+{other}"}
            for measure, likeness in zip(AGREEMENT, kinds, strict=True):
                id = measure.key.split(".")[1]
                if refusal := why.get(one) or why.get(other):
                    yield self.nothing(id, refused(refusal), where)
                    continue
                values = compared(found[one], found[other], likeness)
                yield self.rows_mean(id, values, unit=measure.unit, where=where)

    def rows_mean(
        self,
        measure: str,
        values: NDArray[np.float64],
        *,
        unit: str = "share",
        where: dict[str, str] | None = None,
    ) -> Measurement:
        """Return the mean of the first rows of the sample, shape [m]; NaN where a row has no value."""
        is_used = np.isfinite(values)
        cluster = self.rows.cluster
        chosen = None if cluster is None else cluster[: len(values)][is_used]
        left_out = Message.of(
            "attribution-stability.left-out",
            "{n} of {of} rows are left out: too few words, values that do not vary, or attributions "
            "that did not converge.",
            n=int((~is_used).sum()),
            of=len(values),
        )
        notes = () if is_used.all() else (left_out,)
        return self.mean(measure, values[is_used], chosen, unit=unit, where=where, notes=notes)

    def mean(
        self,
        measure: str,
        values: NDArray[np.float64],
        cluster: NDArray[np.generic] | None,
        *,
        unit: str = "share",
        where: dict[str, str] | None = None,
        notes: tuple[Message, ...] = (),
    ) -> Measurement:
        """Return a mean with its interval, whole clusters drawn anew."""
        estimate = bootstrap_mean(
            values,
            rng=self.ctx.rng,
            keep=self.ctx.keep,
            unit=unit,
            range_low=-1.0 if unit == "correlation" else 0.0,
            range_high=1.0,
            cluster=cluster,
        )
        return self.ctx.measurement(
            measure,
            estimate,
            dataset=self.dataset,
            where=where,
            caveats=(*self._few(cluster), manipulable()),
            notes=notes,
        )

    def nothing(
        self,
        measure: str,
        why: Message,
        where: dict[str, str] | None = None,
        *,
        notes: tuple[Message, ...] = (),
    ) -> Measurement:
        """Return the reason why something is not measured."""
        unit = next(one.unit for one in MEASURES if one.key.endswith(f".{measure}"))
        estimate = undefined(why, unit=unit)
        return self.ctx.measurement(
            measure, estimate, dataset=self.dataset, where=where, notes=notes
        )

    def _few(self, cluster: NDArray[np.generic] | None) -> tuple[Message, ...]:
        shared: Clusters = None if self.rows.cluster is None else cluster  # type: ignore[assignment]
        return few(shared)


def _no_pairs() -> Message:
    return Message.of(
        "attribution-stability.no-pairs",
        "Not measured: no edited text could be compared with the text before it.",
    )


def _fixed_weights() -> Message:
    return Message.of(
        "attribution-stability.fixed-weights",
        "Not measured: the weights of this model cannot be drawn anew and put back.",
    )


def _not_tried() -> Message:
    return Message.of(
        "attribution-stability.not-tried", "Not measured: random_rows is 0 in the config."
    )


def _planted_context(seed: int, *, is_swapped: bool) -> AuditContext:
    rng = np.random.default_rng([seed, 31])
    size = {f"{side}{i}": float(w) for i, w in enumerate(rng.uniform(0.5, 1, 9)) for side in "ab"}
    weak = 0.1
    weights = {word: (0.0, each if word[0] == "a" else weak * each) for word, each in size.items()}
    strong = "b" if is_swapped else "a"
    weights |= {
        word.upper(): (0.0, each if word[0] == strong else weak * each)
        for word, each in size.items()
    }
    model = KeywordModel(weights, bias=(1.0, 0.0))
    texts = [
        " ".join(f"a{i} b{i}" for i in rng.choice(9, size=5, replace=False).tolist())
        for _ in range(40)
    ]
    options = {
        "method": "occlusion",
        "methods": ["occlusion"],
        "seed_methods": [],
        "edits": ["upper-case"],
        "rows": 30,
        "random_rows": 0,
    }
    return context_of(attribution_stability, model, texts, seed=seed, options=options)
