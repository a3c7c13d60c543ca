"""Finding and Verdict: one rule held against one measurement, and what follows from all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.errors import EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_PASS, EXIT_WARNINGS
from harness.records.measurement import Message

_STRICT = {"extra": "forbid", "strict": True}

Outcome = Literal[
    "passed", "failed", "inconclusive", "not-measured", "error", "not-applicable", "waived"
]
VerdictWord = Literal["pass", "pass-with-warnings", "blocked", "incomplete"]
Severity = Literal["block", "warn", "info"]
Basis = Literal["law", "guidance", "standard", "policy_choice"]

COUNTED_OUTCOMES: tuple[Outcome, ...] = (
    "failed",
    "error",
    "not-measured",
    "inconclusive",
    "waived",
    "passed",
    "not-applicable",
)
"""Every outcome, worst first: the order in which readers see findings."""


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """Which policy judged.

    Attributes:
        digest: SHA-256 of the file as read.
        place: Name of the file, without its folder.
    """

    __pydantic_config__ = _STRICT

    id: str
    version: str
    title: str
    digest: str
    place: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule held against one measurement.

    Attributes:
        rule: Rule id.
        title: What the rule asks, in words.
        measure, dataset, slice: What it was held against; dataset is ``""`` when nothing matched.
        limit: The bound as the policy writes it, e.g. ``at least 0.80``; ``""`` for presence rules.
        limit_value: The bound as a number.
        value, low, high, n, unit: Copied from the measurement, as it was judged.
        alpha_low, alpha_high: One-sided errors of the ends that were judged.
        n_needed: Examples that would decide an inconclusive finding; None where unknown.
        because: Why this outcome, one sentence.
        place: ``file:line`` of the limit.
        waiver: Id of the waiver in force, and the outcome that it covers.
    """

    __pydantic_config__ = _STRICT

    rule: str
    title: str
    severity: Severity
    basis: Basis
    clauses: tuple[str, ...]
    measure: str
    dataset: str
    slice: str
    outcome: Outcome
    because: Message
    limit: str = ""
    limit_value: float | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str = ""
    alpha_low: float | None = None
    alpha_high: float | None = None
    n_needed: int | None = None
    why: str = ""
    fix: str = ""
    place: str = ""
    waiver: str | None = None
    waived_outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion of a policy over its findings (``verdict.json``).

    Attributes:
        run_id, run_digest: The sealed run that was judged, and the digest of its manifest.
        now: The clock that was used, ISO 8601 UTC, whole seconds.
        counts: Findings by outcome.
        not_tested: What was not measured or is beyond this run, worst first.
        waivers_digest, baseline_run, lock_digest, statements: For later use; None or empty until
            a gate is given any.
    """

    __pydantic_config__ = _STRICT

    schema_version: Literal["modelassay/verdict/v1"]
    run_id: str
    run_digest: str
    policy: PolicyRef
    verdict: VerdictWord
    exit_code: int
    because: Message
    now: str
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    not_tested: tuple[Message, ...]
    harness_version: str
    waivers_digest: str | None = None
    baseline_run: str | None = None
    lock_digest: str | None = None
    is_exploratory: bool | None = None
    valid_until: str | None = None
    statements: tuple[str, ...] = ()


def exit_code_of(verdict: VerdictWord, *, fail_on_warn: bool = False) -> int:
    """Return the exit code that stands for a verdict; ``fail_on_warn`` changes only 0 to 4."""
    if verdict == "blocked":
        return EXIT_BLOCKED
    if verdict == "incomplete":
        return EXIT_INCOMPLETE
    if verdict == "pass-with-warnings" and fail_on_warn:
        return EXIT_WARNINGS
    return EXIT_PASS
