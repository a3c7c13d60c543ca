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
  one answer); a note names the class.
* ``accuracy.random-baseline``: accuracy to be expected from drawing decisions at random with the
  label shares of the data set; a fact about the data set, hence without uncertainty.
* ``accuracy.gain-over-majority``: accuracy minus majority baseline on the same examples.

And for each class, in the slice ``label=<class>``: ``accuracy.class-precision``,
``class-recall`` and ``class-f1``.

What they hide: whom the errors fall on (see ``group-error``), what each error costs, whether scores
are right as probabilities (log loss mixes that with sharpness), and wrong labels: a model is held
against the labels, not against the truth. Hard decisions have neither AUROC nor log loss.

Source: Sokolova and Lapalme 2009 (doi:10.1016/j.ipm.2009.03.002); each measure names its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audits._metrics import agree, clustered, computed_decisions, computed_scores
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.predictions import Predictions
from harness.records import Estimate, Measure, Measurement, Message, Task
from harness.stats import (
    bootstrap_mean,
    confusion_estimate,
    delong,
    exact,
    log_loss_estimate,
    macro_delong,
    undefined,
    wilson,
)
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

_SURVEY = "Sokolova and Lapalme 2009, doi:10.1016/j.ipm.2009.03.002"


def _share(name: str, title: str, reads_as: str, *, blind_to: str, source: str) -> Measure:
    return Measure(
        key=f"accuracy.{name}",
        title=title,
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=source,
    )


MEASURES = (
    _share(
        "accuracy",
        "Accuracy",
        "Of 100 examples, about {per_100} were decided correctly.",
        blind_to="Rare classes: always deciding the most frequent one can look good.",
        source=f"{_SURVEY}; interval: Wilson 1927, doi:10.1080/01621459.1927.10502953",
    ),
    _share(
        "balanced-accuracy",
        "Balanced accuracy",
        "Of 100 examples drawn evenly from all classes, about {per_100} were decided correctly.",
        blind_to="How frequent each class is, and false alarms that a rare class causes.",
        source="Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
    ),
    _share(
        "macro-precision",
        "Macro precision",
        "Of 100 decisions drawn evenly from all classes, about {per_100} were correct.",
        blind_to="Missed examples, and how frequent each class is.",
        source=_SURVEY,
    ),
    _share(
        "macro-recall",
        "Macro recall",
        "Of 100 examples drawn evenly from all classes, about {per_100} were found.",
        blind_to="False alarms, and how frequent each class is.",
        source=_SURVEY,
    ),
    _share(
        "macro-f1",
        "Macro F1",
        "Missed examples and false alarms together, mean over classes: {value} on a scale from 0 "
        "(worst) to 1.",
        blind_to="Which of the two errors is made, and how frequent each class is.",
        source="Opitz and Burst 2019, arXiv:1911.03347 (mean of the F1 of each class)",
    ),
    Measure(
        key="accuracy.mcc",
        title="Matthews correlation coefficient",
        unit="correlation",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Labels and decisions go together with {value} on a scale from -1 (opposite) over "
        "0 (no relation) to 1 (always equal).",
        blind_to="Which class is confused with which.",
        source="Matthews 1975, doi:10.1016/0005-2795(75)90109-9; Gorodkin 2004, "
        "doi:10.1016/j.compbiolchem.2004.09.006",
    ),
    Measure(
        key="accuracy.auroc",
        title="Area under the ROC curve",
        unit="probability",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 pairs of one example of a class and one of another, the scores put about "
        "{per_100} in the right order.",
        blind_to="The decision threshold, and whether scores are right as probabilities.",
        source="Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747; interval: DeLong, DeLong "
        "and Clarke-Pearson 1988, doi:10.2307/2531595",
    ),
    Measure(
        key="accuracy.log-loss",
        title="Log loss",
        unit="nats",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="The mean surprise at the true class is {value}; 0 is perfect.",
        blind_to="Which class is confused with which; a few grave errors can outweigh all others.",
        source="Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x",
    ),
    _share(
        "majority-baseline",
        "Accuracy of always deciding the most frequent class",
        "Always deciding the most frequent class would be correct for about {per_100} of 100 "
        "examples.",
        blind_to="The model: it says how easy the data set is.",
        source="Zero rule; Holte 1993, doi:10.1023/A:1022631118932",
    ),
    _share(
        "random-baseline",
        "Accuracy of deciding at random",
        "Decisions drawn at random with the shares of the labels would be correct for about "
        "{per_100} of 100 examples.",
        blind_to="The model: it says how easy the data set is.",
        source="Sum of squared label shares; Gini 1912",
    ),
    Measure(
        key="accuracy.gain-over-majority",
        title="Accuracy gained over always deciding the most frequent class",
        unit="difference",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Of 100 examples, about {per_100} more were decided correctly than by always "
        "deciding the most frequent class (below 0: fewer).",
        blind_to="Rare classes, as accuracy is.",
        source="Paired difference of two shares; percentile bootstrap: Efron and Tibshirani 1993",
    ),
    _share(
        "class-precision",
        "Precision of a class",
        "Of 100 decisions for this class ({slice}), about {per_100} were correct.",
        blind_to="Missed examples of the class.",
        source=_SURVEY,
    ),
    _share(
        "class-recall",
        "Recall of a class",
        "Of 100 examples of this class ({slice}), about {per_100} were found.",
        blind_to="False alarms for the class.",
        source=_SURVEY,
    ),
    _share(
        "class-f1",
        "F1 of a class",
        "Missed examples and false alarms of this class ({slice}) together: {value} on a scale from "
        "0 (worst) to 1.",
        blind_to="Which of the two errors is made.",
        source="van Rijsbergen 1979, Information Retrieval, chapter 7",
    ),
)

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
    version="2",
)
def accuracy(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield all measures over all examples, then those of each class."""
    for dataset in ctx.datasets:
        table = _read(ctx, dataset)
        for name, estimate in _overall(ctx, table):
            knows_clusters = name in ("log-loss", "auroc")
            caveats = () if knows_clusters else clustered(table.cluster)
            yield ctx.measurement(name, estimate, dataset=dataset, share=1.0, caveats=caveats)
        yield from _baselines(ctx, dataset, table)
        yield from _classes(ctx, dataset, table)


@dataclass(frozen=True, slots=True)
class _Table:
    """One data set: decisions, labels, confusion cells [c, c] (label by decision), metric values."""

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
    return _Table(seen.decision, label, scores, seen.cluster, cells.astype(np.int64), values)


def _overall(ctx: AuditContext, table: _Table) -> Iterator[tuple[str, Estimate]]:
    right = int(np.trace(table.cells))
    yield "accuracy", agree("accuracy", table.values.get("accuracy"), wilson(right, table.n))
    for name in COMPOSITE:
        estimate = confusion_estimate(table.cells, name, rng=ctx.rng, keep=ctx.keep)
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


def _auroc(table: _Table, scores: NDArray[np.float64]) -> Estimate:
    if scores.shape[1] == 2:
        return delong(scores[:, 1], table.label == 1, cluster=table.cluster)
    return macro_delong(scores, table.label, cluster=table.cluster)


def _baselines(ctx: AuditContext, dataset: str, table: _Table) -> Iterator[Measurement]:
    majority, note = _majority(ctx, table)
    is_majority = table.label == majority
    caveats = clustered(table.cluster)
    share = wilson(int(is_majority.sum()), table.n)
    yield ctx.measurement(
        "majority-baseline", share, dataset=dataset, share=1.0, caveats=caveats, notes=(note,)
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
    yield ctx.measurement("gain-over-majority", gain, dataset=dataset, share=1.0, notes=(note,))


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


def _classes(ctx: AuditContext, dataset: str, table: _Table) -> Iterator[Measurement]:
    estimators: dict[str, Callable[[int], Estimate]] = {
        "precision": lambda k: wilson(int(table.cells[k, k]), int(table.cells[:, k].sum())),
        "recall": lambda k: wilson(int(table.cells[k, k]), int(table.cells[k].sum())),
        "f1": lambda k: confusion_estimate(table.cells, f"f1:{k}", rng=ctx.rng, keep=ctx.keep),
    }
    caveats = clustered(table.cluster)
    for k, name in enumerate(ctx.task.classes):
        share = float(table.cells[k].sum() / table.n)
        for statistic, estimator in estimators.items():
            value = table.values.get(f"{statistic}:{k}")
            yield ctx.measurement(
                f"class-{statistic}",
                agree(f"{statistic} of {name}", value, estimator(k)),
                dataset=dataset,
                where={"label": name},
                share=share,
                caveats=caveats,
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
