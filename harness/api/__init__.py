"""Modelassay from Python: the same code and the same bundles as the command line.

``harness.audit`` measures and seals a run, ``harness.gate`` holds it against a policy,
``harness.open_run`` opens one that is there, ``harness.explain`` says what single decisions rest on. What they return shows itself as text, as a card in a
notebook, and as a data frame.
"""

from harness.api.auditing import audit
from harness.api.explaining import Explanation, explain
from harness.api.judging import gate, load_policy, open_run
from harness.api.views import MeasurementsView, Run, SealedVerdict

__all__ = [
    "Explanation",
    "MeasurementsView",
    "Run",
    "SealedVerdict",
    "audit",
    "explain",
    "gate",
    "load_policy",
    "open_run",
]
