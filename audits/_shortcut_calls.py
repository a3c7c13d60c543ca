"""How often ``shortcuts`` will ask the model, from what is known before it runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.attributions import Method
from harness.auditing import CostFacts, SetFacts, attribution_calls


def shortcut_calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {name: _calls(one, facts.options) for name, one in facts.sets.items()}


def shortcut_units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the rows behind each value: the held-out half, and what the strongest is put into."""
    return {
        name: {
            "shortcuts.row-share": (one.n_rows + 1) // 2,
            "shortcuts.insertion-flip-rate": min(
                facts.options.held_out_rows, (one.n_rows + 1) // 2
            ),
            "shortcuts.insertion-effect": min(facts.options.held_out_rows, (one.n_rows + 1) // 2),
        }
        for name, one in facts.sets.items()
    }


def _calls(facts: SetFacts, options: Any) -> int:
    """Return the model calls of one data set: attributions, and every trial with its control.

    Half of a half of the rows is taken to be decided for another class than a word's, as many to hold
    it at most; words are taken to be the most frequent ones.
    """
    if not facts.n_parts:
        return 0
    half = facts.n_rows // 2
    total: float = attribution_calls(facts, Method(id=options.method), min(options.rows, half))
    counts = np.array(facts.part_rows)
    held = counts[counts >= options.min_rows][: options.candidates]
    others = half / 2
    total += len(held) * 2 * min(options.rows_to_search, others)
    total += len(held) * 2 * min(options.rows_per_word, others)
    total += float(np.minimum(options.rows_per_word // 2, held / 4).sum())
    if len(held):
        total += 2 * max(0, min(options.held_out_rows, others) - min(options.rows_per_word, others))
    return round(float(total))
