"""How often ``extraction`` runs a model, reckoned from some training rows before any is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audits._extraction_scoring import CANDIDATES_OF_AN_INPUT, inputs_of_generation
from audits._extraction_values import read_values
from harness.data import take
from harness.detectors import detector_named

if TYPE_CHECKING:
    from audits._extraction_options import Options
    from harness.auditing import CostFacts

LOOKED_AT = 1000
"""Training rows that are searched for values before a run; evenly spaced."""


def extraction_calls(facts: CostFacts) -> dict[str, int]:
    """Return the inputs of all attacks.

    Values that stand in many rows are counted as often as they are met, so that a plan says rather
    too much. Training texts are taken to be as long as test texts.
    """
    options: Options = facts.options
    n_values, n_alone = _n_values(facts)
    n_guessed = min(options.inference_values, n_values)
    n_candidates = min(options.candidates, n_values)
    n_texts = round(min(options.text_rows, facts.n_train * _long_share(facts)))
    n_lengths = len(options.all_prefixes())
    each = {
        "targeted": n_values * n_lengths,
        "template": n_values * len(options.templates),
        "associated": n_values - n_alone,
        "inference": n_guessed * (1 + n_candidates // CANDIDATES_OF_AN_INPUT),
        "verbatim": n_texts,
        "untargeted": options.generations * inputs_of_generation(options.new_tokens),
    }
    n_models = 2 if facts.has_reference else 1
    n = n_models * sum(each[attack] for attack in options.attacks)
    if "verbatim" in options.attacks:  # the sweep, and what is written to be compared
        n += n_texts * (n_lengths - 1 + inputs_of_generation(options.text_tokens))
    return {"train": n} if facts.n_train else {}


def _n_values(facts: CostFacts) -> tuple[int, int]:
    """Return how many values will be attacked, and how many of them have no other one beside them."""
    train, options = facts.train, facts.options
    if train is None or not train.n or not facts.n_train:
        return 0, 0
    rows = np.unique(np.linspace(0, train.n - 1, min(train.n, LOOKED_AT)).round()).astype(np.int64)
    values = read_values(take(train, rows), detector_named(options.detector), options.kinds)
    n_in_row = np.bincount([place.row for value in values for place in value.places] or [0])
    alone = sum(all(n_in_row[place.row] == 1 for place in value.places) for value in values)
    scale = facts.n_train / len(rows)
    n = min(options.values, round(len(values) * scale))
    return n, round(n * alone / len(values)) if values else 0


def _long_share(facts: CostFacts) -> float:
    """Return the share of texts that are long enough to be continued."""
    least = facts.options.prefix + facts.options.text_tokens
    lengths = [n for one in facts.sets.values() for n in one.lengths]
    return float(np.mean([n >= least for n in lengths])) if lengths else 1.0
