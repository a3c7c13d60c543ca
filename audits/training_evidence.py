"""Which training rows stand behind the decisions, and can they be relied on?

For sampled decisions, wrong ones first, the training rows are found that pull hardest towards what was
decided (influence in the last layer, exact there, or in chosen parameters, projected), and beside them
the nearest training rows: the baseline that influence has to be read against.

Measures, for each test set:

* ``training-evidence.suspect-support``: of the ``k`` most influential training rows of a wrong decision, the
  share whose own near rows speak against their label. High values say that the errors rest on labels
  that deserve a second look. A note gives the same share among all training rows.
* ``training-evidence.near-support``: of the ``k`` nearest training rows of a decision, the share that carry
  the decided class. Low values: the decisions go beyond what similar training rows say.
* ``training-evidence.near-agreement``: of the ``k`` most influential training rows, the share that are among
  the ``k`` nearest, too. A reading aid: near 1, influence says nothing that similarity does not.
* ``training-evidence.concentration``: of all influence towards a decision, the share that comes from the ``k``
  most influential rows. High values: few rows decide.

That the most influential rows carry the decided class is no measure here: with influence it is true by
construction, whatever the model has learnt.

``evidence.parquet`` names the training rows behind each sampled decision by id, with rank, influence,
cosine and label; ``by`` says whether influence or nearness put it there. No text.

What the measures hide: this is similar training evidence. It does not show that a decision would be another
one without these rows (only training again shows that), and it sees the final weights only, not the way
to them. Influence without ``normalised`` favours rows with a large loss everywhere. Intervals are over
decisions; the training set is taken as it is.

Source: Pruthi et al. 2020 (TracIn, arXiv:2002.08484); Park et al. 2023 (TRAK, arXiv:2303.14186); Xia et
al. 2024 (LESS, arXiv:2402.04333); nearest rows as baseline: Hanawa et al. 2021 (arXiv:2006.04528).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from audits._clusters import few, shared
from audits._training_evidence_measures import MEASURES
from audits._training_evidence_notes import (
    fewer,
    no_errors,
    no_features,
    no_support,
    similar,
)
from audits._training_rows import (
    Known,
    TraceOptions,
    planted_context,
    read_known,
    train_calls,
)
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.engines.influence import (
    LastLayer,
    TopRows,
    nearest_rows,
    neighbour_votes,
    top_rows,
    top_rows_by_captum,
)
from harness.files import whole_file
from harness.records import Estimate, Measurement, Message
from harness.stats import bootstrap_mean, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

BASE_ROWS = 1000
"""Training rows that the share of suspects is compared with, at most."""


class Options(TraceOptions):
    """Options of ``training-evidence``.

    Attributes:
        rows: Decisions that are looked at, a random sample, at most.
        errors: Wrong decisions that are looked at besides, a random sample, at most.
        k: Training rows that are named for each decision.
        neighbours: Nearest rows that are asked for the label of a training row.
        train_rows: Training rows that are searched, a stratified sample, at most.
        normalised: Divide influence by the length of each training row's gradient.
        engine: ``captum`` takes Captum's own class for the last layer.
    """

    rows: int = Field(default=100, ge=1)
    errors: int = Field(default=100, ge=0)
    k: int = Field(default=10, ge=1, le=1000)
    neighbours: int = Field(default=10, ge=1)
    train_rows: int = Field(default=50_000, ge=2)
    normalised: bool = False
    engine: Literal["own", "captum"] = "own"

    @model_validator(mode="after")
    def _check_engine(self) -> Options:
        if self.engine == "captum" and (self.trace != "last-layer" or self.normalised):
            raise ValueError("engine captum must go with trace last-layer and without normalised")
        return self


def planted(seed: int) -> Trial:
    """Plant wrong labels that pull hardest at every decision."""
    return Trial(
        guilty=planted_context(training_evidence, seed, wrong=0.08, errors=0.1),
        innocent=planted_context(training_evidence, seed, wrong=0.0, errors=0.1),
        rule={"measure": "training-evidence.suspect-support", "require": {"at_most": 0.2}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    options = facts.options
    each = train_calls(1, 1, options)
    asked = {
        name: each * min(one.n_rows, options.rows + options.errors)
        for name, one in facts.sets.items()
    }
    return {"train": train_calls(facts.n_train, options.train_rows, options), **asked}


@audit(
    id="training-evidence",
    question="Which training rows stand behind the decisions, and can they be relied on?",
    needs={"predictions", "rows", "train", "model.items"},
    uses={"labels", "clusters", "model.last-layer", "model.per-example-gradients"},
    measures=MEASURES,
    options=Options,
    suites={"deep"},
    cost="one forward pass for each of up to 50,000 training rows, and for 200 decisions",
    calls=calls,
    planted=planted,
)
def training_evidence(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what the training rows behind sampled decisions are like."""
    train = ctx.train_rows()
    assert train is not None  # data sets were offered because the run has training rows
    known = read_known(ctx, train, most=ctx.options.train_rows)
    found: list[dict[str, Any]] = []
    for dataset in ctx.datasets:
        if isinstance(known, Message):
            for one in MEASURES:
                name = one.key.split(".")[1]
                yield ctx.measurement(name, undefined(known, unit="share"), dataset=dataset)
            continue
        asked = _asked(ctx, dataset, known)
        yield from _measured(ctx, asked, known)
        found += _table(ctx, asked, known)
    _write(ctx, found)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Decisions that were looked at, and the training rows behind them.

    Attributes:
        dataset: Name of the data set.
        rows: Positions of the decisions, wrong ones first, shape [q].
        is_drawn: Which of them belong to the random sample, shape [q].
        is_wrong: Which of them are wrong, shape [q]; None without labels.
        decision: What was decided, shape [q].
        top: The training rows behind each, k of them.
        is_suspect: Position of a training row that is named → whether near rows speak against it;
            empty where nothing says what is near.
        n_errors: Wrong decisions in the data set; 0 without labels.
    """

    dataset: str
    rows: IntArray
    is_drawn: BoolArray
    is_wrong: BoolArray | None
    decision: IntArray
    top: TopRows
    is_suspect: dict[int, bool]
    n_errors: int


def _asked(ctx: AuditContext, dataset: str, known: Known) -> _Asked:
    seen, options = ctx.predictions(dataset), ctx.options
    drawn = ctx.shared_sample(dataset, options.rows)
    wrong = np.zeros(0, dtype=np.int64)
    n_errors = 0
    if seen.label is not None:
        wrong = np.flatnonzero(seen.decision != seen.label)
        n_errors = len(wrong)
        wrong = ctx.rng.permutation(wrong)[: options.errors]
    rows = np.array(list(dict.fromkeys([*wrong.tolist(), *drawn.tolist()])), dtype=np.int64)
    decision = seen.decision[rows]
    inputs = ctx.rows(dataset).inputs
    traces = known.reader([inputs[row] for row in rows.tolist()], decision)
    top = _top(ctx, known, traces)
    return _Asked(
        dataset,
        rows,
        np.isin(rows, drawn),
        None if seen.label is None else decision != seen.label[rows],
        decision,
        top,
        _suspects(ctx, known, np.unique(top.index)),
        n_errors,
    )


def _top(ctx: AuditContext, known: Known, traces: Any) -> TopRows:
    options = ctx.options
    if options.engine == "captum" and isinstance(known.traces, LastLayer):
        layer = ctx.last_layer_of.last_layer()
        return top_rows_by_captum(known.traces, traces, layer, k=options.k)
    return top_rows(known.traces, traces, k=options.k, is_normalised=options.normalised)


def _suspects(ctx: AuditContext, known: Known, rows: IntArray) -> dict[int, bool]:
    features = known.traces.features
    if features is None or known.rows.n < 2:
        return {}
    nearest = nearest_rows(features, k=ctx.options.neighbours, of=rows)
    c = len(ctx.task.classes)
    votes = neighbour_votes(nearest, known.label, known.label[rows], n_classes=c)
    return dict(zip(rows.tolist(), votes.is_against.tolist(), strict=True))


def _measured(ctx: AuditContext, asked: _Asked, known: Known) -> Iterator[Measurement]:
    top, drawn = asked.top, asked.is_drawn
    yield _suspect_support(ctx, asked, known)
    if top.nearest is None:
        for name in ("near-support", "near-agreement"):
            yield ctx.measurement(
                name, undefined(no_features(), unit="share"), dataset=asked.dataset
            )
    else:
        own = (known.label[top.nearest] == asked.decision[:, None]).mean(axis=1)
        yield _mean(ctx, "near-support", asked, known, values=own, of=drawn)
        both = [
            len(np.intersect1d(*each)) / len(each[0])
            for each in zip(top.index, top.nearest, strict=True)
        ]
        yield _mean(ctx, "near-agreement", asked, known, values=np.array(both), of=drawn)
    held = np.maximum(top.influence, 0).sum(axis=1, dtype=np.float64)
    has = top.support > 0
    part = np.minimum(np.divide(held, top.support, out=np.zeros(len(held)), where=has), 1.0)
    yield _mean(ctx, "concentration", asked, known, values=part, of=drawn & has)


def _suspect_support(ctx: AuditContext, asked: _Asked, known: Known) -> Measurement:
    if asked.is_wrong is None or not asked.is_wrong.any() or not asked.is_suspect:
        why = (
            no_features()
            if asked.is_wrong is not None and asked.is_wrong.any()
            else no_errors(asked.dataset, has_labels=asked.is_wrong is not None)
        )
        return ctx.measurement(
            "suspect-support", undefined(why, unit="share"), dataset=asked.dataset
        )
    suspect = np.array(
        [[asked.is_suspect[row] for row in rows] for rows in asked.top.index.tolist()]
    ).mean(axis=1)
    return _mean(
        ctx,
        "suspect-support",
        asked,
        known,
        values=suspect,
        of=asked.is_wrong,
        notes=_base(ctx, known),
    )


def _mean(
    ctx: AuditContext,
    name: str,
    asked: _Asked,
    known: Known,
    *,
    values: FloatArray,
    of: BoolArray,
    notes: tuple[Message, ...] = (),
) -> Measurement:
    cluster = ctx.predictions(asked.dataset).cluster
    units = None if cluster is None else shared(cluster[asked.rows][of])
    if not of.any():
        estimate: Estimate = undefined(no_support(), unit="share")
    else:
        estimate = bootstrap_mean(
            values[of],
            rng=ctx.rng,
            keep=ctx.keep,
            unit="share",
            range_low=0.0,
            range_high=1.0,
            cluster=units,
        )
    caveats = (similar(), *known.caveats, *few(units), *fewer(known.rows.n, ctx.options.k))
    return ctx.measurement(name, estimate, dataset=asked.dataset, caveats=caveats, notes=notes)


def _base(ctx: AuditContext, known: Known) -> tuple[Message, ...]:
    """Say how many of all training rows are suspects."""
    rows = np.sort(ctx.rng.permutation(known.rows.n)[:BASE_ROWS])
    found = _suspects(ctx, known, rows)
    return (
        Message.of(
            "training-evidence.base",
            "Of {n} training rows drawn at random, {n_suspect} carry a label that their own near rows "
            "speak against.",
            n=len(found),
            n_suspect=sum(found.values()),
        ),
    )


def _table(ctx: AuditContext, asked: _Asked, known: Known) -> list[dict[str, Any]]:
    """Return one line for each decision and training row behind it."""
    top, classes = asked.top, ctx.task.classes
    ids = ctx.predictions(asked.dataset).example_id
    lists: list[tuple[str, IntArray, Any, Any]] = [
        ("influence", top.index, top.influence, top.cosine)
    ]
    if top.nearest is not None:
        lists.append(("nearness", top.nearest, None, top.nearest_cosine))
    return [
        {
            "dataset": asked.dataset,
            "example_id": str(ids[row]),
            "decision": classes[int(asked.decision[q])],
            "is_wrong": None if asked.is_wrong is None else bool(asked.is_wrong[q]),
            "by": by,
            "rank": rank + 1,
            "train_id": str(known.rows.example_id[one]),
            "label": classes[int(known.label[one])],
            "influence": None if influence is None else float(influence[q, rank]),
            "cosine": None if cosine is None else float(cosine[q, rank]),
            "is_suspect": asked.is_suspect.get(int(one)),
        }
        for q, row in enumerate(asked.rows.tolist())
        for by, index, influence, cosine in lists
        for rank, one in enumerate(index[q].tolist())
    ]


def _write(ctx: AuditContext, found: Sequence[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not found:
        return
    types = dict.fromkeys(found[0], pa.string())
    types |= {"is_wrong": pa.bool_(), "is_suspect": pa.bool_(), "rank": pa.int64()}
    types |= {"influence": pa.float32(), "cosine": pa.float32()}
    columns = {name: pa.array([line[name] for line in found], type) for name, type in types.items()}
    with whole_file(ctx.artifact("evidence.parquet")) as part:
        pq.write_table(pa.table(columns), part, compression="zstd")
