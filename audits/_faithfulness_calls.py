"""How often ``faithfulness`` asks the model, from what is known before it runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from audits._faithfulness import EXACT_UP_TO, REMOVALS, WIDTH
from harness.auditing import CostFacts, SetFacts, attribution_calls
from harness.engines.perturbation import points_of


def scorecard_calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set: attributions and curves."""
    return {name: round(_calls(one, facts.options)) for name, one in facts.sets.items()}


def _calls(facts: SetFacts, options: Any) -> float:
    n = min(options.rows, facts.n_rows)
    paid = sum(attribution_calls(facts, options.chosen(id), n) for id in options.methods)
    n_rankings = len(options.methods) + options.random_orders
    curve = _mean(facts, lambda parts: curve_calls(parts, n_rankings, options.variant))
    n_others = min(options.removal_rows, n) * (len(REMOVALS) - 1)
    subsets = _mean(facts, lambda parts: min(options.subsets, 2.0 ** min(parts, 30)))
    short = _short_calls(facts, options, n)
    return float(paid + (n + n_others) * curve + n * subsets + short)


def _short_calls(facts: SetFacts, options: Any, n: int) -> float:
    """Return what the limits of short rows cost: all subsets, or a search."""
    sizes = np.array(facts.n_parts)
    held = sizes[(sizes > 1) & (sizes <= options.short_words)]
    if not len(held):
        return 0.0
    each = [2.0**p if p <= EXACT_UP_TO else WIDTH * p * p for p in held.tolist()]
    return float(min(options.short_rows, n * len(held) / len(sizes)) * np.mean(each))


def curve_calls(n_parts: int, n_rankings: int, variant: str) -> float:
    """Return the distinct inputs that curves of one row ask about, on average over random rankings.

    At a point that takes j of n words away there are C(n, j) inputs; m rankings meet
    C (1 - (1 - 1/C)^m) different ones. Both sides of a curve together may take as many words away.
    """
    from math import comb

    taken = set(points_of(n_parts, "eraser" if variant == "eraser" else "every-word").tolist())
    times: dict[int, int] = {}
    for count in [*taken, *(n_parts - count for count in taken)]:
        times[count] = times.get(count, 0) + 1
    distinct = 1.0 if n_parts else 0.0  # the input without any word
    for count, sides in times.items():
        if 0 < count < n_parts:
            sets = comb(n_parts, count)
            drawn = n_rankings * sides
            distinct += sets * -np.expm1(drawn * np.log1p(-1 / sets)) if sets > 1 else 1.0
    return distinct


def _mean(facts: SetFacts, calls: Any) -> float:
    if not facts.n_parts:
        return 0.0
    sizes, times = np.unique(np.array(facts.n_parts), return_counts=True)
    each = [calls(int(size)) for size in sizes.tolist()]
    return float(np.average(each, weights=times))
