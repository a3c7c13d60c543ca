"""Which training rows may carry a wrong label?

Each training row is compared with its nearest other training rows, near in what the model's last
layer reads, and with what the model makes of it. Rows whose label stands alone are worth a second look;
whether they are wrong is for a person to say.

Measures, for the training set:

* ``mislabelled.suspect-share``: share of training rows of whose nearest other rows more than half carry
  one and the same other label. Where all rows were looked at it is that share exactly; of a sample it has
  an interval. It is no estimate of how many labels are wrong: hard rows are among the suspects, and
  wrong labels that stand together are not.
* ``mislabelled.against-model-share``: share of training rows that the model decides otherwise than
  they are labelled. A model that has learnt wrong labels by heart does not show them here.
* ``mislabelled.planted-found``: of labels that the audit itself changes at random, the share that the
  rule of ``suspect-share`` then points at: what the rule is worth on this data.
* ``mislabelled.auroc-self-influence``, ``mislabelled.auroc-loss``, ``mislabelled.auroc-neighbours``: how well
  three rankings put these changed labels before all others: self-influence in the last layer, the
  loss, and the share of near rows with another label.

``suspects.parquet`` lists the rows by id with label, what the near rows and the model say, and the three
scores, the largest self-influence first; no text. Near rows and changed labels are drawn from the rows
that were looked at, at most ``rows``.

What the measures hide: labels that are wrong in the same way throughout; copies of a row with the same wrong label,
which vouch for each other; rows that are unlike all others; and wrong labels that the model learnt so
well that its features put them among the rows of the wrong class. The changed labels were never learnt, so the
last four measures are an upper end.

Source: self-influence: Pruthi et al. 2020 (TracIn, arXiv:2002.08484); near rows: Wilson 1972
(doi:10.1109/TSMC.1972.4309137); labels at odds with a model: Northcutt, Jiang and Chuang 2021
(arXiv:1911.00068).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from audits._clusters import few, share, shared
from audits._mislabelled_measures import MEASURES
from audits._training_rows import (
    Known,
    TraceOptions,
    planted_context,
    read_known,
    train_calls,
)
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.engines.influence import LastLayer, Votes, nearest_rows, neighbour_votes
from harness.files import whole_file
from harness.records import Estimate, Measurement, Message, Task
from harness.stats import counted_share, delong, undefined, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


class Options(TraceOptions):
    """Options of ``mislabelled``.

    Attributes:
        rows: Training rows that are looked at, a stratified sample, at most.
        neighbours: Nearest rows that are asked for their label.
        changed: Share of the labels that the audit changes to try itself out.
    """

    rows: int = Field(default=5000, ge=2)
    neighbours: int = Field(default=10, ge=1)
    changed: float = Field(default=0.05, gt=0, lt=0.5)


def planted(seed: int) -> Trial:
    """Plant a training set in which 8 of 100 labels are wrong."""
    return Trial(
        guilty=planted_context(mislabelled, seed, wrong=0.08),
        innocent=planted_context(mislabelled, seed, wrong=0.0),
        rule={"measure": "mislabelled.suspect-share", "require": {"at_most": 0.03}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {"train": train_calls(facts.n_train, facts.options.rows, facts.options)}


@audit(
    id="mislabelled",
    question="Which training rows may carry a wrong label?",
    needs={"predictions", "train", "model.items"},
    uses={"model.last-layer", "model.per-example-gradients"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="one forward pass for each of up to 5,000 training rows",
    calls=calls,
    planted=planted,
)
def mislabelled(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what near rows and the model say of the labels, then what that is worth."""
    train = ctx.train_rows()
    assert train is not None  # data sets were offered because the run has training rows
    known = read_known(ctx, train, most=ctx.options.rows)
    name = train.ref.name
    if isinstance(known, Message):
        yield from _nothing(ctx, name, known, {one.key: one.unit for one in MEASURES})
        return
    votes = _votes(ctx, known)
    yield from _suspects(ctx, known, votes, n_train=train.n)
    yield from _tried_out(ctx, known, votes)
    _write(ctx, known, votes)


def _nothing(
    ctx: AuditContext, dataset: str, why: Message, units: Mapping[str, str]
) -> Iterator[Measurement]:
    for key, unit in units.items():
        yield ctx.measurement(key.split(".")[1], undefined(why, unit=unit), dataset=dataset)


@dataclass(frozen=True, slots=True)
class _Near:
    """The nearest other rows, shape [n, k], and how they vote."""

    nearest: IntArray
    votes: Votes


def _votes(ctx: AuditContext, known: Known) -> _Near | Message:
    if known.traces.features is None:
        return Message.of(
            "mislabelled.no-features",
            "Not measured: the gradients of the last layer are not among the parameters, so nothing "
            "says which rows are near each other.",
        )
    if known.rows.n < 2:
        return Message.of(
            "mislabelled.one-row", "Not measured: one training row has no other rows near it."
        )
    nearest = nearest_rows(known.traces.features, k=ctx.options.neighbours)
    votes = neighbour_votes(nearest, known.label, known.label, n_classes=len(ctx.task.classes))
    return _Near(nearest, votes)


def _suspects(
    ctx: AuditContext, known: Known, near: _Near | Message, *, n_train: int
) -> Iterator[Measurement]:
    if isinstance(near, Message):
        yield from _nothing(ctx, known.rows.ref.name, near, {"mislabelled.suspect-share": "share"})
    else:
        notes = _confused(ctx.task, known.label, near.votes)
        yield _counted(
            ctx, "suspect-share", known, near.votes.is_against, n_train=n_train, notes=notes
        )
    decision = _decision(known)
    if decision is None:
        why = Message.of(
            "mislabelled.no-decisions",
            "Not measured: gradients say which way a row pulls, not what is decided about it.",
        )
        yield from _nothing(
            ctx, known.rows.ref.name, why, {"mislabelled.against-model-share": "share"}
        )
    else:
        yield _counted(ctx, "against-model-share", known, decision != known.label, n_train=n_train)


def _counted(
    ctx: AuditContext,
    name: str,
    known: Known,
    is_counted: BoolArray,
    *,
    n_train: int,
    notes: tuple[Message, ...] = (),
) -> Measurement:
    cluster = shared(known.rows.cluster)
    # rows that a budget cut away are not all there were
    is_whole = known.rows.n == n_train and known.rows.ref.limit is None
    estimate = (
        counted_share(int(is_counted.sum()), n_train) if is_whole else share(is_counted, cluster)
    )
    return ctx.measurement(
        name,
        estimate,
        dataset=known.rows.ref.name,
        share=known.rows.n / n_train,
        caveats=(*known.caveats, *(() if is_whole else few(cluster))),
        notes=notes,
    )


def _decision(known: Known) -> IntArray | None:
    return known.traces.decision if isinstance(known.traces, LastLayer) else None


def _confused(task: Task, label: IntArray, votes: Votes) -> tuple[Message, ...]:
    """Name the two classes between which most suspects stand."""
    if not votes.is_against.any():
        return ()
    c = len(task.classes)
    pairs = np.bincount(
        label[votes.is_against] * c + votes.winner[votes.is_against], minlength=c * c
    )
    most = int(pairs.argmax())
    return (
        Message.of(
            "mislabelled.most-confused",
            "Of {n} such rows, {n_most} are labelled {label} among rows of {other}.",
            n=int(votes.is_against.sum()),
            n_most=int(pairs[most]),
            label=task.classes[most // c],
            other=task.classes[most % c],
        ),
    )


_TRIED = {
    "planted-found": "share",
    "auroc-self-influence": "probability",
    "auroc-loss": "probability",
    "auroc-neighbours": "probability",
}


def _tried_out(ctx: AuditContext, known: Known, near: _Near | Message) -> Iterator[Measurement]:
    """Change some labels and see which rankings find them."""
    name = known.rows.ref.name
    if isinstance(near, Message) or not isinstance(known.traces, LastLayer):
        why = near if isinstance(near, Message) else _needs_layer()
        yield from _nothing(ctx, name, why, {f"mislabelled.{one}": _TRIED[one] for one in _TRIED})
        return
    is_changed, label = _change(ctx, known.label)
    traces = known.traces.relabelled(label, *ctx.last_layer_of.last_layer())
    votes = neighbour_votes(near.nearest, label, label, n_classes=len(ctx.task.classes))
    found = int((votes.is_against & is_changed).sum())
    estimates: dict[str, Estimate] = {
        "planted-found": wilson(found, int(is_changed.sum())),
        "auroc-self-influence": delong(traces.self_influence(), is_changed),
        "auroc-loss": delong(traces.loss, is_changed),
        "auroc-neighbours": delong(votes.disagreement, is_changed),
    }
    for measure, estimate in estimates.items():
        yield ctx.measurement(
            measure, estimate, dataset=name, caveats=(*known.caveats, _never_learnt())
        )


def _change(ctx: AuditContext, label: IntArray) -> tuple[BoolArray, IntArray]:
    """Give a share of the rows another label, every other class alike."""
    n, c = len(label), len(ctx.task.classes)
    chosen = ctx.rng.permutation(n)[: max(1, round(ctx.options.changed * n))]
    other = label.copy()
    other[chosen] = (label[chosen] + ctx.rng.integers(1, c, size=len(chosen))) % c
    is_changed = np.zeros(n, dtype=np.bool_)
    is_changed[chosen] = True
    return is_changed, other


def _write(ctx: AuditContext, known: Known, near: _Near | Message) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    own = known.traces.self_influence()
    order = np.lexsort((np.arange(len(own)), -own))
    classes = np.array(ctx.task.classes, dtype=object)
    columns: dict[str, pa.Array] = {
        "example_id": pa.array(known.rows.example_id[order].tolist(), pa.string()),
        "rank": pa.array(range(1, len(own) + 1), pa.int64()),
        "label": pa.array(classes[known.label[order]].tolist(), pa.string()),
        "self_influence": pa.array(own[order], pa.float64()),
    }
    if isinstance(known.traces, LastLayer):
        columns |= {
            "loss": pa.array(known.traces.loss[order], pa.float64()),
            "decision": pa.array(classes[known.traces.decision[order]].tolist(), pa.string()),
        }
    if not isinstance(near, Message):
        columns |= {
            "near_label": pa.array(classes[near.votes.winner[order]].tolist(), pa.string()),
            "near_disagreement": pa.array(near.votes.disagreement[order], pa.float64()),
            "is_suspect": pa.array(near.votes.is_against[order], pa.bool_()),
        }
    with whole_file(ctx.artifact("suspects.parquet")) as part:
        pq.write_table(pa.table(columns), part, compression="zstd")


def _needs_layer() -> Message:
    return Message.of(
        "mislabelled.needs-last-layer",
        "Not measured: changed labels are tried out in the last layer only.",
    )


def _never_learnt() -> Message:
    return Message.of(
        "mislabelled.never-learnt",
        "An upper end: the labels were changed after training, so the model has not learnt them.",
    )
