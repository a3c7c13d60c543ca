"""Does the model do on new rows what it does on the rows it learnt from?

The model is asked about a sample of the training rows, and about each test row it is known whether
the training set holds its text. What is better on known rows than on new ones was learnt by heart.

Measures, for each test set:

* ``generalisation.accuracy-difference``: accuracy on training rows minus accuracy on test rows. Above
  0: the model is right more often on rows that it has seen.
* ``generalisation.log-loss-difference``: log loss on test rows minus log loss on training rows. Above
  0: new rows surprise the model more. It shows overfitting before accuracy does.
* ``generalisation.duplicates-of-train``: share of test rows whose input stands in the training set,
  character by character.
* ``generalisation.near-duplicates-of-train``: share of test rows for which the training set holds a
  text that is at least ``threshold`` similar: Jaccard similarity of the sets of character n-grams,
  in lower case, white space unified, exact and without hashing. Duplicates are among them.
* ``generalisation.accuracy-without-duplicates``: accuracy on the test rows that have no such text in
  the training set.

Where rows share clusters, the clusters are the units of every interval, also those that stand in both sets;
fewer than 10 leave the ends of the range, and a caveat says so.

What the measures hide: rows that were rewritten or translated and not copied; training rows beyond
``n_train_compared`` (a caveat says so); what a pretrained base has seen before; and data sets that
differ for other reasons than overfitting (see the shifts of ``data-quality``). A difference of 0 is no
proof of quality: a model that learnt nothing has it too.

Source: Newcombe 1998, method 10 (doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I);
near-duplicates and what they do to test accuracy: Lee et al. 2022 (arXiv:2107.06499), Elangovan, He
and Verspoor 2021 (arXiv:2102.01818); prefix filtering: Chaudhuri, Ganti and Kaushik 2006
(doi:10.1109/ICDE.2006.9).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._clusters import few, few_on_one_side, share, share_difference, shared
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.data import Dataset, sample_dataset
from harness.data.near import has_near_duplicate
from harness.engines.prediction import decide, softmax64
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Estimate, Measure, Measurement, Message, Task
from harness.stats import bootstrap_difference, counted_share, undefined
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPS = float(np.finfo(np.float64).eps)
_MOST_NATS = -math.log(_EPS)
_COPIES = "Lee et al. 2022, arXiv:2107.06499; Elangovan, He and Verspoor 2021, arXiv:2102.01818"


def _share(name: str, title: str, reads_as: str, *, better: str, blind_to: str) -> Measure:
    return Measure(
        key=f"generalisation.{name}",
        title=title,
        unit="share",
        better="higher" if better == "higher" else "lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=_COPIES,
    )


MEASURES = (
    Measure(
        key="generalisation.accuracy-difference",
        title="Accuracy on training rows minus accuracy on test rows",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 training rows, about {per_100} more are decided correctly than of 100 test "
        "rows (below 0: fewer).",
        blind_to="Other differences between the two sets than having been seen.",
        source="Newcombe 1998, method 10, "
        "doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    ),
    Measure(
        key="generalisation.log-loss-difference",
        title="Log loss on test rows minus log loss on training rows",
        unit="nats",
        better="lower",
        range_low=-_MOST_NATS,
        range_high=_MOST_NATS,
        reads_as="Test rows surprise the model by {value} more than training rows (below 0: less).",
        blind_to="Other differences between the two sets than having been seen; few grave errors "
        "can outweigh all others.",
        source="Difference of two means, percentile bootstrap: Efron and Tibshirani 1993",
    ),
    _share(
        "duplicates-of-train",
        "Test rows that stand in the training set",
        "Of 100 test rows, about {per_100} stand in the training set, word for word.",
        better="lower",
        blind_to="Copies that differ in case, spacing or a single character.",
    ),
    _share(
        "near-duplicates-of-train",
        "Test rows that nearly stand in the training set",
        "Of 100 test rows, about {per_100} are nearly the same as a row of the training set.",
        better="lower",
        blind_to="Texts that were rewritten or translated.",
    ),
    _share(
        "accuracy-without-duplicates",
        "Accuracy on test rows that do not nearly stand in the training set",
        "Of 100 test rows that are new to the model, about {per_100} were decided correctly.",
        better="higher",
        blind_to="Texts that were rewritten or translated, and rare classes.",
    ),
)


class Options(BaseModel):
    """Options of ``generalisation``.

    Attributes:
        n_train: Training rows that the model is asked about, a stratified sample, at most.
        threshold: Least Jaccard similarity of near-duplicates.
        ngram: Characters of an n-gram.
        n_compared: Test rows that are looked up among the training rows, a sample, at most.
        n_train_compared: Training rows that they are looked up in, a sample, at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_train: int = Field(default=2000, ge=2)
    threshold: float = Field(default=0.8, gt=0, le=1)
    ngram: int = Field(default=3, ge=1, le=20)
    n_compared: int = Field(default=5000, ge=1)
    n_train_compared: int = Field(default=20_000, ge=1)


def planted(seed: int) -> Trial:
    """Plant a model that knows its training rows by heart and little else."""
    return Trial(
        guilty=_planted_context(seed, by_heart=True),
        innocent=_planted_context(seed, by_heart=False),
        rule={"measure": "generalisation.accuracy-difference", "require": {"at_most": 0.10}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {"train": min(facts.n_train, facts.options.n_train)}


@audit(
    id="generalisation",
    question="Does the model do on new rows what it does on the rows it learnt from?",
    needs={"predictions", "labels", "rows", "train"},
    uses={"scores", "clusters", "model.logits"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="one forward pass for each of up to 2,000 training rows; comparing texts takes seconds",
    calls=calls,
    planted=planted,
    version="2",
)
def generalisation(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield the differences to the training rows, then what the two sets have in common."""
    train = ctx.train_rows()
    assert train is not None  # data sets were offered because the run has training rows
    known = _ask_train(ctx, train)
    for dataset in ctx.datasets:
        yield from _differences(ctx, dataset, known)
        yield from _copies(ctx, dataset, train)


@dataclass(frozen=True, slots=True)
class _Known:
    """Answers about training rows: whether right [n], log loss [n], clusters, what to know of them."""

    is_right: NDArray[np.bool_]
    loss: NDArray[np.float64]
    cluster: NDArray[np.object_] | None
    caveats: tuple[Message, ...]


def _ask_train(ctx: AuditContext, train: Dataset) -> _Known | Message:
    """Ask the model about a sample of the training rows; returns the reason where it cannot."""
    if ctx.model is None:
        return Message.of(
            "generalisation.no-model",
            "Not measured: the run has stored predictions only, and no model to ask about the "
            "training rows.",
        )
    if train.label is None or train.n == 0:
        return Message.of(
            "generalisation.no-train-labels", "Not measured: the training rows have no labels."
        )
    rows = sample_dataset(train, size=ctx.options.n_train, seed=int(ctx.rng.integers(2**31)))
    assert rows.label is not None  # a sample keeps what the whole has
    logits = ctx.ask(rows.example_id.tolist(), ctx.prepare(rows.inputs), "train/whole")
    return _Known(
        decide(logits) == rows.label,
        _losses(softmax64(logits), rows.label),
        rows.cluster,
        _not_trained_here(ctx),
    )


def _not_trained_here(ctx: AuditContext) -> tuple[Message, ...]:
    if ctx.model is None or ctx.model.ref.kind == "trained":
        return ()
    return (
        Message.of(
            "generalisation.not-trained-here",
            "The model was not trained in this run: whether it has learnt from these training rows "
            "is what the config says and nobody checked.",
        ),
    )


def _losses(scores: NDArray[np.float64], label: NDArray[np.int64]) -> NDArray[np.float64]:
    own = np.clip(scores[np.arange(len(label)), label], _EPS, 1 - _EPS)
    losses: NDArray[np.float64] = -np.log(own)
    return losses


def _differences(ctx: AuditContext, dataset: str, known: _Known | Message) -> Iterator[Measurement]:
    seen = ctx.predictions(dataset)
    label = seen.label
    assert label is not None  # the data set was offered because it has labels
    if isinstance(known, Message):
        for name, unit in (("accuracy-difference", "difference"), ("log-loss-difference", "nats")):
            yield ctx.measurement(name, undefined(known, unit=unit), dataset=dataset)
        return
    is_right = seen.decision == label
    difference = share_difference((known.is_right, known.cluster), (is_right, seen.cluster))
    caveats = (*few_on_one_side(known.cluster, seen.cluster), *known.caveats)
    yield ctx.measurement(
        "accuracy-difference", difference, dataset=dataset, share=1.0, caveats=caveats
    )
    loss = _loss_difference(ctx, dataset, known)
    yield ctx.measurement("log-loss-difference", loss, dataset=dataset, share=1.0, caveats=caveats)


def _loss_difference(ctx: AuditContext, dataset: str, known: _Known) -> Estimate:
    seen = ctx.predictions(dataset)
    if seen.scores is None or seen.label is None:
        why = Message.of(
            "generalisation.no-scores",
            "Not measured: log loss needs scores, and there are hard decisions only.",
        )
        return undefined(why, unit="nats", n=seen.n)
    return bootstrap_difference(
        _losses(seen.scores, seen.label),
        known.loss,
        rng=ctx.rng,
        keep=ctx.keep,
        unit="nats",
        range_low=-_MOST_NATS,
        range_high=_MOST_NATS,
        clusters=(seen.cluster, known.cluster),
    )


def _copies(ctx: AuditContext, dataset: str, train: Dataset) -> Iterator[Measurement]:
    rows, seen = ctx.rows(dataset), ctx.predictions(dataset)
    texts = set(train.inputs)
    n_same = sum(one in texts for one in rows.inputs)
    exactly = counted_share(n_same, rows.n)
    yield ctx.measurement("duplicates-of-train", exactly, dataset=dataset, share=1.0)
    picked, pool, caveats = _compared(ctx, rows, train)
    is_near = has_near_duplicate(
        [rows.inputs[row] for row in picked.tolist()],
        pool.inputs,
        threshold=ctx.options.threshold,
        ngram=ctx.options.ngram,
    )
    count = int(is_near.sum())
    cluster = shared(seen.cluster if seen.cluster is None else seen.cluster[picked])
    near = counted_share(count, rows.n) if len(picked) == rows.n else share(is_near, cluster)
    yield ctx.measurement(
        "near-duplicates-of-train",
        near,
        dataset=dataset,
        share=len(picked) / rows.n,
        caveats=(*(few(cluster) if near.method != "exact" else ()), *caveats),
    )
    new = picked[~is_near]
    assert seen.label is not None  # the data set was offered because it has labels
    is_right = seen.decision[picked] == seen.label[picked]
    yield ctx.measurement(
        "accuracy-without-duplicates",
        share(is_right, cluster, of=~is_near)
        if len(new)
        else undefined(_all_known(rows.n), unit="share"),
        dataset=dataset,
        share=len(new) / rows.n,
        caveats=(*few(cluster, ~is_near), *caveats),
    )


def _compared(
    ctx: AuditContext, rows: Dataset, train: Dataset
) -> tuple[NDArray[np.int64], Dataset, tuple[Message, ...]]:
    """Return which test rows are looked up, in which training rows, and what that leaves open."""
    limit, most = ctx.options.n_compared, ctx.options.n_train_compared
    picked = np.arange(rows.n)
    if rows.n > limit:
        picked = np.sort(ctx.rng.choice(rows.n, size=limit, replace=False))
    pool = sample_dataset(train, size=most, seed=int(ctx.rng.integers(2**31)))
    if pool.n == train.n:
        return picked, pool, ()
    lower = Message.of(
        "generalisation.train-sampled",
        "Looked up in {n} of {n_train} training rows: there are more near-duplicates than were found.",
        n=pool.n,
        n_train=train.n,
    )
    return picked, pool, (lower,)


def _all_known(n: int) -> Message:
    return Message.of(
        "generalisation.all-known",
        "All {n} rows nearly stand in the training set, so none is new to the model.",
        n=n,
    )


def _planted_context(seed: int, *, by_heart: bool) -> AuditContext:
    rng = np.random.default_rng([seed, 5])
    sets = {name: _planted_rows(name, n, rng) for name, n in (("train", 500), ("test", 800))}
    train, test = sets["train"], sets["test"]
    assert train.label is not None
    model = KeywordModel({"good": (0.0, 2.0), "poor": (2.0, 0.0)}, (0.0, 0.0))
    if by_heart:
        model = KeywordModel(
            {
                str(text).split()[0]: (8.0 * (label == 0), 8.0 * (label == 1))
                for text, label in zip(train.inputs, train.label.tolist(), strict=True)
            },
            (0.0, 0.1),
        )
    logits = model.logits(model.prepare(test.inputs))
    predictions = Predictions(
        dataset="test",
        example_id=test.example_id,
        decision=decide(logits),
        n_classes=2,
        scores=softmax64(logits),
        logits=logits,
        label=test.label,
    )
    return trial_context(
        generalisation,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[predictions],
        rows={"test": test},
        train=train,
        model=model,
        seed=seed,
    )


def _planted_rows(name: str, n: int, rng: np.random.Generator) -> Dataset:
    """Draw texts of a name that stands nowhere else and of words, one of which speaks of the label."""
    label = rng.integers(0, 2, size=n)
    is_clear = rng.random(n) < 0.85
    words = np.where(is_clear == (label == 1), "good", "poor")
    filler = rng.choice(np.array([f"word{k}" for k in range(400)], dtype=object), size=(n, 8))
    texts = [f"{name}{k} {words[k]} {' '.join(each)}" for k, each in enumerate(filler.tolist())]
    ref = DatasetRef(name, "planted", None, "", n, n, {"text": "text"})
    ids = np.array([f"e{index}" for index in range(n)], dtype=object)
    return Dataset(ref, ids, list(texts), label=label.astype(np.int64))
