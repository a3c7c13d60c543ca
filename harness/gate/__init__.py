"""The gate: holds measurements against a policy and concludes; pure, exact, fail closed."""

from harness.gate.cases import CaseReport, run_policy_tests
from harness.gate.facts import Baseline
from harness.gate.gating import judge

__all__ = ["Baseline", "CaseReport", "judge", "run_policy_tests"]
