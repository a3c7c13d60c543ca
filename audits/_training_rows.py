"""What audits of training rows have in common: which rows are read, how, and what the model says of them.

Legend: n training rows that are looked at, c classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.auditing import GRADIENT
from harness.data import Dataset, sample_dataset
from harness.engines.influence import (
    LastLayer,
    Projected,
    SparseProjection,
    read_gradients,
    read_last_layer,
)
from harness.errors import UsageError
from harness.keywords import KeywordModel
from harness.modelling import Model
from harness.predictions import Predictions
from harness.records import DatasetRef, Message, Task
from harness.trials import trial_context

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import Audit, AuditContext
    from harness.modelling import Item

_CHUNK = 2048


class TraceOptions(BaseModel):
    """Where influence is looked for.

    Attributes:
        trace: ``last-layer``: exact there, one forward pass over each row. ``gradients``: gradients of
            parameters, projected; three to four times as dear.
        parameters: For ``gradients``: names or patterns; none: what an adapter trains.
        n_dims: Numbers of a projected gradient.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    trace: Literal["last-layer", "gradients"] = "last-layer"
    parameters: tuple[str, ...] | None = None
    n_dims: int = Field(default=2048, ge=4, le=4096)

    @model_validator(mode="after")
    def _check_parameters(self) -> Self:
        if self.parameters is not None and self.trace == "last-layer":
            problem = "parameters must be left out where trace is last-layer, or trace be gradients"
            raise ValueError(problem)
        return self


Kept = LastLayer | Projected


@dataclass(frozen=True, slots=True)
class Known:
    """Training rows and their traces.

    Attributes:
        rows: Those that were looked at, n of them.
        label: Their labels, shape [n].
        traces: What training left in them.
        reader: Reads further rows in the same way.
        caveats: What to know of them.
    """

    rows: Dataset
    label: NDArray[np.int64]
    traces: Kept
    reader: Reader
    caveats: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads traces of rows, and counts what it asks."""

    ctx: AuditContext
    projection: SparseProjection

    def __call__(self, inputs: Sequence[str | tuple[str, ...]], label: NDArray[np.int64]) -> Kept:
        """Return the traces of rows whose loss is that of a class, shape [n]."""
        options = self.ctx.options
        if options.trace == "last-layer":
            return read_last_layer(
                self.ctx.last_layer_of,
                self._chunks(inputs, 1),
                label,
                n=len(label),
                token_budget=self.ctx.token_budget,
            )
        return read_gradients(
            self.ctx.gradients_of,
            self._chunks(inputs, GRADIENT),
            label,
            projection=self.projection,
            token_budget=self.ctx.token_budget,
            parameters=options.parameters,
        )

    def _chunks(
        self, inputs: Sequence[str | tuple[str, ...]], cost: int
    ) -> Iterator[Sequence[Item]]:
        for start in range(0, len(inputs), _CHUNK):
            items = self.ctx.prepare(inputs[start : start + _CHUNK])
            yield items
            self.ctx.charge(cost * len(items))


def read_known(ctx: AuditContext, train: Dataset, *, most: int) -> Known | Message:
    """Read the training rows, or a sample; returns the reason where that cannot be."""
    lack = _lack(ctx, train)
    if lack is not None:
        return lack
    seed = int(ctx.rng.integers(2**31))
    rows = sample_dataset(train, size=most, seed=seed)
    assert rows.label is not None  # checked above; a sample keeps what the whole has
    reader = Reader(ctx, SparseProjection(ctx.options.n_dims, seed=seed))
    try:
        traces = reader(rows.inputs, rows.label)
    except UsageError as err:  # parameters that are too many
        return Message.of(f"{ctx.audit_id}.refused", "Not measured: {why}", why=str(err))
    return Known(rows, rows.label, traces, reader, (*_sampled(rows, train), *_not_ours(ctx)))


def train_calls(n_train: int, most: int, options: TraceOptions) -> int:
    """Return how many inputs reading the training rows takes as long as."""
    return min(n_train, most) * (1 if options.trace == "last-layer" else GRADIENT)


def _lack(ctx: AuditContext, train: Dataset) -> Message | None:
    by_layer = ctx.options.trace == "last-layer"
    if not ctx.offers("model.last-layer" if by_layer else "model.per-example-gradients"):
        return _no_trace(ctx)
    lacks = {
        "rows": train.n == 0,
        "labels": train.label is None,
        "texts": not train.has_inputs,
    }
    for what, is_lacking in lacks.items():
        if is_lacking:
            return Message.of(
                f"{ctx.audit_id}.no-train-{what}",
                "Not measured: the training set has no {what}.",
                what=what,
            )
    return None


def _no_trace(ctx: AuditContext) -> Message:
    if ctx.options.trace == "last-layer" and ctx.offers("model.per-example-gradients"):
        return Message.of(
            f"{ctx.audit_id}.no-last-layer",
            "Not measured: the model has no last layer that reads one vector for each input. Set "
            "audits.{audit}.trace to gradients; without an adapter also name parameters, "
            "e.g. [score.weight].",
            audit=ctx.audit_id,
        )
    return Message.of(
        f"{ctx.audit_id}.no-trace",
        "Not measured: the model offers neither its last layer nor gradients of single rows.",
    )


def _sampled(rows: Dataset, train: Dataset) -> tuple[Message, ...]:
    if rows.n == train.n:
        return ()
    return (
        Message.of(
            "audit.train-rows-sampled",
            "Only {n} of {n_train} training rows were looked at: others may be nearer.",
            n=rows.n,
            n_train=train.n,
        ),
    )


def _not_ours(ctx: AuditContext) -> tuple[Message, ...]:
    by_layer = ctx.options.trace == "last-layer"
    model: object = ctx.last_layer_of if by_layer else ctx.gradients_of
    if isinstance(model, Model) and model.ref.kind == "trained":
        return ()
    return (
        Message.of(
            "audit.not-trained-here",
            "The model was not trained in this run: whether it has learnt from these training rows "
            "is what the config says and nobody checked.",
        ),
    )


def planted_texts(
    name: str, n: int, rng: np.random.Generator
) -> tuple[list[str | tuple[str, ...]], NDArray[np.int64], NDArray[np.object_], DatasetRef]:
    """Draw texts of words that speak of the class and of words that do not; labels fit the words."""
    label = rng.integers(0, 2, size=n)
    spoken = [[f"{word}{k}" for k in range(12)] for word in ("poor", "good")]
    filler = [f"word{k}" for k in range(8)]
    texts: list[str | tuple[str, ...]] = [
        " ".join([*rng.choice(spoken[own], size=5), *rng.choice(filler, size=2)])
        for own in label.tolist()
    ]
    ids = np.array([f"{name}{index}" for index in range(n)], dtype=object)
    return texts, label, ids, DatasetRef(name, "planted", None, "", n, n, {"text": "text"})


def planted_model() -> KeywordModel:
    """Return a model that knows the words of ``planted_texts``."""
    weights = {f"word{k}": (0.0, 0.0) for k in range(8)}
    weights |= {f"poor{k}": (1.0, 0.0) for k in range(12)}
    weights |= {f"good{k}": (0.0, 1.0) for k in range(12)}
    return KeywordModel(weights, (0.0, 0.0))


def planted_context(
    subject: Audit, seed: int, *, wrong: float, errors: float = 0.0
) -> AuditContext:
    """Return a context of 400 training rows of which a share carries wrong labels, and 200 test rows.

    Args:
        subject: The audit.
        seed: Of the rows.
        wrong: Share of wrong training labels.
        errors: Share of test rows that are decided wrongly, on average.
    """
    rng = np.random.default_rng([seed, 31])
    texts, label, ids, ref = planted_texts("train", 400, rng)
    chosen = rng.permutation(len(label))[: round(wrong * len(label))]
    label[chosen] = 1 - label[chosen]
    model = planted_model()
    test, truth, test_ids, test_ref = planted_texts("test", 200, rng)
    logits = model.logits(model.prepare(test))
    truth = np.where(rng.random(len(truth)) < errors, 1 - truth, truth)
    return trial_context(
        subject,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[
            Predictions("test", test_ids, np.argmax(logits, axis=1), 2, logits=logits, label=truth)
        ],
        rows={"test": Dataset(test_ref, test_ids, test, label=truth)},
        train=Dataset(ref, ids, texts, label=label),
        model=model,
        seed=seed,
    )
