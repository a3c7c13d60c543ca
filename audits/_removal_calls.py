"""How often ``occlusion`` will ask the model, from what is known before it runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.auditing import CostFacts, SetFacts

PROBES = 5
"""Rows of the first half that each word is taken out of before the shortlist is made."""

MAX_PROBES = 1500
"""Rows that are asked in all to bring rare words up to ``PROBES``."""


def removal_calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {name: _calls(one, facts.options) for name, one in facts.sets.items()}


def removal_units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the rows behind each value: those that hold the word, and those of the sample."""
    return {
        name: {
            "occlusion.single-token-reliance": round(
                min(facts.options.held_out_rows, max(one.part_rows, default=0) / 2)
            ),
            "occlusion.flip-rate": min(facts.options.rows, (one.n_rows + 1) // 2),
        }
        for name, one in facts.sets.items()
    }


def _calls(facts: SetFacts, options: Any) -> int:
    """Return the model calls of one data set: sample, probes, ranking and held-out rows.

    The sample (every part of the sampled rows, once) is known on average. The words are not known
    yet, only how many rows each holds, so the shortlist is taken to be the most frequent ones: the
    real one is asked no more often.
    """
    half = (facts.n_rows + 1) // 2
    n_sampled = min(options.rows, half)
    counts = np.array(facts.part_rows)
    held = counts[counts >= 2 * options.min_rows]
    seen = held * (n_sampled / max(1, facts.n_rows))
    ranked = np.minimum(options.rows_per_word, held[: options.candidates] / 2)
    n_held_out = min(options.held_out_rows, float(held.max()) / 2) if len(held) else 0
    total = n_sampled * facts.mean_parts + _n_probes(seen) + float(ranked.sum()) + n_held_out
    return round(float(total))


def _n_probes(seen: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the rows that bring words, seen so often on average, up to as many as can be paid."""
    for wanted in range(PROBES, 1, -1):
        lacking = _lacking(seen, wanted)
        if lacking <= MAX_PROBES:
            return lacking
    return _lacking(seen, 1)


def _lacking(seen: np.ndarray[tuple[int], np.dtype[np.float64]], wanted: int) -> float:
    """Return the expected sum of max(0, wanted - X), X being Poisson with the means ``seen``."""
    total, weight = 0.0, np.exp(-seen)
    for count in range(wanted):
        total += float(((wanted - count) * weight).sum())
        weight = weight * seen / (count + 1)
    return total
