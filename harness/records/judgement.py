"""Finding and Verdict: one rule held against one measurement, and what follows from all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from harness.errors import EXIT_BLOCKED, EXIT_INCOMPLETE, EXIT_PASS, EXIT_WARNINGS
from harness.records.measurement import Message

_STRICT = {"extra": "forbid", "strict": True}

Outcome = Literal[
    "passed", "failed", "inconclusive", "not-measured", "error", "not-applicable", "waived"
]
WaivableOutcome = Literal["failed", "inconclusive", "not-measured"]
"""What a waiver may cover; an error is never waived, because nobody knows what it would be."""
VerdictWord = Literal["pass", "pass-with-warnings", "blocked", "incomplete"]
Severity = Literal["block", "warn", "info"]
Basis = Literal["law", "guidance", "standard", "policy_choice"]
PolicyStatus = Literal["stable", "draft"]
WaiverState = Literal[
    "in-force", "expired", "not-started", "exceeded", "not-approved", "conflicting", "unused"
]
"""What became of a waiver at a gate; only ``in-force`` waives anything."""

EVIDENCE = "evidence"
"""Stands as the audit in the measure key of a rule that asks for a signed document and no measurement."""

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
        digest: SHA-256 of the file as read. What it extends is pinned by digest in it.
        place: Name of the file, without its folder.
        status: ``draft`` where the policy has a hole, such as numbers that nobody confirmed yet; None in
            verdicts of before.
        extends: Packs that it extends, ``id version`` → SHA-256; None where there are none.
    """

    __pydantic_config__ = _STRICT

    id: str
    version: str
    title: str
    digest: str
    place: str
    status: PolicyStatus | None = None
    extends: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A signed statement about a document that met a rule of kind ``evidence``.

    Attributes:
        document: What the rule asked for, e.g. ``risk-management-file``.
        name, sha256: The file that was signed for; it is not part of the bundle.
        statement: SHA-256 of the DSSE envelope, whose copy lies in the gate.
        signed_by: Users whose signatures count.
        signed_at, expires: ISO 8601; expires is None where it does not.
        n, n_accepted: Of a manual sample; None where there was none.
    """

    __pydantic_config__ = _STRICT

    document: str
    name: str
    sha256: str
    statement: str
    signed_by: tuple[str, ...]
    signed_at: str
    expires: str | None = None
    n: int | None = None
    n_accepted: int | None = None


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver as a gate met it; shown wherever its finding is shown.

    Attributes:
        state: Whether it was in force, and why not.
        starts, expires: Dates; it is live until the end of the last day, UTC.
        days_left: Whole days until it expires; negative after.
        approved_by: Users whose signatures count.
        is_single_person: Whether owner and approver may be one person by the trust file.
        warns: ``30``, ``14`` or ``7`` when so few days are left; None before.
        because: One sentence on the state.
    """

    __pydantic_config__ = _STRICT

    id: str
    rule: str
    state: WaiverState
    reason: str
    owner: str
    ticket: str
    starts: str
    expires: str
    days_left: int
    approved_by: tuple[str, ...]
    because: Message
    is_single_person: bool = False
    accept_until_value: float | None = None
    warns: int | None = None


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
        documents: For rules of kind ``evidence``, which ask for signed documents: what met it, or empty.
            None for rules about a measure.
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
    documents: tuple[DocumentRef, ...] | None = None

    @property
    def is_of_evidence(self) -> bool:
        """True for rules that ask for a signed document instead of a measurement."""
        return self.documents is not None or self.measure.startswith(f"{EVIDENCE}.")

    @property
    def is_of_change(self) -> bool:
        """True where value, interval and limit are those of the change since the last release."""
        return self.limit.startswith("drop at most ")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The conclusion of a policy over its findings (``verdict.json``).

    Attributes:
        run_id, run_digest: The sealed run that was judged, and the digest of its manifest.
        now: The clock that was used, ISO 8601 UTC, whole seconds.
        counts: Findings by outcome.
        not_tested: What was not measured or is beyond this run, worst first.
        waivers_digest, baseline_run: SHA-256 of the waivers file, id of the released run that was
            compared with; None where there was none.
        lock_digest: Of the lock that the run recorded before its first prediction.
        is_exploratory: Whether the policy is not in that lock: such a verdict cannot be released. None in
            verdicts of before.
        valid_until: Until when a release under this verdict stands, ISO 8601: by the policy, shortened by
            the earliest waiver; None where neither says.
        statements: Not used: statements are found beside the gate.
        waivers: What became of each waiver about this run.
        inputs: What else was judged by and lies in the gate, file name → SHA-256: trust file, baseline,
            packs that the policy extends, signed documents.
        is_single_person: Whether the trust file lets one person do everything.
        policy_review_by: Day until which the policy was to be looked at again, as the policy says.
        policy_notes: What a reader of the policy must know first, as the policy says.
    """

    __pydantic_config__ = _STRICT
    LEFT_OUT_WHEN_NONE: ClassVar = (
        "waivers",
        "inputs",
        "is_single_person",
        "policy_review_by",
        "policy_notes",
    )
    """Came later: verdicts without them keep the bytes that they always had."""

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
    waivers: tuple[WaiverUse, ...] | None = None
    inputs: dict[str, str] | None = None
    is_single_person: bool | None = None
    policy_review_by: str | None = None
    policy_notes: str | None = None


def exit_code_of(verdict: VerdictWord, *, fail_on_warn: bool = False) -> int:
    """Return the exit code that stands for a verdict; ``fail_on_warn`` changes only 0 to 4."""
    if verdict == "blocked":
        return EXIT_BLOCKED
    if verdict == "incomplete":
        return EXIT_INCOMPLETE
    if verdict == "pass-with-warnings" and fail_on_warn:
        return EXIT_WARNINGS
    return EXIT_PASS
