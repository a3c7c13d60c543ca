"""Metrics of somebody else on what a model wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from audits._foreign import ForeignError, Loaded, Question
from audits._foreign_entry import UNIT, Metric, failed, load_metric, within
from harness.stats import bootstrap_statistic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.auditing import AuditContext
    from harness.records import Estimate


class TextMetric(Metric):
    """One metric on texts.

    Attributes:
        references: What the expected answers are given as: a text each, or a list of one text each.
    """

    references: Literal["texts", "lists"] = "texts"

    def _problems(self) -> list[str]:
        given = (
            ["input must not be given: it is the texts"] if "input" in self.model_fields_set else []
        )
        return [*given, *super()._problems()]


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
    inputs = {one.argument: written, "references": references}
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
        return failed(one, err)


def load_text_metric(ctx: AuditContext, one: TextMetric) -> Loaded | Estimate:
    """Return the code of a metric, or why there is none: it runs only where the run trusts code."""
    return load_metric(ctx, one, int(ctx.rng.integers(2**31)))
