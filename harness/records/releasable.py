"""Why a verdict cannot be released, read from the verdict alone."""

from __future__ import annotations

from typing import Literal

from harness.records.judgement import Verdict

WhyExploratory = Literal["exploratory", "baseline-run"]

BASELINE_NOT_RELEASED = "gate.baseline-not-released"
POLICY_NOT_FIXED = "gate.policy-not-fixed"
"""Said by a gate where a baseline run was not released and the policy was not fixed either."""


def is_baseline_unreleased(verdict: Verdict) -> bool:
    """Tell whether the run was compared with one that nobody is known to have released."""
    return any(one.id == BASELINE_NOT_RELEASED for one in verdict.not_tested)


def why_exploratory(verdict: Verdict) -> tuple[WhyExploratory, ...]:
    """Return every reason why a verdict is exploratory: the policy, the baseline run, or both."""
    if not verdict.is_exploratory:
        return ()
    if not is_baseline_unreleased(verdict):
        return ("exploratory",)
    is_both = any(one.id == POLICY_NOT_FIXED for one in verdict.not_tested)
    return ("exploratory", "baseline-run") if is_both else ("baseline-run",)


def is_releasable(verdict: Verdict) -> bool:
    """Tell whether a release under this verdict can be, whoever signs."""
    return (
        verdict.verdict in ("pass", "pass-with-warnings")
        and not verdict.is_exploratory
        and verdict.policy.status != "draft"
    )
