"""The gate: holds measurements against a policy and concludes; pure, exact, fail closed.

Policy tests are run by ``harness.gate.cases``, which is imported only when it is needed.
"""

from harness.gate.facts import Baseline
from harness.gate.gating import judge

__all__ = ["Baseline", "judge"]
