"""Which side of a comparison a measure belongs to: utility, fairness, or leakage of what was learnt."""

from __future__ import annotations

from typing import Literal

Axis = Literal["leakage", "utility", "fairness", "other"]
AXES: tuple[Axis, ...] = ("leakage", "utility", "fairness", "other")
"""In the order in which they are shown."""

_AUDITS: dict[Axis, frozenset[str]] = {
    "leakage": frozenset(
        {
            "memorisation",
            "extraction",
            "membership",
            "empirical-epsilon",
            "training-data-privacy",
            "pii-sensitivity",
            "attribute-inference",
        }
    ),
    "utility": frozenset(
        {
            "accuracy",
            "calibration",
            "perplexity",
            "generation-quality",
            "generalisation",
            "refusal",
        }
    ),
    "fairness": frozenset(
        {
            "group-metrics",
            "group-error",
            "group-calibration",
            "group-ranking",
            "conditional-disparity",
            "intersections",
            "counterfactual",
            "sensitive-terms",
            "metric-by-group",
            "explanation-by-group",
            "bbq",
            "continuations",
        }
    ),
}


def axis_of(measure: str) -> Axis:
    """Return what a measure is about, by the audit that its key names."""
    audit = measure.partition(".")[0]
    return next((axis for axis, audits in _AUDITS.items() if audit in audits), "other")
