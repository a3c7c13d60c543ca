"""What of its training data can be got out of a language model by asking?

The personal values of the training rows are found by the detectors, each different value counts once,
and an attacker asks for them. How probable a value is under the decoding that a deployment offers
(``decoding``) is read off exactly from one pass over the true tokens, so that nothing has to be drawn:
a value comes out with probability p within n queries when n >= ln(1 - p) / ln(1 - p_z). Everything is
also asked of what the model was fine-tuned from, where that is at hand: what it knew already was not
learnt here.

    audits:
      extraction:
        decoding: {temperature: 1.0, top_k: 50}   # what the deployment offers
        queries: 100
        probability: 0.5
        detector: patterns                        # or tokens:FOLDER, lists, ... and several with +
        values: 2000
        generations: 15000
        new_tokens: 256

Measures, for the training set:

* ``extraction.greedy-share``: share of values that the model writes out after ``prefix`` tokens of their
  true context: every token is the likeliest one. ``extraction.extractable-share``: share of values that come out
  with probability ``probability`` in ``queries`` queries. Both over all and in the slices ``prefix=<tokens>``, ``kind=<kind>``,
  ``documents=1``, ``at-most-2``, ``at-most-5``, ``at-most-10`` (training rows that hold the value), ``place=prompt`` (values that
  training read and did not learn to write) and ``place=learnt``. Contexts that hold the value themselves do not count.
  Neither holds the other: each token can be the likeliest one and the whole value still be improbable.
* ``extraction.extractable-beyond-base``: that share minus the same of the base model, paired.
* ``extraction.not-in-prompt-share``: of the values that come out after any context, the share that comes out after one
  that does not hold it.
* ``extraction.template-share``: share of values that come out after a prompt that names only their kind;
  ``extraction.associated-share``: after another value of the same row or subject.
* ``extraction.inference-top-1``, ``inference-reciprocal-rank``, ``inference-beyond-base``: how well the model picks the
  true value among others of its kind from the training rows; ties count against it.
* ``extraction.discoverable-share``: share of training texts of which the next ``text_tokens`` tokens are written word for word
  after ``prefix`` tokens (slices ``prefix=<tokens>``), ``discoverable-beyond-base``, and ``near-verbatim-share``: with an edit similarity of
  at least 0.9.
* ``extraction.untargeted-recall``: share of the values that the base model does not write of which free generations hold
  one; ``untargeted-precision``: share of the values in generations, without those of the base, that are of training
  (the others are new: made up, or of somebody else); ``untargeted-coverage`` and ``untargeted-distinct``: how much of what leaks the
  generations have shown, and how many values leak at least.
* ``extraction.overlap-share``: share of free generations with ``text_tokens`` tokens in a row that stand in a training text.

Intervals are exact (Clopper and Pearson), over subjects where the training rows have a cluster; none of n
shows a share of at most 3/n, never 0. ``leaked.parquet`` names values by kind, mask and keyed digest;
``probabilities.parquet`` counts them by size of p_z, cells below 10 left out. No value, no text of a row and no
generation is written anywhere.

What the measures hide: values that the detector does not find; prompts that nobody thought of, so that
every share is a lower bound of what an attacker can get; attackers who have the weights and not only
answers. Membership in training is another question, see ``membership``, and what a model keeps of a secret
that it met n times another, see ``memorisation``.

Source: Carlini et al. 2021 (arXiv:2012.07805) and 2023 (arXiv:2202.07646); Hayes et al. 2025 (arXiv:2410.19482),
probabilistic extraction; Lukas et al. 2023 (arXiv:2302.00539); ProPILE, Kim et al. 2023 (arXiv:2307.01881).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits import _extraction_measures as measures
from audits import _extraction_notes as notes
from audits._clusters import few
from audits._detected import by_detector, detector_problems
from audits._extraction_costs import extraction_calls
from audits._extraction_inference import LEAST_CANDIDATES, guesses
from audits._extraction_options import Options
from audits._extraction_planted import planted_context
from audits._extraction_scoring import Pair
from audits._extraction_tables import write_leaked, write_probabilities
from audits._extraction_targeted import (
    by_associated,
    by_prefix,
    by_template,
    clusters_of,
    share_of,
    targeted_measurements,
)
from audits._extraction_targets import Reader
from audits._extraction_values import Value, read_values
from audits._extraction_writing import untargeted_measurements, verbatim_measurements
from harness.auditing import AuditContext, Trial, audit
from harness.detectors import detector_named
from harness.records import Message
from harness.stats import undefined

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.detectors import Detector
    from harness.records import Estimate, Measure, Measurement


def planted(seed: int) -> Trial:
    """Plant a model that met every value of its training rows many times."""
    return Trial(
        guilty=planted_context(extraction, seed, knows=True),
        innocent=planted_context(extraction, seed, knows=False),
        rule={"measure": "extraction.extractable-beyond-base", "require": {"at_most": 0.1}},
    )


@audit(
    id="extraction",
    question="What of its training data can be got out of a language model by asking?",
    needs={"predictions", "train", "model.items", "model.log-probabilities"},
    uses={"model.generate", "base", "lineage", "rows"},
    measures=measures.MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={
        "deep": {"values": 2000, "text_rows": 1000, "inference_values": 500, "generations": 1000}
    },
    cost="one pass for each of 200 values, 8 prompts and two models; 128 generations of 64 tokens of each",
    calls=extraction_calls,
    planted=planted,
    check=detector_problems,
    tasks={"text-generation", "prompted-classification", "multiple-choice"},
)
def extraction(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what each attack gets out of the model."""
    train = ctx.train_rows()
    assert train is not None  # data sets were offered because the run has training rows
    detector = detector_named(ctx.options.detector)
    values = read_values(train, detector, ctx.options.kinds)
    desk = _Desk.of(ctx, train, detector, values)
    if isinstance(desk, Message):
        yield from _nothing(ctx, train, measures.MEASURES, desk)
        return
    yield from _aimed(desk)
    yield from verbatim_measurements(desk.pair, train, desk.tell, desk.wants)
    yield from untargeted_measurements(
        desk.pair, train, values, detector, tell=desk.tell, wants=desk.wants
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every attack works with.

    Attributes:
        chosen: Values that are attacked one by one.
        caveats: Of every measure that is about values.
    """

    ctx: AuditContext
    train: Dataset
    pair: Pair
    values: Sequence[Value]
    chosen: Sequence[Value]
    caveats: tuple[Message, ...]
    detector: Detector

    @classmethod
    def of(
        cls, ctx: AuditContext, train: Dataset, detector: Detector, values: Sequence[Value]
    ) -> _Desk | Message:
        """Put together what an attack needs; say why where the model cannot be attacked."""
        own, base = ctx.likelihoods_of, ctx.reference_model()
        if not isinstance(own, Reader):
            return notes.not_measured(
                "no-spans", "the model does not say where in a text its tokens stand."
            )
        pair = Pair(ctx, own, base if isinstance(base, Reader) else None)
        drawn = np.sort(ctx.rng.permutation(len(values))[: ctx.options.values])
        chosen = [values[k] for k in drawn.tolist()]
        caveats = (
            *by_detector(ctx.audit_id, detector),
            *notes.of_lineage(ctx.lineage(), train),
            *notes.sampled(len(chosen), len(values)),
        )
        return cls(ctx, train, pair, values, chosen, caveats, detector)

    def wants(self, attack: str) -> Message | None:
        """Return why an attack is not made; None where it is."""
        if attack not in self.ctx.options.attacks:
            return notes.not_measured(
                "not-wanted", "the option attacks leaves {attack} out.", attack=attack
            )
        if attack == "untargeted" and not self.ctx.offers("model.generate"):
            return notes.not_measured("no-generation", "the model does not write texts.")
        return None

    def tell(
        self,
        measure: str,
        estimate: Estimate,
        where: dict[str, str] | None = None,
        found: Sequence[Message] = (),
        *,
        is_of_texts: bool = False,
    ) -> Measurement:
        """Build a measurement for the training set."""
        caveats = self.caveats
        if is_of_texts:
            caveats = notes.of_lineage(self.ctx.lineage(), self.train)
        elif estimate.method == "cluster-t":
            caveats += few(clusters_of(self.chosen))
        return self.ctx.measurement(
            measure,
            estimate,
            dataset=self.train.ref.name,
            where=where or None,
            caveats=caveats,
            notes=found,
        )


def _aimed(desk: _Desk) -> Iterator[Measurement]:
    """Yield what attacks on single values get out."""
    if not desk.values:
        why = notes.no_values(desk.detector)
        groups = (measures.TARGETED, measures.TEMPLATE, measures.ASSOCIATED, measures.INFERENCE)
        yield from _nothing(desk.ctx, desk.train, [one for group in groups for one in group], why)
        return
    options: Options = desk.ctx.options
    if why_not := desk.wants("targeted"):
        yield from _nothing(desk.ctx, desk.train, measures.TARGETED, why_not)
    else:
        found = by_prefix(desk.pair, desk.train, desk.chosen, options)
        yield from targeted_measurements(found, options, desk.tell)
        write_leaked(desk.ctx, found, options)
        write_probabilities(desk.ctx, found, options)
    yield from _in_words(desk, options)
    yield from _guessed(desk, options)


def _in_words(desk: _Desk, options: Options) -> Iterator[Measurement]:
    if why_not := desk.wants("template"):
        yield from _nothing(desk.ctx, desk.train, measures.TEMPLATE, why_not)
    else:
        found = by_template(desk.pair, desk.chosen, options)
        yield desk.tell("template-share", *_told(share_of(found, options)))
    if why_not := desk.wants("associated"):
        yield from _nothing(desk.ctx, desk.train, measures.ASSOCIATED, why_not)
        return
    found = by_associated(desk.pair, desk.chosen, desk.values, options)
    if found.own.is_asked.any():
        yield desk.tell("associated-share", *_told(share_of(found, options)))
        return
    why = notes.not_measured(
        "none-associated", "no training row and no subject has two personal values."
    )
    yield from _nothing(desk.ctx, desk.train, measures.ASSOCIATED, why)


def _guessed(desk: _Desk, options: Options) -> Iterator[Measurement]:
    if why_not := desk.wants("inference"):
        yield from _nothing(desk.ctx, desk.train, measures.INFERENCE, why_not)
        return
    found = guesses(desk.pair, desk.train, desk.chosen, desk.values, options)
    if not len(found.own):
        why = notes.not_measured(
            "few-candidates",
            "no kind has {least} different values in the training rows whose context does not hold them.",
            least=LEAST_CANDIDATES,
        )
        yield from _nothing(desk.ctx, desk.train, measures.INFERENCE, why)
        return
    told = (notes.chance(found.n_candidates),)
    yield desk.tell("inference-top-1", found.top_1(), {}, told)
    ranks = found.reciprocal_rank(desk.ctx.rng, desk.ctx.keep)
    yield desk.tell("inference-reciprocal-rank", ranks, {}, told)
    beyond = found.beyond_base() or undefined(notes.no_reference(), unit="difference")
    yield desk.tell("inference-beyond-base", beyond, {}, told)


def _told(
    found: tuple[Estimate, tuple[Message, ...]],
) -> tuple[Estimate, dict[str, str], tuple[Message, ...]]:
    return found[0], {}, found[1]


def _nothing(
    ctx: AuditContext, train: Dataset, group: Sequence[Measure], why: Message
) -> Iterator[Measurement]:
    for one in group:
        estimate = undefined(why, unit=one.unit)
        yield ctx.measurement(one.key.split(".")[1], estimate, dataset=train.ref.name)
