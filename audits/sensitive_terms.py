"""Do decisions lean on sensitive terms more than on other words?

Attributions say how much of a decision lies on words that name an identity. That alone proves nothing:
attributions can miss what a model uses and show what it does not. So each category of terms is asked
about twice, and a flag needs both answers:

* the **share** of attribution on the terms, beside the share of words that they are;
* the **counterfactual**: the model is asked again with the terms masked, and, as a control, with as many
  other words of the same text masked; and with another identity in their place where a list offers one.

Terms come from word lists, as for ``counterfactual``: English and Chinese ones are part of the package.

    audits:
      sensitive-terms:
        lists: [en, words/team.yaml]      # relative to the config
        categories: [religion, team]      # all of the lists where none are named
        method: auto                      # integrated-gradients, occlusion, ...
        positive: toxic                   # class of interest; class 1 of two where none is named

Measures, each in ``category=<name>``, the first over all:

* ``sensitive-terms.flagged-categories``: categories whose lift exceeds 1 and whose masked terms move scores
  further than masked other words, both by their intervals. The errors are shared out over the
  categories: where nothing leans on a term, some category is flagged in at most 5 % of data sets.
* ``sensitive-terms.share``, ``sensitive-terms.lift``: share of |attribution| on the terms; and that share,
  mean over texts, divided by the share of words that they are (1 by chance).
* ``sensitive-terms.signed-mean``: what the terms of a text add to the class of interest, in logits.
* ``sensitive-terms.mask-effect``, ``sensitive-terms.mask-flips``: how far the score of the decided class moves when the
  terms are masked, and how many decisions change.
* ``sensitive-terms.mask-over-control``: how much further than without as many other words, text by text.
* ``sensitive-terms.swap-effect``: how far it moves with another identity.
* ``sensitive-terms.agreement``: rank correlation of share and effect of masking over texts. Where it is not
  shown to be above 0, a caveat says not to trust the share.

Share, lift and the two effects of masking are also given by kind of error (``error=false-positive`` first) where
there are labels, and by decision. A rule on ``flagged-categories`` stops a model that was caught; it does not clear one. To ask for
evidence that effects are small, hold a rule against ``mask-over-control`` in every category.

Texts of one cluster, or of one template where there are no clusters, count as one unit. Other words are drawn
among those with a letter or digit that are no term, in runs as long as the terms. ``terms.parquet`` holds
every text by id with the positions that were masked.

What the measures hide: identities that no list names, names of persons, and dialect; that every word of content
weighs more than a word like "the", which the control mutes only in part; that a decision can lean on a term
rightly. A model trained to hide what it uses shows a low share. The figures may point at biased decisions; they certify
nothing and do not say which of two models is the better one: being asked to choose is refused.

Source: counterfactual token fairness, Garg et al. 2019 (arXiv:1809.10610); why attributions need a question beside
them, Bilodeau et al. 2024 (arXiv:2212.11870); hidden use, Pruthi et al. 2020 (arXiv:2010.05419); not for choosing
models, arXiv:2509.22291.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._clusters import few, shared
from audits._counterfactual_common import units_of
from audits._counterfactual_options import swapper_of
from audits._counterfactual_values import positive_class
from audits._explained import converged, explain, left_out, method_of
from audits._planted import planted_texts
from audits._tables import write_rows
from audits._terms_asked import Effects, ask_effects
from audits._terms_found import Held, Holder, categories_of, find_holders, term_calls
from audits._terms_measures import MEASURES
from audits._terms_messages import design, few_texts, flag_notes, not_backed, points_only
from audits._terms_options import Options, option_problems
from audits._terms_values import Estimator, Table, is_flagged
from harness.attributions import UNSIGNED_METHODS, Attributions
from harness.auditing import AuditContext, Trial, audit
from harness.keywords import KeywordModel
from harness.records import Estimate, Measurement, Message
from harness.stats import exact, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_UNITS = {one.key.split(".")[1]: one.unit for one in MEASURES}


def planted(seed: int) -> Trial:
    """Plant a word for one identity that decides by itself."""
    return Trial(
        guilty=_planted_context(seed, weight=4.0),
        innocent=_planted_context(seed, weight=0.2),
        rule={"measure": "sensitive-terms.flagged-categories", "require": {"at_most": 0}},
    )


@audit(
    id="sensitive-terms",
    question="Do decisions lean on sensitive terms more than on other words?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"labels", "clusters", "model.embeddings"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="attributions of 200 texts that hold a term, about 55 forward passes each, and 6 more for each "
    "category in them: about 12,500 model calls",
    calls=term_calls,
    planted=planted,
    check=option_problems,
)
def sensitive_terms(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield by category what attributions and questions say of its terms."""
    table: list[dict[str, Any]] = []
    for dataset in ctx.datasets:
        held = find_holders(ctx, dataset)
        if isinstance(held, Message):
            yield from _nothing(ctx, dataset, held)
            continue
        rows = np.array([one.row for one in held.holders], dtype=np.int64)
        found = explain(ctx, dataset, rows, method_of(ctx.options.method, ctx))
        if isinstance(found, Message):
            yield from _nothing(ctx, dataset, found)
            continue
        one = _One(ctx, dataset, held, found, ask_effects(ctx, dataset, held))
        yield from one.measured()
        table += one.rows()
    write_rows(ctx, "terms.parquet", table)


@dataclass(frozen=True, slots=True)
class _One:
    """The question about one data set."""

    ctx: AuditContext
    dataset: str
    held: Held
    found: Attributions
    effects: Effects

    def measured(self) -> Iterator[Measurement]:
        """Yield the flags, then every category."""
        tables = {category: self._table(category) for category in categories_of(self.held.holders)}
        shown = {name: one for name, one in tables.items() if one.n >= self.ctx.options.min_texts}
        estimator = Estimator(self.ctx.rng, self.ctx.keep)
        found = {name: estimator.everything(one) for name, one in shown.items()}
        flagged = [
            name
            for name, one in found.items()
            if is_flagged(one["lift"], one["mask-over-control"], len(found))
        ]
        yield self._flags(flagged, tables, shown)
        for name, estimates in found.items():
            yield from self._category(name, shown[name], estimates)
            yield from self._slices(name, shown[name], estimator)

    def rows(self) -> list[dict[str, Any]]:
        """Return what was asked of every pair of a row and a category, by id and position."""
        ids, effects = self.ctx.predictions(self.dataset).example_id, self.effects
        holders = [self.held.holders[i] for i in effects.holder.tolist()]
        share, signed = self._read(np.arange(len(holders)))
        return [
            {
                "dataset": self.dataset,
                "example_id": str(ids[one.row]),
                "category": effects.category[m],
                "part_indexes": list(one.parts(effects.category[m])),
                "control_indexes": [list(each) for each in effects.drawn[m]],
                "n_parts": one.n_parts,
                "share": _or_none(share[m]),
                "signed": _or_none(signed[m]),
                "mask_change": float(effects.change[m]),
                "control_change": _or_none(effects.control[m]),
                "swap_change": _or_none(effects.swapped[m]),
                "is_flip": bool(effects.is_flip[m]),
            }
            for m, one in enumerate(holders)
        ]

    def _table(self, category: str) -> Table:
        at, effects = self.effects.of(category), self.effects
        share, signed = self._read(at)
        holders = [self.held.holders[i] for i in effects.holder[at].tolist()]
        return Table(
            share=share,
            words=np.array([len(one.parts(category)) / one.n_parts for one in holders]),
            signed=signed,
            change=effects.change[at],
            is_flip=effects.is_flip[at],
            control=effects.control[at],
            swapped=effects.swapped[at],
            unit=self._unit(holders),
        )

    def _read(self, at: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return share and signed sum of the terms of some pairs; NaN where none can be read."""
        is_read, sign = converged(self.found), self._sign()
        share, signed = np.full(len(at), np.nan), np.full(len(at), np.nan)
        for number, m in enumerate(at.tolist()):
            holder = int(self.effects.holder[m])
            values = self.found.of(holder)
            total = float(np.abs(values).sum())
            if not is_read[holder] or total <= 0:
                continue
            terms = list(self.held.holders[holder].parts(self.effects.category[m]))
            share[number] = float(np.abs(values[terms]).sum()) / total
            signed[number] = float(values[terms].sum()) * sign[holder]
        return share, signed

    def _sign(self) -> FloatArray:
        """Return 1 where attributions are about the class of interest, -1 where it was beaten, else NaN."""
        positive = positive_class(self.ctx)
        if positive is None or self.found.method.id in UNSIGNED_METHODS:
            return np.full(self.found.n, np.nan)
        is_against = self.found.runner_up == positive
        against = np.where(is_against, -1.0, np.nan)
        return np.where(self.found.target == positive, 1.0, against)

    def _unit(self, holders: Sequence[Holder]) -> NDArray[np.object_]:
        ctx = self.ctx
        rows = np.array([one.row for one in holders], dtype=np.int64)
        swapper = swapper_of(ctx.options, ctx.base)
        return units_of(ctx.rows(self.dataset), ctx.predictions(self.dataset), rows, swapper)[0]

    def _flags(
        self, flagged: Sequence[str], tables: dict[str, Table], shown: dict[str, Table]
    ) -> Measurement:
        options = self.ctx.options
        if shown:
            estimate = exact(len(flagged), n=len(shown), unit="categories")
        else:
            why = Message.of(
                "sensitive-terms.too-few",
                "Not measured: no category of terms stands in at least min_texts = {least} texts.",
                least=options.min_texts,
            )
            estimate = undefined(why, unit="categories")
        few_of = [name for name in tables if name not in shown]
        notes = [
            *flag_notes(flagged, shown),
            *design(self.ctx, self.held, self.found.method.id),
            *left_out(self.found),
        ]
        if few_of:
            notes.append(few_texts(few_of, options.min_texts))
        return self.ctx.measurement(
            "flagged-categories",
            estimate,
            dataset=self.dataset,
            caveats=[points_only()],
            notes=notes,
        )

    def _category(
        self, name: str, table: Table, estimates: dict[str, Estimate]
    ) -> Iterator[Measurement]:
        agreement = estimates["agreement"]
        is_backed = agreement.low is not None and agreement.low > 0 and agreement.is_measured
        for measure, estimate in estimates.items():
            caveats = [points_only(), *few(shared(table.unit))]
            if measure in ("share", "lift", "signed-mean") and not is_backed:
                caveats.append(not_backed(agreement))
            yield self._say(measure, estimate, {"category": name}, table, caveats)

    def _slices(self, name: str, table: Table, estimator: Estimator) -> Iterator[Measurement]:
        """Yield the main measures by kind of error, then by decision, where there are enough texts."""
        at = self.effects.of(name)
        rows = np.array([self.held.holders[i].row for i in self.effects.holder[at]], np.int64)
        for where, chosen in self._kinds(rows):
            if chosen.sum() < self.ctx.options.min_texts:
                continue
            part = table.take(chosen)
            for measure, estimate in estimator.main(part).items():
                caveats = [points_only(), *few(shared(part.unit))]
                yield self._say(measure, estimate, {"category": name, **where}, part, caveats)

    def _kinds(self, rows: IntArray) -> Iterator[tuple[dict[str, str], BoolArray]]:
        """Yield slices of rows: kinds of error, false positives first, then decided classes."""
        seen, classes = self.ctx.predictions(self.dataset), self.ctx.task.classes
        decision, positive = seen.decision[rows], positive_class(self.ctx)
        if seen.label is not None:
            label = seen.label[rows]
            if positive is None:
                yield {"error": "any"}, decision != label
            else:
                is_positive = decision == positive
                yield {"error": "false-positive"}, is_positive & (label != positive)
                yield {"error": "false-negative"}, ~is_positive & (label == positive)
        for k, name in enumerate(classes):
            yield {"decision": name}, decision == k

    def _say(
        self,
        measure: str,
        estimate: Estimate,
        where: dict[str, str],
        table: Table,
        caveats: Sequence[Message],
    ) -> Measurement:
        return self.ctx.measurement(
            measure,
            estimate,
            dataset=self.dataset,
            where=where,
            share=table.n / self.ctx.predictions(self.dataset).n,
            caveats=caveats,
        )


def _nothing(ctx: AuditContext, dataset: str, why: Message) -> Iterator[Measurement]:
    for name, unit in _UNITS.items():
        yield ctx.measurement(name, undefined(why, unit=unit), dataset=dataset)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _planted_context(seed: int, *, weight: float) -> AuditContext:
    rng = np.random.default_rng([seed, 43])
    words = [f"word{index}" for index in range(30)]
    weights = {word: (0.0, float(rng.normal(scale=0.7))) for word in words}
    names = ["Muslims", "Hindus", "Sikhs", "Jews"]
    weights |= dict.fromkeys(names, (0.0, weight))
    model = KeywordModel(weights, bias=(0.5, 0.0))
    texts = [
        " ".join(rng.permutation([*rng.choice(words, size=8), rng.choice(names)]).tolist())
        for _ in range(60)
    ]
    return planted_texts(
        sensitive_terms,
        model,
        texts,
        seed=seed,
        options={"rows": 40, "method": "occlusion", "controls": 2, "lists": ["en"]},
        label=rng.integers(0, 2, size=len(texts)),
    )
