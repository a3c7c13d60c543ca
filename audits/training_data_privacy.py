"""What personal data and secrets would a model learn from the training rows?

Looked at before any training, and without a model: what a model cannot have read it cannot tell. What
is counted over all rows is a fact about them; densities also have an interval, for the source that the rows
were drawn from. No value and no text is in a measurement.

Measures, for the training set:

* ``training-data-privacy.personal-share``: rows in which the detector finds at least one personal value
  or secret.
* ``training-data-privacy.density``: values per 1,000 rows, over all kinds (a place that fits several kinds
  counts once) and for each kind found, slice ``kind=email`` and so on. What the detector found of known
  values of that kind stands beside it; where it missed some, the true density is higher.
* ``training-data-privacy.secret-share``: rows with a password, a token or a key.
* ``training-data-privacy.repeated-value-share``: of the different values, those that stand in several rows.
  A language model keeps what it reads often.
* ``training-data-privacy.repeated-share``, ``training-data-privacy.near-repeated-share``: rows that an
  earlier row repeats, exactly or nearly (Jaccard similarity of character n-grams): the main driver of
  verbatim memory, whatever the rows hold. ``training-data-privacy.most-copies``: rows of the most frequent
  text.

Where the training of the audited model left out repeats or replaced values (``train.deduplicate``,
``train.scrub``), what is counted is what it learnt; a note says how much that took away. ``assay data scrub``
writes a table without what was found.

What the measures hide: names and addresses, which the default detector does not look for (name another one
with the option ``detector``); values in words ("four five three nine"); values in images or attachments; a
person who can be told by what is said of them.

Source: repeats drive memory: Lee et al. 2022 (arXiv:2107.06499), Kandpal, Wallace and Raffel 2022
(arXiv:2202.06539), Carlini et al. 2023 (arXiv:2202.07646); personal values in training sets: Carlini et al.
2021 (arXiv:2012.07805).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._training_data_privacy_learnt import learnt_rows
from audits._training_data_privacy_measures import DENSITY_UNIT, MEASURES, PER
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.data import Dataset
from harness.detectors import Detector, detector_named, detector_recall, replacement
from harness.engines.screening import Screened, screen
from harness.predictions import Predictions
from harness.records import DatasetRef, Measurement, Message, Task
from harness.stats import bootstrap_mean, counted_share, exact, undefined, wilson
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

TASKS = ("text-classification", "prompted-classification", "multiple-choice", "text-generation")


class Options(BaseModel):
    """Options of ``training-data-privacy``.

    Attributes:
        detector: What finds the values: ``patterns``, ``lists``, ``presidio``, ``tokens:MODEL``,
            ``spacy:PIPELINE``, ``gliner:MODEL``, a plug-in, or several joined by ``+``.
        near_rows: Training rows that are compared for near repeats, a sample, at most.
        threshold: Least Jaccard similarity of near repeats.
        ngram: Characters of an n-gram.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    detector: str = "patterns"
    near_rows: int = Field(default=5000, ge=2)
    threshold: float = Field(default=0.8, gt=0, le=1)
    ngram: int = Field(default=5, ge=1, le=20)


def planted(seed: int) -> Trial:
    """Plant personal values in every fifth training row."""
    return Trial(
        guilty=_planted_context(seed, share=0.2),
        innocent=_planted_context(seed, share=0.0),
        rule={"measure": "training-data-privacy.personal-share", "require": {"at_most": 0.05}},
    )


def units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return that no test row stands behind a measure: training rows are counted, all of them."""
    return {name: {measure.key: 0 for measure in MEASURES} for name in facts.sets}


@audit(
    id="training-data-privacy",
    question="What personal data and secrets would a model learn from the training rows?",
    needs={"predictions", "train"},
    uses={"lineage"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    by_suite={"standard": {"near_rows": 2000}},
    cost="no model calls; every training row is read once, a sample compared with the rows before it",
    planted=planted,
    units=units,
    tasks=TASKS,
)
def training_data_privacy(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what was found in the training rows."""
    given = ctx.train_rows()
    assert given is not None  # a need
    train, said = learnt_rows(given, ctx.lineage())
    if not train.n or not train.has_inputs:
        why = Message.of(
            "training-data-privacy.no-rows",
            "Not measured: the training set has no row with a text.",
        )
        for measure in MEASURES:
            name = measure.key.partition(".")[2]
            yield ctx.measurement(name, undefined(why, unit=measure.unit), dataset=train.ref.name)
        return
    detector = detector_named(ctx.options.detector)
    compared = _compared(ctx, train.n)
    found = screen(
        train.inputs,
        detector,
        compared=compared,
        threshold=ctx.options.threshold,
        ngram=ctx.options.ngram,
    )
    for measurement in (*_values(ctx, train, found, detector), *_repeats(ctx, train, found)):
        yield replace(measurement, notes=(*measurement.notes, *said))


def _compared(ctx: AuditContext, n: int) -> NDArray[np.int64] | None:
    """Return the sample of rows that is compared, in the order of the rows; None for all."""
    if n <= ctx.options.near_rows:
        return None
    return np.sort(ctx.rng.choice(n, size=ctx.options.near_rows, replace=False))


def _values(
    ctx: AuditContext, train: Dataset, found: Screened, detector: Detector
) -> Iterator[Measurement]:
    name = train.ref.name
    looked_for = Message.of(
        "training-data-privacy.detector",
        "The detector {detector} looks for {n_kinds} kinds: {kinds}.",
        detector=detector.id,
        n_kinds=len(detector.kinds),
        kinds=", ".join(sorted(detector.kinds)),
    )
    personal = counted_share(int(found.is_personal.sum()), found.n)
    yield ctx.measurement("personal-share", personal, dataset=name, share=1.0, notes=(looked_for,))
    yield _density(ctx, train, found.per_row, notes=(looked_for,))
    for one in found.kinds:
        yield _density(ctx, train, one.per_row, kind=one.kind, notes=_recall(detector, one.kind))
    secret = counted_share(int(found.has_secret.sum()), found.n)
    yield ctx.measurement("secret-share", secret, dataset=name, share=1.0)
    if found.n_different:
        repeated = counted_share(found.n_repeated, found.n_different)
    else:
        why = Message.of(
            "training-data-privacy.no-values", "Not measured: no personal value was found."
        )
        repeated = undefined(why, unit="share")
    yield ctx.measurement("repeated-value-share", repeated, dataset=name)


def _density(
    ctx: AuditContext,
    train: Dataset,
    per_row: NDArray[np.int64],
    *,
    kind: str | None = None,
    notes: tuple[Message, ...] = (),
) -> Measurement:
    density = bootstrap_mean(
        per_row * float(PER),
        rng=ctx.rng,
        keep=ctx.keep,
        unit=DENSITY_UNIT,
        range_low=0.0,
        range_high=None,
        cluster=train.cluster,
    )
    where = None if kind is None else {"kind": kind}
    return ctx.measurement("density", density, dataset=train.ref.name, where=where, notes=notes)


def _recall(detector: Detector, kind: str) -> tuple[Message, ...]:
    """Say what the detector found of known values of a kind, or that nobody measured it."""
    table = detector_recall(detector.id)
    one = None if table is None else table.by_kind.get(kind)
    if one is None:
        return (
            Message.of(
                "training-data-privacy.recall-unknown",
                "How many values of kind {kind} the detector {detector} misses was not measured.",
                kind=kind,
                detector=detector.id,
            ),
        )
    return (
        Message.of(
            "training-data-privacy.recall",
            "Of {n_known} known values of kind {kind} the detector {detector} found {n_found}; "
            "{n_wrong} of its {n_spans} spans were none.",
            kind=kind,
            detector=detector.id,
            n_known=one.n_known,
            n_found=one.n_found,
            n_wrong=one.n_wrong,
            n_spans=one.n_spans,
        ),
    )


def _repeats(ctx: AuditContext, train: Dataset, found: Screened) -> Iterator[Measurement]:
    name, m = train.ref.name, len(found.near_repeats)
    repeated = counted_share(int(found.repeats.sum()), found.n)
    yield ctx.measurement("repeated-share", repeated, dataset=name, share=1.0)
    count = int(found.near_repeats.sum())
    if m == found.n:
        yield ctx.measurement(
            "near-repeated-share", counted_share(count, found.n), dataset=name, share=1.0
        )
    else:
        caveat = Message.of(
            "training-data-privacy.sampled",
            "Compared among {n} of {n_train} training rows: in all of them more repeat an earlier one.",
            n=m,
            n_train=found.n,
        )
        near = wilson(count, m)
        yield ctx.measurement(
            "near-repeated-share", near, dataset=name, share=m / found.n, caveats=(caveat,)
        )
    copies = exact(float(found.most_copies), n=found.n, unit="rows")
    yield ctx.measurement("most-copies", copies, dataset=name, share=1.0)


def _planted_context(seed: int, *, share: float) -> AuditContext:
    rng = np.random.default_rng([seed, 35])
    n, kinds = 300, ("email", "card", "cn-id", "cn-mobile", "secret")
    words = rng.choice(np.array([f"word{k}" for k in range(200)], dtype=object), size=(n, 8))
    texts = [" ".join(each) for each in words.tolist()]
    for k in range(round(share * n)):
        texts[k] += f" {replacement(kinds[k % len(kinds)], rng)}"
    ids = np.array([f"e{index}" for index in range(n)], dtype=object)
    label = rng.integers(0, 2, size=n)
    train = Dataset(
        DatasetRef("train", "planted", None, "", n, n, {"text": "text"}),
        ids,
        list(texts),
        label=label,
    )
    return trial_context(
        training_data_privacy,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[Predictions("test", ids[:5], label[:5], 2, label=label[:5])],
        train=train,
        seed=seed,
    )
