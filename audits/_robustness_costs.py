"""How often ``robustness`` will ask the model, from what is known before it runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from audits._robustness_attack import Budget, ways
from audits._robustness_edits import versions
from audits._robustness_options import Options, edits_of, lists_of
from harness.attributions import Method
from harness.auditing import attribution_calls
from harness.edits import units_of

if TYPE_CHECKING:
    from harness.auditing import CostFacts, SetFacts
    from harness.edits import Edit, Synonyms, Text

UNKNOWN = 15
"""Versions of a text where nothing is known of the texts."""

LOOKED_AT = 64
"""Rows of a data set that are edited on trial, evenly spaced."""

LONGEST = 200
"""Words of each of them that are looked at."""


def robustness_calls(facts: CostFacts) -> dict[str, int]:
    """Return the model calls of each data set."""
    return {
        name: round(_edited(facts, one) + _attacked(facts, one)) for name, one in facts.sets.items()
    }


def robustness_units(facts: CostFacts) -> dict[str, dict[str, int]]:
    """Return the texts behind each value."""
    options: Options = facts.options
    found = {}
    for name, one in facts.sets.items():
        rows, attacked = (min(n, one.n_rows) for n in (options.rows, options.attack_rows))
        edited = ("flip-rate", "score-change", "worst-edit-flip-rate")
        attack = ("attack-success-rate", "random-attack-success-rate", "attack-gain")
        found[name] = {
            **{f"robustness.{key}": rows for key in edited},
            **{f"robustness.{key}": attacked for key in attack},
        }
    return found


def _edited(facts: CostFacts, one: SetFacts) -> float:
    options: Options = facts.options
    looked = _looked_at(one)
    if not looked:
        return 0.0 if one.rows is not None else float(min(options.rows, one.n_rows) * UNKNOWN)
    lists = lists_of(options, facts.base)
    made = _n_versions(looked, edits_of(options, lists))
    return min(options.rows, one.n_rows) * made / len(looked)


def _attacked(facts: CostFacts, one: SetFacts) -> float:
    options: Options = facts.options
    looked = _looked_at(one)
    if not one.n_parts or (one.rows is not None and not looked):
        return 0.0
    ranking = attribution_calls(one, Method(id=options.ranking), options.attack_rows)
    budget = Budget(options.words, options.queries)
    tried = float(options.queries)
    if looked:
        tried = _n_tried(looked, budget, lists_of(options, facts.base))
    return ranking + min(options.attack_rows, one.n_rows) * 2 * tried


def _looked_at(one: SetFacts) -> tuple[Text, ...]:
    if one.rows is None or not one.rows.has_inputs or not one.rows.n:
        return ()
    n = one.rows.n
    picked = np.unique(np.linspace(0, n - 1, min(n, LOOKED_AT)).round()).astype(int)
    return tuple(one.rows.inputs[row] for row in picked.tolist())


@lru_cache(maxsize=8)
def _n_versions(inputs: tuple[Text, ...], edits: tuple[Edit, ...]) -> int:
    return sum(1 for _ in versions(inputs, range(len(inputs)), edits, 0))


@lru_cache(maxsize=8)
def _n_tried(inputs: tuple[Text, ...], budget: Budget, lists: tuple[Synonyms, ...]) -> float:
    """Return how often one attack that never succeeds asks about a text, on average."""
    tried = []
    for one in inputs:
        words = [
            unit.word
            for text in ((one,) if isinstance(one, str) else one)
            for unit in units_of(text)[:LONGEST]
        ]
        tried.append(min(budget.queries, sum(len(ways(word, budget, lists, 0)) for word in words)))
    return float(np.mean(tried))
