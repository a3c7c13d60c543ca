"""Open a policy with everything that its reader needs: clauses, and what audits say they measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import registry
from harness.errors import PolicyError, raise_all
from harness.policy import Clause, Policy, check_measures, locate_policy, read_clauses, read_policy
from harness.policy.linting import clause_problems
from harness.records import Measure


@dataclass(frozen=True, slots=True)
class Opened:
    """A policy that holds together.

    Attributes:
        path: Its file.
        clauses: The register, with records beside the policy and its parts.
        measures: Measure key → measure, of every audit.
    """

    policy: Policy
    path: Path
    clauses: Mapping[str, Clause]
    measures: Mapping[str, Measure]


def open_policy(ref: str) -> Opened:
    """Read a policy, and hold it against clauses and measures.

    Args:
        ref: A file, or ``builtin/<name>``.

    Raises:
        PolicyError: With every problem, each with ``file:line``.
    """
    path = locate_policy(ref, Path.cwd())
    policy = read_policy(path)
    clauses = read_clauses(*policy.folders)
    measures = registry.known_measures()
    raise_all(PolicyError, [*check_measures(policy, measures), *clause_problems(policy, clauses)])
    return Opened(policy, path, clauses, measures)
