"""Are scores right as probabilities?

A model whose score is 0.8 should be right on 80 of 100 such examples. The score of an example is that
of the decided class; examples are put into bins of equal mass by it, equal scores never into
different bins.

Measures:

* ``calibration.ece``: expected calibration error: mean over examples of how far the score of a bin
  is from the share of right decisions in it, corrected for noise. A calibrated model gives about 0.
* ``calibration.ece-plugin``: the same as most software prints it, without the correction: noise alone
  makes it larger than 0, the more the smaller the data set.
* ``calibration.class-ece``: with two classes, the same (corrected) for the score of class 1 against
  whether the label is class 1, in the slice ``label=<class 1>``.
* ``calibration.mean-overconfidence``: mean score minus accuracy. Above 0: the model promises more
  than it holds; below 0: less.
* ``calibration.brier``: mean squared distance between the scores and what happened, summed over
  classes.
* ``calibration.share-right``: the reliability curve: share of right decisions in each bin, in the
  slice ``score=<lowest>..<highest>``, with a note of the bin's mean score. The same points stand in
  ``reliability.json`` (for two classes also those of class 1).
* ``calibration.temperature``: the number by which logits would have to be divided, fitted on the
  validation rows and never on test rows. Above 1: scores are too sure of themselves.
* ``calibration.ece-after-temperature``: ``ece`` on the test rows with that temperature applied. Its
  interval takes the temperature as given. Decisions do not change.

Where rows share clusters, the clusters are the units of every interval; fewer than 10 leave the ends of the
range, and a caveat says so.

What the measures hide: groups and classes for which scores are wrong in opposite directions, scores
that are wrong within a bin, and whether scores tell examples apart at all: a model that always
answers the base rate is calibrated. Temperature and what needs it are not measured for stored
predictions, which have no logits and no model to ask about the validation rows.

Source: Guo et al. 2017 (arXiv:1706.04599); equal mass: Roelofs et al. 2022 (arXiv:2012.08668); noise:
Kumar, Liang and Ma 2019 (arXiv:1909.10155), with the correction described in ``harness.stats.absolute``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._bins import Bin, curve_json, equal_mass, names, reliability, signed_parts
from audits._calibration_measures import MEASURES
from audits._clusters import few, shared
from harness.auditing import AuditContext, CostFacts, GuardedPredictions, Trial, audit
from harness.data import Dataset, sample_dataset
from harness.engines.prediction import softmax64
from harness.files import write_whole
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Estimate, Measurement, Message, Task
from harness.stats import (
    absolute_sum_estimates,
    bootstrap_mean,
    temperature_estimate,
    undefined,
)
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FEW_VALIDATION = 200
"""With fewer validation rows the upper end of the temperature's interval errs too often."""


class Options(BaseModel):
    """Options of ``calibration``.

    Attributes:
        n_bins: Bins of equal mass.
        n_replicates: Resampling replicates.
        n_validation: Validation rows that the model is asked about, a stratified sample, at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_bins: int = Field(default=15, ge=2, le=1000)
    n_replicates: int = Field(default=2000, ge=200, le=100_000)
    n_validation: int = Field(default=2000, ge=2)


def planted(seed: int) -> Trial:
    """Plant a model whose scores are three times as sure as its decisions are right."""
    return Trial(
        guilty=_planted_context(seed, sureness=3.0),
        innocent=_planted_context(seed, sureness=1.0),
        rule={"measure": "calibration.ece", "require": {"at_most": 0.05}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {"validation": min(facts.n_validation, facts.options.n_validation)}


@audit(
    id="calibration",
    question="Are scores right as probabilities?",
    needs={"predictions", "labels", "scores"},
    uses={"logits", "clusters", "validation", "model.logits"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="one forward pass for each of up to 2,000 validation rows",
    calls=calls,
    planted=planted,
    beyond=["calibration.temperature", "calibration.ece-after-temperature"],
    version="2",
)
def calibration(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield the errors of the scores, the reliability curve, and what a temperature would repair."""
    temperature, place, caveats = _temperature(ctx)
    curves = []
    for dataset in ctx.datasets:
        table = _read(ctx, dataset)
        yield from _errors(ctx, table)
        bins = equal_mass(table.score, _bins(ctx))
        curve = reliability(table.score, table.is_right, bins, table.cluster)
        curves.append(curve_json(curve, dataset=dataset, score_of="decided class"))
        for k, (name, one) in enumerate(zip(names(curve), curve, strict=True)):
            yield _point(ctx, table, name, one, few(table.cluster, bins == k))
        if table.scores.shape[1] == 2:
            first = equal_mass(table.scores[:, 1], _bins(ctx))
            points = reliability(table.scores[:, 1], table.label == 1, first, table.cluster)
            curves.append(curve_json(points, dataset=dataset, score_of=ctx.task.classes[1]))
        if place is None:
            yield ctx.measurement("temperature", temperature, dataset=dataset)
        yield _repaired(ctx, dataset, table, temperature)
    if place is not None:
        yield ctx.measurement("temperature", temperature, dataset=place, caveats=caveats)
    text = json.dumps({"format": "modelassay/reliability/v1", "curves": curves}, indent=1)
    write_whole(ctx.artifact("reliability.json"), text + "\n")


@dataclass(frozen=True, slots=True)
class _Table:
    """One data set: scores [n, c], score of the decided class [n], whether it is right [n]."""

    dataset: str
    label: NDArray[np.int64]
    scores: FloatArray
    score: FloatArray
    is_right: NDArray[np.bool_]
    cluster: NDArray[np.object_] | None


def _read(ctx: AuditContext, dataset: str) -> _Table:
    seen = ctx.predictions(dataset)
    label, scores = seen.label, seen.scores
    # the data set was offered because it has both
    assert label is not None
    assert scores is not None
    score = scores[np.arange(seen.n), seen.decision]
    return _Table(dataset, label, scores, score, seen.decision == label, shared(seen.cluster))


def _errors(ctx: AuditContext, table: _Table) -> Iterator[Measurement]:
    caveats = few(table.cluster)
    whole: dict[str, Any] = {"dataset": table.dataset, "share": 1.0, "caveats": caveats}
    corrected, plain = _calibration_errors(ctx, table.score, table.is_right, table.cluster)
    yield ctx.measurement("ece", corrected, **whole)
    yield ctx.measurement("ece-plugin", plain, **whole)
    if table.scores.shape[1] == 2:
        of_one, _ = _calibration_errors(ctx, table.scores[:, 1], table.label == 1, table.cluster)
        where = {"label": ctx.task.classes[1]}
        yield ctx.measurement(
            "class-ece", of_one, dataset=table.dataset, where=where, caveats=caveats
        )
    promised = _mean(ctx, table, table.score - table.is_right, unit="difference", ends=(-1.0, 1.0))
    yield ctx.measurement("mean-overconfidence", promised, **whole)
    squared = _mean(ctx, table, _squares(table), unit="probability squared", ends=(0.0, 2.0))
    yield ctx.measurement("brier", squared, **whole)


def _calibration_errors(
    ctx: AuditContext,
    score: FloatArray,
    is_true: NDArray[np.bool_],
    cluster: NDArray[np.object_] | None,
) -> tuple[Estimate, Estimate]:
    parts = signed_parts(score, is_true, equal_mass(score, _bins(ctx)), cluster)
    return absolute_sum_estimates(
        parts, rng=ctx.rng, keep=ctx.keep, unit="share", replicates=ctx.options.n_replicates
    )


def _mean(
    ctx: AuditContext,
    table: _Table,
    values: FloatArray,
    *,
    unit: str,
    ends: tuple[float, float],
) -> Estimate:
    return bootstrap_mean(
        values,
        rng=ctx.rng,
        keep=ctx.keep,
        unit=unit,
        range_low=ends[0],
        range_high=ends[1],
        cluster=table.cluster,
        replicates=ctx.options.n_replicates,
    )


def _squares(table: _Table) -> FloatArray:
    """Return the squared distance of each row's scores from its label, shape [n]."""
    own = table.scores[np.arange(len(table.label)), table.label]
    summed: FloatArray = (table.scores**2).sum(axis=1) - 2 * own + 1
    # rows of scores sum to 1 up to rounding, and so the sum can leave the range by as much
    return summed.clip(0.0, 2.0)


def _point(
    ctx: AuditContext, table: _Table, name: str, one: Bin, caveats: tuple[Message, ...]
) -> Measurement:
    note = Message.of(
        "calibration.mean-score",
        "The mean score of these {n} examples is {score}.",
        n=one.n,
        score=round(one.mean_score, 4),
    )
    return ctx.measurement(
        "share-right",
        one.share,
        dataset=table.dataset,
        where={"score": name},
        share=one.n / len(table.score),
        caveats=caveats,
        notes=(note,),
    )


def _temperature(ctx: AuditContext) -> tuple[Estimate, str | None, tuple[Message, ...]]:
    """Fit the temperature on validation rows; returns it with the name of those rows."""
    found = ctx.validation_rows()
    if ctx.model is None:
        return _no_temperature("stored-only", "the run has stored predictions only"), None, ()
    if found is None or found.label is None or found.n == 0:
        return _no_temperature("no-validation", "the run has no validation rows"), None, ()
    rows = sample_dataset(found, size=ctx.options.n_validation, seed=int(ctx.rng.integers(2**31)))
    name = found.ref.name
    logits = ctx.ask(rows.example_id.tolist(), ctx.prepare(rows.inputs), f"{name}/whole")
    assert rows.label is not None  # a sample keeps what the whole has
    estimate = temperature_estimate(
        logits,
        rows.label,
        rng=ctx.rng,
        keep=ctx.keep,
        cluster=shared(rows.cluster),
        replicates=ctx.options.n_replicates,
    )
    return estimate, name, (*_few(rows.n), *few(shared(rows.cluster)))


def _no_temperature(id: str, what: str) -> Estimate:
    why = Message.of(
        f"calibration.{id}",
        "Not measured: {what}, and a temperature is fitted on validation rows only.",
        what=what,
    )
    return undefined(why, unit="temperature")


def _few(n: int) -> tuple[Message, ...]:
    if n >= FEW_VALIDATION:
        return ()
    return (
        Message.of(
            "calibration.few-validation-rows",
            "Fitted on {n} validation rows, fewer than {limit}: the upper end of the interval can be "
            "too low.",
            n=n,
            limit=FEW_VALIDATION,
        ),
    )


def _repaired(ctx: AuditContext, dataset: str, table: _Table, temperature: Estimate) -> Measurement:
    seen: GuardedPredictions = ctx.predictions(dataset)
    if seen.logits is None or temperature.value is None:
        why = temperature.why_undefined or Message.of(
            "calibration.no-logits",
            "Not measured: data set {dataset} has no logits.",
            dataset=dataset,
        )
        return ctx.measurement(
            "ece-after-temperature", undefined(why, unit="share"), dataset=dataset
        )
    scores = softmax64(seen.logits.astype(np.float64) / temperature.value)
    score = scores[np.arange(seen.n), seen.decision]
    corrected, _ = _calibration_errors(ctx, score, table.is_right, table.cluster)
    note = Message.of(
        "calibration.temperature-used",
        "Logits were divided by {temperature}, fitted on {n} validation rows.",
        temperature=round(temperature.value, 4),
        n=temperature.n,
    )
    return ctx.measurement(
        "ece-after-temperature",
        corrected,
        dataset=dataset,
        share=1.0,
        caveats=few(table.cluster),
        notes=(note,),
    )


def _bins(ctx: AuditContext) -> int:
    found: int = ctx.options.n_bins
    return found


def _planted_context(seed: int, *, sureness: float) -> AuditContext:
    rng = np.random.default_rng([seed, 4])
    leads = {f"word{index}": float(rng.normal(scale=0.7)) for index in range(60)}
    model = KeywordModel({word: (0.0, sureness * lead) for word, lead in leads.items()}, (0.0, 0.0))
    words = np.array(list(leads), dtype=object)
    sets = {}
    for name, n in (("test", 3000), ("validation", 300)):
        drawn = rng.integers(0, len(words), size=(n, 6))
        chance = 1 / (1 + np.exp(-np.array(list(leads.values()))[drawn].sum(axis=1)))
        ref = DatasetRef(name, "planted", None, "", n, n, {"text": "text"})
        sets[name] = Dataset(
            ref,
            np.array([f"e{index}" for index in range(n)], dtype=object),
            [" ".join(each) for each in words[drawn].tolist()],
            label=(rng.random(n) < chance).astype(np.int64),
        )
    test = sets["test"]
    logits = model.logits(model.prepare(test.inputs))
    predictions = Predictions(
        dataset="test",
        example_id=test.example_id,
        decision=np.argmax(logits, axis=1).astype(np.int64),
        n_classes=2,
        scores=softmax64(logits),
        logits=logits,
        label=test.label,
    )
    return trial_context(
        calibration,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[predictions],
        rows={"test": test},
        validation=sets["validation"],
        model=model,
        seed=seed,
    )
