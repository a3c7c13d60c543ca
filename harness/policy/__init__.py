"""Policies: YAML that a lawyer can read, parsed strictly, every limit exact, every line known."""

from harness.policy.approving import waiver_of, with_approval
from harness.policy.checking import check_measures, limit_problem
from harness.policy.clauses import Clause, ClauseStatus, read_clauses
from harness.policy.exact import Exact, compare, exact
from harness.policy.locate import builtin_names, locate_policy
from harness.policy.locking import locked_policy
from harness.policy.nouns import (
    EVERY,
    Condition,
    Conditions,
    DocumentAsked,
    Limit,
    Parameter,
    Part,
    Policy,
    Rule,
    Sample,
    Slices,
)
from harness.policy.reading import parse_policy, policy_of_rules, read_policy
from harness.policy.waiver_reading import parse_waivers, read_waivers
from harness.policy.waivers import (
    Approval,
    Waiver,
    Waivers,
    approval_envelope,
    waiver_content,
    waiver_payload,
)

__all__ = [
    "EVERY",
    "Approval",
    "Clause",
    "ClauseStatus",
    "Condition",
    "Conditions",
    "DocumentAsked",
    "Exact",
    "Limit",
    "Parameter",
    "Part",
    "Policy",
    "Rule",
    "Sample",
    "Slices",
    "Waiver",
    "Waivers",
    "approval_envelope",
    "builtin_names",
    "check_measures",
    "compare",
    "exact",
    "limit_problem",
    "locate_policy",
    "locked_policy",
    "parse_policy",
    "parse_waivers",
    "policy_of_rules",
    "read_clauses",
    "read_policy",
    "read_waivers",
    "waiver_content",
    "waiver_of",
    "waiver_payload",
    "with_approval",
]
