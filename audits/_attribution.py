"""What audits of attributions have in common: the method as options, refusals, samples, caveats.

Legend of shapes: k rows, p parts of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._clusters import shared
from harness.attributions import SUMS_BY_CONSTRUCTION, UNSIGNED_METHODS, Method
from harness.engines.attribution import check_method
from harness.errors import MethodRefused
from harness.files import whole_file
from harness.keywords import KeywordModel
from harness.records import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters
    from harness.attributions import Attributions
    from harness.auditing import AuditContext, OptionFacts
    from harness.modelling import Item


class HowOptions(BaseModel):
    """How attributions are computed, whatever the method: fields of ``Method``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    baseline: Literal["mask", "pad"] = Field(
        default="mask",
        description="What stands for absence. expected-gradients always compares with a reference set.",
    )
    target: Literal["lead", "logit"] = Field(
        default="lead",
        description="What is explained: the lead of the decided class over the runner-up, or its logit.",
    )
    engine: Literal["own", "captum"] = Field(
        default="own", description="captum computes the same method by Captum's own classes."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="float32", description="Of the forward pass."
    )
    steps: int = Field(
        default=0, ge=0, description="Fixed nodes of integrated gradients; 0 for adaptive nodes."
    )
    max_gradients: int = Field(
        default=128, ge=15, description="Most gradients of a row with adaptive nodes."
    )
    n_samples: int = Field(
        default=0, ge=0, description="Samples of sampling methods; 0 for the method's default."
    )
    method_seed: int = Field(default=0, ge=0, description="Seed of sampling methods.")
    reference_rows: int = Field(
        default=50,
        ge=1,
        description="Rows of the reference set of expected-gradients: of validation, else of train.",
    )

    def chosen(self, id: str) -> Method:
        """Return a method; values are those of words."""
        return Method(
            id=id,
            baseline="population" if id == "expected-gradients" else self.baseline,
            target=self.target,
            engine=self.engine,
            precision=self.precision,
            steps=self.steps,
            max_gradients=self.max_gradients,
            n_samples=self.n_samples,
            seed=self.method_seed,
        )


def method_problems(facts: OptionFacts, methods: Sequence[Method]) -> list[str]:
    """Say which methods are refused whatever the model is, where the config names them."""
    able = KeywordModel({}, bias=(0.0, 0.0))
    problems = []
    for method in methods:
        try:
            check_method(method, able)
        except MethodRefused as err:
            problems += [f"{text} ({facts.place()})" for text in err.problems]
    return problems


def refused(err: MethodRefused) -> Message:
    """Say why a method is not measured."""
    return Message.of("attribution.refused", "Not measured: {why}", why=" ".join(err.problems))


def reference_of(ctx: AuditContext, method: Method, n: int) -> list[Item] | None:
    """Return the reference population of a method that has one: evenly spaced rows, always the same.

    Raises:
        MethodRefused: If the run has neither validation nor training rows.
    """
    if method.baseline != "population":
        return None
    rows = ctx.validation_rows() or ctx.train_rows()
    if rows is None or rows.n == 0:
        raise MethodRefused(
            "The baseline population needs validation or training rows, got a run without. Use the "
            "baseline mask."
        )
    chosen = np.unique(np.linspace(0, rows.n - 1, min(n, rows.n)).round().astype(int))
    return ctx.prepare([rows.inputs[row] for row in chosen.tolist()])


def clusters_of(ctx: AuditContext, dataset: str, rows: NDArray[np.int64]) -> Clusters:
    """Return the clusters of rows, shape [k], where some share one; else None."""
    cluster = ctx.predictions(dataset).cluster
    return None if cluster is None else shared(cluster[rows])


@dataclass(frozen=True, slots=True)
class Sampled:
    """Sampled rows of one data set.

    Attributes:
        ctx: Of the audit.
        dataset: Name of the data set.
        rows: Positions, shape [k].
        inputs: Raw inputs, k of them.
        items: Prepared ones.
        logits: Of the whole inputs, shape [k, c].
        cluster: Clusters where rows share some, shape [k].
    """

    ctx: AuditContext
    dataset: str
    rows: NDArray[np.int64]
    inputs: list[str | tuple[str, ...]]
    items: list[Item]
    logits: NDArray[np.float32]
    cluster: Clusters

    @classmethod
    def of(cls, ctx: AuditContext, dataset: str, n: int) -> Sampled:
        """Draw the rows of a data set."""
        rows = ctx.shared_sample(dataset, n)
        known = ctx.rows(dataset).inputs
        inputs = [known[row] for row in rows.tolist()]
        logits = ctx.predictions(dataset).logits
        assert logits is not None  # the data set was offered because it has logits
        cluster = clusters_of(ctx, dataset, rows)
        return cls(ctx, dataset, rows, inputs, ctx.prepare(inputs), logits[rows], cluster)

    def explained(self, method: Method, n: int | None = None) -> Attributions:
        """Return the attributions of all rows, or of the first n."""
        reference = reference_of(self.ctx, method, self.ctx.options.reference_rows)
        return self.ctx.attribute(self.dataset, self.rows[:n], method, reference=reference)


def is_wordless(content: str) -> bool:
    """Return whether a part holds no letter and no digit in any script."""
    return not any(char.isalnum() for char in content)


def unsigned(method: Method) -> tuple[Message, ...]:
    """Return the caveat of a method that finds parts but does not say which way they pull."""
    if method.id not in UNSIGNED_METHODS:
        return ()
    return (
        Message.of(
            "attribution.unsigned",
            "The method {method} says how much a word counts, not whether it speaks for or against "
            "the decision.",
            method=method.id,
        ),
    )


def sums_say_nothing(method: Method) -> Message | None:
    """Return why sums of a method are no evidence: they add up by construction. None for others."""
    if method.engine == "captum" or method.id not in SUMS_BY_CONSTRUCTION:
        return None
    return Message.of(
        "attribution.sums-by-construction",
        "Not measured: values of {method} add up by construction, however few samples were drawn. "
        "attribution-stability says how far they depend on the seed.",
        method=method.id,
    )


def manipulable() -> Message:
    """Return what holds of every single method."""
    return Message.of(
        "attribution.manipulable",
        "A model can be trained to show any attributions beside the same decisions: they are evidence "
        "about a model that nobody built to hide, and prove nothing about one that somebody did.",
    )


def write_rows(
    ctx: AuditContext, name: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write an artifact as Parquet; nothing for no rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not rows:
        return
    table = pa.table(dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)))
    with whole_file(ctx.artifact(name)) as part:
        pq.write_table(table, part, compression="zstd")
