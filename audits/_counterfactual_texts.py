"""Which counterfactuals are compared on a data set, and how often that asks the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audits._counterfactual_common import Comparison
from audits._counterfactual_options import Options, twins_name
from audits._counterfactual_pairs import from_pairs, pair_size
from audits._counterfactual_swaps import from_lists, swap_size
from harness.records import Message

if TYPE_CHECKING:
    from harness.auditing import AuditContext, CostFacts


def compare(ctx: AuditContext, dataset: str) -> Comparison | Message:
    """Return what is compared on a data set, or why nothing is."""
    pairs = ctx.options.pairs
    if pairs is not None and dataset == pairs.dataset:
        return Message.of(
            "counterfactual.holds-twins",
            "Not measured: data set {dataset} holds the twins of another one.",
            dataset=dataset,
        )
    if not ctx.has_rows(dataset):
        return Message.of(
            "counterfactual.no-rows",
            "Not measured: data set {dataset} has no rows.",
            dataset=dataset,
        )
    if dataset == twins_name(pairs, dict.fromkeys(ctx.datasets)):
        return from_pairs(ctx, dataset)
    if not ctx.has_model:
        return Message.of(
            "counterfactual.no-model",
            "Not measured: the run has stored predictions only, and no model to ask about swapped texts. "
            "Name twins and their answers with pairs.",
        )
    return from_lists(ctx, dataset)


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {name: round(n * each) for name, (n, each) in _sizes(facts).items()}


def units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the texts behind each value."""
    keys = ("counterfactual.flip-rate", "counterfactual.score-difference")
    return {name: dict.fromkeys(keys, round(n)) for name, (n, _) in _sizes(facts).items()}


def _sizes(facts: CostFacts) -> dict[str, tuple[float, float]]:
    """Return data set → texts that are compared, and model calls for each."""
    options: Options = facts.options
    of, found = twins_name(options.pairs, facts.sets), {}
    for name, one in facts.sets.items():
        if options.pairs and name == options.pairs.dataset:
            found[name] = (0.0, 0.0)
        elif one.rows is None:  # nothing is known of the texts
            found[name] = (float(min(options.rows, one.n_rows)), float(options.swaps_per_text))
        elif name == of:
            found[name] = pair_size(facts, one, one.rows)
        else:
            found[name] = swap_size(facts, one, one.rows)
    return found
