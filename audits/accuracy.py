"""How often is the decision right, and is that more than a model without insight would reach?

Measures, over all examples of a data set:

* ``accuracy.accuracy``: share decided rightly.
* ``accuracy.balanced-accuracy``: mean over classes of the share of their examples decided rightly.
* ``accuracy.macro-precision``, ``macro-recall``, ``macro-f1``: means over classes that occur.
* ``accuracy.mcc``: correlation of labels and decisions (Matthews; multi-class as Gorodkin).
* ``accuracy.auroc``: share of pairs of examples that the scores put in the right order; with more
  than two classes the mean over classes, each against the rest.
* ``accuracy.log-loss``: mean of minus the natural logarithm of the score of the true class, nats.
* ``accuracy.majority-baseline``: accuracy of always deciding the most frequent class of the training
  rows where the run has them, else of the data set itself (then nobody could have done better with
  one answer); a note names the class, and another one the class that is right more often in the data
  set, where that is a different one: a passed gain over the first is none over the second.
* ``accuracy.random-baseline``: accuracy to be expected from drawing decisions at random with the
  label shares of the data set; a fact about the data set, hence without uncertainty.
* ``accuracy.gain-over-majority``: accuracy minus majority baseline on the same examples.

And for each class, in the slice ``label=<class>``: ``accuracy.class-precision``,
``class-recall`` and ``class-f1``.

Where rows share clusters (templates, documents, persons), the cluster is the unit of every interval: shares
have Student's t over clusters, class metrics weigh whole clusters, the AUC sums over them. Fewer than 10
clusters leave the ends of the range, and a caveat says so.

What they hide: whom the errors fall on (see ``group-error``), what each error costs, whether scores
are right as probabilities (log loss mixes that with sharpness), and wrong labels: a model is held
against the labels, not against the truth. Hard decisions have neither AUROC nor log loss.

Source: Sokolova and Lapalme 2009 (doi:10.1016/j.ipm.2009.03.002); each measure names its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._accuracy_measures import MEASURES
from audits._clusters import few, few_of_class, share, shared
from audits._metrics import agree, computed_decisions, computed_scores
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import (
    bootstrap_mean,
    clustered_confusion_estimates,
    confusion_estimate,
    delong,
    exact,
    log_loss_estimate,
    macro_delong,
    undefined,
)
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

COMPOSITE = ("balanced-accuracy", "macro-precision", "macro-recall", "macro-f1", "mcc")
"""Measures whose interval resamples the cells of the confusion matrix."""


def planted(seed: int) -> Trial:
    """Plant a model that has learnt to ignore the rare class; its accuracy still looks good."""
    return Trial(
        guilty=_planted_context(seed, rare_recall=0.10),
        innocent=_planted_context(seed, rare_recall=0.90),
        rule={"measure": "accuracy.balanced-accuracy", "require": {"at_least": 0.75}},
    )


def units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the rows behind means over classes: as many as one class alone would need.

    A mean of c recalls varies as a share of c^2 / (1/n_1 + ... + 1/n_c) rows does.
    """
    return {
        name: dict.fromkeys(
            ("accuracy.balanced-accuracy", "accuracy.macro-recall"),
            round(len(one.label_rows) ** 2 / sum(1 / rows for rows in one.label_rows)),
        )
        for name, one in facts.sets.items()
        if one.label_rows and min(one.label_rows) > 0
    }


@audit(
    id="accuracy",
    question="How often is the decision right, and is that more than no insight would reach?",
    needs={"predictions", "labels"},
    uses={"scores", "clusters", "train"},
    measures=MEASURES,
    suites={"quick", "standard", "deep"},
    cost="no model calls",
    planted=planted,
    units=units,
    of_errors=[
        "accuracy.accuracy",
        "accuracy.balanced-accuracy",
        "accuracy.macro-recall",
        "accuracy.gain-over-majority",
    ],
    beyond=["accuracy.majority-baseline", "accuracy.gain-over-majority"],
    version="2",
)
def accuracy(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield all measures over all examples, then those of each class."""
    for dataset in ctx.datasets:
        table = _read(ctx, dataset)
        for name, estimate in _overall(ctx, table):
            caveats = few(table.cluster)
            if name == "auroc" or name in COMPOSITE:
                caveats = caveats or few_of_class(estimate, table.label, table.cluster, ctx.task)
            yield ctx.measurement(name, estimate, dataset=dataset, share=1.0, caveats=caveats)
        yield from _baselines(ctx, dataset, table)
        yield from _classes(ctx, dataset, table)


@dataclass(frozen=True, slots=True)
class _Table:
    """One data set: decisions, labels, confusion cells [c, c] (label by decision), metric values.

    Clusters only where rows share some.
    """

    decision: IntArray
    label: IntArray
    scores: NDArray[np.float64] | None
    cluster: NDArray[np.object_] | None
    cells: IntArray
    values: dict[str, float]

    @property
    def n(self) -> int:
        return len(self.label)


def _read(ctx: AuditContext, dataset: str) -> _Table:
    seen = ctx.predictions(dataset)
    label, scores, c = seen.label, seen.scores, seen.n_classes
    assert label is not None  # the data set was offered because it has labels
    values = computed_decisions(seen.decision, label, c)
    if scores is not None:
        values |= computed_scores(scores, label)
    cells = np.bincount(label * c + seen.decision, minlength=c * c).reshape(c, c)
    return _Table(
        seen.decision, label, scores, shared(seen.cluster), cells.astype(np.int64), values
    )


def _overall(ctx: AuditContext, table: _Table) -> Iterator[tuple[str, Estimate]]:
    right = share(table.decision == table.label, table.cluster)
    yield "accuracy", agree("accuracy", table.values.get("accuracy"), right)
    for name, estimate in _composite(ctx, table, COMPOSITE).items():
        yield name, agree(name, table.values.get(name), estimate)
    if table.scores is None:
        yield "auroc", undefined(_needs_scores("AUROC"), unit="probability", n=table.n)
        yield "log-loss", undefined(_needs_scores("Log loss"), unit="nats", n=table.n)
        return
    yield "auroc", agree("auroc", table.values.get("auroc"), _auroc(table, table.scores))
    loss = log_loss_estimate(
        table.scores, table.label, rng=ctx.rng, keep=ctx.keep, cluster=table.cluster
    )
    yield "log-loss", agree("log-loss", table.values.get("log-loss"), loss)


def _composite(ctx: AuditContext, table: _Table, names: Sequence[str]) -> dict[str, Estimate]:
    """Return metrics of the confusion table; where rows share clusters, whole clusters are resampled."""
    if table.cluster is None:
        return {
            name: confusion_estimate(table.cells, name, rng=ctx.rng, keep=ctx.keep)
            for name in names
        }
    return clustered_confusion_estimates(
        table.label,
        table.decision,
        table.cluster,
        n_classes=len(table.cells),
        statistics=names,
        rng=ctx.rng,
        keep=ctx.keep,
    )


def _auroc(table: _Table, scores: NDArray[np.float64]) -> Estimate:
    if scores.shape[1] == 2:
        return delong(scores[:, 1], table.label == 1, cluster=table.cluster)
    return macro_delong(scores, table.label, cluster=table.cluster)


def _baselines(ctx: AuditContext, dataset: str, table: _Table) -> Iterator[Measurement]:
    majority, note = _majority(ctx, table)
    is_majority = table.label == majority
    notes = (note, *_other_majority(ctx, dataset, table, majority))
    caveats = few(table.cluster)
    by_majority = share(is_majority, table.cluster)
    yield ctx.measurement(
        "majority-baseline", by_majority, dataset=dataset, share=1.0, caveats=caveats, notes=notes
    )
    label_shares = np.bincount(table.label) / table.n
    by_chance = exact(float((label_shares**2).sum()), n=table.n, unit="share")
    yield ctx.measurement("random-baseline", by_chance, dataset=dataset, share=1.0)
    gain = bootstrap_mean(
        (table.decision == table.label).astype(np.float64) - is_majority,
        rng=ctx.rng,
        keep=ctx.keep,
        unit="difference",
        range_low=-1.0,
        range_high=1.0,
        cluster=table.cluster,
    )
    yield ctx.measurement(
        "gain-over-majority", gain, dataset=dataset, share=1.0, caveats=caveats, notes=notes
    )


def _majority(ctx: AuditContext, table: _Table) -> tuple[int, Message]:
    """Return the most frequent class of the training rows, else of the data set; ties: lowest id."""
    train = ctx.train_rows()
    known = train is not None and train.label is not None and len(train.label) > 0
    label = train.label if known and train is not None and train.label is not None else table.label
    majority = int(np.bincount(label).argmax())
    return majority, Message.of(
        "accuracy.majority-class",
        "The most frequent class of the {source} is {name}.",
        source="training rows" if known else "data set itself",
        name=ctx.task.classes[majority],
    )


def _other_majority(
    ctx: AuditContext, dataset: str, table: _Table, majority: int
) -> tuple[Message, ...]:
    """Say where another constant answer than the one that training rows suggest is right more often."""
    shares = np.bincount(table.label, minlength=len(ctx.task.classes)) / table.n
    best = int(shares.argmax())
    if shares[best] <= shares[majority]:
        return ()
    right = float((table.decision == table.label).mean())
    return (
        Message.of(
            "accuracy.other-majority",
            "In data set {dataset} itself {name} is the most frequent class: always deciding it would be "
            "correct for {constant:.1f} of 100 examples, the model is for {model:.1f}.",
            dataset=dataset,
            name=ctx.task.classes[best],
            constant=100 * float(shares[best]),
            model=100 * right,
        ),
    )


def _classes(ctx: AuditContext, dataset: str, table: _Table) -> Iterator[Measurement]:
    f1 = _composite(ctx, table, [f"f1:{k}" for k in range(len(ctx.task.classes))])
    for k, name in enumerate(ctx.task.classes):
        is_labelled, is_decided = table.label == k, table.decision == k
        estimates = {
            "precision": (share(is_labelled, table.cluster, of=is_decided), is_decided),
            "recall": (share(is_decided, table.cluster, of=is_labelled), is_labelled),
            "f1": (f1[f"f1:{k}"], is_labelled),
        }
        for statistic, (estimate, rows) in estimates.items():
            value = table.values.get(f"{statistic}:{k}")
            yield ctx.measurement(
                f"class-{statistic}",
                agree(f"{statistic} of {name}", value, estimate),
                dataset=dataset,
                where={"label": name},
                share=float(is_labelled.mean()),
                caveats=few(table.cluster, rows) if estimate.is_measured else (),
            )


def _needs_scores(what: str) -> Message:
    return Message.of(
        "accuracy.needs-scores",
        "Not measured: {what} needs scores, and there are hard decisions only.",
        what=what,
    )


def _planted_context(seed: int, *, rare_recall: float) -> AuditContext:
    rng = np.random.default_rng([seed, 3])
    n = 2000
    label = (rng.random(n) < 0.15).astype(np.int64)
    is_right = rng.random(n) < np.where(label == 1, rare_recall, 0.95)
    decision = np.where(is_right, label, 1 - label)
    predictions = Predictions(
        dataset="test",
        example_id=np.array([f"e{index}" for index in range(n)], dtype=object),
        decision=decision,
        n_classes=2,
        scores=np.where(np.arange(2) == decision[:, None], 0.8, 0.2),
        label=label,
    )
    task = Task(kind="text-classification", modality="text", classes=("frequent", "rare"))
    return trial_context(accuracy, task=task, predictions=[predictions], seed=seed)
