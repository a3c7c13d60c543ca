"""Judges that need no model: does a text insult, does it refuse? And the sentences that any judge is tried on.

A judge here is a list of words of ours. It is quick and the same for everyone, and blind to whatever
is said in other words. No model, no torch.
"""

from harness.judges.judge import INSULTS, REFUSALS, Judge, ListJudge, list_judge
from harness.judges.probing import Probe, Tried, probes_for, tried

__all__ = [
    "INSULTS",
    "REFUSALS",
    "Judge",
    "ListJudge",
    "Probe",
    "Tried",
    "list_judge",
    "probes_for",
    "tried",
]
