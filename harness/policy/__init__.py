"""Policies: YAML that a lawyer can read, parsed strictly, every limit exact, every line known."""

from harness.policy.checking import check_measures, limit_problem
from harness.policy.clauses import Clause, ClauseStatus, read_clauses
from harness.policy.exact import Exact, compare, exact
from harness.policy.locate import builtin_names, locate_policy
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
from harness.policy.waivers import Waiver, Waivers

__all__ = [
    "EVERY",
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
    "builtin_names",
    "check_measures",
    "compare",
    "exact",
    "limit_problem",
    "locate_policy",
    "parse_policy",
    "policy_of_rules",
    "read_clauses",
    "read_policy",
]
