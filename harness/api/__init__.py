"""Modelassay from Python: the same code and the same bundles as the command line.

``harness.audit`` measures and seals a run, ``harness.gate`` holds it against a policy,
``harness.open_run`` opens one that is there. What they return shows itself as text, as a card in a
notebook, and as a data frame.
"""

from harness.api.auditing import audit
from harness.api.judging import gate, load_policy, open_run
from harness.api.views import MeasurementsView, Run, SealedVerdict

__all__ = [
    "MeasurementsView",
    "Run",
    "SealedVerdict",
    "audit",
    "gate",
    "load_policy",
    "open_run",
]
