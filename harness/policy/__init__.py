"""Policies: YAML that a lawyer can read, parsed strictly, every limit exact, every line known.

What most gates have no use for (clauses, waivers files, locks) is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.policy.checking import check_measures, limit_problem
from harness.policy.exact import Exact, compare, exact
from harness.policy.fields import is_listed, listed
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
from harness.policy.waivers import (
    Approval,
    Waiver,
    Waivers,
    approval_envelope,
    waiver_content,
    waiver_payload,
)

if TYPE_CHECKING:
    from harness.policy.approving import waiver_of, with_approval
    from harness.policy.clauses import Clause, ClauseStatus, read_clauses
    from harness.policy.locking import locked_policy
    from harness.policy.waiver_reading import parse_waivers, read_waivers

_LATER = {
    "Clause": "clauses",
    "ClauseStatus": "clauses",
    "locked_policy": "locking",
    "parse_waivers": "waiver_reading",
    "read_clauses": "clauses",
    "read_waivers": "waiver_reading",
    "waiver_of": "approving",
    "with_approval": "approving",
}

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
    "is_listed",
    "limit_problem",
    "listed",
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


def __getattr__(name: str) -> Any:
    """Import what was asked for."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
