"""Run policy test files through the same evaluator that judges runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.clock import parse_moment
from harness.gate.approvals import counted
from harness.gate.audited import audited
from harness.gate.facts import Baseline, Facts
from harness.gate.gating import drafts_of_policy, findings_of_drafts
from harness.gate.standing import Moment
from harness.gate.statements import SignedDocument, over
from harness.gate.verdicts import verdict_word, worst
from harness.gate.waiving import waive
from harness.policy import Policy
from harness.policy.cases import (
    DATASET,
    Case,
    GivenMeasure,
    GivenModel,
    GivenRelease,
    read_policy_tests,
)
from harness.policy.given_signatures import NAME, GivenDocument
from harness.records import (
    ALL,
    DocumentRef,
    Estimate,
    Finding,
    Measurement,
    Message,
    VerdictWord,
    WaiverUse,
)

_METHOD = "given"
_N_APPROVALS = 2
"""Of different users, as a trust file asks for that says nothing else."""


@dataclass(frozen=True, slots=True)
class CaseReport:
    """How one policy test went.

    Attributes:
        place: ``file:line`` of the test.
        problems: What came out differently; empty when the test holds.
    """

    name: str
    place: str
    verdict: VerdictWord
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """True when everything came out as expected."""
        return not self.problems


def run_policy_tests(path: Path) -> list[CaseReport]:
    """Run every test of a policy test file.

    Intervals in a test stand for themselves: they are not corrected for multiplicity, because a
    test gives no evidence from which a wider one could be computed.

    Raises:
        PolicyError: If the file or its policy cannot be read.
    """
    tests = read_policy_tests(path)
    return [_run(case, tests.policy) for case in tests.cases]


def _run(case: Case, policy: Policy) -> CaseReport:
    findings, uses = _judged(policy, case.given, case.now)
    word = verdict_word(findings)
    problems = []
    if case.verdict is not None and word != case.verdict:
        problems.append(f"verdict must be {case.verdict}, got {word} ({case.place}).")
    for rule, expected in case.rules.items():
        mine = [finding for finding in findings if finding.rule == rule]
        outcome = worst([finding.outcome for finding in mine])
        if outcome != expected:
            reason = next(f.because.text for f in mine if f.outcome == outcome)
            why = "".join(f" {use.because.text}" for use in uses if use.rule == rule)
            problems.append(
                f"{rule} must be {expected}, got {outcome} ({case.place}). {reason}{why}"
            )
    return CaseReport(case.name, case.place, word, findings, tuple(problems))


def _judged(
    policy: Policy, given: GivenModel, now: datetime
) -> tuple[tuple[Finding, ...], tuple[WaiverUse, ...]]:
    facts = _facts(given, now)
    about = audited(NAME, given.system)
    approvers = {one.id: one.approved_by for one in given.waivers}
    drafts, uses = waive(
        drafts_of_policy(policy, facts),
        [one.waiver() for one in given.waivers],
        audited=about,
        moment=Moment(now),
        approve=lambda waiver: counted(
            [(user, None) for user in approvers[waiver.id]],
            waiver,
            about,
            n_needed=1 if given.single_person else _N_APPROVALS,
            is_single_person=given.single_person,
        ),
    )
    return findings_of_drafts(drafts, facts), uses


def _facts(given: GivenModel, now: datetime) -> Facts:
    measurements = tuple(
        _measurement(key, item) for key, items in given.measures.items() for item in items
    )
    releases = given.last_release
    baseline = Baseline(run_id=None, differences=()) if given.first_release else None
    if releases is not None:
        differences = tuple(_difference(key, item) for key, item in releases.items())
        baseline = Baseline(run_id="given", differences=differences)
    return Facts(
        fields={
            "system": given.system,
            "task": given.task,
            "data": given.data,
            "model": given.model,
        },
        measurements=measurements,
        declared=given.declared,
        baseline=baseline,
        directions={key: item.better for key, item in (releases or {}).items()},
        documents=tuple(map(_document, given.documents)),
        now=now,
        is_corrected=True,
    )


def _measurement(key: str, item: GivenMeasure) -> Measurement:
    low, high = item.low, item.high
    if low is None and high is None:  # a number without an interval is meant exactly
        low = high = item.value
    estimate = _estimate(item.value, low, high, n=item.n, unit="")
    return Measurement(key, item.dataset, item.slice, estimate, share=item.share)


def _document(given: GivenDocument) -> SignedDocument:
    ref = DocumentRef(
        document=given.document,
        name=given.document,
        sha256="",
        statement="",
        signed_by=(given.signed_by,),
        signed_at=given.signed_at,
        expires=given.expires,
        n=given.sample.n if given.sample else None,
        n_accepted=given.sample.accepted if given.sample else None,
    )
    roles = {given.signed_by: frozenset(given.roles)}
    return SignedDocument(ref, roles, parse_moment(given.signed_at), over(given.expires))


def _difference(key: str, item: GivenRelease) -> Measurement:
    estimate = _estimate(None, item.diff_low, item.diff_high, n=0, unit="difference")
    return Measurement(key, DATASET, ALL, estimate)


def _estimate(
    value: float | None, low: float | None, high: float | None, *, n: int, unit: str
) -> Estimate:
    reason = Message(id="gate.not-given", text="The test gives no value.")
    return Estimate(
        value=value,
        low=low,
        high=high,
        n=n,
        unit=unit,
        method="exact" if low == high else _METHOD,
        why_undefined=reason if value is None else None,
    )
