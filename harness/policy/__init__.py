"""Policies: YAML that a lawyer can read, parsed strictly, every limit exact, every line known."""

from harness.policy.checking import check_measures, limit_problem
from harness.policy.exact import Exact, compare, exact
from harness.policy.locate import builtin_names, locate_policy
from harness.policy.nouns import (
    EVERY,
    Condition,
    Conditions,
    Limit,
    Parameter,
    Policy,
    Rule,
    Slices,
)
from harness.policy.reading import parse_policy, policy_of_rules, read_policy

__all__ = [
    "EVERY",
    "Condition",
    "Conditions",
    "Exact",
    "Limit",
    "Parameter",
    "Policy",
    "Rule",
    "Slices",
    "builtin_names",
    "check_measures",
    "compare",
    "exact",
    "limit_problem",
    "locate_policy",
    "parse_policy",
    "policy_of_rules",
    "read_policy",
]
