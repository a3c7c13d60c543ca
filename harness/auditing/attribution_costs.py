"""What attributions cost, for audits that declare ``calls``: in inputs that take as long.

A gradient takes a forward and a backward pass and counts as three inputs that the model is asked
about; a perturbed input counts as one. Rows that another audit of the run has explained before cost
nothing, so what is said here is what an audit pays that runs alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.attributions import Method
    from harness.auditing.costs import SetFacts

GRADIENT = 3
"""Inputs that take as long as one gradient."""

ADAPTIVE = 18
"""Gradients that are reckoned for a row of integrated gradients with adaptive nodes: it begins with
15 and few rows need more; hard ones take up to ``max_gradients``."""

_SAMPLES = {"expected-gradients": 64, "shapley-sampling": 20}
"""Samples of a row where a method names none: gradients, and orders of the parts."""

_GAPS = 256
"""Inputs with gaps of a row where kernel-shap or lime names no number; long rows take more."""


def attribution_calls(facts: SetFacts, method: Method, rows: int) -> int:
    """Return how many inputs the attributions of a sample cost, on average.

    Args:
        facts: Of the data set.
        method: How they are computed.
        rows: Rows that are wanted; the data set may have fewer.
    """
    return round(min(rows, facts.n_rows) * _of_row(facts, method))


def _of_row(facts: SetFacts, method: Method) -> float:
    n_samples = method.n_samples or _SAMPLES.get(method.id, 0)
    mean_tokens = float(np.mean(facts.lengths)) if facts.lengths else 0.0
    n_units = facts.mean_parts if method.unit == "word" else mean_tokens
    if method.id == "integrated-gradients":
        return GRADIENT * (method.steps or ADAPTIVE) + 1
    if method.id == "expected-gradients":
        return (GRADIENT + 0.25) * n_samples  # and one forward pass for every four gradients
    if method.id == "occlusion":
        return n_units
    if method.id == "shapley-sampling":
        return n_samples * n_units
    if method.id in ("kernel-shap", "lime"):
        return n_samples or max(_GAPS, 4 * n_units)
    return n_samples or GRADIENT
