"""Metrics of somebody else on what a model wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from audits._foreign import ForeignError, Loaded, Question
from audits._foreign_entry import UNIT, Metric, failed, load_metric, within
from harness.stats import bootstrap_statistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.auditing import AuditContext
    from harness.records import Estimate


class TextMetric(BaseModel):
    """One metric on texts.

    Attributes:
        path: Script or folder, relative to the config, or id of a metric on the hub.
        name: Name in slices; the last part of the path where none is given.
        revision: Commit of a hub id, 40 hex digits.
        sha256: What the SHA-256 of the code must be.
        config: Name of the metric's configuration.
        references: What the expected answers are given as: a text each, or a list of one text each.
        kwargs: Further arguments.
        result: Key of the number in what it returns; needed where there are several.
        better: Which direction is better.
        range: Least and most that it can be; null where there is no end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(min_length=1)
    name: str = Field(default="", max_length=60)
    revision: str | None = None
    sha256: str | None = None
    config: str | None = None
    references: Literal["texts", "lists"] = "texts"
    kwargs: dict[str, Any] = Field(default_factory=dict)
    result: str | None = None
    better: Literal["higher", "lower"] = "higher"
    range: tuple[float | None, float | None] = (None, None)

    @property
    def metric(self) -> Metric:
        """The same as every foreign metric is admitted.

        Raises:
            ValidationError: If it is not named as one must be.
        """
        return Metric.model_validate(self.model_dump(exclude={"references"}))


def text_estimate(
    ctx: AuditContext,
    one: TextMetric,
    loaded: Loaded | Estimate,
    texts: tuple[Sequence[str], Sequence[str]],
    cluster: object,
) -> Estimate:
    """Return the value of a metric over continuations and expected answers.

    Args:
        ctx: For its generator, its options and where replicates are kept.
        one: The metric.
        loaded: Its code, or why there is none.
        texts: What was written, and what was expected.
        cluster: Cluster of each; None where each stands alone.
    """
    if not isinstance(loaded, Loaded):
        return loaded
    written, expected = list(texts[0]), list(texts[1])
    references: list[Any] = [[text] for text in expected] if one.references == "lists" else expected
    inputs = {"predictions": written, "references": references}
    seed = int(ctx.rng.integers(2**31))
    question = Question(loaded, inputs, one.kwargs, result=one.result, seed=seed)
    try:
        return bootstrap_statistic(
            within(question, one.range),
            len(written),
            rng=ctx.rng,
            keep=ctx.keep,
            unit=UNIT,
            range_low=one.range[0],
            range_high=one.range[1],
            cluster=cluster,  # type: ignore[arg-type]
            replicates=ctx.options.n_replicates,
        )
    except ForeignError as err:
        return failed(one.metric, err)


def load_text_metric(ctx: AuditContext, one: TextMetric) -> Loaded | Estimate:
    """Return the code of a metric, or why there is none: it runs only where the run trusts code."""
    return load_metric(ctx, one.metric, int(ctx.rng.integers(2**31)))
